"""The look of the figures as data: a style, its dark variant, and the palettes.

Nothing here changes a setting of matplotlib except inside `with theme():`. Every palette is a
function that looks at the style in force, so a figure drawn under a dark style gets the colors
that read on a dark page.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from jaxtyping import Shaped, UInt8
from matplotlib.colors import Colormap, LinearSegmentedColormap, to_rgb

from hashviz.config import unknown

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["EYES", "THEMES", "new_axes", "scaled", "seen_by", "theme"]

STYLE = Path(__file__).with_name("hashviz.mplstyle")
THEMES = {
    "light": (STYLE,),
    "dark": (STYLE, STYLE.with_name("hashviz-dark.mplstyle")),
    "paper": (STYLE, STYLE.with_name("hashviz-paper.mplstyle")),
}
"""The looks of a figure, each a style sheet on top of those before it."""

STANDARD = 11.5
"""Points of the text for which sizes in this package are written; `scaled` has them for another."""

# -1 and +1 differ in lightness first and in hue second; the same two tones on light and dark.
TONES = MINUS, PLUS = "#ebe0c9", "#2b5f8f"

LIGHT_COLORS = (
    *("#0072b2", "#e69f00", "#009e73", "#d55e00"),
    *("#cc79a7", "#56b4e9", "#24292f", "#f0e442"),
)
DARK_COLORS = (
    *("#4aa3df", "#e69f00", "#1fb893", "#f07a30"),
    *("#db92bc", "#8fd0f7", "#f4f4f4", "#f0e442"),
)
MORE = (
    ("#233ccd", "#706af3"), ("#51530c", "#807f40"), ("#c7885b", "#f8b98f"), ("#473464", "#8773a3"),
    ("#0f5c2f", "#4b895d"), ("#198a04", "#62b94b"), ("#bc444e", "#eb797d"), ("#4464d6", "#8492ff"),
    ("#b0a23d", "#e3d377"), ("#99a679", "#d0dcb2"), ("#92308b", "#d67bcc"), ("#2e584c", "#5e8478"),
    ("#ab99c4", "#e2d0f9"), ("#5e0597", "#a45ad5"), ("#d88a9a", "#f0a8b6"), ("#662455", "#a76794"),
    ("#6a097d", "#ad5cbc"), ("#9270ca", "#c3a1f6"), ("#e38c2a", "#fda953"), ("#992300", "#cb5a34"),
    ("#179aa6", "#6bc9d5"), ("#9e4b2f", "#ce7b5f"), ("#7c5c4c", "#aa8a7b"), ("#192ea2", "#776de0"),
)  # fmt: skip
"""Colors for the ninth method or class and on, light and dark theme: each the one of 6,800 that
lay farthest from all before it, in CIELAB, to the typical eye and to one without green."""

PAIRS = (*zip(LIGHT_COLORS, DARK_COLORS, strict=True), *MORE)
"""All colors in the light and the dark theme; everybody can tell the first eight apart (Okabe and
Ito 2008)."""


@contextmanager
def theme(name: str | bool = "light", *, dark: bool = False) -> Iterator[None]:
    """Draw with the look of hashviz inside the `with`, and as before after it.

    "light" and "dark" are for screens, "paper" for one column of a printed page: text of 8 points.
    In each of them fonts are embedded as outlines that publishers accept (type 42), and text stays
    text. `theme(True)` and `theme(dark=True)` are the dark one.

    Raises:
        ValueError: for an unknown name.
    """
    from matplotlib import style

    name = "dark" if dark or name is True else name or "light"
    if name not in THEMES:
        raise unknown("theme", str(name), THEMES)
    # The first import of pyplot inside may switch interactive mode on, as in Jupyter. Going back to
    # the settings of before would switch it off, and no later figure would be shown.
    interactive = mpl.is_interactive()
    try:
        with style.context(list(THEMES[name])):
            try:
                yield
            finally:
                interactive = mpl.is_interactive()
    finally:
        mpl.interactive(interactive)


def scaled(size: float | int) -> float:
    """Return a size that suits text of 11.5 points, scaled to the current text size.

    >>> with theme("paper"):
    ...     round(scaled(11.5), 6)
    8.0
    """
    return size * float(mpl.rcParams["font.size"]) / STANDARD


def new_axes(width: float | int | None = None, height: float | int | None = None) -> "Axes":
    """Open the axes of a new pyplot figure, in inches: the only place that imports pyplot."""
    from matplotlib import pyplot

    usual = mpl.rcParams["figure.figsize"]
    size = (width or usual[0], height or usual[1])
    return pyplot.subplots(figsize=size, layout="constrained")[1]


def lightness(color: Any) -> float:
    """Return the relative luminance of a color between black (0) and white (1)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def is_dark() -> bool:
    """Return whether the current style has light text, whoever set it."""
    return lightness(mpl.rcParams["text.color"]) > 0.5


def ink() -> str:
    """Return the color of text and of what matters most."""
    return mpl.rcParams["text.color"]


def muted() -> str:
    """Return the color of reference lines and remarks: readable, never in front."""
    return "#9aa3ad" if is_dark() else "#616973"


def paper() -> str:
    """Return the color behind a figure, for halos and gaps, even of a transparent style."""
    color, page = mpl.rcParams["axes.facecolor"], "#15181d" if is_dark() else "white"
    return page if color == "none" else color


def faint() -> str:
    """Return the color of fills that stand for nothing: missing cells, bands, empty strips."""
    return "#2b3037" if is_dark() else "#e6e8eb"


def class_color(index: int) -> str:
    """Return the color of a class: eight that all can tell apart, 24 more, then again."""
    return PAIRS[index % len(PAIRS)][is_dark()]


def right_wrong() -> tuple[str, str]:
    """Return colors of a right and a wrong result; a tick and a cross always stand beside them."""
    return class_color(0), class_color(3)


def sequential() -> Colormap:
    """Return the colormap of counts and distances: one lightness ramp."""
    return mpl.colormaps["cividis"]


def diverging() -> Colormap:
    """Return the colormap of correlations: blue below zero, the page at zero, orange above."""
    colors = ["#084a86", "#6fa8d6", "#ffffff", "#eda658", "#a34a06"]
    if is_dark():
        colors = ["#a5d3f7", "#2f74ad", "#15181d", "#b0661a", "#fbcf9d"]
    return LinearSegmentedColormap.from_list("correlations", colors).with_extremes(bad=faint())


EYES = {
    "typical": np.eye(3),
    "gray": np.tile([0.2126, 0.7152, 0.0722], (3, 1)),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
         [-0.011820, 0.042940, 0.968881]]
    ),
}  # fmt: skip
"""Ways to look at a figure, as what each makes of linear RGB: a gray of the same luminance (ITU-R
BT.709), and an eye without the middle cones (Machado, Oliveira and Fernandes 2009,
https://doi.org/10.1109/TVCG.2009.113, severity 1)."""


def seen_by(eye: str, pixels: Shaped[np.ndarray, "height width _"]) -> UInt8[np.ndarray, "h w _"]:
    """Return a picture (uint8, RGB or RGBA) as one of the `EYES` sees it; transparency stays.

    Raises:
        ValueError: when there is no such eye.

    >>> seen_by("gray", np.array([[[255, 0, 0]]], np.uint8)).tolist()
    [[[127, 127, 127]]]
    """
    if eye not in EYES:
        raise ValueError(f"Unknown eye {eye!r}; choose from {', '.join(EYES)}.")
    share = np.arange(256) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear[pixels[..., :3]] @ EYES[eye].T, 0, 1)
    shown = np.where(seen <= 0.0031308, 12.92 * seen, 1.055 * seen ** (1 / 2.4) - 0.055)
    return np.concatenate([np.round(255 * shown).astype(np.uint8), pixels[..., 3:]], axis=2)
