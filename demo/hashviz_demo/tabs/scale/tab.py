"""The tab Scale: the calculator, this machine measured, the same search on other engines."""

from typing import Any

import gradio as gr

from hashviz_demo.events import read_sent, show_refusal
from hashviz_demo.frame.pane import QUICK, Pane, html
from hashviz_demo.library import Library
from hashviz_demo.scene import Scene
from hashviz_demo.tabs.scale import card as cards
from hashviz_demo.tabs.scale import engines as engine_views
from hashviz_demo.tabs.scale import race as race_views
from hashviz_demo.tabs.scale import view as views
from hashviz_demo.tabs.scale.measuring import stopwatch_of


def scale_tab(app: gr.Blocks, library: Library, scene: gr.State) -> Pane:
    """Lay out and wire the tab; the address of an engine comes from the library alone."""
    del app
    with gr.Row(elem_id="hv-calculator", elem_classes="hv-two-columns"):
        with gr.Column(scale=2, min_width=300):
            question = html("", "scale.js", elem_id="hv-question")
            machine = html("", "busy.js", elem_id="hv-machine")
            race = html("", None, elem_id="hv-race")
        with gr.Column(scale=3, min_width=300):
            costs = html("", None, elem_id="hv-costs")
            engines = html("", "busy.js", elem_id="hv-engines")

    def render(scene: Scene) -> tuple[Any, ...]:
        question = views.read_link(scene, library)
        return (
            cards.controls(question),
            cards.answer(views.answer(library, question)),
            cards.machine(stopwatch_of(library).last),
            cards.engines(None, scene.run, engine_views.hide_password(library.engine)),
            cards.race(race_views.race(library, scene)),
        )

    def ask(scene: Scene, event: gr.EventData) -> tuple[Any, ...]:
        with show_refusal():
            question = views.read_sent(read_sent(event, "question"))
            scene = scene.choose("scale", views.write_link(question))
            return scene, cards.answer(views.answer(library, question))

    def measure(scene: Scene) -> tuple[Any, ...]:
        found = stopwatch_of(library).measure()
        answer = views.answer(library, views.read_link(scene, library))
        return cards.machine(found), cards.answer(answer)

    def compare(scene: Scene) -> str:
        with show_refusal():
            found = engine_views.compare(library, scene)
            return cards.engines(found, scene.run, found.address)

    question.ask(ask, scene, [scene, costs], **QUICK)
    machine.press(measure, scene, [machine, costs], **QUICK)
    engines.press(compare, scene, engines, **QUICK)
    return Pane([question, costs, machine, engines, race], render)
