"""The tab Search: choose a run and a query, see its neighbors, walk from one to the next."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import gradio as gr

from hashviz_demo.events import read_sent, show_refusal
from hashviz_demo.frame.bars import bars
from hashviz_demo.frame.files import macros
from hashviz_demo.frame.pane import QUICK, Pane, html
from hashviz_demo.library import Library
from hashviz_demo.scene import (
    K,
    Scene,
    with_amount,
    with_drawing,
    with_earlier,
    with_hit,
    with_picture,
    with_run,
    with_sample,
)
from hashviz_demo.tabs.search import view as views
from hashviz_demo.uploads import Upload, safe_image

page = macros("tabs/search/page.html")


def search_tab(app: gr.Blocks, library: Library, scene: gr.State) -> Pane:
    """Lay the tab out and wire it; every event gets the scene and gives the next one."""
    del app
    first: Scene = scene.value
    with gr.Row(elem_id="hv-search"):
        with gr.Column(scale=0, min_width=320, elem_id="hv-controls"):
            menu = html(run_menu(library, first), "runs.js", elem_id="hv-runs")
            with gr.Tabs(elem_id="hv-sources"):
                with gr.Tab("Samples"):
                    shelf = html(sample_page(library, first), "samples.js", elem_id="hv-samples")
                with gr.Tab("Upload"):
                    upload = safe_image(
                        sources=["upload", "webcam", "clipboard"], label="A picture of yours",
                        buttons=[], height=240, elem_id="hv-upload",
                    )  # fmt: skip
                with gr.Tab("Draw", id="draw"):
                    pad = html(drawing_pad(library, first), "pad.js", elem_id="hv-pad")
            ways = [("k nearest", "k"), ("all within a radius", "radius")]
            mode = gr.Radio(ways, value="k", label="Search for", elem_id="hv-mode")
            bits, plain = library.runs[first.run].config.bits, {"step": 1, "buttons": []}
            words = "k, the number of results"
            k = gr.Slider(K[0], K[-1], first.k, label=words, elem_id="hv-k", **plain)
            plain |= {"label": "radius, in bits", "visible": False}
            radius = gr.Slider(0, bits, first.radius, elem_id="hv-radius", **plain)
        with gr.Column(scale=1, min_width=320, elem_id="hv-results"):
            results = html(answer(library, first), "results.js", elem_id="hv-page")

    shown = [scene, results, shelf]
    pane = [results, shelf, menu, pad, mode, k, radius]

    def show(scene: Scene) -> tuple[Any, ...]:
        return scene, answer(library, scene), sample_page(library, scene)

    def render(scene: Scene) -> tuple[Any, ...]:
        bits = library.runs[scene.run].config.bits
        return (
            answer(library, scene),
            sample_page(library, scene),
            run_menu(library, scene),
            drawing_pad(library, scene),
            scene.mode,
            gr.Slider(value=scene.k, visible=scene.mode == "k"),
            gr.Slider(value=scene.radius, maximum=bits, visible=scene.mode == "radius"),
        )

    def move(change: Callable[[Library, Scene, Any], Scene], name: str) -> Callable[..., Any]:
        """Change the scene by what the browser sent under that name, and show its answer."""

        def follow(scene: Scene, event: gr.EventData) -> tuple[Any, ...]:
            with show_refusal():
                return show(change(library, scene, read_sent(event, name)))

        return follow

    def choose_run(scene: Scene, event: gr.EventData) -> tuple[Any, ...]:
        with show_refusal():
            scene = with_run(library, scene, read_sent(event, "run"))
            return scene, *render(scene)

    def other_samples(scene: Scene) -> tuple[Any, ...]:
        scene = replace(scene, page=scene.page + 1)
        return scene, gr.skip(), sample_page(library, scene)

    def take_picture(scene: Scene, picture: Upload | None) -> tuple[Any, ...]:
        with show_refusal():
            if picture is None:  # the visitor removed the picture: the results stay
                return gr.skip(), gr.skip(), gr.skip()
            if picture.moves:
                gr.Info("This picture moves; its first frame is the query.")
            return show(with_picture(library, scene, picture.rgb))

    def change_amount(scene: Scene, mode: Any, k: Any, radius: Any) -> tuple[Any, ...]:
        with show_refusal():
            value = k if mode == "k" else radius
            return show(with_amount(library, scene, mode, value))

    def change_mode(scene: Scene, mode: Any, k: Any, radius: Any) -> tuple[Any, ...]:
        answered = change_amount(scene, mode, k, radius)
        return *answered, gr.Slider(visible=mode == "k"), gr.Slider(visible=mode == "radius")

    menu.choose(choose_run, scene, [scene, *pane], **QUICK)
    shelf.sample(move(with_sample, "position"), scene, shown, **QUICK)
    shelf.more(other_samples, scene, shown, **QUICK)
    results.pick(move(with_hit, "position"), scene, shown, **QUICK)
    results.tie(move(views.with_order, "order"), scene, shown, **QUICK)
    results.back(move(lambda _, s, place: with_earlier(s, place), "place"), scene, shown, **QUICK)
    pad.draw(move(with_drawing, "picture"), scene, shown, **QUICK)
    upload.input(take_picture, [scene, upload], shown, **QUICK)
    amounts = [scene, mode, k, radius]
    mode.input(change_mode, amounts, [*shown, k, radius], **QUICK)
    # Without the sliders: one that is being dragged must not be redrawn.
    for slider in (k, radius):
        slider.input(change_amount, amounts, shown, **QUICK)
    return Pane(pane, render)


def answer(library: Library, scene: Scene) -> str:
    """Render the page of a scene, with the time that each part of it took."""
    found = views.look(library, scene)
    start = time.perf_counter()
    shown = page.page(found, bars(found.total, found.right, 64.0))
    return shown + page.times(found.milliseconds, 1e3 * (time.perf_counter() - start))


def sample_page(library: Library, scene: Scene) -> str:
    """Render the samples to choose from, the present query marked."""
    step = scene.step
    chosen = step.position if step.kind == library.open(scene.run).asks else -1
    return page.samples(views.samples(library, scene), chosen, scene.page)


def run_menu(library: Library, scene: Scene) -> str:
    """Render the menu of runs."""
    opened = library.open(scene.run)
    everything = len(opened.run.database_index) if opened.pictures.own else 0
    return page.run_menu(library.facts(), scene.run, opened.drawable, everything)


def drawing_pad(library: Library, scene: Scene) -> str:
    """Render the pad, with colors where the pictures have colors."""
    return page.pad(library.open(scene.run).in_color)
