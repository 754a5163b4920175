"""The tab Bits as a person sees it: keys are pressed, dragged across, reached by arrows."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from hashviz.runs import Run
from hashviz_demo.library import Library
from hashviz_demo.tabs.bits import view as views
from tests.demo.browsing import DESK, SCREENS, choose, chromium, marks, watched
from tests.demo.conftest import scene_of

pytestmark = marks

ADDRESS = "?tab=bits&run=digits/lsh/12bits/seed0&query=4"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as started:
        yield started


@pytest.fixture
def page(request: pytest.FixtureRequest, browser: Any, served: str) -> Iterator[Any]:
    with watched(browser, served + ADDRESS, getattr(request, "param", DESK)) as opened:
        opened.wait_for_selector(".hv-resorted [data-pick]")
        yield opened


def pattern(page: Any) -> str:
    return "".join(page.eval_on_selector_all("[data-bit]", "all => all.map(k => k.dataset.now)"))


def sorted_as(page: Any, runs: list[Run], asked: str) -> None:
    """Wait until the pictures are those for that pattern, in their order."""
    library = Library(runs)
    scene = scene_of(library, trail=scene_of(library).trail)
    scene = type(scene)(scene.run, (type(scene.step)("query", 4),))
    wanted = [str(hit.position) for hit in views.resort(library, scene, asked).hits]
    page.wait_for_function(
        "wanted => [...document.querySelectorAll('.hv-resorted [data-pick]')]"
        ".map(c => c.dataset.pick).join() === wanted",
        arg=",".join(wanted),
    )


def flip(code: str, *bits: int) -> str:
    return "".join(c if i not in bits else "10"[int(c)] for i, c in enumerate(code))


@pytest.mark.parametrize("page", SCREENS, indirect=True)
def test_keys_are_pressed_dragged_across_and_given_back(page: Any, runs: list[Run]):
    own = page.get_attribute("[data-code]", "data-code")
    assert pattern(page) == own
    sorted_as(page, runs, own)
    assert "Your bet" in page.inner_text("[data-say]")

    # The first press is the bet; then every key shows what hangs on it.
    page.click("[data-bit='2']")
    sorted_as(page, runs, flip(own, 2))
    assert re.match(r"Bit 2 drives \d+ away", page.inner_text("[data-say]"))
    assert page.locator(".hv-key.hv-flipped").count() == 1
    assert page.is_visible("[data-legend]")
    assert "1 bit flipped" in page.inner_text(".hv-resorted .hv-status")
    page.wait_for_function("document.querySelector('.hv-resorted').dataset.milliseconds")

    # Drag across the keys 4, 5, 6.
    boxes = [page.locator(f"[data-bit='{bit}']").bounding_box() for bit in (4, 5, 6)]
    spots = [(box["x"] + box["width"] / 2, box["y"] + 20) for box in boxes]
    page.mouse.move(*spots[0])
    page.mouse.down()
    for spot in spots[1:]:
        page.mouse.move(*spot, steps=5)
    page.mouse.up()
    assert pattern(page) == flip(own, 2, 4, 5, 6)
    sorted_as(page, runs, flip(own, 2, 4, 5, 6))
    assert f"keys={flip(own, 2, 4, 5, 6)}" in page.url

    # By keyboard: right of key 6 is key 7, space flips it.
    page.focus("[data-bit='6']")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    sorted_as(page, runs, flip(own, 2, 4, 5, 6, 7))
    assert page.get_attribute("[data-bit='7']", "tabindex") == "0"

    page.click("[data-reset]")
    sorted_as(page, runs, own)
    assert "keys=" not in page.url


def test_a_bit_gets_a_name_is_asked_for_by_it_and_the_link_tells_others(
    page: Any, runs: list[Run], browser: Any, served: str
):
    assert page.locator("[data-revealed]").is_hidden()
    page.fill("#hv-guess", "7")
    page.click("[data-bet] button")
    assert "You bet 7, it is" in page.inner_text("[data-verdict]")
    assert page.locator(".hv-xray figure svg.hv-svg").count() == 2
    page.click("[data-open='5']")
    page.wait_for_selector("[data-one='5']")
    assert page.locator(".hv-end img").count() == 16
    page.fill("#hv-name", "round <b>")
    page.click("[data-name] button")
    page.wait_for_selector("[data-names] li")
    assert "round <b> (bit 5)" in page.inner_text("[data-names]")

    page.click("[data-wish='1'][data-of='5']")
    asked = "*" * 5 + "1" + "*" * 6
    sorted_as(page, runs, asked)
    assert "have 1 bit as asked" in page.inner_text(".hv-resorted .hv-status")
    assert page.get_attribute("[data-mode='ask']", "aria-checked") == "true"
    assert page.get_attribute("[data-bit='0']", "aria-pressed") == "mixed"
    shared = "?" + page.url.partition("?")[2].replace("__theme=light", "")

    # The link, on another machine: other window, nothing stored.
    with watched(browser, served + shared) as other:
        other.wait_for_selector(".hv-resorted [data-pick]")
        sorted_as(other, runs, asked)
        assert "round <b> (bit 5)" in other.inner_text("[data-names]")
        # Another tab and back: the pattern is still there.
        choose(other, "search")
        choose(other, "bits")
        sorted_as(other, runs, asked)
        assert pattern(other) == asked


def test_a_result_becomes_the_query_of_the_keyboard(page: Any):
    first = page.get_attribute("[data-code]", "data-code")
    page.click(".hv-resorted [data-pick] >> nth=19")
    page.wait_for_function(
        "old => document.querySelector('[data-code]').dataset.code !== old", arg=first
    )
    page.wait_for_function("window.location.search.includes('query=database:')")
    assert "database item" in page.inner_text(".hv-bar")
