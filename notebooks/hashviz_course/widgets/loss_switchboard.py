"""The loss switchboard: turn the parts of a method on and off in a table that was kept."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import traitlets
from jaxtyping import Bool
from numpy.typing import ArrayLike

from hashviz import plots
from hashviz.metrics.comparison import mean_interval, paired_difference, shapley_values, subsets_of
from hashviz.plots.palette import faint
from hashviz_course.widgets.base import Interactive
from hashviz_course.widgets.controls import Face, button, keys, row


class LossSwitchboard(Interactive):
    """A switch for each part of a method. `value` are the names of the parts that are on.

    `scores` has one row for each variant that was trained and one column for each seed; `on` says
    which parts a variant had. One variant has them all: every other one is compared with it, seed
    by seed. Nothing is trained here; a combination without a result is reported as missing.

    `numbers`: kept (whether there is such a variant), mean, half_width (95 % over seeds),
    difference (to all parts on, seed by seed), difference_half_width; nan where there is none.
    """

    value = traitlets.Tuple().tag(state=True)

    def __init__(
        self, parts: Sequence[str], on: ArrayLike, scores: ArrayLike, *, measure: str = "mAP"
    ):
        self.parts, self.measured = tuple(parts), measure
        self.on: Bool[np.ndarray, "variants parts"] = np.asarray(on, bool)
        self.scores = np.asarray(scores, float)
        if self.scores.ndim != 2 or self.on.shape != (len(self.scores), len(self.parts)):
            raise ValueError(
                "A switchboard needs a row of switches and a row of scores for each variant, got "
                f"{len(self.parts)} parts, switches {self.on.shape} and scores {self.scores.shape}."
            )
        if not self.parts:
            raise ValueError("A switchboard needs a part that some variant turns off, got none.")
        self._rows = {
            frozenset(np.array(self.parts)[switches].tolist()): place
            for place, switches in enumerate(self.on)
        }
        if len(self._rows) < len(self.on):
            raise ValueError("Two variants have the same parts on; keep one of them.")
        if frozenset(self.parts) not in self._rows:
            raise ValueError("No variant has all parts on; the others are compared with it.")
        # With every combination, the share of each part is known and drawn below.
        self.complete = len(self._rows) == 2 ** len(self.parts)
        shares = 1.15 + 0.34 * len(self.parts) if self.complete else 0
        self.size = 7.2, 2.0 + 0.34 * len(self.on) + shares
        super().__init__(value=self.parts)

    @classmethod
    def from_table(cls, table: Mapping[str, Any], measure: str = "map") -> "LossSwitchboard":
        """Take the variants of a table of `hashviz ablate` that turn parts off and change no more.

        A part is off where its setting is 0, False or "none".
        """
        off = (None, 0, "", "none")
        rows = [row for row in table["rows"] if all(v in off for v in row["options"].values())]
        parts, on = subsets_of([row["options"] for row in rows])
        kept = {subset: row[measure]["values"] for subset, row in zip(on, rows, strict=True)}
        return cls(
            [part.removesuffix("_weight") for part in parts],
            [[part in subset for part in parts] for subset in kept],
            list(kept.values()),
            measure={"map": "mAP"}.get(measure, measure),
        )

    @traitlets.validate("value")
    def _are_parts(self, proposal: Any) -> tuple[str, ...]:
        chosen = set(proposal["value"])
        if chosen - set(self.parts):
            raise ValueError(
                f"The parts are {', '.join(self.parts)}, "
                f"got {', '.join(map(repr, sorted(chosen - set(self.parts))))}."
            )
        return tuple(part for part in self.parts if part in chosen)

    def measure(self) -> dict[str, Any]:
        """Compute the mean of the chosen variant, and its difference to all parts on."""
        names = ("mean", "half_width", "difference", "difference_half_width")
        place = self._rows.get(frozenset(self.value))
        if place is None:
            return {"kept": False, **dict.fromkeys(names, float("nan"))}
        values, whole = self.scores[place].tolist(), self.whole.tolist()
        found = (*mean_interval(values), *paired_difference(values, whole))
        return {"kept": True, **dict(zip(names, np.array(found, float).tolist(), strict=True))}

    def sentence(self) -> str:
        """Return the chosen variant in words."""
        n = self.numbers
        which = " and ".join(self.value) or "no part"
        if not n["kept"]:
            return f"On: {which}. This combination was not trained; {len(self.on)} others were."
        if len(self.value) == len(self.parts):
            spread = "" if np.isnan(n["half_width"]) else f" ± {n['half_width']:.3f}"
            return (
                f"All parts on: {self.measured} {n['mean']:.3f}{spread}, number of seeds: "
                f"{self.scores.shape[1]}. The others are compared with this."
            )
        here = f"On: {which}. {self.measured} {n['mean']:.3f}, {signed(n['difference'])}"
        if np.isnan(n["difference_half_width"]):
            return f"{here} compared with all parts on; one seed proves nothing."
        sure = abs(n["difference"]) > n["difference_half_width"]
        return (
            f"{here} ± {n['difference_half_width']:.3f} compared with all parts on, seed by seed: "
            f"{'more than chance' if sure else 'may be chance'}."
        )

    @property
    def whole(self) -> np.ndarray:
        """Return the scores of the variant with all parts."""
        return self.scores[self._rows[frozenset(self.parts)]]

    def draw(self) -> None:
        """Draw every variant, the chosen one marked; Shapley values if the table is complete."""
        apart = self.scores - self.whole
        means, halves = intervals(apart)
        rows = 0.34 * len(self.on)
        top = self.size[1] - 0.75 - rows
        ax = plots.ablation(
            [str(place) for place in range(len(self.on))], apart, means=means, half_widths=halves,
            switches=self.on, parts=self.parts, xlabel=f"Difference of {self.measured}",
            ax=self.axes(0.6 + 0.25 * len(self.parts), top, 6.0 - 0.25 * len(self.parts), rows),
        )  # fmt: skip
        if self.numbers["kept"]:
            place = self._rows[frozenset(self.value)]
            ax.axhspan(place - 0.5, place + 0.5, color=faint(), linewidth=0, zorder=-1)
        if self.complete:
            self._draw_shares()

    def _draw_shares(self) -> None:
        by_seed = [
            shapley_values(self.parts, {s: float(seed[p]) for s, p in self._rows.items()})
            for seed in self.scores.T
        ]
        values = np.array([[seed[part] for seed in by_seed] for part in self.parts])
        means, halves = intervals(values)
        plots.shapley(
            self.parts, values, means=means, half_widths=halves,
            ax=self.axes(1.6, 0.65, 5.2, 0.34 * len(self.parts)),
        )  # fmt: skip

    def press(self, part: str) -> None:
        """Turn a part on or off."""
        self.value = tuple(set(self.value) ^ {part})

    def _face(self, place: int) -> Face:
        part = self.parts[place]
        on = part in self.value
        return Face(f"{part}: {'on' if on else 'off'}", on, f"Turn {part} {'off' if on else 'on'}")

    def controls(self) -> Sequence[Any]:
        """Return a switch for each part."""
        return [
            keys(self, len(self.parts), self._face, lambda place: self.press(self.parts[place]),
                 width="auto", label="Parts of the method"),
            row(button("All on", self.reset, "Turn all parts on")),
        ]  # fmt: skip


def intervals(rows: np.ndarray) -> np.ndarray:
    """Return the mean of each row and half the width of its interval, nan where it has none."""
    return np.array([mean_interval(row.tolist()) for row in rows], float).T


def signed(value: float) -> str:
    """Return a difference with its sign, as it is printed.

    >>> signed(-0.01449)
    '−0.014'
    """
    return f"{value:+.3f}".replace("-", "−")
