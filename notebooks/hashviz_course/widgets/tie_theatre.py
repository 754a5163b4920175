"""The tie theatre: shuffle the database, and the same codes have another score."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import traitlets
from jaxtyping import Float
from numpy.typing import ArrayLike

from hashviz import plots
from hashviz.codes import as_codes, distances, pack
from hashviz.metrics import (
    DistanceCounts,
    align_labels,
    average_precision,
    chance_average_precision,
    distance_counts,
)
from hashviz.metrics.labels import similar
from hashviz_course.widgets.base import Interactive
from hashviz_course.widgets.controls import button, linked, row

ORDERS_SHOWN = 20


class TieTheatre(Interactive):
    """Same codes, other score. `value` is the order of equal distances: 0 as stored, then shuffles.

    `bits` keeps only the first bits of the codes, one of `lengths`. An order is a shuffle of the
    whole database before a stable sort, as programs do it; the same number is the same shuffle.
    The picture shows the last twenty orders up to the present one.

    `numbers`: this, worst, expected, best (mAP over the queries given), chance.
    """

    value = traitlets.Int().tag(state=True)
    bits = traitlets.Int().tag(state=True)
    size = (8.6, 3.7)

    def __init__(
        self,
        query_codes: ArrayLike,
        query_labels: ArrayLike,
        database_codes: ArrayLike,
        database_labels: ArrayLike,
        *,
        lengths: Sequence[int] | None = None,
        seed: int = 0,
    ):
        self._query, self._database = as_codes(query_codes), as_codes(database_codes)
        self._labels = align_labels(query_labels, database_labels)
        most = self._query.shape[1]
        self.lengths = sorted(set(lengths or [*(b for b in (4, 8, 16, 32, 64) if b < most), most]))
        if self.lengths[0] < 1 or self.lengths[-1] > most:
            raise ValueError(
                f"Lengths are between 1 and the {most} bits of the codes, got {self.lengths}."
            )
        self.seed = seed
        self._relevant = similar(*self._labels)
        self.bounds = np.array([self._bounds(length) for length in self.lengths])
        self._scores: dict[tuple[int, int], float] = {}
        super().__init__(value=0, bits=self.lengths[0])

    @traitlets.validate("bits")
    def _is_length(self, proposal: Any) -> int:
        if proposal["value"] not in self.lengths:
            raise ValueError(
                f"The lengths are {', '.join(map(str, self.lengths))} bits, "
                f"got bits={proposal['value']}."
            )
        return proposal["value"]

    @traitlets.validate("value")
    def _is_order(self, proposal: Any) -> int:
        if proposal["value"] < 0:
            raise ValueError(f"Orders are numbered from 0, got {proposal['value']}.")
        return proposal["value"]

    def _counts(self, bits: int) -> DistanceCounts:
        query, database = self._query[:, :bits], self._database[:, :bits]
        return distance_counts(query, self._labels[0], database, self._labels[1], engine="numpy")

    def _bounds(self, bits: int) -> Float[np.ndarray, "4"]:
        """Return the worst, mean and best mAP over all orders, and chance."""
        counts = self._counts(bits)
        bounds = [
            average_precision(counts, ties=ties).mean()
            for ties in ("pessimistic", "expected", "optimistic")
        ]
        return np.array([*bounds, chance_average_precision(counts).mean()])

    def score(self, order: int, bits: int) -> float:
        """Return the mAP of one order at one length."""
        key = order, bits
        if key not in self._scores:
            away = distances(pack(self._query[:, :bits]), pack(self._database[:, :bits]))
            n = away.shape[1]
            rng = np.random.default_rng((self.seed, order))
            place = rng.permutation(n) if order else np.arange(n)
            ranks = np.argsort(away.astype(np.int64) * n + place, axis=1)
            hits = np.take_along_axis(self._relevant, ranks, 1).astype(np.int64)
            listed = DistanceCounts(np.ones_like(hits), hits, database=n)
            self._scores[key] = float(average_precision(listed).mean())
        return self._scores[key]

    def measure(self) -> dict[str, Any]:
        """Return the scores of this order and of all."""
        bounds = self.bounds[self.lengths.index(self.bits)].tolist()
        names = ("worst", "expected", "best", "chance")
        this = self.score(self.value, self.bits)
        return {"this": this, **dict(zip(names, bounds, strict=True))}

    def sentence(self) -> str:
        """Return what this order scores, and what other orders of the same codes would."""
        n = self.numbers
        name = f"shuffle {self.value}" if self.value else "the stored order"
        return (
            f"{self.bits} bits, {name}: mAP {n['this']:.3f}. The same codes can score anything "
            f"from {n['worst']:.3f} to {n['best']:.3f}, and {n['expected']:.3f} on average."
        )

    def draw(self) -> None:
        """Draw the band over all lengths, and the orders at this one."""
        n = self.numbers
        worst, expected, best, _ = self.bounds.T
        plots.tie_band(
            np.array(self.lengths), worst, expected, best,
            chosen=self.bits, score=n["this"], chance=n["chance"],
            ax=self.axes(0.75, 0.6, 3.1, 2.3),
        )  # fmt: skip
        orders = np.arange(max(0, self.value - ORDERS_SHOWN + 1), self.value + 1)
        plots.tie_orders(
            orders, np.array([self.score(int(order), self.bits) for order in orders]),
            worst=n["worst"], expected=n["expected"], best=n["best"],
            ax=self.axes(5.35, 0.6, 2.2, 2.3),
        )  # fmt: skip

    def shuffle(self) -> None:
        """Go to the next order."""
        self.value += 1

    def controls(self) -> Sequence[Any]:
        """Return the buttons of the order, and how many bits."""
        return [
            row(
                button("Shuffle", self.shuffle, "Shuffle the database and sort it again"),
                button("Stored order", self.reset, "Back to the order of the database"),
                linked(self, "bits", "SelectionSlider", "bits of the code", options=self.lengths),
            )
        ]
