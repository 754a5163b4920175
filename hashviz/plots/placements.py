"""Placements of hash centers: how far apart they can be, and what labels make of several."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Int8, Num
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.ticker import MaxNLocator

from hashviz.plots.marks import (
    bit_axis,
    dot,
    end_labels,
    label_rows,
    legend_above,
    note_above,
    nothing,
    patch,
    plain,
    size_in_points,
    stroke,
    tone_legend,
    vertical_reference,
)
from hashviz.plots.palette import (
    LINE_STYLES,
    MARKERS,
    MINUS,
    PLUS,
    class_color,
    code_map,
    faint,
    ink,
    muted,
    new_axes,
    paper,
    scaled,
)

__all__ = [
    "codes_around_centers",
    "distance_meter",
    "majority_vote",
    "merged_distances",
    "minimum_distances",
]


def minimum_distances(
    classes: Num[np.ndarray, " sizes"],
    schemes: Mapping[str, Num[np.ndarray, " sizes"]],
    *,
    bits: int,
    plotkin: Num[np.ndarray, " sizes"] | None = None,
    gilbert_varshamov: Num[np.ndarray, " sizes"] | None = None,
    ax: Axes | None = None,
    **line: Any,
) -> Axes:
    """Draw the smallest distance of centers against the number of classes, for several schemes.

    nan where a scheme cannot place so many classes. Above `plotkin` no placement reaches, at
    `gilbert_varshamov` some placement certainly is. Every number of classes has a column of its
    own, in which the schemes stand beside each other: equal ones are seen as equal. `line` goes to
    the `Axes.plot` of each scheme.
    """
    ax = new_axes(height=4.0) if ax is None else ax
    known = {k: np.asarray(v, float) for k, v in schemes.items() if np.isfinite(v).any()}
    if not len(classes) or not known:
        return nothing(ax, "No distances to draw: no scheme places so many classes.")
    top = bits * 1.04
    columns = np.arange(len(classes))
    edges = np.repeat(np.arange(len(classes) + 1) - 0.5, 2)[1:-1]
    handles = []
    if plotkin is not None:
        ax.fill_between(edges, np.repeat(plotkin, 2), top, color=faint(), linewidth=0)
        ax.plot(edges, np.repeat(plotkin, 2), color=muted(), linewidth=0.9)
        handles.append(patch("impossible (Plotkin)", faint()))
    pitch = 0.8 / len(known)
    size = float(np.clip(0.7 * pitch * size_in_points(ax)[0] / len(columns), 2.5, scaled(6.5)))
    for place, (name, values) in enumerate(known.items()):
        style = {"linestyle": LINE_STYLES[place % len(LINE_STYLES)], "linewidth": scaled(0.8)}
        style = {**_numbered(place, name, size), **style}
        at = columns + pitch * (place - (len(known) - 1) / 2)
        handles.append(ax.plot(at, values, **{**style, **line})[0])
    if gilbert_varshamov is not None:
        style: dict[str, Any] = {"color": ink(), "linewidth": 1.3, "linestyle": (0, (1, 1.2))}
        label = "Gilbert-Varshamov"
        handles += ax.plot(edges, np.repeat(gilbert_varshamov, 2), label=label, **style)
    ax.vlines(columns[1:] - 0.5, 0, top, color=faint(), linewidth=0.8, zorder=0)
    ax.axhline(bits / 2, color=muted(), linewidth=0.9, linestyle=(0, (4, 3)), zorder=1.5)
    ax.set(xlim=(-0.5, len(columns) - 0.5), ylim=(0, top))
    ax.set(xlabel="Classes", ylabel="Closest two centers (bits)")
    label_rows(ax, [f"{c:g}" for c in classes], columns, axis="x")
    end_labels(ax, [(bits / 2, f"bits/2 = {bits / 2:g}", muted())])
    legend_above(ax, handles, columns=2)
    return ax


WORDED = {
    "hadamard": "Hadamard",
    "hadamard-first": "first Hadamard rows",
    "linear": "linear code",
    "random": "balanced, random",
    "label-set": "a coin for each label set",
    "shared": "one coin for all",
    "first-label": "the first label decides",
}
"""Keys of `hashviz.centers` as a figure writes them."""


def _numbered(place: int, name: str, size: float) -> dict[str, Any]:
    """Return the color, marker and label of the scheme or rule at that place."""
    look = {"color": class_color(place), "marker": MARKERS[place % len(MARKERS)]}
    return {**look, "markersize": size, "label": plain(WORDED.get(name, name), 26)}


def distance_meter(
    minimum: int,
    *,
    bits: int,
    plotkin: float | int,
    gilbert_varshamov: float | int,
    ax: Axes | None = None,
    **bar: Any,
) -> Axes:
    """Draw the distance of the closest two centers as a bar, on a scale of what is possible.

    Hatched: no placement gets there (Plotkin). At the dotted line some placement certainly is
    (Gilbert and Varshamov). `bar` goes to the `Axes.barh` of the distance.
    """
    ax = new_axes(height=1.3) if ax is None else ax
    if not bits:
        return nothing(ax, "No distance to draw: the centers have no bits.")
    beyond: dict[str, Any] = {"edgecolor": muted(), "hatch": "////", "linewidth": 0}
    ax.barh(0, bits - plotkin, left=plotkin, height=1.0, facecolor=faint(), **beyond)
    style: dict[str, Any] = {"color": class_color(0), "height": 0.7}
    ax.barh(0, minimum, **{**style, **bar})
    dotted: dict[str, Any] = {"color": ink(), "linewidth": 1.8, "linestyle": (0, (1, 1.2))}
    ax.axvline(gilbert_varshamov, **dotted)
    ax.set(xlim=(0, bits), ylim=(-0.5, 0.5), xlabel="Hamming distance (bits)")
    ax.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    handles = [
        patch("closest two centers", style["color"]),
        stroke("Gilbert-Varshamov", **dotted),
        patch("impossible (Plotkin)", faint(), **beyond),
    ]
    legend_above(ax, handles, columns=3)
    return ax


def majority_vote(
    centers: Int8[np.ndarray, "labels bits"],
    merged: Int8[np.ndarray, " bits"] | None = None,
    *,
    names: Sequence[str] | None = None,
    ax: Axes | None = None,
    **image: Any,
) -> Axes:
    """Draw what the centers of one image's labels become: one target with coin tosses, or several.

    The rows above are the centers of its labels. Below, their majority vote: where the centers
    draw, a coin decides, and the cell is cut in two (with `merged`, up to 40 bits, the dot has the
    tone the coin fell on). The last row is what remains when the centers are kept apart: where
    they disagree each pulls its own way, and the bit is left to the image. `image` goes to
    `Axes.imshow`.
    """
    count, bits = centers.shape
    ax = new_axes(height=2.1 + 0.28 * (count + 2)) if ax is None else ax
    if not count or not bits:
        return nothing(ax, "No vote to draw: the image has no label.")
    votes = centers.astype(int).sum(0)
    tied = votes == 0
    agreed = np.abs(votes) == count
    style: dict[str, Any] = {"cmap": code_map(), "vmin": -1, "vmax": 1, "aspect": "auto", **image}
    ax.imshow(centers, **{**style, "extent": (-0.5, bits - 0.5, count - 0.5, -0.5)})
    low = count + 0.45
    for row, decided in ((low, ~tied), (low + 1.25, agreed)):
        shown = np.ma.masked_array(np.sign(votes)[None], ~decided[None])
        ax.imshow(shown, **{**style, "extent": (-0.5, bits - 0.5, row + 0.5, row - 0.5)})
        halves = ((-0.5, 0.0, PLUS), (0.0, 0.5, MINUS)) if row == low else ((-0.5, 0.5, faint()),)
        for up, down, color in halves:
            cells = [
                [(bit - 0.5, row + up), (bit + 0.5, row + up),
                 (bit + 0.5, row + down), (bit - 0.5, row + down)]
                for bit in np.flatnonzero(~decided)
            ]  # fmt: skip
            ax.add_collection(PolyCollection(cells, facecolor=color, linewidth=0))
    if merged is not None and tied.any() and bits <= 40:
        size = float(np.clip(0.4 * size_in_points(ax)[0] / bits, 2.0, 7.0))
        for value, tone in ((1, PLUS), (-1, MINUS)):
            where = np.flatnonzero(tied & (merged == value))
            look: dict[str, Any] = {"markeredgecolor": paper(), "markeredgewidth": 0.8}
            ax.plot(where, np.full(len(where), low), "o", color=tone, markersize=size, **look)
    bottom = low + 1.25 + 0.55
    if bits <= 80:
        width = 0.8 if bits <= 40 else 0.4
        ax.vlines(np.arange(1, bits) - 0.5, -0.5, bottom, color=paper(), linewidth=width, zorder=2)
    ax.hlines(np.arange(1, count) - 0.5, -0.5, bits - 0.5, color=paper(), linewidth=1.2, zorder=2)
    ax.set(xlim=(-0.5, bits - 0.5), ylim=(bottom, -0.5))
    given = names[:count] if names else [f"label {i}" for i in range(count)]
    shown_names = [plain(n, 16) for n in given]
    rows = [*range(count), low, low + 1.25]
    label_rows(ax, [*shown_names, "majority vote", "kept apart"], rows)
    bit_axis(ax, bits)
    ax.spines[:].set_visible(False)
    coins, pulled = int(tied.sum()), int((~agreed).sum())
    halves = {"fillstyle": "top", "markerfacecolor": PLUS, "markerfacecoloralt": MINUS}
    rim = {"markeredgecolor": muted(), "markeredgewidth": 0.5}
    tossed = dot(f"coin toss: {coins}", "s", 9, **halves, **rim)
    tone_legend(ax, [tossed, patch(f"pulled both ways: {pulled}", faint())])
    return ax


def merged_distances(
    distances: Mapping[str, Num[np.ndarray, " pairs"]],
    pairs: Sequence[str],
    *,
    bits: int,
    ax: Axes | None = None,
    **points: Any,
) -> Axes:
    """Draw how far apart the targets of two images are, by what their labels share and by tie rule.

    One row for each kind of pair (`pairs`), one mark for each rule for ties, one below the other.
    Images that share
    nothing belong at bits/2, where two unrelated single labels are. `points` goes to `Axes.plot`.
    """
    ax = new_axes(height=1.6 + 0.5 * len(pairs)) if ax is None else ax
    if not distances or not len(pairs):
        return nothing(ax, "No distances to draw: there is no pair of targets.")
    rows = np.arange(len(pairs))
    for row in range(1, len(rows)):
        ax.axhline(row - 0.5, color=faint(), linewidth=1.0, zorder=0)
    tall = size_in_points(ax)[1] / len(pairs)
    size = float(np.clip(0.6 * tall / len(distances), 3, scaled(8)))
    handles = []
    for place, (name, values) in enumerate(distances.items()):
        style = {"linestyle": "none", "markeredgecolor": paper()}
        style = {**_numbered(place, name, size), **style}
        lift = 0.78 / len(distances) * (place - (len(distances) - 1) / 2)
        handles.append(ax.plot(values, rows + lift, **{**style, **points})[0])
    vertical_reference(ax, bits / 2, f"unrelated: bits/2 = {bits / 2:g}")
    ax.set(ylim=(len(pairs) - 0.5, -0.5), xlim=(-0.02 * bits, 0.62 * bits))
    ax.set_xlabel("Distance of the targets (bits)")
    label_rows(ax, [plain(p, 40) for p in pairs], rows)
    ax.spines["left"].set_visible(False)
    legend_above(ax, handles, lift=22)
    return ax


def codes_around_centers(
    own: Num[np.ndarray, " n"],
    other: Num[np.ndarray, " n"],
    *,
    bits: int,
    right: Bool[np.ndarray, " n"] | None = None,
    ax: Axes | None = None,
    **points: Any,
) -> Axes:
    """Draw how far codes lie from their own and the nearest other center, as bubbles of images.

    Below the diagonal (shaded) another class is as near as the own one or nearer: such codes are
    misplaced, and have diamonds with a scale of their own. Marks grow with the number of images at
    the same two distances. `right` says who counts as well placed (default:
    nearer to the own center). `points` goes to `Axes.scatter`.
    """
    ax = new_axes(height=4.6) if ax is None else ax
    if not len(own):
        return nothing(ax, "No codes to draw around centers: there is no image or one class only.")
    good = own < other if right is None else right
    places, counts = np.unique(np.column_stack([own, other]), axis=0, return_counts=True)
    width, height = size_in_points(ax)
    top = float(max(np.max(own), np.max(other), bits / 2)) + 1
    biggest = (0.06 * min(width, height)) ** 2
    ax.fill_between([-1, top + 1], [-1, top + 1], -1.0, color=faint(), linewidth=0, zorder=0)
    wrong = places[:, 0] >= places[:, 1]
    handles = []
    for some, color, marker, least, name in (
        (~wrong, class_color(0), "o", 2.0, "nearer to its own center"),
        # Few among many, and what the figure is looked at for: never smaller than can be seen.
        (wrong, class_color(3), "D", 26.0, "misplaced, drawn larger"),
    ):
        images = int(counts[some].sum())
        sizes = np.clip(biggest * counts[some] / counts[some].max(initial=1), least, None)
        style: dict[str, Any] = {"s": sizes, "color": color, "marker": marker, "alpha": 0.75}
        if images:
            edge = {"linewidths": 0.6 if marker == "D" else 0, "edgecolors": paper()}
            ax.scatter(*places[some].T, **{**style, **edge, **points}, zorder=2)
        handles.append(dot(f"{name} ({images:,})", marker, color=color))
    ax.set(xlim=(-0.9, top), ylim=(-0.9, top))
    ax.set(xlabel="To the own center (bits)", ylabel="To the nearest other center (bits)")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MaxNLocator(8, integer=True))
    share = float(np.mean(good))
    note_above(ax, f"{share:.1%} are nearest to their own center", 6, va="baseline", color=ink())
    legend_above(ax, handles, lift=22)
    return ax
