"""The label strip: turn hits into misses in a ranked list, and watch what the scores make of it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import traitlets

from hashviz import plots
from hashviz.metrics import (
    DIALECTS,
    DistanceCounts,
    average_precision,
    precision_at,
    recall_at,
)
from hashviz_course.widgets.base import Interactive
from hashviz_course.widgets.controls import Face, button, flipped, keys, row, slider


class LabelStrip(Interactive):
    """A ranked list of hits and misses. `value` is a tuple of bools, one for each rank.

    `k` cuts the list, `elsewhere` is the number of relevant images that the list does not hold.
    Both, like `value`, can be set and observed. The four ways to divide AP@k are the dialects of
    `hashviz.metrics.average_precision`.

    `numbers`: hits (in the first k), precision, recall (both at k), and one number for each dialect
    (`hits`' is called "AP hits" and so on; "AP answered" is nan when nothing is found).

    >>> LabelStrip([True, False, True]).numbers["AP hits"] == (1 / 1 + 2 / 3) / 2
    True
    """

    value = traitlets.Tuple().tag(state=True)
    k = traitlets.Int().tag(state=True)
    elsewhere = traitlets.Int().tag(state=True)
    size = (7.6, 4.9)

    def __init__(self, relevant: Sequence[bool], *, k: int | None = None, elsewhere: int = 0):
        self.start = tuple(bool(hit) for hit in relevant)
        if not self.start:
            raise ValueError("A label strip needs at least one rank, got an empty list.")
        super().__init__(value=self.start, k=k or len(self.start), elsewhere=elsewhere)

    @traitlets.validate("value")
    def _is_strip(self, proposal: Any) -> tuple[bool, ...]:
        value = tuple(bool(hit) for hit in proposal["value"])
        if len(value) != len(self.start):
            raise ValueError(f"The strip has {len(self.start)} ranks, got {len(value)} values.")
        return value

    @traitlets.validate("k")
    def _is_rank(self, proposal: Any) -> int:
        if not 1 <= proposal["value"] <= len(self.start):
            raise ValueError(f"k is a rank from 1 to {len(self.start)}, got k={proposal['value']}.")
        return proposal["value"]

    @traitlets.validate("elsewhere")
    def _is_count(self, proposal: Any) -> int:
        if proposal["value"] < 0:
            raise ValueError(f"A count is not negative, got elsewhere={proposal['value']}.")
        return proposal["value"]

    def counts(self) -> DistanceCounts:
        """The list as a ranking without ties; what lies elsewhere comes after all of it."""
        hits = np.array([[*self.value, self.elsewhere]], np.int64)
        total = np.array([[*(1 for _ in self.value), self.elsewhere]], np.int64)
        return DistanceCounts(total, hits, database=len(self.value) + self.elsewhere)

    def measure(self) -> dict[str, Any]:
        """Counts and scores at k."""
        counts = self.counts()
        scores = {
            f"AP {name}": float(average_precision(counts, self.k, name)[0]) for name in DIALECTS
        }
        return {
            "hits": sum(self.value[: self.k]),
            "precision": float(precision_at(counts, [self.k])[0, 0]),
            "recall": float(recall_at(counts, [self.k])[0, 0]),
            **scores,
        }

    def sentence(self) -> str:
        """Precision, recall and average precision at k."""
        n = self.numbers
        return (
            f"At rank {self.k}: {n['hits']} hits, precision {n['precision']:.3f}, recall "
            f"{n['recall']:.3f}. AP@{self.k} is {n['AP hits']:.3f} over the hits found, "
            f"{n['AP relevant']:.3f} over all {sum(self.value) + self.elsewhere} relevant images."
        )

    def draw(self) -> None:
        """The curves over the strip, and the four divisions below."""
        ranks = range(1, len(self.value) + 1)
        counts = self.counts()
        plots.label_strip(
            np.array(self.value, bool),
            precision_at(counts, ranks)[0],
            recall_at(counts, ranks)[0],
            k=self.k,
            ax=self.axes(1.05, 2.55, self.size[0] - 1.25, 1.9),
        )
        hits = [rank for rank in ranks if rank <= self.k and self.value[rank - 1]]
        terms = [f"{place}/{rank}" for place, rank in enumerate(hits, 1)]
        top = " + ".join(terms[:4] + ["…"] * (len(terms) > 4)) or "0"
        relevant = sum(self.value) + self.elsewhere
        below = {
            "hits": f"{len(hits)}  hits in the first {self.k}",
            "answered": f"{len(hits)}  query left out if 0",
            "relevant": f"{relevant}  relevant in the database",
            "reachable": f"{min(relevant, self.k)}  of those, at most k",
        }
        plots.divisors(
            [f"“{name}”" for name in DIALECTS],
            np.array([self.numbers[f"AP {name}"] for name in DIALECTS]),
            [f"({top}) / {below[name]}" for name in DIALECTS],
            ax=self.axes(1.05, 0.1, self.size[0] - 1.75, 1.55),
        )

    def press(self, place: int) -> None:
        """Turn the hit at a place (from 0) into a miss, or the miss into a hit."""
        self.value = flipped(self.value, place, not self.value[place])

    def reset(self) -> None:
        """The list as it was given."""
        self.value = self.start

    def _face(self, place: int) -> Face:
        hit = self.value[place]
        tip = f"Rank {place + 1}: {'hit' if hit else 'miss'}; press to change"
        return Face("✓" if hit else "✗", hit, tip)

    def controls(self) -> Sequence[Any]:
        """A key for each rank, k, and what lies elsewhere."""
        most = max(20, 2 * self.elsewhere)
        return [
            keys(self, len(self.value), self._face, self.press,
                 label="Press a rank to turn a hit into a miss and back"),
            row(
                slider(self, "k", "cut after rank k", 1, len(self.value)),
                slider(self, "elsewhere", "relevant, but not in the list", 0, most),
                button("As given", self.reset, "The list as it was at first"),
            ),
        ]  # fmt: skip
