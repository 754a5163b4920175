"""Marks and their legends: dots, strokes, patches, the two tones of bits, a mark per seed."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import ArrayLike

from hashviz.plots.frames import Number, page, size_in_points
from hashviz.plots.palette import MINUS, PLUS, ink, muted, scaled

__all__ = ["shared_legend"]


def dot(label: str, marker: str = "o", size: Number = 7, **style: Any) -> Line2D:
    """Return a mark for a legend."""
    look = {"marker": marker, "markersize": size, "color": muted(), "linestyle": "none"}
    return Line2D([], [], label=label, **{**look, **style})


def stroke(label: str, **style: Any) -> Line2D:
    """Return a line for a legend."""
    return Line2D([], [], label=label, **{"color": muted(), "linewidth": 1.4, **style})


def patch(label: str, color: Any = "none", **style: Any) -> Patch:
    """Return a rectangle without a rim for a legend."""
    return Patch(label=label, **{"facecolor": color, "linewidth": 0, **style})


def tones(plus: str, minus: str) -> list[Patch]:
    """Return the two tones of codes for a legend, with their labels."""
    rim = {"edgecolor": muted(), "linewidth": 0.5}
    return [patch(plus, PLUS, **rim), patch(minus, MINUS, **rim)]


def few_marks(count: int, place: int = 0) -> tuple[float, float] | None:
    """`markevery` of a curve of `count` points: every one of up to 30, else some at equal ways.

    Curves of one figure have their marks at other `place`s.
    """
    return None if count <= 30 else (0.02 + 0.03 * (place % 4), 0.12)


def seed_marks(ax: Axes, row: int, scores: ArrayLike, spread: Number = 0.4, **style: Any) -> None:
    """Draw a small mark for every seed of a row, one below the other."""
    lift = spread * ((np.arange(np.size(scores)) + 0.5) / max(np.size(scores), 1) - 0.5)
    look = {"color": muted(), "markersize": 3.2, "zorder": 2}
    ax.plot(scores, row + lift, "o", **{**look, **style})


def legend_above(
    ax: Axes, handles: Sequence[Any] | None = None, columns: int = 5, lift: int = 6
) -> None:
    """Draw a legend in rows above the frame, flush left: it covers no data. `lift` is in points.

    Without a handle there is none.
    """
    room, tall = size_in_points(ax)
    given = ax.get_legend_handles_labels()[0] if handles is None else list(handles)
    if not given:
        return
    columns = _columns([str(h.get_label()) for h in given], columns, room)
    place = {"loc": "lower left", "bbox_to_anchor": (0, 1 + scaled(lift) / tall)}
    ax.legend(handles=given, **place, ncols=columns, labelcolor=ink())


def tone_legend(ax: Axes, extra: Iterable[Patch | Line2D] = ()) -> None:
    """Draw a legend above the frame: which tone is +1, which is -1, and what else is given."""
    legend_above(ax, [*tones("+1", "−1"), *extra])


def shared_legend(axes: Iterable[Axes]) -> Legend | None:
    """Draw one legend above the figure for axes beside each other, in place of their own.

    It is the longest of them. Where one has a key that the longest lacks, each keeps its own.
    """
    own = [legend for ax in axes if (legend := ax.get_legend()) is not None]
    texts = [[str(text.get_text()) for text in legend.get_texts()] for legend in own]
    longest = max(texts, key=len, default=[])
    if not own or any(set(some) - set(longest) for some in texts):
        return None
    handles, figure = own[texts.index(longest)].legend_handles, page(own[0].axes)
    for legend in own:
        legend.remove()
    columns = _columns(longest, len(longest), figure.get_figwidth() * 72)
    place = {"loc": "outside upper left", "ncols": columns}
    return figure.legend(handles, longest, **place, labelcolor=ink())


def take_key(ax: Axes) -> dict[str, Any]:
    """Return the marks of a legend by their texts, and take the legend away."""
    legend = ax.get_legend()
    if legend is None:
        return {}
    texts = [str(text.get_text()) for text in legend.get_texts()]
    legend.remove()
    return dict(zip(texts, legend.legend_handles, strict=True))


def _columns(texts: Sequence[str], most: int, room: Number) -> int:
    """Return how many columns of a legend fit into so many points."""
    letters = [len(text) for text in texts]
    for columns in range(min(most, len(letters)), 1, -1):
        parts = np.array_split(letters, columns)
        if sum(scaled(6.4 * max(some) + 36) for some in parts) <= room:
            return columns
    return 1
