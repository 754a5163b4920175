"""What changes between two runs for one query: who enters the first results, and who leaves."""

import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Num, Shaped
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import FancyBboxPatch, Patch, Rectangle
from matplotlib.ticker import MultipleLocator
from numpy.typing import ArrayLike

from hashviz.plots.marks import label_rows, legend_above, nothing, plain, size_in_points
from hashviz.plots.palette import faint, ink, muted, new_axes, qualitative, right_wrong
from hashviz.plots.retrieval import CELL_INCHES, picture, tie_texts

PITCH, ACROSS, START = 1.12, 2.15, 1.35
NAMES, QUERY, ROW, EXTRA = 2.6, 1.75, 1.5, 0.25

Far = tuple[ArrayLike, ArrayLike]
"""For each picture: its distance to the query, and how many images of the database have that."""


def results_change(
    query_image: Shaped[np.ndarray, "..."],
    images: Sequence[Shaped[np.ndarray, "..."]],
    before: Sequence[int],
    after: Sequence[int],
    *,
    relevant: ArrayLike | None = None,
    far: tuple[Far, Far] | None = None,
    names: tuple[str, str] = ("before", "after"),
    ax: Axes | None = None,
    **picture_style: Any,
) -> Axes:
    """The first results of two runs for one query, one row each; lines join what both show.

    `before` and `after` are positions in `images`, in the order of the search. What only the
    upper row shows leaves, what only the lower shows enters. With the distances in both runs
    (`far`), results at one distance stand in one box, and what another order inside a box could
    have kept out or let in is called a tie instead. A right result (`relevant`, per image) has a
    tick and a solid frame, a wrong one a cross and a dashed frame. `picture_style` goes to the
    `Axes.imshow` of the results.
    """
    most = max(len(before), len(after))
    ties = EXTRA if far is not None else 0.0
    width, height = _change_extent(most, far is not None)
    if ax is None:
        ax = new_axes(*results_change_size(most, far is not None))
    points = _canvas(ax, width, height)
    size = float(np.clip(0.14 * points, 4.0, 13.0))

    def write(x: float | int, y: float | int, text: str, **style: Any) -> None:
        ax.text(x, y, text, **{"size": size, "color": ink(), "va": "center", **style})

    tops = (0.3 + ties, 0.3 + ties + ACROSS)
    middle = (tops[0] + tops[1]) / 2
    write(0, middle - 0.14, "query", weight="bold")
    picture(ax, query_image, 0, middle, {})
    ax.add_patch(Rectangle((0, middle), 1, 1, fill=False, edgecolor=ink(), linewidth=1.4))
    if not most:
        write(START, middle + 0.5, "No result in either run.", color=muted())
        return ax
    rows = (list(before), list(after))
    kept = set(before) & set(after)
    sure = _sure_changes(rows, far)
    for place, (row, top, verb) in enumerate(zip(rows, tops, ("leave", "enter"), strict=True)):
        upper = place == 0
        certain = sum(image in sure for image in row if image not in kept)
        open_ = len(row) - len(kept) - certain
        text = f"{plain(names[place], 40)}: {certain} of {len(row)} {verb}"
        text += f", {open_} differ by the order of ties" if open_ else ""
        write(START, top - 0.16 - ties if upper else top + 1.2 + ties, text)
        if far is not None:
            y = top - 0.17 if upper else top + 1.2
            _tie_boxes(ax, row, far[place], START, top, y, size, points)
        _pictures(ax, images, row, relevant, START, top, picture_style)
        y = top + 1.13 if upper else top - 0.13
        for column, image in enumerate(row):
            x = START + column * PITCH
            shift = _mark(write, relevant, image, x, y) * 1.2 * size / points
            if image not in kept:
                write(x + shift, y, f"{verb}s" if image in sure else "tie")
    for image in kept:
        xs = [START + row.index(image) * PITCH + 0.5 for row in rows]
        moved = rows[0].index(image) != rows[1].index(image)
        ax.plot(xs, [tops[0] + 1.05, tops[1] - 0.05], color=qualitative()[0] if moved else muted(),
                linewidth=1.2, zorder=1)  # fmt: skip
    return ax


def results_change_size(count: int, ties: bool = False) -> tuple[float, float]:
    """Width and height in inches at which `results_change` fills its figure, with its ties."""
    width, height = _change_extent(count, ties)
    return CELL_INCHES * (width + 0.1), CELL_INCHES * (height + 0.05)


def _change_extent(count: int, ties: bool) -> tuple[float, float]:
    """Width and height of the whole picture, in sides of a result picture."""
    return START + max(count, 3) * PITCH, 1.85 + ACROSS + (2 * EXTRA if ties else 0)


def variants_results(
    query_image: Shaped[np.ndarray, "..."],
    images: Sequence[Shaped[np.ndarray, "..."]],
    results: Mapping[str, Sequence[int]],
    *,
    relevant: ArrayLike | None = None,
    far: Mapping[str, Far] | None = None,
    ax: Axes | None = None,
    **picture_style: Any,
) -> Axes:
    """The first results of one query in several variants of a method, the whole method first.

    `results` names positions in `images` for each variant, in the order of the search. An image
    that the first row does not show has an arrow into its row; the row says how many entered, and
    so how many of the first row left. With the distances in each variant (`far`), results at one
    distance stand in one box, and what may be new by the order of ties alone has a sign of its own.
    Right results (`relevant`, per image) have a tick and a solid frame, wrong ones a cross and a
    dashed frame. `picture_style` goes to the `Axes.imshow` of the results.
    """
    most = max((len(row) for row in results.values()), default=0)
    width, height = _variants_extent(most, len(results))
    if ax is None:
        ax = new_axes(*variants_results_size(most, len(results)))
    points = _canvas(ax, width, height)
    size = float(np.clip(0.2 * points, 4.0, 13.0))

    def write(x: float | int, y: float | int, text: str, **style: Any) -> None:
        ax.text(x, y, text, **{"size": size, "color": ink(), "va": "center", **style})

    write(0, 0.1, "query", weight="bold")
    picture(ax, query_image, 0, 0.25, {})
    ax.add_patch(Rectangle((0, 0.25), 1, 1, fill=False, edgecolor=ink(), linewidth=1.4))
    if not most:
        write(1.35, 0.75, "No result in any variant.", color=muted())
        return ax
    right, wrong = right_wrong()
    key = [("↘", ink(), "enters: not in the first row")]
    if far is not None:
        key.append(("≈", ink(), "may be new by the order of ties alone"))
    if relevant is not None:
        key = [("✓", right, "shares a label"), ("✗", wrong, "shares none"), *key]
    for place, (mark, color, text) in enumerate(key):
        y = 0.16 + 0.32 * place
        write(1.35, y, mark, color=color, weight="bold")
        write(1.35 + 1.5 * size / points, y, text, color=muted())
    first = next(iter(results))
    letters = max(6, int(NAMES * points / (0.6 * size)))
    for row, (name, found) in enumerate(results.items()):
        y = QUERY + row * ROW
        new = [image for image in found if image not in results[first]]
        pair = None if far is None else (far[first], far[name])
        sure = _sure_changes((list(results[first]), list(found)), pair)
        certain = sum(image in sure for image in new)
        says = f"{certain} of {len(found)} enter" if row else f"first {len(found)}"
        says += f",\n{len(new) - certain} by ties" if len(new) > certain else ""
        lines = textwrap.wrap(plain(name, 3 * letters), letters)[:3]
        write(0, y + 0.46, "\n".join(lines), va="bottom")
        write(0, y + 0.54, says, color=muted(), va="top")
        if far is not None:
            _tie_boxes(ax, found, far[name], NAMES, y, y - 0.15, 0.8 * size, points)
        _pictures(ax, images, found, relevant, NAMES, y, picture_style)
        for place, image in enumerate(found):
            x = NAMES + place * PITCH
            _mark(write, relevant, image, x, y + 1.13)
            if row and image in new:
                write(x + 1, y + 1.13, "↘" if image in sure else "≈", weight="bold", ha="right")
    return ax


def variants_results_size(count: int, variants: int) -> tuple[float, float]:
    """Width and height in inches at which `variants_results` fills its figure."""
    width, height = _variants_extent(count, variants)
    return 0.72 * (width + 0.1), 0.72 * (height + 0.1)


def _variants_extent(count: int, variants: int) -> tuple[float, float]:
    """Width and height of the whole picture, in sides of a result picture."""
    return NAMES + max(count, 3) * PITCH, QUERY + max(variants, 1) * ROW


def _canvas(ax: Axes, width: float, height: float) -> float:
    """An empty frame in sides of a result picture; how many points one of them is."""
    ax.set_axis_off()
    ax.set_aspect("equal", adjustable="box")
    ax.set(xlim=(-0.05, width), ylim=(height, -0.05))
    across, along = size_in_points(ax)
    return min(across / (width + 0.05), along / (height + 0.05))


def _sure_changes(rows: tuple[list[int], list[int]], far: tuple[Far, Far] | None) -> set[int]:
    """Images that are in one row and not in the other, whatever the order of equal distances."""
    if far is None:
        return set(rows[0]) ^ set(rows[1])
    certain = []
    for shown, (distances, equal) in zip(rows, far, strict=True):
        away, alike = np.asarray(distances), np.asarray(equal)
        last = away[shown].max() if shown else -1
        cut = shown and alike[shown[-1]] > int((away[shown] == last).sum())
        certain.append(np.where(away > last, -1, np.where((away == last) & bool(cut), 0, 1)))
    return set(np.flatnonzero(certain[0] * certain[1] < 0).tolist())


def _tie_boxes(
    ax: Axes, shown: Sequence[int], far: Far, left: float, top: float, y: float, size: float,
    points: float,
) -> None:  # fmt: skip
    """A box around the results at each distance, and at `y` how many images have it."""
    away, alike = (np.asarray(side)[list(shown)] for side in far)
    cuts = np.flatnonzero(np.diff(away)) + 1
    for start, stop in zip(np.r_[0, cuts], np.r_[cuts, len(shown)], strict=True):
        if start == stop:
            continue
        x, across = left + start * PITCH, (stop - start - 1) * PITCH + 1
        total = int(alike[start])
        if total > 1:
            box = FancyBboxPatch((x - 0.01, top - 0.01), across + 0.02, 1.02, facecolor=faint(),
                                 boxstyle="round,pad=0.035,rounding_size=0.05", edgecolor=muted(),
                                 linewidth=0.9, zorder=0.5)  # fmt: skip
            box.set_gid(f"tie-{away[start]}")
            ax.add_patch(box)
        texts = tie_texts(int(away[start]), int(stop - start), total, False)
        fits = (text for text in texts if 0.6 * size * len(text) <= across * points)
        ax.text(x, y, next(fits, texts[-1]), size=size, color=muted(), va="center")


def _pictures(
    ax: Axes, images: Sequence[np.ndarray], shown: Sequence[int], relevant: ArrayLike | None,
    left: float, top: float, style: dict[str, Any],
) -> None:  # fmt: skip
    """A row of results in their frames: solid around right ones, dashed around wrong ones."""
    right, wrong = right_wrong()
    for place, image in enumerate(shown):
        x = left + place * PITCH
        picture(ax, images[image], x, top, style)
        frame: dict[str, Any] = {"edgecolor": muted(), "linewidth": 0.8}
        if relevant is not None:
            fine = bool(np.asarray(relevant)[image])
            frame = {"edgecolor": right if fine else wrong, "linewidth": 2.2,
                     "linestyle": "-" if fine else (0, (3, 2))}  # fmt: skip
        ax.add_patch(Rectangle((x, top), 1, 1, fill=False, zorder=3, **frame))


def _mark(
    write: Callable[..., None], relevant: ArrayLike | None, image: int, x: float, y: float
) -> bool:
    """A tick or a cross for a result, where it is known; whether there is one."""
    if relevant is None:
        return False
    fine = bool(np.asarray(relevant)[image])
    write(x, y, "✓" if fine else "✗", color=right_wrong()[not fine], weight="bold")
    return True


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
