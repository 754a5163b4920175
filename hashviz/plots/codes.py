"""Codes as they are: the matrix of bits, what each bit says and repeats, and what is quantized."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int8, Num
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb

from hashviz.plots.canvas import draw_codes
from hashviz.plots.frames import bit_axis, color_scale, label_rows, share_axis, size_in_points
from hashviz.plots.marks import dot, legend_above, patch, stroke, tone_legend, tones
from hashviz.plots.notes import end_labels, mark_x, mark_y, note_below, nothing, plain
from hashviz.plots.palette import TONES, class_color, diverging, faint, ink, muted, new_axes, paper

__all__ = ["bit_balance", "bit_correlation", "code_matrix", "output_histogram"]
__all__ += ["output_violins", "useful_bits"]


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
    ax = ax or new_axes(height=5.0)
    n, bits = codes.shape
    if not codes.size:
        return nothing(ax, "No codes to draw: there is no image or no bit.")
    order = np.arange(n)
    if labels is not None and labels.shape[1]:
        # Lexicographic by label set, so that a class is a block and label sets are blocks in it.
        order = np.lexsort((~labels).T[::-1])
    picked = order[np.linspace(0, n - 1, min(n, rows)).round().astype(int)]
    count, left = len(picked), -0.5
    draw_codes(ax, codes[picked], **{"extent": (-0.5, bits - 0.5, count, 0), **image})
    ax.set(ylim=(count, 0), yticks=[])
    if labels is not None and labels.shape[1]:
        left = _class_strip(ax, labels[picked], bits, class_names)
    ax.set(xlim=(left, bits - 0.5), ylim=(count, 0))
    ax.set_ylabel(f"{count:,} of {n:,} images" if count < n else f"{n:,} image{'s' * (n != 1)}")
    bit_axis(ax, bits)
    tone_legend(ax)
    return ax


def _class_strip(ax: Axes, labels: np.ndarray, bits: int, names: Sequence[str] | None) -> float:
    """Draw the labels left of the codes; the new left limit of the axes."""
    count, classes = labels.shape
    several = bool((labels.sum(1) > 1).any()) and classes <= 24
    # Names stand upright below their columns, 10.5 points each, if that leaves half the frame.
    frame, need = size_in_points(ax)[0], 10.5 * classes
    named = names if need < 0.45 * frame else None
    width = need / (frame - need) if named else 0.012 * classes
    width = bits * (width if several else 0.025)
    right = -0.5 - 0.012 * bits
    left = right - width
    first = np.where(labels.any(1), labels.argmax(1), classes)
    colors = np.array([to_rgb(class_color(i)) for i in range(classes)] + [to_rgb(faint())])
    strip = colors[first, None]
    if several:
        strip = np.where(labels[:, :, None], colors[:-1], colors[-1])
    ax.imshow(strip, extent=(left, right, count, 0), aspect="auto", zorder=2)
    if several:
        pitch = width / classes
        for edge in left + pitch * np.arange(1, classes):
            ax.axvline(edge, color=paper(), linewidth=0.8, zorder=3)
        for place, name in enumerate(named or ()):
            note_below(ax, name, left + (place + 0.5) * pitch, "data")
        return left
    edges = np.flatnonzero(np.diff(first)) + 1
    for edge in edges if len(edges) <= 40 else ():
        ax.axhline(float(edge), color=paper(), linewidth=1.2, zorder=3)
    starts, stops = np.r_[0, edges], np.r_[edges, count]
    shown = [*(plain(n) for n in (names or range(classes))), "no label"]
    label_rows(ax, [shown[first[s]] for s in starts], (starts + stops) / 2)
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
    ax = ax or new_axes(height=3.4)
    bits = len(balance)
    if bits == 0:
        return nothing(ax, "No balance to draw: the codes have no bits.")
    color, other = class_color(0), class_color(1)
    drawn = ax.bar(np.arange(bits), balance, **{"width": 0.76, "color": color, **bars})
    constant = np.abs(balance) >= 1
    hatched = {"hatch": "////", "edgecolor": paper(), "linewidth": 0}
    for bit in np.flatnonzero(constant):
        drawn[bit].set(**hatched)
    mark_y(ax, 0)
    handles = []
    if images:
        width = 1.96 / images**0.5
        ax.axhspan(-width, width, color=other, alpha=0.35, linewidth=0, zorder=0.5)
        text = f"95 % of fair coins, {images:,} throw{'s' * (images != 1)}"
        handles.append(patch(text, other, alpha=0.35))
    if constant.any():
        handles.append(patch(f"constant ({constant.sum()})", color, **hatched))
    reach = max(1.08 * float(np.nanmax(np.abs(balance), initial=0)), 0.25)
    reach = 1.06 if reach > 0.7 else reach
    ax.set(xlim=(-0.7, bits - 0.3), ylim=(-reach, reach), ylabel="Mean of the bit")
    bit_axis(ax, bits)
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
    ax = ax or new_axes(height=4.7)
    bits = len(correlation)
    if bits == 0:
        return nothing(ax, "No correlation to draw: the codes have no bits.")
    constant = ~(np.diagonal(correlation) > 0)
    shown = np.ma.masked_array(correlation, constant[:, None] | constant[None, :])
    style = {"cmap": diverging(), "vmin": -1, "vmax": 1, "aspect": "equal"}
    picture = ax.imshow(shown, **{**style, **image})
    against = np.argwhere((shown <= -0.15).filled(False))
    lines = [[(x - 0.26, y), (x + 0.26, y)] for y, x in against]
    thick = float(np.clip(0.12 * min(size_in_points(ax)) / bits, 0.35, 1.4))
    ax.add_collection(LineCollection(lines, colors=ink(), linewidths=thick), autolim=False)
    ax.set(ylabel="Bit", anchor="W")
    bit_axis(ax, bits)
    label_rows(ax, None, range(bits))
    bar = color_scale(ax, picture, "Correlation", ticks=[-1, -0.5, 0, 0.5, 1])
    bar.set_yticklabels(["−1", "−0.5", "0", "+0.5", "+1"])
    handles: list[Any] = []
    if constant.any():
        rim = {"edgecolor": ink(), "linewidth": 0.5}
        handles.append(patch(f"constant bits ({constant.sum()})", faint(), **rim))
    if lines:
        handles.append(stroke("below −0.15", color=ink(), linewidth=1.2))
    legend_above(ax, handles)
    return ax


def useful_bits(
    entropy: Num[np.ndarray, " bits"],
    groups: list[list[int]],
    *,
    ax: Axes | None = None,
    **bars: Any,
) -> Axes:
    """Draw the entropy of each bit, with the bits that say nothing or repeat another one exposed.

    `groups` are bits that say the same (as they are or inverted); the first of a group counts,
    the others are hollow, and an arc below joins them. Constant bits have a cross. `bars` goes to
    `Axes.bar`.
    """
    ax = ax or new_axes(height=3.4)
    bits = len(entropy)
    if not bits:
        return nothing(ax, "No entropy to draw: the codes have no bits.")
    entropy = np.asarray(entropy, float)
    constant, repeats = entropy <= 0, np.zeros(bits, bool)
    alive = [[bit for bit in group if not constant[bit]] for group in groups]
    for group in alive:
        repeats[group[1:]] = True
    new = ~constant & ~repeats
    handles = []
    for chosen, face, hatch, text in (
        (new, TONES[1], "", f"new ({new.sum()})"),
        (repeats, "none", "////", f"repeats another ({repeats.sum()})"),
    ):
        if chosen.any():
            look: dict[str, Any] = {"edgecolor": TONES[1], "hatch": hatch}
            rim = {"width": 0.76, "facecolor": face, "linewidth": 0.8 if hatch else 0}
            ax.bar(np.flatnonzero(chosen), entropy[chosen], **{**rim, **look, **bars})
            handles.append(patch(text, face, **look))
    if constant.any():
        size = float(np.clip(0.5 * size_in_points(ax)[0] / bits, 2.5, 6.0))
        where = np.flatnonzero(constant)
        ax.plot(where, np.full(len(where), 0.03), "x", markersize=size, color=ink())
        handles.append(dot(f"constant ({constant.sum()})", "x", 5, color=ink()))
    depth, angle = -0.05, np.linspace(0, np.pi, 40)
    for left, right in [pair for group in alive for pair in pairwise(group)]:
        drop = 0.06 + 0.22 * (right - left) / bits
        depth = max(depth, drop)
        x = (left + right) / 2 + (right - left) / 2 * np.cos(angle)
        ax.plot(x, -0.02 - drop * np.sin(angle), color=muted(), linewidth=1.2)
    ax.axhline(0, color=muted(), linewidth=0.8)
    ax.set(xlim=(-0.8, bits - 0.2), ylim=(-(depth + 0.05), 1.04), ylabel="Entropy (bits)")
    ax.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "0.25", "0.5", "0.75", "1"])
    bit_axis(ax, bits)
    legend_above(ax, handles)
    return ax


def output_violins(
    counts: Num[np.ndarray, "bits bins"],
    edges: Num[np.ndarray, " edges"],
    *,
    error: float | int | None = None,
    quantity: str = "Output before the sign",
    ax: Axes | None = None,
    **fill: Any,
) -> Axes:
    """Draw what is quantized of each bit as a violin: where it leans, and what the sign cuts off.

    `counts` are histograms over common `edges`; the outermost bins may hold what lies beyond.
    They are of what the loss brings near -1 and +1, named by `quantity`: the outputs themselves,
    or their tanh (`methods.relaxation`). Each violin is as wide as its fullest bin allows; its two
    tones are those of the codes. A code is made of -1 and +1, so what lies between is the
    quantization gap; `error` is its mean square. `fill` goes to `Axes.fill_betweenx`.
    """
    ax = ax or new_axes(height=3.8)
    bits = len(counts)
    if not bits or not np.any(counts):
        return nothing(ax, "No outputs to draw: there is no image or no bit.")
    edges = np.asarray(edges, float)
    few = bits <= 40
    # Two points per bin: steps, no smoothing that would invent values.
    height = np.repeat(edges, 2)[1:-1] if few else (edges[1:] + edges[:-1]) / 2
    for bit, row in enumerate(counts):
        if not row.any():
            continue
        width = 0.46 * np.repeat(row, 2 if few else 1) / row.max()
        for tone, side in zip(TONES, (height <= 0, height >= 0), strict=True):
            style: dict[str, Any] = {"color": tone, "linewidth": 0, **fill}
            ax.fill_betweenx(height, bit - width, bit + width, where=side.tolist(), **style)
        for rim in (bit - width, bit + width):
            ax.plot(rim, height, color=muted(), linewidth=0.4 if few else 0.3)
    for value in (-1, 1):
        mark_y(ax, value, zorder=3)
    ax.axhline(0, color=ink(), linewidth=0.9, zorder=3)
    low, high = float(min(edges[0], -1.1)), float(max(edges[-1], 1.1))
    ax.set(xlim=(-0.8, bits - 0.2), ylim=(low, high), ylabel=quantity)
    bit_axis(ax, bits)
    _rounding_legend(ax, error)
    far = size_in_points(ax)[1] / max(high - low, 1e-9) >= 15
    labels = [(1.0, "+1", muted()), (0.0, "sign", ink()), (-1.0, "−1", muted())]
    end_labels(ax, labels if far else labels[1:2])
    return ax


def output_histogram(
    counts: Num[np.ndarray, " bins"],
    edges: Num[np.ndarray, " edges"],
    *,
    error: float | int | None = None,
    ax: Axes | None = None,
    **bars: Any,
) -> Axes:
    """Draw all outputs in one histogram, in the two tones of what the sign makes of them.

    Lines at -1 and +1 mark where the code puts them. `error` is their mean squared distance from
    there. `bars` goes to the `Axes.bar` of the counts.
    """
    ax = ax or new_axes(height=3.4)
    if not np.any(counts):
        return nothing(ax, "No outputs to draw: there is no image or no bit.")
    edges = np.asarray(edges, float)
    middle = (edges[1:] + edges[:-1]) / 2
    style: dict[str, Any] = {"color": np.where(middle >= 0, TONES[1], TONES[0])}
    style |= {"edgecolor": muted(), "linewidth": 0.4, "width": np.diff(edges)}
    ax.bar(middle, np.asarray(counts, float) / np.sum(counts), **{**style, **bars})
    for value in (-1, 1):
        mark_x(ax, value)
    ax.axvline(0, color=ink(), linewidth=0.9)
    low, high = min(edges[0], -1.0), max(edges[-1], 1.0)
    ax.set(xlim=(low - 0.06, high + 0.06), xlabel="Output before the sign")
    share_axis(ax, "Share of the outputs", 4)
    _rounding_legend(ax, error)
    return ax


def _rounding_legend(ax: Axes, error: float | int | None) -> None:
    """Name the two tones, and the quantization error where it is known."""
    text = [] if error is None else [patch(f"quantization error {error:.3g}")]
    legend_above(ax, [*tones("becomes +1", "becomes −1"), *text])
