"""Where the distances lie: pairs that belong together against pairs that do not."""

import math
from typing import Any

import numpy as np
from jaxtyping import Num
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from hashviz.plots.marks import distance_axis, legend_above, nothing, percent, vertical_reference
from hashviz.plots.palette import ink, muted, new_axes, qualitative

__all__ = ["distance_histogram"]


def distance_histogram(
    within: Num[np.ndarray, " distances"],
    between: Num[np.ndarray, " distances"],
    *,
    names: tuple[str, str] = ("share a label", "share none"),
    ax: Axes | None = None,
    **reference: Any,
) -> Axes:
    r"""Draw the share of pairs at each Hamming distance 0..bits, of similar pairs and of others.

    Both arrive as counts per distance and are drawn as shares of their own total. The hatched
    part lies under both: no radius separates it. The thin curve is what random codes give,
    $\binom{K}{d} 2^{-K}$ around $K/2$. `reference` goes to the `Axes.plot` of that curve.
    """
    ax = new_axes(height=3.6) if ax is None else ax
    bits = len(within) - 1
    totals = [float(np.sum(within)), float(np.sum(between))]
    if bits < 1 or not any(totals):
        return nothing(ax, "No distances to draw: there are no pairs.")
    place = np.arange(bits + 1)
    shares = [
        np.asarray(counts, float) / total if total else np.zeros(bits + 1)
        for counts, total in zip((within, between), totals, strict=True)
    ]
    colors = (qualitative()[0], qualitative()[1])
    handles = []
    edges = np.arange(bits + 2) - 0.5
    for share, color, name, total in zip(shares, colors, names, totals, strict=True):
        label = name if total else f"{name} (no such pair)"
        # Only where there are pairs, so that no line runs along the bottom.
        low, high = (np.flatnonzero(share)[[0, -1]] + [0, 1]) if total else (0, 0)
        if total:
            part, rim = share[low:high], edges[low : high + 1]
            ax.stairs(part, rim, fill=True, color=color, alpha=0.35, linewidth=0)
            ax.stairs(part, rim, color=color, linewidth=1.6, label=label)
        handles.append(Patch(facecolor=(color, 0.35), edgecolor=color, label=label))
    both = np.minimum(*shares)
    if both.any():
        hatched: dict[str, Any] = {"facecolor": "none", "edgecolor": ink(), "hatch": "////"}
        ax.stairs(both, edges, fill=True, linewidth=0, label="under both", **hatched)
        handles.append(Patch(**hatched, linewidth=0.3, label=f"under both ({both.sum():.0%})"))
    random = np.array([math.comb(bits, d) / 2**bits for d in range(bits + 1)])
    style = {"linewidth": 1.3, "linestyle": (0, (1, 1.2)), "label": "random codes"}
    handles += ax.plot(place, random, **{"color": muted(), **style, **reference})
    top = max(float(s.max()) for s in shares)
    ax.set(xlim=(-0.5 - 0.01 * bits, bits + 0.5), ylim=(0, max(1.06 * top, 1.1 * random.max())))
    ax.set_ylabel("Share of the pairs")
    ax.yaxis.set_major_formatter(percent)
    ax.yaxis.set_major_locator(MaxNLocator(5))
    distance_axis(ax, bits, "Hamming distance (bits)")
    vertical_reference(ax, bits / 2, f"bits/2 = {bits / 2:g}")
    legend_above(ax, handles, columns=2, lift=22)
    return ax
