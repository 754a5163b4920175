"""What happens step by step: the terms of a loss, codes while they are learned, an attack."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Int8, Num
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import ScaledTranslation

from hashviz.plots.canvas import draw_codes
from hashviz.plots.frames import bit_axis, epoch_axis, label_rows, page, percent, size_in_points
from hashviz.plots.looks import LINE_STYLES
from hashviz.plots.marks import dot, tone_legend
from hashviz.plots.notes import end_labels, mark_y, note, note_above, note_right, nothing, plain
from hashviz.plots.palette import class_color, ink, muted, new_axes, paper

__all__ = ["attack_steps", "bit_flips", "code_history", "training_terms"]


def training_terms(
    epochs: Num[np.ndarray, " epochs"],
    terms: Mapping[str, Num[np.ndarray, " epochs"]],
    *,
    stacked: bool = False,
    ax: Axes | None = None,
    **line: Any,
) -> Axes:
    """Draw the weighted terms of a loss over training, each labeled with its last value.

    As lines, on a logarithmic scale where the terms differ by more than a factor of 100; or
    `stacked`, so that the upper rim is the whole loss (only for terms that are never negative).
    `line` goes to each term's `Axes.plot`.
    """
    ax = ax or new_axes(height=3.6)
    values = np.array(list(terms.values()), float)
    finite = values[np.isfinite(values)]
    if not finite.size:
        return nothing(ax, "No training to draw: no epoch, no loss term or no finite number.")
    if stacked and (finite < 0).any():
        raise ValueError(f"Stacked terms are never negative, got {finite.min():g}; draw lines.")
    tops = values.cumsum(0) if stacked else values
    labels = []
    for place, (name, value, top) in enumerate(zip(map(plain, terms), values, tops, strict=True)):
        color = class_color(place)
        style = {"color": color, "linestyle": LINE_STYLES[place // 8 % 4], "label": name}
        ax.plot(epochs, top, **{**style, "marker": "o" if len(epochs) == 1 else "", **line})
        if stacked:
            ax.fill_between(epochs, top - value, top, color=color, alpha=0.3, linewidth=0)
        last = np.flatnonzero(np.isfinite(value))
        if len(last):
            at = float((top - value / 2 if stacked else top)[last[-1]])
            labels.append((at, f"{name}  {value[last[-1]]:.3g}", color))
    low, high = float(min(finite.min(), 0)), float(np.nanmax(tops))
    if not stacked and finite.min() > 0 and finite.max() / finite.min() > 100:
        ax.set(yscale="log", ylim=(finite.min() / 1.3, finite.max() * 1.3))
        ax.set_ylabel("Weighted term (log scale)")
    else:
        pad = 0.04 * (high - low) or 1.0
        ax.set(ylim=(low - (pad if low < 0 else 0), high + pad), ylabel="Weighted term")
    margin = 0.02 * float(epochs[-1] - epochs[0]) or 1.0
    ax.set_xlim(float(epochs[0]) - margin, float(epochs[-1]) + margin)
    epoch_axis(ax)
    shift = ScaledTranslation(10 / 72, 0, page(ax).dpi_scale_trans)
    for text, (_, _, color) in zip(end_labels(ax, labels, offset=17), labels, strict=True):
        # The label has the color of text; a dot before it has the color of the line.
        text.set_color(ink())
        place = {"transform": ax.transAxes + shift, "clip_on": False}
        ax.plot(1, text.xy[1], "o", color=color, markersize=6, **place)
    return ax


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
    ax = ax or new_axes(height=3.6)
    steps, bits = flips.shape
    if not flips.size:
        return nothing(ax, "No flips to draw: one epoch has nothing to compare with.")
    epochs = np.arange(2, steps + 2)
    mean = flips.mean(1)
    if bits > 1:
        ax.plot(epochs, flips, color=muted(), linewidth=0.7, alpha=0.55, zorder=1.6)
        restless = int(flips.mean(0).argmax())
        text = f"thin: each bit; bit {restless} flips most"
        more = f"{text}, {100 * flips[:, restless].mean():.1f} % an epoch"
        note_above(ax, more if 5.2 * len(more) < size_in_points(ax)[0] else text, va="baseline")
    dots = {"marker": "o", "markersize": 4} if steps < 40 else {}
    ax.plot(
        epochs, mean, **{"color": class_color(0), "linewidth": 2.4, "zorder": 3, **dots, **line}
    )
    labels = [(float(mean[-1]), f"mean, {100 * mean[-1]:.1f} % at the end", ink())]
    if quiet is not None and np.isfinite(quiet[-1]):
        ax.plot(np.arange(1, steps + 2), quiet, color=class_color(3), linestyle="--", zorder=2.5)
        labels.append((float(quiet[-1]), f"no flip in {window} epoch{'s' * (window > 1)}", ink()))
    mark_y(ax, 0.5)
    labels.append((0.5, "coins flip 50 %", muted()))
    ax.set(xlim=(0.7, steps + 1.3), ylim=(-0.01, 1.03), ylabel="Share of the bits")
    ax.yaxis.set_major_formatter(percent)
    epoch_axis(ax)
    end_labels(ax, labels)
    return ax


def code_history(
    codes: Int8[np.ndarray, "epochs bits"],
    *,
    target: Int8[np.ndarray, " bits"] | None = None,
    ax: Axes | None = None,
    **image: Any,
) -> Axes:
    """Draw the code of one image after every epoch, downwards; a dot where a bit has flipped.

    With a `target`, the code of its center, that stands below, and at the right how many bits were
    still missing. `image` goes to the `Axes.imshow` of the codes.
    """
    epochs, bits = codes.shape
    ax = ax or new_axes(height=min(1.7 + 0.16 * epochs, 5.4))
    if not codes.size:
        return nothing(ax, "No history to draw: there is no epoch or no bit.")
    draw_codes(ax, codes, **{"extent": (-0.5, bits - 0.5, epochs + 0.5, 0.5), **image})
    bottom = epochs + 0.5
    if target is not None:
        top = bottom + max(0.35, 0.03 * epochs)
        bottom = top + max(1.0, 0.07 * epochs)
        draw_codes(ax, target[None], extent=(-0.5, bits - 0.5, bottom, top))
        note(ax, "center", (-0.5, (top + bottom) / 2), (-6, 0), va="center", ha="right")
    for edge in np.arange(1, bits) - 0.5 if bits <= 80 else ():
        ax.axvline(edge, color=paper(), linewidth=0.6)
    width, height = size_in_points(ax)
    step, bit = np.nonzero(codes[1:] != codes[:-1])
    size = float(np.clip(0.5 * min(width / bits, height / (bottom - 0.5)), 1.6, 6.0))
    look: dict[str, Any] = {"color": class_color(1), "markeredgecolor": ink()}
    edge = 0.6 if size > 2.5 else 0.3
    ax.plot(bit, step + 2, "o", markersize=size, markeredgewidth=edge, label="flipped", **look)
    ax.set(xlim=(-0.5, bits - 0.5), ylim=(bottom, 0.5), ylabel="Epoch")
    label_rows(ax, [str(i + 1) for i in range(epochs)], np.arange(1, epochs + 1))
    bit_axis(ax, bits)
    if target is not None:
        note(ax, "missing", (1, 1), (7, 5), xycoords="axes fraction", color=muted())
        for epoch in ax.get_yticks().astype(int).tolist():
            note_right(ax, epoch, str((codes[epoch - 1] != target).sum()))
    tone_legend(ax, [dot(f"flipped: {len(bit)}", size=5, markeredgewidth=0.6, **look)])
    return ax


def attack_steps(
    flipped: Num[np.ndarray, " steps"],
    to_target: Num[np.ndarray, " steps"] | None = None,
    *,
    bits: int,
    ax: Axes | None = None,
    **line: Any,
) -> Axes:
    """Draw how many bits lie between attack and own code, and target if any, after every step.

    Half of the bits are what two unrelated pictures differ in. `line` goes to the `Axes.plot` of
    the flipped bits.
    """
    ax = ax or new_axes(height=3.2)
    if not len(flipped) or not bits:
        return nothing(ax, "No attack to draw: not a single step was made.")
    color, other = class_color(0), class_color(3)
    dots = len(flipped) < 40
    style = {"color": color, "marker": "o" if dots else "", "markersize": 4}
    ax.plot(flipped, **{**style, **line})
    labels = [(float(flipped[-1]), f"from its own code: {flipped[-1]:g}", ink())]
    if to_target is not None:
        ax.plot(to_target, color=other, linestyle="--", marker="s" if dots else "", markersize=4)
        labels.append((float(to_target[-1]), f"from the target: {to_target[-1]:g}", ink()))
    mark_y(ax, bits / 2)
    labels.append((bits / 2, f"unrelated: {bits / 2:g}", muted()))
    ax.set(xlim=(-0.3, max(len(flipped) - 0.7, 0.7)), ylim=(-0.02 * bits, 1.02 * bits))
    ax.set_ylabel("Different bits")
    epoch_axis(ax, "Step of the attack")
    ax.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    end_labels(ax, labels)
    return ax
