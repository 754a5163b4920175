"""The look of the figures as data: a style, its dark variant, and the palettes.

Nothing here changes a setting of matplotlib except inside `with theme():`. Every palette is a
function that looks at the style in force, so a figure drawn under a dark style gets the colors
that read on a dark page.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.colors import Colormap, LinearSegmentedColormap, ListedColormap, to_rgb

from hashviz.config import unknown

if TYPE_CHECKING:
    from matplotlib.axes import Axes

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
MINUS, PLUS = "#ebe0c9", "#2b5f8f"

# Color never stands alone.
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "*")
FILLS = ("full", "none", "bottom")
LINE_STYLES = ("-", "--", ":", "-.")

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
    """A size that suits text of 11.5 points, for the text in force.

    >>> with theme("paper"):
    ...     round(scaled(11.5), 6)
    8.0
    """
    return size * float(mpl.rcParams["font.size"]) / STANDARD


def new_axes(width: float | int | None = None, height: float | int | None = None) -> "Axes":
    """The axes of a new pyplot figure, in inches: the only place that imports pyplot."""
    from matplotlib import pyplot

    default_width, default_height = mpl.rcParams["figure.figsize"]
    size = (width or default_width, height or default_height)
    return pyplot.subplots(figsize=size, layout="constrained")[1]


def lightness(color: Any) -> float:
    """Relative luminance of a color between black (0) and white (1)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def is_dark() -> bool:
    """Whether the style in force writes light text, whoever set it."""
    return lightness(mpl.rcParams["text.color"]) > 0.5


def ink() -> str:
    """The color of text and of what matters most."""
    return mpl.rcParams["text.color"]


def muted() -> str:
    """The color of reference lines and side remarks: readable, never in front."""
    return "#9aa3ad" if is_dark() else "#616973"


def paper() -> str:
    """The color behind a figure, for halos and gaps; a transparent style counts as its theme."""
    color = mpl.rcParams["axes.facecolor"]
    if color == "none":
        return "#15181d" if is_dark() else "white"
    return color


def faint() -> str:
    """The color of fills that stand for nothing: missing cells, bands, empty strips."""
    return "#2b3037" if is_dark() else "#e6e8eb"


def qualitative() -> tuple[str, ...]:
    """Eight colors told apart by everybody (Okabe and Ito 2008; on dark, white for black)."""
    return DARK_COLORS if is_dark() else LIGHT_COLORS


def class_color(index: int) -> str:
    """The color of a class: eight that everybody tells apart, 24 more, then again the first."""
    more = 8 + len(MORE)
    place = index % more
    return qualitative()[place] if place < 8 else MORE[place - 8][is_dark()]


def class_marker(index: int) -> str:
    """The marker of a class: the second half of its identity from the ninth class on."""
    return MARKERS[index // 8 % len(MARKERS)]


def style_of(look: int | None) -> dict[str, Any]:
    """Return color, line style, marker and marker fill of the look with that number.

    Every method has a look (`Method.look`), and with it the same style in every figure; None stands
    for codes of unknown origin, gray and dashed. The first 32 looks have a color of their own.
    Thirty in a row differ in their markers, so that points are told apart in gray; neighbors
    differ in their lines too. Only the 481st looks like the first.
    """
    if look is None:
        return {"color": muted(), "linestyle": "--", "marker": "o", "fillstyle": "full"}
    shapes = len(MARKERS)
    return {
        "color": class_color(look),
        "linestyle": LINE_STYLES[(look + look // shapes) % len(LINE_STYLES)],
        "marker": MARKERS[look % shapes],
        "fillstyle": FILLS[look // shapes % len(FILLS)],
    }


def color_of(look: int | None) -> str:
    """Return the color of a look, which a method has in every figure."""
    return style_of(look)["color"]


def run_styles(looks: Sequence[int | None]) -> list[dict[str, Any]]:
    """Return styles of several runs: the color tells the method, line and marker the run.

    The first run of a method looks as the method does everywhere, unless an earlier run has taken
    its line and marker.
    """
    return told_apart([style_of(look) for look in looks])


def told_apart(styles: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The same colors in the theme in force, each with a line and marker that no other one has.

    So a figure can be read in gray. The first to have a look keeps it, and nobody takes one that
    another style asks for; markers repeat with another line after thirty looks.
    """
    wanted = [
        (
            s.get("linestyle", LINE_STYLES[0]),
            s.get("marker", MARKERS[0]),
            s.get("fillstyle", FILLS[0]),
        )
        for s in styles
    ]
    looks = [
        (LINE_STYLES[(place + shift) % len(LINE_STYLES)], marker, fill)
        for shift in range(len(LINE_STYLES))
        for fill in FILLS
        for place, marker in enumerate(MARKERS)
    ]
    found: list[dict[str, Any]] = []
    taken: list[tuple[str, str, str]] = []
    for style, look in zip(styles, wanted, strict=True):
        if look in taken:
            reserved = {other[1:] for other in (*taken, *wanted)}
            fresh = [other for other in looks if other[1:] not in reserved]
            fresh += [other for other in looks if other not in (*taken, *wanted)]
            look = (*fresh, look)[0]
        taken.append(look)
        color = {"color": themed(style["color"])} if "color" in style else {}
        named = dict(zip(("linestyle", "marker", "fillstyle"), look, strict=True))
        found.append({**style, **named, **color})
    return found


def themed(color: Any) -> Any:
    """A color of one theme as the theme in force has it; a color of nobody's stays as it is.

    A style is often made before the figure that it is drawn in.
    """
    pairs = (*zip(LIGHT_COLORS, DARK_COLORS, strict=True), *MORE, ("#616973", "#9aa3ad"))
    for pair in pairs:
        if color in pair:
            return pair[is_dark()]
    return color


def right_wrong() -> tuple[str, str]:
    """Colors of a right and a wrong result; a tick and a cross always stand beside them."""
    return qualitative()[0], qualitative()[3]


def code_map() -> Colormap:
    """The two tones of codes: -1 light, +1 dark."""
    return ListedColormap([MINUS, PLUS], name="codes")


def sequential() -> Colormap:
    """Counts and distances: one lightness ramp."""
    return mpl.colormaps["cividis"]


def diverging() -> Colormap:
    """Correlations: blue below zero, the page at zero, orange above."""
    light = ["#084a86", "#6fa8d6", "#ffffff", "#eda658", "#a34a06"]
    dark = ["#a5d3f7", "#2f74ad", "#15181d", "#b0661a", "#fbcf9d"]
    colors = dark if is_dark() else light
    return LinearSegmentedColormap.from_list("correlations", colors).with_extremes(bad=faint())
