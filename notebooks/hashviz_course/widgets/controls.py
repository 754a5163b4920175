"""The few controls that the widgets are made of; the only place that makes ipywidgets of its own.

Each is reached by the tab key, has a name that a screen reader says, and follows the state.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import traitlets

from hashviz.plots.palette import MINUS, PLUS

if TYPE_CHECKING:
    from hashviz_course.widgets.base import Interactive

LOOK = {
    "style": {"description_width": "initial"},
    "layout": {"width": "auto", "min_width": "330px"},
}
"""Room for a label of whole words."""
WRAPPED = {"flex_flow": "row wrap", "align_items": "center", "width": "auto"}
"""On further lines where the page is narrow."""


class Face(NamedTuple):
    """How a key looks now: its text, whether it is down, its tooltip, and whether it is marked."""

    text: str
    down: bool
    tip: str
    marked: bool = False


def keys(
    owner: "Interactive",
    count: int,
    face: Callable[[int], Face],
    press: Callable[[int], None],
    *,
    label: str,
    beside: bool = False,
    width: str = "30px",
) -> Any:
    """Return keys under or beside their label: dark when down, bold and underlined when marked.

    `press(place)` changes the state of the owner; `face(place)` is asked again after each change.
    """
    import ipywidgets

    padding = "0 8px" if width == "auto" else "0"
    layout = {"width": width, "height": "32px", "margin": "1px", "padding": padding}
    made = [ipywidgets.Button(layout=layout) for _ in range(count)]

    def refresh() -> None:
        for place, key in enumerate(made):
            now = face(place)
            key.description, key.tooltip = now.text, now.tip
            key.style.button_color = PLUS if now.down else MINUS
            key.style.text_color = "white" if now.down else "#1f2328"
            key.style.font_weight = "bold" if now.marked else "normal"
            key.style.text_decoration = "underline" if now.marked else "none"

    for place, key in enumerate(made):
        key.on_click(lambda _, place=place: press(place))
    owner.follow(refresh)
    name = ipywidgets.Label(label, layout={"width": "90px"} if beside else {})
    box = ipywidgets.HBox if beside else ipywidgets.VBox
    return box([name, ipywidgets.Box(made, layout=WRAPPED)])


def linked(owner: "Interactive", trait: str, kind: str, label: str, **options: Any) -> Any:
    """Return a control of ipywidgets, by the name of its class, whose value is the owner's trait."""
    import ipywidgets

    made = getattr(ipywidgets, kind)(
        description=label, value=getattr(owner, trait), **{**LOOK, **options}
    )
    traitlets.link((owner, trait), (made, "value"))
    return made


def part_slider(
    owner: "Interactive",
    label: str,
    span: tuple[float | int, float | int, float | int],
    get: Callable[[], float | int],
    put: Callable[[Any], None],
    **options: Any,
) -> Any:
    """Return a slider for one part of the owner's value: `get` reads it, `put` sets it.

    `span` is the minimum, the maximum and the step; values are whole numbers if the step is.
    """
    import ipywidgets

    low, high, step = span
    kind: Any = ipywidgets.IntSlider if isinstance(step, int) else ipywidgets.FloatSlider
    made = kind(description=label, min=low, max=high, step=step, **{**LOOK, **options})

    def refresh() -> None:
        made.value = get()

    def moved(change: Any) -> None:
        if change["new"] != get():
            put(change["new"])

    owner.follow(refresh)
    made.observe(moved, "value")
    return made


def button(text: str, press: Callable[[], None], tip: str) -> Any:
    """Return a button that does one thing."""
    import ipywidgets

    made = ipywidgets.Button(description=text, tooltip=tip, layout={"width": "auto"})
    made.on_click(lambda _: press())
    return made


def row(*items: Any) -> Any:
    """Return controls beside each other."""
    import ipywidgets

    return ipywidgets.Box(items, layout=WRAPPED)


def replaced(values: Sequence[Any], place: int, value: Any) -> tuple[Any, ...]:
    """Return the same values with another one at a place.

    >>> replaced((1, 2, 3), 1, 9)
    (1, 9, 3)
    """
    return (*values[:place], value, *values[place + 1 :])
