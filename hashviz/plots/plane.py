"""Hyperplanes in the plane, where they are lines: which cells they cut it into."""

from typing import Any

import numpy as np
from jaxtyping import Int, Int8, Num
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb

from hashviz.plots.marks import halo, label_rows, note, nothing
from hashviz.plots.palette import class_color, ink, muted, new_axes, paper

__all__ = ["cell_counts", "plane_cells"]

GRID = 120


def _numbers(codes: np.ndarray) -> np.ndarray:
    """Return each code as a whole number, first bit highest."""
    return (codes > 0) @ (1 << np.arange(codes.shape[1])[::-1])


def _written(code: np.ndarray) -> str:
    return "".join("1" if bit > 0 else "0" for bit in code)


def plane_cells(
    points: Num[np.ndarray, "n 2"],
    codes: Int8[np.ndarray, "n lines"],
    normals: Num[np.ndarray, "lines 2"],
    offsets: Num[np.ndarray, " lines"],
    *,
    pair: tuple[int, int] | None = None,
    ax: Axes | None = None,
    **marks: Any,
) -> Axes:
    r"""Draw points in the plane, the lines that cut it, and the code of each cell with points.

    A point is on the positive side (1) where $w \cdot x \ge t$; an arrow points there. A cell has
    the color of its code whatever else moves. The two points of `pair` are joined. `marks` goes to
    the `Axes.scatter` of the points.
    """
    ax = new_axes(4.2, 4.2) if ax is None else ax
    if not len(points) or not len(normals):
        return nothing(ax, "No cells to draw: there is no point or no line.")
    reach = 1.12 * float(np.abs(points).max()) or 1.0
    steps = (np.arange(GRID) + 0.5) / GRID * 2 * reach - reach
    grid = np.stack(np.meshgrid(steps, steps), -1).reshape(-1, 2)
    sides = np.where(grid @ normals.T >= offsets, 1, -1)
    names, place = np.unique(_numbers(sides), return_inverse=True)
    page = np.array(to_rgb(paper()))
    tones = np.array([0.3 * np.array(to_rgb(class_color(int(c)))) + 0.7 * page for c in names])
    ax.imshow(tones[place.reshape(GRID, GRID)], extent=(-reach, reach, -reach, reach),
              origin="lower", zorder=0)  # fmt: skip
    colors = [class_color(int(c)) for c in _numbers(codes)]
    style: dict[str, Any] = {"s": 16, "color": colors, "edgecolors": paper(), "linewidths": 0.4}
    ax.scatter(*points.T, **{**style, **marks}, zorder=2)
    for line, (normal, offset) in enumerate(zip(normals, offsets, strict=True)):
        foot, along = offset * normal, np.array([-normal[1], normal[0]])
        ends = np.stack([foot - 3 * reach * along, foot + 3 * reach * along])
        ax.plot(*ends.T, color=ink(), linewidth=1.4, zorder=3)
        root = foot + 0.78 * reach * along
        tip = root + 0.16 * reach * normal
        ax.annotate("", tip, xytext=root, zorder=4, annotation_clip=True,
                    arrowprops={"arrowstyle": "-|>", "color": ink()})  # fmt: skip
        ax.annotate(str(line), tip + 0.05 * reach * normal, ha="center", va="center", zorder=4,
                    size="small", weight="bold", path_effects=halo(),
                    annotation_clip=True)  # fmt: skip
    if pair is not None:
        ax.plot(*points[list(pair)].T, color=ink(), linestyle=":", marker="*", markersize=13,
                markeredgecolor=paper(), zorder=5)  # fmt: skip
    for name in np.unique(_numbers(codes)):
        here = _numbers(codes) == name
        x, y = points[here].mean(0)
        ax.text(float(x), float(y), _written(codes[here][0]), ha="center", va="center",
                size="small", family="monospace", path_effects=halo(), zorder=6)  # fmt: skip
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    return ax


def cell_counts(
    codes: Int8[np.ndarray, "cells bits"],
    counts: Int[np.ndarray, " cells"],
    *,
    ax: Axes | None = None,
    **bars: Any,
) -> Axes:
    """Draw how many points have each code: one bar for each cell, in the color of `plane_cells`.

    `bars` goes to `Axes.barh`.
    """
    ax = new_axes(height=1.0 + 0.3 * len(codes)) if ax is None else ax
    if not len(codes):
        return nothing(ax, "No cells to draw: no point has a code.")
    rows = np.arange(len(codes))
    colors = [class_color(int(c)) for c in _numbers(codes)]
    ax.barh(rows, counts, **{"color": colors, "height": 0.72, **bars})
    for row, count in enumerate(counts):
        note(ax, f"{count:,}", (float(count), row), (4, 0), va="center", color=muted())
    ax.set(ylim=(len(codes) - 0.4, -0.6), xlim=(0, 1.18 * float(np.max(counts, initial=1))))
    ax.set_xticks([])
    label_rows(ax, [_written(code) for code in codes], rows)
    ax.tick_params(axis="y", labelfontfamily="monospace")
    ax.spines["bottom"].set_visible(False)
    ax.set_title("Points with each code", size="small")
    return ax
