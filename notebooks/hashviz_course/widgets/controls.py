"""The few controls that the widgets are made of; the only place that makes ipywidgets of its own.

Each is reached by the tab key, has a name that a screen reader says, and follows the state.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import traitlets

from hashviz.plots.palette import MINUS, PLUS

if TYPE_CHECKING:
    from hashviz_course.widgets.base import Interactive


class Face(NamedTuple):
    """How a key looks now: its text, whether it is down, and what it says about itself."""

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
    label: str = "",
    beside: bool = False,
    width: str = "30px",
) -> Any:
    """A row of keys that wraps: dark when down, light when up, a marked one in bold and underlined.

    `press(place)` changes the state of the owner; `face(place)` is asked again after each change.
    """
    import ipywidgets

    padding = "0 8px" if width == "auto" else "0"
    layout = {"width": width, "height": "32px", "margin": "1px", "padding": padding}
    made = [ipywidgets.Button(layout=ipywidgets.Layout(**layout)) for _ in range(count)]

    def dress() -> None:
        for place, key in enumerate(made):
            now = face(place)
            key.description, key.tooltip = now.text, now.tip
            key.style.button_color = PLUS if now.down else MINUS
            key.style.text_color = "white" if now.down else "#1f2328"
            key.style.font_weight = "bold" if now.marked else "normal"
            key.style.text_decoration = "underline" if now.marked else "none"

    for place, key in enumerate(made):
        key.on_click(lambda _, place=place: press(place))
    owner.follow(dress)
    row = ipywidgets.Box(made, layout=ipywidgets.Layout(flex_flow="row wrap", width="auto"))
    return labelled(label, row, beside)


def slider(
    owner: "Interactive",
    trait: str,
    label: str,
    low: float | int,
    high: float | int,
    step: float | int = 1,
) -> Any:
    """A slider that is one with a trait of the owner; whole numbers if the step is whole."""
    import ipywidgets

    kind: Any = ipywidgets.IntSlider if isinstance(step, int) else ipywidgets.FloatSlider
    made = kind(min=low, max=high, step=step, description=label, **wide())
    traitlets.link((owner, trait), (made, "value"))
    return made


def log_slider(
    owner: "Interactive", trait: str, label: str, low: float | int, high: float | int
) -> Any:
    """A slider whose steps multiply, one with a trait of the owner."""
    from math import log10

    import ipywidgets

    made = ipywidgets.FloatLogSlider(
        min=log10(low), max=log10(high), step=0.02, value=getattr(owner, trait),
        description=label, readout_format=".3g", **wide(),
    )  # fmt: skip
    traitlets.link((owner, trait), (made, "value"))
    return made


def stops(owner: "Interactive", trait: str, label: str, values: Sequence[Any]) -> Any:
    """A slider with a few stops that is one with a trait of the owner."""
    import ipywidgets

    made = ipywidgets.SelectionSlider(
        options=list(values), value=getattr(owner, trait), description=label, **wide()
    )
    traitlets.link((owner, trait), (made, "value"))
    return made


def part_slider(
    owner: "Interactive",
    label: str,
    low: float | int,
    high: float | int,
    step: float | int,
    get: Callable[[], float | int],
    put: Callable[[Any], None],
    *,
    upright: bool = False,
) -> Any:
    """A slider for one part of the owner's value: `get` reads it, `put` sets it."""
    import ipywidgets

    kind: Any = ipywidgets.IntSlider if isinstance(step, int) else ipywidgets.FloatSlider
    look = wide()
    if upright:
        look = {
            "orientation": "vertical",
            "layout": ipywidgets.Layout(height="150px", width="60px"),
        }
    made = kind(min=low, max=high, step=step, description=label, **look)

    def dress() -> None:
        made.value = get()

    def moved(change: Any) -> None:
        if change["new"] != get():
            put(change["new"])

    owner.follow(dress)
    made.observe(moved, "value")
    return made


def choice(owner: "Interactive", trait: str, label: str, options: Iterable[tuple[str, Any]]) -> Any:
    """A list to choose from that is one with a trait of the owner: pairs (text, value)."""
    import ipywidgets

    made = ipywidgets.Dropdown(
        options=list(options), value=getattr(owner, trait), description=label, **wide()
    )
    traitlets.link((owner, trait), (made, "value"))
    return made


def tick(owner: "Interactive", trait: str, label: str) -> Any:
    """A box to tick that is one with a trait of the owner."""
    import ipywidgets

    made = ipywidgets.Checkbox(description=label, indent=False,
                               layout=ipywidgets.Layout(width="auto"))  # fmt: skip
    traitlets.link((owner, trait), (made, "value"))
    return made


def button(text: str, press: Callable[[], None], tip: str = "") -> Any:
    """A button that does one thing."""
    import ipywidgets

    made = ipywidgets.Button(description=text, tooltip=tip or text,
                             layout=ipywidgets.Layout(width="auto"))  # fmt: skip
    made.on_click(lambda _: press())
    return made


def row(*items: Any) -> Any:
    """Controls beside each other, on further lines where the page is narrow."""
    import ipywidgets

    return ipywidgets.Box(
        list(items), layout=ipywidgets.Layout(flex_flow="row wrap", align_items="center")
    )


def labelled(text: str, control: Any, beside: bool = False) -> Any:
    """Text above a control, or beside it, where there is any."""
    import ipywidgets

    if not text:
        return control
    if beside:
        name = ipywidgets.Label(text, layout=ipywidgets.Layout(width="90px"))
        return ipywidgets.HBox([name, control])
    return ipywidgets.VBox([ipywidgets.Label(text), control])


def wide() -> dict[str, Any]:
    """Room for a label of whole words."""
    import ipywidgets

    return {
        "style": {"description_width": "initial"},
        "layout": ipywidgets.Layout(width="auto", min_width="330px"),
    }


def flipped(values: Sequence[Any], place: int, value: Any) -> tuple[Any, ...]:
    """The same values with another one at a place.

    >>> flipped((1, 2, 3), 1, 9)
    (1, 9, 3)
    """
    return (*values[:place], value, *values[place + 1 :])
