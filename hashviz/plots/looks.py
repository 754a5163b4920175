"""The look of a method or run in every figure: its color, line, marker and marker fill."""

from collections.abc import Mapping, Sequence
from typing import Any

from hashviz.plots.palette import PAIRS, class_color, is_dark, muted

__all__ = ["color_of", "run_styles", "style_of"]

Style = Mapping[str, Any]

# Color never stands alone.
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "*")
FILLS = ("full", "none", "bottom")
LINE_STYLES = ("-", "--", ":", "-.")
SHAPE = ("linestyle", "marker", "fillstyle")


def class_marker(index: int) -> str:
    """Return the marker of a class, which changes from the ninth class on."""
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
    """Return the same colors in the current theme, each with a line and marker of its own.

    So a figure can be read in gray. The first to have a look keeps it, and nobody takes one that
    another style asks for; markers repeat with another line after thirty looks. A style without a
    color has that of its place.
    """
    default = style_of(0)
    wanted = [tuple(style.get(key, default[key]) for key in SHAPE) for style in styles]
    looks = [
        (LINE_STYLES[(place + shift) % len(LINE_STYLES)], marker, fill)
        for shift in range(len(LINE_STYLES))
        for fill in FILLS
        for place, marker in enumerate(MARKERS)
    ]
    found: list[dict[str, Any]] = []
    taken: list[tuple[str, ...]] = []
    for place, (style, look) in enumerate(zip(styles, wanted, strict=True)):
        if look in taken:
            free = [other for other in looks if other not in (*taken, *wanted)]
            points = {other[1:] for other in (*taken, *wanted)}
            look = min(free, key=lambda other: other[1:] in points, default=look)
        taken.append(look)
        color = themed(style.get("color", class_color(place)))
        found.append({**style, **dict(zip(SHAPE, look, strict=True)), "color": color})
    return found


def themed(color: Any) -> Any:
    """Return a color of one theme as the current theme has it; other colors stay.

    A style is often made before the figure that it is drawn in.
    """
    pairs = (*PAIRS, ("#616973", "#9aa3ad"))
    return next((pair[is_dark()] for pair in pairs if color in pair), color)
