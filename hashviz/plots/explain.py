"""Why this hit: bits of two codes side by side, where a bit looks, what it stands for and knows."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Int8, Shaped
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from hashviz.plots.canvas import draw_picture
from hashviz.plots.marks import (
    bit_axis,
    color_scale,
    dot,
    halo,
    label_rows,
    legend_above,
    nothing,
    patch,
    plain,
    readable_on,
    size_in_points,
    tone_legend,
)
from hashviz.plots.palette import (
    BITS_PER_LINE,
    MINUS,
    PLUS,
    diverging,
    faint,
    ink,
    muted,
    new_axes,
    right_wrong,
    scaled,
    sequential,
)

__all__ = ["bit_agreement", "bit_gallery", "heat_on_both", "heat_on_image", "mutual_information"]


def bit_agreement(
    first: Int8[np.ndarray, " bits"],
    second: Int8[np.ndarray, " bits"],
    *,
    names: tuple[str, str] = ("query", "hit"),
    deciding: Iterable[int] = (),
    ax: Axes | None = None,
    **image: Any,
) -> Axes:
    """Draw two codes one above the other, 32 bits to a line, a mark between bits that differ.

    `deciding` bits, whose flips would drive the hit away, have a frame. `image` goes to the
    `Axes.imshow` of every line.
    """
    bits = len(first)
    lines = -(-bits // BITS_PER_LINE)
    ax = new_axes(6.4, 1.0 + 1.05 * max(lines, 1)) if ax is None else ax
    if bits == 0:
        return nothing(ax, "No bits to compare: the codes are empty.")
    across = min(bits, BITS_PER_LINE)
    differing = np.flatnonzero(first != second)
    tones = np.array([to_rgb(MINUS), to_rgb(PLUS)])
    pitch, color = 3.4, right_wrong()[1]
    deciding = sorted(set(deciding))
    ticks, texts = [], []
    for line in range(lines):
        here = slice(line * across, (line + 1) * across)
        top = line * pitch
        for row, code in enumerate((first[here], second[here])):
            y = top + 1.4 * row
            extent = (-0.5, len(code) - 0.5, y + 1, y)
            cells = tones[(code > 0).astype(int)][None]
            ax.imshow(cells, **{"extent": extent, "aspect": "auto", "zorder": 2, **image})
            edges = np.arange(1, len(code)) - 0.5
            ax.vlines(edges, y, y + 1, color=muted(), linewidth=0.3, zorder=2.5)
            ticks.append(y + 0.5)
            texts.append(plain(names[row], 16))
    ax.scatter(differing % across, differing // across * pitch + 1.2, marker="x", s=26,
               color=color, linewidths=1.7, zorder=3)  # fmt: skip
    for bit in deciding:
        corner = (bit % across - 0.46, bit // across * pitch - 0.12)
        look: dict[str, Any] = {"edgecolor": ink(), "linewidth": 1.6, "zorder": 4}
        frame = Rectangle(corner, 0.92, 2.64, fill=False, **look)
        frame.set_gid(f"deciding-{bit}")
        ax.add_patch(frame)
    ax.set(xlim=(-0.6, across - 0.4), ylim=((lines - 1) * pitch + 2.6, -0.2))
    ax.set_yticks(ticks, texts)
    ax.tick_params(axis="y", length=0)
    if lines == 1:
        bit_axis(ax, bits)
    else:
        ax.set_xticks([])
        ax.set_xlabel(f"{bits} bits, {across} to a line")
    ax.spines[:].set_visible(False)
    some = f"{len(differing)} of {bits} bits differ"
    extra: list[Line2D | Patch] = [dot(some, "x", 6, color=color, markeredgewidth=1.7)]
    if deciding:
        text = f"flip {'this' if len(deciding) == 1 else f'these {len(deciding)}'} and it leaves"
        extra.append(patch(text, edgecolor=ink(), linewidth=1.6))
    tone_legend(ax, extra)
    return ax


def heat_on_image(
    picture: Shaped[np.ndarray, "height width ..."],
    heat: Float[np.ndarray, "height width"],
    *,
    bit: int | None = None,
    output: float | int | None = None,
    reach: float | int | None = None,
    ax: Axes | None = None,
    **image: Any,
) -> Axes:
    """Draw where one bit looks: what a place adds to its output, over the picture in gray.

    One diverging map, 0 in the middle: places that speak for +1 and places that speak for -1; what
    adds little leaves the picture to be seen. A sign stands on the strongest place of either side,
    for eyes and printers without color. `reach` is the value of the strongest color, by default
    the largest of this picture; give one to compare pictures. `image` goes to the `Axes.imshow` of
    the heat.
    """
    ax = new_axes(4.0, 4.0) if ax is None else ax
    if picture.size == 0:
        return nothing(ax, "No heat to draw: the picture is empty.")
    gray = picture if picture.ndim == 2 else picture.mean(2)
    high, wide = heat.shape
    extent = (-0.5, wide - 0.5, high - 0.5, -0.5)
    ax.imshow(gray, cmap="gray", vmin=0, vmax=255, extent=extent, zorder=1)
    top = float(np.abs(heat).max()) if reach is None else float(reach)
    share = np.clip(np.abs(heat) / top, 0, 1) if top > 0 else np.zeros(heat.shape)
    cmap = diverging()
    # From the two ends only: the middle of the map is the page, here it is the picture.
    ends = np.array([cmap(0.16)[:3], cmap(0.84)[:3]])
    rgba = np.empty((*heat.shape, 4))
    rgba[..., :3] = ends[(heat > 0).astype(int)]
    rgba[..., 3] = 0.85 * share**0.7
    style = {"extent": extent, "zorder": 2, "interpolation": "bilinear" if high > 32 else "none"}
    ax.imshow(rgba, **{**style, **image})
    # Half the width of a sign in cells: at the edge it stands inside, whole.
    half = min(scaled(8) * max(high, wide) / min(size_in_points(ax)), high / 2, wide / 2)
    for side, sign in ((heat, "+"), (-heat, "−")):
        row, column = np.unravel_index(int(side.argmax()), side.shape)
        if top > 0 and side[row, column] > 0.25 * top:
            x, y = (float(np.clip(at, half - 0.5, cells - 0.5 - half))
                    for at, cells in ((column, wide), (row, high)))  # fmt: skip
            look: dict[str, Any] = {"ha": "center", "va": "center", "color": ink(), "size": "large"}
            ax.text(x, y, sign, weight="bold", path_effects=halo(), zorder=3, **look)
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    if bit is not None:
        text = f"bit {bit}" + ("" if output is None else f": output {output:+.2f}")
        ax.set_title(text.replace("-", "−"))
    handles = [patch("speaks for +1", ends[1]), patch("for −1", ends[0])]
    ax.legend(handles=handles, loc="upper left", bbox_to_anchor=(0, -0.02), ncols=2)
    return ax


def heat_on_both(
    pictures: tuple[Shaped[np.ndarray, "..."], Shaped[np.ndarray, "..."]],
    heats: tuple[Float[np.ndarray, "h w"], Float[np.ndarray, "high wide"]],
    *,
    bit: int | None = None,
    outputs: tuple[float | int, float | int] | None = None,
    names: tuple[str, str] = ("query", "hit"),
    ax: Axes | None = None,
    **image: Any,
) -> Axes:
    """Draw where one bit looks on a query and on a hit: two pictures, one scale of heat.

    Where the bit agrees and looks at the same thing on both, the hit is there for a reason. `image`
    goes to the `Axes.imshow` of both heats.
    """
    ax = new_axes(6.4, 3.9) if ax is None else ax
    if any(picture.size == 0 for picture in pictures):
        return nothing(ax, "No heat to draw: a picture is empty.")
    ax.set_axis_off()
    reach = max(float(np.abs(heat).max()) for heat in heats)
    handles: list[Any] = []
    for place, (picture, heat, name) in enumerate(zip(pictures, heats, names, strict=True)):
        inner = ax.inset_axes((0.52 * place, 0, 0.48, 1))
        heat_on_image(picture, heat, reach=reach, ax=inner, **image)
        inner.set_anchor("N")
        legend = inner.get_legend()
        if legend is not None:
            handles = [handle for handle in legend.legend_handles if handle is not None]
            for handle, text in zip(handles, legend.get_texts(), strict=True):
                handle.set_label(text.get_text())
            legend.remove()
        says = "" if outputs is None else f": output {outputs[place]:+.2f}".replace("-", "−")
        inner.set_title(plain(name) + says, loc="left", size="medium")
    text = "" if bit is None else f"bit {bit}"
    if outputs is not None:
        same = (outputs[0] >= 0) == (outputs[1] >= 0)
        text += ": both say the same" if same else ": they differ"
    if text:
        handles.append(patch(text))
    legend_above(ax, handles, lift=26)
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

    Give the bit a name from what you see. `image` goes to the `Axes.imshow` of every picture.
    """
    rows = [("+1, loudest first", plus, PLUS), ("undecided", undecided, faint()),
            ("−1, loudest first", minus, MINUS)]  # fmt: skip
    rows = [row for row in rows if len(row[1]) or row[0] != "undecided"]
    columns = max(len(pictures) for _, pictures, _ in rows)
    ax = new_axes(6.4, 0.4 + len(rows) * 6.2 / max(columns, 4) * 1.35) if ax is None else ax
    if columns == 0:
        return nothing(ax, "No gallery to draw: there is no picture.")
    ax.set_axis_off()
    ax.set_aspect("equal")
    pitch, wide = 1.42, max(columns, 4)
    for row, (title, pictures, tone) in enumerate(rows):
        y = row * pitch
        rim = {"edgecolor": muted(), "linewidth": 0.6}
        ax.add_patch(Rectangle((0, y), 0.14, 0.22, facecolor=tone, **rim))
        ax.text(0.2, y + 0.11, title, va="center", color=ink())
        if not len(pictures):
            ax.text(0, y + 0.8, "No picture has this sign.", va="center", color=muted())
        for place, picture in enumerate(pictures):
            extent = (place + 0.02, place + 0.98, y + 1.28, y + 0.32)
            draw_picture(ax, picture, place, y + 0.3, {"extent": extent, **image})
    ax.set(xlim=(-0.02, wide), ylim=(len(rows) * pitch - 0.1, -0.02))
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
    ax = new_axes(6.4, max(2.6, 1.1 + 0.22 * variables)) if ax is None else ax
    if bits == 0 or variables == 0:
        return nothing(ax, "No information to draw: there is no bit or nothing to know.")
    shown = values if entropy is None else values / np.where(entropy > 0, entropy, 1)
    hidden = np.zeros(values.shape, bool) if limit is None else values <= limit
    cmap = sequential().with_extremes(bad=faint())
    top = float(shown[~hidden].max(initial=0)) or 1.0
    style = {"cmap": cmap, "vmin": 0, "vmax": top, "aspect": "auto"}
    picture = ax.imshow(np.ma.masked_array(shown, hidden).T, **{**style, **image})
    bit_axis(ax, bits)
    label_rows(ax, [plain(n, 18) for n in names], range(variables))
    ax.spines[:].set_visible(False)
    color_scale(ax, picture, "bits" if entropy is None else "share known")
    if bits * variables <= 120 and size_in_points(ax)[0] / bits > 26:
        for bit, place in zip(*np.nonzero(~hidden), strict=True):
            tone = readable_on(cmap(shown[bit, place] / top))
            look: dict[str, Any] = {"ha": "center", "va": "center", "size": "small", "color": tone}
            ax.text(bit, place, f"{shown[bit, place]:.2f}", **look)
    if limit is not None:
        rim = {"edgecolor": muted(), "linewidth": 0.5}
        handle = patch("no more than chance shows", faint(), **rim)
        # In a narrow frame the key would meet the title of the scale.
        legend_above(ax, [handle], lift=24 if size_in_points(ax)[0] < 260 else 6)
    return ax
