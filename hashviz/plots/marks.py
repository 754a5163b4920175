"""Small marks that several figures share: reference lines, labels that never overlap, excuses."""

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke
from matplotlib.text import Annotation
from matplotlib.ticker import MaxNLocator, MultipleLocator
from numpy.typing import ArrayLike

from hashviz.plots.palette import MINUS, PLUS, ink, lightness, muted, paper, scaled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["REMARK", "shared_legend"]


Number = float | int


def plain(text: object, limit: int = 22) -> str:
    """Return any text as one line that matplotlib shows as it is: no formulas, and not endless.

    >>> plain("a very long name of a class indeed", limit=12)
    'a very long…'
    """
    line = " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())
    line = line if len(line) <= limit else line[: limit - 1].rstrip() + "…"
    return line.replace("$", r"\$")


def page(ax: "Axes") -> Any:
    """Return the figure that axes belong to, also from within subfigures."""
    return cast(Any, ax.get_figure(root=True))


def size_in_points(ax: "Axes") -> tuple[float, float]:
    """Return the width and height of the frame, as far as known before the layout is done."""
    scale = 72 / page(ax).dpi
    return max(ax.bbox.width * scale, 1.0), max(ax.bbox.height * scale, 1.0)


def nothing(ax: "Axes", reason: str) -> "Axes":
    """Say inside the axes why there is no picture, instead of drawing an empty frame."""
    ax.set_axis_off()
    ax.text(0.5, 0.5, reason, ha="center", va="center", color=muted(), transform=ax.transAxes)
    return ax


def halo() -> list[withStroke]:
    """Return a rim in the color of the page that keeps text readable over lines."""
    return [withStroke(linewidth=3, foreground=paper())]


def note(ax: "Axes", text: str, at: Any, shift: Any, **style: Any) -> Annotation:
    """Write a small text `shift` points (x, y) from `at`; `style` goes to `Axes.annotate`."""
    look = {"textcoords": "offset points", "size": "small", "annotation_clip": False}
    return ax.annotate(text, at, xytext=shift, **{**look, **style})


def note_right(ax: "Axes", y: Number, text: str, **style: Any) -> None:
    """Write a small text right of the frame, at `y` in data."""
    look = {"xycoords": ("axes fraction", "data"), "va": "center", "color": ink()}
    note(ax, text, (1, y), (7, 0), **{**look, **style})


def note_above(ax: "Axes", text: str, lift: Number = 5, **style: Any) -> None:
    """Write a small text above the frame, flush left."""
    look = {"xycoords": "axes fraction", "va": "bottom", "color": muted()}
    note(ax, text, (0, 1), (0, lift), **{**look, **style})


UPRIGHT = {"ha": "center", "va": "top", "rotation": 90}
"""Names below columns that are narrower than they."""


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


def seed_marks(ax: "Axes", row: int, scores: ArrayLike, spread: Number = 0.4, **style: Any) -> None:
    """Draw a small mark for every seed of a row, one below the other."""
    lift = spread * ((np.arange(np.size(scores)) + 0.5) / max(np.size(scores), 1) - 0.5)
    look = {"color": muted(), "markersize": 3.2, "zorder": 2}
    ax.plot(scores, row + lift, "o", **{**look, **style})


def score_axis(ax: "Axes", ylabel: str = "Mean average precision") -> None:
    """Draw scores on the whole scale from 0 to 1."""
    ax.set(ylim=(0, 1.03), ylabel=ylabel)
    ax.yaxis.set_major_locator(MultipleLocator(0.2))
    ax.grid(axis="y")


def epoch_axis(ax: "Axes", xlabel: str = "Epoch") -> None:
    """Count steps of training below the frame, with as many ticks as find room."""
    ax.set_xlabel(xlabel)
    most = max(2, min(8, int(size_in_points(ax)[0] / 48)))
    ax.xaxis.set_major_locator(MaxNLocator(most, integer=True))


def distance_axis(ax: "Axes", bits: int, xlabel: str) -> None:
    """Mark distances of codes of so many bits at powers of two."""
    ax.set_xlabel(xlabel)
    step = max(1, 2 ** math.ceil(math.log2((bits + 1) / 9)))
    ax.set_xticks(np.arange(0, bits + 1, step if bits > 12 else 2))


def bit_axis(ax: "Axes", bits: int) -> None:
    """Number the bits below the frame."""
    ax.set_xlabel("Bit")
    label_rows(ax, None, range(bits), axis="x")


def percent(value: Number, _: Any = None) -> str:
    """Return a share as a tick writes it, in percent."""
    return f"{100 * value:.3g} %"


def color_scale(ax: "Axes", image: Any, title: str, **options: Any) -> "Axes":
    """Draw the scale of colors right of the frame; `options` go to `Figure.colorbar`."""
    bar = ax.inset_axes((1.04, 0, 0.045, 1))
    page(ax).colorbar(image, cax=bar, **options)
    bar.tick_params(length=0)
    bar.spines[:].set_visible(False)
    bar.set_title(title, loc="left", size="small", pad=6)
    return bar


def readable_on(color: Any) -> str:
    """Return the color of text that reads on a cell of that color."""
    return "white" if lightness(color) < 0.3 else "#1f2328"


def vertical_reference(ax: "Axes", x: Number, text: str = "") -> None:
    """Draw a thin line at `x` with its label above the frame, out of the way of the data."""
    ax.axvline(x, color=muted(), linewidth=0.9, linestyle=(0, (4, 3)), zorder=1.5)
    look = {"ha": "center", "va": "bottom", "color": muted()}
    note(ax, text, (x, 1), (0, 3), xycoords=("data", "axes fraction"), **look)


def horizontal_reference(ax: "Axes", y: Number) -> Line2D:
    """Draw a thin line at `y`, without a label."""
    return ax.axhline(y, color=muted(), linewidth=0.9, linestyle=(0, (4, 3)), zorder=1.5)


def level_line(ax: "Axes", y: Number | None, text: str = "chance {:.3f}") -> None:
    """Draw a thin line at `y` with its label on it, inside the frame; None draws nothing.

    The label stands where least is drawn: at the left or the right end, above or below the line.
    Call it after the curves and their names are drawn and the limits are set.
    """
    if y is None:
        return
    text = text.format(y)
    horizontal_reference(ax, y)
    to_fraction = ax.transData + ax.transAxes.inverted()
    frame = np.array(size_in_points(ax))
    room = np.array([scaled(6.4 * len(text) + 12), scaled(15)]) / frame
    at = float(to_fraction.transform((ax.get_xlim()[1], y))[1])
    drawn = _drawn(ax, to_fraction, frame)

    def covered(corner: tuple[int, int]) -> int:
        right, up = corner
        low = np.array([right * (1 - room[0]), at if up else at - room[1]])
        outside = bool(low[1] < -0.02 or low[1] + room[1] > 1.05)
        return int(((low <= drawn) & (drawn <= low + room)).all(1).sum()) + 10**6 * outside

    right, up = min(((0, 1), (1, 1), (0, 0), (1, 0)), key=covered)
    look = {"ha": "right" if right else "left", "va": "bottom" if up else "top", "color": muted()}
    place = {"xycoords": ("axes fraction", "data"), "path_effects": halo(), "zorder": 2.5}
    note(ax, text, (right, y), (-3 if right else 3, 2 if up else -2), **look, **place)


def _drawn(ax: "Axes", to_fraction: Any, frame: np.ndarray) -> np.ndarray:
    """Return where curves, marks and names lie in a frame: close points, as shares of it."""
    found = [np.empty((0, 2))]
    for line in ax.lines:
        if line.get_transform() != ax.transData:
            continue
        at = to_fraction.transform(line.get_xydata())
        at = at[np.isfinite(at).all(1)]
        found.append(at)
        if len(at) > 1 and line.get_linestyle() != "None":
            way = np.r_[0, np.cumsum(np.hypot(*np.diff(at, axis=0).T))]
            steps = np.linspace(0, way[-1], int(way[-1] / 0.01) + 2)
            found.append(np.column_stack([np.interp(steps, way, side) for side in at.T]))
    for text in ax.texts:
        if isinstance(text, Annotation) and text.xycoords == "data":
            size = np.array([scaled(6.2 * len(text.get_text())), scaled(13)])
            low = to_fraction.transform(text.xy) * frame + text.xyann
            low = low - size * [
                text.get_horizontalalignment() == "right",
                text.get_verticalalignment() == "top",
            ]
            grid = np.stack(np.meshgrid(np.linspace(0, 1, 9), np.linspace(0, 1, 3)), -1)
            found.append((low + grid.reshape(-1, 2) * size) / frame)
    return np.concatenate(found)


def few_marks(count: int, place: int = 0) -> tuple[float, float] | None:
    """`markevery` of a curve of `count` points: every one of up to 30, else some at equal ways.

    Curves of one figure have their marks at other `place`s.
    """
    return None if count <= 30 else (0.02 + 0.03 * (place % 4), 0.12)


def spread(positions: ArrayLike, gap: Number, low: Number, high: Number) -> np.ndarray:
    """Return positions moved as little as needed to lie `gap` apart, within `low` to `high`.

    >>> spread([1, 1, 5], gap=1.0, low=0.0, high=10.0)
    array([0.5, 1.5, 5. ])
    """
    positions = np.asarray(positions, float)
    order = np.argsort(positions, kind="stable")
    wanted = positions[order] - gap * np.arange(len(order))
    # After the shift by whole gaps the problem is isotonic regression: pool what is out of order.
    pools: list[list[float]] = []
    for value in wanted:
        pools.append([value, 1.0])
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            value_, weight = pools.pop()
            total = pools[-1][1] + weight
            pools[-1] = [(pools[-1][0] * pools[-1][1] + value_ * weight) / total, total]
    level = np.repeat([p[0] for p in pools], [int(p[1]) for p in pools])
    room = max(low, high - gap * (len(order) - 1))
    placed = np.empty(len(order))
    placed[order] = np.clip(level, low, room) + gap * np.arange(len(order))
    return placed


def end_labels(
    ax: "Axes", labels: Iterable[tuple[Number, str, str]], offset: int = 7
) -> list[Annotation]:
    """Write labels (y in data, text, color) right of the frame, moved apart until none overlaps.

    `offset` is the gap in points. Call it after the limits are set.
    """
    rows = list(labels)
    if not rows:
        return []
    to_fraction = ax.transData + ax.transAxes.inverted()
    heights = [float(to_fraction.transform((0 if ax.get_xscale() == "linear" else 1, y))[1])
               for y, _, _ in rows]  # fmt: skip
    placed = spread(heights, gap=scaled(15) / size_in_points(ax)[1], low=0.02, high=0.98)
    look: dict[str, Any] = {"xycoords": "axes fraction", "va": "center"}
    return [
        note(ax, text, (1, float(at)), (offset, 0), color=color, **look)
        for at, (_, text, color) in zip(placed, rows, strict=True)
    ]


def label_rows(
    ax: "Axes", names: Sequence[str] | None, positions: ArrayLike, axis: Literal["x", "y"] = "y"
) -> None:
    """Write names (or numbers) at `positions` of an axis, as many as fit at their size."""
    positions = np.asarray(positions, float)
    room = size_in_points(ax)[1 if axis == "y" else 0]
    low, high = ax.get_ylim() if axis == "y" else ax.get_xlim()
    longest = max((len(n) for n in names), default=1) if names else len(str(len(positions)))
    need = scaled(13.0 if axis == "y" else max(13.0, 7.0 * longest + 6))
    scale = room / max(abs(high - low), 1e-9)
    chosen: list[int] = []
    if names is None:
        pitch = abs(positions[1] - positions[0]) * scale if len(positions) > 1 else need
        steps = (1, 2, 4, 8, 10, 16, 20, 32, 64, 128, 256, 512, 1024)
        step = next((s for s in steps if s * pitch >= need * 1.4), len(positions) or 1)
        chosen = list(range(0, len(positions), step))
    else:
        last = -np.inf
        for index in np.argsort(positions, kind="stable"):
            if (positions[index] - last) * scale >= need:
                chosen.append(int(index))
                last = positions[index]
    texts = [names[i] if names else str(i) for i in chosen]
    scale_of = {"x": ax.xaxis, "y": ax.yaxis}
    scale_of[axis].set_ticks([positions[i] for i in chosen], labels=texts)
    ax.tick_params(axis=axis, length=0)


REMARK = "remark"
"""The `gid` of a sentence inside a figure that may stand in the caption of a paper instead."""


def shared_legend(axes: Iterable["Axes"]) -> Legend | None:
    """Draw one legend above the figure for axes beside each other, in place of their own.

    It is the longest of them. Where one has a key that the longest lacks, each keeps its own.
    """
    own = [(ax, legend) for ax in axes if (legend := ax.get_legend()) is not None]
    if not own:
        return None
    texts = [[text.get_text() for text in legend.get_texts()] for _, legend in own]
    longest = max(texts, key=len)
    if any(set(some) - set(longest) for some in texts):
        return None
    handles = own[texts.index(longest)][1].legend_handles
    for _, legend in own:
        legend.remove()
    figure = page(own[0][0])
    columns = _columns(longest, len(longest), figure.get_figwidth() * 72)
    return figure.legend(
        handles, longest, loc="outside upper left", ncols=columns, labelcolor=ink()
    )


def tones(plus: str, minus: str) -> list[Patch]:
    """Return the two tones of codes for a legend, with their labels."""
    rim = {"edgecolor": muted(), "linewidth": 0.5}
    return [patch(plus, PLUS, **rim), patch(minus, MINUS, **rim)]


def tone_legend(ax: "Axes", extra: Iterable[Patch | Line2D] = ()) -> None:
    """Draw a legend above the frame: which tone is +1, which is -1, and what else is given."""
    legend_above(ax, [*tones("+1", "−1"), *extra])


def legend_above(
    ax: "Axes", handles: Sequence[Patch | Line2D] | None = None, columns: int = 5, lift: int = 6
) -> None:
    """Draw a legend in rows above the frame, flush left: it covers no data. `lift` is in points."""
    room, tall = size_in_points(ax)
    given = ax.get_legend_handles_labels()[0] if handles is None else list(handles)
    columns = _columns([str(h.get_label()) for h in given], columns, room)
    ax.legend(
        handles=given,
        loc="lower left",
        bbox_to_anchor=(0, 1 + scaled(lift) / tall),
        ncols=columns,
        labelcolor=ink(),
    )


def _columns(texts: Sequence[str], most: int, room: Number) -> int:
    """Return how many columns of a legend fit into so many points."""
    letters = [len(text) for text in texts]
    columns = max(1, min(most, len(letters)))
    while columns > 1 and sum(scaled(6.4 * max(some, default=0) + 36)
                              for some in np.array_split(letters, columns)) > room:  # fmt: skip
        columns -= 1
    return columns
