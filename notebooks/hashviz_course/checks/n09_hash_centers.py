"""Notebook 09: centers for classes, far enough apart and without wasted bits."""

from collections.abc import Iterator

import numpy as np

from hashviz_course.checks.exercise import Attempt, Exercise, Rule, Wrong

Case = tuple[int, int, int]


def small() -> Iterator[Case]:
    """Make few classes and bits."""
    yield 4, 4, 2
    yield 5, 8, 3


def usual() -> Iterator[Case]:
    """Make ten classes in usual lengths, at a distance that random codes reach with patience."""
    yield 10, 12, 4
    yield 10, 16, 6
    yield 10, 32, 13
    yield 10, 64, 27


def no_power_of_two() -> Iterator[Case]:
    """Make lengths for which Sylvester has no matrix, and more classes."""
    yield 10, 24, 9
    yield 10, 48, 20
    yield 20, 48, 18


def are_codes(attempt: Attempt, classes: int, bits: int, distance: int) -> np.ndarray:
    """Judge: a table of -1 and +1, a row per class; return it."""
    try:
        codes = np.asarray(attempt(classes, bits, distance))
    except ValueError:  # rows of unequal lengths
        raise Wrong(f"{attempt.gave}, expected {classes} codes of {bits} bits.") from None
    if codes.shape != (classes, bits):
        shapes = f"an array of shape {codes.shape}, expected {(classes, bits)}"
        raise Wrong(f"{attempt.call} gave {shapes}.")
    if codes.dtype.kind not in "if" or not (np.abs(codes) == 1).all():
        raise Wrong(f"{attempt.call} gave values other than -1 and +1.")
    return codes.astype(int)


def far_apart(attempt: Attempt, classes: int, bits: int, distance: int) -> None:
    """Judge: any two rows are as far apart as they should be."""
    codes = are_codes(attempt, classes, bits, distance)
    for i in range(classes):
        for j in range(i):
            away = int((codes[i] != codes[j]).sum())
            if away < distance:
                differ = f"classes {j} and {i} differ in {away} of {bits} bits"
                raise Wrong(f"{attempt.call}: {differ}.")


def nothing_wasted(attempt: Attempt, classes: int, bits: int, distance: int) -> None:
    """Judge: no column is constant, none repeats another, as it is or inverted."""
    codes, seen = are_codes(attempt, classes, bits, distance), dict[tuple[int, ...], int]()
    for bit in range(bits):
        column = tuple((codes[:, bit] * codes[0, bit]).tolist())
        if len(set(column)) == 1:
            raise Wrong(f"{attempt.call}: bit {bit} is the same for all classes.")
        if column in seen:
            inverted = codes[0, bit] != codes[0, seen[column]]
            how = "is the opposite of" if inverted else "repeats"
            raise Wrong(f"{attempt.call}: bit {bit} {how} bit {seen[column]}.")
        seen[column] = bit


centers = Exercise(
    name="centers",
    notebook="09",
    passed="centers are far apart in any length, and no bit is constant or repeats another.",
    rules=(
        Rule("There is a row of -1 and +1 for each class.", small, are_codes),
        Rule("Any two centers are at least `distance` apart.", small, far_apart),
        Rule("No bit is constant, and none repeats another.", small, nothing_wasted),
        Rule("Ten classes are far enough apart.", usual, far_apart),
        Rule("Ten classes waste no bit.", usual, nothing_wasted),
        Rule("Lengths like 48 work too.", no_power_of_two, far_apart),
        Rule("Lengths like 48 waste nothing.", no_power_of_two, nothing_wasted),
    ),
    hints=(
        "Draw random codes and keep those that are far enough from all that you have kept. Stop "
        "when there is one for each class.",
        "Then look at the columns. Multiply all rows by the first one: a constant column becomes "
        "all +1, and two opposite columns become equal. If any is wrong, draw everything again.",
        "turned = codes * codes[0]; good = len(np.unique(turned, axis=1).T) == bits and not "
        "(turned == 1).all(0).any(); while it is not good, start again with the next codes of the "
        "same generator.",
    ),
)
"""The check of `centers(classes, bits, distance)`."""
