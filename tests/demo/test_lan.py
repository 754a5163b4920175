"""With `--lan` the app is open to the network: nothing is answered without the password."""

import asyncio
import base64
import re
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashviz.runs import Run
from hashviz_demo import lan
from hashviz_demo.library import Library
from hashviz_demo.server import serve

httpx = pytest.importorskip("httpx")
gradio = pytest.importorskip("gradio", reason="the app needs `pip install hashviz[demo]`")

# gradio, its server and its client warn of each other's old names; none of it is ours.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning:gradio.*"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:starlette.*"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:websockets.*"),
]
PASSWORD = "open sesame"


@pytest.fixture(scope="module")
def guarded(runs: list[Run], tmp_path_factory: pytest.TempPathFactory):
    from hashviz_demo.app import build_app

    library = Library(runs)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("uploads")))
        patch.setattr(lan, "WRONG_SECONDS", 0)
        with serve(build_app(library), library, password=PASSWORD) as address:
            yield address, library.open(runs[0].name).thumbnail(0).lstrip("/")


@pytest.mark.parametrize("path", ["", "config", "gradio_api/info", "thumbnail", "static/x"])
@pytest.mark.parametrize("auth", [None, ("hashviz", "wrong"), ("other", PASSWORD), ("hashviz", "")])
def test_without_the_password_nothing_is_answered(guarded, path: str, auth):
    address, thumbnail = guarded
    path = thumbnail if path == "thumbnail" else path
    answer = httpx.get(address + path, auth=auth)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Basic")
    assert "the teacher's screen shows it" in answer.text
    assert httpx.post(f"{address}gradio_api/upload", content=b"x", auth=auth).status_code == 401


@pytest.mark.parametrize("path", ["", "config", "thumbnail"])
def test_with_the_password_everything_is(guarded, path: str):
    address, thumbnail = guarded
    path = thumbnail if path == "thumbnail" else path
    assert httpx.get(address + path, auth=("hashviz", PASSWORD)).status_code == 200


@given(header=st.binary(max_size=60))
def test_no_other_header_opens_the_door(header: bytes):
    door = lan.Password(None, "12345678")
    assert not door.is_authorized({"headers": [(b"authorization", header)]})
    assert not door.is_authorized({"headers": [(b"authorization", b"Basic " + header)]})


def test_only_the_basic_scheme_carries_the_password():
    right = base64.b64encode(f"hashviz:{PASSWORD}".encode())
    door = lan.Password(None, PASSWORD)
    known = {
        scheme: door.is_authorized({"headers": [(b"authorization", scheme + b" " + right)]})
        for scheme in (b"Basic", b"basic", b"Bearer", b"Digest")
    }
    assert known == {b"Basic": True, b"basic": True, b"Bearer": False, b"Digest": False}


@pytest.mark.parametrize("scope", ["http", "websocket", "lifespan"])
def test_every_way_in_is_closed_without_the_password(scope: str):
    """The server itself, which starts and stops in `lifespan`, is no visitor."""
    answered = []

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        answered.append("in")

    async def collect(message: Any) -> None:
        answered.append(message["type"])

    asyncio.run(lan.Password(inner, PASSWORD)({"type": scope, "headers": []}, None, collect))
    closed = {
        "http": ["http.response.start", "http.response.body"],
        "websocket": ["websocket.close"],
        "lifespan": ["in"],
    }
    assert answered == closed[scope]


@pytest.mark.parametrize(
    ("sent", "seconds"),
    [
        (f"hashviz:{PASSWORD}x", 0.5),
        ("other:" + PASSWORD, 0.5),
        (None, 0),
        (f"hashviz:{PASSWORD}", 0),
    ],
)
def test_a_wrong_password_is_answered_late_and_its_absence_at_once(
    monkeypatch: pytest.MonkeyPatch, sent: str | None, seconds: float
):
    waited, answered = [], []

    async def sleep(delay: float) -> None:
        assert not answered
        waited.append(delay)

    async def collect(message: Any) -> None:
        answered.append(message)

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        await send("in")

    monkeypatch.setattr(lan, "WRONG_SECONDS", 0.5)  # the served app of this file waits less
    monkeypatch.setattr(lan, "asyncio", SimpleNamespace(sleep=sleep))  # other servers sleep too
    packed = base64.b64encode((sent or "").encode())
    headers = [] if sent is None else [(b"authorization", b"Basic " + packed)]
    door = lan.Password(inner, PASSWORD)
    asyncio.run(door({"type": "http", "headers": headers}, None, collect))
    assert waited == ([seconds] if seconds else [])
    assert (answered == ["in"]) == (sent == f"hashviz:{PASSWORD}")


def test_others_are_let_in_only_with_a_password(library: Library):
    with (
        pytest.raises(ValueError, match=r"needs a password \(--lan\)"),
        serve(None, library, host="0.0.0.0"),  # pyright: ignore[reportArgumentType]
    ):
        pass


def test_a_password_is_made_up_or_chosen_and_never_short(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("HASHVIZ_PASSWORD", raising=False)
    made = {lan.chosen_password() for _ in range(20)}
    assert len(made) == 20
    assert all(re.fullmatch(r"([a-z2-9]{4}-){2}[a-z2-9]{4}", each) for each in made)
    monkeypatch.setenv("HASHVIZ_PASSWORD", "correct horse")
    assert lan.chosen_password() == "correct horse"
    monkeypatch.setenv("HASHVIZ_PASSWORD", "x" * lan.SHORTEST)
    assert lan.chosen_password() == "x" * lan.SHORTEST
    monkeypatch.setenv("HASHVIZ_PASSWORD", "short")
    with pytest.raises(ValueError, match="5 characters, but a password needs at least 8"):
        lan.chosen_password()


def test_the_own_address_is_one():
    assert re.fullmatch(r"\d+\.\d+\.\d+\.\d+", lan.own_address())
