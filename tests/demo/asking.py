"""What a program could send to the app without a browser: uploads, calls, forged events."""

import json
import uuid
from typing import Any, NamedTuple

import httpx


class Event(NamedTuple):
    """An event of the page that anybody may send by hand."""

    number: int
    element: str
    """The id of the component that it comes from, or its kind."""
    name: str
    inputs: tuple[str, ...]
    """The kinds of the components whose values it reads."""
    component: int


class Answer(NamedTuple):
    """What came back: outputs, or one sentence."""

    right: bool
    content: Any
    notes: tuple[str, ...]
    """What was told beside the answer."""


def events(address: str) -> list[Event]:
    """All events of the page, in the order in which they were wired."""
    page = httpx.get(f"{address}config", timeout=30).json()
    parts = {part["id"]: part for part in page["components"]}
    found = []
    for wired in page["dependencies"]:
        for component, name in wired["targets"]:
            part = parts.get(component, {"type": "page", "props": {}})
            element = part["props"].get("elem_id") or part["type"]
            kinds = tuple(parts[number]["type"] for number in wired["inputs"])
            found.append(Event(wired["id"], element, name, kinds, component))
    return found


def ask(address: str, event: Event, payload: Any, values: list[Any] | None = None) -> Answer:
    """Send an event as a new visitor would, with this payload; wait for its answer."""
    session = uuid.uuid4().hex
    body = {
        "data": [None] * len(event.inputs) if values is None else values,
        "fn_index": event.number,
        "session_hash": session,
        "event_data": payload,
        "trigger_id": event.component,
    }
    joined = httpx.post(f"{address}gradio_api/queue/join", json=body, timeout=60)
    if joined.status_code != 200:
        return Answer(False, joined.text, ())
    return followed(f"{address}gradio_api/queue/data", {"session_hash": session})


def call(address: str, name: str, data: list[Any], **more: Any) -> Answer:
    """One call of the public interface."""
    base = f"{address}gradio_api/call/{name}"
    event = httpx.post(base, json={"data": data, **more}, timeout=60).json()["event_id"]
    told = httpx.get(f"{base}/{event}", timeout=60).text.strip().splitlines()
    kind, content = told[-2].removeprefix("event: "), told[-1].removeprefix("data: ")
    return Answer(kind == "complete", json.loads(content), ())


def followed(address: str, asked: dict[str, str]) -> Answer:
    """The answer in a stream of events."""
    notes: list[str] = []
    with httpx.stream("GET", address, params=asked, timeout=60) as stream:
        for line in stream.iter_lines():
            if not line.startswith("data:"):
                continue
            message = json.loads(line[5:])
            if message["msg"] == "log":
                notes.append(message["log"])
            elif message["msg"] == "process_completed":
                right, content = message["success"], message["output"]
                return Answer(right, content["data" if right else "error"], tuple(notes))
            elif message["msg"] == "unexpected_error":
                return Answer(False, message["message"], tuple(notes))
    raise AssertionError("The stream ended without an answer.")


def uploaded(address: str, content: bytes, name: str = "picture.png") -> dict[str, Any]:
    """The picture as an event reads it, after it was uploaded."""
    sent = httpx.post(f"{address}gradio_api/upload", files={"files": (name, content)}, timeout=60)
    assert sent.status_code == 200, sent.text
    return {"path": sent.json()[0], "meta": {"_type": "gradio.FileData"}, "orig_name": name}
