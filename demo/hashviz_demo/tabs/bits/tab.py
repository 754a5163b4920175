"""The tab Bits: other bits for the query, the X-ray of all bits, one bit with its name."""

from typing import Any

import gradio as gr

from hashviz_demo.events import sent, told
from hashviz_demo.library import Library
from hashviz_demo.scene import Scene, with_hit
from hashviz_demo.tabs import QUICK, Pane, anew, html
from hashviz_demo.tabs.bits import card as cards
from hashviz_demo.tabs.bits import view as views


def bits_tab(app: gr.Blocks, library: Library, scene: gr.State) -> Pane:
    """Lay the tab out and wire it; which keys are pressed is known to the browser only."""
    del app
    keys = html("", "bits.js", elem_id="hv-keyboard")
    found = html("", "resorted.js", elem_id="hv-resorted")
    seen = html("", "xray.js", elem_id="hv-xray")
    one = html("", "onebit.js", elem_id="hv-onebit")
    pane = [keys, found, seen, one]

    def render(scene: Scene) -> tuple[Any, ...]:
        board = views.keyboard(library, scene)
        return (
            anew(cards.keyboard(board, scene.run)),
            cards.resorted(views.resort(library, scene, board.query.code)),
            cards.xray(views.xray(library, scene.run), scene.run),
            "",
        )

    def press(scene: Scene, event: gr.EventData) -> str:
        with told():
            pattern = views.asked(library, scene, sent(event, "pattern"))
            return cards.resorted(views.resort(library, scene, pattern))

    def pick(scene: Scene, event: gr.EventData) -> tuple[Any, ...]:
        with told():
            scene = with_hit(library, scene, sent(event, "position"))
            return scene, *render(scene)

    def look(scene: Scene, event: gr.EventData) -> str:
        with told():
            return cards.one_bit(views.one_bit(library, scene.run, sent(event, "bit")))

    keys.press(press, scene, found, **QUICK)
    found.pick(pick, scene, [scene, *pane], **QUICK)
    seen.look(look, scene, one, **QUICK)
    return Pane(pane, render)
