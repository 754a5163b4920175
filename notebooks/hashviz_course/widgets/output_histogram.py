"""The output histogram: what lies before the sign, pressed towards -1 and +1 by a slider."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import traitlets
from jaxtyping import Float
from numpy.typing import ArrayLike

from hashviz import plots
from hashviz.codes import nearest, sign
from hashviz.metrics import quantization_error
from hashviz_course.widgets.base import Interactive
from hashviz_course.widgets.controls import linked, row

LOW, HIGH = 0.1, 100.0
BINS = 41


class OutputHistogram(Interactive):
    r"""Outputs u squeezed by $\tanh(\beta u)$. `value` is $\beta$, from soft to hard.

    The first row of `outputs` is the query. The database is ranked by the Euclidean distance after
    the tanh, and by the Hamming distance of the signs: the larger $\beta$, the more they agree.
    `zero_trap` takes sign(0) = 0 as NumPy and torch do; an output of exactly 0 is then half
    a bit away from everything, and distances of codes are no longer whole.

    `numbers`: error (mean squared distance to the nearer of -1 and +1), changed (of the first k,
    those that the codes do not bring), zeros (outputs that are exactly 0), halves (distances to the
    query that are not whole: 0 without the trap).
    """

    value = traitlets.Float(1.0).tag(state=True)
    zero_trap = traitlets.Bool(False).tag(state=True)
    size = (8.4, 3.7)

    def __init__(self, outputs: ArrayLike, *, k: int = 8, beta: float = 1.0):
        self.outputs = np.asarray(outputs, float)
        if self.outputs.ndim != 2 or len(self.outputs) < 2 or not np.isfinite(self.outputs).all():
            raise ValueError(
                "Outputs are a finite matrix [images, bits] with the query and at least one other "
                f"image, got shape {self.outputs.shape}."
            )
        self.k = min(k, len(self.outputs) - 1)
        super().__init__(value=float(beta))

    @traitlets.validate("value")
    def _is_slope(self, proposal: Any) -> float:
        if not LOW <= proposal["value"] <= HIGH:
            raise ValueError(
                f"The slope of the tanh is from {LOW:g} to {HIGH:g}, got {proposal['value']:g}."
            )
        return proposal["value"]

    @property
    def soft(self) -> Float[np.ndarray, "images bits"]:
        """Return the outputs after the tanh."""
        return np.tanh(self.value * self.outputs)

    def by_outputs(self) -> list[int]:
        """Return the database rows (from 0) nearest after the tanh, by (distance, place)."""
        soft = self.soft
        return nearest(np.square(soft[1:] - soft[0]).sum(1), self.k).tolist()

    def code_distances(self) -> Float[np.ndarray, " database"]:
        """Return Hamming distances of the codes to the query's; halves where a bit is 0."""
        codes = np.sign(self.outputs) if self.zero_trap else sign(self.outputs).astype(float)
        return (codes.shape[1] - codes[1:] @ codes[0]) / 2

    def by_codes(self) -> list[int]:
        """Return the database rows (from 0) nearest by code, by (distance, place)."""
        return nearest(self.code_distances(), self.k).tolist()

    def measure(self) -> dict[str, Any]:
        """Measure quantization error, changed results, zeros and what they do."""
        return {
            "error": quantization_error(self.soft)[0],
            "changed": len(set(self.by_outputs()) - set(self.by_codes())),
            "zeros": int((self.outputs == 0).sum()),
            "halves": int((self.code_distances() % 1 != 0).sum()),
        }

    def sentence(self) -> str:
        """Return quantization error, ranks and zeros in words."""
        n = self.numbers
        zeros = f"{n['zeros']} outputs are exactly 0"
        if self.zero_trap:
            note = f"With sign(0) = 0, {n['halves']} distances are not whole."
        else:
            note = f"{zeros} and become +1." if n["zeros"] else "No output is exactly 0."
        return (
            f"tanh({self.value:.3g} u): quantization error {n['error']:.3f}. {n['changed']} of the "
            f"first {self.k} by outputs are not among the first {self.k} by code. "
            f"{note}"
        )

    def draw(self) -> None:
        """Draw the histogram, and the ranks."""
        counts, edges = np.histogram(self.soft, BINS, (-1.0, 1.0))
        plots.output_histogram(counts, edges, ax=self.axes(0.8, 0.6, 3.6, 2.6))
        away = self.code_distances()
        by_codes = self.by_codes()
        plots.rank_changes(
            self.by_outputs(), by_codes, names=("by outputs", "by codes"),
            notes=[f"{away[place]:g}" for place in by_codes],
            ax=self.axes(5.2, 0.25, 2.6, 3.0),
        )  # fmt: skip

    def controls(self) -> Sequence[Any]:
        """Return the slope, and the trap."""
        slope = linked(
            self, "value", "FloatLogSlider", "slope of the tanh",
            min=np.log10(LOW), max=np.log10(HIGH), step=0.02, readout_format=".3g",
        )  # fmt: skip
        trap = linked(self, "zero_trap", "Checkbox", "sign(0) = 0 (the trap)", indent=False)
        return [row(slope, trap)]
