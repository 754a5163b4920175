"""What a visitor sends: checked here, and refused with one sentence where it has no answer."""

import contextlib
import traceback
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import gradio as gr


class BadRequest(ValueError):
    """A request that has no answer; its message is for the visitor."""


def whole(value: Any, low: int, high: int, what: str) -> int:
    """A whole number between two bounds, from a number or the text of one.

    Raises:
        BadRequest: for anything else, whatever was sent.

    >>> whole("7", 1, 10, "k")
    7
    """
    number: int | None = None
    if isinstance(value, bool):
        pass
    elif isinstance(value, int):
        number = value
    elif isinstance(value, str) and len(value) < 12:
        number = int(value) if value.isascii() and value.isdigit() else None
    elif isinstance(value, float) and value.is_integer():
        number = int(value)
    if number is None or not low <= number <= high:
        raise BadRequest(f"{what} is a whole number from {low} to {high}, got {repr(value)[:40]}.")
    return number


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


def in_one_sentence(app: "gr.Blocks") -> None:
    """No visitor reads Python: of what was not foreseen the log has all, the page one sentence.

    A value that a control of the page cannot have was sent by hand and is not worth a log.
    """
    import gradio as gr

    preprocess, process = app.preprocess_data, app.process_api

    async def read(*args: Any, **named: Any) -> Any:
        try:
            return await preprocess(*args, **named)
        except gr.Error as error:
            if type(error) is gr.Error and not error.print_exception:
                raise  # a sentence of ours
        except Exception:  # whatever a strange value makes gradio raise
            pass
        raise gr.Error(
            "No control of this page gives such a value; load the page again.",
            print_exception=False,
        )

    async def answer(*args: Any, **named: Any) -> Any:
        try:
            return await process(*args, **named)
        except gr.Error:
            raise
        except Exception:
            traceback.print_exc()
            raise gr.Error(
                "This went wrong inside the app, not by your hand; its log has the details.",
                print_exception=False,
            ) from None

    app.preprocess_data, app.process_api = read, answer
