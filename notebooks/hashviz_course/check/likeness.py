"""Notebook 10: how alike two pictures with several labels are."""

from collections.abc import Iterator
from itertools import product

import numpy as np

from hashviz_course.check.asking import Asked, call
from hashviz_course.check.core import WITHIN, Exercise, Rule, same_as
from hashviz_course.check.words import shown

Labels = list[int]
Case = tuple[Labels, Labels]
CLASSES = 5


def holding(*present: int) -> Labels:
    """The labels of a picture with these classes, one entry per class."""
    return [int(c in present) for c in range(CLASSES)]


def pairs() -> Iterator[Case]:
    """All pictures of two classes, then some of eight."""
    for a, b in product(product((1, 0), repeat=2), repeat=2):
        yield list(a), list(b)
    rng = np.random.default_rng(10)
    for _ in range(40):
        a, b = (rng.random((2, 8)) < rng.random()).astype(int).tolist()
        yield a, b


def equal() -> Iterator[Case]:
    """One picture twice, with one label or several."""
    for last in range(CLASSES):
        labels = holding(*range(last + 1))
        yield labels, labels


def nothing_in_common() -> Iterator[Case]:
    """Strangers, and a picture without labels."""
    yield [1, 0], [0, 1]
    yield holding(0, 1), holding(2, 3)
    yield holding(0), holding(1, 2, 3, 4)
    yield [1, 0], [0, 0]
    yield [0, 0], [1, 1]


def only_a_part() -> Iterator[Case]:
    """Some labels in common, not all."""
    yield [1, 0], [1, 1]
    yield holding(0, 1), holding(0, 2)
    yield holding(0, 1, 2), holding(0, 1, 3)
    yield holding(0), holding(0, 1, 2, 3, 4)


def one_more_shared() -> Iterator[tuple[Labels, Labels, Labels]]:
    """A picture, another one, and a third that has one label of the first in place of its own."""
    yield holding(0, 1), holding(2, 3), holding(0, 2)
    yield holding(0, 1, 2), holding(0, 3, 4), holding(0, 1, 3)
    yield holding(0, 1, 2, 3), holding(0, 1, 4), holding(0, 1, 2)


def one_more_of_its_own() -> Iterator[tuple[Labels, Labels, Labels]]:
    """A picture, another one, and the same one with one label more that the first does not have."""
    yield holding(0), holding(0), holding(0, 1)
    yield holding(0, 1), holding(0, 1), holding(0, 1, 2)
    yield holding(0, 1), holding(0, 2), holding(0, 2, 3)


def between_zero_and_one(ask: Asked, a: Labels, b: Labels) -> str | None:
    """Judge: a number in [0, 1]."""
    came = ask(a, b)
    if np.shape(came) == () and -WITHIN <= float(came) <= 1 + WITHIN:
        return None
    return f"{call(ask.name, (a, b))} gave {shown(came)}, expected a number from 0 to 1."


def symmetric(ask: Asked, a: Labels, b: Labels) -> str | None:
    """Judge: whoever is named first."""
    one, other = float(ask(a, b)), float(ask(b, a))
    if abs(one - other) <= WITHIN:
        return None
    return f"{call(ask.name, (a, b))} gave {one:.4g}, and {other:.4g} the other way round."


def strictly_between(ask: Asked, a: Labels, b: Labels) -> str | None:
    """Judge: more than strangers, less than equals."""
    came = float(ask(a, b))
    if WITHIN < came < 1 - WITHIN:
        return None
    return (
        f"{call(ask.name, (a, b))} gave {came:.4g}, expected more than 0 and less than 1: "
        "they share some labels and not all."
    )


def rises(ask: Asked, a: Labels, less: Labels, more: Labels) -> str | None:
    """Judge: one more label in common makes more alike."""
    low, high = float(ask(a, less)), float(ask(a, more))
    if high > low + WITHIN:
        return None
    return (
        f"{call(ask.name, (a, less))} gave {low:.4g}, and {call(ask.name, (a, more))} gave "
        f"{high:.4g}; the second pair shares one label more."
    )


def does_not_rise(ask: Asked, a: Labels, without: Labels, with_it: Labels) -> str | None:
    """Judge: a label that only one of them has makes nobody more alike."""
    before, after = float(ask(a, without)), float(ask(a, with_it))
    if after <= before + WITHIN:
        return None
    return (
        f"{call(ask.name, (a, without))} gave {before:.4g}, and {call(ask.name, (a, with_it))} "
        f"gave {after:.4g}; the new label is not shared."
    )


partial_similarity = Exercise(
    name="partial_similarity",
    notebook="10",
    passed="partial_similarity lies in [0, 1] and rises with every label that is shared.",
    rules=(
        Rule("It is a number from 0 to 1.", pairs, between_zero_and_one),
        Rule("Equal labels give 1.", equal, same_as(lambda a, b: 1, WITHIN)),
        Rule("Nothing in common gives 0.", nothing_in_common, same_as(lambda a, b: 0, WITHIN)),
        Rule("Some labels in common lie in between.", only_a_part, strictly_between),
        Rule("It is the same both ways.", pairs, symmetric),
        Rule("One more shared label makes two pictures more alike.", one_more_shared, rises),
        Rule(
            "A label that only one of them has does not make them more alike.",
            one_more_of_its_own,
            does_not_rise,
        ),
    ),
    hints=(
        "Count the labels that both have. Two pictures with many labels share some by accident, so "
        "divide by something that grows with the number of labels.",
        "Where there is nothing to divide by, a picture has no label: the answer is 0.",
        "shared = sum(x * y for x, y in zip(a, b)); size = (sum(a) * sum(b)) ** 0.5; return "
        "shared / size if size else 0.0",
    ),
)
