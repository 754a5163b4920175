"""Thirty students and one clown: whatever is sent to the served app gets one clear sentence.

Here are the faults of a picture, of a name and of an event, each through the whole server. What a
decoder refuses and why is in tests/data/test_images.py; requests that are too large, paths that
lead outside and the room that uploads may take are in test_server.py and test_quota.py.
"""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from hashviz.runs import Run
from hashviz_demo.gradio_patches import guard_events
from tests.data.test_images import BOMB, chunk, encoded, peak_memory, zeros
from tests.data.test_images import png as raw_png
from tests.demo.asking import Answer, Event, ask, call, events, uploaded

gradio = pytest.importorskip("gradio", reason="the app needs `pip install hashviz[demo]`")
httpx = pytest.importorskip("httpx")

# gradio, its server and its client warn of each other's old names; none of it is ours.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning:gradio.*"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:starlette.*"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:websockets.*"),
]

SEVEN = np.zeros((64, 48), np.uint8)
SEVEN[8:16, 8:40] = SEVEN[16:56, 26:34] = 255
PICTURE = encoded(SEVEN)
WRONG_SUM = bytearray(PICTURE)
WRONG_SUM[-14] ^= 1
TEXT_BOMB = raw_png(8, 8, 8, 0, zeros(72), extra=chunk(b"zTXt", b"comment\0\0" + zeros(80_000_000)))

BROKEN = {
    "no bytes": (b"", "empty"),
    "half a PNG": (PICTURE[: len(PICTURE) // 2], "damaged or incomplete"),
    "half a JPEG": (encoded(SEVEN, "JPEG")[:300], "damaged or incomplete"),
    "a wrong checksum": (bytes(WRONG_SUM), "damaged or incomplete"),
    "text": (b"this is not a picture", "not a picture that can be read; use JPEG, PNG"),
    "a program": (b"MZ\x90\0" + bytes(200), "not a picture that can be read"),
    "a bomb of pixels": (BOMB, "limit is 40 million"),
    "a bomb of text": (TEXT_BOMB, "damaged or incomplete"),
    "SVG": (
        b"<svg xmlns='http://www.w3.org/2000/svg'><image href='http://127.0.0.1:1/x'/></svg>",
        "not a picture that can be read",
    ),
    "EPS": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n", "not a picture"),
    "HEIC": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(99), "export the picture as JPEG"),
    "one point": (encoded(np.zeros((1, 1), np.uint8)), "1 x 1 pixels; each side needs at least 2"),
    "a long line": (encoded(np.zeros((1, 20_000), np.uint8)), "20,000 x 1 pixels"),
}

GRAY = Image.fromarray(SEVEN)
ALPHA = Image.merge("LA", (GRAY, Image.new("L", GRAY.size, 255)))
DEEP = SEVEN.astype(np.uint16) * 257
ODD = {
    "a JPEG with another ending": encoded(SEVEN, "JPEG", quality=95),
    "CMYK": encoded(GRAY.convert("CMYK"), "TIFF"),
    "gray with alpha": encoded(ALPHA),
    "a palette with transparency": encoded(GRAY.convert("P"), transparency=77),
    "one bit": encoded(GRAY.convert("1")),
    "16 bits": encoded(DEEP),
    "floats": encoded(SEVEN.astype(np.float32) / 255, "TIFF"),
    "a broken color profile": encoded(GRAY.convert("RGB"), icc_profile=b"no profile"),
}


def searched(served: str, run: Run, file: Any) -> Answer:
    return call(served, "search_picture", [run.name, file, "k", 5])


def code_of(answer: Answer) -> str:
    assert answer.right, answer.content
    return answer.content[0]["query"]["code"]


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_picture_gets_one_sentence(served: str, trained: Run, fault: str):
    content, sentence = BROKEN[fault]
    before = peak_memory()
    answer = searched(served, trained, uploaded(served, content))
    assert not answer.right
    assert sentence in str(answer.content)
    assert not re.search(r"Traceback|PIL|Error\(|0x[0-9a-f]{6}", str(answer.content))
    assert peak_memory() - before < 100e6


@pytest.mark.parametrize("kind", ODD)
def test_an_odd_picture_that_shows_the_same_is_the_same_query(served: str, trained: Run, kind: str):
    expected = code_of(searched(served, trained, uploaded(served, PICTURE)))
    code = code_of(searched(served, trained, uploaded(served, ODD[kind], "odd.png")))
    assert sum(a != b for a, b in zip(code, expected, strict=True)) <= 1, "JPEG may move one bit"


def test_all_eight_ways_to_hold_a_camera_give_the_same_code(served: str, trained: Run):
    codes = set()
    undone = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    for orientation, turn in undone.items():
        exif = Image.Exif()
        exif[0x0112] = orientation
        held = GRAY if turn is None else GRAY.transpose(turn)
        file = uploaded(served, encoded(held, exif=exif))
        codes.add(code_of(searched(served, trained, file)))
    assert len(codes) == 1


def test_of_a_picture_that_moves_the_first_frame_is_used_and_that_is_told(served: str):
    frames = [GRAY, Image.new("L", GRAY.size, 255)]
    content = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    event = next(e for e in events(served) if e.element == "hv-upload")
    moving = ask(served, event, None, [None, uploaded(served, content, "moving.gif")])
    still = ask(served, event, None, [None, uploaded(served, PICTURE)])
    assert moving.right
    assert still.right
    assert moving.notes == ("This picture moves; its first frame is the query.",)
    assert still.notes == ()


def test_eight_bombs_at_once_do_not_keep_others_waiting(served: str, trained: Run):
    bomb = uploaded(served, BOMB)
    before = peak_memory()
    with ThreadPoolExecutor(10) as pool:
        bombs = [pool.submit(searched, served, trained, bomb) for _ in range(8)]
        other = pool.submit(call, served, "runs", [])
        assert other.result().right
        assert all("40 million" in str(bomb.result().content) for bomb in bombs)
    assert peak_memory() - before < 300e6


@pytest.mark.parametrize(
    "name",
    [
        "../../evil.png",
        "<script>alert(1)</script>.png",
        "x" * 400 + ".png",
        "CON.png",
        "\N{SEE-NO-EVIL MONKEY}.png",
        "\N{RIGHT-TO-LEFT OVERRIDE}gnp.exe.png",
        "a;rm -rf ~.png",
    ],
    ids=["upwards", "script", "400", "CON", "emoji", "right to left", "shell"],
)
def test_a_name_is_never_a_path_and_never_shown(served: str, trained: Run, name: str):
    file = uploaded(served, PICTURE, name)
    kept = Path(file["path"])
    assert kept == kept.resolve()
    assert len(kept.name) < 256
    assert "<" not in kept.name
    answer = searched(served, trained, file)
    assert answer.right
    assert "evil" not in str(answer.content)
    assert "script" not in str(answer.content)


def test_a_zero_in_a_name_does_not_cut_the_path(served: str, trained: Run):
    boundary = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a\0../b.png"\r\n'
    body = boundary + b"Content-Type: image/png\r\n\r\n" + PICTURE + b"\r\n--x--\r\n"
    sent = httpx.post(
        f"{served}gradio_api/upload",
        content=body,
        headers={"content-type": "multipart/form-data; boundary=x"},
    )
    if sent.status_code == 200:
        file = {"path": sent.json()[0], "meta": {"_type": "gradio.FileData"}}
        assert "\0" not in file["path"]
        assert searched(served, trained, file).right
    else:
        assert sent.status_code in (400, 422)


def test_one_file_above_the_limit_is_refused_with_the_limit(served: str):
    large = httpx.post(
        f"{served}gradio_api/upload", files={"files": ("a.bin", bytes(21_500_000))}, timeout=60
    )
    assert large.status_code == 413
    assert "20" in large.text


@pytest.mark.parametrize(
    "path",
    [
        "gradio_api/proxy=http://127.0.0.1:1/",
        "gradio_api/file/../../../../etc/passwd",
        "gradio_api/file=..%2f..%2f..%2f..%2fetc%2fpasswd",
        "gradio_api/file=//127.0.0.1/share/x",
        "gradio_api/stream/../../etc/passwd",
        "gradio_api/deep_link=..%2f..%2fetc%2fpasswd",
        "svelte/..%2f..%2f..%2fetc%2fpasswd",
        "custom_component/..%2f..%2f/client/x/y",
        "theme.css/..%2f..%2fetc%2fpasswd",
        "%2e%2e/%2e%2e/%2e%2e/etc/passwd",
        "thumbnails/x/-1.png",
        "thumbnails/x/99999999999999999999.png",
    ],
)
def test_more_paths_that_lead_nowhere(served: str, path: str):
    answer = httpx.get(served + path)
    assert answer.status_code in (400, 403, 404, 405, 422)
    assert "root:" not in answer.text


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/x.png", "file:///etc/passwd", "//etc/passwd"])
def test_an_address_is_not_a_picture(served: str, trained: Run, url: str):
    file = {"path": url, "url": url, "meta": {"_type": "gradio.FileData"}}
    answer = searched(served, trained, file)
    assert not answer.right
    assert "root:" not in str(answer.content)


FORGED: tuple[Any, ...] = (-1, 10**40, 1.5, None, "x", [[1]], {"x": 1}, "1" * 10**5, "2" * 16)
KEYS = ("position", "place", "run", "what", "pattern", "bit", "picture", "layout", "blind")
MORE_KEYS = ("protocol", "bet", "shown", "free", "tab", "vote", "radius", "k", "name")
LATER_KEYS = ("order", "bucket", "question", "address", "drawn")
SLOW_ON_PURPOSE = {
    ("hv-space-stage", "draw"),
    ("hv-machine", "press"),
    ("hv-engines", "press"),
}
"""Events whose honest answer takes seconds, whatever comes with them."""
UNFORESEEN = "went wrong inside the app"


def named(event: Event) -> str:
    return f"{event.element}.{event.name}"


def test_no_forged_event_gets_through_or_is_told_in_python(
    served: str, capsys: pytest.CaptureFixture[str]
):
    every = [
        event
        for event in events(served)
        if set(event.inputs) != {"state"} or event.name not in ("select", "change", "load")
        if (event.element, event.name) not in SLOW_ON_PURPOSE
    ]
    assert len(every) > 20
    # Three values each, all of them on neighboring events: some honest answers cost a second.
    jobs = [
        (event, FORGED[(3 * place + turn) % len(FORGED)])
        for place, event in enumerate(every)
        for turn in range(3)
    ]

    def sent(job: tuple[Event, Any]) -> tuple[str, Answer]:
        event, value = job
        payload = {key: value for key in (*KEYS, *MORE_KEYS, *LATER_KEYS)}
        values = [None if kind == "state" else value for kind in event.inputs]
        return f"{named(event)} {str(value)[:30]!r}", ask(served, event, payload, values)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(sent, jobs))
    unforeseen = [told for told, answer in answers if UNFORESEEN in str(answer.content)]
    assert not unforeseen, capsys.readouterr().err
    for told, answer in answers:
        if not answer.right:
            assert 10 < len(str(answer.content)) < 600, (told, answer.content)
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("payload", [None, [], [1], "x", 7, {}, {"position": {"position": 1}}])
def test_an_event_without_what_it_needs_is_told(served: str, payload: Any):
    pick = next(e for e in events(served) if named(e) == "hv-page.pick")
    answer = ask(served, pick, payload)
    assert not answer.right
    assert "A database position is a whole number from 0 to" in answer.content


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"data": 1}', b"\xff" * 100, b"[" * 5000])
@pytest.mark.parametrize("path", ["queue/join", "call/search", "run/predict", "upload", "reset"])
def test_a_broken_request_is_the_fault_of_who_sent_it(served: str, path: str, body: bytes):
    sent = httpx.post(
        f"{served}gradio_api/{path}", content=body, headers={"content-type": "application/json"}
    )
    assert sent.status_code < 500, sent.text
    assert "Traceback" not in sent.text
    assert httpx.get(f"{served}config").status_code == 200


def test_what_nobody_foresaw_is_in_the_log_and_not_on_the_page(capsys: pytest.CaptureFixture[str]):
    def broken() -> str:
        raise KeyError("a secret")

    async def pressed() -> None:
        with gradio.Blocks(analytics_enabled=False) as app:
            gradio.Button().click(broken, None, gradio.Textbox())
        guard_events(app)
        await app.process_api(0, [])

    with pytest.raises(gradio.Error) as refused:
        asyncio.run(pressed())
    assert UNFORESEEN in refused.value.message
    assert "secret" not in refused.value.message
    assert "KeyError: 'a secret'" in capsys.readouterr().err
