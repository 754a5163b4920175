"""The ball telescope: widen a Hamming ball around a query, and count images and cells."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import traitlets
from jaxtyping import Float, Int, Shaped
from numpy.typing import ArrayLike

from hashviz import plots
from hashviz.codes import distances, nearest, pack
from hashviz.metrics import ball_cells
from hashviz_course.widgets.base import Interactive, one_query
from hashviz_course.widgets.controls import linked, row

ENOUGH = 24
"""The rings reach as far as the nearest of so many images do."""
RINGS, ON_A_RING = 3, 9
"""Rings that are always drawn, besides that of distance 0; images shown of each."""


class BallTelescope(Interactive):
    r"""Images on rings around a query. `value` is the radius of the ball, 0 to bits.

    An image at Hamming distance d is on ring d; the picture shows the nearest rings, and some
    images of each. Random codes put
    $N \binom{b}{d} 2^{-b}$ images on ring d. A ball of radius r has $\sum_{i \le r} \binom{b}{i}$
    cells, and a hash table has to open each of them.

    `numbers`: inside (images in the ball), ring (images at this very distance), expected (images in
    the ball if codes were random), cells (of the ball), crossing (smallest radius whose ball has
    more cells than the database has images), precision (share of the images inside that are
    `relevant`; nan when none is inside or nothing is known).
    """

    value = traitlets.Int(0).tag(state=True)
    size = (8.6, 4.1)

    def __init__(
        self,
        query_code: ArrayLike,
        database_codes: ArrayLike,
        query_image: Shaped[np.ndarray, "..."],
        database_images: Sequence[Shaped[np.ndarray, "..."]] | np.ndarray,
        *,
        relevant: ArrayLike | None = None,
        radius: int | None = None,
    ):
        code, codes = one_query(query_code, database_codes, database_images)
        self.bits = len(code)
        self.distances = distances(pack(code[None]), pack(codes))[0].astype(int)
        self.relevant = None if relevant is None else np.asarray(relevant, bool)
        self.shown = self._shown()
        self.query_image = query_image
        self.images = [database_images[place] for place in self.shown]
        self.population: Int[np.ndarray, " distances"] = np.bincount(
            self.distances, minlength=self.bits + 1
        )
        self.cells: Float[np.ndarray, " distances"] = ball_cells(self.bits)
        start = int(self.distances.min()) if radius is None else radius
        super().__init__(value=start)

    def _shown(self) -> list[int]:
        """Return the places of the images on the nearest rings, of each ring the first few."""
        last = max(int(self.distances[nearest(self.distances, ENOUGH)[-1]]), RINGS)
        rings = [np.flatnonzero(self.distances == ring)[:ON_A_RING] for ring in range(last + 1)]
        return np.concatenate(rings).tolist()

    @traitlets.validate("value")
    def _is_radius(self, proposal: Any) -> int:
        if not 0 <= proposal["value"] <= self.bits:
            raise ValueError(f"A radius is from 0 to {self.bits}, got {proposal['value']}.")
        return proposal["value"]

    def measure(self) -> dict[str, Any]:
        """Count images and cells of the ball."""
        inside = self.distances <= self.value
        known = self.relevant is not None and inside.any()
        crossing = np.flatnonzero(self.cells > len(self.distances))
        return {
            "inside": int(inside.sum()),
            "ring": int(self.population[self.value]),
            "expected": float(len(self.distances) * self.cells[self.value] / 2.0**self.bits),
            "cells": int(self.cells[self.value]),
            "crossing": int(crossing[0]) if len(crossing) else self.bits + 1,
            "precision": float(np.mean(np.asarray(self.relevant)[inside])) if known
            else float("nan"),
        }  # fmt: skip

    def sentence(self) -> str:
        """Return what the ball holds, and what it costs."""
        n = self.numbers
        right = "" if np.isnan(n["precision"]) else f", {n['precision']:.0%} of them right"
        cost = (
            f"more than the {len(self.distances):,} images: looking at all of them is cheaper"
            if n["cells"] > len(self.distances)
            else f"the database has {len(self.distances):,} images"
        )
        images = "1 image" if n["inside"] == 1 else f"{n['inside']:,} images"
        return (
            f"Radius {self.value}: {images} inside{right}; random codes would put "
            f"{n['expected']:.3g} there. The ball has {n['cells']:,} cells; {cost}."
        )

    def draw(self) -> None:
        """Draw the rings, and the population of all of them."""
        shown = self.shown
        plots.hamming_rings(
            self.query_image, self.images, self.distances[shown], self.value,
            relevant=None if self.relevant is None else self.relevant[shown],
            ax=self.axes(0.05, 0.05, 4.0, 4.0),
        )  # fmt: skip
        cells = np.diff(self.cells, prepend=0.0)
        plots.ring_population(
            self.population, len(self.distances) * cells / 2.0**self.bits, self.value,
            ax=self.axes(5.0, 0.65, 3.3, 2.7),
        )  # fmt: skip

    def controls(self) -> Sequence[Any]:
        """Return the slider of the radius."""
        return [row(linked(self, "value", "IntSlider", "radius (bits)", min=0, max=self.bits))]
