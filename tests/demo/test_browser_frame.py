"""What all tabs share as a person sees it: bar, address, projector, hidden parts, accessibility."""

from collections.abc import Iterator
from typing import Any

import pytest

from hashviz_demo.tabs import TABS
from tests.demo.browsing import DESK, PHONE, choose, chromium, marks, watched

pytestmark = marks

RUN = "digits/lsh/12bits/seed0"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as started:
        yield started


@pytest.mark.parametrize("screen", [DESK, PHONE], ids=["desk", "phone"])
def test_every_tab_opens_keeps_the_query_and_fits(
    browser: Any, served: str, screen: tuple[int, int, str]
):
    with watched(browser, f"{served}?run={RUN}&query=7", screen) as page:
        for tab in TABS:
            choose(page, tab.key)
            assert page.locator("#hv-bar").is_visible() == (tab.key != "search")
            assert page.get_attribute(".hv-bar", "data-tab") == tab.key
            assert "query=7" in page.url
            wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            assert wide <= 0, f"{tab.key} is wider than the window"
            if screen == DESK:
                assert critical_barriers(page) == [], tab.key


def critical_barriers(page: Any) -> list[Any]:
    """What axe-core calls critical, with the elements that it is about."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    found = axe.run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        (each["id"], [node["html"] for node in each["nodes"]])
        for each in found
        if each["impact"] == "critical"
    ]


def test_the_bar_changes_run_and_query_of_the_visible_tab(browser: Any, served: str):
    with watched(browser, f"{served}?tab=bits&run={RUN}&query=7") as page:
        page.wait_for_selector("[data-code]")
        page.select_option("#hv-bar-run", "digits/lsh/32bits/seed1")
        page.wait_for_function("document.querySelector('[data-code]').dataset.code.length === 32")
        page.wait_for_function("window.location.search.includes('32bits')")
        assert page.inner_text(".hv-bar small") == "query 7"
        page.click("[data-another]")
        page.wait_for_function("!window.location.search.includes('query=7&')")
        text = page.inner_text(".hv-bar small")
        choose(page, "search")
        assert text in page.inner_text(".hv-query h2")
        assert page.input_value("#hv-run") == "digits/lsh/32bits/seed1"


def test_a_teacher_shares_a_scene_hides_parts_and_uses_a_projector(browser: Any, served: str):
    hidden = "&hide=scores,mode,upload,no%22such&projector=1"
    with watched(browser, f"{served}?tab=search&run={RUN}&query=7&k=5{hidden}") as page:
        page.wait_for_function("document.querySelectorAll('.hv-card').length === 5")
        assert page.locator("[data-view='scores'] >> visible=true").count() == 0
        assert page.locator("#hv-mode").is_hidden()
        assert page.locator(".hv-lead >> nth=0").is_hidden()
        assert page.get_attribute("[data-projector]", "aria-pressed") == "true"
        large = page.locator(".hv-query h2").bounding_box()["height"]
        page.click("[data-projector]")
        assert page.locator(".hv-query h2").bounding_box()["height"] < large
        assert "projector" not in page.url
        assert "hide=scores" in page.url
        page.click("[data-light]")
        assert page.evaluate("document.body.classList.contains('dark')")
        assert "__theme=dark" in page.url


def test_a_link_to_no_tab_opens_the_first_and_says_so(browser: Any, served: str):
    with watched(browser, f"{served}?tab=nothing&query=3") as page:
        page.wait_for_selector(".toast-body")
        assert "There is no tab 'nothing'; choose from search, bits" in page.inner_text(
            ".toast-body"
        )
        page.wait_for_function("window.location.search.includes('tab=search')")


def test_keyboard_focus_is_seen_on_tabs_and_keys(browser: Any, served: str):
    with watched(browser, f"{served}?tab=bits&run={RUN}&query=7") as page:
        page.wait_for_selector("[data-code]")
        page.focus("[data-light]")
        page.keyboard.press("Tab")
        seen = "getComputedStyle(document.activeElement).outlineWidth"
        assert page.evaluate("document.activeElement.hasAttribute('data-projector')")
        assert page.evaluate(seen) == "3px"
        page.focus("[data-mode='ask']")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.dataset.bit") == "0"
        assert page.evaluate(seen) == "3px"


def test_an_answer_is_not_lost_when_its_stream_was_just_closing(browser: Any, served: str):
    with watched(browser, f"{served}?tab=search&run={RUN}&query=7&k=5") as page:
        page.wait_for_function("document.querySelectorAll('.hv-card').length === 5")
        page.wait_for_timeout(500)
        closed = 'data: {"msg": "close_stream"}\n\n'
        page.route(
            "**/queue/data*",
            lambda route: route.fulfill(body=closed, content_type="text/event-stream"),
            times=1,
        )
        field = page.locator("#hv-k input[type=number]")
        field.fill("9")
        field.press("Enter")
        page.wait_for_function("document.querySelectorAll('.hv-card').length === 9")
        page.wait_for_function("window.location.search.includes('k=9')")
        page.wait_for_timeout(1500)
        joined: list[str] = []
        page.on("request", lambda r: joined.append(r.url) if "queue/join" in r.url else None)
        page.wait_for_timeout(900)
        assert joined == []  # and then all is quiet
