"""The tab Space: the codes of the database as a map, and the ball that grows around the query."""

from typing import Any

import gradio as gr

from hashviz_demo.events import read_sent, show_refusal
from hashviz_demo.frame.pane import QUICK, Pane, html
from hashviz_demo.library import Library
from hashviz_demo.scene import Scene, with_hit
from hashviz_demo.tabs.space import card as cards
from hashviz_demo.tabs.space import view as views


def space_tab(app: gr.Blocks, library: Library, scene: gr.State) -> Pane:
    """Lay the tab out and wire it; the points of a map are sent when the browser asks for them."""
    del app
    layout = gr.State("pca")
    seen = gr.State(())
    points = html("", "points.js", elem_id="hv-space-points")
    with gr.Row(elem_id="hv-space", elem_classes="hv-two-columns"):
        with gr.Column(scale=3, min_width=300):
            stage = html("", "space.js", elem_id="hv-space-stage")
        with gr.Column(scale=2, min_width=300):
            picked = html("", "picked.js", elem_id="hv-space-picked")

    def find_map(scene: Scene, layout: str) -> views.Map:
        """Return the map by that layout, or by PCA where there is none."""
        made = views.the_map(library, scene.run, layout) or views.the_map(library, scene.run, "pca")
        assert made is not None
        return made

    def render_stage(scene: Scene, layout: str) -> str:
        made = find_map(scene, layout)
        missing = views.the_map(library, scene.run, "umap") is None
        umap = views.drawing(library, scene.run) if missing else None
        seen = views.around(library, scene, made)
        listed = views.bubbles(library, scene, made, seen)
        classes = library.open(scene.run).run.classes
        return cards.stage(scene.run, classes, made, seen, listed, scene.radius, umap)

    def show(scene: Scene, layout: str) -> tuple[Any, ...]:
        ball = views.pick(library, scene, find_map(scene, layout), {"radius": scene.radius})
        return (scene.run, scene.trail), render_stage(scene, layout), cards.gallery(ball)

    def follow(scene: Scene, layout: str, seen: tuple[Any, ...]) -> tuple[Any, ...]:
        """Show another run or query of the scene, or the tab when it is opened."""
        if scene.tab != "space" or (scene.run, scene.trail) == seen:
            return gr.skip(), gr.skip(), gr.skip()
        with show_refusal():
            return show(scene, layout)

    def send_points(scene: Scene, layout: str) -> str:
        with show_refusal():
            return cards.points(scene.run, find_map(scene, layout))

    def pick(scene: Scene, layout: str, event: gr.EventData) -> str:
        with show_refusal():
            what = read_sent(event, "what")
            return cards.gallery(views.pick(library, scene, find_map(scene, layout), what))

    def choose(scene: Scene, event: gr.EventData) -> tuple[Any, ...]:
        with show_refusal():
            layout = read_sent(event, "layout")
            views.the_map(library, scene.run, layout)
            return layout, render_stage(scene, layout)

    def draw(scene: Scene, layout: str) -> str:
        with show_refusal():
            views.draw(library, scene.run)
            return render_stage(scene, layout)

    def look_again(scene: Scene, layout: str) -> tuple[Any, ...]:
        """Answer the browser, which asks every second while a UMAP is being drawn."""
        with show_refusal():
            if views.the_map(library, scene.run, "umap") is not None:
                layout = "umap"
            return layout, render_stage(scene, layout)

    def query(scene: Scene, layout: str, event: gr.EventData) -> tuple[Any, ...]:
        with show_refusal():
            scene = with_hit(library, scene, read_sent(event, "position"))
            return scene, *show(scene, layout)

    inputs, page = [scene, layout], [seen, stage, picked]
    scene.change(follow, [*inputs, seen], page, **QUICK)
    stage.wanted(send_points, inputs, points, **QUICK)
    stage.pick(pick, inputs, picked, **QUICK)
    stage.layout(choose, scene, [layout, stage], **QUICK)
    stage.draw(draw, inputs, stage, **QUICK)
    stage.again(look_again, inputs, [layout, stage], **QUICK)
    picked.query(query, inputs, [scene, *page], **QUICK)
    return Pane([picked], lambda scene: (gr.skip(),))  # `follow` renders: it knows what is shown
