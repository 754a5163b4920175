"""Figures of several panels with one key: runs, maps of codes, and where a bit looks."""

import math
import textwrap
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int, Int8, Num, Shaped
from matplotlib.axes import Axes
from matplotlib.gridspec import GridSpecFromSubplotSpec

from hashviz.plots.codes import code_matrix
from hashviz.plots.distances import distance_histogram
from hashviz.plots.frames import page, size_in_points
from hashviz.plots.maps import DOUBTED, LAYOUT_NAMES, NOT_TO_READ, code_map
from hashviz.plots.marks import legend_above, patch, take_key
from hashviz.plots.notes import REMARK, halo, note, nothing, plain
from hashviz.plots.palette import diverging, ink, muted, new_axes, scaled

__all__ = ["MapPanel", "code_maps", "code_maps_size", "code_matrices", "distance_histograms"]
__all__ += ["heat_on_both", "heat_on_image", "panels_height"]


def panels_height(count: int, columns: int, each: float = 2.9) -> float:
    """Return the height in inches for so many panels, `each` inches a row, below their key."""
    return 0.5 + each * math.ceil(max(count, 1) / max(1, min(columns, count)))


def _draw_panels(
    ax: Axes, runs: Mapping[str, tuple[Any, ...]], columns: int, draw: Callable[..., Axes]
) -> list[Axes]:
    """Draw the arrays of each run in rows where `ax` was, which becomes the strip with the key.

    The words of the axes stand at the left and at the bottom only.
    """
    columns = max(1, min(columns, len(runs)))
    rows = -(-len(runs) // columns)
    figure = page(ax)
    place = ax.get_subplotspec() or figure.add_gridspec(1, 1)[0]
    width, height = size_in_points(ax)
    strip = 20 if width > 400 else 40
    ratios = [strip, *[max(height - strip, strip) / rows] * rows]
    grid = GridSpecFromSubplotSpec(rows + 1, columns, place, height_ratios=ratios)
    ax.set_subplotspec(grid[0, :])
    ax.set_axis_off()
    panels: list[Axes] = []
    keys: dict[str, Any] = {}
    for i, (name, arrays) in enumerate(runs.items()):
        panel = figure.add_subplot(grid[1 + i // columns, i % columns])
        draw(*arrays, ax=panel)
        panel.set_title(plain(name, 34), loc="left")
        keys |= {text.partition(" (")[0]: mark for text, mark in take_key(panel).items()}
        if i % columns and panel.get_ylabel() == panels[-1].get_ylabel():
            panel.set_ylabel("")
        if i + columns < len(runs) and columns < 2:
            panel.set_xlabel("")
        panels.append(panel)
    _share_key(ax, keys)
    if (legend := ax.get_legend()) is not None:
        legend.set_loc("lower left")
        legend.set_bbox_to_anchor((0, 0), ax.transAxes)
    return panels


def _share_key(ax: Axes, keys: Mapping[str, Any], lift: int = 6, columns: int = 5) -> None:
    """Draw the key of all panels above them."""
    for text, handle in keys.items():
        handle.set_label(text)
    legend_above(ax, list(keys.values()), columns, lift)


def distance_histograms(
    runs: Mapping[str, tuple[Num[np.ndarray, " distances"], Num[np.ndarray, " distances"]]],
    *,
    columns: int = 2,
    ax: Axes | None = None,
    **reference: Any,
) -> Axes:
    """`distance_histogram` of every run, on one scale of shares and one of distances.

    `runs` names the counts of similar and of other pairs. Above each panel stands what lies under
    both of its hills. `reference` goes to the `Axes.plot` of the random codes.
    """
    ax = ax or new_axes(7.4, panels_height(len(runs), columns))
    if not runs:
        return nothing(ax, "No distances to draw: there is no run.")
    panels = _draw_panels(ax, runs, columns, partial(distance_histogram, **reference))
    right, top = np.array([(p.get_xlim()[1], p.get_ylim()[1]) for p in panels]).max(0)
    for panel, (name, pair) in zip(panels, runs.items(), strict=True):
        both = np.minimum(*(counts / max(np.sum(counts), 1) for counts in pair)).sum()
        panel.set_title(f"{plain(name, 30)}: {100 * both:.0f} % under both", loc="left", pad=18)
        panel.set(xlim=(panel.get_xlim()[0], right), ylim=(0, top))
    return ax


def code_matrices(
    runs: Mapping[str, tuple[Int8[np.ndarray, "n bits"], Bool[np.ndarray, "n classes"] | None]],
    *,
    class_names: Sequence[str] | None = None,
    columns: int = 2,
    ax: Axes | None = None,
    **image: Any,
) -> Axes:
    """`code_matrix` of every run; `runs` names their codes and labels.

    `image` goes to the `Axes.imshow` of every matrix.
    """
    ax = ax or new_axes(7.4, panels_height(len(runs), columns, 4.0))
    if not runs:
        return nothing(ax, "No codes to draw: there is no run.")
    _draw_panels(ax, runs, columns, partial(code_matrix, class_names=class_names, **image))
    return ax


class MapPanel(NamedTuple):
    """One of the maps: the arguments of `code_map`, its name, and how much it agrees."""

    name: str
    positions: Float[np.ndarray, "points 2"]
    counts: Int[np.ndarray, " points"] | None = None
    labels: Shaped[np.ndarray, "points classes"] | None = None
    trust: Float[np.ndarray, " points"] | None = None
    centers: Int[np.ndarray, " centers"] | None = None
    agreement: float | None = None
    """What it has in common with the first, `settings["agreement"]` of `projection.align`."""
    method: str = "umap"
    """What drew it, a key of `LAYOUT_NAMES`."""


def code_maps(
    panels: Sequence[MapPanel],
    *,
    class_names: Sequence[str] | None = None,
    columns: int = 3,
    ax: Axes | None = None,
    **points: Any,
) -> Axes:
    """Draw a map per run, all in one frame; they are to be turned onto the first one before.

    Only what is alike in aligned maps can be compared by place, so above each map stands what drew
    it and how much of it agrees with the first: 1 for a turned copy, 0 for nothing in common. Key
    and caution stand once, for all. `points` goes to the `Axes.scatter` of every map's bubbles.
    """
    shown = [panel for panel in panels if len(panel.positions)]
    columns = max(1, min(columns, len(shown)))
    rows = -(-len(shown) // columns)
    ax = ax or new_axes(*code_maps_size(len(shown), columns))
    if not shown:
        return nothing(ax, "No maps to draw: no run has a code.")
    ax.set_axis_off()
    width, height = size_in_points(ax)
    across, along = 10 / width, 40 / height
    wide, high = (1 - across * (columns - 1)) / columns, (1 - along * rows) / rows
    maps: list[Axes] = []
    keys: dict[str, Any] = {}
    for place, panel in enumerate(shown):
        row, column = divmod(place, columns)
        corner = (column * (wide + across), 1 - (row + 1) * (high + along))
        inner = ax.inset_axes((*corner, wide, high))
        code_map(*panel[1:4], class_names=class_names, centers=panel.centers, trust=panel.trust,
                 method=None, ax=inner, **points)  # fmt: skip
        inner.set_anchor("NW")
        inner.set_xlabel("")
        for text, handle in take_key(inner).items():
            # The number of images with a label is each map's own, the key is for all.
            keys.setdefault(text.partition(" (")[0], handle)
        for text in list(inner.texts) if place else ():
            text.remove()  # names of many classes stand on the first map only
        letters = max(8, int(wide * width / 4.9))
        known = place and panel.agreement is not None
        below = LAYOUT_NAMES[panel.method] + (f", agreement {panel.agreement:.2f}" if known else "")
        title = f"{plain(panel.name, letters)}\n{plain(below, letters + 4)}"
        inner.set_title(title, loc="left", size="small", pad=4)
        maps.append(inner)
    limits = np.array([[m.get_xlim(), m.get_ylim()] for m in maps])
    low, top = limits.min((0, 2)), limits.max((0, 2))
    half, (x, y) = (top - low).max() / 2, (low + top) / 2
    for inner in maps:
        inner.set(xlim=(x - half, x + half), ylim=(y - half, y + half))
    _share_key(ax, keys, columns=8)
    sentences = []
    if any(panel.agreement is not None for panel in shown[1:]):
        sentences.append("Agreement: what a map has in common with the first, from 0 to 1.")
    if any(panel.trust is not None for panel in shown):
        sentences.append(f"Hollow or pale: trust below {DOUBTED:g}.")
    sentences += [NOT_TO_READ[method] for method in dict.fromkeys(p.method for p in shown)]
    text = textwrap.fill(" ".join(sentences), max(24, int(width / 4.6)))
    look = {"xycoords": "axes fraction", "va": "top", "color": muted(), "gid": REMARK}
    note(ax, text, (0, 0), (0, -2), **look)
    return ax


def code_maps_size(count: int, columns: int = 3) -> tuple[float, float]:
    """Return the width and height in inches at which `code_maps` fills its figure."""
    columns = max(1, min(columns, count))
    side = {1: 5.2, 2: 3.7}.get(columns, 2.8)
    return columns * side + 0.2, -(-max(count, 1) // columns) * (side + 0.56) + 1.5


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
    ax = ax or new_axes(4.0, 4.0)
    if picture.size == 0:
        return nothing(ax, "No heat to draw: the picture is empty.")
    gray = picture if picture.ndim == 2 else picture.mean(2)
    high, wide = heat.shape
    extent = (-0.5, wide - 0.5, high - 0.5, -0.5)
    ax.imshow(gray, cmap="gray", vmin=0, vmax=255, extent=extent, zorder=1)
    top = float(np.abs(heat).max()) if reach is None else float(reach)
    share = np.clip(np.abs(heat) / (top or 1), 0, 1)
    # From the two ends only: the middle of the map is the page, here it is the picture.
    ends = diverging()([0.16, 0.84])[:, :3]
    rgba = np.dstack([ends[(heat > 0).astype(int)], 0.85 * share**0.7])
    style = {"extent": extent, "zorder": 2, "interpolation": "bilinear" if high > 32 else "none"}
    ax.imshow(rgba, **{**style, **image})
    # Half the width of a sign in cells: at the edge it stands inside, whole.
    half = min(scaled(8) * max(high, wide) / min(size_in_points(ax)), high / 2, wide / 2)
    for side, sign in ((heat, "+"), (-heat, "−")):
        row, column = np.unravel_index(int(side.argmax()), side.shape)
        if top > 0 and side[row, column] > 0.25 * top:
            x, y = np.clip((column, row), half - 0.5, (wide - 0.5 - half, high - 0.5 - half))
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
    ax: Axes | None = None,
    **image: Any,
) -> Axes:
    """Draw where one bit looks on a query and on a hit: two pictures, one scale of heat.

    Where the bit agrees and looks at the same thing on both, the hit is there for a reason. `image`
    goes to the `Axes.imshow` of both heats.
    """
    ax = ax or new_axes(6.4, 3.9)
    if any(picture.size == 0 for picture in pictures):
        return nothing(ax, "No heat to draw: a picture is empty.")
    ax.set_axis_off()
    reach = max(float(np.abs(heat).max()) for heat in heats)
    keys: dict[str, Any] = {}
    for place, title in enumerate(("query", "hit")):
        inner = ax.inset_axes((0.52 * place, 0, 0.48, 1))
        heat_on_image(pictures[place], heats[place], reach=reach, ax=inner, **image)
        inner.set_anchor("N")
        keys.update(take_key(inner))
        if outputs is not None:
            title += f": output {outputs[place]:+.2f}".replace("-", "−")
        inner.set_title(title, loc="left", size="medium")
    text = "" if bit is None else f"bit {bit}"
    if outputs is not None:
        same = (outputs[0] >= 0) == (outputs[1] >= 0)
        text += ": both say the same" if same else ": they differ"
    if text:
        keys[text] = patch(text)
    _share_key(ax, keys, lift=26)
    return ax
