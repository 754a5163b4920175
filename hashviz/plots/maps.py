"""Maps of codes: bubbles or thumbnails, and what must not be read from them."""

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Int, Shaped
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from hashviz.plots.canvas import draw_picture
from hashviz.plots.frames import size_in_points
from hashviz.plots.looks import MARKERS, class_marker
from hashviz.plots.marks import dot, legend_above
from hashviz.plots.notes import REMARK, name_points, nothing, plain
from hashviz.plots.palette import class_color, faint, ink, muted, new_axes, paper

__all__ = ["LAYOUT_NAMES", "NOT_TO_READ", "bubble_classes", "code_map", "code_map_size"]
__all__ += ["thumbnail_map"]

NOT_TO_READ = {
    "umap": "Do not read from this map how far apart two islands are, how large one is, or where "
    "it lies: only who is near whom is kept, and that not everywhere.",
    "pca": "Do not read from this map that points which touch are alike: it shows two directions "
    "of many, and they may differ in all the others.",
    "distances": "Do not read from this map exact distances: a plane cannot hold those of many "
    "codes, and the error is shared among all pairs.",
}
"""What must not be read from a map, by the method that drew it; stands under the figure."""

LAYOUT_NAMES = {
    "umap": "UMAP", "pca": "principal components", "distances": "least error of distances"
}  # fmt: skip
"""How the method of a map is called in a figure."""

DOUBTED = 0.9
"""Below this trust a bubble is hollow: its neighbors on the map are not its neighbors in truth."""

TINY = 3.0
"""Square points below which a bubble is too small to be hollow, and pale instead."""

SIDE = 16
"""The side of a thumbnail in points."""


def code_map(
    positions: Float[np.ndarray, "points 2"],
    counts: Int[np.ndarray, " points"] | None = None,
    labels: Shaped[np.ndarray, "points classes"] | None = None,
    *,
    class_names: Sequence[str] | None = None,
    centers: Int[np.ndarray, " centers"] | None = None,
    trust: Float[np.ndarray, " points"] | None = None,
    only: int | None = None,
    method: str | None = "umap",
    ax: Axes | None = None,
    **points: Any,
) -> Axes:
    """Draw a bubble per distinct code, its area the number of images that have it.

    `labels` counts the images of each class at each point (`Projection.class_counts`). The color is
    the class that most of the images have, of equals the one that is rarest in the whole map; with
    `only`, one label stands out against gray, which is the better way to look at images of several
    labels. `centers` are the points where the hash centers lie, a star in
    the color of the class. A bubble with `trust` below `DOUBTED` is hollow, or pale where bubbles
    are too small for that. Under the figure stands what must not be read from a map of this method;
    None leaves it out. `points` goes to the `Axes.scatter` of the bubbles.
    """
    ax = ax or new_axes(6.4, 6.0)
    n = len(positions)
    if n == 0:
        return nothing(ax, "No map to draw: there is no code.")
    counts = np.ones(n, np.int64) if counts is None else counts
    labels = np.zeros((n, 0), int) if labels is None else labels
    trust = np.full(n, np.nan) if trust is None else trust
    _draw_frame(ax, positions)
    kinds, colors = _classes(labels, counts, only)
    # The smallest bubble is smaller where very many share the frame, and all bubbles together
    # cover a twelfth of it.
    width, height = size_in_points(ax)
    narrow = min(width, height)
    floor = float(np.clip(narrow**2 / (4 * n), 0.8, 5.0))
    most = (narrow / 13) ** 2 / max(counts.max(), 1), width * height / 12 / max(counts.sum(), 1)
    area = np.maximum(min(*most, 40.0) * counts, floor)
    doubted = trust < DOUBTED
    # The small on top of the large, equal ones in no order: whoever is drawn last is seen most.
    behind = kinds < 0 if only is None else kinds >= 0
    order = np.lexsort((np.random.default_rng(0).permutation(n), -area, behind))
    order = order[counts[order] > 0]
    _draw_bubbles(ax, positions, order, area, kinds, colors, doubted, floor < TINY, points)
    if centers is not None and len(centers):
        tones = [class_color(i) if labels.shape[1] else ink() for i in range(len(centers))]
        if only is not None:
            tones = [tone if i == only else muted() for i, tone in enumerate(tones)]
        # Large enough to be found, and never so many that they hide the codes.
        star = min(170, 0.003 * width * height, 2400 / len(centers))
        rim: dict[str, Any] = {"edgecolors": ink(), "linewidths": 1.1 if star > 90 else 0.6}
        look = {"s": max(star, 36), "marker": "*", "c": tones, "label": "centers", **rim}
        ax.scatter(*positions[centers].T, **look, zorder=4)
    _draw_key(ax, counts, kinds, class_names, labels.shape[1], only, positions)
    remarks = []
    own = np.take_along_axis(labels, np.maximum(kinds, 0)[:, None], 1) if labels.size else counts
    strange = 1 - float(own.sum()) / max(float(counts.sum()), 1.0)
    if only is None and strange >= 0.005:
        remarks.append(f"{strange:.0%} of the images have another class than their bubble.")
    if counts.max() > 1:
        remarks.append(f"The largest bubble is {counts.max():,} images with one code.")
    if np.isfinite(trust).any():
        share = counts[doubted].sum() / max(counts[np.isfinite(trust)].sum(), 1)
        look = "Pale" if floor < TINY else "Hollow"
        remarks.append(f"{look}: trust below {DOUBTED:g}, {share:.0%} of the images.")
    _write_under(ax, [*remarks, NOT_TO_READ.get(method or "", "")])
    return ax


def code_map_size(width: float | int = 6.4, classes: int = 10) -> tuple[float, float]:
    """Return the width and height in inches at which a map with key and remarks fills a figure."""
    points = 72 * width
    rows = -(-(min(classes, 10) + 1) // max(1, int(points / 95))) if classes else 0
    lines = -(-300 // int(0.775 * points / 5))
    return float(width), width + (18 * rows + 13 * lines + 14) / 72


def thumbnail_map(
    positions: Float[np.ndarray, "points 2"],
    images: Shaped[np.ndarray, "points ..."],
    *,
    kinds: ArrayLike | None = None,
    counts: ArrayLike | None = None,
    method: str = "umap",
    ax: Axes | None = None,
    **image: Any,
) -> Axes:
    """Draw the pictures where their codes lie, as many as fit without covering each other.

    `images` are uint8, one for each point; points with many images (`counts`) come first, and the
    title says how many are shown. `kinds` gives the class of each, drawn as a rim in its color:
    those of `bubble_classes`, so that pictures and bubbles agree; gray where it is -1. `image` is
    set on every picture (`AxesImage.set`).
    """
    ax = ax or new_axes(6.4, 6.0)
    n = len(positions)
    if n == 0:
        return nothing(ax, "No map to draw: there is no picture.")
    _draw_frame(ax, positions)
    _write_under(ax, [NOT_TO_READ[method]])
    side = SIDE * np.ptp(ax.get_xlim()) / min(size_in_points(ax))
    kinds = np.full(n, -1) if kinds is None else np.asarray(kinds)
    placed: list[int] = []
    for point in np.argsort(-np.asarray(np.zeros(n) if counts is None else counts), kind="stable"):
        if (np.abs(positions[placed] - positions[point]).max(1) >= 1.13 * side).all():
            placed.append(int(point))
    # A picture each, and its rim as a shape: a page stores pictures once for both themes.
    for point in placed:
        x, y = positions[point].tolist()
        draw_picture(ax, images[point], x, y, side, **image)
        left, right, low, high = ax.images[-1].get_extent()
        rim = muted() if kinds[point] < 0 else class_color(int(kinds[point]))
        look: dict[str, Any] = {"edgecolor": rim, "linewidth": SIDE / 11, "zorder": 2}
        ax.add_patch(Rectangle((left, low), right - left, high - low, fill=False, **look))
    ax.set_title(f"{len(placed):,} of {n:,} codes, one picture each", size="medium", gid=REMARK)
    return ax


def _write_under(ax: Axes, sentences: Sequence[str]) -> None:
    """Write sentences below the frame, broken to its width."""
    letters = max(24, int(min(size_in_points(ax)) / 5.0))  # the frame becomes a square
    text = textwrap.fill(" ".join(sentences).strip(), letters)
    ax.set_xlabel(text, size="small", color=muted(), loc="left", gid=REMARK)


def _draw_frame(ax: Axes, positions: np.ndarray) -> None:
    """Draw a square frame of one scale, without ticks: the axes of a map mean nothing."""
    low, high = positions.min(0), positions.max(0)
    half = max(float((high - low).max()), 1e-9) * 0.58
    x, y = (low + high) / 2
    ax.set(xlim=(x - half, x + half), ylim=(y - half, y + half), xticks=[], yticks=[])
    ax.set_aspect("equal", adjustable="box")
    ax.spines[:].set(visible=True, color=faint())


def bubble_classes(labels: Shaped[np.ndarray, "points classes"]) -> Int[np.ndarray, " points"]:
    """Return the class that colors each point in every map: that of most images, -1 for none.

    Of equals it is the rarest class. `labels` counts the images of each class at each point, of the
    whole map: which class is the rarest depends on all points.

    >>> bubble_classes(np.array([[1, 1], [1, 0], [0, 0]])).tolist()
    [1, 0, -1]
    """
    if labels.shape[1] == 0:
        return np.full(len(labels), -1)
    rarest_first = np.argsort(labels.sum(0), kind="stable")
    return np.where(labels.any(1), rarest_first[labels[:, rarest_first].argmax(1)], -1)


def _classes(
    labels: np.ndarray, counts: np.ndarray, only: int | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the class that gives each bubble its color and marker, -1 for none; and the colors."""
    classes = labels.shape[1]
    kinds, none = bubble_classes(labels), muted() if classes else class_color(0)
    if only is not None and classes:
        kinds = np.where(labels[:, only] * 2 >= np.maximum(counts, 1), only, -1)
        none = faint()
    tones = np.array([to_rgba(tone) for tone in (none, *map(class_color, range(classes)))])
    return kinds, tones[kinds + 1]


def _draw_bubbles(
    ax: Axes, positions: np.ndarray, order: np.ndarray, area: np.ndarray, kinds: np.ndarray,
    colors: np.ndarray, doubted: np.ndarray, tiny: bool, points: dict[str, Any],
) -> None:  # fmt: skip
    """Draw in `order`, in slices that hold all markers, so that no class lies over the others."""
    page = np.broadcast_to(to_rgba(paper()), colors.shape)
    weak = doubted[:, None]
    if tiny:
        faces, edges = np.where(weak, 0.35 * colors + 0.65 * page, colors), page
    else:
        faces, edges = np.where(weak, page, colors), np.where(weak, colors, page)
    widths = np.zeros(len(kinds)) if tiny else np.where(doubted, 1.1, 0.3)
    markers = np.maximum(kinds, 0) // 8 % len(MARKERS)
    slices = 1 if len(np.unique(markers)) == 1 else min(24, 1 + len(order) // 100)
    style: dict[str, Any] = {"alpha": 0.85, "zorder": 2, "rasterized": len(order) > 500}
    for part in np.array_split(order, slices):
        for marker in dict.fromkeys(markers[part].tolist()):
            some = part[markers[part] == marker]
            look = {"c": faces[some], "edgecolors": edges[some], "linewidths": widths[some]}
            look |= {"s": area[some], "marker": MARKERS[marker], **style, **points}
            ax.scatter(*positions[some].T, **look)


def _draw_key(
    ax: Axes, counts: np.ndarray, kinds: np.ndarray, names: Sequence[str] | None, classes: int,
    only: int | None, positions: np.ndarray,
) -> None:  # fmt: skip
    """Name the classes above the map, and where there are many of them in their places."""
    shown = [plain(name, 14) for name in names or range(classes)]
    present = [i for i in range(classes) if (kinds == i).any()]
    marks = [(shown[i], class_marker(i), class_color(i)) for i in present if len(present) <= 10]
    if only is not None:
        text = f"{shown[only]} ({counts[kinds == only].sum():,} images)"
        marks = [(text, class_marker(only), class_color(only)), ("other labels", "o", faint())]
    handles = [dot(*mark[:2], 8, markeredgewidth=0, color=mark[2]) for mark in marks]
    if only is None and classes > 1:
        # The largest first, above its images: an island may be smaller than its name.
        present.sort(key=lambda i: -int(counts[kinds == i].sum()))
        middles = (_middle(ax, positions, counts, kinds == i) for i in present)
        named = [(shown[i], *middle) for i, middle in zip(present, middles, strict=True)]
        name_points(ax, named, ways=[(0, 4)])
    if any(scatter.get_label() == "centers" for scatter in ax.collections):
        handles.append(dot("hash center", "*", 11, markeredgecolor=ink()))
    legend_above(ax, handles, columns=6)


def _middle(
    ax: Axes, positions: np.ndarray, counts: np.ndarray, mine: np.ndarray
) -> tuple[float, float]:
    """Return the point of a class where most of its images lie close together.

    The middle of a class may belong to others.
    """
    mine, low = np.flatnonzero(mine), (ax.get_xlim()[0], ax.get_ylim()[0])
    weights = np.maximum(counts[mine], 1)
    cells = ((positions[mine] - low) / np.ptp(ax.get_xlim()) * 12).astype(int) @ (1, 100)
    here = cells == np.bincount(cells, weights).argmax()
    middle = np.average(positions[mine[here]], axis=0, weights=weights[here])
    x, y = positions[mine[here][((positions[mine[here]] - middle) ** 2).sum(1).argmin()]]
    return float(x), float(y)
