"""Codes as they are: the matrix of bits, the balance of each bit, how bits depend on each other."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int8
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb
from matplotlib.patches import Patch

from hashviz.plots.marks import (
    UPRIGHT,
    bit_axis,
    color_scale,
    horizontal_reference,
    label_rows,
    legend_above,
    note,
    nothing,
    patch,
    plain,
    size_in_points,
    stroke,
    tone_legend,
)
from hashviz.plots.palette import (
    class_color,
    code_map,
    diverging,
    faint,
    ink,
    new_axes,
    paper,
    qualitative,
)

__all__ = ["bit_balance", "bit_correlation", "code_matrix"]


def code_matrix(
    codes: Int8[np.ndarray, "n bits"],
    labels: Bool[np.ndarray, "n classes"] | None = None,
    *,
    class_names: Sequence[str] | None = None,
    rows: int = 240,
    ax: Axes | None = None,
    **image: Any,
) -> Axes:
    """Draw one image per row, one bit per column, the rows grouped by class.

    A strip at the left names the classes; with several labels per image it has one column per
    class (up to 24 classes; beyond that the rows go by their first label). Of more than `rows`
    images every so-many-th is drawn, and the axis says so. `image` goes to the `Axes.imshow` of
    the matrix.
    """
    ax = new_axes(height=5.0) if ax is None else ax
    n, bits = codes.shape
    if n == 0 or bits == 0:
        return nothing(ax, "No codes to draw: there is no image or no bit.")
    order = np.arange(n)
    if labels is not None:
        # Lexicographic by label set, so that a class is a block and label sets are blocks in it.
        order = np.lexsort((~labels).T[::-1]) if labels.shape[1] else order
    picked = order[np.linspace(0, n - 1, min(n, rows)).round().astype(int)]
    count = len(picked)
    style = {"cmap": code_map(), "vmin": -1, "vmax": 1, "aspect": "auto"}
    extent = (-0.5, bits - 0.5, count, 0)
    ax.imshow(codes[picked], **{**style, "extent": extent, **image})

    left = -0.5
    if labels is not None and labels.shape[1]:
        left = _class_strip(ax, labels[picked], bits, class_names)
    else:
        ax.set_yticks([])
    ax.set(xlim=(left, bits - 0.5), ylim=(count, 0))
    ax.set_ylabel(f"{count:,} of {n:,} images" if count < n else f"{n:,} image{'s' * (n != 1)}")
    bit_axis(ax, bits)
    ax.spines[:].set_visible(False)
    tone_legend(ax)
    return ax


def _class_strip(ax: Axes, labels: np.ndarray, bits: int, names: Sequence[str] | None) -> float:
    """Draw the labels left of the codes; the new left limit of the axes."""
    count, classes = labels.shape
    first = np.where(labels.any(1), labels.argmax(1), classes)
    several = bool((labels.sum(1) > 1).any()) and classes <= 24
    named = False
    colors = np.array([to_rgb(class_color(i)) for i in range(classes)] + [to_rgb(faint())])
    if several:
        strip = np.where(labels[:, :, None], colors[None, :classes], to_rgb(faint()))
        # Names stand upright below their columns, 10.5 points each, if that leaves half the frame.
        frame, need = size_in_points(ax)[0], 10.5 * classes
        named = names is not None and need < 0.45 * frame
        width = bits * (need / (frame - need) if named else 0.012 * classes)
    else:
        strip = colors[first][:, None]
        width = 0.025 * bits
    gap = 0.012 * bits
    left = -0.5 - gap - width
    ax.imshow(strip, extent=(left, -0.5 - gap, count, 0), aspect="auto", zorder=2)
    if several:
        ax.set_yticks([])
        for edge in left + np.arange(1, classes) * width / classes:
            ax.axvline(edge, color=paper(), linewidth=0.8, zorder=3)
        if named and names is not None:
            for place, name in enumerate(names):
                at = left + (place + 0.5) * width / classes, 0
                style = {"xycoords": ("data", "axes fraction"), **UPRIGHT}
                note(ax, plain(name, 12), at, (0, -4), **style)
        return left
    edges = np.flatnonzero(np.diff(first)) + 1
    for edge in edges if len(edges) <= 40 else ():
        ax.axhline(float(edge), color=paper(), linewidth=1.2, zorder=3)
    starts, stops = np.r_[0, edges], np.r_[edges, count]
    shown = [str(i) for i in range(classes)] if names is None else [plain(n) for n in names]
    shown.append("no label")
    ax.set_ylim(count, 0)
    label_rows(ax, [shown[first[s]] for s in starts], list((starts + stops) / 2))
    return left


def bit_balance(
    balance: Float[np.ndarray, " bits"],
    *,
    images: int | None = None,
    ax: Axes | None = None,
    **bars: Any,
) -> Axes:
    r"""Draw the mean of each bit: 0 where half of the images have +1, ±1 where it is constant.

    With `images`, the band holds 95 % of fair coins thrown that often, $\pm 1.96/\sqrt{n}$.
    Constant bits are hatched. `bars` goes to `Axes.bar`.
    """
    ax = new_axes(height=3.4) if ax is None else ax
    bits = len(balance)
    if bits == 0:
        return nothing(ax, "No balance to draw: the codes have no bits.")
    place = np.arange(bits)
    color = qualitative()[0]
    drawn = ax.bar(place, balance, **{"width": 0.76, "color": color, "label": "bit", **bars})
    constant = np.abs(balance) >= 1
    handles = []
    for bar, stuck in zip(drawn, constant, strict=True):
        if stuck:
            bar.set(hatch="////", edgecolor=paper(), linewidth=0)
    horizontal_reference(ax, 0)
    if images:
        width = 1.96 / images**0.5
        ax.axhspan(-width, width, color=qualitative()[1], alpha=0.35, linewidth=0, zorder=0.5)
        text = f"95 % of fair coins, {images:,} throw{'s' * (images != 1)}"
        handles.append(patch(text, qualitative()[1], alpha=0.35))
    if constant.any():
        text = f"constant ({constant.sum()})"
        handles.append(Patch(facecolor=color, edgecolor=paper(), hatch="////", label=text))
    reach = max(1.08 * float(np.nanmax(np.abs(balance), initial=0)), 0.25)
    reach = 1.06 if reach > 0.7 else reach
    ax.set(xlim=(-0.7, bits - 0.3), ylim=(-reach, reach), ylabel="Mean of the bit")
    ax.spines["bottom"].set_visible(False)
    bit_axis(ax, bits)
    if handles:
        legend_above(ax, handles)
    return ax


def bit_correlation(
    correlation: Float[np.ndarray, "bits bits"], *, ax: Axes | None = None, **image: Any
) -> Axes:
    """Draw the correlation of any two bits, the diverging map centered at 0.

    A constant bit correlates with nothing, not even itself (0 or nan), and stays gray. A dash
    marks what is clearly below zero, for eyes and printers without color. `image` goes to
    `Axes.imshow`.
    """
    ax = new_axes(height=4.7) if ax is None else ax
    bits = len(correlation)
    if bits == 0:
        return nothing(ax, "No correlation to draw: the codes have no bits.")
    constant = ~(np.diagonal(correlation) > 0)
    shown = np.ma.masked_array(correlation, constant[:, None] | constant[None, :])
    style = {"cmap": diverging(), "vmin": -1, "vmax": 1, "aspect": "equal"}
    picture = ax.imshow(shown, **{**style, **image})
    against = np.argwhere((shown <= -0.15).filled(False))
    width, height = size_in_points(ax)
    if len(against):
        lines = [[(x - 0.26, y), (x + 0.26, y)] for y, x in against]
        thick = float(np.clip(0.12 * min(width, height) / bits, 0.35, 1.4))
        ax.add_collection(LineCollection(lines, colors=ink(), linewidths=thick), autolim=False)
    ax.set(ylabel="Bit", anchor="W")
    bit_axis(ax, bits)
    label_rows(ax, None, range(bits))
    ax.spines[:].set_visible(False)
    bar = color_scale(ax, picture, "Correlation", ticks=[-1, -0.5, 0, 0.5, 1])
    bar.set_yticklabels(["−1", "−0.5", "0", "+0.5", "+1"])
    handles: list[Any] = []
    if constant.any():
        rim = {"edgecolor": ink(), "linewidth": 0.5}
        handles.append(patch(f"constant bits ({constant.sum()})", faint(), **rim))
    if len(against):
        handles.append(stroke("below −0.15", color=ink(), linewidth=1.2))
    if handles:
        legend_above(ax, handles)
    return ax
