"""What changes between two runs for one query: who enters the first results, and who leaves."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Num, Shaped
from matplotlib.axes import Axes
from matplotlib.ticker import MultipleLocator
from numpy.typing import ArrayLike

from hashviz.plots.canvas import CELL_INCHES, Canvas
from hashviz.plots.marks import (
    dot,
    label_rows,
    legend_above,
    note,
    note_right,
    nothing,
    patch,
    percent,
    plain,
    seed_marks,
    size_in_points,
)
from hashviz.plots.palette import faint, ink, muted, new_axes, qualitative, right_wrong
from hashviz.plots.retrieval import tie_texts

__all__ = [
    "changed_results",
    "rank_changes",
    "results_change",
    "results_change_size",
    "variants_results",
    "variants_results_size",
]

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
    """Draw the first results of two runs for one query, one row each; lines join what both show.

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
    canvas = Canvas(ax, width, height, 0.14)
    write = canvas.write
    tops = (0.3 + ties, 0.3 + ties + ACROSS)
    middle = (tops[0] + tops[1]) / 2
    canvas.query(query_image, middle)
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
            _tie_boxes(canvas, row, far[place], START, top, y, 1.0)
        _pictures(canvas, images, row, relevant, START, top, picture_style)
        y = top + 1.13 if upper else top - 0.13
        for column, image in enumerate(row):
            x = START + column * PITCH
            shift = canvas.mark(x, y, _good(relevant, image))
            if image not in kept:
                write(x + shift, y, f"{verb}s" if image in sure else "tie")
    for image in kept:
        xs = [START + row.index(image) * PITCH + 0.5 for row in rows]
        moved = rows[0].index(image) != rows[1].index(image)
        color = qualitative()[0] if moved else muted()
        ax.plot(xs, [tops[0] + 1.05, tops[1] - 0.05], color=color, linewidth=1.2, zorder=1)
    return ax


def results_change_size(count: int, ties: bool = False) -> tuple[float, float]:
    """Return the width and height in inches at which `results_change` fills its figure."""
    width, height = _change_extent(count, ties)
    return CELL_INCHES * (width + 0.1), CELL_INCHES * (height + 0.05)


def _change_extent(count: int, ties: bool) -> tuple[float, float]:
    """Return the width and height of the whole picture, in sides of a result picture."""
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
    """Draw the first results of one query in several variants of a method, the whole method first.

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
    canvas = Canvas(ax, width, height, 0.2)
    size, points, write = canvas.size, canvas.points, canvas.write
    canvas.query(query_image, 0.25)
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
            _tie_boxes(canvas, found, far[name], NAMES, y, y - 0.15, 0.8)
        _pictures(canvas, images, found, relevant, NAMES, y, picture_style)
        for place, image in enumerate(found):
            x = NAMES + place * PITCH
            canvas.mark(x, y + 1.13, _good(relevant, image))
            if row and image in new:
                write(x + 1, y + 1.13, "↘" if image in sure else "≈", weight="bold", ha="right")
    return ax


def variants_results_size(count: int, variants: int) -> tuple[float, float]:
    """Return the width and height in inches at which `variants_results` fills its figure."""
    width, height = _variants_extent(count, variants)
    return 0.72 * (width + 0.1), 0.72 * (height + 0.1)


def _variants_extent(count: int, variants: int) -> tuple[float, float]:
    """Return the width and height of the whole picture, in sides of a result picture."""
    return NAMES + max(count, 3) * PITCH, QUERY + max(variants, 1) * ROW


def _sure_changes(rows: tuple[list[int], list[int]], far: tuple[Far, Far] | None) -> set[int]:
    """Return the images that only one row holds, whatever the order of equal distances."""
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
    canvas: Canvas, shown: Sequence[int], far: Far, left: float, top: float, y: float, share: float
) -> None:
    """Box the results at each distance, and write at `y` how many images have it."""
    away, alike = (np.asarray(side)[list(shown)] for side in far)
    cuts = np.flatnonzero(np.diff(away)) + 1
    for start, stop in zip(np.r_[0, cuts], np.r_[cuts, len(shown)], strict=True):
        if start == stop:
            continue
        x, across = left + start * PITCH, (stop - start - 1) * PITCH + 1
        total = int(alike[start])
        if total > 1:
            canvas.box(int(away[start]), x - 0.01, top - 0.01, across + 0.02, 1.02)
        texts = tie_texts(int(away[start]), int(stop - start), total, False)
        text = canvas.fitting(texts, across, share)
        canvas.write(x, y, text, size=share * canvas.size, color=muted())


def _pictures(
    canvas: Canvas, images: Sequence[np.ndarray], shown: Sequence[int], relevant: ArrayLike | None,
    left: float, top: float, style: dict[str, Any],
) -> None:  # fmt: skip
    """Draw a row of results in their frames."""
    for place, image in enumerate(shown):
        canvas.picture(images[image], left + place * PITCH, top, _good(relevant, image), **style)


def _good(relevant: ArrayLike | None, image: int) -> bool | None:
    return None if relevant is None else bool(np.asarray(relevant)[image])


def changed_results(
    names: Sequence[str],
    changed: Num[np.ndarray, "variants seeds"],
    *,
    k: int,
    ties: float | int | None = None,
    ax: Axes | None = None,
    **points: Any,
) -> Axes:
    """Draw how many of the first k results each variant replaces, on average over the queries.

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
    for row, values in enumerate(changed):
        ax.axhline(row, color=faint(), linewidth=1.0, zorder=0)
        seed_marks(ax, row, values)
        known = values[np.isfinite(values)]
        if len(known):
            style: dict[str, Any] = {"marker": "D", "markersize": 7, "color": qualitative()[0]}
            ax.plot(known.mean(), row, **{**style, **points}, zorder=3)
            note_right(ax, row, f"{100 * known.mean():.0f} %")
    ax.set(xlim=(0, 1), ylim=(len(names) - 0.4, -0.6))
    ax.set_xlabel(f"Others among the first {k:,}")
    letters = max(len(plain(name, 30)) for name in names)
    room = 1.2 * size_in_points(ax)[0] - 6.4 * letters
    ax.xaxis.set_major_locator(MultipleLocator(0.25 if room > 200 else 0.5 if room > 100 else 1))
    ax.xaxis.set_major_formatter(percent)
    ax.spines["left"].set_visible(False)
    label_rows(ax, [plain(name, 30) for name in names], range(len(names)))
    mean = dot("mean", "D", 6, color=qualitative()[0])
    handles: list[Any] = [dot("one seed", size=3.5), mean]
    if ties is not None:
        ax.axvspan(0, ties, color=faint(), linewidth=0, zorder=0)
        handles.append(patch(f"ties alone ({100 * ties:.0f} %)", faint()))
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
    """Draw two rankings of the same items, rank 1 at the top; lines join what both hold.

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
            size, color = (7, qualitative()[0]) if kept else (6, other)
            ax.plot(column, rank, "o" if kept else "D", markersize=size, color=color)
    for rank, item in enumerate(before):
        if item in after:
            moved = after.index(item) != rank
            style = {"color": qualitative()[0] if moved else muted(), "linewidth": 1.4}
            ax.plot([0, 1], [rank, after.index(item)], **{**style, **line}, zorder=1)
    for rank, text in enumerate(notes):
        note(ax, text, (1, rank), (9, 0), va="center", color=muted())
    ax.set(xlim=(-0.25, 1.25), ylim=(ranks - 0.5, -0.6))
    ax.set_xticks([0, 1], [plain(name) for name in names])
    ax.xaxis.tick_top()
    step = max(1, ranks // 8)
    ax.set_yticks(range(0, ranks, step), [str(rank + 1) for rank in range(0, ranks, step)])
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    ax.set_ylabel("Rank")
    return ax
