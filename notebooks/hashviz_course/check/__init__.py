"""Checks for the exercises of the course: `check.hamming(hamming)` prints "pass", or what is wrong.

A check tries rules about the learner's function on seeded cases, from the smallest up. It prints
"pass" and one sentence; or the first broken rule with the smallest case, what came and what was
expected. An error inside the function becomes one sentence with the learner's own line. From the
second failure on there is a hint, three in all; `check.hint("hamming")` gives the next at once.
`check.progress()` shows what has been passed; it is kept in one file on this computer. Nothing goes
over a network.

To add a check:

1. Write `notebooks/hashviz_course/check/<topic>.py`: an `Exercise` with its name, notebook, the sentence of success,
   three hints (the third may be the solution) and a few `Rule`s. A rule is a sentence, its cases
   (a function that makes argument tuples, smallest first, seeded) and a judge. `same_as(oracle)`
   judges by an obvious, slow version; a judge of your own is called as `judge(ask, *case)`, asks
   the learner's function through `ask`, and returns None or a sentence. Import torch inside
   functions only. All rules together take less than a second.
2. Add it to `EXERCISES` below, under the number of its notebook.
3. Write `tests/course/check/answers/<name>.py` with two tables of functions, `RIGHT` (the solution and an
   unusual answer that is right, too) and `WRONG` (mistakes that students make, each named). The
   tests find it.
"""

from typing import Any

from hashviz.config import unknown
from hashviz_course.check import diary
from hashviz_course.check.bugs import find_bugs
from hashviz_course.check.cards import report_card
from hashviz_course.check.center_sets import centers
from hashviz_course.check.collision import collide
from hashviz_course.check.core import Exercise
from hashviz_course.check.distances import hamming
from hashviz_course.check.fusion import fuse
from hashviz_course.check.hyperplanes import lsh_encode
from hashviz_course.check.independence import decorrelation_loss
from hashviz_course.check.likeness import partial_similarity
from hashviz_course.check.map_trust import artifact, trustworthiness
from hashviz_course.check.naming import name_bit
from hashviz_course.check.pairs import contrastive_hash_loss
from hashviz_course.check.precision import average_precision
from hashviz_course.check.rotation import itq_step
from hashviz_course.check.tables import search
from hashviz_course.check.tie_groups import tie_aware_ap
from hashviz_course.check.weights import balanced_weights

EXERCISES: dict[str, Exercise] = {
    exercise.name: exercise
    for exercise in (
        hamming,
        lsh_encode,
        search,
        average_precision,
        tie_aware_ap,
        itq_step,
        decorrelation_loss,
        contrastive_hash_loss,
        balanced_weights,
        fuse,
        centers,
        partial_similarity,
        trustworthiness,
        artifact,
        collide,
        name_bit,
        find_bugs,
        report_card,
    )
}
"""All checks, in the order of the notebooks."""

__all__ = ["EXERCISES", "Exercise", "hint", "progress", *EXERCISES]  # pyright: ignore[reportUnsupportedDunderAll]


def hint(name: str) -> None:
    """Print the next hint for an exercise; the third one stays.

    Raises:
        ValueError: when there is no exercise of that name.
    """
    if name not in EXERCISES:
        raise unknown("exercise", name, EXERCISES)
    print(EXERCISES[name].hint().strip())


def progress() -> None:
    """Print a small table: each exercise, its notebook, and how far you are."""
    try:
        entries = diary.load()
    except diary.ProgressError as error:
        print(error)
        return
    width = max(map(len, EXERCISES))
    for name, exercise in EXERCISES.items():
        print(f"{exercise.notebook}  {name:<{width}}  {_state(entries.get(name, {}))}")
    file = diary.path()
    print(f"Kept in {file}." if file else "Nothing is kept: HASHVIZ_PROGRESS is off.")


def _state(entry: dict[str, Any]) -> str:
    hints = entry.get("hints") or 0
    told = f", {hints} hint{'s' * (hints > 1)}" if hints else ""
    if entry.get("passed"):
        return f"passed on {entry['passed']}{told}"
    failures = entry.get("failures") or 0
    if failures:
        return f"{failures} {'try' if failures == 1 else 'tries'}{told}"
    return "not tried yet"
