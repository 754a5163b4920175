"""What the loss did: each named term over the epochs."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Num
from matplotlib.axes import Axes
from matplotlib.transforms import ScaledTranslation

from hashviz.plots.marks import end_labels, epoch_axis, nothing, page, plain
from hashviz.plots.palette import LINE_STYLES, class_color, ink, new_axes

__all__ = ["training_terms"]


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
    ax = new_axes(height=3.6) if ax is None else ax
    if not len(epochs) or not terms:
        return nothing(ax, "No training to draw: there is no epoch or no loss term.")
    values = {name: np.asarray(v, float) for name, v in terms.items()}
    table = np.stack(list(values.values()))
    finite = table[np.isfinite(table)]
    if not finite.size:
        return nothing(ax, "No training to draw: no term was ever a finite number.")
    if stacked and (finite < 0).any():
        least = f"got a minimum of {finite.min():g}"
        raise ValueError(f"Stacked terms are never negative, {least}; draw lines instead.")
    floor = np.zeros(len(epochs))
    labels = []
    for place, (name, value) in enumerate(values.items()):
        color = class_color(place)
        style = {"color": color, "linestyle": LINE_STYLES[place // 8 % 4], "label": plain(name)}
        top = floor + value if stacked else value
        if len(epochs) == 1:
            style["marker"] = "o"
        ax.plot(epochs, top, **{**style, **line})
        if stacked:
            ax.fill_between(epochs, floor, top, color=color, alpha=0.3, linewidth=0)
        last = np.flatnonzero(np.isfinite(value))
        if len(last):
            at = float(((floor + top) / 2 if stacked else top)[last[-1]])
            labels.append((at, f"{plain(name)}  {value[last[-1]]:.3g}", color))
        floor = top if stacked else floor
    positive = finite[finite > 0]
    low, high = float(min(finite.min(), 0)), float(max(finite.max(), floor.max()))
    if not stacked and finite.min() > 0 and positive.max() / positive.min() > 100:
        ax.set_yscale("log")
        ax.set_ylim(positive.min() / 1.3, positive.max() * 1.3)
        ax.set_ylabel("Weighted term (log scale)")
    else:
        pad = 0.04 * (high - low) or 1.0
        ax.set_ylim(low - (pad if low < 0 else 0), high + pad)
        ax.set_ylabel("Weighted term")
    span = float(epochs[-1] - epochs[0])
    margin = 0.02 * span or 1.0
    ax.set_xlim(float(epochs[0]) - margin, float(epochs[-1]) + margin)
    epoch_axis(ax)
    ax.grid(axis="y")
    shift = ScaledTranslation(10 / 72, 0, page(ax).dpi_scale_trans)
    for text, (_, _, color) in zip(end_labels(ax, labels, offset=17), labels, strict=True):
        # The label has the color of text; a dot before it has the color of the line.
        text.set_color(ink())
        place = {"transform": ax.transAxes + shift, "clip_on": False}
        ax.plot(1, text.xy[1], "o", color=color, markersize=6, **place)
    return ax
