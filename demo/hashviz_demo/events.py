"""Checks of what a visitor sends; what has no answer is refused with one sentence."""

import contextlib
from collections.abc import Iterator
from typing import Any


class BadRequest(ValueError):
    """A request that has no answer; its message is for the visitor."""


def whole(value: Any, low: int, high: int, what: str) -> int:
    """Read a whole number between two bounds from a number or the text of one.

    Raises:
        BadRequest: for anything else, whatever was sent.

    >>> whole("7", 1, 10, "k")
    7
    """
    number: int | None = None
    if (
        (isinstance(value, int) and not isinstance(value, bool))
        or (isinstance(value, float) and value.is_integer())
        or (isinstance(value, str) and len(value) < 12 and value.isascii() and value.isdigit())
    ):
        number = int(value)
    if number is None or not low <= number <= high:
        raise BadRequest(f"{what} is a whole number from {low} to {high}, got {repr(value)[:40]}.")
    return number


def read_sent(event: Any, name: str) -> Any:
    """Return what the browser sent under that name; None when it sent something else."""
    content = getattr(event, "_data", None)
    return content.get(name) if isinstance(content, dict) else None


@contextlib.contextmanager
def show_refusal() -> Iterator[None]:
    """Show a refused request as one sentence on the visitor's screen, without a traceback."""
    import gradio as gr

    try:
        yield
    except BadRequest as error:
        raise gr.Error(str(error), print_exception=False, duration=8) from None
