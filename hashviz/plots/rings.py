"""Images on rings around a query, one ring for each Hamming distance."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Int, Num, Shaped
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from matplotlib.patches import Circle, Rectangle
from matplotlib.ticker import MaxNLocator

from hashviz.plots.canvas import shape_of
from hashviz.plots.marks import halo, legend_above, nothing, size_in_points, vertical_reference
from hashviz.plots.palette import faint, ink, muted, new_axes, qualitative, right_wrong, scaled

__all__ = ["hamming_rings", "ring_population"]

GOLDEN = np.pi * (3 - 5**0.5)
"""An angle that puts each ring's first image where the others have none."""


def hamming_rings(
    query_image: Shaped[np.ndarray, "..."],
    images: Sequence[Shaped[np.ndarray, "..."]],
    distances: Int[np.ndarray, " images"],
    radius: int,
    *,
    relevant: Bool[np.ndarray, " images"] | None = None,
    ax: Axes | None = None,
    **image: Any,
) -> Axes:
    """Draw the query in the middle, images on the ring of their distance; the ball is shaded.

    The innermost ring is distance 0; the numbers of the rings stand where no image is. Images
    outside the ball are pale. A right one (`relevant`) has
    a solid frame, a wrong one a dashed frame. Where on its ring an image stands says nothing.
    `image` is set on every `AxesImage` of the rings.
    """
    ax = new_axes(4.6, 4.6) if ax is None else ax
    if not len(images):
        return nothing(ax, "No rings to draw: there is no image.")
    last = int(np.max(distances))
    # Rings one unit apart, the innermost clear of the query: reach = inner + last + 0.6 side + 0.5.
    side = 0.15 * (last + 1) / (1 - 0.15 * 1.75)
    inner = 1.15 * side + 0.5
    reach = inner + last + 0.6 * side + 0.5
    ball = min(radius, last) + inner + 0.5
    ax.add_patch(Circle((0, 0), ball, facecolor=faint(), linewidth=0, zorder=0))
    for ring in range(last + 1):
        edge = ring == radius
        ax.add_patch(Circle((0, 0), inner + ring, fill=False, edgecolor=ink() if edge else muted(),
                            linewidth=1.4 if edge else 0.5, zorder=1))  # fmt: skip
    right, wrong = right_wrong()
    middles = []
    for ring in np.unique(distances).tolist():
        here = np.flatnonzero(distances == ring)
        turns = GOLDEN * ring + 2 * np.pi * np.arange(len(here)) / len(here)
        pale = {} if ring <= radius else {"alpha": 0.3}
        for place, turn in zip(here.tolist(), turns.tolist(), strict=True):
            middle = (inner + ring) * np.array([np.cos(turn), np.sin(turn)])
            x, y = (middle - side / 2).tolist()
            middles.append(middle)
            _tile(ax, images[place], x, y, side, {**pale, **image})
            if relevant is not None and ring <= radius:
                good = bool(relevant[place])
                ax.add_patch(Rectangle((x, y), side, side, fill=False, zorder=3, linewidth=1.6,
                                       edgecolor=right if good else wrong,
                                       linestyle="-" if good else (0, (2, 1))))  # fmt: skip
    _tile(ax, query_image, -0.6 * side, -0.6 * side, 1.2 * side, {})
    ax.add_patch(Rectangle((-0.6 * side, -0.6 * side), 1.2 * side, 1.2 * side, fill=False,
                           edgecolor=ink(), linewidth=1.8, zorder=4))  # fmt: skip
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
    ax.set_axis_off()
    unit = min(size_in_points(ax)) / (2 * reach)
    step = max(-(-(last + 1) // 6), math.ceil(scaled(13) / unit))
    for ring in range(0, last + 1, step):
        letters = np.array([6.2 * len(str(ring)), 11.0]) * scaled(1) / unit
        x, y = _free_place(inner + ring, np.array(middles), (side + letters) / 2)
        ax.text(x, y, str(ring), ha="center", va="center", size="small", color=ink(),
                path_effects=halo(), zorder=5)  # fmt: skip
    return ax


def _free_place(ring: float, taken: np.ndarray, apart: np.ndarray) -> tuple[float, float]:
    """Return the lowest place on a ring that is `apart` from all that are taken.

    Where the ring is full, the place that is covered least.
    """
    turns = np.deg2rad(-90 + np.array([0, *(s * a for a in range(3, 181, 3) for s in (1, -1))]))
    places = ring * np.column_stack([np.cos(turns), np.sin(turns)])
    clear = (np.abs(places[:, None] - taken) / apart).max(2).min(1)
    x, y = places[int(np.argmax(np.minimum(clear, 1)))]
    return float(x), float(y)


def _tile(
    ax: Axes, picture: np.ndarray, x: float, y: float, side: float, style: dict[str, Any]
) -> None:
    """Draw a picture in the square whose lower left corner is (x, y), whatever its shape.

    Without `Axes.imshow`, which looks after the limits again for each picture.
    """
    picture, wide, high = shape_of(picture)
    w, h = side * wide, side * high
    left, low = x + (side - w) / 2, y + (side - h) / 2
    tile = AxesImage(ax, cmap="gray", extent=(left, left + w, low, low + h), origin="upper")
    tile.set_data(picture)
    if picture.dtype == np.uint8:
        tile.set_clim(0, 255)
    else:
        tile.autoscale_None()
    tile.set(zorder=2, **style)
    tile.set_clip_path(ax.patch)
    ax.add_image(tile)


def ring_population(
    counts: Num[np.ndarray, " distances"],
    expected: Num[np.ndarray, " distances"],
    radius: int,
    *,
    ax: Axes | None = None,
    **bars: Any,
) -> Axes:
    r"""Draw images on each ring, against the $N \binom{b}{d} 2^{-b}$ that random codes put there.

    Bars inside the ball are full, the others pale. `bars` goes to the `Axes.bar` of the images.
    """
    ax = new_axes(height=3.4) if ax is None else ax
    bits = len(counts) - 1
    if bits < 1 or not np.any(counts):
        return nothing(ax, "No rings to draw: there is no image or no bit.")
    ring = np.arange(bits + 1)
    color = qualitative()[0]
    style: dict[str, Any] = {"width": 0.86, "color": color, **bars}
    inside = ring <= radius
    ax.bar(ring[inside], np.asarray(counts)[inside], **style, label="images in the ball")
    ax.bar(ring[~inside], np.asarray(counts)[~inside], **{**style, "alpha": 0.35})
    ax.plot(ring, expected, color=ink(), linewidth=1.4, marker="o", markersize=3,
            label="random codes")  # fmt: skip
    vertical_reference(ax, radius + 0.5)
    ax.set(xlim=(-0.7, bits + 0.7), xlabel="Hamming distance (bits)", ylabel="Images")
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    ax.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    legend_above(ax)
    return ax
