"""Notebook 12: what a bit stands for, if it stands for anything."""

from collections.abc import Iterator
from math import log2

import numpy as np

from hashviz_course.check.core import Exercise, Rule, same_as

Bit = list[int]
Attributes = dict[str, list[int]]
Case = tuple[Bit, Attributes, float]
NOTHING = "nothing"


def information(bit: Bit, values: list[int]) -> float:
    """Mutual information in bits, from the shares seen."""
    n, total = len(bit), 0.0
    for b in set(bit):
        for v in set(values):
            both = sum(x == b and y == v for x, y in zip(bit, values, strict=True)) / n
            if both:
                total += both * log2(both / (bit.count(b) / n * values.count(v) / n))
    return total


def by_definition(bit: Bit, attributes: Attributes, threshold: float) -> str:
    """The attribute that the bit tells most about, if that is the threshold or more."""
    known = {name: information(bit, values) for name, values in attributes.items()}
    best = max(known, key=lambda name: known[name])
    return best if known[best] >= threshold else NOTHING


def clear() -> Iterator[Case]:
    """A bit that is an attribute, or its opposite."""
    yield [1, -1], {"red": [1, 0]}, 0.9
    yield [1, -1], {"red": [1, 1], "round": [1, 0]}, 0.5
    yield [1, 1, -1, -1], {"round": [0, 0, 1, 1], "red": [1, 0, 1, 0]}, 0.5
    yield [1, 1, -1, -1, -1], {"blue": [0, 1, 1, 0, 0], "red": [0, 0, 1, 1, 1]}, 0.5


def rare() -> Iterator[Case]:
    """A rare attribute agrees with the bit almost always, and says little."""
    yield [1, 1, 1, 1, 1, 1, -1, -1], {"rare": [0] * 8, "often": [1, 1, 1, 1, 0, 1, 0, 0]}, 0.1
    yield [-1] * 6 + [1] * 2, {"rare": [1] + [0] * 7, "round": [0, 0, 0, 0, 1, 1, 1, 1]}, 0.1
    yield [1] * 5 + [-1] * 5, {"rare": [1] + [0] * 9, "other": [0] * 4 + [1] * 6}, 0.1


def nothing() -> Iterator[Case]:
    """Bits that know nothing, or less than the threshold; constant ones among them."""
    yield [1, 1], {"red": [1, 0]}, 0.1
    yield [1, 1, -1, -1], {"red": [1, 0, 1, 0], "round": [1, 0, 0, 1]}, 0.1
    yield [1, 1, 1, -1], {"red": [1, 1, 0, 0]}, 0.5
    yield [1, -1] * 6, {"red": [1, 0] * 4 + [0, 1] * 2}, 0.2


def numbers() -> Iterator[Case]:
    """Attributes with more than two values, and many pictures."""
    yield [1, 1, -1, -1, 1, -1], {"objects": [1, 1, 2, 3, 1, 2], "red": [1, 1, 0, 1, 1, 0]}, 0.1
    yield [1, -1, 1, -1, 1, -1], {"objects": [1, 2, 3, 2, 1, 2], "red": [1, 0, 1, 0, 0, 0]}, 0.1
    rng = np.random.default_rng(14)
    for n in (20, 60, 150):
        bit = np.where(rng.random(n) < 0.4, 1, -1)
        given = {
            "objects": np.where(bit > 0, rng.integers(1, 3, n), rng.integers(2, 5, n)).tolist(),
            "red": ((bit > 0) ^ (rng.random(n) < 0.3)).astype(int).tolist(),
            "left": rng.integers(0, 2, n).tolist(),
        }
        yield bit.tolist(), given, 0.15


name_bit = Exercise(
    name="name_bit",
    notebook="12",
    passed="name_bit names what a bit knows, and says nothing where it knows nothing.",
    rules=(
        Rule("A bit that equals an attribute, or its opposite, is named after it.", clear,
             same_as(by_definition)),
        Rule("Agreement is not information: a rare attribute agrees with many bits.", rare,
             same_as(by_definition)),
        Rule('Below the threshold the answer is "nothing".', nothing, same_as(by_definition)),
        Rule("Attributes may have many values.", numbers, same_as(by_definition)),
    ),
    hints=(
        "For each attribute: the share p of pictures with bit b and value v, against the product "
        "of the two single shares. If bit and attribute had nothing to do with each other, both "
        "would be equal.",
        "Sum p * log2(p / (share of b * share of v)) over all b and v with p > 0. Take the "
        'attribute with the largest sum; if it is below the threshold, return "nothing".',
        "p = sum(x == b and y == v for x, y in zip(bit, values)) / n; total += p * log2(p / "
        "(bit.count(b) / n * values.count(v) / n))",
    ),
)  # fmt: skip
