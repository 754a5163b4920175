"""The frame of a figure: its size, its axes with their ticks, and the scale of its colors."""

import math
from collections.abc import Sequence
from typing import Any, Literal, cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, MultipleLocator
from numpy.typing import ArrayLike

from hashviz.plots.palette import lightness, scaled

Number = float | int


def page(ax: Axes) -> Any:
    """Return the figure that axes belong to, also from within subfigures."""
    return cast(Any, ax.get_figure(root=True))


def size_in_points(ax: Axes) -> tuple[float, float]:
    """Return the width and height of the frame, as far as known before the layout is done."""
    scale = 72 / page(ax).dpi
    return max(ax.bbox.width * scale, 1.0), max(ax.bbox.height * scale, 1.0)


def percent(value: Number, _: Any = None) -> str:
    """Return a share as a tick writes it, in percent."""
    return f"{100 * value:.3g} %"


def score_axis(ax: Axes, ylabel: str = "Mean average precision") -> None:
    """Draw scores on the whole scale from 0 to 1."""
    ax.set(ylim=(0, 1.03), ylabel=ylabel)
    ax.yaxis.set_major_locator(MultipleLocator(0.2))
    ax.grid(axis="y")


def share_axis(ax: Axes, ylabel: str, ticks: int = 5) -> None:
    """Draw shares in percent, with a few ticks."""
    ax.set_ylabel(ylabel)
    ax.yaxis.set_major_locator(MaxNLocator(ticks))
    ax.yaxis.set_major_formatter(percent)


def epoch_axis(ax: Axes, xlabel: str = "Epoch") -> None:
    """Count steps below the frame, with as many ticks as find room, and rule the values."""
    ax.set_xlabel(xlabel)
    ax.grid(axis="y")
    most = max(2, min(8, int(size_in_points(ax)[0] / 48)))
    ax.xaxis.set_major_locator(MaxNLocator(most, integer=True))


def distance_axis(ax: Axes, bits: int, xlabel: str = "Hamming distance (bits)") -> None:
    """Mark distances of codes of so many bits at powers of two."""
    ax.set_xlabel(xlabel)
    step = max(1, 2 ** math.ceil(math.log2((bits + 1) / 9)))
    ax.set_xticks(np.arange(0, bits + 1, step if bits > 12 else 2))


def bit_axis(ax: Axes, bits: int) -> None:
    """Number the bits below the frame, whose lower line they replace."""
    ax.set_xlabel("Bit")
    ax.spines["bottom"].set_visible(False)
    label_rows(ax, None, range(bits), axis="x")


def label_rows(
    ax: Axes, names: Sequence[str] | None, positions: ArrayLike, axis: Literal["x", "y"] = "y"
) -> None:
    """Write names (or numbers) at `positions` of an axis, as many as fit at their size."""
    positions = np.asarray(positions, float)
    room = size_in_points(ax)[1 if axis == "y" else 0]
    low, high = ax.get_ylim() if axis == "y" else ax.get_xlim()
    longest = max(map(len, names), default=1) if names else len(str(len(positions)))
    need = scaled(13.0 if axis == "y" else max(13.0, 7.0 * longest + 6))
    at = positions * room / max(abs(high - low), 1e-9)
    chosen: list[int] = []
    if names is None:
        pitch = abs(at[1] - at[0]) if len(at) > 1 else need
        steps = (1, 2, 4, 8, 10, 16, 20, 32, 64, 128, 256, 512, 1024)
        step = next((s for s in steps if s * pitch >= need * 1.4), len(at) or 1)
        chosen = list(range(0, len(at), step))
    else:
        for index in np.argsort(at, kind="stable").tolist():
            if not chosen or at[index] - at[chosen[-1]] >= need:
                chosen.append(index)
    texts = [names[i] if names else str(i) for i in chosen]
    (ax.yaxis if axis == "y" else ax.xaxis).set_ticks(positions[chosen], labels=texts)
    ax.tick_params(axis=axis, length=0)


def color_scale(ax: Axes, image: Any, title: str, **options: Any) -> Axes:
    """Draw the scale of colors right of a matrix, which needs no frame itself.

    `options` go to `Figure.colorbar`.
    """
    ax.spines[:].set_visible(False)
    bar = ax.inset_axes((1.04, 0, 0.045, 1))
    page(ax).colorbar(image, cax=bar, **options)
    bar.tick_params(length=0)
    bar.spines[:].set_visible(False)
    bar.set_title(title, loc="left", size="small", pad=6)
    return bar


def write_cells(ax: Axes, picture: Any, form: str) -> None:
    """Write every value of a picture that is not masked into its cell, so that it can be read."""
    values = np.ma.masked_array(picture.get_array())
    look: dict[str, Any] = {"ha": "center", "va": "center", "size": "small"}
    for row, column in np.argwhere(~np.ma.getmaskarray(values)):
        value = values[row, column]
        color = "white" if lightness(picture.to_rgba(value)[:3]) < 0.3 else "#1f2328"
        ax.text(column, row, form.format(value), color=color, **look)
