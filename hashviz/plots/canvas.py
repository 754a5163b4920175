"""Pictures of one size in a frame without axes: where they stand and how they are marked."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch, Rectangle

from hashviz.plots.marks import Number, size_in_points
from hashviz.plots.palette import faint, ink, muted, right_wrong

CELL_INCHES = 1.08
"""The side of a picture in a figure of natural size."""


class Canvas:
    """A frame measured in sides of a picture, y downwards; text of `letters` such sides."""

    def __init__(self, ax: Axes, width: Number, height: Number, letters: Number) -> None:
        ax.set_axis_off()
        ax.set_aspect("equal", adjustable="box")
        ax.set(xlim=(-0.05, width), ylim=(height, -0.05))
        across, along = size_in_points(ax)
        self.ax = ax
        self.points = min(across / (width + 0.05), along / (height + 0.05))
        """Points of one side."""
        self.size = float(np.clip(letters * self.points, 4.0, 13.0))

    def write(self, x: Number, y: Number, text: str, **style: Any) -> None:
        """Write text, its middle at height y."""
        self.ax.text(x, y, text, **{"size": self.size, "color": ink(), "va": "center", **style})

    def picture(
        self, pixels: np.ndarray, x: Number, y: Number, good: bool | None = None,
        *, width: Number = 0.8, **style: Any,
    ) -> None:  # fmt: skip
        """Draw a picture whose cell has its corner at (x, y), in a frame that says if it is right.

        `style` goes to `Axes.imshow`.
        """
        draw_picture(self.ax, pixels, x, y, style)
        frame: dict[str, Any] = {"edgecolor": muted() if width < 1 else ink(), "linewidth": width}
        if good is not None:
            line = "-" if good else (0, (3, 2))
            frame = {"edgecolor": right_wrong()[not good], "linewidth": 2.2, "linestyle": line}
        self.ax.add_patch(Rectangle((x, y), 1, 1, fill=False, zorder=3, **frame))

    def query(self, pixels: np.ndarray, y: Number) -> None:
        """Draw the query at the left, below its title."""
        self.write(0, y - 0.14, "query", weight="bold")
        self.picture(pixels, 0, y, width=1.4)

    def mark(self, x: Number, y: Number, good: bool | None) -> float:
        """Write a tick or a cross where it is known; returns the width that it takes."""
        if good is None:
            return 0.0
        self.write(x, y, "✓" if good else "✗", color=right_wrong()[not good], weight="bold")
        return 1.2 * self.size / self.points

    def box(self, distance: int, x: Number, y: Number, width: Number, height: Number) -> None:
        """Draw a box around results at one distance."""
        style = "round,pad=0.03,rounding_size=0.055"
        look: dict[str, Any] = {"facecolor": faint(), "edgecolor": muted(), "linewidth": 0.9}
        box = FancyBboxPatch((x, y), width, height, boxstyle=style, zorder=0.5, **look)
        box.set_gid(f"tie-{distance}")
        self.ax.add_patch(box)

    def fitting(self, texts: list[str], room: Number, share: Number = 1.0) -> str:
        """Return the first text that fits, or the last, at a share of the size of letters."""
        letters = 0.6 * share * self.size
        return next((t for t in texts if letters * len(t) <= room * self.points), texts[-1])


def shape_of(pixels: np.ndarray) -> tuple[np.ndarray, float, float]:
    """Return a picture without an empty axis, its width and its height; the larger is 1."""
    pixels = pixels[..., 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels
    high, wide = pixels.shape[:2]
    return pixels, wide / max(high, wide, 1), high / max(high, wide, 1)


def draw_picture(ax: Axes, pixels: np.ndarray, x: Number, y: Number, style: dict[str, Any]) -> None:
    """Draw a picture of any shape, centered in the unit cell whose upper left corner is (x, y)."""
    pixels, wide, high = shape_of(pixels)
    left, top = x + (1 - wide) / 2, y + (1 - high) / 2
    gray = {"vmin": 0, "vmax": 255} if pixels.dtype == np.uint8 else {}
    place = {"extent": (left, left + wide, top + high, top), "zorder": 2, "aspect": "equal"}
    ax.imshow(pixels, **{"cmap": "gray", **gray, **place, **style})
