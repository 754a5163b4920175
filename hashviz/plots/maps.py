"""Maps of codes: bubbles or thumbnails, and what must not be read from them."""

import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Int, Shaped
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from hashviz.plots.marks import (
    REMARK,
    dot,
    halo,
    legend_above,
    note,
    nothing,
    page,
    plain,
    size_in_points,
)
from hashviz.plots.palette import (
    MARKERS,
    class_color,
    class_marker,
    faint,
    ink,
    muted,
    new_axes,
    paper,
)

__all__ = [
    "LAYOUT_NAMES",
    "NOT_TO_READ",
    "bubble_classes",
    "code_map",
    "code_map_size",
    "same_frame",
    "thumbnail_map",
]

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

MULTI_LABEL_RULE = (
    "A bubble has the color of the label that most of its images carry; of equals, the rarest."
)
"""How a bubble whose images carry several labels gets its one color."""

DOUBTED = 0.9
"""Below this trust a bubble is hollow: its neighbors on the map are not its neighbors in truth."""

TINY = 3.0
"""Square points below which a bubble is too small to be hollow, and pale instead."""


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
    the class that most of the images have, of equals the one that is rarest in the whole map
    (`MULTI_LABEL_RULE`); with `only`, one label stands out against gray, which is the better way to
    look at images of several labels. `centers` are the points where the hash centers lie, a star in
    the color of the class. A bubble with `trust` below `DOUBTED` is hollow, or pale where bubbles
    are too small for that. Under the figure stands what must not be read from a map of this method;
    None leaves it out. `points` goes to the `Axes.scatter` of the bubbles.
    """
    ax = new_axes(6.4, 6.0) if ax is None else ax
    n = len(positions)
    if n == 0:
        return nothing(ax, "No map to draw: there is no code.")
    counts = np.ones(n, np.int64) if counts is None else counts
    _frame(ax, positions, method)
    kinds, colors = _classes(labels, counts, only)
    per_image = _area_per_image(ax, counts)
    floor = _smallest_area(ax, n)
    area = np.where(counts > 0, np.maximum(per_image * counts, floor), 0)
    known = np.isfinite(trust) if trust is not None else np.zeros(n, bool)
    doubted = known & (np.nan_to_num(1.0 if trust is None else trust, nan=1.0) < DOUBTED)
    # The small on top of the large, equal ones in no order: whoever is drawn last is seen most.
    behind = kinds < 0 if only is None else kinds >= 0
    order = np.lexsort((np.random.default_rng(0).permutation(n), -area, behind))
    order = order[counts[order] > 0]
    _bubbles(ax, positions, order, area, kinds, colors, doubted, floor < TINY, points)
    if centers is not None and len(centers):
        tones = [class_color(i) if labels is not None else ink() for i in range(len(centers))]
        if only is not None:
            tones = [tone if i == only else muted() for i, tone in enumerate(tones)]
        at = positions[centers]
        # Large enough to be found, and never so many that they hide the codes.
        star = min(170, 0.003 * float(np.prod(size_in_points(ax))), 2400 / len(centers))
        ax.scatter(at[:, 0], at[:, 1], s=max(star, 36), marker="*", c=tones, edgecolors=ink(),
                   linewidths=1.1 if star > 90 else 0.6, zorder=4, label="centers")  # fmt: skip
    _key(ax, counts, kinds, class_names, labels, centers, only, positions)
    remarks = _remarks(counts, doubted, known, floor < TINY, method)
    if labels is not None and labels.shape[1] and only is None:
        own = np.where(kinds >= 0, labels[np.arange(n), kinds], 0)
        strange = 1 - float(own.sum()) / max(float(counts.sum()), 1.0)
        if strange >= 0.005:
            remarks.insert(0, f"{strange:.0%} of the images have another class than their bubble.")
    under(ax, " ".join(remarks))
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
    side: float | int = 16,
    method: str | None = "umap",
    ax: Axes | None = None,
    **image: Any,
) -> Axes:
    """Draw the pictures where their codes lie, as many as fit without covering each other.

    `images` are uint8, one for each point; points with many images (`counts`) come first, and the
    title says how many are shown. `kinds` gives the class of each, drawn as a rim in its color:
    those of `bubble_classes`, so that pictures and bubbles agree; gray where it is -1. `side` is
    the size in points. `image` goes to the `Axes.imshow` of every picture.
    """
    ax = new_axes(6.4, 6.0) if ax is None else ax
    n = len(positions)
    if n == 0:
        return nothing(ax, "No map to draw: there is no picture.")
    _frame(ax, positions, method, margin=0.08)
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    room, tall = size_in_points(ax)
    per_unit = min(room / (right - left), tall / (high - low))
    half = side / 2 / per_unit
    order = np.argsort(-np.asarray(counts), kind="stable") if counts is not None else np.arange(n)
    placed: list[int] = []
    for point in order:
        if not placed or (np.abs(positions[placed] - positions[point]).max(1) >= 2.26 * half).all():
            placed.append(int(point))
    # A picture each, and its rim as a shape: a page stores pictures once for both themes.
    for point in placed:
        x, y = positions[point]
        kind = -1 if kinds is None else int(np.asarray(kinds)[point])
        pixels = images[point] if images.ndim == 4 else images[point][..., None]
        pixels = np.broadcast_to(pixels, (*pixels.shape[:2], 3))
        high_, wide_ = half * np.array(pixels.shape[:2]) / max(pixels.shape[:2])
        extent = (x - wide_, x + wide_, y - high_, y + high_)
        ax.imshow(pixels, **{"extent": extent, "zorder": 2, "aspect": "equal", **image})
        rim = muted() if kind < 0 else class_color(kind)
        look = {"edgecolor": rim, "linewidth": side / 11, "zorder": 2}
        corner = (x - wide_, y - high_)
        ax.add_patch(Rectangle(corner, 2 * wide_, 2 * high_, fill=False, **look))
    ax.set(xlim=(left, right), ylim=(low, high))
    ax.set_title(f"{len(placed):,} of {n:,} codes, one picture each", size="medium", gid=REMARK)
    return ax


def _remarks(
    counts: np.ndarray, doubted: np.ndarray, known: np.ndarray, tiny: bool, method: str | None
) -> list[str]:
    remarks = []
    if counts.max() > 1:
        remarks.append(f"The largest bubble is {counts.max():,} images with one code.")
    if known.any():
        share = counts[doubted].sum() / max(counts[known].sum(), 1)
        look = "Pale" if tiny else "Hollow"
        remarks.append(f"{look}: trust below {DOUBTED:g}, {share:.0%} of the images.")
    return remarks + ([] if method is None else [NOT_TO_READ[method]])


def same_frame(axes: Iterable[Axes]) -> None:
    """Give maps side by side one frame, and one key above all: that of the first."""
    maps = [ax for ax in axes if ax.axison]
    if not maps:
        return
    limits = np.array([[*ax.get_xlim(), *ax.get_ylim()] for ax in maps])
    low, high = limits[:, [0, 2]].min(0), limits[:, [1, 3]].max(0)
    half, (x, y) = (high - low).max() / 2, (low + high) / 2
    for place, ax in enumerate(maps):
        ax.set(xlim=(x - half, x + half), ylim=(y - half, y + half))
        legend = ax.get_legend()
        if legend is None:
            continue
        if place == 0:
            texts = [str(text.get_text()) for text in legend.get_texts()]
            page(ax).legend(legend.legend_handles, texts, loc="outside upper left", ncols=12)
        legend.remove()


def under(ax: Axes, text: str) -> None:
    """Draw a sentence below the frame, broken to its width."""
    letters = max(24, int(min(size_in_points(ax)) / 5.0))  # the frame becomes a square
    ax.set_xlabel("\n".join(textwrap.wrap(text, letters)), size="small", color=muted(), loc="left",
                  gid=REMARK)  # fmt: skip


def _frame(ax: Axes, positions: np.ndarray, method: str | None, margin: float = 0.08) -> None:
    """Draw a square frame of one scale, without ticks: the axes of a map mean nothing."""
    low, high = positions.min(0), positions.max(0)
    half = max(float((high - low).max()), 1e-9) * (0.5 + margin)
    x, y = (low + high) / 2
    ax.set(xlim=(x - half, x + half), ylim=(y - half, y + half), xticks=[], yticks=[])
    ax.set_aspect("equal", adjustable="box")
    ax.spines[:].set(visible=True, color=faint())
    if method is not None:
        under(ax, NOT_TO_READ[method])


def bubble_classes(labels: Shaped[np.ndarray, "points classes"]) -> Int[np.ndarray, " points"]:
    """Return the class that colors each point in every map, -1 for none (`MULTI_LABEL_RULE`).

    `labels` counts the images of each class at each point, of the whole map: which class is the
    rarest depends on all points.

    >>> bubble_classes(np.array([[1, 1], [1, 0], [0, 0]])).tolist()
    [1, 0, -1]
    """
    if labels.shape[1] == 0:
        return np.full(len(labels), -1)
    rarest_first = np.argsort(labels.sum(0), kind="stable")
    return np.where(labels.any(1), rarest_first[labels[:, rarest_first].argmax(1)], -1)


def _classes(
    labels: np.ndarray | None, counts: np.ndarray, only: int | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the class that gives each bubble its color and marker, -1 for none; and the colors."""
    n = len(counts)
    gray = to_rgba(muted())
    if labels is None or labels.shape[1] == 0:
        return np.full(n, -1), np.tile(np.array(to_rgba(class_color(0))), (n, 1))
    if only is not None:
        kinds = np.where(labels[:, only] * 2 >= np.maximum(counts, 1), only, -1)
        gray = to_rgba(faint())
    else:
        kinds = bubble_classes(labels)
    tones = np.array([gray, *(to_rgba(class_color(i)) for i in range(labels.shape[1]))])
    return kinds, tones[kinds + 1]


def _bubbles(
    ax: Axes,
    positions: np.ndarray,
    order: np.ndarray,
    area: np.ndarray,
    kinds: np.ndarray,
    colors: np.ndarray,
    doubted: np.ndarray,
    tiny: bool,
    points: dict[str, Any],
) -> None:
    """Draw in `order`, in slices that hold all markers, so that no class lies over the others."""
    page_color = np.array(to_rgba(paper()))
    markers = np.maximum(kinds, 0) // 8 % len(MARKERS)
    slices = 1 if len(np.unique(markers)) == 1 else min(24, 1 + len(order) // 100)
    for part in np.array_split(order, slices):
        for marker in dict.fromkeys(markers[part].tolist()):
            some = part[markers[part] == marker]
            faces, edges = colors[some], np.tile(page_color, (len(some), 1))
            weak = doubted[some, None]
            if tiny:
                faces = np.where(weak, 0.35 * faces + 0.65 * page_color, faces)
            else:
                faces, edges = np.where(weak, page_color, faces), np.where(weak, faces, edges)
            widths = np.where(doubted[some], 1.1, 0.3) if not tiny else 0.0
            style = {"linewidths": widths, "alpha": 0.85, "zorder": 2}
            style["rasterized"] = len(order) > 500
            ax.scatter(
                positions[some, 0], positions[some, 1], s=area[some],
                **{"marker": MARKERS[marker], "c": faces, "edgecolors": edges, **style, **points},
            )  # fmt: skip


def _smallest_area(ax: Axes, n: int) -> float:
    """Return square points of the smallest bubble: less where very many share the frame."""
    width, height = size_in_points(ax)
    return float(np.clip(min(width, height) ** 2 / (4 * max(n, 1)), 0.8, 5.0))


def _area_per_image(ax: Axes, counts: np.ndarray) -> float:
    """Return square points for one image: all bubbles together cover a twelfth of the frame."""
    width, height = size_in_points(ax)
    largest = (min(width, height) / 13) ** 2
    return min(width * height / 12 / max(counts.sum(), 1), largest / max(counts.max(), 1), 40.0)


def _key(
    ax: Axes,
    counts: np.ndarray,
    kinds: np.ndarray,
    names: Sequence[str] | None,
    labels: np.ndarray | None,
    centers: np.ndarray | None,
    only: int | None,
    positions: np.ndarray,
) -> None:
    handles = []
    round_: dict[str, Any] = {"size": 8, "markeredgewidth": 0}
    classes = 0 if labels is None else labels.shape[1]
    shown = [plain(n, 14) for n in names] if names is not None else [str(i) for i in range(classes)]
    present = [i for i in range(classes) if (kinds == i).any()]
    if only is not None:
        present = [only]
        here = counts[kinds == only].sum()
        text = f"{shown[only]} ({here:,} images)"
        mine = dot(text, class_marker(only), color=class_color(only), **round_)
        handles += [mine, dot("other labels", color=faint(), **round_)]
    elif len(present) <= 10:
        marks = [(shown[i], class_marker(i), class_color(i)) for i in present]
        handles += [dot(text, marker, color=color, **round_) for text, marker, color in marks]
    if only is None and classes > 1:
        _names_in_place(ax, positions, kinds, counts, present, shown)
    if centers is not None and len(centers):
        handles.append(dot("hash center", "*", 11, markeredgecolor=ink()))
    if handles:
        legend_above(ax, handles, columns=6)


def _names_in_place(
    ax: Axes,
    positions: np.ndarray,
    kinds: np.ndarray,
    counts: np.ndarray,
    present: Sequence[int],
    shown: Sequence[str],
) -> None:
    """Write names of many classes where their images lie, the largest first, without overlap."""
    width, height = size_in_points(ax)
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    per_unit = min(width / (right - left), height / (high - low))
    taken: list[tuple[float, float, float]] = []
    for kind in sorted(present, key=lambda i: -int(counts[kinds == i].sum())):
        mine = np.flatnonzero(kinds == kind)
        # Where most of its images lie close together; the middle of a class may belong to others.
        cells = ((positions[mine] - (left, low)) / ((right - left) / 12)).astype(int) @ (1, 100)
        fullest = np.bincount(cells, np.maximum(counts[mine], 1)).argmax()
        mine = mine[cells == fullest]
        middle = np.average(positions[mine], axis=0, weights=np.maximum(counts[mine], 1))
        x, y = positions[mine[((positions[mine] - middle) ** 2).sum(1).argmin()]]
        half = 3.6 * len(shown[kind]) / per_unit
        if any(abs(x - a) < half + b and abs(y - c) * per_unit < 15 for a, c, b in taken):
            continue
        if x - half < left or x + half > right:
            continue
        taken.append((x, y, half))
        # Above the images, not over them: an island may be smaller than its name.
        look = {"ha": "center", "va": "bottom", "color": ink(), "path_effects": halo()}
        note(ax, shown[kind], (x, y), (0, 4), zorder=5, **look)
