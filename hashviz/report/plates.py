"""What a chapter of the page is made of: figures still to be drawn, and the sentences beside."""

from collections.abc import Callable
from dataclasses import dataclass

from matplotlib.axes import Axes

WIDE, NARROW = 6.4, 3.9
"""Widths of a figure on a page and on a phone, in inches."""


@dataclass(frozen=True)
class Plate:
    """A figure to draw, with its height in inches; for phones, another drawing or height."""

    caption: str
    draw: Callable[[Axes], Axes]
    height: float
    narrow: Callable[[Axes], Axes] | None = None
    narrow_height: float | None = None
    width: float = WIDE
    name: str = ""
    """The function of `hashviz.plots` that draws it: how `hashviz plot` calls the figure."""
    missing: tuple[str, ...] = ()
    """Runs of the page that the figure does not show; the page says so, `hashviz plot` refuses."""


@dataclass(frozen=True)
class Section:
    """A chapter of the page: what the reader sees, and what to look for in this run."""

    title: str
    plates: list[Plate]
    seeing: str
    look: list[str]
