"""The panel Collisions: pictures that already share a code, and how many do so by chance."""

from typing import Any

import gradio as gr

from hashviz_demo.events import read_sent, show_refusal
from hashviz_demo.frame.pane import QUICK, Pane, html
from hashviz_demo.library import Library
from hashviz_demo.scene import Scene, with_hit
from hashviz_demo.tabs.collisions import card as cards
from hashviz_demo.tabs.collisions import view as views


def collisions_tab(app: gr.Blocks, library: Library, scene: gr.State) -> Pane:
    """Lay out and wire the panel; the open bucket is in the address."""
    del app
    with gr.Row(elem_id="hv-collisions", elem_classes="hv-two-columns"):
        with gr.Column(min_width=300):
            buckets = html("", "collisions.js", elem_id="hv-buckets")
        with gr.Column(min_width=300):
            inside = html("", "picked.js", elem_id="hv-inside")

    def list_buckets(scene: Scene, order: Any = "strangers") -> tuple[str, str]:
        """Render the buckets, and the one in the address or else the first."""
        found = views.browser(library, scene.run, order)
        chosen = views.linked(library, scene)
        if chosen is None and found.listed:
            chosen = found.listed[0].number
        page = cards.browser(found, chosen)
        if chosen is None:
            return page, ""
        return page, cards.opened(views.inside(library, scene.run, chosen))

    def list_by(scene: Scene, event: gr.EventData) -> tuple[Any, ...]:
        with show_refusal():
            return list_buckets(scene, read_sent(event, "order"))

    def look_inside(scene: Scene, event: gr.EventData) -> tuple[Any, ...]:
        with show_refusal():
            found = views.inside(library, scene.run, read_sent(event, "bucket"))
            scene = scene.choose("bucket", str(found.bucket.number))
            return scene, *list_buckets(scene, read_sent(event, "order"))

    def query(scene: Scene, event: gr.EventData) -> tuple[Any, ...]:
        with show_refusal():
            scene = with_hit(library, scene, read_sent(event, "position"))
            return scene, *list_buckets(scene)

    pane = [buckets, inside]
    buckets.order(list_by, scene, pane, **QUICK)
    buckets.bucket(look_inside, scene, [scene, *pane], **QUICK)
    inside.query(query, scene, [scene, *pane], **QUICK)
    return Pane(pane, list_buckets)
