"""A ranked list as a strip of hits and misses, with the numbers that belong to each rank."""

from typing import Any

import numpy as np
from jaxtyping import Bool, Num
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from hashviz.plots.marks import legend_above, note_right, nothing
from hashviz.plots.palette import faint, ink, muted, new_axes, paper, qualitative, right_wrong

__all__ = ["divisors", "label_strip"]


def label_strip(
    relevant: Bool[np.ndarray, " ranks"],
    precision: Num[np.ndarray, " ranks"],
    recall: Num[np.ndarray, " ranks"],
    *,
    k: int | None = None,
    ax: Axes | None = None,
    **line: Any,
) -> Axes:
    """Draw precision and recall at every rank of one list, above the strip of its hits and misses.

    A hit has a tick, a miss a cross. Average precision is the mean of the precisions at the hits:
    the large dots. Behind rank `k` everything is pale, because AP@k does not look there. `line`
    goes to the `Axes.plot` of the precision.
    """
    ax = new_axes(height=3.4) if ax is None else ax
    ranks = len(relevant)
    if not ranks:
        return nothing(ax, "No strip to draw: the list is empty.")
    k = ranks if k is None else min(k, ranks)
    place = np.arange(1, ranks + 1)
    right, wrong = right_wrong()
    color = qualitative()[0]
    ax.plot(place, recall, color=muted(), linestyle=(0, (4, 3)), linewidth=1.4, label="recall")
    ax.plot(place, precision, **{"color": color, "linewidth": 1.4, "label": "precision", **line})
    hits = np.flatnonzero(relevant[:k])
    ax.plot(place[hits], np.asarray(precision)[hits], "o", color=color, markersize=8,
            label="precision at a hit")  # fmt: skip
    for rank, hit in zip(place.tolist(), relevant, strict=True):
        tone = right if hit else wrong
        ax.add_patch(Rectangle((rank - 0.44, -0.3), 0.88, 0.24, edgecolor=tone, linewidth=1.6,
                               linestyle="-" if hit else (0, (3, 2)), facecolor=faint()
                               if hit else "none", clip_on=False))  # fmt: skip
        ax.text(rank, -0.18, "✓" if hit else "✗", ha="center", va="center", color=tone,
                weight="bold")  # fmt: skip
    if k < ranks:
        ax.axvspan(k + 0.5, ranks + 0.5, color=paper(), alpha=0.7, linewidth=0, zorder=5)
        ax.axvline(k + 0.5, color=ink(), linewidth=1.0, zorder=6)
    ax.set(xlim=(0.5, ranks + 0.5), ylim=(-0.34, 1.06), xlabel="Rank")
    step = max(1, -(-ranks // 20))
    ax.set_xticks(place[::step], [str(rank) for rank in place[::step]])
    ax.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
    ax.tick_params(axis="x", length=0)
    ax.spines["bottom"].set_visible(False)
    legend_above(ax)
    return ax


def divisors(
    names: list[str],
    values: Num[np.ndarray, " names"],
    fractions: list[str],
    *,
    ax: Axes | None = None,
    **bars: Any,
) -> Axes:
    """Draw one sum divided in several ways: a bar for each, with its fraction written beside it.

    nan where a way gives no value. `bars` goes to `Axes.barh`.
    """
    ax = new_axes(height=0.9 + 0.4 * len(names)) if ax is None else ax
    if not names:
        return nothing(ax, "No values to draw: there is no divisor.")
    rows = np.arange(len(names))
    values = np.asarray(values, float)
    style: dict[str, Any] = {"color": qualitative()[0], "alpha": 0.55, "height": 0.66, **bars}
    ax.barh(rows, np.nan_to_num(values), **style)
    for row, (value, text) in enumerate(zip(values, fractions, strict=True)):
        ax.text(0.02, row, text, va="center", size="small", color=ink())
        shown = "none" if np.isnan(value) else f"{value:.3f}"
        note_right(ax, row, shown, size="medium")
    ax.set_yticks(rows, names)
    ax.set(xlim=(0, 1), ylim=(len(names) - 0.5, -0.5))
    ax.set_xticks([])
    ax.tick_params(axis="y", length=0)
    ax.spines["bottom"].set_visible(False)
    return ax
