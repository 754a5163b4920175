"""The served interface against anything that is JSON: an answer or one sentence, never a crash."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.demo.asking import Event, ask, call, events

gradio = pytest.importorskip("gradio", reason="the app needs `pip install hashviz[demo]`")
httpx = pytest.importorskip("httpx")

# gradio, its server and its client warn of each other's old names; none of it is ours.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning:gradio.*"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:starlette.*"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:websockets.*"),
]

PLAIN = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=40) | st.sampled_from(["digits/lsh/12bits/seed0", "k", "../../etc/passwd"])
)  # fmt: skip
ANYTHING = st.recursive(
    PLAIN,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4)
    ),
    max_leaves=8,
)
CALM = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
TAKES_SECONDS = {("hv-space-stage", "draw")}


@pytest.mark.slow
@settings(max_examples=100, deadline=None, suppress_health_check=CALM)
@given(name=st.sampled_from(["runs", "search", "search_picture"]), data=st.lists(ANYTHING))
def test_any_call_is_answered_or_refused(served: str, name: str, data: list[Any]):
    sent = httpx.post(f"{served}gradio_api/call/{name}", json={"data": data}, timeout=30)
    assert sent.status_code < 500, sent.text
    if sent.status_code == 200:
        answer = call(served, name, data)
        assert answer.right or "Traceback" not in str(answer.content)


@pytest.fixture(scope="module")
def every(served: str) -> list[Event]:
    return [e for e in events(served) if (e.element, e.name) not in TAKES_SECONDS]


@pytest.mark.slow
@settings(max_examples=100, deadline=None, suppress_health_check=CALM)
@given(data=st.data(), payload=ANYTHING)
def test_any_event_is_answered_or_refused(
    served: str, every: list[Event], data: st.DataObject, payload: Any
):
    event = data.draw(st.sampled_from(every))
    values = [None if kind == "state" else data.draw(ANYTHING) for kind in event.inputs]
    answer = ask(served, event, payload, values)
    told = f"{event}: {answer.content}"
    assert answer.right or answer.content, told
    assert "went wrong inside" not in str(answer.content), told
