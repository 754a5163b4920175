"""Refusal of requests that are not what their address expects and would crash Gradio."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

UPLOAD = "An upload is a form with one part named 'files' that holds a file."
CALL = "There is no call with this name and these parameters; /gradio_api/openapi.json lists them."


def expectation(scope: Any) -> str | None:
    """Say what a request to this address has to be, where that is not checked elsewhere."""
    if scope["type"] != "http" or scope["method"] != "POST":
        return None
    if scope["path"].endswith("/upload"):
        return UPLOAD
    return CALL if "/call/v2/" in scope["path"] else None


class Refusals:
    """ASGI middleware: answer 400 and one sentence to a request that cannot be read, and log it.

    Errors of the disk, and all others, stay errors of the server.
    """

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass the answer on, but hold back the report of a crash until its reason is known."""
        rule = expectation(scope)
        if rule is None:
            return await self.app(scope, receive, send)
        kept: list[Any] = []
        begun = False

        async def answer(message: Any) -> None:
            nonlocal begun
            if kept or (message["type"] == "http.response.start" and message["status"] == 500):
                kept.append(message)
                return
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, answer)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            if begun:
                raise
            from starlette.responses import PlainTextResponse

            logging.getLogger(__name__).warning("A request could not be read: %r", error)
            return await PlainTextResponse(rule, status_code=400)(scope, receive, send)
        except BaseException:
            for message in kept:
                await send(message)
            raise
        for message in kept:
            await send(message)
