"""What a person sees and does in the app, in a real Chromium; nothing may leave 127.0.0.1."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

from hashviz.runs import Run
from tests.demo.browsing import DESK, PHONE, SCREENS, close, new_page, watched
from tests.demo.conftest import CHROMIUM, FLAGS

playwright = pytest.importorskip("playwright.sync_api")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium here: apt-get install chromium"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:gradio.*"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:starlette.*"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:websockets.*"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator:
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(params=SCREENS)
def page(request: pytest.FixtureRequest, browser, served: str) -> Iterator:
    width, height, theme = request.param
    page = new_page(browser, width, height)
    trouble: list[str] = []
    page.on("pageerror", lambda error: trouble.append(f"error: {error}"))
    page.on("console", lambda m: trouble.append(m.text) if m.type == "error" else None)
    page.on("request", lambda r: trouble.append(r.url) if leaves(r.url) else None)
    page.goto(f"{served}?__theme={theme}")
    ready(page)
    yield page
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    close(page)
    assert trouble == []
    assert wide <= 0, "the page is wider than the window"


def leaves(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme not in ("data", "blob") and parts.hostname != "127.0.0.1"


def ready(page) -> None:
    """The first page has come and the address was read."""
    page.wait_for_function("window.location.search.includes('run=')")
    page.wait_for_selector(".hv-card")


def settled(page, act) -> float:
    """Do something and wait until the browser has drawn the answer; milliseconds from click."""
    page.evaluate(
        "document.querySelectorAll('.hv-whole').forEach(e => e.dataset.milliseconds = '')"
    )
    before = page.evaluate("document.querySelector('#hv-page').innerText")
    act()
    page.wait_for_function(
        "before => document.querySelector('#hv-page').innerText !== before "
        "&& document.querySelector('.hv-whole').dataset.milliseconds",
        arg=before,
    )
    return float(page.get_attribute(".hv-whole", "data-milliseconds"))


def test_a_first_answer_is_there_at_once(page, trained: Run):
    assert page.locator(".hv-card").count() == 12
    assert "share a label with the query" in page.inner_text(".hv-status")
    assert re.search(r"distance \d+: ", page.inner_text(".hv-group h3 >> nth=0"))
    assert page.locator(".hv-query .hv-big i").count() == trained.config.bits
    page.wait_for_function(
        "[...document.querySelectorAll('.hv-card img')].every(i => i.complete && i.naturalWidth)"
    )


def test_a_sample_becomes_the_query(page):
    settled(page, lambda: page.click("[data-sample] >> nth=3"))
    name = page.get_attribute("[data-sample] >> nth=3", "aria-label").rpartition(": ")[2]
    assert page.inner_text(".hv-query h2").startswith(name)
    assert page.get_attribute("[data-sample] >> nth=3", "aria-pressed") == "true"
    assert page.locator(".hv-trail").count() == 0


def test_a_result_becomes_the_query_and_the_trail_leads_back(page):
    first = page.inner_text(".hv-query h2")
    settled(page, lambda: page.click("[data-pick] >> nth=2"))
    assert "database item" in page.inner_text(".hv-query h2")
    assert page.locator(".hv-trail li").count() == 2
    page.focus("[data-pick] >> nth=4")
    settled(page, lambda: page.keyboard.press("Enter"))
    assert page.locator(".hv-trail li").count() == 3
    assert page.evaluate("document.activeElement.className") == "hv-query"
    settled(page, lambda: page.click("[data-back='0']"))
    assert page.inner_text(".hv-query h2") == first


def test_right_and_wrong_differ_by_mark_and_border(page):
    settled(page, lambda: drag_to(page, "#hv-k", 60))
    marks = {"✓": "solid", "✗": "dashed"}
    seen = page.eval_on_selector_all(
        ".hv-card",
        "cards => cards.map(c => [c.querySelector('.hv-mark').textContent, "
        "getComputedStyle(c).borderTopStyle])",
    )
    assert {mark for mark, _ in seen} == set(marks)
    assert all(border == marks[mark] for mark, border in seen)


def test_every_box_holds_one_distance_and_its_caption_is_true(page):
    settled(page, lambda: drag_to(page, "#hv-k", 40))
    boxes = page.eval_on_selector_all(
        ".hv-group",
        "boxes => boxes.map(b => [b.querySelector('h3').innerText, "
        "[...b.querySelectorAll('.hv-chip')].map(c => c.innerText), "
        "[...b.querySelectorAll('.hv-card')].map(c => c.querySelectorAll('i.d').length)])",
    )
    assert sum(len(chips) for _, chips, _ in boxes) == 40
    for caption, chips, differing in boxes:
        distance = int(re.findall(r"\d+", caption)[0])
        assert set(chips) == {f"d {distance}"}
        assert set(differing) == {distance}
        count = re.search(r"these (\d+) are equal|(\d+) of [\d,]+ shown", caption)
        assert int(next(filter(None, count.groups()))) == len(chips) if count else len(chips) == 1


def test_a_radius_search_says_how_many_lie_inside(page):
    settled(page, lambda: page.click("#hv-mode label:has-text('radius')"))
    page.wait_for_selector("#hv-radius", state="visible")
    assert page.locator("#hv-k").is_hidden()
    settled(page, lambda: drag_to(page, "#hv-radius", 3))
    assert "within radius 3" in page.inner_text(".hv-status")
    assert all(int(chip[2:]) <= 3 for chip in page.locator(".hv-chip").all_inner_texts())
    page.wait_for_function("window.location.search.includes('radius=3')")


def test_another_run_keeps_the_query_and_shows_its_own_code(page):
    before = page.inner_text(".hv-query h2").splitlines()[0]
    settled(page, lambda: page.select_option("#hv-run", "digits/lsh/32bits/seed1"))
    assert page.locator(".hv-query .hv-big i").count() == 32
    assert page.input_value("#hv-run") == "digits/lsh/32bits/seed1"
    assert len(before) == 1


@pytest.mark.parametrize("screen", [DESK, PHONE], ids=["desk", "phone"])
def test_a_link_opens_the_scene_it_names(browser, served: str, screen):
    address = f"{served}?run=digits/lsh/12bits/seed0&query=database:7&k=5"
    with watched(browser, address, screen) as page:
        page.wait_for_function("document.querySelectorAll('.hv-card').length === 5")
        assert "database item 7" in page.inner_text(".hv-query h2")
        assert page.input_value("#hv-k input[type=number]") == "5"


def test_an_uploaded_picture_is_searched(page, tmp_path: Path):
    canvas = np.zeros((64, 64), np.uint8)
    canvas[4:60, 26:38] = 255
    Image.fromarray(canvas).save(tmp_path / "one.png")
    page.click("button[role=tab]:has-text('Upload')")
    page.set_input_files("#hv-upload input[type=file]", tmp_path / "one.png")
    page.wait_for_selector(".hv-query h2:has-text('your picture')")
    assert page.locator(".hv-card").count() == 12
    assert page.locator(".hv-mark").count() == 0
    assert re.search(r"encode [\d.]+ ms", page.inner_text(".hv-times"))


def test_a_damaged_upload_is_told_in_one_sentence(page, tmp_path: Path):
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    before = page.inner_text(".hv-query h2")
    page.click("button[role=tab]:has-text('Upload')")
    page.set_input_files("#hv-upload input[type=file]", tmp_path / "broken.png")
    page.wait_for_selector(".toast-body")
    told = page.inner_text(".toast-body")
    assert "picture" in told.lower()
    assert "Traceback" not in told
    assert page.inner_text(".hv-query h2") == before


def test_a_drawing_is_searched_after_every_stroke(page):
    page.click("button[role=tab]:has-text('Draw')")
    page.wait_for_selector(".hv-pad canvas", state="visible")
    page.locator(".hv-pad canvas").scroll_into_view_if_needed()
    box = page.locator(".hv-pad canvas").bounding_box()

    def stroke(points: list[tuple[float, float]]) -> None:
        spots = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
        page.mouse.move(*spots[0])
        page.mouse.down()
        for spot in spots[1:]:
            page.mouse.move(*spot, steps=4)
        page.mouse.up()

    settled(page, lambda: stroke([(0.5, 0.15), (0.5, 0.85)]))
    assert "your drawing" in page.inner_text(".hv-query h2")
    code = page.get_attribute(".hv-query .hv-big", "aria-label")
    settled(page, lambda: stroke([(0.2, 0.5), (0.8, 0.5)]))
    assert page.get_attribute(".hv-query .hv-big", "aria-label") != code


def test_a_tie_is_shaken_and_the_keyboard_needs_few_steps_to_it(browser, served: str):
    with watched(browser, f"{served}?run=digits/lsh/12bits/seed0", DESK) as page:
        page.wait_for_function("document.querySelectorAll('.hv-query .hv-big i').length === 12")
        cards = "all => all.map(card => card.dataset.pick)"
        stored = page.eval_on_selector_all(".hv-cut .hv-card", cards)
        page.focus("#hv-run")
        steps = 0
        while steps < 12:  # the samples are one stop, and so are the tabs
            if page.evaluate("document.activeElement.matches('#hv-page *')"):
                break
            page.keyboard.press("Tab")
            steps += 1
        assert steps <= 10
        page.focus("[data-tie=shuffle]")
        settled(page, lambda: page.keyboard.press("Enter"))
        shaken = page.eval_on_selector_all(".hv-cut .hv-card", cards)
        assert len(shaken) == len(stored)
        assert shaken != stored
        assert "order 1; another order would show others" in page.inner_text(".hv-cut h3")
        assert page.evaluate("document.activeElement.dataset.tie") == "shuffle"
        page.wait_for_function("window.location.search.includes('ties=1')")
        settled(page, lambda: page.click("[data-tie=confidence]"))
        assert "by confidence" in page.inner_text(".hv-cut h3")
        page.focus("[data-sample][aria-pressed=true], [data-sample][tabindex='0']")
        at = page.evaluate("document.activeElement.dataset.sample")
        page.keyboard.press("ArrowRight")
        assert page.evaluate("document.activeElement.dataset.sample") != at


def test_other_samples_turn_the_page(page):
    shown = page.eval_on_selector_all("[data-sample]", "all => all.map(b => b.dataset.sample)")
    page.click("[data-more]")
    page.wait_for_function(
        "old => document.querySelector('[data-sample]').dataset.sample !== old", arg=shown[0]
    )
    new = page.eval_on_selector_all("[data-sample]", "all => all.map(b => b.dataset.sample)")
    assert not set(shown) & set(new)


def test_every_control_has_a_name(page):
    nameless = page.eval_on_selector_all(
        "#hv-search button, #hv-search select, #hv-search input",
        "all => all.filter(e => e.offsetParent && !(e.innerText || e.getAttribute('aria-label') "
        "|| (e.labels && e.labels.length) || e.title)).map(e => e.outerHTML)",
    )
    assert nameless == []


def drag_to(page, slider: str, value: int) -> None:
    """Type a value into the number field of a slider."""
    field = page.locator(f"{slider} input[type=number]")
    field.fill(str(value))
    field.press("Enter")
