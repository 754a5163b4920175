"""A visitor names no file of this machine; here is all that keeps Gradio from opening one.

Gradio checks that a path was uploaded only in an app that it launched itself. This app is mounted,
so that every path a request named was opened, and copied to where it could be read. Three rules,
each enough against that:

1. An event is handed a file only when its path, letter by letter, is one that an upload was
   answered with. Whatever else the request says of it (an address, a name, a stream) is dropped.
2. `/gradio_api/file=` answers for such paths only.
3. Of Gradio's addresses only those exist that the page and the calls need. No deep link (a state
   kept on the disk), no recording, proxy, component server, editor.
"""

import os
import re
import stat
from collections.abc import Awaitable, Callable, Container, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from hashviz_demo.events import BadRequest, told

if TYPE_CHECKING:
    import gradio as gr

ADDRESSES = re.compile(
    r"/(config/?|theme\.css|favicon\.ico|manifest\.json|robots\.txt)?"
    r"|/(static|assets|svelte|thumbnails|trainings)/.+"
    r"|/gradio_api/(info/?|openapi\.json|theme\.css|app_id|startup-events|upload|upload_progress)"
    r"|/gradio_api/(queue/(join|data|status)|heartbeat/[^/]+|reset/?|cancel|file=.+)"
    r"|/gradio_api/(run/[^/]+/?|api/[^/]+/?|call/(v2/)?[^/]+(/[^/]*)?)",
    re.DOTALL,
)
"""Paths that exist; all others, of this Gradio or of the next one, do not."""
FILE = "/gradio_api/file="


def files_in(value: Any) -> Iterator[dict[str, Any]]:
    """Every object with a path or an address inside a JSON value, however deep."""
    waiting = [value]
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, dict):
            if "path" in inner or "url" in inner:
                yield inner
            waiting.extend(inner.values())
        elif isinstance(inner, (list, tuple)):
            waiting.extend(inner)


def is_upload(path: Any, uploads: Container[str]) -> bool:
    """Whether a path is that of an upload that is still kept; nothing is opened to find out."""
    if not isinstance(path, str) or path not in uploads:
        return False
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except OSError:
        return False


def only_uploads(values: Any, uploads: Container[str]) -> None:
    """Leave of every file in what a visitor sent its path, which is that of an upload.

    Raises:
        BadRequest: for any other path, and for an address.
    """
    for file in list(files_in(values)):
        path = file.get("path")
        if not is_upload(path, uploads):
            raise BadRequest("A picture is uploaded first and kept for an hour; upload it again.")
        file.clear()
        file.update(path=path, meta={"_type": "gradio.FileData"})


def guard_files(app: "gr.Blocks") -> None:
    """Hold every event of an app to rule 1, before Gradio reads what it was sent.

    An app that gives out no file may not be made to: an answer that names one is an error.
    """
    app.has_launched = app.is_running = True  # gradio's own check: on, as where it is launched
    preprocess, postprocess = app.preprocess_data, app.postprocess_data

    async def read(block_fn: Any, inputs: list[Any], *args: Any, **named: Any) -> Any:
        with told():
            only_uploads(inputs, app.upload_file_set)
        return await preprocess(block_fn, inputs, *args, **named)

    async def answer(block_fn: Any, predictions: Any, *args: Any, **named: Any) -> Any:
        if any(files_in(predictions)):
            raise ValueError("An answer names a file; this app gives out none.")
        return await postprocess(block_fn, predictions, *args, **named)

    app.preprocess_data, app.postprocess_data = read, answer


class Addresses:
    """ASGI middleware: 404 for an address that nobody needs, and for a file that is no upload."""

    def __init__(self, app: Callable[..., Awaitable[None]], uploads: Container[str]) -> None:
        self.app, self.uploads = app, uploads

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass the request on when there is something at its address."""
        if scope["type"] != "http" or self.exists(scope):
            return await self.app(scope, receive, send)
        from starlette.responses import PlainTextResponse

        return await PlainTextResponse("There is nothing here.", 404)(scope, receive, send)

    def exists(self, scope: Any) -> bool:
        """Whether a request is for something that is there; its path is already decoded."""
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        if path.startswith(FILE):
            return is_upload(path.removeprefix(FILE), self.uploads)
        linked = "deep_link" in parse_qs(scope.get("query_string", b"").decode("latin-1"))
        return not linked and ADDRESSES.fullmatch(path) is not None
