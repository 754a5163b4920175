"""What a check is: rules about a learner's function, each tried on cases from the smallest up."""

import copy
import io
import linecache
import warnings
from collections.abc import Callable, Iterable
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any

from hashviz_course.checks import progress
from hashviz_course.checks.values import difference, same, shown

Judge = Callable[..., object]
"""`judge(attempt, *case)` calls the learner's function and raises `Wrong` where it breaks the rule."""

WITHIN = 1e-6
"""Two numbers this close are the same answer: sums in float32 and fractions are right, too."""
SLOPE_WITHIN = 1e-4
STEP = 1e-3
"""Of the finite differences, in double precision."""
HINT_FROM_FAILURE = 2
"""The first failure is for the learner to think about."""
LINES_SHOWN, LONGEST = 3, 120
"""Printed lines, and characters of somebody else's error message, that a verdict repeats."""


_passed: dict[str, Callable[..., Any]] = {}
"""The learner's functions that have passed in this session."""


class NotWritten(Exception):
    """The function is still the stub of the exercise."""


class Wrong(Exception):
    """A rule is broken; the text says what came and what was expected."""


class Attempt:
    """The learner's function, called with copies while its prints and warnings are held back.

    `given` are the copies of the last call, `answer` and `printed` what came back and was printed.
    """

    def __init__(self, function: Any, name: str):
        own = getattr(function, "__name__", name)
        self.name = own if own.isidentifier() else name
        self.function = function
        self.arguments: tuple[Any, ...] = ()
        self.given: tuple[Any, ...] = ()
        self.printed = ""
        self.answer: Any = None

    def __call__(self, *arguments: Any) -> Any:
        """Return the answer of the learner's function.

        Raises:
            NotWritten: when the function is the stub.
            Wrong: when it raises, returns nothing or changes its arguments.
        """
        self.arguments, self.given, self.answer = arguments, copy.deepcopy(arguments), None
        output = io.StringIO()
        try:
            with redirect_stdout(output), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.answer = self.function(*self.given)
        except NotImplementedError:
            raise NotWritten from None
        except Exception as error:
            kind, what = type(error).__name__, " ".join(str(error)[:LONGEST].split())
            place = line_of(error, self.function)
            raise Wrong(f"{self.call} stopped with {kind}: {what}{place}") from None
        finally:
            self.printed = output.getvalue()
        if self.answer is None:
            raise Wrong(f"{self.call} returned nothing; is a `return` missing?")
        for before, after in zip(arguments, self.given, strict=True):
            if hasattr(before, "__len__") and not same(after, before):
                raise Wrong(f"{self.call} changed its arguments; work on a copy.")
        return self.answer

    @property
    def call(self) -> str:
        """The last call as one would write it."""
        return f"{self.name}({', '.join(map(shown, self.arguments))})"

    @property
    def gave(self) -> str:
        """The last call and its answer, the beginning of a sentence."""
        return f"{self.call} gave {shown(self.answer)}"

    def also_printed(self) -> str:
        """Return the last lines that the function printed in the last call, indented."""
        lines = self.printed.splitlines()[-LINES_SHOWN:]
        return "".join(f"\n  It printed: {line[:80]}" for line in lines)


def line_of(error: Exception, function: Any) -> str:
    """Return the learner's own line at which an error came up, or nothing."""
    file: str = getattr(getattr(function, "__code__", None), "co_filename", "")
    found, trace = "", error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == file:
            line = linecache.getline(file, trace.tb_lineno).strip()
            found = f" (line {trace.tb_lineno}: {line})" if line else f" (line {trace.tb_lineno})"
        trace = trace.tb_next
    return found


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
    """A row of `EXERCISES`: called with the learner's function, it prints what it found."""

    name: str
    notebook: str
    passed: str
    """What the function does, said when every rule holds."""
    rules: tuple[Rule, ...]
    hints: tuple[str, str, str]
    library: Callable[..., Any] | None = None
    """What the notebook goes on with until the learner's function passes."""

    def __call__(self, answer: Any) -> None:
        """Print "pass" or the first broken rule; from the second failure on with a hint."""
        verdict = self.verdict(answer)
        _passed.pop(self.name, None)
        if verdict.passed:
            _passed[self.name] = answer
        lines = [verdict.text]
        if verdict.written:
            entry, notes = progress.note(self.name, passed=verdict.passed)
            if not verdict.passed and entry["failures"] >= HINT_FROM_FAILURE:
                lines.append(self.hint())
            elif not verdict.passed:
                lines.append(f'  Stuck? check.hint("{self.name}")')
            lines += notes
        print("\n".join(lines))

    def use(self) -> Callable[..., Any]:
        """Return the learner's function if its last check passed, else the library's, and say so.

        Raises:
            ValueError: when the library has none to offer.
        """
        if self.name in _passed:
            return _passed[self.name]
        if self.library is None:
            raise ValueError(f"Nothing stands in for {self.name}: pass check.{self.name} first.")
        print(f"{self.name} has not passed its check: the library's is used instead.")
        return self.library

    def hint(self) -> str:
        """Return the next hint of three; the last one stays."""
        number = progress.next_hint(self.name, len(self.hints))
        return f"  Hint {number} of {len(self.hints)}: {self.hints[number - 1]}"

    def verdict(self, answer: Any) -> Verdict:
        """Try all rules; nothing is printed, nothing is kept."""
        if not callable(answer):
            return Verdict(
                False,
                f"not yet: check.{self.name} takes a function, got {shown(answer)}.\n"
                f"  Pass your function by its name, without parentheses: "
                f"check.{self.name}({self.name})",
            )
        attempt = Attempt(answer, self.name)
        for rule in self.rules:
            for case in rule.cases():
                try:
                    rule.judge(attempt, *case)
                    continue
                except NotWritten:
                    text = f"{attempt.name} is not written. Fill it in above and run it again."
                    return Verdict(False, f"not yet: {text}", written=False)
                except Wrong as broken:
                    wrong = str(broken)
                except Exception as error:  # the judge could not use the answer
                    wrong = f"{attempt.gave}: {error}."
                text = f"not yet: {rule.says}\n  {wrong}{attempt.also_printed()}"
                return Verdict(False, text)
        return Verdict(True, f"pass: {self.passed}")


def same_as(expected: Callable[..., Any], within: float = 0.0) -> Judge:
    """Judge by an obvious, slow version: the answers agree, for floats within a tolerance."""

    def judge(attempt: Attempt, *case: Any) -> None:
        came, right = attempt(*case), expected(*case)
        if not same(came, right, within):
            text = f"{attempt.gave}, expected {shown(right)}"
            if shown(came) == shown(right):  # four digits hide the difference
                text += f"; they differ by {difference(came, right):.1g}"
            raise Wrong(f"{text}.")

    return judge


def same_slope_as(loss: Callable[..., float]) -> Judge:
    """Judge the gradient by finite differences of an obvious loss, along one direction.

    Both are functions of real outputs (the first argument, a tensor) and of the rest of the case.
    """

    def judge(attempt: Attempt, outputs: Any, *rest: Any) -> None:
        import torch

        start = outputs.double()
        came = attempt(start.clone().requires_grad_(), *rest)
        if not isinstance(came, torch.Tensor) or not came.requires_grad:
            raise Wrong(f"{attempt.gave} without a gradient; stay in torch.")
        (gradient,) = torch.autograd.grad(came, attempt.given[0])
        if not bool(gradient.isfinite().all()):
            raise Wrong(f"{attempt.call} has an infinite gradient; is there a square root of 0?")
        way = torch.linspace(-1, 1, start.numel(), dtype=torch.double).reshape(start.shape)
        slope = float((gradient * way).sum())
        ahead, behind = (loss(start + step * way, *rest) for step in (STEP, -STEP))
        right = (ahead - behind) / (2 * STEP)
        if not abs(slope - right) <= SLOPE_WITHIN * (1 + abs(right)):
            where = f"For outputs {shown(outputs)}"
            raise Wrong(f"{where} the slope is {slope:.4g}, expected {right:.4g}.")

    return judge
