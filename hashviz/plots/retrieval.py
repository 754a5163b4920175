"""A query and what the search found: distances, ties, right and wrong, and the bits that differ."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from jaxtyping import Int8, Shaped
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from hashviz.plots.canvas import CELL_INCHES, Canvas
from hashviz.plots.marks import plain
from hashviz.plots.palette import (
    BITS_PER_LINE,
    MINUS,
    PLUS,
    muted,
    new_axes,
    paper,
    right_wrong,
)

__all__ = ["query_results", "query_results_size"]

HEADER, FOOTER, ROW_GAP, PITCH, QUERY_GAP = 0.27, 0.24, 0.2, 1.16, 0.42
BIT_HEIGHT, BIT_LINE = 0.075, 0.125


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
    query's are faded, differing bits are underlined. `image` goes to the `Axes.imshow` of the
    result pictures.
    """
    count = len(result_images)
    columns = max(1, min(columns, count))
    bits = 0 if query_code is None else len(query_code)
    pitch, rows = _pitch(bits), max(1, math.ceil(count / columns))
    width, height = _extent(count, bits, columns)
    if ax is None:
        ax = new_axes(*query_results_size(count, bits, columns))
    canvas = Canvas(ax, width + 0.05, height, 0.132)
    size, points, write = canvas.size, canvas.points, canvas.write
    canvas.query(query_image, HEADER)
    letters = max(4, int(points / (0.62 * size)))
    if query_caption:
        write(0, HEADER + 1 + FOOTER / 2, plain(query_caption, letters))
    if query_code is not None:
        _bits(ax, query_code, None, 0, HEADER + 1 + FOOTER)
    if not count:
        text = "No result: the database holds\nnothing this near."
        write(1 + QUERY_GAP, HEADER + 0.5, text, color=muted())
        return ax

    if rows > 1:
        right, wrong = right_wrong()
        key = [("✓", right, "shares a label"), ("✗", wrong, "shares none")] * (relevant is not None)
        key += [("▁", wrong, "bit differs")] * (bits > 0 and result_codes is not None)
        for place, (mark, color, text) in enumerate(key):
            y = pitch + HEADER + 0.1 + place * 0.2
            write(0, y, mark, color=color, weight="bold")
            write(1.3 * size / points, y, text, color=muted())

    found = np.asarray(distances)
    ties = None if equal is None else np.asarray(equal)
    changes = np.flatnonzero(np.diff(found)) + 1
    for start, stop in zip(np.r_[0, changes], np.r_[changes, count], strict=True):
        start, stop = int(start), int(stop)
        total = stop - start if ties is None else int(ties[start])
        cut = [start, *[i for i in range(start + 1, stop) if i % columns == 0], stop]
        for left, right in pairwise(cut):
            x, y = _corner(left, columns, pitch)
            space = (right - left - 1) * PITCH + 1
            if total > 1:
                canvas.box(int(found[start]), x - 0.015, y - 0.01, space + 0.03, pitch - ROW_GAP)
            texts = tie_texts(int(found[start]), stop - start, total, left > start)
            write(x + 0.01, y + HEADER / 2, canvas.fitting(texts, space))

    for place in range(count):
        x, y = _corner(place, columns, pitch)
        good = None if relevant is None else bool(np.asarray(relevant)[place])
        canvas.picture(result_images[place], x, y + HEADER, good, **image)
        below = y + HEADER + 1 + FOOTER / 2
        shift = canvas.mark(x + 0.01, below, good)
        if captions is not None:
            room = letters - (2 if relevant is not None else 0)
            write(x + 0.01 + shift, below, plain(captions[place], room))
        if query_code is not None and result_codes is not None:
            _bits(ax, result_codes[place], query_code, x, y + HEADER + 1 + FOOTER)
    return ax


def query_results_size(count: int, bits: int = 0, columns: int = 5) -> tuple[float, float]:
    """Return the width and height in inches at which `query_results` fills its figure."""
    width, height = _extent(count, bits, max(1, min(columns, count)))
    return CELL_INCHES * (width + 0.15), CELL_INCHES * (height + 0.15)


def _extent(count: int, bits: int, columns: int) -> tuple[float, float]:
    """Return the width and height of the whole picture, in sides of a result picture."""
    rows = max(1, math.ceil(count / columns))
    width = 1 + QUERY_GAP + (columns if count else 3) * PITCH
    return width, rows * _pitch(bits) - ROW_GAP + 0.06


def _pitch(bits: int) -> float:
    """Return the distance from one row of results to the next."""
    strip = math.ceil(bits / BITS_PER_LINE) * BIT_LINE + (0.03 if bits else 0)
    return HEADER + 1 + FOOTER + strip + ROW_GAP


def _corner(place: int, columns: int, pitch: float) -> tuple[float, float]:
    return 1 + QUERY_GAP + place % columns * PITCH, place // columns * pitch


def tie_texts(distance: int, shown: int, total: int, continued: bool) -> list[str]:
    """Return what to write over a tie group, from the longest wording to the shortest."""
    short = [f"distance {distance}", f"d = {distance}"]
    if continued:
        return [f"distance {distance}, continued", *short]
    if total > shown:
        some = f"{shown} of {total:,}"
        wordings = [f"distance {distance}: {some} that are equal",
                    f"distance {distance}: {some} equal", f"{distance}: {some}"]  # fmt: skip
    elif shown > 1:
        some = f"{shown} equal"
        wordings = [f"distance {distance}: these {shown} are equal",
                    f"distance {distance}: {some}", f"{distance}: {some}"]  # fmt: skip
    else:
        wordings = []
    return wordings + short


def _bits(
    ax: Axes, code: np.ndarray, query_code: np.ndarray | None, x: float | int, y: float | int
) -> None:
    """Draw bits of a code, 32 to a line; those that differ from the query's are underlined."""
    across = min(BITS_PER_LINE, len(code))
    lines = []
    for line, start in enumerate(range(0, len(code), across)):
        part = code[start : start + across]
        top = y + line * BIT_LINE
        colors = np.array([to_rgb(PLUS if bit > 0 else MINUS) for bit in part])
        if query_code is not None:
            differs = part != query_code[start : start + across]
            # Mixed with the page, because vector formats lose transparency per pixel.
            page = np.array(to_rgb(paper()))
            colors = np.where(differs[:, None], colors, 0.4 * colors + 0.6 * page)
            for bit in np.flatnonzero(differs):
                left, right = x + (bit + 0.12) / across, x + (bit + 0.88) / across
                below = top + BIT_HEIGHT + 0.022
                lines.append([(left, below), (right, below)])
        extent = (x, x + len(part) / across, top + BIT_HEIGHT, top)
        ax.imshow(colors[None], extent=extent, aspect="equal", zorder=2)
        ax.add_patch(Rectangle((x, top), len(part) / across, BIT_HEIGHT, fill=False,
                               edgecolor=muted(), linewidth=0.4, zorder=2.5))  # fmt: skip
    if lines:
        ax.add_collection(LineCollection(lines, colors=right_wrong()[1], linewidths=1.6, zorder=3,
                                         capstyle="butt"), autolim=False)  # fmt: skip
