"""No path that a visitor names is opened: a canary is looked for wherever it could come out.

What is sent goes to every event of the page, by its name and by its number, and through every
address that ran an event or gave out a file in any release of gradio.
"""

import asyncio
import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from hashviz.runs import Run
from hashviz_demo.gradio_files import ADDRESSES, files_in, is_upload, only_uploads
from hashviz_demo.gradio_patches import guard_events
from tests.data.test_images import chunk, zeros
from tests.data.test_images import png as raw_png
from tests.demo.asking import call, uploaded

gradio = pytest.importorskip("gradio", reason="the app needs `pip install hashviz[demo]`")
httpx = pytest.importorskip("httpx")

# gradio, its server and its client warn of each other's old names; none of it is ours.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning:gradio.*"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:starlette.*"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:websockets.*"),
]

SECRET = b"the canary sings"
CANARY = raw_png(8, 8, 8, 0, zeros(72), extra=chunk(b"tEXt", b"comment\0" + SECRET))
"""A picture that could be searched, if it were opened."""
PICTURE = raw_png(8, 8, 8, 0, zeros(72))
META = {"_type": "gradio.FileData"}
REFUSED = "A picture is uploaded first"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One connection for all; a new one for each request would take most of the time."""
    with httpx.Client(timeout=20, verify=False) as client:
        yield client


def as_file(path: Any, **more: Any) -> dict[str, Any]:
    return {"path": path, "meta": META, **more}


@pytest.fixture
def names(tmp_path: Path, served: str) -> dict[str, str]:
    """The canary under every kind of name, and what must not be opened at all."""
    uploads = Path(uploaded(served, SECRET[:3])["path"]).parents[1]
    canary, inside = tmp_path / "canary.png", uploads / "linked.png"
    canary.write_bytes(CANARY)
    inside.unlink(missing_ok=True)
    inside.symlink_to(canary)
    (tmp_path / "link.png").symlink_to(canary)
    os.mkfifo(tmp_path / "fifo.png")
    return {
        "plain": str(canary),
        "relative": os.path.relpath(canary),
        "upwards": f"{uploads}/../{os.path.relpath(canary, uploads.parent)}",
        "upwards, encoded": f"{uploads}/%2e%2e/{os.path.relpath(canary, uploads.parent)}",
        "encoded": quote(str(canary), safe=""),
        "a second slash": f"/{canary}",
        "an address": f"file://{canary}",
        "a web address": f"http://127.0.0.1:1/{canary}",
        "a link": str(tmp_path / "link.png"),
        "a link in the uploads": str(inside),
        "a folder": str(tmp_path),
        "with a zero": f"{canary}\0.png",
        "nothing": "",
        "a fifo": str(tmp_path / "fifo.png"),
        "a device": "/dev/zero",
    }


def wrapped(path: str) -> dict[str, Any]:
    """The ways in which the components of gradio hold files."""
    file = as_file(path)
    return {
        "a file": file,
        "with an address": as_file(path, url=f"http://127.0.0.1/gradio_api/file={path}"),
        "an address only": {"path": None, "url": path, "meta": META},
        "an address alone": {"url": path},
        "a stream": as_file(path, is_stream=True),
        "without a kind": {"path": path},
        "of another kind": {"path": path, "meta": {"_type": "x"}},
        "a list": [[file]],
        "a gallery": [{"image": file, "caption": None}],
        "an edited picture": {"background": file, "layers": [file], "composite": None},
        "a message": {"text": "", "files": [file]},
        "an update": {"__type__": "update", "value": file},
        "deep": {"value": {"value": [[{"x": [file]}]]}},
    }


def found_in_uploads(names: dict[str, str]) -> list[Path]:
    folder = Path(names["a link in the uploads"]).parent
    files = [each for each in folder.rglob("*") if each.is_file() and not each.is_symlink()]
    return [each for each in files if SECRET in each.read_bytes()]


def later(browser: Any, served: str, session: str, names: list[str]) -> bytes:
    """What a session could ask for afterwards: its state, that state as a page, files."""
    linked = browser.get(f"{served}gradio_api/deep_link", params={"session_hash": session})
    link = quote(linked.text.strip('"'))
    asked = [f"{page}?deep_link={link}" for page in ("", "config")]
    for name in names:
        for written in {quote(name), quote(name, safe=""), quote(quote(name, safe=""), safe="")}:
            asked += [f"gradio_api/{route}{written}" for route in ("file=", "file/", "proxy=")]
    return b"".join(browser.get(served + address).content for address in asked)


def test_a_path_is_refused_by_every_event_by_name_and_by_number(
    browser: Any, served: str, names: dict[str, str]
):
    page = browser.get(f"{served}config").json()["dependencies"]
    assert len(page) > 60
    session = uuid.uuid4().hex

    def sent(wired: dict[str, Any]) -> list[str]:
        values = [wrapped(names["plain"])["deep"]] * max(1, len(wired["inputs"]))
        body = {"data": values, "session_hash": session}
        ways = [(f"run/{wired['api_name']}", {}), ("api/none/", {"fn_index": wired["id"]})]
        address = f"{served}gradio_api/"
        return [browser.post(address + way, json=body | more).text for way, more in ways]

    answers = [answer for wired in page for answer in sent(wired)]
    assert all(REFUSED in answer for answer in answers), answers
    assert SECRET not in later(browser, served, session, [names["plain"]])
    assert found_in_uploads(names) == []


@pytest.mark.parametrize("way", ["by name", "by number", "by the names of its parameters"])
def test_no_kind_of_path_is_opened_by_an_event_that_reads_a_picture(
    browser: Any, served: str, trained: Run, names: dict[str, str], way: str
):
    session = uuid.uuid4().hex
    page = browser.get(f"{served}config").json()["dependencies"]
    number = next(each["id"] for each in page if each["api_name"] == "search_picture")
    sent = [as_file(name) for name in names.values()]
    if way == "by number":
        sent += wrapped(names["plain"]).values()
    for file in sent:
        values = [trained.name, file, "k", 5]
        body = {"data": values, "session_hash": session, "fn_index": number}
        named = dict(zip(("run", "picture", "mode", "amount"), values, strict=True))
        base = f"{served}gradio_api/"
        if way == "by number":
            posted = browser.post(f"{base}queue/join", json=body)
            asked = f"{base}queue/data?session_hash={session}"
        else:
            v2 = "v2/" if "parameters" in way else ""
            posted = browser.post(f"{base}call/{v2}search_picture", json=named if v2 else body)
            asked = f"{base}call/search_picture/{posted.json()['event_id']}"
        answer = browser.get(asked).text
        assert REFUSED in answer, (file, answer)
    asked_for = list(names.values()) if way == "by number" else [names["plain"]]
    assert SECRET not in later(browser, served, session, asked_for)
    assert found_in_uploads(names) == []


def test_an_upload_is_searched_and_shown_whatever_else_is_said_of_it(served: str, trained: Run):
    file = uploaded(served, PICTURE)
    file |= {"url": "http://127.0.0.1:1/x.png", "is_stream": True, "mime_type": "text/html"}
    assert call(served, "search_picture", [trained.name, file, "k", 5]).right
    shown = httpx.get(f"{served}gradio_api/file={file['path']}")
    assert (shown.status_code, shown.content) == (200, PICTURE)


def test_of_what_is_said_of_an_upload_only_its_path_is_kept(tmp_path: Path):
    path = str(tmp_path / "mine.png")
    Path(path).write_bytes(PICTURE)
    file = {"path": path, "url": "http://127.0.0.1:1/x.png", "orig_name": "../x", "is_stream": True}
    only_uploads([{"picture": file}], {path})
    assert file == {"path": path, "meta": {"_type": "gradio.FileData"}}


def test_a_file_beside_the_uploads_and_one_that_went_are_not_there(served: str, tmp_path: Path):
    path = Path(uploaded(served, b"went")["path"])
    beside = path.with_name("beside.png")
    beside.write_bytes(b"beside")
    kept = path.rename(tmp_path / "kept.png")
    uploads = {str(path)}
    for name in (beside, path):
        assert httpx.get(f"{served}gradio_api/file={name}").status_code == 404
        assert not is_upload(str(name), uploads)
    path.symlink_to(kept)  # even under the name of an upload, only a file is one
    assert httpx.get(f"{served}gradio_api/file={path}").status_code == 404
    assert not is_upload(str(path), uploads)
    assert not is_upload([str(path)], uploads)
    beside.unlink()
    path.unlink()


CLOSED = (
    "deep_link?session_hash=x", "process_recording", "component_server", "proxy=http://x/",
    "stream/x", "vibe-edit", "vibe-code", "runs", "run-history/records", "token",
    "custom_component/a/client/b/c", "file/etc/passwd", "monitoring", "mcp", "deep_link/",
)  # fmt: skip


@pytest.mark.parametrize("address", CLOSED)
def test_what_the_page_does_not_need_has_no_address(browser: Any, served: str, address: str):
    for method in ("GET", "POST"):
        answer = browser.request(method, f"{served}gradio_api/{address}")
        assert (answer.status_code, answer.text) == (404, "There is nothing here.")


@pytest.mark.parametrize("query", ["deep_link=x", "%64eep_link=x", "a=1&deep_link=FCaHW4QDtqc"])
@pytest.mark.parametrize("page", ["", "config"])
def test_no_page_is_opened_from_a_state_on_the_disk(
    browser: Any, served: str, page: str, query: str
):
    assert browser.get(f"{served}{page}?{query}").status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/gradio_api", "/gradio_api/call", "/gradio_api/dev/reload", "//config", "/x/../config"],
)
def test_an_address_is_matched_as_a_whole(path: str):
    assert ADDRESSES.fullmatch("/config")
    assert not ADDRESSES.fullmatch(path)


def test_the_app_reads_files_in_two_places_and_gives_out_none(served: str):
    page = httpx.get(f"{served}config").json()
    kinds = {part["id"]: part["type"] for part in page["components"]}
    read = {kinds[i] for wired in page["dependencies"] for i in wired["inputs"]}
    told = {kinds[i] for wired in page["dependencies"] for i in wired["outputs"]}
    assert read == {"state", "image", "radio", "slider", "textbox", "number"}
    assert told == {"state", "html", "json", "radio", "slider"}


COMPONENTS = ("File", "Image", "Gallery", "ImageEditor", "MultimodalTextbox", "Video", "JSON")


def test_whatever_the_component_both_locks_hold_alone(names: dict[str, str]):
    async def answered(app: Any, event: int, value: Any) -> str:
        try:
            await gradio.Blocks.process_api(app, event, [value])
        except Exception as error:
            return str(error)
        return ""

    async def each() -> None:
        with gradio.Blocks(analytics_enabled=False) as app:
            for kind in COMPONENTS:
                made = getattr(gradio, kind)()
                gradio.Button().click(lambda value: value, made, gradio.JSON())
        unguarded = app.preprocess_data
        guard_events(app)
        guarded = app.preprocess_data
        assert app.has_launched
        assert app.is_running
        for event, kind in enumerate(COMPONENTS):
            app.preprocess_data, app.has_launched = guarded, False
            for value in wrapped(names["plain"]).values():
                assert REFUSED in await answered(app, event, value), (kind, value)
            app.preprocess_data, app.has_launched = unguarded, True
            told = await answered(app, event, as_file(names["plain"]))
            assert "was not uploaded by a user" in told, "gradio has another check, or none"

    asyncio.run(each())
    assert found_in_uploads(names) == []


def test_an_answer_names_no_file(names: dict[str, str]):
    assert list(files_in([1, {"x": ({"path": "a"},)}, {"url": "b"}, "path"])) == [
        {"url": "b"},
        {"path": "a"},
    ]

    async def once() -> None:
        with gradio.Blocks(analytics_enabled=False) as app:
            name = gradio.Textbox()
            gradio.Button().click(as_file, name, gradio.JSON())
        guard_events(app)
        await gradio.Blocks.process_api(app, 0, [names["plain"]])

    with pytest.raises(ValueError, match="An answer names a file; this app gives out none"):
        asyncio.run(once())
    assert found_in_uploads(names) == []
