"""The calls for programs, `/runs`, `/search` and `/search_picture`, answered as JSON."""

from collections.abc import Callable
from typing import Any

import gradio as gr

from hashviz_demo.events import BadRequest, show_refusal
from hashviz_demo.library import Library
from hashviz_demo.scene import Scene, first_scene, with_amount, with_picture, with_sample
from hashviz_demo.tabs.search import view as views
from hashviz_demo.uploads import Upload, safe_image


def public_api(library: Library) -> None:
    """Add the three calls; their fields are hidden on the page."""

    def runs() -> list[dict[str, Any]]:
        """List the runs that can be searched."""
        return [vars(facts) for facts in library.facts()]

    def search(run: str, query: float, mode: str, amount: float) -> dict[str, Any]:
        """Find neighbors of a member of the query set; mode is "k" or "radius"."""
        return searched(run, lambda scene: with_sample(library, scene, query), mode, amount)

    def search_picture(
        run: str, picture: Upload | None, mode: str, amount: float
    ) -> dict[str, Any]:
        """Find neighbors of an uploaded picture; mode is "k" or "radius"."""
        return searched(run, lambda scene: pictured(scene, picture), mode, amount)

    def pictured(scene: Scene, picture: Upload | None) -> Scene:
        if picture is None:
            raise BadRequest("A search with a picture needs a picture.")
        return with_picture(library, scene, picture.rgb)

    def searched(
        run: str, query: Callable[[Scene], Scene], mode: str, amount: float
    ) -> dict[str, Any]:
        with show_refusal():
            scene, _ = first_scene(library, {"run": library.open(run).run.name})
            scene = with_amount(library, query(scene), mode, amount)
            return views.as_json(library, views.look(library, scene))

    with gr.Column(visible=False):
        name, number = gr.Textbox(label="run"), gr.Number(label="query")
        picture = safe_image(label="picture")
        mode, amount = gr.Textbox("k", label="mode"), gr.Number(10, label="amount")
        answered, button = gr.JSON(label="found"), gr.Button()
        button.click(runs, None, answered, api_name="runs")
        button.click(search, [name, number, mode, amount], answered, api_name="search")
        button.click(
            search_picture, [name, picture, mode, amount], answered, api_name="search_picture"
        )
