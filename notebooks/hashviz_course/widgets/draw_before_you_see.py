"""Draw before you see: set the curve that you expect, then the true one appears over it."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import traitlets
from numpy.typing import ArrayLike

from hashviz import plots
from hashviz_course.widgets.base import Interactive
from hashviz_course.widgets.controls import button, part_slider, replaced, row


class DrawBeforeYouSee(Interactive):
    """A curve to guess. `value` is the guess at each x; `revealed` shows the truth over it.

    The guess starts as a flat line at the height `start`. Once the truth is shown, the sliders are
    locked. The score is the share of the flat line's mean distance to the truth that the guess has
    removed: 1 for the truth, 0 for a guess that is as far off as the flat line.

    `numbers`: guess (its mean); when revealed also error (mean distance to the truth) and score
    (never below 0).
    """

    value = traitlets.Tuple().tag(state=True)
    revealed = traitlets.Bool(False).tag(state=True)
    size = (7.2, 3.7)

    def __init__(
        self,
        x: ArrayLike,
        truth: ArrayLike,
        *,
        xlabel: str = "",
        ylabel: str = "",
        start: float = 0.5,
        limits: tuple[float | int, float | int] = (0.0, 1.0),
    ):
        self.x, self.truth = np.asarray(x, float), np.asarray(truth, float)
        if self.x.ndim != 1 or self.x.shape != self.truth.shape or not 1 <= len(self.x) <= 16:
            raise ValueError(
                "A curve to guess has 1 to 16 points and a true value for each, got "
                f"{self.x.shape} and {self.truth.shape}; keep every second or third."
            )
        self.low, self.high = map(float, limits)
        if not self.low <= start <= self.high:
            raise ValueError(f"The guess starts inside {limits}, got start={start}.")
        self.flat, self.xlabel, self.ylabel = float(start), xlabel, ylabel
        super().__init__(value=(self.flat,) * len(self.x))

    @traitlets.validate("value")
    def _is_guess(self, proposal: Any) -> tuple[float, ...]:
        value = tuple(float(y) for y in proposal["value"])
        if len(value) != len(self.x) or not all(self.low <= y <= self.high for y in value):
            raise ValueError(
                f"A guess is {len(self.x)} values from {self.low:g} to {self.high:g}, got {value}."
            )
        return value

    def measure(self) -> dict[str, Any]:
        """Measure the mean guess and, once revealed, how far off it is."""
        guess = np.array(self.value)
        found: dict[str, Any] = {"guess": float(guess.mean())}
        if self.revealed:
            error = float(np.abs(guess - self.truth).mean())
            straight = float(np.abs(self.flat - self.truth).mean())
            missed = error / straight if straight else float(error > 0)
            found |= {"error": error, "score": max(0.0, 1 - missed)}
        return found

    def sentence(self) -> str:
        """Return what to do, or how it went."""
        n = self.numbers
        if not self.revealed:
            return (
                f"Your guess, {n['guess']:.2f} on average. Set the points to the curve that you "
                "expect, then reveal the true one. On paper: draw it into the grid."
            )
        return (
            f"Your guess is off by {n['error']:.3f} on average. Score {n['score']:.0%}: the share of "
            "the flat line's error that is gone."
        )

    def draw(self) -> None:
        """Draw the guess, and the truth over it when it is revealed."""
        plots.guess_and_truth(
            self.x, np.array(self.value), self.truth if self.revealed else None,
            limits=(self.low, self.high), xlabel=self.xlabel, ylabel=self.ylabel,
            ax=self.axes(0.85, 0.65, 6.1, 2.6),
        )  # fmt: skip

    def set_point(self, place: int, y: float | int) -> None:
        """Move the guess at one x."""
        self.value = replaced(self.value, place, float(y))

    def reveal(self) -> None:
        """Show the truth."""
        self.revealed = True

    def controls(self) -> Sequence[Any]:
        """Return an upright slider for each x, and the button that shows the truth."""
        span = self.low, self.high, (self.high - self.low) / 50
        look = {"orientation": "vertical", "layout": {"height": "150px", "width": "60px"}}
        points = [
            part_slider(self, f"{x:g}", span, lambda place=place: self.value[place],
                        partial(self.set_point, place), **look)
            for place, x in enumerate(self.x)
        ]  # fmt: skip
        show = button("Reveal", self.reveal, "Show the true curve")

        def lock() -> None:
            for control in (*points, show):
                control.disabled = self.revealed

        self.follow(lock)
        return [row(*points), row(show)]
