"""What comes in from outside: pictures read by one careful reader, requests of bounded size."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import gradio as gr
import numpy as np
from gradio.data_classes import ImageData

from hashviz.data.images import ImageError, read_image

REQUEST_BYTES = 24_000_000
"""One request with all its files; gradio alone would limit each file only."""
FILE_MB = 20

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


def safe_image(**settings: Any) -> gr.Image:
    """A gr.Image from upload, webcam or clipboard that gives uint8 RGB, or None, to its event."""
    # Replaced on the object: for a subclass gradio would write a stub file beside this one.
    image = gr.Image(**settings)
    vars(image)["preprocess"] = read_upload
    return image


def read_upload(payload: ImageData | None) -> np.ndarray | None:
    """The picture, or one clear message; gradio has made sure that the file was uploaded."""
    if payload is None:
        return None
    if payload.path is None:
        raise gr.Error("A picture arrives as an uploaded file.", print_exception=False)
    try:
        return read_image(payload.path)
    except ImageError as error:
        raise gr.Error(str(error), print_exception=False) from None


class BodyLimit:
    """ASGI middleware: a request whose body grows beyond the limit is answered 413.

    The announced length is checked first, then the bytes are counted, so that a chunked request
    without a length stops as well.
    """

    def __init__(self, app: Any, limit: int = REQUEST_BYTES) -> None:
        self.app, self.limit = app, limit

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass the request on, counting."""
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
        text = f"A request has at most {self.limit / 1e6:g} MB.".encode()
        headers = [(b"content-type", b"text/plain"), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": 413, "headers": headers})
        await send({"type": "http.response.body", "body": text})
