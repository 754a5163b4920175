"""Hash centers: their bits and distances, what is possible, what several labels make of them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Int8, Num
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from hashviz.centers.columns import column_representatives
from hashviz.plots.canvas import draw_codes
from hashviz.plots.frames import bit_axis, color_scale, label_rows, size_in_points, write_cells
from hashviz.plots.looks import LINE_STYLES, MARKERS
from hashviz.plots.marks import dot, legend_above, patch, tone_legend
from hashviz.plots.notes import end_labels, mark_x, mark_y, note_above, nothing, plain
from hashviz.plots.palette import TONES, class_color, faint, ink, muted, new_axes, paper, sequential

__all__ = ["center_distances", "codes_around_centers", "distance_meter", "hash_centers"]
__all__ += ["majority_vote", "merged_distances", "minimum_distances"]

DOTTED: dict[str, Any] = {"label": "Gilbert-Varshamov", "linestyle": (0, (1, 1.2))}
"""The look of the distance that some placement certainly reaches."""

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


def hash_centers(
    centers: Int8[np.ndarray, "classes bits"] | None,
    *,
    class_names: Sequence[str] | None = None,
    ax: Axes | None = None,
    **image: Any,
) -> Axes:
    """Draw the matrix of centers, one row per class, with a strip that exposes the wasted columns.

    Under each bit stands a dot where the bit is new, a ring where it repeats an earlier bit (as
    it is or inverted: both tell the same classes apart), a cross where it is constant. Repeated
    and constant columns are faded. None is what a run of a method without centers has. `image`
    goes to the `Axes.imshow` of the matrix.
    """
    classes, bits = (0, 0) if centers is None else centers.shape
    ax = ax or new_axes(height=min(2.3 + 0.17 * classes, 6.4))
    if centers is None or not centers.size:
        return nothing(ax, "No centers: the method has none, or there is no class or no bit.")
    same_as = column_representatives(centers)
    constant = same_as < 0
    repeat = ~constant & (same_as != np.arange(bits))
    draw_codes(ax, centers, **image)
    for bit in np.flatnonzero(constant | repeat):
        # A veil, not transparency of the image, which vector formats would lose.
        ax.axvspan(bit - 0.5, bit + 0.5, color=paper(), alpha=0.58, linewidth=0)
    for edge in np.arange(1, classes) - 0.5 if classes <= 24 else ():
        ax.axhline(edge, color=paper(), linewidth=1.2)
    for edge in np.arange(1, bits) - 0.5 if bits <= 40 else ():
        ax.axvline(edge, color=paper(), linewidth=0.6)

    width, height = size_in_points(ax)
    size = float(np.clip(0.62 * width / bits, 2.0, 5.5))
    place: dict[str, Any] = {"transform": ax.get_xaxis_transform(), "clip_on": False}
    handles = []
    for chosen, marker, fill, word in (
        (~constant & ~repeat, "o", ink(), "new"),
        (repeat, "o", "none", "repeat"),
        (constant, "x", ink(), "constant"),
    ):
        where = np.flatnonzero(chosen)
        style = {"markeredgewidth": 1.0, "markerfacecolor": fill, "color": ink()}
        if len(where):
            below = np.full(len(where), -9 / height)
            ax.plot(where, below, marker, markersize=size, label=word, **place, **style)
            handles.append(dot(f"{word} ({len(where)})", marker, 5, **style))

    ax.set(xlim=(-0.5, bits - 0.5), ylim=(classes - 0.5, -0.5))
    ax.set_ylabel("Class" if class_names is None else "")
    names = None if class_names is None else [plain(n) for n in class_names]
    label_rows(ax, names, range(classes))
    bit_axis(ax, bits)
    ax.tick_params(axis="x", pad=15)
    tone_legend(ax, handles)
    return ax


def center_distances(
    distances: Num[np.ndarray, "classes classes"],
    *,
    bits: int,
    plotkin: float | int | None = None,
    gilbert_varshamov: float | int | None = None,
    class_names: Sequence[str] | None = None,
    ax: Axes | None = None,
    **image: Any,
) -> Axes:
    """Draw Hamming distances between the centers of any two classes, against what is possible.

    The scale at the right marks the closest pair, bits/2 and, where given, two bounds on the
    closest pair: no placement gets beyond Plotkin's, some placement gets to that of Gilbert and
    Varshamov. Values that are equal share a label. `image` goes to `Axes.imshow`.
    """
    classes = len(distances)
    ax = ax or new_axes(height=4.7)
    if classes < 2:
        return nothing(ax, "No distances between centers: there are fewer than two classes.")
    shown = np.ma.masked_array(distances, np.eye(classes, dtype=bool))
    closest, farthest = float(shown.min()), float(shown.max())
    low = min(closest, bits / 2, gilbert_varshamov or bits)
    low, top = low - 0.15 * bits, max(farthest, bits / 2, plotkin or 0) + 0.05 * bits
    low, top = max(0.0, low), min(float(bits), top)
    cmap = sequential().with_extremes(bad=faint())
    style = {"cmap": cmap, "vmin": low, "vmax": top, "aspect": "auto"}
    picture = ax.imshow(shown, **{**style, **image})
    names = None if class_names is None else [plain(n) for n in class_names]
    label_rows(ax, names, range(classes))
    ax.set_ylabel("Class" if names is None else "")
    if names is None or max(map(len, names)) <= 2:
        label_rows(ax, None, range(classes), axis="x")
        ax.set_xlabel("Class")
    else:
        ax.set_xticks([])
    if classes <= 12:
        write_cells(ax, picture, "{:g}")

    bar = color_scale(ax, picture, "Distance (bits)", ticks=[])
    marks = [(closest, "closest"), (bits / 2, "bits/2")]
    marks += [(farthest, "farthest")] * (farthest > closest)
    marks += [] if plotkin is None else [(plotkin, "Plotkin")]
    marks += [] if gilbert_varshamov is None else [(gilbert_varshamov, "G.-V.")]
    texts: dict[float, list[str]] = {}
    for value, text in marks:
        texts.setdefault(float(value), []).append(text)
    for value in texts:
        bar.axhline(value, color=ink(), linewidth=1.2)
    end_labels(bar, [(v, f"{v:g}  {', '.join(t)}", muted()) for v, t in texts.items()])
    return ax


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
    ax = ax or new_axes(height=4.0)
    known = {k: v for k, v in schemes.items() if np.isfinite(v).any()}
    if not len(classes) or not known:
        return nothing(ax, "No distances to draw: no scheme places so many classes.")
    top, columns = bits * 1.04, np.arange(len(classes))
    edges = np.repeat(np.arange(len(classes) + 1) - 0.5, 2)[1:-1]
    handles = []
    if plotkin is not None:
        ax.fill_between(edges, np.repeat(plotkin, 2), top, color=faint(), linewidth=0)
        ax.plot(edges, np.repeat(plotkin, 2), color=muted(), linewidth=0.9)
        handles.append(patch("impossible (Plotkin)", faint()))
    pitch = 0.8 / len(known)
    size = float(np.clip(0.7 * pitch * size_in_points(ax)[0] / len(columns), 2.5, 6.5))
    for place, (name, values) in enumerate(known.items()):
        style = {"linestyle": LINE_STYLES[place % len(LINE_STYLES)], "linewidth": 0.8}
        at = columns + pitch * (place - (len(known) - 1) / 2)
        handles += ax.plot(at, values, **{**_numbered(place, name, size), **style, **line})
    if gilbert_varshamov is not None:
        handles += ax.plot(edges, np.repeat(gilbert_varshamov, 2), color=ink(), lw=1.3, **DOTTED)
    ax.vlines(columns[1:] - 0.5, 0, top, color=faint(), linewidth=0.8, zorder=0)
    mark_y(ax, bits / 2)
    ax.set(xlim=(-0.5, len(columns) - 0.5), ylim=(0, top))
    ax.set(xlabel="Classes", ylabel="Closest two centers (bits)")
    label_rows(ax, [f"{c:g}" for c in classes], columns, axis="x")
    end_labels(ax, [(bits / 2, f"bits/2 = {bits / 2:g}", muted())])
    legend_above(ax, handles, columns=2)
    return ax


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
    ax = ax or new_axes(height=1.3)
    if not bits:
        return nothing(ax, "No distance to draw: the centers have no bits.")
    beyond: dict[str, Any] = {"edgecolor": muted(), "hatch": "////", "linewidth": 0}
    ax.barh(0, bits - plotkin, left=plotkin, height=1.0, facecolor=faint(), **beyond)
    ax.barh(0, minimum, **{"color": class_color(0), "height": 0.7, **bar})
    certain = ax.axvline(gilbert_varshamov, color=ink(), linewidth=1.8, **DOTTED)
    ax.set(xlim=(0, bits), ylim=(-0.5, 0.5), xlabel="Hamming distance (bits)", yticks=[])
    ax.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    ax.spines["left"].set_visible(False)
    reached = patch("closest two centers", class_color(0))
    impossible = patch("impossible (Plotkin)", faint(), **beyond)
    legend_above(ax, [reached, certain, impossible], columns=3)
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
    ax = ax or new_axes(height=2.1 + 0.28 * (count + 2))
    if not centers.size:
        return nothing(ax, "No vote to draw: the image has no label.")
    votes = centers.astype(int).sum(0)
    tied, pulled = votes == 0, np.abs(votes) < count
    low = count + 0.45
    bottom = low + 1.8
    draw_codes(ax, centers, **{"extent": (-0.5, bits - 0.5, count - 0.5, -0.5), **image})
    halves = np.where(tied, [[1], [-1]], np.sign(votes))
    draw_codes(ax, halves, **{"extent": (-0.5, bits - 0.5, low + 0.5, low - 0.5), **image})
    agreed = np.ma.masked_array(np.sign(votes)[None], pulled[None])
    ax.axhspan(low + 0.75, low + 1.75, color=faint(), linewidth=0, zorder=-1)
    draw_codes(ax, agreed, **{"extent": (-0.5, bits - 0.5, low + 1.75, low + 0.75), **image})
    if merged is not None and bits <= 40:
        size = float(np.clip(0.4 * size_in_points(ax)[0] / bits, 2.0, 7.0))
        rim: dict[str, Any] = {"markeredgecolor": paper(), "markeredgewidth": 0.8}
        for value, tone in zip((-1, 1), TONES, strict=True):
            where = np.flatnonzero(tied & (merged == value))
            ax.plot(where, np.full(len(where), low), "o", color=tone, markersize=size, **rim)
    if bits <= 80:
        width = 0.8 if bits <= 40 else 0.4
        ax.vlines(np.arange(1, bits) - 0.5, -0.5, bottom, color=paper(), linewidth=width, zorder=2)
    ax.hlines(np.arange(1, count) - 0.5, -0.5, bits - 0.5, color=paper(), linewidth=1.2, zorder=2)
    ax.set(xlim=(-0.5, bits - 0.5), ylim=(bottom, -0.5))
    given = names[:count] if names else [f"label {i}" for i in range(count)]
    rows = [*(plain(n, 16) for n in given), "majority vote", "kept apart"]
    label_rows(ax, rows, [*range(count), low, low + 1.25])
    bit_axis(ax, bits)
    cut = {"fillstyle": "top", "markerfacecolor": TONES[1], "markerfacecoloralt": TONES[0]}
    rim = {"markeredgecolor": muted(), "markeredgewidth": 0.5}
    tossed = dot(f"coin toss: {tied.sum()}", "s", 9, **cut, **rim)
    tone_legend(ax, [tossed, patch(f"pulled both ways: {pulled.sum()}", faint())])
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
    Images that share nothing belong at bits/2, where two unrelated single labels are. `points` goes
    to `Axes.plot`.
    """
    ax = ax or new_axes(height=1.6 + 0.5 * len(pairs))
    if not distances or not len(pairs):
        return nothing(ax, "No distances to draw: there is no pair of targets.")
    rows = np.arange(len(pairs))
    for row in rows[1:]:
        ax.axhline(row - 0.5, color=faint(), linewidth=1.0, zorder=0)
    tall = size_in_points(ax)[1] / len(pairs)
    size = float(np.clip(0.6 * tall / len(distances), 3, 8))
    rim = {"linestyle": "none", "markeredgecolor": paper()}
    handles = []
    for place, (name, values) in enumerate(distances.items()):
        lift = 0.78 / len(distances) * (place - (len(distances) - 1) / 2)
        handles += ax.plot(values, rows + lift, **{**_numbered(place, name, size), **rim, **points})
    mark_x(ax, bits / 2, f"unrelated: bits/2 = {bits / 2:g}")
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
    ax: Axes | None = None,
    **points: Any,
) -> Axes:
    """Draw how far codes lie from their own and the nearest other center, as bubbles of images.

    Below the diagonal (shaded) another class is as near as the own one or nearer: such codes are
    misplaced, and have diamonds with a scale of their own. Marks grow with the number of images at
    the same two distances. `points` goes to `Axes.scatter`.
    """
    ax = ax or new_axes(height=4.6)
    if not len(own):
        return nothing(ax, "No codes to draw around centers: there is no image or one class only.")
    places, counts = np.unique(np.column_stack([own, other]), axis=0, return_counts=True)
    top = float(max(places.max(), bits / 2)) + 1
    biggest = (0.06 * min(size_in_points(ax))) ** 2
    ax.fill_between([-1, top + 1], [-1, top + 1], -1.0, color=faint(), linewidth=0, zorder=0)
    wrong = places[:, 0] >= places[:, 1]
    handles = []
    for some, color, marker, least, rim, name in (
        (~wrong, class_color(0), "o", 2.0, 0, "nearer to its own center"),
        # Few among many, and what the figure is looked at for: never smaller than can be seen.
        (wrong, class_color(3), "D", 26.0, 0.6, "misplaced, drawn larger"),
    ):
        sizes = np.clip(biggest * counts[some] / counts[some].max(initial=1), least, None)
        style: dict[str, Any] = {"s": sizes, "color": color, "marker": marker, "alpha": 0.75}
        if some.any():
            edge = {"linewidths": rim, "edgecolors": paper(), "zorder": 2}
            ax.scatter(*places[some].T, **{**style, **edge, **points})
        handles.append(dot(f"{name} ({counts[some].sum():,})", marker, color=color))
    ax.set(xlim=(-0.9, top), ylim=(-0.9, top))
    ax.set(xlabel="To the own center (bits)", ylabel="To the nearest other center (bits)")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MaxNLocator(8, integer=True))
    share = float(np.mean(own < other))
    note_above(ax, f"{share:.1%} are nearest to their own center", 6, va="baseline", color=ink())
    legend_above(ax, handles, lift=22)
    return ax
