"""What a check is: rules about a learner's function, each tried on cases from the smallest up."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from hashviz_course.check import diary
from hashviz_course.check.asking import Asked, NotWritten, Stopped, call
from hashviz_course.check.words import difference, same, shown

Judge = Callable[..., str | None]
"""`judge(ask, *case)`: None when the rule holds, or what came and what was expected."""

WITHIN = 1e-6
"""Two numbers this near are the same answer: sums in float32 and fractions are right, too."""

HINT_FROM_FAILURE = 2
"""The first failure is the learner's own to think about."""


@dataclass(frozen=True)
class Rule:
    """One property that every right answer has.

    `cases` makes the arguments, smallest first, so the first case that fails is the one to show.
    """

    says: str
    cases: Callable[[], Iterable[tuple[Any, ...]]]
    judge: Judge


@dataclass(frozen=True)
class Verdict:
    """What a check found, in plain words of a few lines."""

    passed: bool
    text: str
    written: bool = True
    """False when the function is still the stub, which is no failure."""


@dataclass(frozen=True)
class Exercise:
    """A row of `EXERCISES`: called with the learner's function it prints what it found."""

    name: str
    notebook: str
    passed: str
    """What the function does, said when every rule holds."""
    rules: tuple[Rule, ...]
    hints: tuple[str, str, str]

    def __call__(self, answer: Any) -> None:
        """Print "pass" or the first broken rule; from the second failure on with a hint."""
        verdict = self.verdict(answer)
        lines = [verdict.text]
        if verdict.written:
            entry, notes = diary.note(self.name, passed=verdict.passed)
            if not verdict.passed and entry["failures"] >= HINT_FROM_FAILURE:
                lines.append(self.hint())
            elif not verdict.passed:
                lines.append(f'  Stuck? check.hint("{self.name}")')
            lines += notes
        print("\n".join(lines))

    def hint(self) -> str:
        """The next hint of three; the last one stays."""
        number = diary.next_hint(self.name, len(self.hints))
        return f"  Hint {number} of {len(self.hints)}: {self.hints[number - 1]}"

    def verdict(self, answer: Any) -> Verdict:
        """Try all rules; nothing is printed, nothing is kept."""
        if not callable(answer):
            return Verdict(
                False,
                f"not yet: check.{self.name} takes a function, got {shown(answer)}.\n"
                f"  Give it the name of yours, without brackets: check.{self.name}({self.name})",
            )
        ask = Asked(answer, self.name)
        for rule in self.rules:
            for case in rule.cases():
                try:
                    wrong = rule.judge(ask, *case)
                except NotWritten:
                    text = f"not yet: {ask.name} is not written. Fill it in above and run it again."
                    return Verdict(False, text, written=False)
                except Stopped as stopped:
                    wrong = str(stopped)
                except Exception as error:  # the judge could not use the answer
                    wrong = f"{call(ask.name, case)} gave {shown(ask.answer)}: {error}."
                if wrong is not None:
                    return Verdict(False, f"not yet: {rule.says}\n  {wrong}{ask.also_printed()}")
        return Verdict(True, f"pass: {self.passed}")


def same_as(expected: Callable[..., Any], within: float = 0.0) -> Judge:
    """Judge by an obvious, slow version: the answers agree, for floats within a tolerance."""

    def judge(ask: Asked, *case: Any) -> str | None:
        came, right = ask(*case), expected(*case)
        if same(came, right, within):
            return None
        gave, expected_ = shown(came), shown(right)
        told = f"{call(ask.name, case)} gave {gave}, expected {expected_}"
        if gave == expected_:  # four digits hide the difference
            told += f"; they differ by {difference(came, right):.1g}"
        return f"{told}."

    return judge
