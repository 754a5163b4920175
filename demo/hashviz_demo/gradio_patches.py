"""Every place where this app changes how Gradio behaves, with the reason for each.

`tests/demo/test_gradio_patches.py` looks at what each of them relies on inside Gradio and at what
it achieves, so that an upgrade that changes either fails there. What works around Gradio's frontend
is in `frame/gradio.js`.
"""

import asyncio
import functools
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from hashviz_demo.events import show_refusal
from hashviz_demo.frame.files import static
from hashviz_demo.gradio_files import files_in, only_uploads

if TYPE_CHECKING:
    import gradio as gr


def build_in_loop(build: Callable[..., Any]) -> Callable[..., Any]:
    """Run a function that builds Gradio objects inside an event loop.

    Outside of one, Gradio opens a loop for each of its locks and never closes it: eight sockets.
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


def guard_events(app: "gr.Blocks") -> None:
    """Check what events are sent and what they answer, before and after Gradio does.

    - Paths: Gradio compares them with its uploads only in an app that it launched itself, so this
      app says that it was; before that, `only_uploads` refuses them by a rule of our own.
    - Answers that name a file are an error: this app gives out none and may not be made to.
    - No visitor reads Python. An unforeseen error is logged in full and shown as one sentence; a
      value that no control of the page can have was sent by hand and is not worth a log.
    """
    from gradio import Error

    app.has_launched = app.is_running = True
    preprocess, postprocess, process = app.preprocess_data, app.postprocess_data, app.process_api

    async def read(block_fn: Any, inputs: list[Any], *args: Any, **named: Any) -> Any:
        with show_refusal():
            only_uploads(inputs, app.upload_file_set)
        try:
            return await preprocess(block_fn, inputs, *args, **named)
        except Error as error:
            if type(error) is Error and not error.print_exception:
                raise  # a sentence of ours
        except Exception:  # whatever a strange value makes Gradio raise
            pass
        raise Error(
            "No control on this page gives such a value; reload the page.", print_exception=False
        )

    async def write(block_fn: Any, predictions: Any, *args: Any, **named: Any) -> Any:
        if any(files_in(predictions)):
            raise ValueError("An answer names a file; this app gives out none.")
        return await postprocess(block_fn, predictions, *args, **named)

    async def answer(*args: Any, **named: Any) -> Any:
        try:
            return await process(*args, **named)
        except Error:
            raise
        except Exception:
            traceback.print_exc()
            raise Error(
                "Something went wrong inside the app, through no fault of yours; its log has the "
                "details.",
                print_exception=False,
            ) from None

    app.preprocess_data, app.postprocess_data, app.process_api = read, write, answer


def take_turns(app: "gr.Blocks") -> None:
    """Answer what one visitor does in turn, wherever an answer changes what is remembered.

    Gradio begins two clicks in quick succession at the same time and in any order. Both start from
    the same scene, so the one that ends first is lost. One queue keeps the order; a lock for each
    visitor lets others pass.
    """
    process = app.process_api
    turns: WeakKeyDictionary[Any, asyncio.Lock] = WeakKeyDictionary()
    remembering = [
        fn for fn in app.fns.values() if any(getattr(out, "stateful", False) for out in fn.outputs)
    ]
    for fn in remembering:
        fn.concurrency_id, fn.concurrency_limit = "turns", 16

    async def answer(*args: Any, **named: Any) -> Any:
        visitor = named.get("state")
        if visitor is None or named.get("block_fn") not in remembering:
            return await process(*args, **named)
        async with turns.setdefault(visitor, asyncio.Lock()):
            return await process(*args, **named)

    app.process_api = answer


def replace_preprocess(component: Any, read: Callable[[Any], Any]) -> Any:
    """Let a function of ours read what a component was sent, before Gradio opens it.

    On the object: for a subclass Gradio would write a stub file beside our code.
    """
    vars(component)["preprocess"] = read
    return component


def newest_wish() -> str:
    """Return what goes before every script: of events that wait, the newest is answered."""
    return static("gradio.js").partition("// ---- ")[0]


def open_stream() -> str:
    """Return what the head of the page runs once: no answer is lost to a stream that closes."""
    return static("gradio.js").partition("// ---- ")[2].partition("\n")[2]
