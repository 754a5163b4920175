"""What programs ask: the three calls, and the one clear message for a wrong one."""

import contextlib
import io
import json
import socket
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hashviz.runs import Run
from hashviz_demo.library import Library
from hashviz_demo.scene import first_scene
from hashviz_demo.tabs.search import view as views

gradio = pytest.importorskip("gradio", reason="the app needs `pip install hashviz[demo]`")
httpx = pytest.importorskip("httpx")

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


def test_runs_are_listed(client):
    names = [run["name"] for run in client.predict(api_name="/runs")]
    assert names == [
        "digits/lsh/16bits/seed0",
        "digits/lsh/12bits/seed0",
        "digits/lsh/32bits/seed1",
    ]


def test_search_answers_as_the_plain_function_does(client, runs: list[Run]):

    answered = client.predict(runs[0].name, 5, "k", 9, api_name="/search")
    library = Library(runs)
    scene = first_scene(library, {"run": runs[0].name, "query": "5", "k": "9"})[0]
    expected = json.loads(json.dumps(views.as_json(library, views.look(library, scene))))
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
