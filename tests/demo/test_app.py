"""The app as a server: its public calls, what it refuses, and that it speaks to nobody else."""

import contextlib
import io
import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from demo.views import Library
from hashviz.runs import Run

gradio = pytest.importorskip("gradio", reason="the app needs `pip install hashviz[demo]`")
httpx = pytest.importorskip("httpx")

from demo import app, uploads  # noqa: E402

# gradio, its server and its client warn of each other's old names; none of it is ours.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning:gradio.*"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:starlette.*"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:websockets.*"),
]


def picture_file(folder: Path, name: str = "seven.png") -> Path:
    canvas = np.zeros((64, 64), np.uint8)
    canvas[8:16, 16:48] = 255
    canvas[16:56, 36:44] = 255
    Image.fromarray(canvas).save(folder / name)
    return folder / name


@pytest.fixture(scope="module")
def client(served: str):
    from gradio_client import Client

    return Client(served, verbose=False)


def call(address: str, name: str, data: list, **more) -> tuple[str, str]:
    """One call of the HTTP interface: the last event and its content."""
    base = f"{address}gradio_api/call/{name}"
    event = httpx.post(base, json={"data": data, **more}).json()["event_id"]
    lines = httpx.get(f"{base}/{event}", timeout=20).text.strip().splitlines()
    return lines[-2].removeprefix("event: "), lines[-1].removeprefix("data: ")


def test_the_app_builds_and_offers_three_calls(runs: list[Run]):
    described = app.build_app(runs).get_api_info()["named_endpoints"]
    assert set(described) == {"/runs", "/search", "/search_picture"}


def test_runs_are_listed(client):
    names = [run["name"] for run in client.predict(api_name="/runs")]
    assert names == [
        "digits/lsh/16bits/seed0",
        "digits/lsh/12bits/seed0",
        "digits/lsh/32bits/seed1",
    ]


def test_search_answers_as_the_plain_function_does(client, runs: list[Run]):
    from demo import views

    answered = client.predict(runs[0].name, 5, "k", 9, api_name="/search")
    library = Library(runs)
    scene = views.first_scene(library, {"run": runs[0].name, "query": "5", "k": "9"})[0]
    expected = json.loads(json.dumps(views.as_json(views.look(library, scene))))
    for each in (answered, expected):
        each.pop("milliseconds")
    assert answered == expected


def test_search_by_radius(client, runs: list[Run]):
    answered = client.predict(runs[0].name, 5, "radius", 2, api_name="/search")
    assert all(result["distance"] <= 2 for result in answered["results"])


def test_an_uploaded_picture_is_searched(client, trained: Run, tmp_path: Path):
    from gradio_client import handle_file

    answered = client.predict(
        trained.name, handle_file(picture_file(tmp_path)), "k", 5, api_name="/search_picture"
    )
    assert len(answered["results"]) == 5
    assert answered["query"]["kind"] == "picture"
    assert answered["results"][0]["right"] is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none", 5, "k", 9], "no run 'none'"),
        (["digits/lsh/12bits/seed0", -1, "k", 9], "A query is a whole number from 0 to 59"),
        (["digits/lsh/12bits/seed0", 1e9, "k", 9], "A query is a whole number"),
        (["digits/lsh/12bits/seed0", 5, "k", 0], "k is a whole number from 1 to 100"),
        (["digits/lsh/12bits/seed0", 5, "k", 101], "k is a whole number from 1 to 100"),
        (["digits/lsh/12bits/seed0", 5, "radius", 13], "radius is a whole number from 0 to 12"),
        (["digits/lsh/12bits/seed0", 5, "x", 1], "by 'k' or by 'radius'"),
    ],
)
def test_a_wrong_call_gets_one_clear_message(served: str, arguments: list, message: str):
    event, content = call(served, "search", arguments)
    assert event == "error"
    assert message in content
    assert "Traceback" not in content


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.png", b"", "empty"),
        ("text.jpg", b"this is not a picture", "picture"),
        ("evil.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "picture"),
        ("cut.png", None, "damaged"),
    ],
)
def test_a_bad_picture_gets_one_clear_message(
    served: str, trained: Run, tmp_path: Path, name: str, content: bytes | None, message: str
):
    if content is None:
        content = picture_file(tmp_path).read_bytes()[:-40]
    sent = httpx.post(f"{served}gradio_api/upload", files={"files": (name, content)})
    file = {"path": sent.json()[0], "meta": {"_type": "gradio.FileData"}, "orig_name": name}
    event, told = call(served, "search_picture", [trained.name, file, "k", 5])
    assert event == "error"
    assert message in told
    assert "Traceback" not in told
    assert "PIL" not in told


@pytest.mark.parametrize("path", ["/etc/passwd", "../../etc/passwd", __file__])
def test_a_file_of_the_server_is_not_a_picture(served: str, trained: Run, path: str):
    file = {"path": path, "meta": {"_type": "gradio.FileData"}}
    event, told = call(served, "search_picture", [trained.name, file, "k", 5])
    assert event == "error"
    assert "root:" not in told


@pytest.mark.parametrize(
    "path",
    [
        "gradio_api/file=/etc/passwd",
        f"gradio_api/file={__file__}",
        "gradio_api/file=http://127.0.0.1:1/",
        "gradio_api/file=https://example.org/",
        "thumbnails/..%2f..%2fetc/passwd.png",
        "thumbnails/x/1.png",
        "static/..%2f..%2f..%2fetc%2fpasswd",
        "assets/..%2f..%2f..%2fetc%2fpasswd",
    ],
)
def test_paths_outside_are_refused(served: str, path: str):
    assert httpx.get(served + path).status_code in (400, 403, 404, 422)


@pytest.mark.parametrize("sent", [-1, 10**9, "x", [3], {"a": 1}, None, True, 2.5])
@pytest.mark.parametrize(
    ("event", "field", "message"),
    [
        ("pick", "position", "A database position is a whole number from 0 to 1437"),
        ("sample", "position", "A query is a whole number from 0 to 358"),
        ("back", "place", "A step is a whole number from 0 to 0"),
        ("draw", "picture", "A drawing arrives as a PNG"),
        ("choose", "run", "There is no run"),
    ],
)
def test_a_forged_event_gets_one_clear_message(
    served: str, event: str, field: str, message: str, sent: object
):
    assert message in forged(served, event, {field: sent})


@pytest.mark.parametrize("content", [None, [], "x", 7])
def test_an_event_with_forged_content_gets_one_clear_message(served: str, content: object):
    assert "A database position is a whole number" in forged(served, "pick", content)


@pytest.mark.parametrize("amounts", [["k", "x", 2], ["k", [], 2], ["radius", 12, 99], ["?", 1, 1]])
def test_a_forged_k_or_radius_gets_one_clear_message(served: str, amounts: list):
    told = forged(served, "input", None, amounts)
    assert "Traceback" not in told
    assert told


def forged(served: str, event: str, content: object, rest: list | None = None) -> str:
    """What the server answers to an event that no page of ours would send."""
    config = httpx.get(f"{served}config").json()
    fitting = [
        d
        for d in config["dependencies"]
        if any(name == event for _, name in d["targets"])
        and len(d["inputs"]) == 1 + len(rest or [])
    ]
    body = {
        "data": [None, *(rest or [])],
        "event_data": content,
        "fn_index": fitting[0]["id"],
        "session_hash": f"forged{time.monotonic_ns()}",
    }
    joined = httpx.post(f"{served}gradio_api/queue/join", json=body)
    assert joined.status_code == 200, joined.text
    url = f"{served}gradio_api/queue/data?session_hash={body['session_hash']}"
    with httpx.stream("GET", url, timeout=20) as stream:
        for line in stream.iter_lines():
            if "process_completed" in line:
                answered = json.loads(line.removeprefix("data: "))
                assert answered["success"] is False
                return str(answered["output"]["error"])
    return ""


def test_another_name_for_this_machine_is_refused(served: str):
    assert httpx.get(served, headers={"host": "evil.example"}).status_code == 400


def test_history_and_monitoring_are_off(served: str):
    assert httpx.get(f"{served}gradio_api/runs").status_code == 404
    assert httpx.get(f"{served}docs").status_code == 404


def test_requests_are_bounded_in_all_and_not_only_per_file(served: str):
    files = [("files", (f"{i}.bin", bytes(9_000_000))) for i in range(3)]
    assert httpx.post(f"{served}gradio_api/upload", files=files).status_code == 413


def test_a_chunked_request_is_bounded_too(served: str):
    def endless():
        yield b'--x\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n'
        for _ in range(40):
            yield bytes(1_000_000)

    headers = {"content-type": "multipart/form-data; boundary=x"}
    try:
        answered = httpx.post(f"{served}gradio_api/upload", content=endless(), headers=headers)
    except (httpx.WriteError, httpx.ReadError):
        return  # the server closed the connection while we were still sending
    assert answered.status_code == 413


def test_the_limit_lets_small_requests_through():
    import asyncio

    received = []

    async def inner(scope, receive, send):
        received.append(await receive())
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def ask(size: int, header: bool) -> list[int]:
        sent = []

        async def receive():
            return {"type": "http.request", "body": bytes(size)}

        async def send(message):
            sent.append(message)

        headers = [(b"content-length", str(size).encode())] if header else []
        scope = {"type": "http", "headers": headers}
        await uploads.BodyLimit(inner, 100)(scope, receive, send)
        return [m["status"] for m in sent if m["type"] == "http.response.start"]

    for header in (True, False):
        assert asyncio.run(ask(100, header)) == [200]
        assert asyncio.run(ask(101, header)) == [413]
    assert len(received) == 2


def test_a_port_in_use_gives_the_next_free_one(monkeypatch: pytest.MonkeyPatch):
    with app.free_port("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with app.free_port("127.0.0.1", port) as other:
            assert port < other.getsockname()[1] < port + app.PORTS
        monkeypatch.setattr(app, "PORTS", 1)
        with pytest.raises(ValueError, match=f"No port from {port} to {port} is free"):
            app.free_port("127.0.0.1", port)


@pytest.mark.parametrize("name", ["GRADIO_VIBE_MODE", "GRADIO_SHARE"])
def test_settings_that_open_the_machine_are_refused(
    runs: list[Run], monkeypatch: pytest.MonkeyPatch, name: str
):
    monkeypatch.setenv(name, "1")
    with pytest.raises(ValueError, match=f"{name} .*; unset it"):
        app.build_app(runs)


def test_no_runs_says_how_to_make_one():
    with pytest.raises(ValueError, match="There are no runs in here; `hashviz train"):
        app.launch([], root="here", open_browser=False)


LAUNCH = """
import socket, sys
looked_up = []
def no_look_up(host, *rest, **more):
    if host not in ("127.0.0.1", "localhost", None, b"127.0.0.1"):
        looked_up.append(host)
        print("LOOKED UP", host, flush=True)
        raise OSError("no network")
    return real(host, *rest, **more)
real, socket.getaddrinfo = socket.getaddrinfo, no_look_up
from hashviz.runs import Run
from demo.app import launch
launch([Run.load(sys.argv[1])], port=int(sys.argv[2]), open_browser=False,
       announce=lambda text: print(text, flush=True))
print("STOPPED", flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is sent as a signal")
def test_launch_prints_its_address_looks_nothing_up_and_stops_on_ctrl_c(trained: Run):
    import signal

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-c", LAUNCH, str(trained.path), str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    watchdog = threading.Timer(90, process.kill)
    watchdog.start()
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        assert first.startswith(f"hashviz is at http://127.0.0.1:{port}/"), first
        assert httpx.get(f"http://127.0.0.1:{port}/").status_code == 200
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=60)
    finally:
        watchdog.cancel()
        process.kill()
    assert rest.strip() == "STOPPED"
    assert process.returncode == 0


def test_a_picture_sent_as_an_address_is_not_fetched(served: str, trained: Run):
    asked = []
    with socket.socket() as trap:
        trap.bind(("127.0.0.1", 0))
        trap.listen()
        trap.settimeout(2)
        url = f"http://127.0.0.1:{trap.getsockname()[1]}/x.png"
        file = {"path": url, "url": url, "meta": {"_type": "gradio.FileData"}}
        event, _ = call(served, "search_picture", [trained.name, file, "k", 5])
        trap.settimeout(0.2)
        with contextlib.suppress(TimeoutError):
            asked.append(trap.accept()[1])
    assert event == "error"
    assert asked == []


def test_a_wide_picture_from_another_program_is_read(served: str, trained: Run):
    content = io.BytesIO()
    Image.new("CMYK", (300, 40), (0, 90, 90, 0)).save(content, "jpeg")
    sent = httpx.post(f"{served}gradio_api/upload", files={"files": ("a.png", content.getvalue())})
    file = {"path": sent.json()[0], "meta": {"_type": "gradio.FileData"}}
    event, told = call(served, "search_picture", [trained.name, file, "k", 5])
    assert event == "complete"
    assert len(json.loads(told)[0]["results"]) == 5
