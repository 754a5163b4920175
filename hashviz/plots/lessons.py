"""Small figures that answer to keys and sliders: lists, ties, guesses, lines in the plane."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Int, Int8, Num
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from hashviz.plots.frames import label_rows
from hashviz.plots.marks import legend_above
from hashviz.plots.notes import end_labels, halo, mark_x, mark_y, note, note_right, nothing, plain
from hashviz.plots.palette import class_color, faint, ink, muted, new_axes, paper, right_wrong

__all__ = ["cell_counts", "divisors", "guess_and_truth", "label_strip", "plane_cells"]
__all__ += ["rank_changes", "tie_band", "tie_orders"]

GRID = 120


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
    ax = ax or new_axes(height=3.4)
    ranks = len(relevant)
    if not ranks:
        return nothing(ax, "No strip to draw: the list is empty.")
    k = ranks if k is None else min(k, ranks)
    place = np.arange(1, ranks + 1)
    right, wrong = right_wrong()
    color = class_color(0)
    ax.plot(place, recall, color=muted(), linestyle=(0, (4, 3)), linewidth=1.4, label="recall")
    ax.plot(place, precision, **{"color": color, "linewidth": 1.4, "label": "precision", **line})
    hits = np.flatnonzero(relevant[:k])
    style = {"color": color, "markersize": 8, "label": "precision at a hit"}
    ax.plot(place[hits], precision[hits], "o", **style)
    for rank, hit in zip(place.tolist(), relevant, strict=True):
        look = (right, "-", faint(), "✓") if hit else (wrong, (0, (3, 2)), "none", "✗")
        tone, dashes, face, mark = look
        frame = {"edgecolor": tone, "linestyle": dashes, "facecolor": face, "linewidth": 1.6}
        ax.add_patch(Rectangle((rank - 0.44, -0.3), 0.88, 0.24, clip_on=False, **frame))
        ax.text(rank, -0.18, mark, ha="center", va="center", color=tone, weight="bold")
    if k < ranks:
        ax.axvspan(k + 0.5, ranks + 0.5, color=paper(), alpha=0.7, linewidth=0, zorder=5)
        ax.axvline(k + 0.5, color=ink(), linewidth=1.0, zorder=6)
    ax.set(xlim=(0.5, ranks + 0.5), ylim=(-0.34, 1.06), xlabel="Rank")
    ax.set_xticks(place[:: max(1, -(-ranks // 20))])
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
    ax = ax or new_axes(height=0.9 + 0.4 * len(names))
    if not names:
        return nothing(ax, "No values to draw: there is no divisor.")
    rows = np.arange(len(names))
    style: dict[str, Any] = {"color": class_color(0), "alpha": 0.55, "height": 0.66, **bars}
    ax.barh(rows, np.nan_to_num(values), **style)
    for row, (value, text) in enumerate(zip(values, fractions, strict=True)):
        ax.text(0.02, row, text, va="center", size="small", color=ink())
        note_right(ax, row, "none" if np.isnan(value) else f"{value:.3f}", size="medium")
    ax.set(xlim=(0, 1), ylim=(len(names) - 0.5, -0.5), xticks=[])
    ax.set_yticks(rows, names)
    ax.tick_params(axis="y", length=0)
    ax.spines["bottom"].set_visible(False)
    return ax


def rank_changes(
    before: Sequence[int],
    after: Sequence[int],
    *,
    names: tuple[str, str] = ("before", "after"),
    notes: Sequence[str] = (),
    ax: Axes | None = None,
    **line: Any,
) -> Axes:
    """Draw two rankings of the same items, rank 1 at the top; lines join what both hold.

    An item that only one of them holds is orange and has no line. `notes` stand beside the second
    ranking, one for each rank. `line` goes to the `Axes.plot` of the lines.
    """
    ax = ax or new_axes(3.2, 3.6)
    ranks = max(len(before), len(after))
    if not ranks:
        return nothing(ax, "No ranks to draw: both rankings are empty.")
    color, other = class_color(0), class_color(3)
    for column, (mine, yours) in enumerate(((before, after), (after, before))):
        for rank, item in enumerate(mine):
            marker, size, tone = ("o", 7, color) if item in yours else ("D", 6, other)
            ax.plot(column, rank, marker, markersize=size, color=tone)
    for rank, item in enumerate(before):
        if item in after:
            there = after.index(item)
            style = {"color": color if there != rank else muted(), "linewidth": 1.4}
            ax.plot([0, 1], [rank, there], **{**style, **line}, zorder=1)
    for rank, text in enumerate(notes):
        note(ax, text, (1, rank), (9, 0), va="center", color=muted())
    ax.set(xlim=(-0.25, 1.25), ylim=(ranks - 0.5, -0.6), ylabel="Rank")
    ax.set_xticks([0, 1], [plain(name) for name in names])
    ax.xaxis.tick_top()
    shown = range(0, ranks, max(1, ranks // 8))
    ax.set_yticks(shown, [str(rank + 1) for rank in shown])
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return ax


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
    ax = ax or new_axes(height=3.6)
    if not len(lengths):
        return nothing(ax, "No band to draw: there is no code length.")
    color = class_color(0)
    look: dict[str, Any] = {"color": color, "alpha": 0.2, "linewidth": 0}
    ax.fill_between(lengths, worst, best, label="worst to best order", **look)
    style = {"color": color, "marker": "o", "markersize": 4, "label": "mean of all orders"}
    ax.plot(lengths, expected, **{**style, **line})
    if len(lengths) == 1:
        ax.vlines(lengths, worst, best, color=color, linewidth=2, alpha=0.5)
    else:
        ax.set_xscale("log", base=2)
    if chosen is not None:
        mark_x(ax, chosen)
    if chosen is not None and score is not None:
        here = {"color": class_color(3), "markersize": 7, "zorder": 4, "label": "this order"}
        ax.plot(chosen, score, "D", **here)
    ax.set_xticks(lengths, [f"{length:g}" for length in lengths])
    ax.xaxis.set_ticks([], minor=True)
    ax.set(ylim=(0, 1.03), xlabel="Length of the code (bits)", ylabel=ylabel)
    ax.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "0.25", "0.5", "0.75", "1"])
    if chance is not None:
        mark_y(ax, chance)
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
    ax = ax or new_axes(height=3.6)
    if not len(orders):
        return nothing(ax, "No orders to draw: nothing has been shuffled.")
    color = class_color(0)
    ax.axhspan(worst, best, color=color, alpha=0.2, linewidth=0)
    ax.axhline(expected, color=color, linewidth=2)
    style: dict[str, Any] = {"color": ink(), "marker": "o", "markersize": 4, "linestyle": "none"}
    ax.plot(orders, scores, **{**style, **points})
    ax.plot(orders[-1], scores[-1], "D", color=class_color(3), markersize=7, zorder=4)
    pad = 0.12 * (best - worst) or 0.02
    ax.set(ylim=(worst - pad, best + pad), xlabel="Order of equal distances", ylabel=ylabel)
    ax.set_xlim(float(orders[0]) - 0.8, float(max(orders[-1], orders[0] + 9)) + 0.8)
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    ax.yaxis.set_major_locator(MaxNLocator(5))
    labels = [(best, f"best {best:.3f}", muted()), (expected, f"mean {expected:.3f}", color),
              (worst, f"worst {worst:.3f}", muted())]  # fmt: skip
    end_labels(ax, labels if best - worst > 1e-9 else labels[1:2])
    return ax


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
    ax = ax or new_axes(height=3.6)
    if not len(x):
        return nothing(ax, "No curve to guess: there is no point.")
    place = np.arange(len(x))
    if truth is not None:
        ax.vlines(place, guess, truth, color=muted(), linewidth=1.0, zorder=1)
        ax.plot(place, truth, color=class_color(0), marker="o", label="truth", zorder=3)
    style: dict[str, Any] = {"color": class_color(1), "linestyle": "--", "marker": "s"}
    ax.plot(place, guess, **{**style, "markersize": 6, "label": "guess", **line})
    ax.set_xticks(place, [f"{value:g}" for value in x])
    pad = 0.03 * (limits[1] - limits[0])
    ax.set(xlim=(-0.5, len(x) - 0.5), ylim=(limits[0] - pad, limits[1] + pad))
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.grid(True)
    legend_above(ax)
    return ax


def _numbers(codes: np.ndarray) -> np.ndarray:
    """Return each code as a whole number, first bit highest."""
    return (codes > 0) @ (1 << np.arange(codes.shape[1])[::-1])


def plane_cells(
    points: Num[np.ndarray, "n 2"],
    codes: Int8[np.ndarray, "n lines"],
    normals: Num[np.ndarray, "lines 2"],
    offsets: Num[np.ndarray, " lines"],
    *,
    pair: tuple[int, int] | None = None,
    ax: Axes | None = None,
    **marks: Any,
) -> Axes:
    r"""Draw points in the plane, the lines that cut it, and the code of each cell with points.

    A point is on the positive side (1) where $w \cdot x \ge t$; an arrow points there. A cell has
    the color of its code whatever else moves. The two points of `pair` are joined. `marks` goes to
    the `Axes.scatter` of the points.
    """
    ax = ax or new_axes(4.2, 4.2)
    if not len(points) or not len(normals):
        return nothing(ax, "No cells to draw: there is no point or no line.")
    reach = 1.12 * float(np.abs(points).max()) or 1.0
    steps = (np.arange(GRID) + 0.5) / GRID * 2 * reach - reach
    grid = np.stack(np.meshgrid(steps, steps), -1)
    cells = _numbers(np.where(grid.reshape(-1, 2) @ normals.T >= offsets, 1, -1))
    names, place = np.unique(cells, return_inverse=True)
    tones = 0.3 * np.array([to_rgb(class_color(c)) for c in names.tolist()])
    tones += 0.7 * np.array(to_rgb(paper()))
    frame = (-reach, reach, -reach, reach)
    ax.imshow(tones[place.reshape(GRID, GRID)], extent=frame, origin="lower", zorder=0)
    own = _numbers(codes)
    colors = [class_color(c) for c in own.tolist()]
    style: dict[str, Any] = {"s": 16, "color": colors, "edgecolors": paper(), "linewidths": 0.4}
    ax.scatter(*points.T, **{**style, **marks}, zorder=2)
    inside: dict[str, Any] = {"zorder": 4, "annotation_clip": True}
    for line, (normal, offset) in enumerate(zip(normals, offsets, strict=True)):
        foot, along = offset * normal, np.array([-normal[1], normal[0]])
        ends = np.stack([foot - 3 * reach * along, foot + 3 * reach * along])
        ax.plot(*ends.T, color=ink(), linewidth=1.4, zorder=3)
        root = foot + 0.78 * reach * along
        tip = root + 0.16 * reach * normal
        ax.annotate("", tip, root, arrowprops={"arrowstyle": "-|>", "color": ink()}, **inside)
        look = {"ha": "center", "va": "center", "weight": "bold", "path_effects": halo()}
        note(ax, str(line), tip + 0.05 * reach * normal, (0, 0), **look, **inside)
    if pair is not None:
        star = {"marker": "*", "markersize": 13, "markeredgecolor": paper()}
        ax.plot(*points[list(pair)].T, color=ink(), linestyle=":", zorder=5, **star)
    for name in np.unique(own):
        x, y = points[own == name].mean(0)
        text = np.binary_repr(name, codes.shape[1])
        ax.text(x, y, text, ha="center", va="center", size="small", family="monospace",
                path_effects=halo(), zorder=6)  # fmt: skip
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    return ax


def cell_counts(
    codes: Int8[np.ndarray, "cells bits"],
    counts: Int[np.ndarray, " cells"],
    *,
    ax: Axes | None = None,
    **bars: Any,
) -> Axes:
    """Draw how many points have each code: one bar for each cell, in the color of `plane_cells`.

    `bars` goes to `Axes.barh`.
    """
    ax = ax or new_axes(height=1.0 + 0.3 * len(codes))
    if not len(codes):
        return nothing(ax, "No cells to draw: no point has a code.")
    rows, numbers = np.arange(len(codes)), _numbers(codes).tolist()
    colors = [class_color(number) for number in numbers]
    ax.barh(rows, counts, **{"color": colors, "height": 0.72, **bars})
    for row, count in enumerate(counts):
        note(ax, f"{count:,}", (float(count), row), (4, 0), va="center", color=muted())
    ax.set(ylim=(len(codes) - 0.4, -0.6), xlim=(0, 1.18 * float(np.max(counts))), xticks=[])
    label_rows(ax, [np.binary_repr(number, codes.shape[1]) for number in numbers], rows)
    ax.tick_params(axis="y", labelfontfamily="monospace")
    ax.spines["bottom"].set_visible(False)
    ax.set_title("Points with each code", size="small")
    return ax
