"""The app and `launch`, which serves it until Ctrl-C.

Every tab has a folder in `hashviz_demo.tabs`: `view.py` computes what it shows, `page.html` is how
that looks, and `tab.py` lays it out and wires it.
"""

import contextlib
import os
import tempfile
import threading
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from hashviz.runs import Run
from hashviz_demo.gradio_patches import build_in_loop, guard_events, take_turns
from hashviz_demo.lan import EVERYWHERE, USER, chosen_password
from hashviz_demo.library import Library
from hashviz_demo.server import check_environment, serve
from hashviz_demo.tabs.train.trainings import trainings_of

if TYPE_CHECKING:
    import gradio as gr

LOOKING = 3.0
"""Seconds left to the first page before torch is imported, which would delay it."""


@build_in_loop
def build_app(library: Library) -> "gr.Blocks":
    """Build the app over the runs of a library; `server.site` serves it with its pictures.

    Raises:
        ValueError: when the environment asks Gradio to open the machine to others.
    """
    check_environment()
    import gradio as gr

    from hashviz_demo.api import public_api
    from hashviz_demo.frame.tab import frame

    with gr.Blocks(
        title="hashviz", analytics_enabled=False, delete_cache=(600, 3600), fill_width=True
    ) as app:
        frame(app, library)
        public_api(library)
    guard_events(app)
    take_turns(app)
    app.queue(max_size=100, default_concurrency_limit=4)
    return app


def launch(
    runs: list[Run],
    *,
    root: Path | str | None = None,
    data_root: Path | str | None = None,
    lan: bool = False,
    index: str | None = None,
    port: int = 7860,
    open_browser: bool = True,
    announce: Callable[[str], None] | None = None,
) -> None:
    """Serve the app until Ctrl-C; its address goes to `announce`, or is printed.

    `root` is the folder of the runs, where those trained and used in the app are kept as well. With
    `lan`, others in the network can reach the app; its password is printed with the address.
    `index` is the address of a scale-out engine that the tab Scale compares.

    Raises:
        ValueError: when there are no runs, no free port, or an unsafe environment.
    """
    if not runs:
        where = f" in {root}" if root is not None else ""
        raise ValueError(f"There are no runs{where}; `hashviz train csq --data digits` makes one.")
    library = Library(runs, data_root, root, index, kept_results())
    host, password = (EVERYWHERE, chosen_password()) if lan else ("127.0.0.1", None)
    with tempfile.TemporaryDirectory(prefix="hashviz-") as uploads:
        os.environ["GRADIO_TEMP_DIR"] = uploads
        serving = serve(build_app(library), library, host=host, port=port, password=password)
        with contextlib.closing(trainings_of(library)), serving as address:
            text = f"hashviz is at {address}  (Ctrl-C stops it)"
            if password:
                text += f"\nAnyone in this network can open it: user {USER}, password {password}"
            announce(text) if announce else print(text, flush=True)
            reader = threading.Timer(LOOKING, warm_quietly, [library, runs[0].name])
            reader.daemon = True
            reader.start()
            if open_browser:
                webbrowser.open(address)
            with contextlib.suppress(KeyboardInterrupt):
                threading.Event().wait()


def kept_results() -> Path | None:
    """Return the folder of kept results, of here or of a checkout; an installed app has none."""
    places = (Path("results"), Path(__file__).resolve().parents[2] / "results")
    return next((place.resolve() for place in places if place.is_dir()), None)


def warm_quietly(library: Library, name: str) -> None:
    """Read in advance what comes next; a visitor who needs a broken run is told then."""
    with contextlib.suppress(Exception):
        library.warm(name)
        warm_tabs(library)


def warm_tabs(library: Library) -> None:
    """Count in advance what the tabs show first, so that a first press is answered soon."""
    from hashviz_demo.scene import first_scene
    from hashviz_demo.tabs.ablate import view as ablate
    from hashviz_demo.tabs.bits.view import xray
    from hashviz_demo.tabs.scores.view import table
    from hashviz_demo.tabs.space.view import the_map

    scene, _ = first_scene(library, {})
    table(library.open(scene.run))
    the_map(library, scene.run, "pca")
    xray(library, scene.run)
    choice = ablate.read_link(library, scene)
    if choice is not None:
        ablate.board(library, scene, choice)
