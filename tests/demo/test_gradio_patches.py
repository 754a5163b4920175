"""Each patch of Gradio: what it relies on is still there, it is still needed, and it works."""

import asyncio
import inspect
import re
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

gradio = pytest.importorskip("gradio", reason="the app needs `pip install hashviz[demo]`")

from gradio.state_holder import SessionState  # noqa: E402

from hashviz_demo import gradio_patches as patches  # noqa: E402
from hashviz_demo.events import read_sent  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:gradio.*")


def echo_app() -> Any:
    """A text box that a button copies, or fails to copy."""
    with gradio.Blocks(analytics_enabled=False) as app:
        text, shown = gradio.Textbox(), gradio.Textbox()
        gradio.Button().click(lambda value: value.upper(), text, shown)
        gradio.Button().click(lambda value: 1 / 0, text, shown)
    return app


def test_gradio_still_reads_runs_and_writes_an_event_by_three_methods_of_its_own_app():
    names = {
        "preprocess_data": ["self", "block_fn", "inputs"],
        "postprocess_data": ["self", "block_fn", "predictions"],
        "process_api": ["self", "block_fn", "inputs"],
    }
    for name, first in names.items():
        method = getattr(gradio.Blocks, name)
        assert inspect.iscoroutinefunction(method)
        assert list(inspect.signature(method).parameters)[:3] == first
    source = inspect.getsource(gradio.Blocks.process_api)
    assert "self.preprocess_data(" in source
    assert "self.postprocess_data(" in source


def test_gradio_still_trusts_paths_in_an_app_that_it_did_not_launch():
    from gradio import processing_utils

    assert "not blocks.has_launched" in inspect.getsource(processing_utils._check_allowed)
    app = patches.build_in_loop(echo_app)()
    assert not app.has_launched
    patches.guard_events(app)
    assert app.has_launched
    assert app.is_running


@pytest.mark.parametrize(
    ("event", "value", "message"),
    [
        (0, {"path": "/etc/passwd"}, "A picture is uploaded first"),
        (0, [["a"]], "No control on this page gives such a value"),
        (1, "a", "Something went wrong inside the app"),
    ],
)
def test_an_event_is_refused_in_one_sentence(event: int, value: Any, message: str):
    async def once() -> None:
        app = echo_app()
        app.fns[0].inputs[0].preprocess = str.strip  # fails for whatever is no text
        patches.guard_events(app)
        answered = await app.process_api(0, [" b "])
        assert answered["data"] == ["B"]
        await app.process_api(event, [value])

    with pytest.raises(gradio.Error) as refused:
        asyncio.run(once())
    assert message in refused.value.message


@pytest.mark.parametrize("patched", [False, True])
def test_two_clicks_of_one_visitor_both_count(patched: bool):
    """Each adds its letter to what is remembered; Gradio alone loses the one that ends first."""
    from gradio.route_utils import call_process_api

    source = inspect.getsource(call_process_api)
    assert "block_fn=" in source
    assert "state=" in source

    async def both() -> str:
        with gradio.Blocks(analytics_enabled=False) as app:
            seen = gradio.State("")

            async def add(text: str, letter: str) -> str:
                await asyncio.sleep(0.05 if letter == "a" else 0.0)
                return text + letter

            for letter in "ab":
                gradio.Button().click(partial(add, letter=letter), seen, seen)
        if patched:
            patches.take_turns(app)
            assert {fn.concurrency_id for fn in app.fns.values()} == {"turns"}
        mine, theirs = SessionState(app), SessionState(app)
        await asyncio.gather(
            *(app.process_api(block_fn=app.fns[n], inputs=[None], state=mine) for n in (0, 1)),
            app.process_api(block_fn=app.fns[1], inputs=[None], state=theirs),
        )
        assert theirs[seen._id] == "b"
        return mine[seen._id]

    assert asyncio.run(both()) == ("ab" if patched else "a")


def test_a_component_is_read_by_our_function(monkeypatch: pytest.MonkeyPatch):
    async def once() -> Any:
        with gradio.Blocks(analytics_enabled=False) as app:
            text = patches.replace_preprocess(gradio.Textbox(), lambda value: f"read {value}")
            gradio.Button().click(lambda value: value, text, gradio.Textbox())
        return await app.process_api(0, ["a"])

    assert asyncio.run(once())["data"] == ["read a"]
    from gradio.component_meta import ComponentMeta

    source = inspect.getsource(ComponentMeta.__new__)
    assert "create_or_modify_pyi" in source, "a subclass would do now"


def test_what_builds_gradio_objects_runs_inside_a_loop_from_anywhere():
    build = patches.build_in_loop(lambda: asyncio.get_running_loop().is_running())
    assert build()

    async def inside() -> bool:
        return build()

    assert asyncio.run(inside())
    source = inspect.getsource(gradio.utils.safe_get_lock)
    assert "new_event_loop" in source, "gradio opens no loop for a lock any more"


def test_the_content_of_an_event_lies_where_it_is_looked_for():
    event = gradio.EventData(None, {"position": 3})
    assert read_sent(event, "position") == 3
    assert read_sent(SimpleNamespace(), "position") is None


def test_the_scripts_rely_on_names_that_gradio_gives_them():
    first, head = patches.newest_wish(), patches.open_stream()
    assert "trigger =" in first
    assert "window.fetch" not in first
    assert head.startswith("// Gradio closes its stream")
    addresses = re.findall(r'includes\("(/queue/\w+)"', head)
    assert sorted(addresses) == ["/queue/data", "/queue/join"]
    routes = Path(gradio.__file__).with_name("routes.py").read_text(encoding="utf-8")
    assert all(f'"{address}"' in routes for address in addresses)
    html = inspect.getsource(gradio.HTML)
    assert "js_on_load" in html
    assert "trigger" in html
    assert "apply_default_css" in html
