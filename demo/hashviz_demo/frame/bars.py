"""Bars of a small histogram over distances, as rectangles of an SVG."""

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

WIDE = 300.0
"""Width of the SVG, in its own units."""


class Bar(NamedTuple):
    """One rectangle: `other` counts all, `same` those that share a label."""

    kind: str
    x: float
    y: float
    width: float
    height: float


def bars(total: Sequence[int], right: Sequence[int] | None, high: float) -> list[Bar]:
    """Return bars whose height is the square root of a count, the share of `right` inside each."""
    step, highest = WIDE / len(total), sqrt(max(total) or 1)
    made = []
    for distance, count in enumerate(total):
        if not count:
            continue
        tall = max(1.0, high * sqrt(count) / highest)
        parts = [("other", tall)]
        if right is not None and right[distance]:
            parts.append(("same", tall * right[distance] / count))
        made += [Bar(k, distance * step, high - h, 0.82 * step, h) for k, h in parts]
    return made
