"""Hash centers: one code per class, placed before training, that images of the class aim at.

Centers are codes [classes, bits]. Two things make a placement good: the nearest two centers are
far apart, and every bit says something that no other bit has said (no constant and no repeated
column). Every scheme is a row of `CENTERS`; the same seed gives the same centers.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass

import numpy as np

from hashviz.centers.columns import Centers, forced_spoiled, nearest_pair, needless_columns
from hashviz.centers.hadamard import first_rows, hadamard, hadamard_centers, is_hadamard_order
from hashviz.centers.linear import MOST_CLASSES, griesmer, linear_centers
from hashviz.centers.multi_label import TIE_RULES, merge_centers, tied_bits
from hashviz.centers.quality import (
    CenterQuality,
    gilbert_varshamov,
    hamming_bound,
    measure_centers,
    plotkin,
)
from hashviz.centers.randomized import balanced_centers, greedy_centers
from hashviz.config import unknown

__all__ = [
    "CENTERS",
    "TIE_RULES",
    "CenterQuality",
    "CenterScheme",
    "forced_spoiled",
    "gilbert_varshamov",
    "griesmer",
    "hadamard",
    "hamming_bound",
    "is_hadamard_order",
    "make_centers",
    "measure_centers",
    "merge_centers",
    "plotkin",
    "tied_bits",
]


def __dir__() -> list[str]:
    return __all__


@dataclass(frozen=True)
class CenterScheme:
    """A way to place centers: (classes, bits, generator) to codes, and one line about it."""

    place: Callable[[int, int, np.random.Generator], Centers]
    description: str


def auto_centers(classes: int, bits: int, rng: np.random.Generator) -> Centers:
    """Return the Hadamard, greedy or linear centers whose nearest two are farthest apart.

    Of equals the one with fewer useless bits, then the first. They are tried until one meets
    Plotkin's bound with no more useless bits than any placement has: no other can be better then.
    """
    rivals = [greedy_centers]
    if is_hadamard_order(bits) and classes <= 2 * bits:
        rivals.insert(0, hadamard_centers)
    if classes <= MOST_CLASSES:
        rivals.append(linear_centers)
    placed = []
    for place in rivals:
        centers = place(classes, bits, deepcopy(rng))  # the same as it would be on its own
        placed.append((nearest_pair(centers), -needless_columns(centers), centers))
        if placed[-1][:2] >= (plotkin(classes, bits), 0):
            break
    return max(placed, key=lambda worth: worth[:2])[2]


CENTERS = {
    "auto": CenterScheme(auto_centers, "the scheme whose nearest two centers are farthest apart"),
    "hadamard": CenterScheme(
        hadamard_centers, "random rows of a Hadamard matrix: distance bits/2, no useless bits"
    ),
    "hadamard-first": CenterScheme(
        first_rows, "first rows of Sylvester's matrix, as published code has it: repeats its bits"
    ),
    "linear": CenterScheme(
        linear_centers, "words of a linear code: best for more classes than Hadamard rows"
    ),
    "random": CenterScheme(
        balanced_centers, "random codes with bits/2 ones each, the best spread of many draws"
    ),
    "greedy": CenterScheme(
        greedy_centers, "far-apart random codes, improved bit by bit: any length, any classes"
    ),
}


def make_centers(scheme: str, classes: int, bits: int, seed: int = 0) -> Centers:
    """Return different codes, one for each class, placed by a scheme of `CENTERS`.

    Raises:
        ValueError: when the scheme is unknown or cannot place so many classes in so many bits.

    >>> centers = make_centers("hadamard", classes=10, bits=64, seed=0)
    >>> quality = measure_centers(centers)
    >>> quality.minimum, quality.distinct_columns, quality.constant_columns
    (32, 64, 0)
    """
    if scheme not in CENTERS:
        raise unknown("center scheme", scheme, CENTERS)
    if bits < 4:
        raise ValueError(f"Centers need at least 4 bits, got bits={bits}; 16 to 64 are usual.")
    if classes < 1:
        raise ValueError(f"Centers need at least 1 class, got classes={classes}.")
    if classes > 2**bits:
        raise ValueError(
            f"There are 2**bits different centers, got classes={classes} with bits={bits}; "
            f"use bits >= {(classes - 1).bit_length()}."
        )
    return CENTERS[scheme].place(classes, bits, np.random.default_rng(seed))
