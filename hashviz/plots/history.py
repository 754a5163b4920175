"""Codes while they are learned: how many bits still flip, and the life of one code."""

from typing import Any

import numpy as np
from jaxtyping import Int8, Num
from matplotlib.axes import Axes

from hashviz.plots.marks import (
    bit_axis,
    dot,
    end_labels,
    epoch_axis,
    horizontal_reference,
    label_rows,
    note,
    note_above,
    note_right,
    nothing,
    percent,
    size_in_points,
    tone_legend,
)
from hashviz.plots.palette import code_map, ink, muted, new_axes, paper, qualitative

__all__ = ["bit_flips", "code_history"]


def bit_flips(
    flips: Num[np.ndarray, "steps bits"],
    quiet: Num[np.ndarray, " epochs"] | None = None,
    *,
    window: int = 1,
    ax: Axes | None = None,
    **line: Any,
) -> Axes:
    """Draw how many images change a bit from one epoch to the next, for each bit and on average.

    `flips` and `quiet` are what `metrics.bit_flips` and `metrics.quiet_share` return: a thin line
    per bit, a thick one for their mean, and the share of all bits that have not flipped in the last
    `window` epochs. Codes that are drawn by coin would flip half of their bits. `line` goes to the
    `Axes.plot` of the mean.
    """
    ax = new_axes(height=3.6) if ax is None else ax
    flips = np.asarray(flips, float)
    steps, bits = flips.shape
    if not steps or not bits:
        return nothing(ax, "No flips to draw: one epoch has nothing to compare with.")
    epochs = np.arange(2, steps + 2)
    color, other = qualitative()[0], qualitative()[3]
    if bits > 1:
        style: dict[str, Any] = {"linewidth": 0.7, "alpha": 0.55, "zorder": 1.6}
        ax.plot(epochs, flips, color=muted(), **style)
    mean = flips.mean(1)
    dots = {"marker": "o", "markersize": 4} if steps < 40 else {}
    ax.plot(epochs, mean, **{"color": color, "linewidth": 2.4, "zorder": 3, **dots, **line})
    restless = int(flips.mean(0).argmax())
    labels = [(float(mean[-1]), f"mean, {100 * mean[-1]:.1f} % at the end", color)]
    if quiet is not None and np.isfinite(quiet[-1]):
        ax.plot(np.arange(1, steps + 2), quiet, color=other, linestyle="--", zorder=2.5)
        labels.append((float(quiet[-1]), f"no flip in {window} epoch{'s' * (window > 1)}", other))
    horizontal_reference(ax, 0.5)
    labels.append((0.5, "coins flip 50 %", muted()))
    ax.set(xlim=(0.7, steps + 1.3), ylim=(-0.01, 1.03), ylabel="Share of the bits")
    ax.yaxis.set_major_formatter(percent)
    epoch_axis(ax)
    ax.grid(axis="y")
    if bits > 1:
        most = 100 * flips[:, restless].mean()
        text = f"thin: each bit; bit {restless} flips most, {most:.1f} % an epoch"
        if 5.2 * len(text) > size_in_points(ax)[0]:
            text = f"thin: each bit; bit {restless} flips most"
        note_above(ax, text, va="baseline")
    for text in end_labels(ax, labels):
        text.set_color(ink() if text.get_color() != muted() else muted())
    return ax


def code_history(
    codes: Int8[np.ndarray, "epochs bits"],
    *,
    target: Int8[np.ndarray, " bits"] | None = None,
    target_name: str = "center",
    ax: Axes | None = None,
    **image: Any,
) -> Axes:
    """Draw the code of one image after every epoch, downwards; a dot where a bit has flipped.

    With a `target`, its code stands below, and at the right how many bits were still missing.
    `image` goes to the `Axes.imshow` of the codes.
    """
    epochs, bits = codes.shape
    ax = new_axes(height=min(1.7 + 0.16 * epochs, 5.4)) if ax is None else ax
    if not epochs or not bits:
        return nothing(ax, "No history to draw: there is no epoch or no bit.")
    style: dict[str, Any] = {"cmap": code_map(), "vmin": -1, "vmax": 1, "aspect": "auto"}
    ax.imshow(codes, **{**style, "extent": (-0.5, bits - 0.5, epochs + 0.5, 0.5), **image})
    rows = epochs + 0.0
    if target is not None:
        gap = max(0.35, 0.03 * epochs)
        high = max(1.0, 0.07 * epochs)
        top = epochs + 0.5 + gap
        ax.imshow(target[None], **style, extent=(-0.5, bits - 0.5, top + high, top))
        rows += gap + high
        note(ax, target_name, (-0.5, top + high / 2), (-6, 0), va="center", ha="right")
    for edge in np.arange(1, bits) - 0.5 if bits <= 80 else ():
        ax.axvline(edge, color=paper(), linewidth=0.6)
    width, height = size_in_points(ax)
    step, bit = np.nonzero(codes[1:] != codes[:-1])
    cell = min(width / bits, height / rows)
    size = float(np.clip(0.5 * cell, 1.6, 6.0))
    look: dict[str, Any] = {"color": qualitative()[1], "markeredgecolor": ink()}
    edge = 0.6 if size > 2.5 else 0.3
    ax.plot(bit, step + 2, "o", markersize=size, markeredgewidth=edge, label="flipped", **look)
    ax.set(xlim=(-0.5, bits - 0.5), ylim=(rows + 0.5, 0.5), ylabel="Epoch")
    places = np.arange(1, epochs + 1)
    label_rows(ax, [str(i) for i in places], places)
    bit_axis(ax, bits)
    ax.spines[:].set_visible(False)
    if target is not None:
        away = (codes != target).sum(1)
        ticks = [int(t) - 1 for t in ax.get_yticks()]
        note(ax, "missing", (1, 1), (7, 5), xycoords="axes fraction", color=muted())
        for place in ticks:
            note_right(ax, place + 1, str(away[place]))
    tone_legend(ax, [dot(f"flipped: {len(bit)}", size=5, markeredgewidth=0.6, **look)])
    return ax
