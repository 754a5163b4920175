"""The tab Compare: up to four runs on one query, with their names or without."""

from collections.abc import Callable
from typing import Any

import gradio as gr

from hashviz_demo.events import read_sent, show_refusal
from hashviz_demo.frame.files import macros
from hashviz_demo.frame.pane import QUICK, Pane, html
from hashviz_demo.library import Library
from hashviz_demo.scene import Scene, with_next
from hashviz_demo.tabs.compare import view as views
from hashviz_demo.tabs.compare.view import Comparison

macro = macros("tabs/compare/page.html")


def compare_tab(app: gr.Blocks, library: Library, scene: gr.State) -> Pane:
    """Lay the tab out and wire it; only the server knows which run is behind which letter."""
    del app
    chosen, seen = gr.State(Comparison()), gr.State(())
    page = html("", "compare.js", elem_id="hv-compare")

    def show(scene: Scene, comparison: Comparison) -> tuple[Any, ...]:
        comparison = views.settle(library, scene, comparison)
        shown = macro.page(views.compare(library, scene, comparison))
        return comparison, (scene.run, scene.trail), shown

    def follow(scene: Scene, comparison: Comparison, seen: tuple[Any, ...]) -> tuple[Any, ...]:
        """Show another run or query of the scene, or the tab when it is opened."""
        if scene.tab != "compare" or (scene.run, scene.trail) == seen:
            return gr.skip(), gr.skip(), gr.skip()
        with show_refusal():
            return show(scene, comparison)

    def change_by(
        change: Callable[[Scene, Comparison, gr.EventData], Comparison],
    ) -> Callable[..., Any]:
        def answer(scene: Scene, comparison: Comparison, event: gr.EventData) -> tuple[Any, ...]:
            with show_refusal():
                comparison = views.settle(library, scene, comparison)
                return show(scene, change(scene, comparison, event))

        return answer

    def choose(scene: Scene, comparison: Comparison, event: gr.EventData) -> tuple[Any, ...]:
        with show_refusal():
            comparison = views.settle(library, scene, comparison)
            place, name = read_sent(event, "place"), read_sent(event, "run")
            comparison = views.with_other(library, scene, comparison, place, name)
            scene = scene.choose("with", ",".join(comparison.others))
            return scene, *show(scene, comparison)

    def blind(scene: Scene, comparison: Comparison, event: gr.EventData) -> Comparison:
        if read_sent(event, "blind") is True:
            return views.veil(comparison, scene.step)
        return views.unveil(comparison)

    def vote(scene: Scene, comparison: Comparison, event: gr.EventData) -> Comparison:
        return views.vote_for(library, scene, comparison, read_sent(event, "place"))

    def another(scene: Scene, comparison: Comparison) -> tuple[Any, ...]:
        with show_refusal():
            scene = with_next(library, scene)
            return scene, *show(scene, comparison)

    def pick(scene: Scene, comparison: Comparison, event: gr.EventData) -> tuple[Any, ...]:
        with show_refusal():
            scene = views.with_row(library, scene, read_sent(event, "row"))
            return scene, *show(scene, comparison)

    inputs, outputs = [scene, chosen], [chosen, seen, page]
    scene.change(follow, [*inputs, seen], outputs, **QUICK)
    page.run(choose, inputs, [scene, *outputs], **QUICK)
    page.blind(change_by(blind), inputs, outputs, **QUICK)
    page.vote(change_by(vote), inputs, outputs, **QUICK)
    page.pick(pick, inputs, [scene, *outputs], **QUICK)
    page.another(another, inputs, [scene, *outputs], **QUICK)
    return Pane([page], lambda scene: (gr.skip(),))  # `follow` renders: it knows what is shown
