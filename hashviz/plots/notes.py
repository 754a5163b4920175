"""Words in a figure: notes beside points, labels that never overlap, remarks, excuses."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke
from matplotlib.text import Annotation
from numpy.typing import ArrayLike

from hashviz.plots.frames import Number, size_in_points
from hashviz.plots.palette import ink, muted, paper, scaled

__all__ = ["REMARK"]

REMARK = "remark"
"""The `gid` of a sentence inside a figure that may stand in the caption of a paper instead."""

REFERENCE: dict[str, Any] = {"linewidth": 0.9, "linestyle": (0, (4, 3)), "zorder": 1.5}
"""The look of lines that say where chance or a bound lies."""

CHANCE = "chance {:.3f}"
"""The label of the line at the level of chance."""

BESIDE = ((5, 4), (-5, -4), (5, -4), (-5, 4))
"""Where a name may stand, in points right of and above what it names."""


def plain(text: object, limit: int = 22) -> str:
    """Return any text as one line that matplotlib shows as it is: no formulas, and not endless.

    >>> plain("a very long name of a class indeed", limit=12)
    'a very long…'
    """
    line = " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())
    line = line if len(line) <= limit else line[: limit - 1].rstrip() + "…"
    return line.replace("$", r"\$")


def nothing(ax: Axes, reason: str) -> Axes:
    """Say inside the axes why there is no picture, instead of drawing an empty frame."""
    ax.set_axis_off()
    ax.text(0.5, 0.5, reason, ha="center", va="center", color=muted(), transform=ax.transAxes)
    return ax


def halo() -> list[withStroke]:
    """Return a rim in the color of the page that keeps text readable over lines."""
    return [withStroke(linewidth=3, foreground=paper())]


def note(ax: Axes, text: str, at: Any, shift: Any, **style: Any) -> Annotation:
    """Write a small text `shift` points (x, y) from `at`; `style` goes to `Axes.annotate`."""
    look = {"textcoords": "offset points", "size": "small", "annotation_clip": False}
    return ax.annotate(text, at, xytext=shift, **{**look, **style})


def note_right(ax: Axes, y: Number, text: str, **style: Any) -> None:
    """Write a small text right of the frame, at `y` in data."""
    look = {"xycoords": ("axes fraction", "data"), "va": "center", "color": ink()}
    note(ax, text, (1, y), (7, 0), **{**look, **style})


def note_above(ax: Axes, text: str, lift: Number = 5, **style: Any) -> None:
    """Write a small text above the frame, flush left, once for all who ask for it."""
    if text in (other.get_text() for other in ax.texts):
        return
    look = {"xycoords": "axes fraction", "va": "bottom", "color": muted()}
    note(ax, text, (0, 1), (0, lift), **{**look, **style})


def note_below(ax: Axes, text: str, x: Number, coords: str) -> None:
    """Write a small upright text below the frame, at `x` in `coords` of `Axes.annotate`."""
    look = {"ha": "center", "va": "top", "rotation": 90}
    note(ax, plain(text, 14), (x, 0), (0, -5), xycoords=(coords, "axes fraction"), **look)


def mark_x(ax: Axes, x: Number, text: str = "") -> None:
    """Draw a thin dashed line at `x` with its label above the frame, out of the way of the data."""
    ax.axvline(x, color=muted(), **REFERENCE)
    look = {"ha": "center", "va": "bottom", "color": muted()}
    note(ax, text, (x, 1), (0, 3), xycoords=("data", "axes fraction"), **look)


def mark_y(ax: Axes, y: Number | None, text: str = "", **style: Any) -> None:
    """Draw a thin dashed line at `y` with its label on it, inside the frame; None draws nothing.

    The label stands where least is drawn: at the left or the right end, above or below the line.
    Call it after the curves and their names are drawn and the limits are set.
    """
    if y is None:
        return
    drawn, tall = _drawn(ax), size_in_points(ax)[1]
    ax.axhline(y, **{**REFERENCE, "color": muted(), **style})
    if not text:
        return
    text = text.format(y)

    def covered(shift: tuple[int, int]) -> int:
        end = ax.get_xlim()[shift[0] < 0]
        low, high = _box(text, _in_points(ax, [(end, y)])[0], shift)
        outside = bool(low[1] < -0.02 * tall or high[1] > 1.05 * tall)
        return int(((low <= drawn) & (drawn <= high)).all(1).sum()) + 10**6 * outside

    x, up = min(((3, 2), (-3, 2), (3, -2), (-3, -2)), key=covered)
    place = {"xycoords": ("axes fraction", "data"), "path_effects": halo(), "zorder": 2.5}
    note(ax, text, (int(x < 0), y), (x, up), color=muted(), **place, **_sides(x, up))


def name_points(
    ax: Axes,
    points: Iterable[tuple[str, Number, Number]],
    ways: Sequence[tuple[Number, Number]] = BESIDE,
    pad: Number = 1,
    level: Number | None = None,
) -> None:
    """Write names beside points (name, x, y) where they cover no curve, mark or other name.

    The first of `ways` with `pad` points of free space is taken, with a thin line to the point if
    it is far off; a name that finds no place inside the frame is left out. Call it after the curves
    are drawn and the limits are set; at `level` a line is still to come.
    """
    drawn, frame = _drawn(ax), _frame(ax)
    if level is not None:
        across = np.linspace(*ax.get_xlim(), 200)
        drawn = np.r_[drawn, _in_points(ax, [(x, level) for x in across])]
    line = {"arrowstyle": "-", "color": muted(), "linewidth": 0.6, "shrinkB": 4}
    for text, x, y in points:
        at = _in_points(ax, [(x, y)])[0]
        for shift in ways:
            low, high = _box(text, at, shift)
            inside = (low > 0).all() and (high < frame).all()
            if inside and not ((low - pad < drawn) & (drawn < high + pad)).all(1).any():
                look = {"color": ink(), "path_effects": halo(), "zorder": 5, **_sides(*shift)}
                far = line if max(map(abs, shift)) > 10 else None
                note(ax, text, (x, y), shift, arrowprops=far, **look)
                drawn = np.r_[drawn, _grid(low, high)]
                break


def _sides(x: Number, y: Number) -> dict[str, Any]:
    """Return how a text is aligned that stands `x` points right of and `y` above its point."""
    across = "left" if x > 0 else "right" if x < 0 else "center"
    return {"ha": across, "va": "bottom" if y > 0 else "top" if y < 0 else "center"}


def _box(text: str, at: np.ndarray, shift: Sequence[Number]) -> tuple[np.ndarray, np.ndarray]:
    """Return the lower left and the upper right corner of a small text, in points."""
    size = np.array([scaled(6.5 * len(text) + 3), scaled(14)])
    low = at + shift - size * (1 - np.sign(shift)) / 2
    return low, low + size


def _grid(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    shares = np.stack(np.meshgrid(np.linspace(0, 1, 9), np.linspace(0, 1, 3)), -1).reshape(-1, 2)
    return low + shares * (high - low)


def _in_points(ax: Axes, places: Any, transform: Any = None) -> np.ndarray:
    """Return places in data, or of a transform, in points from the lower left of the frame."""
    pixels = (transform or ax.transData).transform(places)
    return (pixels - ax.bbox.p0) / ax.bbox.size * _frame(ax)


def _frame(ax: Axes) -> np.ndarray:
    """Return the size of the frame in points; one with equal scales is a square in the end."""
    size = np.array(size_in_points(ax))
    return np.minimum(size, size.min()) if ax.get_aspect() == 1 else size


def _drawn(ax: Axes) -> np.ndarray:
    """Return where curves, marks and names lie: close points, in points of the frame."""
    found = [np.empty((0, 2))]
    for line in ax.lines:
        at = _in_points(ax, line.get_xydata(), line.get_transform())
        at = at[np.isfinite(at).all(1)]
        found.append(at)
        if len(at) > 1 and line.get_linestyle() != "None":
            way = np.r_[0, np.cumsum(np.hypot(*np.diff(at, axis=0).T))]
            steps = np.linspace(0, way[-1], int(way[-1] / 2) + 2)
            found.append(np.column_stack([np.interp(steps, way, side) for side in at.T]))
    for text in ax.texts:
        if isinstance(text, Annotation) and text.xycoords == "data":
            at = _in_points(ax, [text.xy])[0]
            found.append(_grid(*_box(text.get_text(), at, text.xyann)))
    return np.concatenate(found)


def spread(positions: ArrayLike, gap: Number, low: Number, high: Number) -> np.ndarray:
    """Return positions moved as little as needed to lie `gap` apart, within `low` to `high`.

    >>> spread([1, 1, 5], gap=1.0, low=0.0, high=10.0)
    array([0.5, 1.5, 5. ])
    """
    positions = np.asarray(positions, float)
    order = np.argsort(positions, kind="stable")
    gaps = gap * np.arange(len(order))
    # After the shift by whole gaps the problem is isotonic regression: pool what is out of order.
    pools: list[list[float]] = []
    for value in positions[order] - gaps:
        pools.append([value])
        while len(pools) > 1 and np.mean(pools[-2]) > np.mean(pools[-1]):
            pools[-2:] = [pools[-2] + pools[-1]]
    level = [np.mean(pool) for pool in pools for _ in pool]
    placed = np.empty(len(order))
    placed[order] = np.clip(level, low, max(low, high - gaps[-1])) + gaps
    return placed


def end_labels(
    ax: Axes, labels: Sequence[tuple[Number, str, str]], offset: int = 7
) -> list[Annotation]:
    """Write labels (y in data, text, color) right of the frame, moved apart until none overlaps.

    `offset` is the gap in points. Call it after the limits are set.
    """
    if not labels:
        return []
    places = [(ax.get_xlim()[0], y) for y, _, _ in labels]
    heights = (_in_points(ax, places) / _frame(ax))[:, 1]
    placed = spread(heights, gap=scaled(15) / size_in_points(ax)[1], low=0.02, high=0.98)
    look: dict[str, Any] = {"xycoords": "axes fraction", "va": "center"}
    return [
        note(ax, text, (1, float(at)), (offset, 0), color=color, **look)
        for at, (_, text, color) in zip(placed, labels, strict=True)
    ]
