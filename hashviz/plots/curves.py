"""Curves of retrieval quality: precision against recall, precision among the first results."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Num
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MultipleLocator, NullLocator

from hashviz.plots.marks import (
    halo,
    legend_above,
    level_line,
    note,
    note_above,
    nothing,
    page,
    score_axis,
    size_in_points,
)
from hashviz.plots.palette import ink, new_axes, paper, qualitative, themed

__all__ = ["Curve", "precision_at_n", "precision_recall", "precision_recall_by_rank"]


def precision_recall(
    precision: Num[np.ndarray, " points"],
    recall: Num[np.ndarray, " points"],
    *,
    empty: Num[np.ndarray, " points"] | None = None,
    chance: float | int | None = None,
    radii: Sequence[int] = (),
    ax: Axes | None = None,
    **line: Any,
) -> Axes:
    """Draw precision against recall, as the metrics return them; points that are nan are left out.

    When the curve goes by radius, an empty ball has no precision: `empty` is the share of the
    queries that are missing from each mean for that reason, and a point without a tenth of them or
    more is hollow. `radii` names the points (positions in the arrays) to label, `chance` is the
    share of relevant images. `line` goes to the `Axes.plot` of the curve.
    """
    ax = new_axes(height=4.0) if ax is None else ax
    known = np.isfinite(precision) & np.isfinite(recall)
    if not known.any():
        return nothing(ax, "No curve to draw: no query has a relevant image, or no ball holds one.")
    style = {"color": qualitative()[0], "marker": "o" if known.sum() < 140 else "", "markersize": 4}
    style = {**style, **line}
    style["color"] = themed(style["color"])
    ax.plot(recall[known], precision[known], **style)
    missing = np.zeros(len(recall)) if empty is None else np.asarray(empty, float)
    few = known & (missing >= HOLLOW)
    if few.any():
        hollow = {**style, "linestyle": "none", "markerfacecolor": paper(), "label": "_hollow"}
        ax.plot(recall[few], precision[few], **{**hollow, "markersize": 5})
        above(ax, f"hollow: {HOLLOW:.0%} or more find nothing, left out")
    _recall_axes(ax)
    points = [
        (f"r = {r}" + (f", {missing[r]:.0%} empty" if few[r] else ""), recall[r], precision[r])
        for r in radii
        if r < len(precision) and known[r]
    ]
    _name_points(ax, points, np.column_stack([recall, precision])[known], chance)
    level_line(ax, chance)
    if "label" in line:
        legend_above(ax, lift=22 if few.any() else 6)
    return ax


HOLLOW = 0.1
"""The share of empty balls from which on a point of a curve by radius is hollow."""

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
    """Draw precision against recall of the first N results, N growing along the curve.

    `worst` and `best` are (precision, recall) when equal distances are ordered against us and for
    us; the area between them is what no ranking by these codes decides. The points whose N is in
    `named` have a mark, and its number unless the curve has a `label`, as one of several has.
    `chance` is the share of relevant images. `line` goes to the `Axes.plot` of the curve.
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
        above(ax, TIES)
    recall, precision, ranks = recall[known], precision[known], ranks[known]
    at = np.flatnonzero(np.isin(ranks, named)).tolist()
    style = {"color": color, "marker": "o", "markersize": 5, "markevery": at}
    ax.plot(recall, precision, **{**style, **line})
    _recall_axes(ax)
    if "label" not in line:
        points = [(f"N = {ranks[i]:,}", recall[i], precision[i]) for i in at]
        _name_points(ax, points, np.column_stack([recall, precision]), chance)
    level_line(ax, chance)
    if "label" in line:
        legend_above(ax, lift=22 if worst is not None else 6)
    return ax


TIES = "shaded: worst to best order of ties"


def above(ax: Axes, text: str) -> None:
    """Write a remark above the frame, once for all curves that ask for it."""
    if text not in (other.get_text() for other in ax.texts):
        note_above(ax, text, 4)


def _name_points(
    ax: Axes,
    points: Sequence[tuple[str, float, float]],
    curve: Num[np.ndarray, "points 2"],
    chance: float | int | None,
) -> None:
    """Write names beside points of a curve where they cover no line and no other name."""
    scale = 72 / page(ax).dpi
    width, height = size_in_points(ax)
    origin = np.array([ax.bbox.x0, ax.bbox.y0]) * scale
    path = ax.transData.transform(curve) * scale - origin
    way = np.r_[0, np.cumsum(np.abs(np.diff(path, axis=0)).max(1))]
    steps = np.linspace(0, way[-1], int(way[-1] / 2) + 2)
    path = np.column_stack([np.interp(steps, way, side) for side in path.T])
    level = -np.inf
    if chance is not None:
        level = ax.transData.transform((0, chance))[1] * scale - origin[1]
    taken: list[np.ndarray] = []
    for text, x, y in points:
        size = np.array([6.2 * len(text) + 4, 13])
        at = ax.transData.transform((x, y)) * scale - origin
        for right, up in ((1, 1), (-1, -1), (1, -1), (-1, 1)):
            shift = np.array([5 * right, 4 * up])
            low = at + shift - np.where(np.array([right, up]) < 0, size, 0)
            box = np.r_[low, low + size]
            inside = (box[:2] > 0).all() and box[2] < width and box[3] < height
            struck = ((path > box[:2] - 1) & (path < box[2:] + 1)).all(1).any()
            struck = struck or box[1] < level < box[3]
            over = any((box[:2] < t[2:]).all() and (t[:2] < box[2:]).all() for t in taken)
            if not inside or struck or over:
                continue
            taken.append(box)
            place = {"ha": "left" if right > 0 else "right", "va": "bottom" if up > 0 else "top"}
            note(ax, text, (x, y), shift.tolist(), color=ink(), path_effects=halo(), **place)
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
    """Draw the share of relevant images among the first N results, N on a logarithmic scale.

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
        above(ax, TIES)
    ax.plot(ranks, precision, **style)
    score_axis(ax, "Precision at N")
    ax.set_xlabel("N, the first results")
    if len(ranks) > 1:
        ax.set_xscale("log")
        ax.set_xlim(float(ranks[0]) / 1.06, float(ranks[-1]) * 1.06)
        ax.xaxis.set_minor_locator(NullLocator())
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    else:
        ax.set_xticks(ranks)
    level_line(ax, chance)
    if "label" in line:
        legend_above(ax, lift=22 if band is not None else 6)
    return ax


def _recall_axes(ax: Axes) -> None:
    """Draw precision against recall, both on the whole scale."""
    score_axis(ax, "Precision")
    ax.set(xlim=(-0.02, 1.02), xlabel="Recall")
    ax.xaxis.set_major_locator(MultipleLocator(0.2))
