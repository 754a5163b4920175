"""Pictures and strips of bits: a frame without axes, measured in sides of a picture."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, to_rgb
from matplotlib.image import AxesImage
from matplotlib.patches import FancyBboxPatch, Rectangle

from hashviz.plots.frames import Number, size_in_points
from hashviz.plots.palette import TONES, faint, ink, muted, new_axes, right_wrong

BITS_PER_LINE = 32
"""Where strips of bits are broken."""

CELL_INCHES = 1.08
"""The side of a picture in a figure of natural size."""


class Canvas:
    """A frame of `size` inches in cells of `cell` inches, y downwards; text of `letters` cells.

    Without `ax` it opens a figure of that size.
    """

    def __init__(
        self, ax: Axes | None, size: tuple[float, float], letters: Number, cell: Number
    ) -> None:
        self.ax = ax or new_axes(*size)
        width, height = size[0] / cell, size[1] / cell
        self.ax.set_axis_off()
        self.ax.set_aspect("equal", adjustable="box")
        self.ax.set(xlim=(-0.08, width - 0.08), ylim=(height - 0.08, -0.08))
        across, along = size_in_points(self.ax)
        self.points = min(across / width, along / height)
        """Points of one side."""
        self.size = float(np.clip(letters * self.points, 4.0, 13.0))

    def write(self, x: Number, y: Number, text: str, **style: Any) -> None:
        """Write text, its middle at height y."""
        self.ax.text(x, y, text, **{"size": self.size, "color": ink(), "va": "center", **style})

    def picture(
        self, pixels: np.ndarray, x: Number, y: Number, good: bool | None = None, **style: Any
    ) -> None:
        """Draw a picture whose cell has its corner at (x, y), in a frame that says if it is right.

        `style` is set on the picture.
        """
        rim: dict[str, Any] = {"edgecolor": muted(), "linewidth": 0.8}
        if good is not None:
            line = "-" if good else (0, (3, 2))
            rim = {"edgecolor": right_wrong()[not good], "linewidth": 2.2, "linestyle": line}
        draw_picture(self.ax, pixels, x + 0.5, y + 0.5, rim=rim, **style)

    def query(self, pixels: np.ndarray, y: Number) -> None:
        """Draw the query at the left, below its title."""
        self.write(0, y - 0.14, "query", weight="bold")
        draw_picture(self.ax, pixels, 0.5, y + 0.5, rim={"edgecolor": ink(), "linewidth": 1.4})

    def mark(self, x: Number, y: Number, good: bool | None) -> float:
        """Write a tick or a cross where it is known; returns the width that it takes."""
        if good is None:
            return 0.0
        self.write(x, y, "✓" if good else "✗", color=right_wrong()[not good], weight="bold")
        return 1.2 * self.size / self.points

    def key(self, x: Number, y: Number, step: Number, rows: list[tuple[str, str, str]]) -> None:
        """Write what marks mean, one below the other: (mark, color, text)."""
        for place, (mark, color, text) in enumerate(rows):
            self.write(x, y + step * place, mark, color=color, weight="bold")
            self.write(x + 1.4 * self.size / self.points, y + step * place, text, color=muted())

    def box(self, distance: int, x: Number, y: Number, width: Number, height: Number) -> None:
        """Draw a box around results at one distance."""
        style = "round,pad=0.03,rounding_size=0.055"
        look: dict[str, Any] = {"facecolor": faint(), "edgecolor": muted(), "linewidth": 0.9}
        box = FancyBboxPatch((x, y), width, height, boxstyle=style, zorder=0.5, **look)
        box.set_gid(f"tie-{distance}")
        self.ax.add_patch(box)


def draw_picture(
    ax: Axes, pixels: np.ndarray, x: Number, y: Number, side: Number = 1,
    rim: dict[str, Any] | None = None, **style: Any,
) -> None:  # fmt: skip
    """Draw a picture of any shape, centered in a square with its middle at (x, y).

    Without `Axes.imshow`, which looks after the limits again for each picture; `style` is set on
    the `AxesImage`, and `rim` on the frame of the square, if it has one.
    """
    pixels = pixels[..., 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels
    high, wide = 0.5 * side * np.array(pixels.shape[:2]) / max(*pixels.shape[:2], 1)
    down = -1 if ax.yaxis_inverted() else 1
    place = (x - wide, x + wide, y - down * high, y + down * high)
    picture = AxesImage(ax, cmap="gray", extent=place, origin="upper")
    picture.set_data(pixels)
    if pixels.dtype == np.uint8:
        picture.set_clim(0, 255)
    else:
        picture.autoscale_None()
    picture.set(**{"zorder": 2, **style})
    picture.set_clip_path(ax.patch)
    ax.add_image(picture)
    if rim is not None:
        corner = (x - side / 2, y - side / 2)
        ax.add_patch(Rectangle(corner, side, side, **{"fill": False, "zorder": 3, **rim}))


def draw_codes(ax: Axes, codes: np.ndarray, **style: Any) -> None:
    """Draw a matrix of bits in the two tones of codes, without a frame.

    `style` goes to `Axes.imshow`.
    """
    ax.spines[:].set_visible(False)
    look = {"cmap": ListedColormap(TONES), "vmin": -1, "vmax": 1, "aspect": "auto"}
    ax.imshow(codes, **{**look, **style})


def draw_strip(
    ax: Axes, code: np.ndarray, x: Number, y: Number, cell: Number, high: Number, **style: Any
) -> None:
    """Draw bits beside each other, y downwards, with thin lines between them.

    `style` goes to `Axes.imshow`.
    """
    extent = (x, x + cell * len(code), y + high, y)
    cells = np.array([to_rgb(tone) for tone in TONES])[(code > 0).astype(int)][None]
    ax.imshow(cells, **{"extent": extent, "zorder": 2, **style})
    edges = x + cell * np.arange(1, len(code))
    ax.vlines(edges, y, y + high, color=muted(), linewidth=0.3, zorder=2.5)
