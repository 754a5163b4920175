"""Distances and what lies at them: pairs, buckets of equal codes, balls and rings."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Int, Num, Shaped
from matplotlib.axes import Axes
from matplotlib.patches import Circle
from matplotlib.ticker import LogLocator, MaxNLocator

from hashviz.plots.canvas import draw_picture
from hashviz.plots.frames import distance_axis, share_axis, size_in_points
from hashviz.plots.marks import few_marks, legend_above, patch
from hashviz.plots.notes import end_labels, halo, mark_x, mark_y, nothing
from hashviz.plots.palette import class_color, faint, ink, muted, new_axes, right_wrong, scaled

__all__ = ["ball_occupancy", "bucket_occupancy", "distance_histogram", "hamming_rings"]
__all__ += ["ring_population"]

GOLDEN = np.pi * (3 - 5**0.5)
"""An angle that puts each ring's first image where the others have none."""

DOTTED: dict[str, Any] = {"linestyle": (0, (1, 1.2)), "label": "random codes"}


def distance_histogram(
    within: Num[np.ndarray, " distances"],
    between: Num[np.ndarray, " distances"],
    *,
    ax: Axes | None = None,
    **reference: Any,
) -> Axes:
    r"""Draw the share of pairs at each Hamming distance 0..bits, of similar pairs and of others.

    Both arrive as counts per distance and are drawn as shares of their own total. The hatched
    part lies under both: no radius separates it. The thin curve is what random codes give,
    $\binom{K}{d} 2^{-K}$ around $K/2$. `reference` goes to the `Axes.plot` of that curve.
    """
    ax = ax or new_axes(height=3.6)
    bits = len(within) - 1
    totals = [float(np.sum(within)), float(np.sum(between))]
    if bits < 1 or not any(totals):
        return nothing(ax, "No distances to draw: there are no pairs.")
    shares = [within / max(totals[0], 1), between / max(totals[1], 1)]
    edges = np.arange(bits + 2) - 0.5
    handles = []
    for place, share in enumerate(shares):
        color, name = class_color(place), ("share a label", "share none")[place]
        name += "" if share.any() else " (no such pair)"
        if share.any():
            # Only where there are pairs, so that no line runs along the bottom.
            low, high = np.flatnonzero(share)[[0, -1]] + [0, 1]
            part, rim = share[low:high], edges[low : high + 1]
            ax.stairs(part, rim, fill=True, color=color, alpha=0.35, linewidth=0)
            ax.stairs(part, rim, color=color, linewidth=1.6, label=name)
        handles.append(patch(name, (color, 0.35), edgecolor=color, linewidth=1))
    both = np.minimum(*shares)
    if both.any():
        hatched: dict[str, Any] = {"facecolor": "none", "edgecolor": ink(), "hatch": "////"}
        ax.stairs(both, edges, fill=True, linewidth=0, label="under both", **hatched)
        handles.append(patch(f"under both ({both.sum():.0%})", **hatched))
    random = np.array([math.comb(bits, d) / 2**bits for d in range(bits + 1)])
    style = {"color": muted(), "linewidth": 1.3, **DOTTED}
    handles += ax.plot(np.arange(bits + 1), random, **{**style, **reference})
    top = max(1.06 * np.max(shares), 1.1 * random.max())
    ax.set(xlim=(-0.5 - 0.01 * bits, bits + 0.5), ylim=(0, top))
    share_axis(ax, "Share of the pairs")
    distance_axis(ax, bits)
    mark_x(ax, bits / 2, f"bits/2 = {bits / 2:g}")
    legend_above(ax, handles, columns=2, lift=22)
    return ax


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
    ax = ax or new_axes(height=3.6)
    n = int(np.sum(sizes))
    if not n:
        return nothing(ax, "No buckets to draw: there are no codes.")
    column = np.ceil(np.log2(np.maximum(sizes, 1))).astype(int)
    columns = int(column.max()) + 1
    place = np.arange(columns)
    share = np.bincount(column, weights=sizes, minlength=columns) / n
    ax.bar(place, share, **{"width": 0.8, "color": class_color(0), "alpha": 0.55, **bars})
    top = float(share.max())
    handles: list[Any] = []
    if strangers is not None:
        wrong = np.bincount(column, weights=strangers, minlength=columns) / n
        style: dict[str, Any] = {"facecolor": "none", "edgecolor": ink(), "hatch": "////"}
        ax.bar(place, wrong, width=0.8, linewidth=0, **style)
        handles.append(patch(f"beside a stranger ({np.sum(strangers) / n:.1%})", **style))
    if chance is not None:
        of = np.ceil(np.log2(np.arange(1, len(chance) + 1))).astype(int)
        random = np.bincount(of, weights=chance, minlength=columns)[:columns]
        top = max(top, float(random.max()))
        style = {"color": muted(), "markersize": scaled(6), "label": "random codes"}
        handles += ax.plot(place, random, "D", **style)
    names = ["1", "2", *(f"{2 ** (i - 1) + 1:,}–{2**i:,}" for i in range(2, columns))][:columns]
    ax.set(xlabel="Images in the bucket", xlim=(-0.6, max(columns, 4) - 0.4), ylim=(0, 1.06 * top))

    def too_wide() -> bool:
        room = size_in_points(ax)[0] / max(columns, 4)
        return bool(scaled(6.6 * max(map(len, names)) + 6) > room)

    if too_wide():
        names = [f"{2**i:,}" for i in range(columns)]
        ax.set_xlabel("Images in the bucket, at most")
    ax.set_xticks(place, names, rotation=90 if too_wide() else 0)
    ax.tick_params(axis="x", length=0)
    share_axis(ax, "Share of the images")
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
    ax = ax or new_axes(height=3.8)
    bits = len(found) - 1
    if bits < 1 or not database:
        return nothing(ax, "No balls to draw: the database is empty or the codes have no bits.")
    cells = np.asarray(cells, float)
    low, high = 0.5 / max(database, 10), 40.0 * database
    color, other = class_color(0), class_color(1)
    marks = {"marker": "o", "markersize": scaled(4), "markevery": few_marks(bits + 1)}
    dashed: dict[str, Any] = {"color": other, "linestyle": "--", "label": "cells in ball"}
    handles: list[Any] = []
    for values, style in (
        (found, {"color": color, "label": "found", **marks, **line}),
        (database * cells / cells[-1], {"color": muted(), **DOTTED}),
        (cells, dashed),
    ):
        inside = (values >= low) & (values <= high)
        handles += ax.plot(np.arange(bits + 1), np.where(inside, values, np.nan), **style)
    ax.set(yscale="log", ylim=(low, high), xlim=(-0.5, bits + 0.5), ylabel="Images (log scale)")
    labels = [(float(database), f"all {database:,}", muted()), (1.0, "1 image", muted())]
    for value, _, _ in labels:
        mark_y(ax, value)
    more = np.flatnonzero(cells > database)
    if len(more):
        ax.axvspan(float(more[0]) - 0.5, bits + 0.5, color=other, alpha=0.08, linewidth=0)
        handles.append(patch("scan is faster", other, alpha=0.14))
    distance_axis(ax, bits, "Radius (bits)")
    ax.yaxis.set_major_locator(LogLocator(numticks=7))
    ax.yaxis.set_ticks([], minor=True)
    end_labels(ax, labels)
    legend_above(ax, handles, columns=2)
    return ax


def hamming_rings(
    query_image: Shaped[np.ndarray, "..."],
    images: Sequence[Shaped[np.ndarray, "..."]],
    distances: Int[np.ndarray, " images"],
    radius: int,
    *,
    relevant: Bool[np.ndarray, " images"] | None = None,
    ax: Axes | None = None,
    **image: Any,
) -> Axes:
    """Draw the query in the middle, images on the ring of their distance; the ball is shaded.

    The innermost ring is distance 0; the numbers of the rings stand where no image is. Images
    outside the ball are pale. A right one (`relevant`) has a solid frame, a wrong one a dashed
    frame. Where on its ring an image stands says nothing. `image` is set on every `AxesImage` of
    the rings.
    """
    ax = ax or new_axes(4.6, 4.6)
    if not len(images):
        return nothing(ax, "No rings to draw: there is no image.")
    last = int(np.max(distances))
    # Rings one unit apart, the innermost clear of the query: reach = inner + last + 0.6 side + 0.5.
    side = 0.15 * (last + 1) / (1 - 0.15 * 1.75)
    inner = 1.15 * side + 0.5
    reach = inner + last + 0.6 * side + 0.5
    ball = min(radius, last) + inner + 0.5
    ax.add_patch(Circle((0, 0), ball, facecolor=faint(), linewidth=0, zorder=0))
    for ring in range(last + 1):
        color, width = (ink(), 1.4) if ring == radius else (muted(), 0.5)
        look: dict[str, Any] = {"edgecolor": color, "linewidth": width, "zorder": 1}
        ax.add_patch(Circle((0, 0), inner + ring, fill=False, **look))
    right, wrong = right_wrong()
    middles = []
    for ring in np.unique(distances).tolist():
        here = np.flatnonzero(distances == ring)
        turns = GOLDEN * ring + 2 * np.pi * np.arange(len(here)) / len(here)
        pale = {} if ring <= radius else {"alpha": 0.3}
        for place, turn in zip(here.tolist(), turns.tolist(), strict=True):
            x, y = (inner + ring) * math.cos(turn), (inner + ring) * math.sin(turn)
            middles.append((x, y))
            rim = None
            if relevant is not None and ring <= radius:
                color, line = (right, "-") if relevant[place] else (wrong, (0, (2, 1)))
                rim = {"edgecolor": color, "linestyle": line, "linewidth": 1.6}
            draw_picture(ax, images[place], x, y, side, rim, **{**pale, **image})
    rim = {"edgecolor": ink(), "linewidth": 1.8, "zorder": 4}
    draw_picture(ax, query_image, 0, 0, 1.2 * side, rim)
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
    ax.set_axis_off()
    unit = min(size_in_points(ax)) / (2 * reach)
    step = max(-(-(last + 1) // 6), math.ceil(scaled(13) / unit))
    for ring in range(0, last + 1, step):
        letters = np.array([6.2 * len(str(ring)), 11.0]) * scaled(1) / unit
        x, y = _free_place(inner + ring, np.array(middles), (side + letters) / 2)
        ax.text(x, y, str(ring), ha="center", va="center", size="small", color=ink(),
                path_effects=halo(), zorder=5)  # fmt: skip
    return ax


def _free_place(ring: float, taken: np.ndarray, apart: np.ndarray) -> np.ndarray:
    """Return the lowest place on a ring that is `apart` from all that are taken.

    Where the ring is full, the place that is covered least.
    """
    turns = np.deg2rad(-90 + np.array([0, *(s * a for a in range(3, 181, 3) for s in (1, -1))]))
    places = ring * np.column_stack([np.cos(turns), np.sin(turns)])
    clear = (np.abs(places[:, None] - taken) / apart).max(2).min(1)
    return places[int(np.argmax(np.minimum(clear, 1)))]


def ring_population(
    counts: Num[np.ndarray, " distances"],
    expected: Num[np.ndarray, " distances"],
    radius: int,
    *,
    ax: Axes | None = None,
    **bars: Any,
) -> Axes:
    r"""Draw images on each ring, against the $N \binom{b}{d} 2^{-b}$ that random codes put there.

    Bars inside the ball are full, the others pale. `bars` goes to the `Axes.bar` of the images.
    """
    ax = ax or new_axes(height=3.4)
    bits = len(counts) - 1
    if bits < 1 or not np.any(counts):
        return nothing(ax, "No rings to draw: there is no image or no bit.")
    ring = np.arange(bits + 1)
    style: dict[str, Any] = {"width": 0.86, "color": class_color(0), **bars}
    drawn = ax.bar(ring, counts, **style, label="images in the ball")
    for bar in drawn[radius + 1 :]:
        bar.set_alpha(0.35)
    marks = {"marker": "o", "markersize": 3, "label": "random codes"}
    ax.plot(ring, expected, color=ink(), linewidth=1.4, **marks)
    mark_x(ax, radius + 0.5)
    ax.set(xlim=(-0.7, bits + 0.7), xlabel="Hamming distance (bits)", ylabel="Images")
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    ax.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    legend_above(ax)
    return ax
