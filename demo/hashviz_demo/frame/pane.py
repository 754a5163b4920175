"""What a tab consists of: its row, the pane that the frame renders, and pieces of the page.

A tab is a folder in `hashviz_demo.tabs`, named in `GROUPS` there; one with several panels and a
switch between them is several such folders. The `__init__.py` of a folder holds its row:

    TAB = Tab(__name__, "echo", "Echo", "What is seen here. And why.")

Its `tab.py` lays it out, wires its events and says what to render; `page.html` is how that looks:

    page = macros("tabs/echo/page.html")

    def echo_tab(app: gr.Blocks, library: Library, scene: gr.State) -> Pane:
        echo = html("", "echo.js", elem_id="hv-echo")

        def render(scene: Scene) -> tuple[Any, ...]:  # one value per output, or gr.skip()
            return (page.answer(views.look(library, scene)),)

        def pick(scene: Scene, event: gr.EventData) -> tuple[Any, ...]:
            with show_refusal():
                scene = with_hit(library, scene, read_sent(event, "position"))
                return scene, *render(scene)

        echo.pick(pick, scene, [scene, echo], **QUICK)
        return Pane([echo], render)

The frame (`hashviz_demo.frame.tab`) shows the bar of run and query above all tabs, keeps the
address up to date, and renders a pane only while it is visible: when its tab is chosen, when the
page loads with it, and when another run or query is chosen in the bar. An event that returns a new
scene updates bar and address by itself. A tab keeps whatever else a link should bring back as a
short text: `scene.choose("speed", "fast")`, read with `scene.choice("speed")`, and
`kept=("speed",)` in its row. That text can come from anybody, so it is checked like an event.
Outputs begin empty, so a pane that was never visible costs nothing. A control with the id
`hv-speed` is hidden by `?hide=speed`, a tab by its key; the class `hv-fine` marks what a projector
does not need. The page joins the styles of all tabs by itself.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from hashviz_demo.frame.files import static
from hashviz_demo.gradio_patches import newest_wish

if TYPE_CHECKING:
    import gradio as gr

    from hashviz_demo.library import Library
    from hashviz_demo.scene import Scene


@dataclass(frozen=True)
class Pane:
    """What the frame renders of a tab: components, and their values for a scene."""

    outputs: Sequence[Any]
    render: Callable[["Scene"], tuple[Any, ...]]


@dataclass(frozen=True)
class Tab:
    """The row of a tab."""

    package: str
    """The package of its folder."""
    key: str
    """Its name in the address and of the function that lays it out."""
    title: str
    """What the button that opens it says: in the menu, or in the switch of a tab with panels."""
    about: str
    """What is seen here, in two sentences."""
    panel: str = ""
    """What the switch calls it where the menu says `title`, which names all panels of the tab."""
    kept: tuple[str, ...] = ()
    """Names in the address of choices that only this tab reads (`Scene.choice`, `Scene.choose`)."""

    def build(self, app: "gr.Blocks", library: "Library", scene: "gr.State") -> Pane:
        """Lay the tab out and wire it; its code is imported now."""
        return getattr(import_module(f"{self.package}.tab"), f"{self.key}_tab")(app, library, scene)


QUICK: dict[str, Any] = {
    "show_progress": "hidden",
    "trigger_mode": "always_last",
    "api_visibility": "private",
}
"""For events: while one is answered, only the newest of those that follow is kept."""


def html(value: str, script: str | None = None, *, first: str = "", **named: Any) -> Any:
    """Make a piece of the page with a style and, from the folder of its tab, a script.

    `first` is JavaScript that runs before that of the file.
    """
    import gradio as gr

    code = newest_wish() + first + static(script) if script else None
    return gr.HTML(value, js_on_load=code, apply_default_css=False, **named)


def anew(page: str) -> str:
    """Mark a page as different from the one that is shown, so that its script starts again."""
    return f'<div data-anew="{next(_COUNT)}">{page}</div>'


_COUNT = itertools.count()
