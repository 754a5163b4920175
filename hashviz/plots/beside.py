"""The same figure of several runs: panels in the place of one axes, with common scales and key."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Int8, Num
from matplotlib.axes import Axes
from matplotlib.gridspec import GridSpecFromSubplotSpec

from hashviz.plots.codes import code_matrix
from hashviz.plots.distances import distance_histogram
from hashviz.plots.marks import legend_above, nothing, page, plain, size_in_points
from hashviz.plots.palette import new_axes

__all__ = ["code_matrices", "distance_histograms", "panels_height"]


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
    ax = new_axes(7.4, panels_height(len(runs), columns)) if ax is None else ax
    if not runs:
        return nothing(ax, "No distances to draw: there is no run.")
    panels = panels_in(ax, len(runs), columns)
    keys: dict[str, Any] = {}
    for panel, (name, (within, between)) in zip(panels, runs.items(), strict=True):
        distance_histogram(within, between, ax=panel, **reference)
        both = ""
        for text, handle in _taken_key(panel):
            both = text if text.startswith("under both") else both
            keys.setdefault(text.partition(" (")[0], handle)
        share = both.partition("(")[2].rstrip(")").replace("%", " %")
        panel.set_title(plain(name, 30) + f": {share or '0 %'} under both", loc="left", pad=18)
    shown = [panel for panel in panels if panel.axison]
    if shown:
        right = max(panel.get_xlim()[1] for panel in shown)
        top = max(panel.get_ylim()[1] for panel in shown)
        for panel in shown:
            panel.set(xlim=(panel.get_xlim()[0], right), ylim=(0, top))
    return _one_key(ax, keys, panels, columns)


def code_matrices(
    runs: Mapping[str, tuple[Int8[np.ndarray, "n bits"], Bool[np.ndarray, "n classes"] | None]],
    *,
    class_names: Sequence[str] | None = None,
    rows: int = 240,
    columns: int = 2,
    ax: Axes | None = None,
    **image: Any,
) -> Axes:
    """`code_matrix` of every run; `runs` names their codes and labels.

    `image` goes to the `Axes.imshow` of every matrix.
    """
    ax = new_axes(7.4, panels_height(len(runs), columns, 4.0)) if ax is None else ax
    if not runs:
        return nothing(ax, "No codes to draw: there is no run.")
    panels = panels_in(ax, len(runs), columns)
    keys: dict[str, Any] = {}
    for panel, (name, (codes, labels)) in zip(panels, runs.items(), strict=True):
        code_matrix(codes, labels, class_names=class_names, rows=rows, ax=panel, **image)
        keys.update(_taken_key(panel))
        panel.set_title(plain(name, 34), loc="left")
    return _one_key(ax, keys, panels, columns)


def panels_height(count: int, columns: int, each: float = 2.9) -> float:
    """Return the height in inches for so many panels, `each` inches a row, below their key."""
    return 0.5 + each * math.ceil(max(count, 1) / max(1, min(columns, count)))


def panels_in(ax: Axes, count: int, columns: int) -> list[Axes]:
    """Return axes in rows where `ax` was, which becomes the strip above them that holds the key."""
    columns = max(1, min(columns, count))
    rows = -(-count // columns)
    figure, place = page(ax), ax.get_subplotspec()
    if place is None:
        place = figure.add_gridspec(1, 1)[0]
    width, height = size_in_points(ax)
    strip = 20 if width > 400 else 40
    ratios = [strip, *[max(height - strip, strip) / rows] * rows]
    grid = GridSpecFromSubplotSpec(rows + 1, columns, place, height_ratios=ratios)
    ax.set_subplotspec(grid[0, :])
    ax.set_axis_off()
    return [figure.add_subplot(grid[1 + i // columns, i % columns]) for i in range(count)]


def _taken_key(panel: Axes) -> list[tuple[str, Any]]:
    """Return what the legend of a panel says, which is taken away."""
    legend = panel.get_legend()
    if legend is None:
        return []
    texts = [str(text.get_text()) for text in legend.get_texts()]
    legend.remove()
    return list(zip(texts, legend.legend_handles, strict=True))


def _one_key(ax: Axes, keys: Mapping[str, Any], panels: Sequence[Axes], columns: int) -> Axes:
    """Draw the key of all panels, and the words of the axes at the left and at the bottom only."""
    for text, handle in keys.items():
        handle.set_label(text)
    if keys:
        legend_above(ax, list(keys.values()))
    if (legend := ax.get_legend()) is not None:
        legend.set_loc("lower left")
        legend.set_bbox_to_anchor((0, 0), ax.transAxes)
    for place, panel in enumerate(panels):
        if place % columns and panel.get_ylabel() == panels[place - 1].get_ylabel():
            panel.set_ylabel("")
        if place + columns < len(panels) and columns < 2:
            panel.set_xlabel("")
    return ax
