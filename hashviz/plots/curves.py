"""Curves of quality: against recall and rank, against the number of bits, against time."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Num
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, MultipleLocator

from hashviz.plots.frames import page, score_axis
from hashviz.plots.looks import Style, themed, told_apart
from hashviz.plots.marks import few_marks, legend_above, patch, stroke
from hashviz.plots.notes import CHANCE, mark_y, name_points, note_above, nothing, plain
from hashviz.plots.palette import class_color, muted, new_axes, paper, scaled

__all__ = ["Curve", "learning_curves", "map_by_bits", "precision_at_n", "precision_recall"]
__all__ += ["precision_recall_by_rank", "time_to_quality"]

HOLLOW = 0.1
"""The share of empty balls from which on a point of a curve by radius is hollow."""

TIES = "shaded: worst to best order of ties"

AROUND = ((7, -4), (-7, 4), (7, 4), (-7, -4), (0, -9))
FAR_AND_NEAR = [(near * x, near * y) for near in (1, 2.6, 4.6, 7, 10) for x, y in AROUND]
"""Where the name of a point in a crowd may stand, in points from it."""

Curve = tuple[Num[np.ndarray, " ranks"], Num[np.ndarray, " ranks"]]
"""Precision and recall at the same ranks."""

Band = tuple[Num[np.ndarray, " n"], Num[np.ndarray, " n"]]
"""What the unluckiest and the luckiest order of equal distances give."""


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
    ax = ax or new_axes(height=4.0)
    known = np.isfinite(precision) & np.isfinite(recall)
    if not known.any():
        return nothing(ax, "No curve to draw: no query has a relevant image, or no ball holds one.")
    style = _style(line, "o" if known.sum() < 140 else "")
    ax.plot(recall[known], precision[known], **style)
    missing = np.zeros(len(recall)) if empty is None else np.asarray(empty, float)
    few = known & (missing >= HOLLOW)
    if few.any():
        hollow = {**style, "linestyle": "none", "markerfacecolor": paper(), "label": "_hollow"}
        ax.plot(recall[few], precision[few], **{**hollow, "markersize": 5})
        note_above(ax, f"hollow: {HOLLOW:.0%} or more find nothing, left out", 4)
    shown = [r for r in radii if r < len(precision) and known[r]]
    names = [f"r = {r}" + (f", {missing[r]:.0%} empty" if few[r] else "") for r in shown]
    return _finish_recall(ax, names, recall[shown], precision[shown], chance, line)


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
    ax = ax or new_axes(height=4.0)
    known = np.isfinite(precision) & np.isfinite(recall)
    recall, precision, ranks = recall[known], precision[known], np.asarray(ranks)[known]
    if not recall.any():
        return nothing(ax, "No curve to draw: no query has a relevant image.")
    at = np.flatnonzero(np.isin(ranks, named)).tolist()
    style = _style({"markersize": 5, "markevery": at, **line})
    if worst is not None and best is not None:
        rim = [np.r_[best[i], np.asarray(worst[i])[::-1]] for i in (1, 0)]
        ax.fill(*rim, color=style["color"], alpha=0.2, linewidth=0)
        note_above(ax, TIES, 4)
    ax.plot(recall, precision, **style)
    names = [] if "label" in line else [f"N = {ranks[i]:,}" for i in at]
    return _finish_recall(ax, names, recall[at], precision[at], chance, line)


def precision_at_n(
    ranks: Num[np.ndarray, " ranks"],
    precision: Num[np.ndarray, " ranks"],
    *,
    band: Band | None = None,
    chance: float | int | None = None,
    ax: Axes | None = None,
    **line: Any,
) -> Axes:
    """Draw the share of relevant images among the first N results, N on a logarithmic scale.

    `band` is the value when equal distances are ordered against us and for us; `chance` the
    share of relevant images. `line` goes to the `Axes.plot` of the curve.
    """
    ax = ax or new_axes(height=3.6)
    if not np.isfinite(precision).any():
        return nothing(ax, "No curve to draw: there is no rank or no query with a relevant image.")
    style = _style(line, "o" if len(ranks) < 40 else "")
    if band is not None:
        ax.fill_between(ranks, *band, color=style["color"], alpha=0.2, linewidth=0)
        note_above(ax, TIES, 4)
    ax.plot(ranks, precision, **style)
    score_axis(ax, "Precision at N")
    ax.set_xlabel("N, the first results")
    if len(ranks) > 1:
        ax.set(xscale="log", xlim=(float(ranks[0]) / 1.06, float(ranks[-1]) * 1.06))
        ax.xaxis.set_ticks([], minor=True)
        ax.xaxis.set_major_formatter("{x:,.0f}")
    else:
        ax.set_xticks(ranks)
    return _finish(ax, chance, line)


def _style(line: Mapping[str, Any], marker: str = "o") -> dict[str, Any]:
    """Return the style of one curve of retrieval, in the colors of the theme."""
    style = {"color": class_color(0), "marker": marker, "markersize": 4, **line}
    return {**style, "color": themed(style["color"])}


def _finish_recall(
    ax: Axes, names: Sequence[str], recall: Any, precision: Any, chance: Any, line: Any
) -> Axes:
    """Draw the axes of precision against recall, both on the whole scale, and name some points."""
    score_axis(ax, "Precision")
    ax.set(xlim=(-0.02, 1.02), xlabel="Recall")
    ax.xaxis.set_major_locator(MultipleLocator(0.2))
    name_points(ax, zip(names, recall, precision, strict=False), level=chance)
    return _finish(ax, chance, line)


def _finish(ax: Axes, chance: Any, line: Mapping[str, Any]) -> Axes:
    """Draw the level of chance, and the legend of several curves above the remarks."""
    remarks = any(text.get_text().startswith(("hollow", "shaded")) for text in ax.texts)
    mark_y(ax, chance, CHANCE)
    if "label" in line:
        legend_above(ax, lift=22 if remarks else 6)
    return ax


def map_by_bits(
    bits: Num[np.ndarray, " lengths"],
    means: Mapping[str, Num[np.ndarray, " lengths"]],
    *,
    half_widths: Mapping[str, Num[np.ndarray, " lengths"]] | None = None,
    bands: Mapping[str, Band] | None = None,
    styles: Mapping[str, Style] | None = None,
    chance: float | int | None = None,
    ax: Axes | None = None,
    **line: Any,
) -> Axes:
    """Draw the mean average precision against the number of bits, one line per method.

    `half_widths` are those of the intervals over seeds (nan where one seed gives none). `bands` is
    what the unluckiest and the luckiest order of equal distances would give: widest for short
    codes. `styles` is `{name: style_of(look)}`. `line` goes to the `Axes.plot` of each method.
    """
    ax = ax or new_axes(height=4.0)
    known = {name: np.asarray(m, float) for name, m in means.items() if np.isfinite(m).any()}
    if not len(bits) or not known:
        return nothing(ax, "No curve to draw: there is no score.")
    x = np.arange(len(bits), dtype=float)
    handles, intervals = [], False
    looks = told_apart([(styles or {}).get(name, {}) for name in known])
    for look, (name, values) in zip(looks, known.items(), strict=True):
        style = {"label": plain(name), "markersize": scaled(5), **look, **line}
        halves = np.asarray((half_widths or {}).get(name, x + np.nan), float)
        some = np.isfinite(values) & np.isfinite(halves)
        # An interval may leave [0, 1]; a score cannot.
        low, high = (np.clip(values + sign * halves, 0, 1)[some] for sign in (-1, 1))
        ax.vlines(x[some], low, high, color=style["color"], linewidth=1.4, alpha=0.7)
        intervals = intervals or bool(some.any())
        if bands is not None and name in bands:
            look = {"color": style["color"], "alpha": 0.2, "linewidth": 0}
            ax.fill_between(x, *bands[name], **look, zorder=1)
        handles += ax.plot(x, values, **style)
    handles += [stroke("upright: 95 % over seeds")] * intervals
    if bands:
        handles.append(patch("worst to best order of ties", muted(), alpha=0.35))
    ax.set_xticks(x, [f"{b:g}" for b in bits])
    ax.set(xlim=(-0.35, len(bits) - 0.65), xlabel="Bits")
    score_axis(ax)
    mark_y(ax, chance, CHANCE)
    legend_above(ax, handles)
    return ax


def time_to_quality(
    seconds: Num[np.ndarray, " runs"],
    quality: Num[np.ndarray, " runs"],
    names: Sequence[str],
    *,
    styles: Sequence[Style] | None = None,
    chance: float | int | None = None,
    ax: Axes | None = None,
    **points: Any,
) -> Axes:
    """Draw seconds of training against the quality reached; the steps are the best for the time.

    A point on the steps has nobody who was both faster and better; it is named beside its mark, and
    all stand in the legend. `points` goes to the `Axes.plot` of the points.
    """
    ax = ax or new_axes(height=4.0)
    known = np.isfinite(seconds) & np.isfinite(quality)
    if not known.any():
        return nothing(ax, "No times to draw: no run has both a time and a score.")
    # A closed form may take less than the clock shows.
    time = np.maximum(np.asarray(seconds, float), 1e-3)
    front: list[int] = []
    for i in np.lexsort((-quality, time)).tolist():
        if known[i] and (not front or quality[i] > quality[front[-1]]):
            front.append(i)
    low, high = float(time[known].min()) / 2, float(time[known].max()) * 2
    handles: list[Any] = []
    looks = told_apart(styles or [{}] * len(time))
    for i in np.flatnonzero(known).tolist():
        style = {"markersize": scaled(8), **looks[i], "linestyle": "none", "zorder": 2}
        handles += ax.plot(time[i], quality[i], **{**style, "label": plain(names[i], 30), **points})
    _log_seconds(ax, low, high)
    score_axis(ax)
    legend_above(ax, [*handles, stroke("best for its time", linewidth=1.2)])
    page(ax).draw_without_rendering()  # names need the frame that the legend leaves
    best = [(plain(names[i]), time[i], quality[i]) for i in front]
    name_points(ax, best, ways=FAR_AND_NEAR, pad=4, level=chance)
    steps: dict[str, Any] = {"color": muted(), "linewidth": 1.2, "drawstyle": "steps-post"}
    ax.plot([*time[front], high], [*quality[front], quality[front[-1]]], zorder=1, **steps)
    mark_y(ax, chance, CHANCE)
    return ax


def learning_curves(
    seconds: Mapping[str, Num[np.ndarray, " epochs"]],
    quality: Mapping[str, Num[np.ndarray, " epochs"]],
    *,
    styles: Mapping[str, Style] | None = None,
    goal: float | int | None = None,
    chance: float | int | None = None,
    ax: Axes | None = None,
    **line: Any,
) -> Axes:
    """Draw quality against the seconds trained so far, one line per run: the way, not only the end.

    With a `goal`, a ring stands where a run reaches it first, and the legend says after how many
    seconds. Times of more than two orders of magnitude make the scale logarithmic. `line` goes to
    the `Axes.plot` of each run.

    Raises:
        ValueError: when a run has times without qualities or the other way round.
    """
    ax = ax or new_axes(height=4.0)
    if seconds.keys() != quality.keys():
        raise ValueError(f"A run has times and qualities, got {[*seconds]} and {[*quality]}.")
    runs: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for name, times in seconds.items():
        known = np.isfinite(times) & np.isfinite(quality[name])
        if known.any():
            runs[name] = np.maximum(times[known], 1e-3), quality[name][known]
    if not runs:
        return nothing(ax, "No curves to draw: no run has a score on its way.")
    every = np.concatenate([times for times, _ in runs.values()])
    low, high = float(every.min()), float(every.max())
    handles = []
    looks = told_apart([(styles or {}).get(name, {}) for name in runs])
    for place, (name, (times, values)) in enumerate(runs.items()):
        marks = {"markersize": scaled(4), "markevery": few_marks(len(times), place)}
        style = {**marks, **looks[place], "label": plain(name, 30), **line}
        if goal is not None:
            reached = np.flatnonzero(values >= goal)
            when = f"{times[reached[0]]:.3g} s" if len(reached) else "not reached"
            style["label"] = f"{style['label']}: {when}"
            ring = {"markersize": 11, "markerfacecolor": "none", "markeredgewidth": 1.8}
            for i in reached[:1]:
                ax.plot(times[i], values[i], "o", color=style["color"], zorder=4, **ring)
        handles += ax.plot(times, values, **style)
    if high / low > 100:
        _log_seconds(ax, low / 1.5, high * 1.5)
    else:
        pad = 0.03 * (high - low) or 0.1 * high
        ax.set(xlim=(max(0.0, low - pad) if low > 0.3 * high else 0, high + pad))
        ax.set_xlabel("Training (seconds)")
    score_axis(ax)
    mark_y(ax, goal, "goal {:g}")
    mark_y(ax, chance, CHANCE)
    legend_above(ax, handles)
    return ax


def _log_seconds(ax: Axes, low: float, high: float) -> None:
    """Draw seconds on a logarithmic scale, with as many ticks as read well."""
    ax.set(xscale="log", xlim=(low, high), xlabel="Training (seconds, log scale)")
    ax.xaxis.set_major_locator(LogLocator(subs=(1.0,) if high / low > 300 else (1.0, 3.0)))
    ax.xaxis.set_ticks([], minor=True)
    ax.xaxis.set_major_formatter("{x:,g}")
