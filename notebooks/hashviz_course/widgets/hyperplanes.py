"""Hyperplanes: turn and move lines in the plane, and see which points keep the same code."""

from collections.abc import Sequence
from functools import partial
from math import comb
from typing import Any

import numpy as np
import traitlets
from jaxtyping import Float, Int8
from numpy.typing import ArrayLike

from hashviz import plots
from hashviz.codes import sign
from hashviz.metrics import distinct_codes
from hashviz_course.widgets.base import Interactive
from hashviz_course.widgets.controls import button, part_slider, replaced, row

Line = tuple[float | int, float | int]


class Hyperplanes(Interactive):
    r"""Lines that give bits. `value` is one (angle in degrees, offset) for each line.

    A point $x$ has bit 1 where $w \cdot x \ge t$, $w$ the direction at that angle and $t$ the
    offset. `pair` are the places of two points to watch. Lines through the origin in random
    directions are LSH: each separates the pair with probability $\theta / \pi$, so
    $K \theta / \pi$ of K do on average. `seed` chooses the throws: learners who pool their counts
    need different ones.

    `numbers`: cells (codes that some point has), possible (cells that so many lines can make),
    fullest (points in the fullest cell), distance (bits in which the pair differs), angle (of the
    pair, in degrees), expected (distance of the pair by LSH, on average).
    """

    value = traitlets.Tuple().tag(state=True)
    size = (7.4, 4.2)

    def __init__(
        self,
        points: ArrayLike,
        *,
        lines: Sequence[Line] = ((0.0, 0.0), (60.0, 0.0), (120.0, 0.0)),
        pair: tuple[int, int] = (0, 1),
        seed: int = 0,
    ):
        self.points = np.asarray(points, float)
        if self.points.ndim != 2 or self.points.shape[1] != 2 or len(self.points) < 2:
            raise ValueError(
                f"Lines cut a plane: points are a matrix [n, 2], got shape {self.points.shape}; "
                "take the first two principal components."
            )
        if not 1 <= len(lines) <= 6:
            raise ValueError(f"One to six lines can be told apart, got {len(lines)}.")
        self.pair, self.lines = pair, len(lines)
        self.reach = float(np.abs(self.points).max())
        self._rng = np.random.default_rng(seed)
        super().__init__(value=tuple(lines))

    @traitlets.validate("value")
    def _are_lines(self, proposal: Any) -> tuple[Line, ...]:
        value = tuple((float(angle), float(offset)) for angle, offset in proposal["value"])
        if len(value) != self.lines:
            raise ValueError(f"There are {self.lines} lines, got {len(value)}.")
        return value

    @property
    def normals(self) -> Float[np.ndarray, "lines 2"]:
        """Return the unit direction of each line's positive side."""
        angle = np.deg2rad([angle for angle, _ in self.value])
        return np.stack([np.cos(angle), np.sin(angle)], 1)

    @property
    def offsets(self) -> Float[np.ndarray, " lines"]:
        """Return how far each line is from the origin, towards its positive side."""
        return np.array([offset for _, offset in self.value])

    @property
    def codes(self) -> Int8[np.ndarray, "n lines"]:
        """Return the code of each point."""
        return sign(self.points @ self.normals.T - self.offsets)

    def measure(self) -> dict[str, Any]:
        """Count cells and points, and measure the watched pair."""
        codes = self.codes
        first, second = (self.points[place] for place in self.pair)
        angle = abs(float(np.angle(complex(*first) * complex(*second).conjugate(), deg=True)))
        _, counts = np.unique(codes, axis=0, return_counts=True)
        return {
            "cells": int(distinct_codes(codes)),
            "possible": sum(comb(self.lines, i) for i in range(3)),
            "fullest": int(counts.max()),
            "distance": int((codes[self.pair[0]] != codes[self.pair[1]]).sum()),
            "angle": angle,
            "expected": self.lines * angle / 180,
        }

    def sentence(self) -> str:
        """Return the cells and the watched pair in words."""
        n = self.numbers
        return (
            f"{self.lines} lines: {n['cells']} codes (at most {n['possible']} cells), the fullest "
            f"has {n['fullest']} of {len(self.points)} points. The stars, {n['angle']:.0f}° apart, "
            f"differ in {n['distance']} of {self.lines} bits; random lines give "
            f"{n['expected']:.2f} on average."
        )

    def draw(self) -> None:
        """Draw the plane, and the points of each code."""
        codes = self.codes
        plots.plane_cells(
            self.points, codes, self.normals, self.offsets, pair=self.pair,
            ax=self.axes(0.1, 0.1, 4.0, 4.0),
        )  # fmt: skip
        kinds, counts = np.unique(codes, axis=0, return_counts=True)
        height = min(3.4, 0.3 * len(kinds) + 0.1)
        plots.cell_counts(kinds[::-1], counts[::-1], ax=self.axes(5.1, 3.7 - height, 2.0, height))

    def turn(self, line: int, angle: float | int) -> None:
        """Turn a line to an angle in degrees."""
        self.value = replaced(self.value, line, (float(angle), self.value[line][1]))

    def move(self, line: int, offset: float | int) -> None:
        """Move a line to an offset from the origin."""
        self.value = replaced(self.value, line, (self.value[line][0], float(offset)))

    def throw(self) -> None:
        """Draw random directions through the origin, as LSH; a seed gives the same throws."""
        angles = self._rng.integers(0, 360, self.lines)
        self.value = tuple((float(angle), 0.0) for angle in angles)

    def controls(self) -> Sequence[Any]:
        """Return an angle and an offset for each line."""
        edge = round(self.reach, 2)
        return [
            *(
                row(
                    part_slider(self, f"line {line}: angle (°)", (0, 360, 1),
                                lambda line=line: round(self.value[line][0]),
                                partial(self.turn, line)),
                    part_slider(self, "offset", (-edge, edge, edge / 50),
                                lambda line=line: self.value[line][1], partial(self.move, line)),
                )
                for line in range(self.lines)
            ),
            row(
                button("Throw", self.throw, "Random lines through the origin"),
                button("As given", self.reset, "The lines as they were at first"),
            ),
        ]  # fmt: skip
