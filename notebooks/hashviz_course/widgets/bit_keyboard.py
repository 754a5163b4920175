"""The bit keyboard: press the bits of a code, and the results are sorted again."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import traitlets
from jaxtyping import Shaped
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from hashviz import plots
from hashviz.codes import distances, nearest, pack
from hashviz.metrics import leaving_results
from hashviz.plots.palette import MINUS, PLUS, muted, right_wrong
from hashviz_course.widgets.base import Interactive, one_query
from hashviz_course.widgets.controls import Face, button, keys, replaced, row


class BitKeyboard(Interactive):
    """The code of a query as keys. `value` is the code that is searched with now, -1 and +1.

    The upper row of results belongs to the query's own code, the lower one to the code as the keys
    are; lines join what both show, and results at one distance are in one box. Below each key a bar
    says how many of the first k results leave if that bit alone is flipped. Equal distances are
    ordered by place in the database.

    `numbers`: flipped (bits), leave (of the first k), nearest and farthest (distance of the first
    and the last result shown), right (results that are `relevant`; absent without).
    """

    value = traitlets.Tuple().tag(state=True)

    def __init__(
        self,
        query_code: ArrayLike,
        database_codes: ArrayLike,
        query_image: Shaped[np.ndarray, "..."],
        database_images: Sequence[Shaped[np.ndarray, "..."]] | np.ndarray,
        *,
        relevant: ArrayLike | None = None,
        k: int = 8,
    ):
        own, codes = one_query(query_code, database_codes, database_images)
        self.own = tuple(int(bit) for bit in own)
        self.k = min(k, len(codes))
        self.size = max(7.2, 0.78 * self.k + 1.3), 4.3
        self.query_image, self.images = query_image, list(database_images)
        self.relevant = None if relevant is None else np.asarray(relevant, bool)
        self._packed = pack(codes)
        self.before = self.first(self.own)
        self.leaving = leaving_results(own, codes, self.k).tolist()
        super().__init__(value=self.own)

    @traitlets.validate("value")
    def _is_code(self, proposal: Any) -> tuple[int, ...]:
        code = tuple(int(bit) for bit in proposal["value"])
        if len(code) != len(self.own) or not set(code) <= {-1, 1}:
            raise ValueError(f"The keys are {len(self.own)} bits of -1 and +1, got {code}.")
        return code

    def away(self, code: Sequence[int]) -> np.ndarray:
        """Return the distances of the database to a code."""
        return distances(pack(np.array([code], np.int8)), self._packed)[0]

    def first(self, code: Sequence[int]) -> list[int]:
        """Return the places of the k nearest codes, by (distance, place)."""
        return nearest(self.away(code), self.k).tolist()

    def measure(self) -> dict[str, Any]:
        """Count bits and results."""
        now = self.first(self.value)
        away = self.away(self.value)[now]
        found: dict[str, Any] = {
            "flipped": sum(a != b for a, b in zip(self.value, self.own, strict=True)),
            "leave": len(set(self.before) - set(now)),
            "nearest": int(away[0]),
            "farthest": int(away[-1]),
        }
        if self.relevant is not None:
            found["right"] = int(self.relevant[now].sum())
        return found

    def sentence(self) -> str:
        """Return how many bits are flipped, and what they did."""
        n = self.numbers
        right = f"; right: {n['right']}" if "right" in n else ""
        return (
            f"{n['flipped']} of {len(self.own)} bits flipped, {n['leave']} of the first {self.k} "
            f"results replaced. The results are at distances {n['nearest']} to "
            f"{n['farthest']}{right}."
        )

    def draw(self) -> None:
        """Draw the keys, and what enters and leaves; equal distances are in one box."""
        wide, high = self.size
        own, now = (
            (away, np.bincount(away)[away]) for away in map(self.away, (self.own, self.value))
        )
        self._draw_keys(self.axes(0.75, high - 0.65, wide - 0.95, 0.62))
        plots.results_change(
            self.query_image,
            self.images,
            self.before,
            self.first(self.value),
            relevant=self.relevant,
            far=(own, now),
            names=("Own code", "Code of the keys"),
            ax=self.axes(0.1, 0.0, wide - 0.2, high - 0.95),
        )

    def _draw_keys(self, ax: Any) -> None:
        bits = len(self.own)
        for bit, (now, own) in enumerate(zip(self.value, self.own, strict=True)):
            ax.add_patch(Rectangle((bit + 0.05, 0.45), 0.9, 0.55, facecolor=PLUS if now > 0
                                   else MINUS, edgecolor=muted(), linewidth=0.5))  # fmt: skip
            if now != own:
                ax.plot([bit + 0.1, bit + 0.9], [1.09, 1.09], color=right_wrong()[1], linewidth=2.4)
            part = 0.36 * self.leaving[bit] / self.k
            ax.add_patch(Rectangle((bit + 0.2, 0.38 - part), 0.6, part, facecolor=muted()))
        ax.set(xlim=(0, bits), ylim=(0, 1.14))
        ax.set_axis_off()
        ax.text(-0.01, 0.63, "bits", transform=ax.transAxes, ha="right", va="center", size="small")
        ax.text(0, -0.04, "Bars: how many leave if this bit alone is flipped", va="top",
                size="small", color=muted())  # fmt: skip

    def press(self, bit: int) -> None:
        """Flip one bit."""
        self.value = replaced(self.value, bit, -self.value[bit])

    def _face(self, bit: int) -> Face:
        now = self.value[bit]
        other = now != self.own[bit]
        tip = (
            f"Bit {bit}: {'+1' if now > 0 else '−1'}{', flipped' if other else ''}; "
            f"flipped alone, {self.leaving[bit]} of the first {self.k} leave"
        )
        return Face("+" if now > 0 else "−", now > 0, tip, other)

    def controls(self) -> Sequence[Any]:
        """Return a key for each bit, and the way back."""
        label = f"Press a bit to flip it ({len(self.own)} bits; flipped ones are underlined)"
        return [
            keys(self, len(self.own), self._face, self.press, label=label, width="26px"),
            row(button("Own code", self.reset, "Flip all bits back to the query's own code")),
        ]
