"""Codes as addresses: how many images share a bucket, and how many a Hamming ball holds."""

from typing import Any

import numpy as np
from jaxtyping import Num
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

from hashviz.plots.marks import (
    distance_axis,
    end_labels,
    few_marks,
    horizontal_reference,
    legend_above,
    nothing,
    patch,
    percent,
    size_in_points,
)
from hashviz.plots.palette import ink, muted, new_axes, qualitative, scaled

__all__ = ["ball_occupancy", "bucket_occupancy"]


def bucket_occupancy(
    sizes: Num[np.ndarray, " buckets"],
    strangers: Num[np.ndarray, " buckets"] | None = None,
    *,
    chance: Num[np.ndarray, " sizes"] | None = None,
    ax: Axes | None = None,
    **bars: Any,
) -> Axes:
    """Draw where the images live: the share of them in buckets of 1, 2, 3-4, 5-8, ... images.

    Where ranges find no room, a bar has the largest size of its range below it.

    A bucket is one code. `strangers` counts the images of each bucket that share no label with
    some other image in it: the hatched part, collisions that no radius undoes. `chance` is the
    share of images in buckets of exactly 1, 2, ... images if codes were random. `bars` goes to
    the `Axes.bar` of the shares.
    """
    ax = new_axes(height=3.6) if ax is None else ax
    n = int(np.sum(sizes))
    if not n:
        return nothing(ax, "No buckets to draw: there are no codes.")
    column = np.ceil(np.log2(np.maximum(sizes, 1))).astype(int)
    columns = int(column.max()) + 1
    place = np.arange(columns)
    share = np.bincount(column, weights=sizes, minlength=columns) / n
    color = qualitative()[0]
    ax.bar(place, share, **{"width": 0.8, "color": color, "alpha": 0.55, **bars})
    handles: list[Any] = []
    if strangers is not None:
        wrong = np.bincount(column, weights=strangers, minlength=columns) / n
        style: dict[str, Any] = {"facecolor": "none", "edgecolor": ink(), "hatch": "////"}
        ax.bar(place, wrong, width=0.8, linewidth=0, **style)
        label = f"beside a stranger ({np.sum(strangers) / n:.1%})"
        handles.append(Patch(**style, linewidth=0.3, label=label))
    random = np.zeros(columns)
    if chance is not None:
        of = np.ceil(np.log2(np.arange(1, len(chance) + 1))).astype(int)
        random = np.bincount(of, weights=chance, minlength=columns)[:columns]
        style = dict[str, Any](color=muted(), markersize=scaled(6), label="random codes")
        handles += ax.plot(place, random, "D", **style)
    names = ["1", "2", *(f"{2 ** (i - 1) + 1:,}–{2**i:,}" for i in range(2, columns))][:columns]
    room = size_in_points(ax)[0] / max(columns, 4)
    xlabel = "Images in the bucket"
    if scaled(6.6 * max(map(len, names)) + 6) > room:
        names, xlabel = [f"{2**i:,}" for i in range(columns)], f"{xlabel}, at most"
    upright = scaled(6.6 * max(map(len, names)) + 6) > room
    ax.set_xticks(place, names, rotation=90 if upright else 0)
    ax.tick_params(axis="x", length=0)
    top = 1.06 * max(float(share.max()), float(random.max()))
    ax.set(xlim=(-0.6, max(columns, 4) - 0.4), ylim=(0, top))
    ax.set(xlabel=xlabel, ylabel="Share of the images")
    ax.yaxis.set_major_locator(MaxNLocator(5))
    ax.yaxis.set_major_formatter(percent)
    if handles:
        legend_above(ax, handles, columns=2)
    return ax


def ball_occupancy(
    found: Num[np.ndarray, " distances"],
    *,
    database: int,
    cells: Num[np.ndarray, " distances"],
    ax: Axes | None = None,
    **line: Any,
) -> Axes:
    r"""Draw the mean number of images within each radius, against random codes and against cells.

    Random codes put $N \sum_{i \le r} \binom{K}{i} 2^{-K}$ images into a ball of
    $\sum_{i \le r} \binom{K}{i}$ `cells`. Where the ball has more cells than there are images,
    probing its buckets is slower than looking at all images. `line` goes to the `Axes.plot` of
    the images found.
    """
    ax = new_axes(height=3.8) if ax is None else ax
    bits = len(found) - 1
    if bits < 1 or not database:
        return nothing(ax, "No balls to draw: the database is empty or the codes have no bits.")
    radius = np.arange(bits + 1)
    random = database * np.asarray(cells, float) / cells[-1]
    low, high = 0.5 / max(database, 10), 40.0 * database
    color, other = qualitative()[:2]

    def inside(values: np.ndarray) -> np.ndarray:
        return np.where((values >= low) & (values <= high), values, np.nan)

    shown = np.asarray(found, float)
    marks = {"marker": "o", "markersize": scaled(4), "markevery": few_marks(bits + 1)}
    style: dict[str, Any] = {"color": color, "label": "found", **marks, **line}
    handles: list[Any] = ax.plot(radius, inside(shown), **style)
    dotted: dict[str, Any] = {"linestyle": (0, (1, 1.2)), "label": "random codes"}
    handles += ax.plot(radius, inside(random), color=muted(), **dotted)
    dashed: dict[str, Any] = {"linestyle": "--", "label": "cells in ball"}
    handles += ax.plot(radius, inside(np.asarray(cells, float)), color=other, **dashed)
    ax.set_yscale("log")
    ax.set_ylim(low, high)
    labels = [(float(database), f"all {database:,}", muted()), (1.0, "1 image", muted())]
    for value, _, _ in labels:
        horizontal_reference(ax, value)
    more = np.flatnonzero(np.asarray(cells) > database)
    if len(more):
        ax.axvspan(float(more[0]) - 0.5, bits + 0.5, color=other, alpha=0.08, linewidth=0)
        handles.append(patch("scan is faster", other, alpha=0.14))
    ax.set(xlim=(-0.5, bits + 0.5), ylabel="Images (log scale)")
    distance_axis(ax, bits, "Radius (bits)")
    ax.yaxis.set_major_locator(LogLocator(numticks=7))
    ax.yaxis.set_minor_locator(NullLocator())
    end_labels(ax, labels)
    legend_above(ax, handles, columns=2)
    return ax
