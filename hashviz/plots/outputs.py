"""What is quantized: how far each relaxed bit is from the -1 and +1 it becomes."""

from itertools import pairwise
from typing import Any

import numpy as np
from jaxtyping import Num
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from hashviz.plots.marks import (
    bit_axis,
    dot,
    end_labels,
    horizontal_reference,
    legend_above,
    nothing,
    patch,
    percent,
    size_in_points,
    tones,
    vertical_reference,
)
from hashviz.plots.palette import MINUS, PLUS, ink, muted, new_axes

__all__ = ["output_histogram", "output_violins", "useful_bits"]


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
    ax = new_axes(height=3.8) if ax is None else ax
    bits = len(counts)
    if not bits or not np.any(counts):
        return nothing(ax, "No outputs to draw: there is no image or no bit.")
    edges = np.asarray(edges, float)
    for bit, row in enumerate(counts):
        if not row.any():
            continue
        half = 0.46 * np.asarray(row, float) / row.max()
        if bits <= 40:
            # Two points per bin: steps, no smoothing that would invent values.
            width, height = np.repeat(half, 2), np.repeat(edges, 2)[1:-1]
        else:
            width, height = half, (edges[1:] + edges[:-1]) / 2
        for tone, side in ((PLUS, height >= 0), (MINUS, height <= 0)):
            style: dict[str, Any] = {"color": tone, "linewidth": 0, **fill}
            ax.fill_betweenx(height, bit - width, bit + width, where=side.tolist(), **style)
        for sign in (-1, 1):
            ax.plot(bit + sign * width, height, color=muted(), linewidth=0.4 if bits <= 40 else 0.3)
    for value in (-1, 1):
        horizontal_reference(ax, value).set_zorder(3)
    ax.axhline(0, color=ink(), linewidth=0.9, zorder=3)
    low, high = float(min(edges[0], -1.1)), float(max(edges[-1], 1.1))
    ax.set(xlim=(-0.8, bits - 0.2), ylim=(low, high), ylabel=quantity)
    bit_axis(ax, bits)
    ax.spines["bottom"].set_visible(False)
    _rounding_legend(ax, error)
    far = size_in_points(ax)[1] / max(high - low, 1e-9) >= 15
    labels = [(1.0, "+1", muted()), (0.0, "sign", ink()), (-1.0, "−1", muted())]
    end_labels(ax, labels if far else labels[1:2])
    return ax


def _rounding_legend(ax: Axes, error: float | int | None) -> None:
    """Name the two tones, and the quantization error where it is known."""
    text = [] if error is None else [patch(f"quantization error {error:.3g}")]
    legend_above(ax, [*tones("becomes +1", "becomes −1"), *text])


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
    ax = new_axes(height=3.4) if ax is None else ax
    bits = len(entropy)
    if not bits:
        return nothing(ax, "No entropy to draw: the codes have no bits.")
    entropy = np.asarray(entropy, float)
    constant = entropy <= 0
    repeats = np.zeros(bits, bool)
    alive = [[bit for bit in group if not constant[bit]] for group in groups]
    for group in alive:
        repeats[group[1:]] = True
    new = ~constant & ~repeats
    handles = []
    for chosen, face, hatch, text in (
        (new, PLUS, "", f"new ({new.sum()})"),
        (repeats, "none", "////", f"repeats another ({repeats.sum()})"),
    ):
        if chosen.any():
            style: dict[str, Any] = {"facecolor": face, "edgecolor": PLUS, "hatch": hatch}
            rim = 0.8 if hatch else 0
            drawn = ax.bar(np.flatnonzero(chosen), entropy[chosen],
                           **{"width": 0.76, "linewidth": rim, **style, **bars})  # fmt: skip
            handles.append(patch(text, drawn[0].get_facecolor(), edgecolor=PLUS, hatch=hatch))
    width = size_in_points(ax)[0]
    if constant.any():
        size = float(np.clip(0.5 * width / bits, 2.5, 6.0))
        where = np.flatnonzero(constant)
        ax.plot(where, np.full(len(where), 0.03), "x", markersize=size, color=ink())
        handles.append(dot(f"constant ({constant.sum()})", "x", 5, color=ink()))
    joined = [group for group in alive if len(group) > 1]
    depth = 0.0
    for group in joined:
        for left, right in pairwise(group):
            angle = np.linspace(0, np.pi, 40)
            drop = (0.06 + 0.22 * (right - left) / bits) if bits > 1 else 0.1
            depth = max(depth, drop)
            x = (left + right) / 2 + (right - left) / 2 * np.cos(angle)
            ax.plot(x, -0.02 - drop * np.sin(angle), color=muted(), linewidth=1.2)
    ax.axhline(0, color=muted(), linewidth=0.8)
    ax.set(xlim=(-0.8, bits - 0.2), ylim=(-(depth + 0.05) if joined else 0, 1.04))
    ax.set_ylabel("Entropy (bits)")
    ax.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "0.25", "0.5", "0.75", "1"])
    bit_axis(ax, bits)
    ax.spines["bottom"].set_visible(False)
    legend_above(ax, handles)
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
    ax = new_axes(height=3.4) if ax is None else ax
    if not np.any(counts):
        return nothing(ax, "No outputs to draw: there is no image or no bit.")
    edges = np.asarray(edges, float)
    middle = (edges[1:] + edges[:-1]) / 2
    tones = [PLUS if m >= 0 else MINUS for m in middle]
    share = np.asarray(counts, float) / np.sum(counts)
    style: dict[str, Any] = {"color": tones, "edgecolor": muted(), "linewidth": 0.4}
    ax.bar(middle, share, width=np.diff(edges), **{**style, **bars})
    for value in (-1, 1):
        vertical_reference(ax, value)
    ax.axvline(0, color=ink(), linewidth=0.9)
    low, high = min(edges[0], -1.0), max(edges[-1], 1.0)
    ax.set(xlim=(low - 0.06, high + 0.06), xlabel="Output before the sign")
    ax.set_ylabel("Share of the outputs")
    ax.yaxis.set_major_locator(MaxNLocator(4))
    ax.yaxis.set_major_formatter(percent)
    _rounding_legend(ax, error)
    return ax
