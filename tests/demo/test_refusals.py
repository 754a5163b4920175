"""A form that holds no file is the sender's mistake, a full disk is not."""

import asyncio
from typing import Any

import pytest

from hashviz_demo.refusals import CALL, UPLOAD, Refusals

httpx = pytest.importorskip("httpx")

SCOPE = {"type": "http", "method": "POST", "path": "/gradio_api/upload", "headers": []}
FORM = {"content-type": "multipart/form-data; boundary=x"}


@pytest.mark.parametrize(
    "body",
    [
        b'--x\r\nContent-Disposition: form-data; name="files"\r\n\r\nno file\r\n--x--\r\n',
        b'--x\r\nContent-Disposition: form-data; name="other"\r\n\r\n\r\n--x--\r\n',
        b"",
        b"nothing",
    ],
)
def test_a_form_without_a_file_is_refused_in_one_sentence(served: str, body: bytes):
    answer = httpx.post(f"{served}gradio_api/upload", content=body, headers=FORM)
    assert 400 <= answer.status_code < 500 or answer.json() == []
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(("name", "body"), [("search", {"": 1}), ("none", {}), ("runs", {"x": 0})])
def test_a_call_that_is_none_is_refused_in_one_sentence(served: str, name: str, body: dict):
    answer = httpx.post(f"{served}gradio_api/call/v2/{name}", json=body)
    assert (answer.status_code, answer.text) == (400, CALL)


def answered(error: BaseException | None, *messages: Any) -> list[Any]:
    sent: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        for message in messages:
            await send(message)
        if error is not None:
            raise error

    async def send(message: Any) -> None:
        sent.append(message)

    async def run() -> None:
        await Refusals(app)(SCOPE, None, send)

    asyncio.run(run())
    return sent


CRASH = ({"type": "http.response.start", "status": 500}, {"type": "http.response.body"})


def test_a_crash_while_a_form_is_read_is_the_senders_mistake():
    start, body = answered(AttributeError("filename"), *CRASH)
    assert start["status"] == 400
    assert body["body"].decode() == UPLOAD


def test_a_full_disk_stays_an_error_of_the_server():
    with pytest.raises(OSError, match="full"):
        answered(OSError("full"), *CRASH)


def test_every_other_answer_is_passed_on():
    fine = ({"type": "http.response.start", "status": 200}, {"type": "http.response.body"})
    assert answered(None, *fine) == list(fine)
    assert answered(None, *CRASH) == list(CRASH)
