"""Maps of several runs beside each other: one frame, one key, one sentence of caution."""

import textwrap
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int, Shaped
from matplotlib.axes import Axes

from hashviz.plots.maps import DOUBTED, LAYOUT_NAMES, NOT_TO_READ, code_map
from hashviz.plots.marks import REMARK, legend_above, nothing, plain, size_in_points
from hashviz.plots.palette import muted, new_axes

__all__ = ["MapPanel", "code_maps", "code_maps_size"]


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
    only: int | None = None,
    caution: bool = True,
    columns: int = 3,
    ax: Axes | None = None,
    **points: Any,
) -> Axes:
    """Draw a map per run, all in one frame; they are to be turned onto the first one before.

    Only what is alike in aligned maps can be compared by place, so above each map stands what drew
    it and how much of it agrees with the first: 1 for a turned copy, 0 for nothing in common. Key
    and `caution` stand once, for all. `points` goes to the `Axes.scatter` of every map's bubbles.
    """
    shown = [panel for panel in panels if len(panel.positions)]
    columns = max(1, min(columns, len(shown)))
    rows = -(-len(shown) // columns)
    ax = new_axes(*code_maps_size(len(shown), columns)) if ax is None else ax
    if not shown:
        return nothing(ax, "No maps to draw: no run has a code.")
    ax.set_axis_off()
    width, height = size_in_points(ax)
    across, along = 10 / width, 40 / height
    wide = (1 - across * (columns - 1)) / columns
    high = (1 - along * rows) / rows
    maps: list[Axes] = []
    handles: dict[str, Any] = {}
    for place, panel in enumerate(shown):
        row, column = divmod(place, columns)
        corner = (column * (wide + across), 1 - (row + 1) * (high + along))
        inner = ax.inset_axes((*corner, wide, high))
        code_map(panel.positions, panel.counts, panel.labels, class_names=class_names,
                 centers=panel.centers, trust=panel.trust, only=only, method=None, ax=inner,
                 **points)  # fmt: skip
        inner.set_anchor("NW")
        inner.set_xlabel("")
        legend = inner.get_legend()
        if legend is not None:
            for handle, text in zip(legend.legend_handles, legend.get_texts(), strict=True):
                # The number of images with a label is each map's own, the key is for all.
                handles.setdefault(text.get_text().partition(" (")[0], handle)
            legend.remove()
        for text in list(inner.texts) if place else ():
            text.remove()  # names of many classes stand on the first map only
        letters = max(8, int(wide * width / 4.9))
        below = LAYOUT_NAMES[panel.method]
        if place and panel.agreement is not None:
            below += f", agreement {panel.agreement:.2f}"
        title = f"{plain(panel.name, letters)}\n{plain(below, letters + 4)}"
        inner.set_title(title, loc="left", size="small", pad=4)
        maps.append(inner)
    limits = np.array([[*m.get_xlim(), *m.get_ylim()] for m in maps])
    low, top = limits[:, [0, 2]].min(0), limits[:, [1, 3]].max(0)
    half, (x, y) = (top - low).max() / 2, (low + top) / 2
    for inner in maps:
        inner.set(xlim=(x - half, x + half), ylim=(y - half, y + half))
    if handles:
        for text, handle in handles.items():
            handle.set_label(text)
        legend_above(ax, list(handles.values()), columns=8)
    _caution(ax, shown, caution)
    return ax


def code_maps_size(count: int, columns: int = 3) -> tuple[float, float]:
    """Return the width and height in inches at which `code_maps` fills its figure."""
    columns = max(1, min(columns, count))
    side = {1: 5.2, 2: 3.7}.get(columns, 2.8)
    return columns * side + 0.2, -(-max(count, 1) // columns) * (side + 0.56) + 1.5


def _caution(ax: Axes, panels: Sequence[MapPanel], caution: bool) -> None:
    sentences = []
    if any(panel.agreement is not None for panel in panels[1:]):
        sentences.append("Agreement: what a map has in common with the first, from 0 to 1.")
    if any(panel.trust is not None for panel in panels):
        sentences.append(f"Hollow or pale: trust below {DOUBTED:g}.")
    if caution:
        sentences += [NOT_TO_READ[method] for method in dict.fromkeys(p.method for p in panels)]
    letters = max(24, int(size_in_points(ax)[0] / 4.6))
    text = "\n".join(textwrap.wrap(" ".join(sentences), letters))
    if text:
        ax.annotate(text, (0, 0), xytext=(0, -2), xycoords="axes fraction", va="top",
                    textcoords="offset points", size="small", color=muted(), gid=REMARK,
                    annotation_clip=False)  # fmt: skip
