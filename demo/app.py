"""Layout and wiring of the app; what it answers is in `demo.views`, how it looks in `demo.cards`.

`launch` serves it on loopback: no telemetry, no fonts or scripts from elsewhere, no history of
what visitors did, uploads bounded in size and deleted after at most an hour.
"""

import asyncio
import contextlib
import functools
import os
import socket
import tempfile
import threading
import time
import webbrowser
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demo import cards, views
from demo.views import BadRequest, Library, Scene
from hashviz.runs import Run

if TYPE_CHECKING:
    import gradio as gr

ABOUT = (
    "Every picture became a short code of bits; the pictures whose codes differ from the query's "
    "in the fewest bits come first. Pictures in one box differ in equally many bits: among them "
    "there is no first and no last."
)
PORTS = 20
"""Ports that are tried, beginning with the one asked for."""


def inside_a_loop(build: Callable[..., Any]) -> Callable[..., Any]:
    """Run a function that builds gradio objects inside an event loop.

    Outside of one, gradio opens a loop for each of its locks and never closes it: eight sockets.
    """

    @functools.wraps(build)
    def built(*args: Any, **named: Any) -> Any:
        async def once() -> Any:
            return build(*args, **named)

        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return asyncio.run(once())
        return build(*args, **named)

    return built


@inside_a_loop
def build_app(runs: list[Run] | Library, data_root: Path | str | None = None) -> "gr.Blocks":
    """The app over these runs, not yet served; its pictures come from `site`.

    Raises:
        BadRequest: when there are no runs.
        ValueError: when the environment asks gradio to open the machine to others.
    """
    check_environment()
    import gradio as gr

    library = runs if isinstance(runs, Library) else Library(runs, data_root)
    with gr.Blocks(
        title="hashviz", analytics_enabled=False, delete_cache=(600, 3600), fill_width=True
    ) as app:
        gr.HTML(
            '<header class="hv hv-head"><h1>hashviz</h1><p>deep hashing you can see</p></header>',
            js_on_load=None,
            apply_default_css=False,
        )
        with gr.Tabs(elem_id="hv-tabs"), gr.Tab("Search", id="search"):
            search_tab(app, library)
        public_api(library)
    app.queue(max_size=100, default_concurrency_limit=4)
    return app


def search_tab(app: "gr.Blocks", library: Library) -> None:
    """Choose a run and a query, see its neighbors, walk from one to the next."""
    import gradio as gr

    from demo.uploads import safe_image

    first, _ = views.first_scene(library, {})
    bits = library.runs[first.run].config.bits

    def html(value: str, script: str | None = None, **named: Any) -> Any:
        return gr.HTML(
            value,
            js_on_load=cards.static(script) if script else None,
            apply_default_css=False,
            **named,
        )

    scene = gr.State(first)
    html(f'<p class="hv hv-lead">{ABOUT}</p>')
    with gr.Row(elem_id="hv-search"):
        with gr.Column(scale=0, min_width=320, elem_id="hv-controls"):
            menu = html(cards.run_menu(library.facts(), first.run), "runs.js", elem_id="hv-runs")
            with gr.Tabs(elem_id="hv-sources"):
                with gr.Tab("Samples"):
                    shelf = html(sample_page(library, first), "samples.js", elem_id="hv-samples")
                with gr.Tab("Upload"):
                    upload = safe_image(
                        sources=["upload", "webcam", "clipboard"],
                        label="A picture of yours",
                        buttons=[],
                        height=240,
                        elem_id="hv-upload",
                    )
                with gr.Tab("Draw"):
                    pad = html(drawing_pad(library, first), "pad.js", elem_id="hv-pad")
            mode = gr.Radio(
                [("k nearest", "k"), ("all within a radius", "radius")],
                value="k",
                label="Search for",
                elem_id="hv-mode",
            )
            k = gr.Slider(
                views.K[0],
                views.K[-1],
                first.k,
                step=1,
                label="k, the number of results",
                buttons=[],
                elem_id="hv-k",
            )
            radius = gr.Slider(
                0,
                bits,
                first.radius,
                step=1,
                label="radius, in bits",
                visible=False,
                buttons=[],
                elem_id="hv-radius",
            )
        with gr.Column(scale=1, min_width=320, elem_id="hv-results"):
            results = html(answer(library, first), "results.js", elem_id="hv-page")

    shown = [scene, results, shelf]
    everything = [*shown, menu, pad, mode, k, radius]

    def show(scene: Scene) -> tuple[Any, ...]:
        return scene, answer(library, scene), sample_page(library, scene)

    def show_everything(scene: Scene) -> tuple[Any, ...]:
        bits = library.runs[scene.run].config.bits
        return (
            *show(scene),
            cards.run_menu(library.facts(), scene.run),
            drawing_pad(library, scene),
            scene.mode,
            gr.Slider(value=scene.k, visible=scene.mode == "k"),
            gr.Slider(value=scene.radius, maximum=bits, visible=scene.mode == "radius"),
        )

    def open_link(request: gr.Request) -> tuple[Any, ...]:
        with told():
            scene, notes = views.first_scene(library, dict(request.query_params))
            for note in notes:
                gr.Warning(note)
            return show_everything(scene)

    def choose_run(scene: Scene, event: gr.EventData) -> tuple[Any, ...]:
        with told():
            return show_everything(views.with_run(library, scene, sent(event, "run")))

    def choose_sample(scene: Scene, event: gr.EventData) -> tuple[Any, ...]:
        with told():
            return show(views.with_sample(library, scene, sent(event, "position")))

    def other_samples(scene: Scene) -> tuple[Any, ...]:
        with told():
            scene = replace(scene, page=scene.page + 1)
            return scene, gr.skip(), sample_page(library, scene)

    def choose_hit(scene: Scene, event: gr.EventData) -> tuple[Any, ...]:
        with told():
            return show(views.with_hit(library, scene, sent(event, "position")))

    def go_back(scene: Scene, event: gr.EventData) -> tuple[Any, ...]:
        with told():
            return show(views.with_earlier(scene, sent(event, "place")))

    def draw(scene: Scene, event: gr.EventData) -> tuple[Any, ...]:
        with told():
            return show(views.with_drawing(library, scene, sent(event, "picture")))

    def take_picture(scene: Scene, picture: Any) -> tuple[Any, ...]:
        with told():
            if picture is None:  # the visitor removed the picture: the results stay
                return gr.skip(), gr.skip(), gr.skip()
            return show(views.with_picture(library, scene, picture))

    def change_amount(scene: Scene, mode: Any, k: Any, radius: Any) -> tuple[Any, ...]:
        with told():
            value = k if mode == "k" else radius
            scene = views.with_amount(library, scene, mode, value)
            is_k = scene.mode == "k"
            return *show(scene), gr.Slider(visible=is_k), gr.Slider(visible=not is_k)

    def drag(scene: Scene, mode: Any, k: Any, radius: Any) -> tuple[Any, ...]:
        # Without the sliders: one that is being dragged must not be redrawn.
        return change_amount(scene, mode, k, radius)[:3]

    # The newest wish wins: while one is answered, only the last of the others is kept.
    quick: dict[str, Any] = {
        "show_progress": "hidden",
        "trigger_mode": "always_last",
        "api_visibility": "private",
    }
    app.load(open_link, None, everything, **quick)
    menu.choose(choose_run, scene, everything, **quick)
    shelf.sample(choose_sample, scene, shown, **quick)
    shelf.more(other_samples, scene, shown, **quick)
    results.pick(choose_hit, scene, shown, **quick)
    results.back(go_back, scene, shown, **quick)
    pad.draw(draw, scene, shown, **quick)
    upload.input(take_picture, [scene, upload], shown, **quick)
    amounts = [scene, mode, k, radius]
    mode.input(change_amount, amounts, [*shown, k, radius], **quick)
    for slider in (k, radius):
        slider.input(drag, amounts, shown, **quick)


def public_api(library: Library) -> None:
    """What programs may ask: `/runs`, `/search` and `/search_picture`, answered as JSON."""
    import gradio as gr

    from demo.uploads import safe_image

    def runs() -> list[dict[str, Any]]:
        """The runs that can be searched."""
        return [vars(facts) for facts in library.facts()]

    def search(run: str, query: float, mode: str, amount: float) -> dict[str, Any]:
        """Neighbors of a member of the query set; mode is "k" or "radius"."""
        with told():
            scene, _ = views.first_scene(library, {"run": library.open(run).run.name})
            scene = views.with_sample(library, scene, query)
            return views.as_json(
                views.look(library, views.with_amount(library, scene, mode, amount))
            )

    def search_picture(run: str, picture: Any, mode: str, amount: float) -> dict[str, Any]:
        """Neighbors of an uploaded picture; mode is "k" or "radius"."""
        with told():
            if picture is None:
                raise BadRequest("A search with a picture needs a picture.")
            scene, _ = views.first_scene(library, {"run": library.open(run).run.name})
            scene = views.with_picture(library, scene, picture)
            return views.as_json(
                views.look(library, views.with_amount(library, scene, mode, amount))
            )

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


def answer(library: Library, scene: Scene) -> str:
    """The page of a scene, with the time that each part of it took."""
    found = views.look(library, scene)
    start = time.perf_counter()
    page = cards.page(found)
    draw = 1e3 * (time.perf_counter() - start)
    return page + cards.times(found.milliseconds.encode, found.milliseconds.search, draw)


def sample_page(library: Library, scene: Scene) -> str:
    """The samples to choose from, the present query marked."""
    chosen = scene.step.position if scene.step.kind == "query" else -1
    return cards.samples(views.samples(library, scene), chosen, scene.page)


def drawing_pad(library: Library, scene: Scene) -> str:
    """The pad, with colors where the pictures have colors."""
    return cards.pad(views.in_color(library.open(scene.run)))


def sent(event: Any, name: str) -> Any:
    """What the browser sent under that name; None when it sent something else."""
    content = getattr(event, "_data", None)
    return content.get(name) if isinstance(content, dict) else None


@contextlib.contextmanager
def told() -> Iterator[None]:
    """A request without an answer becomes one sentence on the visitor's screen, no traceback."""
    import gradio as gr

    try:
        yield
    except BadRequest as error:
        raise gr.Error(str(error), print_exception=False, duration=8) from None


def check_environment() -> None:
    """Refuse settings that would open the machine to others, and switch telemetry off.

    Raises:
        ValueError: when GRADIO_VIBE_MODE or GRADIO_SHARE is set.
    """
    for name, danger in (
        ("GRADIO_VIBE_MODE", "lets any visitor edit files and run code"),
        ("GRADIO_SHARE", "opens the app to the internet through a stranger's server"),
    ):
        if os.environ.get(name, "").lower() not in ("", "0", "false"):
            raise ValueError(f"{name} {danger}; unset it and start again.")
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")


@inside_a_loop
def site(app: "gr.Blocks", library: Library, host: str = "127.0.0.1") -> Any:
    """The ASGI application: thumbnails from memory, the app, and a limit on what is sent to it."""
    import gradio as gr
    from fastapi import FastAPI, Response
    from gradio import themes
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    from demo.uploads import FILE_MB, BodyLimit

    outer = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    if host in ("127.0.0.1", "localhost", "::1"):  # another site's name must not lead here
        names = ["127.0.0.1", "localhost", "[::1]"]
        outer.add_middleware(TrustedHostMiddleware, allowed_hosts=names)

    @outer.get("/thumbnails/{key}/{row}.png")
    def thumbnail(key: str, row: int) -> Response:
        content = library.picture(key, row)
        if content is None:
            return Response("There is no such picture.", status_code=404)
        kept = {"cache-control": "private, max-age=86400, immutable"}
        return Response(content, media_type="image/png", headers=kept)

    app.state_session_capacity = 200
    fonts = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"]
    mono = ["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace"]
    gr.mount_gradio_app(
        outer,
        app,
        "/",
        server_name=host,
        footer_links=["api", "settings"],
        run_history=False,
        allowed_paths=[],
        show_error=True,
        max_file_size=f"{FILE_MB}mb",
        ssr_mode=False,
        enable_monitoring=False,
        mcp_server=False,
        theme=themes.Base(
            primary_hue=themes.colors.blue,
            neutral_hue=themes.colors.stone,
            text_size=themes.sizes.text_lg,
            radius_size=themes.sizes.radius_md,
            font=fonts,
            font_mono=mono,
        ),
        css=cards.static("search.css"),
    )
    return BodyLimit(outer)


@contextlib.contextmanager
def serve(
    app: "gr.Blocks", library: Library, *, host: str = "127.0.0.1", port: int = 0
) -> Iterator[str]:
    """Serve the app from a thread as long as the context lasts; yields its address."""
    import uvicorn

    listening = free_port(host, port)
    config = uvicorn.Config(
        site(app, library, host), log_level="warning", timeout_graceful_shutdown=1, ws="none"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    try:
        while not server.started:
            if not thread.is_alive():
                raise RuntimeError("The server stopped while it started; see the lines above.")
            time.sleep(0.01)
        yield f"http://{host}:{listening.getsockname()[1]}/"
    finally:
        server.should_exit = True
        thread.join(5)
        listening.close()


def free_port(host: str, port: int) -> socket.socket:
    """A socket bound to the port, or to the next free one.

    Raises:
        ValueError: when none of the next ones is free either.
    """
    for candidate in range(port, min(port + PORTS, 65536)) if port else [0]:
        listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, candidate))
            listening.listen(128)
        except OSError:
            listening.close()
            continue
        return listening
    raise ValueError(f"No port from {port} to {port + PORTS - 1} is free; choose another --port.")


def launch(
    runs: list[Run],
    *,
    root: Path | str | None = None,
    data_root: Path | str | None = None,
    host: str = "127.0.0.1",
    port: int = 7860,
    open_browser: bool = True,
    announce: Callable[[str], None] | None = None,
) -> None:
    """Serve the app until Ctrl-C; the address goes to `announce`, or is printed.

    `root` is the folder of the runs, for messages.

    Raises:
        ValueError: when there are no runs, no free port, or an unsafe environment.
    """
    if not runs:
        where = f" in {root}" if root is not None else ""
        raise ValueError(f"There are no runs{where}; `hashviz train csq --data digits` makes one.")
    check_environment()
    library = Library(runs, data_root)
    with tempfile.TemporaryDirectory(prefix="hashviz-") as uploads:
        os.environ["GRADIO_TEMP_DIR"] = uploads
        app = build_app(library)
        with serve(app, library, host=host, port=port) as address:
            first, _ = views.first_scene(library, {})
            answer(library, first)
            text = f"hashviz is at {address}  (Ctrl-C stops it)"
            announce(text) if announce else print(text, flush=True)
            # The network is read while the first page is looked at.
            threading.Thread(target=warm_quietly, args=(library,), daemon=True).start()
            if open_browser:
                webbrowser.open(address)
            with contextlib.suppress(KeyboardInterrupt):
                threading.Event().wait()


def warm_quietly(library: Library) -> None:
    """Prepare the first upload; whatever is wrong with the run is told when somebody uploads."""
    with contextlib.suppress(Exception):
        views.warm(library)
