"""The tab Break: a change that nobody sees and that no code survives."""

from typing import Any

import gradio as gr

from hashviz_demo.events import BadRequest, read_sent, show_refusal
from hashviz_demo.frame import files
from hashviz_demo.frame.pane import QUICK, Pane, anew, html
from hashviz_demo.library import Library
from hashviz_demo.scene import Scene
from hashviz_demo.tabs.breaking import card as cards
from hashviz_demo.tabs.breaking import view as views


def break_tab(app: gr.Blocks, library: Library, scene: gr.State) -> Pane:
    """Lay out and wire the tab; the browser asks for the attack on the query that it shows."""
    del app
    bench = html("", "breaking.js", elem_id="hv-bench")
    attack = html("", "attack.js", elem_id="hv-attack")
    html(files.render("tabs/breaking/story.html"), elem_id="hv-story")
    waiting = files.render("tabs/breaking/no_attack.html", why="")

    def render(scene: Scene) -> tuple[Any, ...]:
        return anew(cards.bench(views.bench(library, scene))), waiting

    def run_attack(scene: Scene) -> str:
        try:
            return anew(cards.attack(views.attack(library, scene)))
        except BadRequest as error:
            return files.render("tabs/breaking/no_attack.html", why=str(error))

    def aim(scene: Scene, event: gr.EventData) -> tuple[Any, ...]:
        with show_refusal():
            scene = views.with_aim(library, scene, read_sent(event, "position"))
            return scene, anew(cards.bench(views.bench(library, scene))), waiting

    bench.attack(run_attack, scene, attack, **QUICK)
    bench.aim(aim, scene, [scene, bench, attack], **QUICK)
    attack.aim(aim, scene, [scene, bench, attack], **QUICK)
    return Pane([bench, attack], render)
