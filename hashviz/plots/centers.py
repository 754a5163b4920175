"""Hash centers: the bits of each class, and how far the classes lie apart."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Int8, Num
from matplotlib.axes import Axes

from hashviz.centers.columns import column_representatives
from hashviz.plots.marks import (
    bit_axis,
    color_scale,
    dot,
    end_labels,
    label_rows,
    nothing,
    plain,
    readable_on,
    size_in_points,
    tone_legend,
)
from hashviz.plots.palette import (
    code_map,
    faint,
    ink,
    muted,
    new_axes,
    paper,
    sequential,
)

__all__ = ["center_distances", "hash_centers"]


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
    ax = new_axes(height=min(2.3 + 0.17 * classes, 6.4)) if ax is None else ax
    if centers is None:
        return nothing(ax, "No centers: this method has none.")
    if classes == 0 or bits == 0:
        return nothing(ax, "No centers to draw: there is no class or no bit.")
    same_as = column_representatives(centers)
    constant = same_as < 0
    repeat = ~constant & (same_as != np.arange(bits))
    style = {"cmap": code_map(), "vmin": -1, "vmax": 1, "aspect": "auto"}
    ax.imshow(centers, **{**style, **image})
    for bit in np.flatnonzero(constant | repeat):
        # A veil, not transparency of the image, which vector formats would lose.
        ax.axvspan(bit - 0.5, bit + 0.5, color=paper(), alpha=0.58, linewidth=0)
    for edge in np.arange(1, classes) - 0.5 if classes <= 24 else ():
        ax.axhline(edge, color=paper(), linewidth=1.2)
    for edge in np.arange(1, bits) - 0.5 if bits <= 40 else ():
        ax.axvline(edge, color=paper(), linewidth=0.6)

    width, height = size_in_points(ax)
    size = float(np.clip(0.62 * width / bits, 2.0, 5.5))
    handles = []
    for chosen, marker, fill, word in (
        (~constant & ~repeat, "o", ink(), "new"),
        (repeat, "o", "none", "repeat"),
        (constant, "x", ink(), "constant"),
    ):
        where = np.flatnonzero(chosen)
        text = f"{word} ({len(where)})"
        style = {"markeredgewidth": 1.0, "markerfacecolor": fill, "color": ink()}
        if len(where):
            below = np.full(len(where), -9 / height)
            place: dict[str, Any] = {"transform": ax.get_xaxis_transform(), "clip_on": False}
            ax.plot(where, below, marker, markersize=size, label=word, **place, **style)
            handles.append(dot(text, marker, 5, **style))

    ax.set(xlim=(-0.5, bits - 0.5), ylim=(classes - 0.5, -0.5))
    if class_names is None:
        ax.set_ylabel("Class")
    names = None if class_names is None else [plain(n) for n in class_names]
    label_rows(ax, names, range(classes))
    bit_axis(ax, bits)
    ax.tick_params(axis="x", pad=15)
    ax.spines[:].set_visible(False)
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
    ax = new_axes(height=4.7) if ax is None else ax
    if classes < 2:
        return nothing(ax, "No distances between centers: there are fewer than two classes.")
    shown = np.ma.masked_array(distances, np.eye(classes, dtype=bool))
    top = max(float(shown.max()), bits / 2, plotkin or 0)
    low = min(float(shown.min()), bits / 2, *([] if not gilbert_varshamov else [gilbert_varshamov]))
    low, top = max(0.0, low - 0.15 * bits), min(float(bits), top + 0.05 * bits)
    cmap = sequential().with_extremes(bad=faint())
    picture = ax.imshow(
        shown, **{"cmap": cmap, "vmin": low, "vmax": top, "aspect": "auto", **image}
    )
    ax.spines[:].set_visible(False)
    names = [str(i) for i in range(classes)]
    names = names if class_names is None else [plain(n) for n in class_names]
    label_rows(ax, names if class_names else None, range(classes))
    if class_names is None or max(map(len, names)) <= 2:
        label_rows(ax, None, range(classes), axis="x")
        ax.set_xlabel("Class")
    else:
        ax.set_xticks([])
    if class_names is None:
        ax.set_ylabel("Class")
    if classes <= 12:
        for row, column in zip(*np.nonzero(~np.eye(classes, dtype=bool)), strict=True):
            value = distances[row, column]
            back = cmap((value - low) / max(top - low, 1e-9))
            look: dict[str, Any] = {"ha": "center", "va": "center", "size": "small"}
            ax.text(column, row, f"{value:g}", color=readable_on(back), **look)

    bar = color_scale(ax, picture, "Distance (bits)", ticks=[])
    closest, farthest = float(shown.min()), float(shown.max())
    marks = [(closest, "closest"), (bits / 2, "bits/2"), (farthest, "farthest")]
    marks = marks[:2] if farthest == closest else marks
    if plotkin is not None:
        marks.append((plotkin, "Plotkin"))
    if gilbert_varshamov is not None:
        marks.append((gilbert_varshamov, "G.-V."))
    texts: dict[float, list[str]] = {}
    for value, text in marks:
        texts.setdefault(float(value), []).append(text)
    for value in texts:
        bar.axhline(value, color=ink(), linewidth=1.2)
    end_labels(bar, [(v, f"{v:g}  {', '.join(t)}", muted()) for v, t in texts.items()])
    return ax
