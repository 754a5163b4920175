"""Notebook 10: how similar two pictures with several labels are."""

from collections.abc import Iterator
from itertools import product

import numpy as np

from hashviz_course.checks.exercise import WITHIN, Attempt, Exercise, Rule, Wrong, same_as

Labels = list[int]
Case = tuple[Labels, Labels]
Three = tuple[Labels, Labels, Labels]
CLASSES = 5


def holding(*present: int) -> Labels:
    """Return the labels of a picture with these classes, one entry per class."""
    return [int(c in present) for c in range(CLASSES)]


def pairs() -> Iterator[Case]:
    """Make all pictures of two classes, then some of eight."""
    for a, b in product(product((1, 0), repeat=2), repeat=2):
        yield list(a), list(b)
    rng = np.random.default_rng(10)
    for _ in range(40):
        a, b = (rng.random((2, 8)) < rng.random()).astype(int).tolist()
        yield a, b


def equal() -> Iterator[Case]:
    """Make one picture twice, with one label or several."""
    for last in range(CLASSES):
        labels = holding(*range(last + 1))
        yield labels, labels


def nothing_in_common() -> Iterator[Case]:
    """Make pictures that share no label, one without labels among them."""
    yield [1, 0], [0, 1]
    yield holding(0, 1), holding(2, 3)
    yield holding(0), holding(1, 2, 3, 4)
    yield [1, 0], [0, 0]
    yield [0, 0], [1, 1]


def only_a_part() -> Iterator[Case]:
    """Make pictures that share some labels, not all."""
    yield [1, 0], [1, 1]
    yield holding(0, 1), holding(0, 2)
    yield holding(0, 1, 2), holding(0, 1, 3)
    yield holding(0), holding(0, 1, 2, 3, 4)


def one_more_shared() -> Iterator[Three]:
    """Make a picture, another, and a third with a label of the first in place of one of its own."""
    yield holding(0, 1), holding(2, 3), holding(0, 2)
    yield holding(0, 1, 2), holding(0, 3, 4), holding(0, 1, 3)
    yield holding(0, 1, 2, 3), holding(0, 1, 4), holding(0, 1, 2)


def one_more_of_its_own() -> Iterator[Three]:
    """Make a picture, another, and that one again with a label more that the first lacks."""
    yield holding(0), holding(0), holding(0, 1)
    yield holding(0, 1), holding(0, 1), holding(0, 1, 2)
    yield holding(0, 1), holding(0, 2), holding(0, 2, 3)


def between_zero_and_one(attempt: Attempt, a: Labels, b: Labels) -> None:
    """Judge: a number in [0, 1]."""
    came = attempt(a, b)
    if np.shape(came) or not -WITHIN <= float(came) <= 1 + WITHIN:
        raise Wrong(f"{attempt.gave}, expected a number from 0 to 1.")


def symmetric(attempt: Attempt, a: Labels, b: Labels) -> None:
    """Judge: the order of the two pictures does not matter."""
    other, one = float(attempt(b, a)), float(attempt(a, b))
    if not abs(one - other) <= WITHIN:
        raise Wrong(f"{attempt.gave}, and {other:.4g} the other way around.")


def strictly_between(attempt: Attempt, a: Labels, b: Labels) -> None:
    """Judge: more than nothing in common, less than equal labels."""
    if not WITHIN < float(attempt(a, b)) < 1 - WITHIN:
        why = "they share some labels, but not all"
        raise Wrong(f"{attempt.gave}, expected more than 0 and less than 1: {why}.")


def rises(attempt: Attempt, a: Labels, less: Labels, more: Labels) -> None:
    """Judge: one more shared label makes two pictures more similar."""
    low, first = float(attempt(a, less)), attempt.gave
    if not float(attempt(a, more)) > low + WITHIN:
        raise Wrong(f"{first}, and {attempt.gave}; the second pair shares one label more.")


def does_not_rise(attempt: Attempt, a: Labels, without: Labels, with_it: Labels) -> None:
    """Judge: a label that only one picture has does not make two pictures more similar."""
    before, first = float(attempt(a, without)), attempt.gave
    if not float(attempt(a, with_it)) <= before + WITHIN:
        raise Wrong(f"{first}, and {attempt.gave}; the new label is not shared.")


partial_similarity = Exercise(
    name="partial_similarity",
    notebook="10",
    passed="partial_similarity is in [0, 1] and rises with every label that is shared.",
    rules=(
        Rule("It is a number from 0 to 1.", pairs, between_zero_and_one),
        Rule("Equal labels give 1.", equal, same_as(lambda a, b: 1, WITHIN)),
        Rule("Nothing in common gives 0.", nothing_in_common, same_as(lambda a, b: 0, WITHIN)),
        Rule("Some labels in common give something in between.", only_a_part, strictly_between),
        Rule("The order of the two pictures does not matter.", pairs, symmetric),
        Rule("One more shared label makes two pictures more similar.", one_more_shared, rises),
        Rule("A label of only one picture does not make two pictures more similar.",
             one_more_of_its_own, does_not_rise),
    ),
    hints=(
        "Count the labels that both have. Two pictures with many labels share some by accident, so "
        "divide by something that grows with the number of labels.",
        "Where there is nothing to divide by, a picture has no label: the answer is 0.",
        "shared = sum(x * y for x, y in zip(a, b)); size = (sum(a) * sum(b)) ** 0.5; return "
        "shared / size if size else 0.0",
    ),
)  # fmt: skip
