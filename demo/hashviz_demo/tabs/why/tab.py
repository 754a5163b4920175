"""The panel Why: one result beside the query, and the reasons, which arrive a moment later."""

from typing import Any

import gradio as gr

from hashviz_demo.events import read_sent, show_refusal
from hashviz_demo.frame.files import macros
from hashviz_demo.frame.pane import QUICK, Pane, anew, html
from hashviz_demo.library import Library
from hashviz_demo.scene import Scene
from hashviz_demo.tabs.why import view as views

page = macros("tabs/why/page.html")


def why_tab(app: gr.Blocks, library: Library, scene: gr.State) -> Pane:
    """Lay the panel out and wire it; the browser asks for the reasons of the pair that it shows."""
    del app
    both = html("", "why.js", elem_id="hv-why")
    deep = html("", "reasons.js", elem_id="hv-reasons")

    def render(scene: Scene) -> tuple[Any, ...]:
        return anew(page.pair(views.pair(library, scene))), ""

    def choose(scene: Scene, event: gr.EventData) -> tuple[Any, ...]:
        with show_refusal():
            return anew(page.pair(views.pair(library, scene, read_sent(event, "position")))), ""

    def explain(scene: Scene, event: gr.EventData) -> str:
        with show_refusal():
            return page.reasons(views.reasons(library, scene, read_sent(event, "position")))

    both.choose(choose, scene, [both, deep], **QUICK)
    both.explain(explain, scene, deep, **QUICK)
    return Pane([both, deep], render)
