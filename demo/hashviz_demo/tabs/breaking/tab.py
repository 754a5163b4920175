"""The tab Break: a change that nobody sees and that no code survives, and collisions."""

from typing import Any

import gradio as gr

from hashviz_demo.events import BadRequest, read_sent, show_refusal
from hashviz_demo.frame import files
from hashviz_demo.frame.pane import QUICK, Pane, anew, html
from hashviz_demo.library import Library
from hashviz_demo.scene import Scene, with_hit
from hashviz_demo.tabs.breaking import card as cards
from hashviz_demo.tabs.breaking import collisions
from hashviz_demo.tabs.breaking import view as views


def break_tab(app: gr.Blocks, library: Library, scene: gr.State) -> Pane:
    """Lay out and wire the tab; the browser asks for the attack on the query that it shows."""
    del app
    bench = html("", "breaking.js", elem_id="hv-bench")
    attack = html("", "attack.js", elem_id="hv-attack")
    with gr.Row(elem_id="hv-collisions", elem_classes="hv-two-columns"):
        with gr.Column(min_width=300):
            buckets = html("", "collisions.js", elem_id="hv-buckets")
        with gr.Column(min_width=300):
            inside = html("", "picked.js", elem_id="hv-inside")
    html(files.render("tabs/breaking/story.html"), elem_id="hv-story")
    waiting = files.render("tabs/breaking/no_attack.html", why="")

    def render(scene: Scene) -> tuple[Any, ...]:
        page = anew(cards.bench(views.bench(library, scene)))
        return page, waiting, *list_buckets(scene, "strangers")

    def list_buckets(scene: Scene, order: Any) -> tuple[str, str]:
        """Render the buckets, and the one in the address or else the first."""
        found = collisions.browser(library, scene.run, order)
        chosen = collisions.linked(library, scene)
        if chosen is None and found.listed:
            chosen = found.listed[0].number
        page = cards.browser(found, chosen)
        if chosen is None:
            return page, ""
        return page, cards.opened(collisions.inside(library, scene.run, chosen))

    def run_attack(scene: Scene) -> str:
        try:
            return anew(cards.attack(views.attack(library, scene)))
        except BadRequest as error:
            return files.render("tabs/breaking/no_attack.html", why=str(error))

    def aim(scene: Scene, event: gr.EventData) -> tuple[Any, ...]:
        with show_refusal():
            scene = views.with_aim(library, scene, read_sent(event, "position"))
            return scene, anew(cards.bench(views.bench(library, scene))), waiting

    def list_by(scene: Scene, event: gr.EventData) -> tuple[Any, ...]:
        with show_refusal():
            return list_buckets(scene, read_sent(event, "order"))

    def look_inside(scene: Scene, event: gr.EventData) -> tuple[Any, ...]:
        with show_refusal():
            found = collisions.inside(library, scene.run, read_sent(event, "bucket"))
            scene = scene.choose("bucket", str(found.bucket.number))
            return scene, *list_buckets(scene, read_sent(event, "order"))

    def query(scene: Scene, event: gr.EventData) -> tuple[Any, ...]:
        with show_refusal():
            scene = with_hit(library, scene, read_sent(event, "position"))
            return scene, *render(scene)

    page = [bench, attack, buckets, inside]
    bench.attack(run_attack, scene, attack, **QUICK)
    bench.aim(aim, scene, [scene, bench, attack], **QUICK)
    attack.aim(aim, scene, [scene, bench, attack], **QUICK)
    buckets.order(list_by, scene, [buckets, inside], **QUICK)
    buckets.bucket(look_inside, scene, [scene, buckets, inside], **QUICK)
    inside.query(query, scene, [scene, *page], **QUICK)
    return Pane(page, render)
