"""A query that fools its code: what was changed, what flipped, and how fast."""

from typing import Any

import numpy as np
from jaxtyping import Int8, Num, UInt8
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from hashviz.plots.marks import end_labels, nothing, plain, size_in_points
from hashviz.plots.palette import MINUS, PLUS, ink, muted, new_axes, qualitative, right_wrong
from hashviz.plots.retrieval import picture

BITS_PER_LINE = 32
PITCH, GAP = 1.32, 0.1


def attack(
    original: UInt8[np.ndarray, "height width channels"],
    changed: UInt8[np.ndarray, "height width channels"],
    own: Int8[np.ndarray, " bits"],
    code: Int8[np.ndarray, " bits"],
    *,
    target: Int8[np.ndarray, " bits"] | None = None,
    names: tuple[str, str] = ("the picture", "the attack"),
    ax: Axes | None = None,
    **image: Any,
) -> Axes:
    """The picture, what was added to it (enlarged), the sum, and the codes of the two.

    `changed` and `code` are those of `explain.attacks`. A cross stands between bits that
    flipped; with a `target`, its code is the last row. The difference is shown around a middle
    gray, as many times as strong as it takes to be seen, which its title says. `image` goes to the
    `Axes.imshow` of the pictures.
    """
    bits, lines = len(code), -(-len(code) // BITS_PER_LINE)
    rows = [("its code", own), ("new code", code)]
    rows += [] if target is None else [("target", target)]
    strip = 0.16
    block = len(rows) * (strip + GAP) + 0.1
    width, height = 3 * PITCH + 0.05, 1.62 + max(lines, 1) * block
    ax = new_axes(5.6, 5.6 * height / width) if ax is None else ax
    if original.size == 0 or not bits:
        return nothing(ax, "No attack to draw: the picture or its code is empty.")
    ax.set_axis_off()
    ax.set_aspect("equal", adjustable="box")
    ax.set(xlim=(-0.03, width), ylim=(height, -0.03))
    across, along = size_in_points(ax)
    points = min(across / (width + 0.03), along / (height + 0.03))
    size = float(np.clip(0.105 * points, 4.0, 12.0))

    def write(x: float | int, y: float | int, text: str, **style: Any) -> None:
        ax.text(x, y, text, **{"size": size, "color": ink(), "va": "center", **style})

    difference = changed.astype(np.int16) - original.astype(np.int16)
    strongest = int(np.abs(difference).max())
    times = max(1, 120 // max(strongest, 1))
    shown = np.clip(128 + times * difference, 0, 255).astype(np.uint8)
    titles = (plain(names[0]), f"difference × {times}", plain(names[1]))
    for place, (title, pixels) in enumerate(zip(titles, (original, shown, changed), strict=True)):
        x = place * PITCH
        write(x, 0.09, title)
        picture(ax, pixels, x, 0.2, image)
        ax.add_patch(Rectangle((x, 0.2), 1, 1, fill=False, edgecolor=muted(), linewidth=0.8))
        if place:
            write(x - (PITCH - 1) / 2, 0.7, "+="[place - 1], ha="center", size=1.5 * size)
    flipped = np.flatnonzero(own != code)
    text = f"{len(flipped)} of {bits} bits flipped, no pixel value changed by more than {strongest}"
    if target is not None:
        text += f", {int((code != target).sum())} bits from the target"
    write(0, 1.36, text)
    tones = np.array([to_rgb(MINUS), to_rgb(PLUS)])
    # Names of the rows at the left, and 32 cells in what remains.
    left = 0.62
    cell = (width - 0.06 - left) / min(bits, BITS_PER_LINE)
    for line in range(lines):
        here = slice(line * BITS_PER_LINE, (line + 1) * BITS_PER_LINE)
        top = 1.55 + line * block
        for row, (name, some) in enumerate(rows):
            y = top + row * (strip + GAP)
            part = some[here]
            extent = (left, left + cell * len(part), y + strip, y)
            cells = tones[(part > 0).astype(int)][None]
            ax.imshow(cells, extent=extent, aspect="equal", zorder=2)
            edges = left + cell * np.arange(1, len(part))
            ax.vlines(edges, y, y + strip, color=muted(), linewidth=0.3, zorder=2.5)
            write(0, y + strip / 2, name, size=0.9 * size)
        crossed = [b - here.start for b in flipped if here.start <= b < here.stop]
        at = left + cell * (np.array(crossed) + 0.5)
        between = top + strip + GAP / 2
        ax.scatter(at, np.full(len(at), between), marker="x", s=(0.06 * points) ** 2,
                   color=right_wrong()[1], linewidths=1.4, zorder=3)  # fmt: skip
    return ax


def attack_steps(
    flipped: Num[np.ndarray, " steps"],
    to_target: Num[np.ndarray, " steps"] | None = None,
    *,
    bits: int,
    ax: Axes | None = None,
    **line: Any,
) -> Axes:
    """Bits away from the own code after every gradient step, and from the target if there is one.

    Half of the bits are what two unrelated pictures differ in. `line` goes to the `Axes.plot` of
    the flipped bits.
    """
    ax = new_axes(height=3.2) if ax is None else ax
    if not len(flipped) or not bits:
        return nothing(ax, "No attack to draw: not a single step was made.")
    steps = np.arange(len(flipped))
    color, other = qualitative()[0], qualitative()[3]
    dots = {"marker": "o", "markersize": 4} if len(flipped) < 40 else {}
    ax.plot(steps, flipped, **{"color": color, **dots, **line})
    labels = [(float(flipped[-1]), f"from its own code: {flipped[-1]:g}", ink())]
    if to_target is not None:
        ax.plot(steps, to_target, color=other, linestyle="--", marker="s" if dots else "",
                markersize=4)  # fmt: skip
        labels.append((float(to_target[-1]), f"from the target: {to_target[-1]:g}", ink()))
    ax.axhline(bits / 2, color=muted(), linewidth=0.9, linestyle=(0, (4, 3)), zorder=1.5)
    labels.append((bits / 2, f"unrelated: {bits / 2:g}", muted()))
    ax.set(xlim=(-0.3, max(len(flipped) - 0.7, 0.7)), ylim=(-0.02 * bits, 1.02 * bits))
    ax.set(xlabel="Step of the attack", ylabel="Different bits")
    fits = max(2, min(8, int(size_in_points(ax)[0] / 48)))
    ax.xaxis.set_major_locator(MaxNLocator(fits, integer=True))
    ax.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    ax.grid(axis="y")
    end_labels(ax, labels)
    return ax
