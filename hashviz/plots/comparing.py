"""Several runs in one figure: quality against bits and against time, and a ranking."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Num
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, LogLocator, MultipleLocator, NullLocator

from hashviz.plots.errors import error_axis, least_error
from hashviz.plots.marks import (
    few_marks,
    halo,
    label_rows,
    legend_above,
    level_line,
    nothing,
    page,
    plain,
    vertical_reference,
)
from hashviz.plots.palette import (
    class_color,
    faint,
    ink,
    muted,
    new_axes,
    scaled,
    themed,
    told_apart,
)

Style = Mapping[str, Any]


def _look(place: int, styles: Mapping[str, Style] | None, name: str) -> dict[str, Any]:
    """Return the style given for a name, or else the color of its place."""
    return {"color": class_color(place), **(styles or {}).get(name, {})}


def map_by_bits(
    bits: Num[np.ndarray, " lengths"],
    means: Mapping[str, Num[np.ndarray, " lengths"]],
    *,
    half_widths: Mapping[str, Num[np.ndarray, " lengths"]] | None = None,
    bands: Mapping[str, tuple[Num[np.ndarray, " lengths"], Num[np.ndarray, " lengths"]]]
    | None = None,
    styles: Mapping[str, Style] | None = None,
    chance: float | int | None = None,
    ax: Axes | None = None,
    **line: Any,
) -> Axes:
    """Mean average precision against the number of bits, one line per method.

    `half_widths` are those of the intervals over seeds (nan where one seed gives none). `bands` is
    what the
    unluckiest and the luckiest order of equal distances would give: widest for short codes.
    `styles` is `{name: style_of(look)}`. `line` goes to the `Axes.plot` of each method.
    """
    ax = new_axes(height=4.0) if ax is None else ax
    known = {name: np.asarray(m, float) for name, m in means.items() if np.isfinite(m).any()}
    if not len(bits) or not known:
        return nothing(ax, "No curve to draw: there is no score.")
    x = np.arange(len(bits), dtype=float)
    handles = []
    looks = told_apart([_look(place, styles, name) for place, name in enumerate(known)])
    for place, (name, values) in enumerate(known.items()):
        style: dict[str, Any] = {"label": plain(name), **looks[place], **line}
        style = {"markersize": scaled(5), **style}
        halves = np.full(len(bits), np.nan)
        if half_widths is not None and name in half_widths:
            halves = np.asarray(half_widths[name], float)
        some = np.isfinite(values) & np.isfinite(halves)
        # An interval may leave [0, 1]; a score cannot.
        low = np.clip(values - halves, 0, 1)[some]
        high = np.clip(values + halves, 0, 1)[some]
        ax.vlines(x[some], low, high, color=style["color"], linewidth=1.4, alpha=0.7)
        if bands is not None and name in bands:
            low, high = bands[name]
            ax.fill_between(x, low, high, color=style["color"], alpha=0.2, linewidth=0, zorder=1)
        handles += ax.plot(x, values, **style)
    if any(np.isfinite(halves).any() for halves in (half_widths or {}).values()):
        handles.append(Line2D([], [], color=muted(), linewidth=1.4, marker="|", markersize=0,
                              label="upright: 95 % over seeds"))  # fmt: skip
    if bands:
        text = "worst to best order of ties"
        handles.append(Patch(facecolor=muted(), alpha=0.35, linewidth=0, label=text))
    ax.set_xticks(x, [f"{b:g}" for b in bits])
    ax.set(xlim=(-0.35, len(bits) - 0.65), ylim=(0, 1.03), xlabel="Bits")
    ax.set_ylabel("Mean average precision")
    ax.yaxis.set_major_locator(MultipleLocator(0.2))
    ax.grid(axis="y")
    if chance is not None:
        level_line(ax, chance, f"chance {chance:.3f}")
    legend_above(ax, handles)
    return ax


def ranking(
    names: Sequence[str],
    means: Num[np.ndarray, " rows"],
    *,
    half_widths: Num[np.ndarray, " rows"] | None = None,
    bands: tuple[Num[np.ndarray, " rows"], Num[np.ndarray, " rows"]] | None = None,
    seeds: Sequence[Sequence[float]] | None = None,
    styles: Sequence[Style] | None = None,
    chance: float | int | None = None,
    error: bool = False,
    legend: Mapping[str, str] | None = None,
    xlabel: str = "Mean average precision",
    ax: Axes | None = None,
    **points: Any,
) -> Axes:
    """The rows from best to worst: a point for the mean, a line for its interval.

    `bands` is what the unluckiest and the luckiest order of equal distances would give, drawn as
    a bar behind; `seeds` are the scores of every row, drawn as small dots. The scale starts at 0,
    so that distances on the page are true; with `error` it is 1 - score on a logarithmic scale, the
    best still at the right, for rows that are all near 1. `legend` says what colors of `styles`
    mean, `{text: color}`. `points` goes to the `Axes.plot` of the points.
    """
    ax = new_axes(height=1.5 + 0.34 * max(len(names), 1)) if ax is None else ax
    means = np.asarray(means, float)
    order = [int(i) for i in np.argsort(-means, kind="stable") if np.isfinite(means[i])]
    if not order:
        return nothing(ax, "No ranking to draw: there is no score.")
    least = least_error(means)

    def at(value: Any) -> Any:
        return np.maximum(1 - np.asarray(value, float), least) if error else np.clip(value, 0, 1)

    for row, i in enumerate(order):
        style: dict[str, Any] = {"color": class_color(0), "marker": "o"}
        style = {**style, **(styles[i] if styles is not None else {}), "linestyle": "none"}
        style["color"] = themed(style["color"])
        ax.axhline(row, color=faint(), linewidth=1.0, zorder=0)
        if bands is not None:
            ends = sorted((float(at(bands[0][i])), float(at(bands[1][i]))))
            ax.barh(row, ends[1] - ends[0], left=ends[0], height=0.5, color=style["color"],
                    alpha=0.3, linewidth=0, zorder=1)  # fmt: skip
        half = np.nan if half_widths is None else float(half_widths[i])
        if np.isfinite(half):
            ax.hlines(row, at(means[i] - half), at(means[i] + half), color=style["color"],
                      linewidth=2, zorder=2)  # fmt: skip
        if seeds is not None:
            lift = 0.4 * ((np.arange(len(seeds[i])) + 0.5) / len(seeds[i]) - 0.5)
            ax.plot(at(seeds[i]), row + lift, "o", color=muted(), markersize=2.6, zorder=2.5)
        ax.plot(at(means[i]), row, **{"markersize": 7, **style, **points}, zorder=3)
    ax.set(ylim=(len(order) - 0.4, -0.6), xlabel=xlabel)
    if error:
        error_axis(ax, least, "x")
    else:
        ax.set_xlim(0, 1)
    ax.spines["left"].set_visible(False)
    label_rows(ax, [plain(names[i], 30) for i in order], range(len(order)))
    handles: list[Any] = [
        Line2D([], [], color=themed(color), linestyle="none", marker="o", markersize=7, label=text)
        for text, color in (legend or {}).items()
    ]
    if seeds is not None:
        handles.append(Line2D([], [], color=muted(), linestyle="none", marker="o", markersize=3,
                              label="one seed"))  # fmt: skip
    if half_widths is not None and np.isfinite(half_widths).any():
        handles.append(Line2D([], [], color=muted(), linewidth=2, label="95 % over seeds"))
    if bands is not None:
        handles.append(Patch(facecolor=muted(), alpha=0.35, linewidth=0,
                             label="worst to best order of ties"))  # fmt: skip
    for row, i in enumerate(order):
        ax.annotate(f"{means[i]:.3f}", (1, row), xytext=(7, 0), textcoords="offset points",
                    xycoords=("axes fraction", "data"), va="center", size="small", color=ink(),
                    annotation_clip=False)  # fmt: skip
    if chance is not None:
        vertical_reference(ax, float(at(chance)), f"chance {chance:.3f}")
    if handles:
        legend_above(ax, handles, lift=22 if chance is not None else 6)
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
    """Seconds of training against the quality reached; the steps are the best for the time.

    A point on the steps has nobody who was both faster and better; it is named beside its mark, and
    all stand in the legend. `points` goes to the `Axes.plot` of the points.
    """
    ax = new_axes(height=4.0) if ax is None else ax
    seconds, quality = np.asarray(seconds, float), np.asarray(quality, float)
    known = np.isfinite(seconds) & np.isfinite(quality)
    if not known.any():
        return nothing(ax, "No times to draw: no run has both a time and a score.")
    # A closed form may take less than the clock shows.
    time = np.maximum(seconds, 1e-3)
    order = [int(i) for i in np.lexsort((-quality, time)) if known[i]]
    front: list[int] = []
    for i in order:
        if not front or quality[i] > quality[front[-1]]:
            front.append(i)
    low, high = float(time[known].min()) / 2, float(time[known].max()) * 2
    ax.plot([*time[front], high], [*quality[front], quality[front[-1]]], color=muted(),
            linewidth=1.2, drawstyle="steps-post", zorder=1)  # fmt: skip
    best = Line2D([], [], color=muted(), linewidth=1.2, label="best for its time")
    handles: list[Any] = []
    given = styles if styles is not None else [{}] * len(time)
    looks = told_apart([{**_look(i, None, names[i]), **given[i]} for i in range(len(time))])
    for i in range(len(time)):
        if not known[i]:
            continue
        style: dict[str, Any] = {"markersize": scaled(8), **looks[i], "linestyle": "none"}
        label = plain(names[i], 30)
        handles += ax.plot(time[i], quality[i], **{**style, "label": label, **points}, zorder=2)
    _log_seconds(ax, low, high)
    ax.set(ylim=(0, 1.03), ylabel="Mean average precision")
    ax.yaxis.set_major_locator(MultipleLocator(0.2))
    ax.grid(axis="y")
    if chance is not None:
        level_line(ax, chance, f"chance {chance:.3f}")
    legend_above(ax, [*handles, best])
    page(ax).draw_without_rendering()  # names need the frame that the legend leaves
    _name_front(ax, time, quality, names, front)
    return ax


def learning_curves(
    seconds: Mapping[str, Num[np.ndarray, " epochs"]],
    quality: Mapping[str, Num[np.ndarray, " epochs"]],
    *,
    styles: Mapping[str, Style] | None = None,
    goal: float | int | None = None,
    chance: float | int | None = None,
    ylabel: str = "Mean average precision",
    ax: Axes | None = None,
    **line: Any,
) -> Axes:
    """Quality against the seconds trained so far, one line per run: the way, not only the end.

    With a `goal`, a ring stands where a run reaches it first, and the legend says after how many
    seconds. Times of more than two orders of magnitude make the scale logarithmic. `line` goes to
    the `Axes.plot` of each run.

    Raises:
        ValueError: when a run has times without qualities or the other way round.
    """
    ax = new_axes(height=4.0) if ax is None else ax
    if seconds.keys() != quality.keys():
        raise ValueError(
            f"Every run has times and qualities, got {', '.join(seconds)} and {', '.join(quality)}."
        )
    runs: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for name, times in seconds.items():
        times, values = np.asarray(times, float), np.asarray(quality[name], float)
        known = np.isfinite(times) & np.isfinite(values)
        if known.any():
            runs[name] = np.maximum(times[known], 1e-3), values[known]
    if not runs:
        return nothing(ax, "No curves to draw: no run has a score on its way.")
    low = min(float(t.min()) for t, _ in runs.values())
    high = max(float(t.max()) for t, _ in runs.values())
    handles = []
    looks = told_apart([_look(place, styles, name) for place, name in enumerate(runs)])
    for place, (name, (times, values)) in enumerate(runs.items()):
        style: dict[str, Any] = {**looks[place], "label": plain(name, 30), **line}
        style = {"markersize": scaled(4), **style}
        if goal is not None:
            reached = np.flatnonzero(values >= goal)
            when = f"{times[reached[0]]:.3g} s" if len(reached) else "not reached"
            style["label"] = f"{style['label']}: {when}"
            for i in reached[:1]:
                ax.plot(times[i], values[i], "o", color=style["color"], markersize=11,
                        markerfacecolor="none", markeredgewidth=1.8, zorder=4)  # fmt: skip
        handles += ax.plot(times, values, **{"markevery": few_marks(len(times), place), **style})
    if high / low > 100:
        _log_seconds(ax, low / 1.5, high * 1.5)
    else:
        pad = 0.03 * (high - low) or 0.1 * high
        ax.set(xlim=(max(0.0, low - pad) if low > 0.3 * high else 0, high + pad))
        ax.set_xlabel("Training (seconds)")
    ax.set(ylim=(0, 1.03), ylabel=ylabel)
    ax.yaxis.set_major_locator(MultipleLocator(0.2))
    ax.grid(axis="y")
    for value, text in ((goal, "goal {:g}"), (chance, "chance {:.3f}")):
        if value is not None:
            level_line(ax, value, text.format(value))
    legend_above(ax, handles)
    return ax


def _log_seconds(ax: Axes, low: float, high: float) -> None:
    """Seconds on a logarithmic scale, with as many ticks as read well."""
    ax.set_xscale("log")
    ax.set(xlim=(low, high), xlabel="Training (seconds, log scale)")
    ax.xaxis.set_major_locator(LogLocator(subs=(1.0,) if high / low > 300 else (1.0, 3.0)))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))


def _name_front(
    ax: Axes, time: np.ndarray, quality: np.ndarray, names: Sequence[str], front: list[int]
) -> None:
    """Write the names of the undefeated beside their points, farther off with a thin line to it."""
    scale = 72 / page(ax).dpi
    marks = ax.transData.transform(np.column_stack([time, quality])) * scale
    (left, low), (right, top) = ax.bbox.p0 * scale, ax.bbox.p1 * scale
    taken = [(x - 5, y - 5, x + 5, y + 5) for x, y in marks if np.isfinite([x, y]).all()]
    ways = [(near * x, near * y) for near in (1, 2.6, 4.6, 7) for x, y in
            ((7, -4), (-7, 4), (7, 4), (-7, -4), (0, -9))]  # fmt: skip
    for i in front:
        text = plain(names[i])
        wide, high = scaled(7) * len(text), scaled(14)
        for across, along in ways:
            x = marks[i][0] + across - wide * (0 if across > 0 else 1 if across else 0.5)
            y = marks[i][1] + along - high * (along < 0)
            box = (x, y, x + wide, y + high)
            inside = left < box[0] and box[2] < right and low < box[1] and box[3] < top
            if not inside or any(
                min(box[2], other[2]) > max(box[0], other[0])
                and min(box[3], other[3]) > max(box[1], other[1])
                for other in taken
            ):
                continue
            taken.append(box)
            line = {"arrowstyle": "-", "color": muted(), "linewidth": 0.6, "shrinkB": 4}
            far = max(abs(across), abs(along)) > 10
            ax.annotate(text, (time[i], quality[i]), xytext=(across, along),
                        ha="left" if across > 0 else "right" if across else "center",
                        va="top" if along < 0 else "bottom", textcoords="offset points",
                        size="small", color=ink(), path_effects=halo(),
                        arrowprops=line if far else None)  # fmt: skip
            break
