"""The app as a server: what it sends, what it refuses, on which port it listens.

No telemetry, no fonts or scripts from elsewhere, no history of what visitors did.
"""

import contextlib
import json
import mimetypes
import os
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hashviz_demo.frame.files import styles
from hashviz_demo.gradio_files import Addresses
from hashviz_demo.gradio_patches import build_in_loop
from hashviz_demo.lan import EVERYWHERE, Password, own_address
from hashviz_demo.library import Library
from hashviz_demo.own import show_in_folder
from hashviz_demo.quota import Quota
from hashviz_demo.refusals import Refusals
from hashviz_demo.tabs.train.trainings import trainings_of
from hashviz_demo.tabs.train.view import news

if TYPE_CHECKING:
    import gradio as gr

LOOPBACK = ("127.0.0.1", "localhost", "::1")
PORTS = 20
"""How many ports are tried, beginning with the requested one."""
REQUEST_BYTES = 24_000_000
"""Limit of a request with all its files; Gradio alone would only limit each file."""
FILE_MB = 20

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


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


@build_in_loop
def site(
    app: "gr.Blocks", library: Library, host: str = "127.0.0.1", password: str | None = None
) -> Any:
    """Build the ASGI application: thumbnails from memory, the app, and limits on requests."""
    import gradio as gr
    from fastapi import FastAPI, Request, Response
    from fastapi.responses import FileResponse
    from gradio import themes
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    outer = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    if host in LOOPBACK:  # another site's name must not lead here
        names = ["127.0.0.1", "localhost", "[::1]"]
        outer.add_middleware(TrustedHostMiddleware, allowed_hosts=names)

    @outer.get("/thumbnails/{key}/{row}.png")
    def thumbnail(key: str, row: int) -> Response:
        found = library.picture(key, row)
        if found is None:
            return Response("There is no such picture.", status_code=404)
        kept = {"cache-control": "private, max-age=86400, immutable"}
        return Response(found[0], media_type=found[1], headers=kept)

    library.local = host in LOOPBACK

    @outer.get("/originals/{key}/{row}")
    def original(key: str, row: int) -> Response:
        """Give out a picture of one's own folder as it lies on the disk."""
        if (file := library.file(key, row)) is None:
            return Response("There is no such picture.", status_code=404)
        kind = mimetypes.guess_type(file)[0] or ""
        safe = kind if kind.startswith("image/") else "application/octet-stream"
        return FileResponse(file, media_type=safe, headers={"x-content-type-options": "nosniff"})

    @outer.post("/originals/{key}/{row}")
    def show_folder(key: str, row: int, request: Request) -> Response:
        """Open the folder of a picture on this machine; another site cannot send the header."""
        file = library.file(key, row)
        if file is None or request.headers.get("x-hashviz") != "folder":
            return Response("There is no such picture.", status_code=404)
        return Response(show_in_folder(file))

    @outer.get("/trainings/{key}")
    def training(key: str, since: int = 0) -> Response:
        """Answer train.js, which asks again and again while it shows a training."""
        content = json.dumps(news(trainings_of(library), key, since))
        kept = {"cache-control": "no-store"}
        return Response(content, media_type="application/json", headers=kept)

    app.state_session_capacity = 200
    css, narrow = styles()
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
        css=css,
        head=f"<style>{narrow}</style>",
    )
    folder = os.environ.get("GRADIO_TEMP_DIR")  # without it, uploads lie among those of other apps
    inner = Refusals(Addresses(outer, app.upload_file_set))
    limited = BodyLimit(Quota(inner, Path(folder)) if folder else inner)
    return Password(limited, password) if password else limited


@contextlib.contextmanager
def serve(
    app: "gr.Blocks",
    library: Library,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    password: str | None = None,
) -> Iterator[str]:
    """Serve the app from a thread as long as the context lasts; yield its address.

    Raises:
        ValueError: when others could reach it without a password, or no port is free.
    """
    import uvicorn

    if host not in LOOPBACK and not password:
        raise ValueError(f"Others can reach the app on {host}, which needs a password (--lan).")
    listening = free_port(host, port)
    config = uvicorn.Config(
        site(app, library, host, password),
        log_level="warning",
        timeout_graceful_shutdown=1,
        ws="none",
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    try:
        while not server.started:
            if not thread.is_alive():
                raise RuntimeError("The server stopped while it started; see the lines above.")
            time.sleep(0.01)
        name = own_address() if host == EVERYWHERE else host
        yield f"http://{name}:{listening.getsockname()[1]}/"
    finally:
        server.should_exit = True
        thread.join(5)
        listening.close()


def free_port(host: str, port: int) -> socket.socket:
    """Bind a socket to the port, or to the next free one.

    Raises:
        ValueError: when none of them is free.
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


class BodyLimit:
    """ASGI middleware: answer 413 to a request whose body is larger than the limit.

    The announced length is checked first, then the bytes are counted, so that a chunked request
    without a length is stopped as well.
    """

    def __init__(self, app: Any, limit: int = REQUEST_BYTES) -> None:
        self.app, self.limit = app, limit

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass the request on while counting its bytes."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        announced = dict(scope["headers"]).get(b"content-length", b"")
        if announced.isdigit() and int(announced) > self.limit:
            return await self._refuse(send)
        counted, too_large, answered = 0, False, False

        async def count() -> Message:
            nonlocal counted, too_large
            message = await receive()
            counted += len(message.get("body", b""))
            if counted > self.limit:
                too_large = True
                raise ConnectionAbortedError("The request is too large.")
            return message

        async def answer(message: Message) -> None:
            nonlocal answered
            if not too_large:
                answered = True
                await send(message)

        try:
            await self.app(scope, count, answer)
        except Exception:
            if not too_large:
                raise
        if too_large and not answered:
            await self._refuse(send)

    async def _refuse(self, send: Send) -> None:
        text = f"A request may have at most {self.limit / 1e6:g} MB.".encode()
        headers = [
            (b"content-type", b"text/plain"),
            (b"content-length", str(len(text)).encode()),
            (b"connection", b"close"),
        ]
        await send({"type": "http.response.start", "status": 413, "headers": headers})
        await send({"type": "http.response.body", "body": text})
