"""Which scale of a fused network a bit comes from."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Num
from matplotlib.axes import Axes

from hashviz.plots.marks import label_rows, legend_above, nothing, plain
from hashviz.plots.palette import new_axes, sequential


def bit_origins(
    shares: Num[np.ndarray, "scales bits"],
    names: Sequence[str] = (),
    *,
    ax: Axes | None = None,
    **bars: Any,
) -> Axes:
    """Draw a bar per bit, divided by what each scale adds to its variation, finest scale first.

    `shares` sum to 1 over the scales of a bit; a negative one works against the others and hangs
    below zero. `bars` goes to the `Axes.bar` of the first scale.
    """
    ax = new_axes() if ax is None else ax
    shares = np.asarray(shares, float)
    if not shares.size or not shares.any():
        return nothing(ax, "No scale moves any bit: the outputs are constant.")
    scales, bits = shares.shape
    names = list(names) or [f"scale {i + 1}" for i in range(scales)]
    colors = sequential()(np.linspace(0.15, 0.85, scales))
    up, down = np.zeros(bits), np.zeros(bits)
    for i, share in enumerate(shares):
        bottom = np.where(share >= 0, up, down)
        more = bars if i == 0 else {}
        ax.bar(
            np.arange(bits),
            share,
            bottom=bottom,
            **{"width": 0.86, "color": colors[i], "label": plain(names[i]), **more},
        )
        up, down = up + share.clip(min=0), down + share.clip(max=0)
    ax.set(xlabel="Bit", ylabel="Share of the bit's variation", xlim=(-0.7, bits - 0.3))
    label_rows(ax, None, range(bits), axis="x")
    legend_above(ax, columns=scales)
    return ax
