"""Ablations: what each part of a method is worth, over seeds."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Num
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from hashviz.plots.marks import (
    UPRIGHT,
    dot,
    label_rows,
    legend_above,
    level_line,
    note,
    nothing,
    plain,
    score_axis,
    seed_marks,
    size_in_points,
    stroke,
    vertical_reference,
)
from hashviz.plots.palette import class_color, faint, ink, muted, new_axes, qualitative

__all__ = ["ablation", "response_curve", "shapley"]


def ablation(
    names: Sequence[str],
    scores: Num[np.ndarray, "variants seeds"],
    *,
    means: Num[np.ndarray, " variants"],
    half_widths: Num[np.ndarray, " variants"],
    switches: Bool[np.ndarray, "variants parts"] | None = None,
    parts: Sequence[str] = (),
    reference: float | int = 0.0,
    xlabel: str = "Difference of mAP",
    ax: Axes | None = None,
    **points: Any,
) -> Axes:
    """Draw a row per variant: a small mark per seed, the mean with its interval over seeds.

    Seed by seed differences are what to hand in: what the variants share through a seed cancels
    then. An interval that crosses `reference` shows nothing; those that do not are drawn in full.
    `switches` says which `parts` each variant has, as a grid of filled and empty squares at the
    left in place of the names. `points` goes to the `Axes.plot` of the means.
    """
    ax = new_axes(height=1.7 + 0.42 * max(len(names), 1)) if ax is None else ax
    scores = np.asarray(scores, float)
    if not scores.size or not np.isfinite(scores).any():
        return nothing(ax, "No ablation to draw: there is no variant or no seed.")
    rows = np.arange(len(names))
    vertical_reference(ax, reference, "as it stands" if reference == 0 else f"{reference:g}")
    better, worse = qualitative()[0], qualitative()[3]
    for row in range(len(rows)):
        ax.axhline(float(row), color=faint(), linewidth=1.0, zorder=0)
        seed_marks(ax, row, scores[row], 0.5, alpha=0.8)
        half = half_widths[row]
        sure = np.isfinite(half) and abs(means[row] - reference) > half
        color = muted() if not sure else better if means[row] > reference else worse
        if np.isfinite(half):
            ax.errorbar(means[row], row, xerr=half, fmt="none", ecolor=color, elinewidth=2.4)
        face = {} if sure else {"markerfacecolor": "none", "markeredgewidth": 1.6}
        style = {"color": color, "markersize": 7, **face, **points}
        ax.plot(means[row], row, **{"marker": "D", "linestyle": "none", **style}, zorder=4)
    edges = [scores[np.isfinite(scores)], means + half_widths, means - half_widths, [reference]]
    values = np.concatenate([np.asarray(e, float)[np.isfinite(e)] for e in edges])
    pad = 0.06 * (values.max() - values.min()) or 0.05
    ax.set(xlim=(values.min() - pad, values.max() + pad), ylim=(len(names) - 0.4, -0.6))
    ax.set_xlabel(xlabel)
    _few_ticks(ax, max((len(plain(name, 30)) for name in names), default=0))
    ax.spines["left"].set_visible(False)
    if switches is not None and len(parts):
        _grid(ax, switches, parts)
    else:
        label_rows(ax, [plain(name, 30) for name in names], rows)
    sure, unsure = "mean, 95 % interval", "may be chance"
    handles = [dot("one seed", size=3.5), dot(sure, "D", 6),
               dot(unsure, "D", 6, markerfacecolor="none")]  # fmt: skip
    legend_above(ax, handles, lift=22)
    return ax


def _few_ticks(ax: Axes, letters: int) -> None:
    """Set as many ticks as fit beside names of so many letters."""
    room = max(size_in_points(ax)[0] * 1.2 - 6.4 * letters, 100)
    ax.xaxis.set_major_locator(MaxNLocator(max(2, int(room / 52))))


def _grid(ax: Axes, switches: np.ndarray, parts: Sequence[str]) -> None:
    """Draw filled and empty squares left of the frame, the parts' names upright below them."""
    ax.set_yticks([])
    width, _ = size_in_points(ax)
    pitch = 15.0
    shift = (len(parts) + 0.2) * pitch
    for place, part in enumerate(parts):
        x = (place * pitch - shift) / width
        for fill, chosen in (("full", switches[:, place]), ("none", ~switches[:, place])):
            where = np.flatnonzero(chosen)
            ax.plot(np.full(len(where), x), where, "s", color=ink(), fillstyle=fill, markersize=7,
                    transform=ax.get_yaxis_transform(), clip_on=False,
                    label=f"_{part}:{fill}")  # fmt: skip
        note(ax, plain(part, 14), (x, 0), (0, -6), xycoords="axes fraction", **UPRIGHT)


def response_curve(
    values: Num[np.ndarray, " values"],
    scores: Num[np.ndarray, "values seeds"],
    *,
    means: Num[np.ndarray, " values"],
    half_widths: Num[np.ndarray, " values"],
    name: str = "Weight",
    default: float | int | None = None,
    chance: float | int | None = None,
    ylabel: str = "Mean average precision",
    ax: Axes | None = None,
    **line: Any,
) -> Axes:
    """Draw a score against the value of one setting: the mean with its interval, a mark per seed.

    Values go to places at equal distances, as they are listed, because 0, 0.01, 0.1 and 1 have no
    common scale. The value a method uses by itself is marked. `line` goes to the `Axes.plot` of
    the mean.
    """
    ax = new_axes(height=3.6) if ax is None else ax
    order = np.argsort(values, kind="stable")
    scores = np.asarray(scores, float)[order]
    if not scores.size or not np.isfinite(scores).any():
        return nothing(ax, "No response to draw: there is no value or no score.")
    values, means, halves = values[order], np.asarray(means)[order], np.asarray(half_widths)[order]
    place = np.arange(len(values))
    style: dict[str, Any] = {"color": qualitative()[0], "marker": "D", "markersize": 6, **line}
    if np.isfinite(halves).all():
        ax.fill_between(place, means - halves, means + halves, color=style["color"], alpha=0.2,
                        linewidth=0, label="95 % interval of the mean")  # fmt: skip
    ax.plot(place, means, **{"label": "mean", **style})
    for seed in scores.T:
        ax.plot(place, seed, "o", color=muted(), markersize=3.2, zorder=3)
    ax.plot([], [], "o", color=muted(), markersize=3.2, label="one seed")
    ax.set_xticks(place, [f"{v:g}" for v in values])
    xlabel = plain(name.replace("_", " ").capitalize(), 40)
    ax.set(xlim=(-0.5, len(values) - 0.5), xlabel=xlabel)
    known = np.concatenate([scores[np.isfinite(scores)], (means + halves)[np.isfinite(halves)]])
    score_axis(ax, ylabel)
    ax.set_ylim(0, max(1.03, 1.03 * float(known.max())))
    if default is not None and (values == default).any():
        at = int(np.flatnonzero(values == default)[0])
        vertical_reference(ax, float(at), "as it stands")
    level_line(ax, chance)
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
    ax = new_axes(height=1.5 + 0.42 * max(len(names), 1)) if ax is None else ax
    values = np.asarray(values, float)
    if not values.size:
        return nothing(ax, "No Shapley values to draw: there is no part or no seed.")
    rows = np.arange(len(names))
    for row in range(len(rows)):
        style: dict[str, Any] = {"color": class_color(row), "alpha": 0.55, "height": 0.62, **bars}
        ax.barh(row, means[row], **style)
        seed_marks(ax, row, values[row], zorder=3)
        if np.isfinite(half_widths[row]):
            interval = {"xerr": half_widths[row], "ecolor": ink(), "elinewidth": 1.6}
            ax.errorbar(means[row], row, fmt="none", **interval, zorder=4)
    ax.axvline(0, color=muted(), linewidth=0.9)
    ax.set(ylim=(len(names) - 0.4, -0.6), xlabel="Shapley value (mAP)")
    _few_ticks(ax, max((len(plain(name, 30)) for name in names), default=0))
    label_rows(ax, [plain(name, 30) for name in names], rows)
    ax.spines["left"].set_visible(False)
    interval = stroke("95 % over seeds", color=ink(), linewidth=1.6)
    legend_above(ax, [dot("one seed", size=3.5), interval])
    return ax
