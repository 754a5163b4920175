"""A limit on the disk space of uploads: the oldest make room for the newest."""

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

UPLOAD_BYTES = 500_000_000
"""Limit of all uploads together; each is also removed after an hour."""

_one = threading.Lock()


def prune(folder: Path, limit: int = UPLOAD_BYTES) -> int:
    """Remove the oldest files below a folder until the others fit; return how many were removed.

    Others may remove files at the same time, as Gradio does with old ones.
    """
    with _one:
        files = []
        for path in folder.rglob("*"):
            with contextlib.suppress(OSError):
                if path.is_file() and not path.is_symlink():
                    known = path.stat()
                    files.append((known.st_mtime_ns, str(path), known.st_size))
        total, gone = sum(size for *_, size in files), 0
        for _, name, size in sorted(files):
            if total <= limit:
                break
            path = Path(name)
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
                total, gone = total - size, gone + 1
                if path.parent != folder:
                    path.parent.rmdir()  # stays when it holds another file
        return gone


class Quota:
    """ASGI middleware: after each upload, bring the folder of the uploads below the limit."""

    def __init__(
        self, app: Callable[..., Awaitable[None]], folder: Path, limit: int = UPLOAD_BYTES
    ) -> None:
        self.app, self.folder, self.limit = app, folder, limit

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer the request, then make room for the next one."""
        try:
            await self.app(scope, receive, send)
        finally:
            if scope["type"] == "http" and scope["path"].endswith("/upload"):
                await asyncio.to_thread(prune, self.folder, self.limit)
