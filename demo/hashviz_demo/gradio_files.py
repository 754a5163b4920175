"""No visitor opens a file of this machine by naming it: the rules that keep Gradio from it.

Gradio checks that a path was uploaded only in an app that it launched itself. This app is mounted,
so Gradio would open every path that a request names and copy it to where it can be read. Any one
of three rules prevents that:

1. An event receives a file only when its path is exactly one that an upload was answered with;
   anything else that the request says about it (an address, a name, a stream) is dropped.
   `gradio_patches.guard_events` applies this rule.
2. `/gradio_api/file=` answers for such paths only.
3. Of Gradio's addresses only those exist that the page and the calls need. There is no deep link (a
   state kept on the disk), recording, proxy, component server or editor.
"""

import os
import re
import stat
from collections.abc import Awaitable, Callable, Container, Iterator
from typing import Any
from urllib.parse import parse_qs

from hashviz_demo.events import BadRequest

ADDRESSES = re.compile(
    r"/(config/?|theme\.css|favicon\.ico|manifest\.json|robots\.txt)?"
    r"|/(static|assets|svelte|thumbnails|originals|trainings)/.+"
    r"|/gradio_api/(info/?|openapi\.json|theme\.css|app_id|startup-events|upload|upload_progress)"
    r"|/gradio_api/(queue/(join|data|status)|heartbeat/[^/]+|reset/?|cancel|file=.+)"
    r"|/gradio_api/(run/[^/]+/?|api/[^/]+/?|call/(v2/)?[^/]+(/[^/]*)?)",
    re.DOTALL,
)
"""Paths that exist; all others, of this Gradio or a later one, do not."""
FILE = "/gradio_api/file="


def files_in(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every object with a path or an address inside a JSON value, at any depth."""
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
    """Tell whether a path is that of an upload that is still kept, without opening anything."""
    if not isinstance(path, str) or path not in uploads:
        return False
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except OSError:
        return False


def only_uploads(values: Any, uploads: Container[str]) -> None:
    """Reduce every file in what a visitor sent to its path, which must be that of an upload.

    Raises:
        BadRequest: for any other path, and for an address.
    """
    for file in list(files_in(values)):
        path = file.get("path")
        if not is_upload(path, uploads):
            raise BadRequest("A picture is uploaded first and kept for an hour; upload it again.")
        file.clear()
        file.update(path=path, meta={"_type": "gradio.FileData"})


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
        """Tell whether a request is for something that exists; its path is already decoded."""
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        if path.startswith(FILE):
            return is_upload(path.removeprefix(FILE), self.uploads)
        linked = "deep_link" in parse_qs(scope.get("query_string", b"").decode("latin-1"))
        return not linked and ADDRESSES.fullmatch(path) is not None
