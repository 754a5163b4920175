"""The tab Bits: other bits for the query, the X-ray of all bits, one bit with its name."""

from typing import Any

import gradio as gr

from hashviz_demo.events import read_sent, show_refusal
from hashviz_demo.frame.files import macros
from hashviz_demo.frame.pane import QUICK, Pane, anew, html
from hashviz_demo.library import Library
from hashviz_demo.scene import Scene, with_hit
from hashviz_demo.tabs.bits import view as views
from hashviz_demo.tabs.bits.drawing import xray_figures

page = macros("tabs/bits/page.html")


def bits_tab(app: gr.Blocks, library: Library, scene: gr.State) -> Pane:
    """Lay the tab out and wire it; only the browser knows which keys are pressed."""
    del app
    keys = html("", "bits.js", elem_id="hv-keyboard")
    found = html("", "resorted.js", elem_id="hv-resorted")
    plate = html("", "xray.js", elem_id="hv-xray")
    one = html("", "onebit.js", elem_id="hv-onebit")
    pane = [keys, found, plate, one]

    def render(scene: Scene) -> tuple[Any, ...]:
        board, seen = views.keyboard(library, scene), views.xray(library, scene.run)
        return (
            anew(page.keyboard(board, scene.run)),
            page.resorted(views.resort(library, scene, board.query.code)),
            page.xray(seen, scene.run, xray_figures(seen)),
            "",
        )

    def press(scene: Scene, event: gr.EventData) -> str:
        with show_refusal():
            pattern = views.check_pattern(library, scene, read_sent(event, "pattern"))
            return page.resorted(views.resort(library, scene, pattern))

    def pick(scene: Scene, event: gr.EventData) -> tuple[Any, ...]:
        with show_refusal():
            scene = with_hit(library, scene, read_sent(event, "position"))
            return scene, *render(scene)

    def look(scene: Scene, event: gr.EventData) -> str:
        with show_refusal():
            return page.one_bit(views.one_bit(library, scene.run, read_sent(event, "bit")))

    keys.press(press, scene, found, **QUICK)
    found.pick(pick, scene, [scene, *pane], **QUICK)
    plate.look(look, scene, one, **QUICK)
    return Pane(pane, render)
