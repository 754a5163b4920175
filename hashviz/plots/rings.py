"""Images on rings around a query, one ring for each Hamming distance."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Int, Num, Shaped
from matplotlib.axes import Axes
from matplotlib.patches import Circle, Rectangle
from matplotlib.ticker import MaxNLocator

from hashviz.plots.marks import halo, legend_above, nothing, vertical_reference
from hashviz.plots.palette import faint, ink, muted, new_axes, qualitative, right_wrong
from hashviz.plots.retrieval import picture

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
    """The query in the middle, images on the ring of their distance; the ball is shaded.

    Images outside the ball are pale. A right one (`relevant`) has a solid frame, a wrong one a
    dashed frame. Where on its ring an image stands says nothing. `image` goes to `Axes.imshow`.
    """
    ax = new_axes(4.6, 4.6) if ax is None else ax
    if not len(images):
        return nothing(ax, "No rings to draw: there is no image.")
    last = int(max(np.max(distances), radius if radius <= np.max(distances) + 1 else 0, 1))
    reach = last + 1.3
    side = 0.3 * reach / 2
    shown = min(radius, last + 1)
    ax.add_patch(Circle((0, 0), shown + 0.5, facecolor=faint(), linewidth=0, zorder=0))
    for ring in range(1, last + 1):
        edge = ring == radius
        ax.add_patch(Circle((0, 0), ring, fill=False, edgecolor=ink() if edge else muted(),
                            linewidth=1.4 if edge else 0.5, zorder=1))  # fmt: skip
    right, wrong = right_wrong()
    for ring in np.unique(distances):
        here = np.flatnonzero(distances == ring)
        turns = GOLDEN * int(ring) + 2 * np.pi * np.arange(len(here)) / len(here)
        # At distance 0 they would hide the query: they stand close around it.
        far = max(float(ring), 0.75 * 2 * side)
        for place, turn in zip(here.tolist(), turns, strict=True):
            x, y = far * np.cos(turn) - side / 2, far * np.sin(turn) - side / 2
            _tile(ax, images[place], x, y, side, {"alpha": 1.0 if ring <= radius else 0.3, **image})
            if relevant is not None and ring <= radius:
                good = bool(relevant[place])
                ax.add_patch(Rectangle((x, y), side, side, fill=False, zorder=3, linewidth=1.6,
                                       edgecolor=right if good else wrong,
                                       linestyle="-" if good else (0, (2, 1))))  # fmt: skip
    _tile(ax, query_image, -0.6 * side, -0.6 * side, 1.2 * side, {})
    ax.add_patch(Rectangle((-0.6 * side, -0.6 * side), 1.2 * side, 1.2 * side, fill=False,
                           edgecolor=ink(), linewidth=1.8, zorder=4))  # fmt: skip
    step = -(-last // 6)
    for ring in range(step, last + 1, step):
        ax.text(0, -ring, str(ring), ha="center", va="center", size="small", color=ink(),
                path_effects=halo(), zorder=1.5)  # fmt: skip
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
    ax.set_axis_off()
    return ax


def _tile(
    ax: Axes, image: np.ndarray, x: float, y: float, side: float, style: dict[str, Any]
) -> None:
    """A picture in a square, upright although y grows upwards here."""
    before = len(ax.images)
    picture(ax, image, 0, 0, style)
    tile = ax.images[before]
    left, right, low, top = tile.get_extent()
    tile.set_extent((x + side * left, x + side * right, y + side * (1 - low), y + side * (1 - top)))


def ring_population(
    counts: Num[np.ndarray, " distances"],
    expected: Num[np.ndarray, " distances"],
    radius: int,
    *,
    ax: Axes | None = None,
    **bars: Any,
) -> Axes:
    r"""Images on each ring, against the $N \binom{b}{d} 2^{-b}$ that random codes put there.

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
    vertical_reference(ax, radius + 0.5, "")
    ax.set(xlim=(-0.7, bits + 0.7), xlabel="Hamming distance (bits)", ylabel="Images")
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    ax.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    legend_above(ax)
    return ax
