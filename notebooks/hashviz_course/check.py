"""Checks for the exercises of the course: `check.hamming(hamming)` prints "pass", or what is wrong.

A check tries rules about the learner's function on seeded cases, from the smallest up. It prints
"pass" and one sentence; or the first broken rule with the smallest case, what came and what was
expected. An error inside the function becomes one sentence with the learner's own line. From the
second failure on there is a hint, three in all; `check.hint("hamming")` gives the next at once.
`check.progress()` shows what has been passed; it is kept in one file on this computer. Nothing is
sent over a network. `check.use("hamming")` is the learner's function where its check has passed, and
else the library's, so that what follows an exercise is computed with the learner's own.

To add a check:

1. In `notebooks/hashviz_course/checks/n<notebook>.py`, write an `Exercise` with its name, notebook,
   the sentence of success, three hints (the third may be the solution), the library's function that
   stands in for it and a few `Rule`s. A rule is
   a sentence, its cases (a function that makes argument tuples, smallest first, seeded) and a
   judge. `same_as(oracle)` judges by an obvious, slow version; a judge of your own is called as
   `judge(attempt, *case)`, calls the learner's function through `attempt` and raises `Wrong` with a
   sentence. Import torch inside functions only. All rules together take less than a second.
2. Add it to `EXERCISES` below, in the order of the notebooks.
3. Write `tests/course/checks/answers/<name>.py` with two tables of functions, `RIGHT` (the solution
   and an unusual answer that is right, too) and `WRONG` (mistakes that students make, each named).
   The tests find it.
"""

from collections.abc import Callable
from typing import Any

from hashviz.config import unknown
from hashviz_course.checks import progress as kept
from hashviz_course.checks.exercise import Exercise
from hashviz_course.checks.n00_find_a_picture_with_32_bits import hamming
from hashviz_course.checks.n01_from_hyperplanes_to_hash import lsh_encode
from hashviz_course.checks.n02_search_in_hamming_space import search
from hashviz_course.checks.n03_measuring_honestly_1 import average_precision
from hashviz_course.checks.n04_measuring_honestly_2 import tie_aware_ap
from hashviz_course.checks.n05_turn_the_axes import itq_step
from hashviz_course.checks.n06_a_layer_that_hashes import decorrelation_loss
from hashviz_course.checks.n07_pairs_and_balance import balanced_weights, contrastive_hash_loss
from hashviz_course.checks.n08_several_scales import fuse
from hashviz_course.checks.n09_hash_centers import centers
from hashviz_course.checks.n10_many_labels import partial_similarity
from hashviz_course.checks.n11_maps_that_lie import artifact, trustworthiness
from hashviz_course.checks.n12_breaking_and_explaining import collide, name_bit
from hashviz_course.checks.n13_a_fair_ablation import find_bugs, report_card

EXERCISES: dict[str, Exercise] = {
    exercise.name: exercise
    for exercise in (
        *(hamming, lsh_encode, search, average_precision, tie_aware_ap, itq_step),
        *(decorrelation_loss, contrastive_hash_loss, balanced_weights, fuse, centers),
        *(partial_similarity, trustworthiness, artifact, collide, name_bit),
        *(find_bugs, report_card),
    )
}
"""All checks, in the order of the notebooks."""

__all__ = ["EXERCISES", "Exercise", "hint", "progress", "use", *EXERCISES]  # pyright: ignore[reportUnsupportedDunderAll]


def hint(name: str) -> None:
    """Print the next hint for an exercise; the third one stays.

    Raises:
        ValueError: when there is no exercise of that name.
    """
    print(_exercise(name).hint().strip())


def use(name: str) -> Callable[..., Any]:
    """Return the learner's function if its check has passed, else the library's, and say so.

    Raises:
        ValueError: when there is no exercise of that name, or nothing to stand in for it.
    """
    return _exercise(name).use()


def progress() -> None:
    """Print a small table: each exercise, its notebook, and how far you are."""
    try:
        entries = kept.load()
    except kept.ProgressError as error:
        print(error)
        return
    width = max(map(len, EXERCISES))
    for name, exercise in EXERCISES.items():
        print(f"{exercise.notebook}  {name:<{width}}  {_state(entries.get(name, {}))}")
    file = kept.path()
    print(f"Kept in {file}." if file else "Nothing is kept: HASHVIZ_PROGRESS is off.")


def _exercise(name: str) -> Exercise:
    if name not in EXERCISES:
        raise unknown("exercise", name, EXERCISES)
    return EXERCISES[name]


def _state(entry: kept.Entry) -> str:
    hints, failures = entry.get("hints") or 0, entry.get("failures") or 0
    seen = f", {hints} hint{'s' * (hints > 1)}" if hints else ""
    if entry.get("passed"):
        return f"passed on {entry['passed']}{seen}"
    if failures:
        return f"{failures} {'try' if failures == 1 else 'tries'}{seen}"
    return "not tried yet"
