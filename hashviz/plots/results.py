"""A query and what the search found: ties, right and wrong, and what changes between runs."""

import math
import textwrap
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from jaxtyping import Int8, Shaped
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from hashviz.plots.canvas import BITS_PER_LINE, CELL_INCHES, Canvas
from hashviz.plots.frames import Number
from hashviz.plots.notes import plain
from hashviz.plots.palette import MINUS, PLUS, class_color, ink, muted, paper, right_wrong

__all__ = ["query_results", "query_results_size", "results_change", "results_change_size"]
__all__ += ["variants_results", "variants_results_size"]

PITCH = 1.16
HEADER, FOOTER, ROW_GAP, LEFT = 0.27, 0.24, 0.2, 1.42
BIT_HEIGHT, BIT_LINE = 0.075, 0.125
ACROSS, START, TIE_WORDS = 2.15, 1.35, 0.25
NAMES, QUERY, ROW, SMALL_CELL = 2.6, 1.75, 1.5, 0.72

Far = tuple[ArrayLike, ArrayLike]
"""For each picture: its distance to the query, and how many images of the database have that."""


def query_results(
    query_image: Shaped[np.ndarray, "..."],
    result_images: Sequence[Shaped[np.ndarray, "..."]],
    distances: ArrayLike,
    *,
    relevant: ArrayLike | None = None,
    captions: Sequence[str] | None = None,
    query_caption: str = "",
    equal: ArrayLike | None = None,
    query_code: Int8[np.ndarray, " bits"] | None = None,
    result_codes: Int8[np.ndarray, "results bits"] | None = None,
    columns: int = 5,
    ax: Axes | None = None,
    **image: Any,
) -> Axes:
    """Draw the query at the left, its results in the order of the search at the right.

    Results at one distance stand in one box: their order says nothing. `equal` is the number of
    database images at each result's distance, so that the box can say "2 of 14 equal". A right
    result (`relevant`) has a tick and a solid frame, a wrong one a cross and a dashed frame.
    With codes, a strip under each picture shows its bits, 32 to a line; bits equal to the
    query's are faded, differing bits are underlined. `image` is set on the result pictures
    (`AxesImage.set`).
    """
    count = len(result_images)
    columns = max(1, min(columns, count))
    bits = 0 if query_code is None else len(query_code)
    pitch = _pitch(bits)
    canvas = Canvas(ax, query_results_size(count, bits, columns), 0.132, CELL_INCHES)
    write = canvas.write
    canvas.query(query_image, HEADER)
    letters = max(4, int(canvas.points / (0.62 * canvas.size)))
    write(0, HEADER + 1 + FOOTER / 2, plain(query_caption, letters))
    if query_code is not None:
        _bits(canvas.ax, query_code, None, 0, HEADER + 1 + FOOTER)
    if not count:
        text = "No result: the database holds\nnothing this near."
        write(LEFT, HEADER + 0.5, text, color=muted())
        return canvas.ax
    right, wrong = right_wrong()
    key = [("✓", right, "shares a label"), ("✗", wrong, "shares none")] * (relevant is not None)
    key += [("▁", wrong, "bit differs")] * (bits > 0 and result_codes is not None)
    if count > columns:
        canvas.key(0, pitch + HEADER + 0.1, 0.2, key)
    corners = [(LEFT + i % columns * PITCH, i // columns * pitch) for i in range(count)]
    found = np.asarray(distances)
    totals = np.ones(count, int) if equal is None else np.asarray(equal)
    _tie_boxes(canvas, found, totals, corners, pitch - ROW_GAP, HEADER / 2, ink())
    for place, (good, (x, y)) in enumerate(zip(_known(relevant, count), corners, strict=True)):
        canvas.picture(result_images[place], x, y + HEADER, good, **image)
        below = y + HEADER + 1 + FOOTER / 2
        shift = canvas.mark(x + 0.01, below, good)
        if captions is not None:
            room = letters - (2 if relevant is not None else 0)
            write(x + 0.01 + shift, below, plain(captions[place], room))
        if query_code is not None and result_codes is not None:
            _bits(canvas.ax, result_codes[place], query_code, x, y + HEADER + 1 + FOOTER)
    return canvas.ax


def query_results_size(count: int, bits: int = 0, columns: int = 5) -> tuple[float, float]:
    """Return the width and height in inches at which `query_results` fills its figure."""
    columns = max(1, min(columns, count))
    width = LEFT + (columns if count else 3) * PITCH + 0.15
    height = max(1, math.ceil(count / columns)) * _pitch(bits) - ROW_GAP + 0.21
    return CELL_INCHES * width, CELL_INCHES * height


def _pitch(bits: int) -> float:
    """Return the distance from one row of results to the next."""
    strip = math.ceil(bits / BITS_PER_LINE) * BIT_LINE + (0.03 if bits else 0)
    return HEADER + 1 + FOOTER + strip + ROW_GAP


def _known(relevant: ArrayLike | None, count: int) -> list[bool | None]:
    """Return whether each result is right, as far as that is known."""
    return [None] * count if relevant is None else np.asarray(relevant, bool).tolist()


def _tie_boxes(
    canvas: Canvas, away: np.ndarray, totals: np.ndarray, corners: Sequence[tuple[float, float]],
    high: float, words: float, color: str, share: float = 1.0,
) -> None:  # fmt: skip
    """Box neighboring results at one distance, row by row, and write how many images have it.

    The words stand `words` below the corner, at a `share` of the size of letters.
    """
    changes = np.flatnonzero(np.diff(away)) + 1
    for start, stop in pairwise((0, *changes.tolist(), len(away))):
        rows = [i for i in range(start + 1, stop) if corners[i][1] > corners[i - 1][1]]
        for left, right in pairwise((start, *rows, stop)):
            (x, y), room = corners[left], (right - left - 1) * PITCH + 1
            distance, total = int(away[start]), max(int(totals[start]), stop - start)
            if total > 1:
                canvas.box(distance, x - 0.015, y - 0.01, room + 0.03, high)
            texts = _tie_texts(distance, stop - start, total, left > start)
            size = share * canvas.size
            fitting = (t for t in texts if 0.6 * size * len(t) <= room * canvas.points)
            text = next(fitting, texts[-1])
            canvas.write(x + 0.01, y + words, text, size=size, color=color)


def _tie_texts(distance: int, shown: int, total: int, continued: bool) -> list[str]:
    """Return what to write over a tie group, from the longest wording to the shortest."""
    near = f"distance {distance}"
    short = [near, f"d = {distance}"]
    if continued:
        return [f"{near}, continued", *short]
    if total > shown:
        some = f"{shown} of {total:,}"
        return [f"{near}: {some} that are equal", f"{near}: {some} equal", f"{distance}: {some}",
                *short]  # fmt: skip
    if shown > 1:
        return [f"{near}: these {shown} are equal", f"{near}: {shown} equal",
                f"{distance}: {shown} equal", *short]  # fmt: skip
    return short


def _bits(ax: Axes, code: np.ndarray, query_code: np.ndarray | None, x: Number, y: Number) -> None:
    """Draw bits of a code, 32 to a line; those that differ from the query's are underlined."""
    across = min(BITS_PER_LINE, len(code))
    differs = np.ones(len(code), bool) if query_code is None else code != query_code
    # Mixed with the page, because vector formats lose transparency per pixel.
    colors = np.array([to_rgb(PLUS if bit > 0 else MINUS) for bit in code])
    colors = np.where(differs[:, None], colors, 0.4 * colors + 0.6 * np.array(to_rgb(paper())))
    for line, start in enumerate(range(0, len(code), across)):
        part, top = colors[start : start + across], y + line * BIT_LINE
        extent = (x, x + len(part) / across, top + BIT_HEIGHT, top)
        ax.imshow(part[None], extent=extent, aspect="equal", zorder=2)
        ax.add_patch(Rectangle((x, top), len(part) / across, BIT_HEIGHT, fill=False,
                               edgecolor=muted(), linewidth=0.4, zorder=2.5))  # fmt: skip
    if query_code is not None and differs.any():
        line, bit = np.divmod(np.flatnonzero(differs), across)
        below = y + line * BIT_LINE + BIT_HEIGHT + 0.022
        ends = np.stack([x + (bit + 0.12) / across, below, x + (bit + 0.88) / across, below], 1)
        look: dict[str, Any] = {"colors": right_wrong()[1], "linewidths": 1.6, "zorder": 3}
        lines = LineCollection([*ends.reshape(-1, 2, 2)], capstyle="butt", **look)
        ax.add_collection(lines, autolim=False)


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
    tick and a solid frame, a wrong one a cross and a dashed frame. `picture_style` is set on the
    pictures of the results (`AxesImage.set`).
    """
    size = results_change_size(max(len(before), len(after)), far is not None)
    canvas = Canvas(ax, size, 0.14, CELL_INCHES)
    ties = TIE_WORDS if far is not None else 0.0
    tops = (0.3 + ties, 0.3 + ties + ACROSS)
    middle = sum(tops) / 2
    canvas.query(query_image, middle)
    rows = (list(before), list(after))
    kept = set(before) & set(after)
    if not any(rows):
        canvas.write(START, middle + 0.5, "No result in either run.", color=muted())
        return canvas.ax
    sure, good = _sure_changes(rows, far), _known(relevant, len(images))
    for row, top, verb, name in zip(rows, tops, ("leave", "enter"), names, strict=True):
        upper, certain = top == tops[0], len(sure.intersection(row))
        title = f"{plain(name, 40)}: {certain} of {len(row)} {verb}"
        if len(row) - len(kept) > certain:
            title += f", {len(row) - len(kept) - certain} differ by the order of ties"
        canvas.write(START, top - 0.16 - ties if upper else top + 1.2 + ties, title)
        marks = [verb + "s" if image in sure else "" if image in kept else "tie" for image in row]
        places = _row(canvas, images, row, good, far and far[not upper], START, top,
                      -0.17 if upper else 1.2, 1.0, picture_style)  # fmt: skip
        for x, image, text in zip(places, row, marks, strict=True):
            y = top + 1.13 if upper else top - 0.13
            canvas.write(x + canvas.mark(x, y, good[image]), y, text)
    for image in kept:
        here, there = (row.index(image) for row in rows)
        xs = [START + place * PITCH + 0.5 for place in (here, there)]
        color = class_color(0) if here != there else muted()
        canvas.ax.plot(xs, [tops[0] + 1.05, tops[1] - 0.05], color=color, linewidth=1.2, zorder=1)
    return canvas.ax


def results_change_size(count: int, ties: bool = False) -> tuple[float, float]:
    """Return the width and height in inches at which `results_change` fills its figure."""
    height = 1.9 + ACROSS + (2 * TIE_WORDS if ties else 0)
    return CELL_INCHES * (START + max(count, 3) * PITCH + 0.1), CELL_INCHES * height


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
    dashed frame. `picture_style` is set on the pictures of the results (`AxesImage.set`).
    """
    most = max(map(len, results.values()), default=0)
    canvas = Canvas(ax, variants_results_size(most, len(results)), 0.2, SMALL_CELL)
    canvas.query(query_image, 0.25)
    if not most:
        canvas.write(START, 0.75, "No result in any variant.", color=muted())
        return canvas.ax
    right, wrong = right_wrong()
    key = [("✓", right, "shares a label"), ("✗", wrong, "shares none")] * (relevant is not None)
    key.append(("↘", ink(), "enters: not in the first row"))
    key += [("≈", ink(), "may be new by the order of ties alone")] * (far is not None)
    canvas.key(START, 0.16, 0.32, key)
    first, good = list(next(iter(results.values()))), _known(relevant, len(images))
    letters = max(6, int(NAMES * canvas.points / (0.6 * canvas.size)))
    for row, (name, found) in enumerate(results.items()):
        y = QUERY + row * ROW
        new = [image for image in found if image not in first]
        pair = None if far is None else (far[next(iter(results))], far[name])
        sure = _sure_changes((first, list(found)), pair)
        certain = len(sure.intersection(new))
        says = f"{certain} of {len(found)} enter" if row else f"first {len(found)}"
        says += f",\n{len(new) - certain} by ties" if len(new) > certain else ""
        lines = textwrap.wrap(plain(name, 3 * letters), letters)[:3]
        canvas.write(0, y + 0.46, "\n".join(lines), va="bottom")
        canvas.write(0, y + 0.54, says, color=muted(), va="top")
        places = _row(canvas, images, found, good, pair and pair[1], NAMES, y, -0.15, 0.8,
                      picture_style)  # fmt: skip
        for x, image in zip(places, found, strict=True):
            canvas.mark(x, y + 1.13, good[image])
            if image in new:
                sign = "↘" if image in sure else "≈"
                canvas.write(x + 1, y + 1.13, sign, weight="bold", ha="right")
    return canvas.ax


def variants_results_size(count: int, variants: int) -> tuple[float, float]:
    """Return the width and height in inches at which `variants_results` fills its figure."""
    width = NAMES + max(count, 3) * PITCH + 0.1
    return SMALL_CELL * width, SMALL_CELL * (QUERY + max(variants, 1) * ROW + 0.1)


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


def _row(
    canvas: Canvas, images: Sequence[np.ndarray], shown: Sequence[int], good: list[bool | None],
    far: Far | None, left: float, top: float, words: float, share: float, style: dict[str, Any],
) -> list[float]:  # fmt: skip
    """Draw a row of results in their frames, boxed where they tie; returns where each begins."""
    corners = [(left + place * PITCH, top) for place in range(len(shown))]
    if far is not None and shown:
        away, alike = (np.asarray(side)[list(shown)] for side in far)
        _tie_boxes(canvas, away, alike, corners, 1.02, words, muted(), share)
    for (x, y), image in zip(corners, shown, strict=True):
        canvas.picture(images[image], x, y, good[image], **style)
    return [x for x, _ in corners]
