"""The tab Compare: up to four runs on one query, with their names or without."""

from collections.abc import Callable
from typing import Any

import gradio as gr

from hashviz_demo.events import sent, told
from hashviz_demo.library import Library
from hashviz_demo.scene import Scene, with_next
from hashviz_demo.tabs import QUICK, Pane, html
from hashviz_demo.tabs.compare import card as cards
from hashviz_demo.tabs.compare import view as views
from hashviz_demo.tabs.compare.view import Comparison


def compare_tab(app: gr.Blocks, library: Library, scene: gr.State) -> Pane:
    """Lay the tab out and wire it; who stands behind which letter is known to the server only."""
    del app
    chosen, seen = gr.State(Comparison()), gr.State(())
    page = html("", "compare.js", elem_id="hv-compare")

    def show(scene: Scene, comparison: Comparison) -> tuple[Any, ...]:
        comparison = views.settled(library, scene, comparison)
        page = cards.page(views.compare(library, scene, comparison))
        return comparison, (scene.run, scene.trail), page

    def follow(scene: Scene, comparison: Comparison, seen: tuple[Any, ...]) -> tuple[Any, ...]:
        """Another run or query in the scene, or the tab was opened."""
        if scene.tab != "compare" or (scene.run, scene.trail) == seen:
            return gr.skip(), gr.skip(), gr.skip()
        with told():
            return show(scene, comparison)

    def changed(
        change: Callable[[Scene, Comparison, gr.EventData], Comparison],
    ) -> Callable[..., Any]:
        def answered(scene: Scene, comparison: Comparison, event: gr.EventData) -> tuple[Any, ...]:
            with told():
                comparison = views.settled(library, scene, comparison)
                return show(scene, change(scene, comparison, event))

        return answered

    def choose(scene: Scene, comparison: Comparison, event: gr.EventData) -> tuple[Any, ...]:
        with told():
            comparison = views.settled(library, scene, comparison)
            place, name = sent(event, "place"), sent(event, "run")
            comparison = views.with_other(library, scene, comparison, place, name)
            scene = scene.choose("with", ",".join(comparison.others))
            return scene, *show(scene, comparison)

    def blind(scene: Scene, comparison: Comparison, event: gr.EventData) -> Comparison:
        if sent(event, "blind") is True:
            return views.veil(comparison, scene.step)
        return views.unveil(comparison)

    def vote(scene: Scene, comparison: Comparison, event: gr.EventData) -> Comparison:
        return views.voted(library, scene, comparison, sent(event, "place"))

    def another(scene: Scene, comparison: Comparison) -> tuple[Any, ...]:
        with told():
            scene = with_next(library, scene)
            return scene, *show(scene, comparison)

    inputs, outputs = [scene, chosen], [chosen, seen, page]
    scene.change(follow, [*inputs, seen], outputs, **QUICK)
    page.run(choose, inputs, [scene, *outputs], **QUICK)
    page.blind(changed(blind), inputs, outputs, **QUICK)
    page.vote(changed(vote), inputs, outputs, **QUICK)
    page.another(another, inputs, [scene, *outputs], **QUICK)
    return Pane([page], lambda scene: (gr.skip(),))  # `follow` renders, it knows more
