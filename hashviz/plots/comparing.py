"""Methods and variants compared: over seeds in rows, part by part, and one against all others."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Num
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from hashviz.plots.curves import Band
from hashviz.plots.frames import label_rows, percent, score_axis, size_in_points
from hashviz.plots.looks import Style, themed
from hashviz.plots.marks import dot, legend_above, patch, seed_marks, stroke
from hashviz.plots.notes import CHANCE, mark_x, mark_y, note, note_below, note_right, nothing, plain
from hashviz.plots.palette import class_color, faint, ink, muted, new_axes

__all__ = ["ablation", "best_first", "changed_results", "ranking", "response_curve", "shapley"]
__all__ += ["spotlight"]


SATURATED = 0.95
"""A best score above this leaves no room to tell rows apart on a scale from 0 to 1."""


def ranking(
    names: Sequence[str],
    means: Num[np.ndarray, " rows"],
    *,
    half_widths: Num[np.ndarray, " rows"] | None = None,
    bands: Band | None = None,
    seeds: Sequence[Sequence[float]] | None = None,
    styles: Sequence[Style] | None = None,
    chance: float | int | None = None,
    error: bool = False,
    legend: Mapping[str, str] | None = None,
    xlabel: str = "Mean average precision",
    ax: Axes | None = None,
    **points: Any,
) -> Axes:
    """Draw the rows from best to worst: a point for the mean, a line for its interval.

    `bands` is what the unluckiest and the luckiest order of equal distances would give, drawn as
    a bar behind; `seeds` are the scores of every row, drawn as small dots. The scale starts at 0,
    so that distances on the page are true; with `error` it is 1 - score on a logarithmic scale, the
    best still at the right, for rows that are all near 1. `legend` says what colors of `styles`
    mean, `{text: color}`. `points` goes to the `Axes.plot` of the points.
    """
    ax = ax or new_axes(height=1.5 + 0.34 * max(len(names), 1))
    order = [i for i in np.argsort(-means, kind="stable").tolist() if np.isfinite(means[i])]
    if not order:
        return nothing(ax, "No ranking to draw: there is no score.")
    least = _least_error(means) if error else None
    _rows(ax, [str(names[i]) for i in order])
    for row, i in enumerate(order):
        style: dict[str, Any] = {"color": class_color(0), "marker": "o", "markersize": 7}
        style = {**style, **(styles[i] if styles is not None else {}), "linestyle": "none"}
        color = style["color"] = themed(style["color"])
        if bands is not None:
            left, right = sorted(float(_place(edge[i], least)) for edge in bands)
            bar = {"height": 0.5, "color": color, "alpha": 0.3, "linewidth": 0}
            ax.barh(row, right - left, left=left, zorder=1, **bar)
        if half_widths is not None:
            ends = [_place(means[i] + sign * half_widths[i], least) for sign in (-1, 1)]
            ax.hlines(row, *ends, color=color, linewidth=2, zorder=2)
        if seeds is not None:
            seed_marks(ax, row, _place(seeds[i], least), markersize=2.6, zorder=2.5)
        ax.plot(_place(means[i], least), row, **{**style, **points}, zorder=3)
        note_right(ax, row, f"{means[i]:.3f}")
    ax.set_xlabel(xlabel)
    if least is not None:
        _error_axis(ax, least, "x")
    else:
        ax.set_xlim(0, 1)
    handles: list[Any] = [dot(text, color=themed(c)) for text, c in (legend or {}).items()]
    if seeds is not None:
        handles.append(dot("one seed", size=3))
    if half_widths is not None and np.isfinite(half_widths).any():
        handles.append(stroke("95 % over seeds", linewidth=2))
    if bands is not None:
        handles.append(patch("worst to best order of ties", muted(), alpha=0.35))
    if chance is not None:
        mark_x(ax, float(_place(chance, least)), f"chance {chance:.3f}")
    legend_above(ax, handles, lift=22 if chance is not None else 6)
    return ax


def _rows(ax: Axes, names: Sequence[str], lines: bool = True) -> None:
    """Prepare a row for each name, the first above, with a faint line along it."""
    for row in range(len(names) if lines else 0):
        ax.axhline(row, color=faint(), linewidth=1.0, zorder=0)
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.spines["left"].set_visible(False)
    label_rows(ax, [plain(name, 30) for name in names], range(len(names)))


def _few_ticks(ax: Axes, names: Sequence[str]) -> None:
    """Set as many ticks as fit beside the names of the rows."""
    room = 1.2 * size_in_points(ax)[0] - 6.4 * max(len(plain(name, 30)) for name in names)
    ax.xaxis.set_major_locator(MaxNLocator(max(2, int(room / 52))))


def ablation(
    names: Sequence[str],
    scores: Num[np.ndarray, "variants seeds"],
    *,
    means: Num[np.ndarray, " variants"],
    half_widths: Num[np.ndarray, " variants"],
    switches: Bool[np.ndarray, "variants parts"] | None = None,
    parts: Sequence[str] = (),
    xlabel: str = "Difference of mAP",
    ax: Axes | None = None,
    **points: Any,
) -> Axes:
    """Draw a row per variant: a small mark per seed, the mean with its interval over seeds.

    Seed by seed differences are what to hand in: what the variants share through a seed cancels
    then. An interval that crosses 0 shows nothing; those that do not are drawn in full. `switches`
    says which `parts` each variant has, as a grid of filled and empty squares at the left in place
    of the names. `points` goes to the `Axes.plot` of the means.
    """
    ax = ax or new_axes(height=1.7 + 0.42 * max(len(names), 1))
    if not np.isfinite(scores).any():
        return nothing(ax, "No ablation to draw: there is no variant or no seed.")
    mark_x(ax, 0, "as it stands")
    _rows(ax, names)
    better, worse = class_color(0), class_color(3)
    for row, (mean, half) in enumerate(zip(means, half_widths, strict=True)):
        seed_marks(ax, row, scores[row], 0.5, alpha=0.8)
        sure = np.isfinite(half) and abs(mean) > half
        color = muted() if not sure else better if mean > 0 else worse
        ax.errorbar(mean, row, xerr=half, fmt="none", ecolor=color, elinewidth=2.4)
        face = {} if sure else {"markerfacecolor": "none", "markeredgewidth": 1.6}
        style = {"marker": "D", "linestyle": "none", "color": color, "markersize": 7, "zorder": 4}
        ax.plot(mean, row, **{**style, **face, **points})
    values = np.concatenate([np.ravel(scores), means + half_widths, means - half_widths, [0]])
    low, high = np.nanmin(values), np.nanmax(values)
    pad = 0.06 * (high - low) or 0.05
    ax.set(xlim=(low - pad, high + pad), xlabel=xlabel)
    _few_ticks(ax, names)
    if switches is not None and len(parts):
        _draw_switches(ax, switches, parts)
    unsure = dot("may be chance", "D", 6, markerfacecolor="none")
    legend_above(ax, [dot("one seed", size=3.5), dot("mean, 95 % interval", "D", 6), unsure],
                 lift=22)  # fmt: skip
    return ax


def _draw_switches(ax: Axes, switches: np.ndarray, parts: Sequence[str]) -> None:
    """Draw filled and empty squares left of the frame, the parts' names upright below them."""
    ax.set_yticks([])
    width, pitch = size_in_points(ax)[0], 15.0
    place: dict[str, Any] = {"transform": ax.get_yaxis_transform(), "clip_on": False}
    for column, (part, on) in enumerate(zip(parts, switches.T, strict=True)):
        x = pitch * (column - len(parts) - 0.2) / width
        for fill, rows in (("full", np.flatnonzero(on)), ("none", np.flatnonzero(~on))):
            look = {"color": ink(), "fillstyle": fill, "markersize": 7, "label": f"_{part}:{fill}"}
            ax.plot(np.full(len(rows), x), rows, "s", **look, **place)
        note_below(ax, part, x, "axes fraction")


def response_curve(
    values: Num[np.ndarray, " values"],
    scores: Num[np.ndarray, "values seeds"],
    *,
    means: Num[np.ndarray, " values"],
    half_widths: Num[np.ndarray, " values"],
    name: str = "Weight",
    default: float | int | None = None,
    chance: float | int | None = None,
    ax: Axes | None = None,
    **line: Any,
) -> Axes:
    """Draw a score against the value of one setting: the mean with its interval, a mark per seed.

    Values go to places at equal distances, as they are listed, because 0, 0.01, 0.1 and 1 have no
    common scale. The value a method uses by itself is marked. `line` goes to the `Axes.plot` of
    the mean.
    """
    ax = ax or new_axes(height=3.6)
    if not np.isfinite(scores).any():
        return nothing(ax, "No response to draw: there is no value or no score.")
    order = np.argsort(values, kind="stable")
    values, scores, means, halves = (x[order] for x in (values, scores, means, half_widths))
    place = np.arange(len(values))
    style = {"label": "mean", "color": class_color(0), "marker": "D", "markersize": 6, **line}
    if np.isfinite(halves).all():
        ax.fill_between(place, means - halves, means + halves, color=style["color"], alpha=0.2,
                        linewidth=0, label="95 % interval of the mean")  # fmt: skip
    ax.plot(place, means, **style)
    for seed in scores.T:
        ax.plot(place, seed, "o", color=muted(), markersize=3.2, zorder=3)
    ax.lines[-1].set_label("one seed")
    ax.set_xticks(place, [f"{v:g}" for v in values])
    xlabel = plain(name.replace("_", " ").capitalize(), 40)
    ax.set(xlim=(-0.5, len(values) - 0.5), xlabel=xlabel)
    score_axis(ax)
    ax.set_ylim(0, 1.03 * max(1, np.nanmax(scores), np.nanmax([*(means + halves), 0])))
    for at in np.flatnonzero(values == default).tolist()[:1]:
        mark_x(ax, at, "as it stands")
    mark_y(ax, chance, CHANCE)
    legend_above(ax, lift=22)
    return ax


def shapley(
    names: Sequence[str],
    values: Num[np.ndarray, "parts seeds"],
    *,
    means: Num[np.ndarray, " parts"],
    half_widths: Num[np.ndarray, " parts"],
    ax: Axes | None = None,
    **bars: Any,
) -> Axes:
    """Draw what each part adds to the score on average over all orders of switching the parts on.

    The values of one seed sum up to the difference between all parts and none. A mark per seed,
    the interval over seeds as a line. `bars` goes to `Axes.barh`.
    """
    ax = ax or new_axes(height=1.5 + 0.42 * max(len(names), 1))
    if not values.size:
        return nothing(ax, "No Shapley values to draw: there is no part or no seed.")
    for row, (mean, half) in enumerate(zip(means, half_widths, strict=True)):
        style: dict[str, Any] = {"color": class_color(row), "alpha": 0.55, "height": 0.62}
        ax.barh(row, mean, **{**style, **bars})
        seed_marks(ax, row, values[row], zorder=3)
        line = {"ecolor": ink(), "elinewidth": 1.6, "zorder": 4}
        ax.errorbar(mean, row, xerr=half, fmt="none", **line)
    ax.axvline(0, color=muted(), linewidth=0.9)
    ax.set_xlabel("Shapley value (mAP)")
    _rows(ax, names, lines=False)
    _few_ticks(ax, names)
    interval = stroke("95 % over seeds", color=ink(), linewidth=1.6)
    legend_above(ax, [dot("one seed", size=3.5), interval])
    return ax


def changed_results(
    names: Sequence[str],
    changed: Num[np.ndarray, "variants seeds"],
    *,
    k: int,
    ties: float | int | None = None,
    ax: Axes | None = None,
    **points: Any,
) -> Axes:
    """Draw how many of the first k results each variant replaces, on average over the queries.

    `changed` are the means of `metrics.changed_results` of each variant and seed: a small mark per
    seed, a large one for their mean. Left of `ties` lies what another order of equal distances
    changes in the whole method itself, which means nothing. Where all seeds have one split, a row
    for another seed of the whole method says what chance in training changes. `points` goes to the
    `Axes.plot` of the means.
    """
    ax = ax or new_axes(height=1.5 + 0.42 * max(len(names), 1))
    if not np.isfinite(changed).any():
        return nothing(ax, "No changes to draw: there is no variant or no seed.")
    _rows(ax, names)
    for row, values in enumerate(changed):
        seed_marks(ax, row, values)
        if np.isfinite(values).any():
            mean = float(np.nanmean(values))
            style: dict[str, Any] = {"marker": "D", "markersize": 7, "color": class_color(0)}
            ax.plot(mean, row, **{**style, **points}, zorder=3)
            note_right(ax, row, f"{100 * mean:.0f} %")
    ax.set(xlim=(0, 1), xlabel=f"Others among the first {k:,}")
    _few_ticks(ax, names)
    ax.xaxis.set_major_formatter(percent)
    handles: list[Any] = [dot("one seed", size=3.5), dot("mean", "D", 6, color=class_color(0))]
    if ties is not None:
        ax.axvspan(0, ties, color=faint(), linewidth=0, zorder=0)
        handles.append(patch(f"ties alone ({100 * ties:.0f} %)", faint()))
    legend_above(ax, handles)
    return ax


def spotlight(
    name: str,
    bits: Num[np.ndarray, " lengths"],
    means: Mapping[str, Num[np.ndarray, " lengths"]],
    *,
    half_widths: Num[np.ndarray, " lengths"] | None = None,
    printed: Num[np.ndarray, " lengths"] | None = None,
    title: str = "",
    style: Style | None = None,
    chance: float | int | None = None,
    error: bool = False,
    ax: Axes | None = None,
    **line: Any,
) -> Axes:
    """Draw mean average precision against the number of bits of `name`, in front of all others.

    Made for small multiples: same frame for all, the name inside, the last value at its end.
    `half_widths` are those of the intervals of `name`; `printed` are numbers of a paper, drawn as
    open squares without a line (nan where there is none), because their protocol is another one.
    With `error` the scale is 1 - score, logarithmic, the best still above: for scores near 1.
    `line` goes to the `Axes.plot` of `name`.

    Raises:
        ValueError: when `name` is not in `means`.
    """
    ax = ax or new_axes(2.2, 1.8)
    if name not in means:
        raise ValueError(f"The light falls on one of {', '.join(means)}, got {name!r}.")
    values, title = np.asarray(means[name], float), plain(title or name, 24)
    if not np.isfinite(values).any():
        return nothing(ax, f"{title}\nno score")
    x = np.arange(len(bits), dtype=float)
    scores = np.concatenate([np.ravel(theirs) for theirs in means.values()])
    least = _least_error(scores) if error else None
    for other, theirs in means.items():
        if other != name:
            ax.plot(x, _place(theirs, least), color=faint(), linewidth=1.0, zorder=1)
    if chance is not None:
        mark_y(ax, float(_place(chance, least)))
    look = {"color": class_color(0), **(style or {}), "linestyle": "-", "markersize": 4, **line}
    if half_widths is not None:
        ends = (_place(values + sign * half_widths, least) for sign in (-1, 1))
        ax.vlines(x, *ends, color=look["color"], linewidth=1.4, zorder=3)
    if printed is not None:
        rim = {"markerfacecolor": "none", "markeredgecolor": muted(), "zorder": 2}
        ax.plot(x, _place(printed, least), linestyle="none", marker="s", markersize=4, **rim)
    ax.plot(x, _place(values, least), **look, zorder=4)
    last = np.flatnonzero(np.isfinite(values))[-1]
    shown = f"{values[last]:.3f}".replace("0.", ".", 1) if values[last] < 1 else "1"
    note(ax, shown, (x[last], float(_place(values[last], least))), (5, 0), va="center", color=ink())
    ax.set_title(title, loc="left", size="small", weight="bold", pad=2)
    ax.set_xticks(x, [f"{b:g}" for b in bits])
    ax.set_xlim(-0.25, len(bits) - 0.75)
    if least is not None:
        _error_axis(ax, least, "y")
    else:
        ax.set(ylim=(0, 1), yticks=[0, 0.5, 1])
    ax.tick_params(labelsize="small")
    return ax


def best_first(means: Mapping[str, Sequence[float] | np.ndarray]) -> list[str]:
    """Return the names ordered by their last known value, the highest first.

    >>> best_first({"a": [0.1, 0.2], "b": [0.3, float("nan")], "c": [0.9, 0.1]})
    ['b', 'a', 'c']
    """
    known = {name: np.asarray(v, float)[np.isfinite(v)] for name, v in means.items()}
    return sorted((n for n, v in known.items() if len(v)), key=lambda name: -known[name][-1])


def _least_error(scores: Any) -> float:
    """Return where an error of 0 is drawn: at half the smallest positive error of these scores.

    >>> _least_error([0.5, 0.99, 1.0])
    0.005
    """
    errors = 1 - np.asarray(scores, float)
    errors = errors[np.isfinite(errors) & (errors > 1e-9)]
    return round(float(errors.min()) / 2, 12) if len(errors) else 0.0005


def _place(score: Any, least: float | None) -> Any:
    """Return where a score is drawn: as it is, or with `least` as the error that is left."""
    score = np.asarray(score, float)
    return score.clip(0, 1) if least is None else np.maximum(1 - score, least)


def _error_axis(ax: Axes, least: float, axis: str) -> None:
    """Make an axis one of errors, 1 - score, for scores that are all near 1.

    It is logarithmic, from 1 down to `least`, with the smallest errors at the right or above.
    """
    scale = ax.xaxis if axis == "x" else ax.yaxis
    ax.set(**{f"{axis}scale": "log", f"{axis}lim": (1.0, least)})
    scale.set_ticks(10.0 ** np.arange(0, np.floor(np.log10(least)), -1))
    scale.set_ticks([], minor=True)
    scale.set_major_formatter("{x:g}")
