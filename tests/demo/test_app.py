"""The app as a whole: it builds, starts, stops, and believes no event it did not send."""

import json
import os
import socket
import subprocess
import sys
import threading
import time

import pytest

from hashviz.runs import Run
from hashviz_demo.app import build_app, launch
from hashviz_demo.library import Library

gradio = pytest.importorskip("gradio", reason="the app needs `pip install hashviz[demo]`")
httpx = pytest.importorskip("httpx")

# gradio, its server and its client warn of each other's old names; none of it is ours.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning:gradio.*"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:starlette.*"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:websockets.*"),
]


def test_the_app_builds_and_offers_three_calls(runs: list[Run]):
    described = build_app(Library(runs)).get_api_info()["named_endpoints"]
    assert set(described) == {"/runs", "/search", "/search_picture"}


def test_the_app_draws_without_pyplot():
    script = "import sys, hashviz_demo.app; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout.split()
    for heavy in ("torch", "gradio", "matplotlib.pyplot", "umap"):
        assert heavy not in loaded


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


@pytest.mark.parametrize("name", ["GRADIO_VIBE_MODE", "GRADIO_SHARE"])
def test_settings_that_open_the_machine_are_refused(
    runs: list[Run], monkeypatch: pytest.MonkeyPatch, name: str
):
    monkeypatch.setenv(name, "1")
    with pytest.raises(ValueError, match=f"{name} .*; unset it"):
        build_app(Library(runs))


def test_no_runs_says_how_to_make_one():
    with pytest.raises(ValueError, match="There are no runs in here; `hashviz train"):
        launch([], root="here", open_browser=False)


LAUNCH = """
import signal, socket, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores Ctrl-C
looked_up = []
def no_look_up(host, *rest, **more):
    if host not in ("127.0.0.1", "localhost", None, b"127.0.0.1"):
        looked_up.append(host)
        print("LOOKED UP", host, flush=True)
        raise OSError("no network")
    return real(host, *rest, **more)
real, socket.getaddrinfo = socket.getaddrinfo, no_look_up
from hashviz.runs import Run
from hashviz_demo.app import launch
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
