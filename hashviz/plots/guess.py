"""A guessed curve, and the true one over it."""

from typing import Any

import numpy as np
from jaxtyping import Num
from matplotlib.axes import Axes

from hashviz.plots.marks import legend_above, nothing
from hashviz.plots.palette import muted, new_axes, qualitative

__all__ = ["guess_and_truth"]


def guess_and_truth(
    x: Num[np.ndarray, " points"],
    guess: Num[np.ndarray, " points"],
    truth: Num[np.ndarray, " points"] | None = None,
    *,
    limits: tuple[float, float] = (0.0, 1.0),
    xlabel: str = "",
    ylabel: str = "",
    ax: Axes | None = None,
    **line: Any,
) -> Axes:
    """Draw what was expected at each x; with `truth`, what is true, and how far apart both are.

    Values of x stand at equal distances, as they are listed. `line` goes to the `Axes.plot` of the
    guess.
    """
    ax = new_axes(height=3.6) if ax is None else ax
    if not len(x):
        return nothing(ax, "No curve to guess: there is no point.")
    place = np.arange(len(x))
    style: dict[str, Any] = {"color": qualitative()[1], "linestyle": "--", "marker": "s"}
    if truth is not None:
        ax.vlines(place, guess, truth, color=muted(), linewidth=1.0, zorder=1)
        ax.plot(place, truth, color=qualitative()[0], marker="o", label="truth", zorder=3)
    ax.plot(place, guess, **{**style, "markersize": 6, "label": "guess", **line})
    ax.set_xticks(place, [f"{value:g}" for value in x])
    pad = 0.03 * (limits[1] - limits[0])
    ax.set(xlim=(-0.5, len(x) - 0.5), ylim=(limits[0] - pad, limits[1] + pad))
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.grid(True)
    legend_above(ax)
    return ax
