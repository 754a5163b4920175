"""Curves of retrieval quality: precision against recall, precision among the first results."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Num
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MultipleLocator, NullLocator

from hashviz.plots.marks import (
    end_labels,
    halo,
    horizontal_reference,
    legend_above,
    nothing,
    page,
    size_in_points,
)
from hashviz.plots.palette import ink, muted, new_axes, qualitative, themed


def precision_recall(
    precision: Num[np.ndarray, " points"],
    recall: Num[np.ndarray, " points"],
    *,
    band: tuple[Num[np.ndarray, " points"], Num[np.ndarray, " points"]] | None = None,
    chance: float | int | None = None,
    radii: Sequence[int] = (),
    ax: Axes | None = None,
    **line: Any,
) -> Axes:
    """Precision against recall, as the metrics return them; points that are nan are left out.

    `band` is the precision when equal distances are ordered against us and for us; `chance` the
    share of relevant images; `radii` names the points (positions in the arrays) to label when
    the curve goes by radius. `line` goes to the `Axes.plot` of the curve.
    """
    ax = new_axes(height=4.0) if ax is None else ax
    known = np.isfinite(precision) & np.isfinite(recall)
    if not known.any():
        return nothing(ax, "No curve to draw: no query has a relevant image, or no ball holds one.")
    style = {"color": qualitative()[0], "marker": "o" if known.sum() < 140 else "", "markersize": 4}
    style = {**style, **line}
    style["color"] = themed(style["color"])
    if band is not None:
        low, high = (np.asarray(b, float)[known] for b in band)
        ax.fill_between(recall[known], low, high, color=style["color"], alpha=0.2, linewidth=0)
    ax.plot(recall[known], precision[known], **style)
    _frame(ax)
    ax.set(xlim=(-0.02, 1.02), xlabel="Recall", ylabel="Precision")
    ax.xaxis.set_major_locator(MultipleLocator(0.2))
    taken: list[tuple[np.ndarray, np.ndarray]] = []
    scale = 72 / page(ax).dpi
    for radius in radii:
        if radius >= len(precision) or not known[radius]:
            continue
        x, y = float(recall[radius]), float(precision[radius])
        # Nothing is drawn below and left of a falling curve. At the left edge there is no room
        # for that: go right, above the curve where it falls, below where it rises.
        after = precision[radius + 1] if radius + 1 < len(precision) else y
        size = np.array([7 * len(f"r = {radius}") + 8, 14])
        edge = x * 0.8 * size_in_points(ax)[0] < size[0] + 6  # the frame may still shrink
        across, offset = ("left", (5, -4)) if edge else ("right", (-6, -5))
        along = "top"
        if edge and not after > y:
            along, offset = "bottom", (5, 4)
        elif y < 0.08:
            along, offset = "bottom", (-3, 5)
        left, low = ax.transData.transform((x, y)) * scale + offset
        left -= size[0] if across == "right" else 0
        low -= size[1] if along == "top" else 0
        corner = np.array([left, low])
        if any((np.abs(corner + size / 2 - c - z / 2) < (size + z) / 2).all() for c, z in taken):
            continue
        taken.append((corner, size))
        ax.annotate(
            f"r = {radius}",
            (x, y),
            xytext=offset,
            textcoords="offset points",
            ha=across,
            va=along,
            size="small",
            color=ink(),
            path_effects=halo(),
        )
    if chance is not None:
        horizontal_reference(ax, chance)
        end_labels(ax, [(chance, f"chance {chance:.3f}", muted())])
    if "label" in line:
        legend_above(ax)
    return ax


Curve = tuple[Num[np.ndarray, " ranks"], Num[np.ndarray, " ranks"]]
"""Precision and recall at the same ranks."""


def precision_recall_by_rank(
    ranks: Num[np.ndarray, " ranks"],
    precision: Num[np.ndarray, " ranks"],
    recall: Num[np.ndarray, " ranks"],
    *,
    worst: Curve | None = None,
    best: Curve | None = None,
    chance: float | int | None = None,
    named: Sequence[int] = (1, 10, 100, 1000, 10_000),
    ax: Axes | None = None,
    **line: Any,
) -> Axes:
    """Precision against recall of the first N results, N growing along the curve.

    `worst` and `best` are (precision, recall) when equal distances are ordered against us and for
    us; the area between them is what no ranking by these codes decides. The points whose N is in
    `named` are labelled. `chance` is the share of relevant images. `line` goes to the `Axes.plot`
    of the curve.
    """
    ax = new_axes(height=4.0) if ax is None else ax
    ranks = np.asarray(ranks)
    known = np.isfinite(precision) & np.isfinite(recall)
    if not known.any() or not np.any(np.asarray(recall)[known]):
        return nothing(ax, "No curve to draw: no query has a relevant image.")
    color = themed(line.pop("color", qualitative()[0]))
    if worst is not None and best is not None:
        rim = [np.r_[best[i], np.asarray(worst[i])[::-1]] for i in (1, 0)]
        ax.fill(*rim, color=color, alpha=0.2, linewidth=0)
        ax.annotate(
            "shaded: worst to best order of ties", (0, 1), xytext=(0, 4), va="bottom",
            xycoords="axes fraction", textcoords="offset points", size="small", color=muted(),
        )  # fmt: skip
    ax.plot(recall[known], precision[known], **{"color": color, **line})
    at = np.flatnonzero(known & np.isin(ranks, named))
    style = {"marker": "o", **line, "color": color, "linestyle": "none", "label": "_named"}
    ax.plot(recall[at], precision[at], **{**style, "markersize": 5})
    _frame(ax)
    ax.set(xlim=(-0.02, 1.02), xlabel="Recall", ylabel="Precision")
    ax.xaxis.set_major_locator(MultipleLocator(0.2))
    _name_ranks(ax, [(f"N = {ranks[i]:,}", float(recall[i]), float(precision[i])) for i in at])
    if chance is not None:
        horizontal_reference(ax, chance)
        end_labels(ax, [(chance, f"chance {chance:.3f}", muted())])
    if "label" in line:
        legend_above(ax, lift=22 if worst is not None else 6)
    return ax


def _name_ranks(ax: Axes, points: list[tuple[str, float, float]]) -> None:
    """Names above and right of the points, where a falling curve leaves room, if there is any."""
    scale = 72 / page(ax).dpi
    places = [ax.transData.transform((x, y)) * scale for _, x, y in points]
    taken = [(float(x) - 2, float(y) - 2, float(x) + 2, float(y) + 2) for x, y in places]
    above, below = ("left", "bottom", 4, 3), ("right", "top", -5, -3)
    for text, x, y in points:
        low_left = ("left", "top", 2, -5) if x < 0.2 else below
        for across, along, right, up in (below, above) if x > 0.85 else (above, low_left):
            if (along == "bottom" and y > 0.92) or (along == "top" and y < 0.1):
                continue
            left, low = ax.transData.transform((x, y)) * scale + (right, up)
            wide = 7.4 * len(text)
            left -= wide if across == "right" else 0
            low -= 14 if along == "top" else 0
            box = (left, low, left + wide, low + 14)
            if any(
                min(box[2], t[2]) > max(box[0], t[0]) and min(box[3], t[3]) > max(box[1], t[1])
                for t in taken
            ):
                continue
            taken.append(box)
            ax.annotate(text, (x, y), xytext=(right, up), textcoords="offset points", ha=across,
                        va=along, size="small", color=ink(), path_effects=halo())  # fmt: skip
            break


def precision_at_n(
    ranks: Num[np.ndarray, " ranks"],
    precision: Num[np.ndarray, " ranks"],
    *,
    band: tuple[Num[np.ndarray, " ranks"], Num[np.ndarray, " ranks"]] | None = None,
    chance: float | int | None = None,
    ax: Axes | None = None,
    **line: Any,
) -> Axes:
    """Share of relevant images among the first N results, N on a logarithmic scale.

    `band` is the value when equal distances are ordered against us and for us; `chance` the
    share of relevant images. `line` goes to the `Axes.plot` of the curve.
    """
    ax = new_axes(height=3.6) if ax is None else ax
    if not len(ranks) or not np.isfinite(precision).any():
        return nothing(ax, "No curve to draw: there is no rank or no query with a relevant image.")
    style = {"color": qualitative()[0], "marker": "o" if len(ranks) < 40 else "", "markersize": 4}
    style = {**style, **line}
    style["color"] = themed(style["color"])
    if band is not None:
        ax.fill_between(ranks, *band, color=style["color"], alpha=0.2, linewidth=0)
        labels = "shaded: worst to best order of ties"
        ax.annotate(
            labels, (0, 1), xytext=(0, 4), xycoords="axes fraction", textcoords="offset points",
            size="small", color=muted(), va="bottom",
        )  # fmt: skip
    ax.plot(ranks, precision, **style)
    _frame(ax)
    ax.set(xlabel="N, the first results", ylabel="Precision at N")
    if len(ranks) > 1:
        ax.set_xscale("log")
        ax.set_xlim(float(ranks[0]) / 1.06, float(ranks[-1]) * 1.06)
        ax.xaxis.set_minor_locator(NullLocator())
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    else:
        ax.set_xticks(ranks)
    if chance is not None:
        horizontal_reference(ax, chance)
        end_labels(ax, [(chance, f"chance {chance:.3f}", muted())])
    if "label" in line:
        legend_above(ax)
    return ax


def _frame(ax: Axes) -> None:
    """Scores lie in [0, 1], and every curve is drawn on that whole scale."""
    ax.set_ylim(0, 1.03)
    ax.yaxis.set_major_locator(MultipleLocator(0.2))
    ax.grid(axis="y")
