"""What changes between two runs for one query: who enters the first results, and who leaves."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Num, Shaped
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import MultipleLocator
from numpy.typing import ArrayLike

from hashviz.plots.marks import label_rows, legend_above, nothing, plain, size_in_points
from hashviz.plots.palette import faint, ink, muted, new_axes, qualitative, right_wrong
from hashviz.plots.retrieval import CELL_INCHES, picture

PITCH, ACROSS, START = 1.12, 2.15, 1.35
NAMES, QUERY, ROW = 2.6, 1.5, 1.32


def results_change(
    query_image: Shaped[np.ndarray, "..."],
    images: Sequence[Shaped[np.ndarray, "..."]],
    before: Sequence[int],
    after: Sequence[int],
    *,
    relevant: ArrayLike | None = None,
    names: tuple[str, str] = ("before", "after"),
    ax: Axes | None = None,
    **picture_style: Any,
) -> Axes:
    """The first results of two runs for one query, one row each; lines join what both show.

    `before` and `after` are positions in `images`, in the order of the search. What only the
    upper row shows leaves (open bracket down), what only the lower shows enters. A right result
    (`relevant`, per image) has a tick and a solid frame, a wrong one a cross and a dashed frame.
    `picture_style` goes to the `Axes.imshow` of the results.
    """
    most = max(len(before), len(after))
    width, height = START + max(most, 3) * PITCH, 1.3 + ACROSS + 0.55
    if ax is None:
        ax = new_axes(*results_change_size(most))
    ax.set_axis_off()
    ax.set_aspect("equal", adjustable="box")
    ax.set(xlim=(-0.05, width), ylim=(height, -0.05))
    across, along = size_in_points(ax)
    points = min(across / (width + 0.05), along / (height + 0.05))
    size = float(np.clip(0.14 * points, 4.0, 13.0))

    def write(x: float | int, y: float | int, text: str, **style: Any) -> None:
        ax.text(x, y, text, **{"size": size, "color": ink(), "va": "center", **style})

    tops = (0.3, 0.3 + ACROSS)
    middle = (tops[0] + tops[1]) / 2
    write(0, middle - 0.14, "query", weight="bold")
    picture(ax, query_image, 0, middle, {})
    ax.add_patch(Rectangle((0, middle), 1, 1, fill=False, edgecolor=ink(), linewidth=1.4))
    if not most:
        write(START, middle + 0.5, "No result in either run.", color=muted())
        return ax
    good = None if relevant is None else np.asarray(relevant, bool)
    right, wrong = right_wrong()
    rows = (list(before), list(after))
    kept = set(before) & set(after)
    counts = len(rows[0]) - len(kept), len(rows[1]) - len(kept)
    texts = (
        f"{plain(names[0], 40)}: {counts[0]} of {len(before)} leave",
        f"{plain(names[1], 40)}: {counts[1]} of {len(after)} enter",
    )
    for row, top, text, base in zip(rows, tops, texts, (tops[0], tops[1]), strict=True):
        upper = top == tops[0]
        write(START, base - 0.16 if upper else base + 1.2, text)
        for place, image in enumerate(row):
            x = START + place * PITCH
            picture(ax, images[image], x, top, picture_style)
            frame: dict[str, Any] = {"edgecolor": muted(), "linewidth": 0.8}
            mark = ""
            if good is not None:
                fine = bool(good[image])
                mark = "✓" if fine else "✗"
                frame = {"edgecolor": right if fine else wrong, "linewidth": 2.2,
                         "linestyle": "-" if fine else (0, (3, 2))}  # fmt: skip
            ax.add_patch(Rectangle((x, top), 1, 1, fill=False, zorder=3, **frame))
            note = "" if image in kept else ("leaves" if upper else "enters")
            y = top + 1.13 if upper else top - 0.13
            if mark:
                write(x, y, mark, color=frame["edgecolor"], weight="bold")
            if note:
                write(x + (1.2 * size / points if mark else 0), y, note)
    for image in kept:
        xs = [START + row.index(image) * PITCH + 0.5 for row in rows]
        moved = rows[0].index(image) != rows[1].index(image)
        ax.plot(xs, [tops[0] + 1.05, tops[1] - 0.05], color=qualitative()[0] if moved else muted(),
                linewidth=1.2, zorder=1)  # fmt: skip
    return ax


def results_change_size(count: int) -> tuple[float, float]:
    """Width and height in inches at which `results_change` fills its figure."""
    return CELL_INCHES * (START + max(count, 3) * PITCH + 0.1), CELL_INCHES * (1.9 + ACROSS)


def variants_results(
    query_image: Shaped[np.ndarray, "..."],
    images: Sequence[Shaped[np.ndarray, "..."]],
    results: Mapping[str, Sequence[int]],
    *,
    relevant: ArrayLike | None = None,
    ax: Axes | None = None,
    **picture_style: Any,
) -> Axes:
    """The first results of one query in several variants of a method, the whole method first.

    `results` names positions in `images` for each variant, in the order of the search. An image
    that the first row does not show has an arrow into its row; the row says how many entered, and
    so how many of the first row left. Right results (`relevant`, per image) have a tick and a
    solid frame, wrong ones a cross and a dashed frame. `picture_style` goes to the `Axes.imshow`
    of the results.
    """
    most = max((len(row) for row in results.values()), default=0)
    width, height = _variants_extent(most, len(results))
    if ax is None:
        ax = new_axes(*variants_results_size(most, len(results)))
    ax.set_axis_off()
    ax.set_aspect("equal", adjustable="box")
    ax.set(xlim=(-0.05, width), ylim=(height, -0.05))
    across, along = size_in_points(ax)
    points = min(across / (width + 0.05), along / (height + 0.05))
    size = float(np.clip(0.2 * points, 4.0, 13.0))

    def write(x: float | int, y: float | int, text: str, **style: Any) -> None:
        ax.text(x, y, text, **{"size": size, "color": ink(), "va": "center", **style})

    write(0, 0.1, "query", weight="bold")
    picture(ax, query_image, 0, 0.25, {})
    ax.add_patch(Rectangle((0, 0.25), 1, 1, fill=False, edgecolor=ink(), linewidth=1.4))
    if not most:
        write(1.35, 0.75, "No result in any variant.", color=muted())
        return ax
    good = None if relevant is None else np.asarray(relevant, bool)
    right, wrong = right_wrong()
    key = [("↘", ink(), "enters: not in the first row")]
    if good is not None:
        key = [("✓", right, "shares a label"), ("✗", wrong, "shares none"), *key]
    for place, (mark, color, text) in enumerate(key):
        y = 0.4 + 0.32 * place
        write(1.35, y, mark, color=color, weight="bold")
        write(1.35 + 1.5 * size / points, y, text, color=muted())
    whole = set(next(iter(results.values())))
    letters = max(6, int(NAMES * points / (0.6 * size)))
    for row, (name, found) in enumerate(results.items()):
        y = QUERY + row * ROW
        new = [image for image in found if image not in whole]
        says = f"{len(new)} of {len(found)} enter" if row else f"first {len(found)}"
        lines = textwrap.wrap(plain(name, 3 * letters), letters)[:3]
        write(0, y + 0.46, "\n".join(lines), va="bottom")
        write(0, y + 0.54, says, color=muted(), va="top")
        for place, image in enumerate(found):
            x = NAMES + place * PITCH
            picture(ax, images[image], x, y, picture_style)
            frame: dict[str, Any] = {"edgecolor": muted(), "linewidth": 0.8}
            mark = ""
            if good is not None:
                fine = bool(good[image])
                mark = "✓" if fine else "✗"
                frame = {"edgecolor": right if fine else wrong, "linewidth": 2.2,
                         "linestyle": "-" if fine else (0, (3, 2))}  # fmt: skip
            ax.add_patch(Rectangle((x, y), 1, 1, fill=False, zorder=3, **frame))
            if mark:
                write(x, y + 1.13, mark, color=frame["edgecolor"], weight="bold")
            if row and image in new:
                write(x + 1, y + 1.13, "↘", weight="bold", ha="right")
    return ax


def variants_results_size(count: int, variants: int) -> tuple[float, float]:
    """Width and height in inches at which `variants_results` fills its figure."""
    width, height = _variants_extent(count, variants)
    return 0.72 * (width + 0.1), 0.72 * (height + 0.1)


def _variants_extent(count: int, variants: int) -> tuple[float, float]:
    """Width and height of the whole picture, in sides of a result picture."""
    return NAMES + max(count, 3) * PITCH, QUERY + max(variants, 1) * ROW


def changed_results(
    names: Sequence[str],
    changed: Num[np.ndarray, "variants seeds"],
    *,
    k: int,
    ties: float | int | None = None,
    ax: Axes | None = None,
    **points: Any,
) -> Axes:
    """How many of the first k results each variant replaces, on average over the queries.

    `changed` are the means of `metrics.changed_results` of each variant and seed: a small mark per
    seed, a large one for their mean. Left of `ties` lies what another order of equal distances
    changes in the whole method itself, which means nothing. Where all seeds have one split, a row
    for another seed of the whole method says what chance in training changes. `points` goes to the
    `Axes.plot` of the means.
    """
    ax = new_axes(height=1.5 + 0.42 * max(len(names), 1)) if ax is None else ax
    changed = np.asarray(changed, float)
    if not changed.size or not np.isfinite(changed).any():
        return nothing(ax, "No changes to draw: there is no variant or no seed.")
    seeds = changed.shape[1]
    for row, values in enumerate(changed):
        ax.axhline(row, color=faint(), linewidth=1.0, zorder=0)
        lift = 0.4 * ((np.arange(seeds) + 0.5) / seeds - 0.5)
        ax.plot(values, row + lift, "o", color=muted(), markersize=3.2, zorder=2)
        known = values[np.isfinite(values)]
        if len(known):
            style: dict[str, Any] = {"marker": "D", "markersize": 7, "color": qualitative()[0]}
            ax.plot(known.mean(), row, **{**style, **points}, zorder=3)
            ax.annotate(f"{100 * known.mean():.0f} %", (1, row), xytext=(7, 0), va="center",
                        xycoords=("axes fraction", "data"), textcoords="offset points",
                        size="small", color=ink(), annotation_clip=False)  # fmt: skip
    ax.set(xlim=(0, 1), ylim=(len(names) - 0.4, -0.6))
    ax.set_xlabel(f"Others among the first {k:,}")
    letters = max(len(plain(name, 30)) for name in names)
    room = 1.2 * size_in_points(ax)[0] - 6.4 * letters
    ax.xaxis.set_major_locator(MultipleLocator(0.25 if room > 200 else 0.5 if room > 100 else 1))
    ax.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.3g} %")
    ax.spines["left"].set_visible(False)
    label_rows(ax, [plain(name, 30) for name in names], range(len(names)))
    marks: dict[str, Any] = {"color": muted(), "linestyle": "none"}
    handles: list[Any] = [
        Line2D([], [], marker="o", markersize=3.5, label="one seed", **marks),
        Line2D([], [], marker="D", markersize=6, color=qualitative()[0], linestyle="none",
               label="mean"),
    ]  # fmt: skip
    if ties is not None:
        ax.axvspan(0, ties, color=faint(), linewidth=0, zorder=0)
        text = f"ties alone ({100 * ties:.0f} %)"
        handles.append(Patch(facecolor=faint(), linewidth=0, label=text))
    legend_above(ax, handles)
    return ax


def rank_changes(
    before: Sequence[int],
    after: Sequence[int],
    *,
    names: tuple[str, str] = ("before", "after"),
    notes: Sequence[str] = (),
    ax: Axes | None = None,
    **line: Any,
) -> Axes:
    """Two rankings of the same items, rank 1 at the top; lines join what both hold.

    An item that only one of them holds is orange and has no line. `notes` stand beside the second
    ranking, one for each rank. `line` goes to the `Axes.plot` of the lines.
    """
    ax = new_axes(3.2, 3.6) if ax is None else ax
    ranks = max(len(before), len(after))
    if not ranks:
        return nothing(ax, "No ranks to draw: both rankings are empty.")
    other = qualitative()[3]
    for column, (mine, yours) in enumerate(((before, after), (after, before))):
        for rank, item in enumerate(mine):
            kept = item in yours
            ax.plot(column, rank, "o" if kept else "D", markersize=7 if kept else 6,
                    color=qualitative()[0] if kept else other)  # fmt: skip
    for rank, item in enumerate(before):
        if item in after:
            moved = after.index(item) != rank
            style = {"color": qualitative()[0] if moved else muted(), "linewidth": 1.4}
            ax.plot([0, 1], [rank, after.index(item)], **{**style, **line}, zorder=1)
    for rank, note in enumerate(notes):
        ax.annotate(note, (1, rank), xytext=(9, 0), textcoords="offset points", va="center",
                    size="small", color=muted(), annotation_clip=False)  # fmt: skip
    ax.set(xlim=(-0.25, 1.25), ylim=(ranks - 0.5, -0.6))
    ax.set_xticks([0, 1], [plain(name) for name in names])
    ax.xaxis.tick_top()
    step = max(1, ranks // 8)
    ax.set_yticks(range(0, ranks, step), [str(rank + 1) for rank in range(0, ranks, step)])
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    ax.set_ylabel("Rank")
    return ax
