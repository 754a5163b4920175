"""Why this hit: bits of two codes, what a bit stands for and knows, and how a code is fooled."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Int8, Num, Shaped, UInt8
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from hashviz.plots.canvas import BITS_PER_LINE, Canvas, draw_picture, draw_strip
from hashviz.plots.frames import bit_axis, color_scale, label_rows, size_in_points, write_cells
from hashviz.plots.marks import dot, legend_above, patch, tone_legend
from hashviz.plots.notes import nothing, plain
from hashviz.plots.palette import MINUS, PLUS, faint, ink, muted, new_axes, right_wrong, sequential

__all__ = ["attack", "bit_agreement", "bit_gallery", "bit_origins", "mutual_information"]
__all__ += ["mutual_information"]

PITCH, STRIP, GAP = 1.32, 0.16, 0.1


def bit_agreement(
    first: Int8[np.ndarray, " bits"],
    second: Int8[np.ndarray, " bits"],
    *,
    deciding: Iterable[int] = (),
    ax: Axes | None = None,
    **image: Any,
) -> Axes:
    """Draw the codes of query and hit, 32 bits to a line, a mark between bits that differ.

    `deciding` bits, whose flips would drive the hit away, have a frame. `image` goes to the
    `Axes.imshow` of every line.
    """
    bits = len(first)
    lines = -(-bits // BITS_PER_LINE)
    ax = ax or new_axes(6.4, 1.0 + 1.05 * max(lines, 1))
    if bits == 0:
        return nothing(ax, "No bits to compare: the codes are empty.")
    across = min(bits, BITS_PER_LINE)
    differing = np.flatnonzero(first != second)
    pitch, color = 3.4, right_wrong()[1]
    deciding = sorted(set(deciding))
    tops = pitch * np.arange(lines)
    for start, top in zip(range(0, bits, across), tops.tolist(), strict=True):
        for y, code in ((top, first), (top + 1.4, second)):
            part = code[start : start + across]
            draw_strip(ax, part, -0.5, y, 1, 1, **{"aspect": "auto", **image})
    ax.scatter(differing % across, differing // across * pitch + 1.2, marker="x", s=26,
               color=color, linewidths=1.7, zorder=3)  # fmt: skip
    for bit in deciding:
        corner = (bit % across - 0.46, bit // across * pitch - 0.12)
        look: dict[str, Any] = {"edgecolor": ink(), "linewidth": 1.6, "zorder": 4}
        frame = Rectangle(corner, 0.92, 2.64, fill=False, gid=f"deciding-{bit}", **look)
        ax.add_patch(frame)
    ax.set(xlim=(-0.6, across - 0.4), ylim=((lines - 1) * pitch + 2.6, -0.2))
    ax.set_yticks(np.r_[tops + 0.5, tops + 1.9], ["query"] * lines + ["hit"] * lines)
    ax.tick_params(axis="y", length=0)
    if lines == 1:
        bit_axis(ax, bits)
    else:
        ax.set(xticks=[], xlabel=f"{bits} bits, {across} to a line")
    ax.spines[:].set_visible(False)
    some = f"{len(differing)} of {bits} bits differ"
    extra: list[Any] = [dot(some, "x", 6, color=color, markeredgewidth=1.7)]
    if deciding:
        text = f"flip {'this' if len(deciding) == 1 else f'these {len(deciding)}'} and it leaves"
        extra.append(patch(text, edgecolor=ink(), linewidth=1.6))
    tone_legend(ax, extra)
    return ax


def bit_gallery(
    plus: Sequence[Shaped[np.ndarray, "..."]],
    minus: Sequence[Shaped[np.ndarray, "..."]],
    undecided: Sequence[Shaped[np.ndarray, "..."]] = (),
    *,
    bit: int | None = None,
    ax: Axes | None = None,
    **image: Any,
) -> Axes:
    """Draw the pictures that say +1 loudest, those that hardly decide, those that say -1 loudest.

    Give the bit a name from what you see. `image` is set on every picture (`AxesImage.set`).
    """
    rows = [("+1, loudest first", plus, PLUS), ("undecided", undecided, faint()),
            ("−1, loudest first", minus, MINUS)]  # fmt: skip
    rows = [row for row in rows if len(row[1]) or row[0] != "undecided"]
    columns = max(len(pictures) for _, pictures, _ in rows)
    ax = ax or new_axes(6.4, 0.4 + len(rows) * 6.2 / max(columns, 4) * 1.35)
    if columns == 0:
        return nothing(ax, "No gallery to draw: there is no picture.")
    ax.set_axis_off()
    pitch = 1.42
    ax.set(xlim=(-0.02, max(columns, 4)), ylim=(len(rows) * pitch - 0.1, -0.02), aspect="equal")
    for row, (title, pictures, tone) in enumerate(rows):
        y = row * pitch
        rim: dict[str, Any] = {"edgecolor": muted(), "linewidth": 0.6}
        ax.add_patch(Rectangle((0, y), 0.14, 0.22, facecolor=tone, **rim))
        ax.text(0.2, y + 0.11, title, va="center", color=ink())
        if not len(pictures):
            ax.text(0, y + 0.8, "No picture has this sign.", va="center", color=muted())
        for place, picture in enumerate(pictures):
            draw_picture(ax, picture, place + 0.5, y + 0.8, 0.96, **image)
    if bit is not None:
        ax.set_title(f"bit {bit}: what would you call it?")
    return ax


def mutual_information(
    values: Float[np.ndarray, "bits variables"],
    names: Sequence[str],
    *,
    limit: Float[np.ndarray, "bits variables"] | None = None,
    entropy: Float[np.ndarray, " variables"] | None = None,
    ax: Axes | None = None,
    **image: Any,
) -> Axes:
    """Draw what each bit tells about each variable, from `metrics.mutual_information`.

    With `entropy`, shares of what there is to know; else bits. Cells not above `limit`, what 95 of
    100 shuffles stay below, are left empty: chance tells as much. `image` goes to `Axes.imshow`.
    """
    bits, variables = values.shape
    ax = ax or new_axes(6.4, max(2.6, 1.1 + 0.22 * variables))
    if not values.size:
        return nothing(ax, "No information to draw: there is no bit or nothing to know.")
    shown = values if entropy is None else values / np.where(entropy > 0, entropy, 1)
    hidden = np.zeros(values.shape, bool) if limit is None else values <= limit
    cmap = sequential().with_extremes(bad=faint())
    top = float(shown[~hidden].max(initial=0)) or 1.0
    style = {"cmap": cmap, "vmin": 0, "vmax": top, "aspect": "auto"}
    picture = ax.imshow(np.ma.masked_array(shown, hidden).T, **{**style, **image})
    bit_axis(ax, bits)
    label_rows(ax, [plain(n, 18) for n in names], range(variables))
    color_scale(ax, picture, "bits" if entropy is None else "share known")
    if bits * variables <= 120 and size_in_points(ax)[0] / bits > 26:
        write_cells(ax, picture, "{:.2f}")
    if limit is not None:
        handle = patch("no more than chance shows", faint(), edgecolor=muted(), linewidth=0.5)
        # In a narrow frame the key would meet the title of the scale.
        legend_above(ax, [handle], lift=24 if size_in_points(ax)[0] < 260 else 6)
    return ax


def bit_origins(
    shares: Num[np.ndarray, "scales bits"],
    names: Sequence[str] = (),
    *,
    ax: Axes | None = None,
    **bars: Any,
) -> Axes:
    """Draw a bar per bit, divided by what each scale adds to its variation, finest scale first.

    `shares` sum to 1 over the scales of a bit; a negative one works against the others and hangs
    below zero. `bars` goes to the `Axes.bar` of every scale.
    """
    ax = ax or new_axes()
    if not shares.size or not shares.any():
        return nothing(ax, "No scale moves any bit: the outputs are constant.")
    scales, bits = shares.shape
    names = names or [f"scale {i + 1}" for i in range(scales)]
    colors = sequential()(np.linspace(0.15, 0.85, scales))
    for i, share in enumerate(shares):
        # Upon those of the same sign before it.
        bottom = np.where(shares[:i] * share > 0, shares[:i], 0).sum(0)
        style: dict[str, Any] = {"width": 0.86, "color": colors[i], "label": plain(names[i])}
        ax.bar(np.arange(bits), share, bottom=bottom, **{**style, **bars})
    ax.set(ylabel="Share of the bit's variation", xlim=(-0.7, bits - 0.3))
    bit_axis(ax, bits)
    legend_above(ax, columns=scales)
    return ax


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
    """Draw the picture, what was added to it (enlarged), the sum, and the codes of the two.

    `changed` and `code` are those of `explain.attacks`. A cross stands between bits that
    flipped; with a `target`, its code is the last row. The difference is shown around a middle
    gray, as many times as strong as it takes to be seen, which its title says. `image` is set on
    the pictures (`AxesImage.set`).
    """
    bits = len(code)
    rows = [("its code", own), ("new code", code)]
    rows += [] if target is None else [("target", target)]
    block = len(rows) * (STRIP + GAP) + 0.1
    width, height = 3 * PITCH + 0.1, 1.67 + max(-(-bits // BITS_PER_LINE), 1) * block
    canvas = Canvas(ax, (5.6, 5.6 * height / width), 0.105, 5.6 / width)
    ax, write = canvas.ax, canvas.write
    if original.size == 0 or not bits:
        return nothing(ax, "No attack to draw: the picture or its code is empty.")
    difference = changed.astype(np.int16) - original.astype(np.int16)
    strongest = int(np.abs(difference).max())
    times = max(1, 120 // max(strongest, 1))
    shown = np.clip(128 + times * difference, 0, 255).astype(np.uint8)
    titles = (plain(names[0]), f"difference × {times}", plain(names[1]))
    for place, (title, pixels) in enumerate(zip(titles, (original, shown, changed), strict=True)):
        x = place * PITCH
        write(x, 0.09, title)
        canvas.picture(pixels, x, 0.2, **image)
        if place:
            size = 1.5 * canvas.size
            write(x - (PITCH - 1) / 2, 0.7, "+="[place - 1], ha="center", size=size)
    flipped = np.flatnonzero(own != code)
    text = f"{len(flipped)} of {bits} bits flipped, no pixel value changed by more than {strongest}"
    if target is not None:
        text += f", {int((code != target).sum())} bits from the target"
    write(0, 1.36, text)
    # Names of the rows at the left, and 32 cells in what remains.
    left = 0.62
    cell = (width - 0.11 - left) / min(bits, BITS_PER_LINE)
    for line, start in enumerate(range(0, bits, BITS_PER_LINE)):
        for row, (name, some) in enumerate(rows):
            y = 1.55 + line * block + row * (STRIP + GAP)
            part = some[start : start + BITS_PER_LINE]
            draw_strip(ax, part, left, y, cell, STRIP, aspect="equal")
            write(0, y + STRIP / 2, name, size=0.9 * canvas.size)
    line, bit = np.divmod(flipped, BITS_PER_LINE)
    crosses = {"marker": "x", "s": (0.06 * canvas.points) ** 2, "color": right_wrong()[1]}
    at = left + cell * (bit + 0.5), 1.55 + line * block + STRIP + GAP / 2
    ax.scatter(*at, linewidths=1.4, zorder=3, **crosses)
    return ax
