"""The label strip: turn hits into misses in a ranked list, and watch what the scores make of it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import traitlets

from hashviz import plots
from hashviz.metrics import DIALECTS, DistanceCounts, average_precision, precision_at, recall_at
from hashviz_course.widgets.base import Interactive
from hashviz_course.widgets.controls import Face, button, keys, linked, replaced, row


class LabelStrip(Interactive):
    """A ranked list of hits and misses. `value` is a tuple of bools, one for each rank.

    `k` cuts the list, `elsewhere` is the number of relevant images that are not in the list. Both,
    like `value`, can be set and observed. The four ways to divide AP@k are the dialects of
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
        self.ranks = len(relevant)
        if not self.ranks:
            raise ValueError("A label strip needs at least one rank, got an empty list.")
        super().__init__(value=tuple(relevant), k=k or self.ranks, elsewhere=elsewhere)

    @traitlets.validate("value")
    def _is_strip(self, proposal: Any) -> tuple[bool, ...]:
        value = tuple(bool(hit) for hit in proposal["value"])
        if len(value) != self.ranks:
            raise ValueError(f"The strip has {self.ranks} ranks, got {len(value)} values.")
        return value

    @traitlets.validate("k")
    def _is_rank(self, proposal: Any) -> int:
        if not 1 <= proposal["value"] <= self.ranks:
            raise ValueError(f"k is a rank from 1 to {self.ranks}, got k={proposal['value']}.")
        return proposal["value"]

    @traitlets.validate("elsewhere")
    def _is_count(self, proposal: Any) -> int:
        if proposal["value"] < 0:
            raise ValueError(f"A count is not negative, got elsewhere={proposal['value']}.")
        return proposal["value"]

    def counts(self) -> DistanceCounts:
        """Return the list as a ranking without ties, followed by what is elsewhere."""
        hits = np.array([[*self.value, self.elsewhere]], np.int64)
        total = np.array([[1] * self.ranks + [self.elsewhere]], np.int64)
        return DistanceCounts(total, hits, database=self.ranks + self.elsewhere)

    def measure(self) -> dict[str, Any]:
        """Count hits and compute the scores at k."""
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
        """Return precision, recall and average precision at k in words."""
        n = self.numbers
        return (
            f"At rank {self.k}: {n['hits']} hits, precision {n['precision']:.3f}, recall "
            f"{n['recall']:.3f}. AP@{self.k} is {n['AP hits']:.3f} over the hits found, "
            f"{n['AP relevant']:.3f} over all {sum(self.value) + self.elsewhere} relevant images."
        )

    def draw(self) -> None:
        """Draw the curves over the strip, and the four divisions below."""
        ranks = range(1, self.ranks + 1)
        counts = self.counts()
        plots.label_strip(
            np.array(self.value, bool), precision_at(counts, ranks)[0], recall_at(counts, ranks)[0],
            k=self.k, ax=self.axes(1.05, 2.55, self.size[0] - 1.25, 1.9),
        )  # fmt: skip
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
        self.value = replaced(self.value, place, not self.value[place])

    def _face(self, place: int) -> Face:
        hit = self.value[place]
        tip = f"Rank {place + 1}: {'hit' if hit else 'miss'}; press to change"
        return Face("✓" if hit else "✗", hit, tip)

    def controls(self) -> Sequence[Any]:
        """Return a key for each rank, k, and what is elsewhere."""
        most = max(20, 2 * self.elsewhere)
        return [
            keys(self, self.ranks, self._face, self.press,
                 label="Press a rank to turn a hit into a miss and back"),
            row(
                linked(self, "k", "IntSlider", "cut after rank k", min=1, max=self.ranks),
                linked(self, "elsewhere", "IntSlider", "relevant, but not in the list", max=most),
                button("As given", self.reset, "The list as it was at first"),
            ),
        ]  # fmt: skip
