"""What the order of equal distances does to a score: the band of all orders, and some of them."""

from typing import Any

import numpy as np
from jaxtyping import Num
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, NullLocator

from hashviz.plots.marks import (
    end_labels,
    horizontal_reference,
    legend_above,
    nothing,
    vertical_reference,
)
from hashviz.plots.palette import ink, muted, new_axes, qualitative

__all__ = ["tie_band", "tie_orders"]


def tie_band(
    lengths: Num[np.ndarray, " lengths"],
    worst: Num[np.ndarray, " lengths"],
    expected: Num[np.ndarray, " lengths"],
    best: Num[np.ndarray, " lengths"],
    *,
    chosen: int | None = None,
    score: float | None = None,
    chance: float | int | None = None,
    ylabel: str = "mAP",
    ax: Axes | None = None,
    **line: Any,
) -> Axes:
    """Draw a score against the length of the codes, from the worst order of ties to the best.

    The line is the mean over all orders. `chosen` marks one length, `score` what one order gives
    there. `line` goes to the `Axes.plot` of the mean.
    """
    ax = new_axes(height=3.6) if ax is None else ax
    lengths = np.asarray(lengths)
    if not len(lengths):
        return nothing(ax, "No band to draw: there is no code length.")
    color = qualitative()[0]
    ax.fill_between(lengths, worst, best, color=color, alpha=0.2, linewidth=0,
                    label="worst to best order")  # fmt: skip
    style: dict[str, Any] = {"color": color, "marker": "o", "markersize": 4}
    ax.plot(lengths, expected, **{**style, "label": "mean of all orders", **line})
    if len(lengths) == 1:
        ax.vlines(lengths, worst, best, color=color, linewidth=2, alpha=0.5)
    if chosen is not None:
        vertical_reference(ax, chosen)
    if chosen is not None and score is not None:
        ax.plot(chosen, score, "D", color=qualitative()[3], markersize=7, zorder=4,
                label="this order")  # fmt: skip
    if len(lengths) > 1:
        ax.set_xscale("log", base=2)
    ax.set_xticks(lengths, [f"{length:g}" for length in lengths])
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set(ylim=(0, 1.03), xlabel="Length of the code (bits)", ylabel=ylabel)
    ax.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "0.25", "0.5", "0.75", "1"])
    if chance is not None:
        horizontal_reference(ax, chance)
        end_labels(ax, [(chance, "chance", muted())])
    legend_above(ax, columns=2)
    return ax


def tie_orders(
    orders: Num[np.ndarray, " orders"],
    scores: Num[np.ndarray, " orders"],
    *,
    worst: float,
    expected: float,
    best: float,
    ylabel: str = "mAP",
    ax: Axes | None = None,
    **points: Any,
) -> Axes:
    """Draw what several orders of equal distances score, one after the other, between their bounds.

    The last order is marked. `points` goes to the `Axes.plot` of the orders.
    """
    ax = new_axes(height=3.6) if ax is None else ax
    if not len(orders):
        return nothing(ax, "No orders to draw: nothing has been shuffled.")
    color = qualitative()[0]
    ax.axhspan(worst, best, color=color, alpha=0.2, linewidth=0)
    ax.axhline(expected, color=color, linewidth=2)
    style: dict[str, Any] = {"color": ink(), "marker": "o", "markersize": 4, "linestyle": "none"}
    ax.plot(orders, scores, **{**style, **points})
    ax.plot(orders[-1], scores[-1], "D", color=qualitative()[3], markersize=7, zorder=4)
    pad = 0.12 * (best - worst) or 0.02
    ax.set(ylim=(worst - pad, best + pad), xlabel="Order of equal distances", ylabel=ylabel)
    ax.set_xlim(float(orders[0]) - 0.8, float(max(orders[-1], orders[0] + 9)) + 0.8)
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    ax.yaxis.set_major_locator(MaxNLocator(5))
    same = best - worst < 1e-9
    labels = [(best, f"best {best:.3f}", muted()), (expected, f"mean {expected:.3f}", color),
              (worst, f"worst {worst:.3f}", muted())]  # fmt: skip
    end_labels(ax, labels[1:2] if same else labels)
    return ax
