"""What all tabs share as a person sees it: bar, address, projector, hidden parts, accessibility."""

from collections.abc import Iterator
from typing import Any

import pytest

from hashviz_demo.tabs import TABS
from tests.demo.browsing import DESK, PHONE, choose, chromium, marks, reload, watched

pytestmark = marks

RUN = "digits/lsh/12bits/seed0"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as started:
        yield started


@pytest.mark.parametrize("screen", [DESK, PHONE], ids=["desk", "phone"])
def test_every_panel_opens_keeps_the_query_and_fits(
    browser: Any, served: str, screen: tuple[int, int, str]
):
    with watched(browser, f"{served}?run={RUN}&query=7", screen) as page:
        for tab in TABS:
            choose(page, tab.key)
            assert page.locator(f"#hv-pane-{tab.key}").is_visible()
            assert page.locator("#hv-bar").is_visible() == (tab.key != "search")
            assert page.get_attribute(".hv-bar", "data-tab") == tab.key
            assert "query=7" in page.url
            wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            assert wide <= 0, f"{tab.key} is wider than the window"
            if screen == DESK:
                assert critical_barriers(page) == [], tab.key
        assert page.locator(".hv-pane:visible").count() == 1


PROJECTORS = (
    (1024, 768),
    (1280, 720),
    (1280, 800),
    (1366, 768),
    (3840, 2160),
    (1920, 1080),
)
MEASURE = """() => {
  window.scrollTo(0, 0);
  const sizes = [], root = document.querySelector("main.contain");
  const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const text = walk.currentNode, holder = text.parentElement;
    if (!text.textContent.trim() || holder.closest("svg, option, sup, sub, .visually-hidden"))
      continue;
    if (!holder.checkVisibility({ visibilityProperty: true })) continue;
    sizes.push([parseFloat(getComputedStyle(holder).fontSize), text.textContent.trim()]);
  }
  const seen = [...document.querySelectorAll("#hv-tabs [data-view]")].filter((tab) => {
    const { left, right, top, bottom } = tab.getBoundingClientRect();
    return left >= 0 && right <= innerWidth && top >= 0 && bottom <= innerHeight;
  });
  const cells = [...document.querySelectorAll(".hv-big i, .hv-keys button, .hv-pairbit i")]
    .map((cell) => cell.getBoundingClientRect()).filter((cell) => cell.height);
  return {
    text: sizes.sort((a, b) => a[0] - b[0])[0],
    wide: document.documentElement.scrollWidth - innerWidth,
    tabs: seen.length,
    cell: Math.min(...cells.map((cell) => Math.min(cell.width, cell.height))),
  };
}"""


def test_a_projector_shows_every_panel_large_and_whole(browser: Any, served: str):
    link = "?projector=1&run=digits/lsh/32bits/seed1&query=7"
    with watched(browser, served + link, (1920, 1080, "light")) as page:
        page.add_style_tag(content="* { transition: none !important; }")
        for tab in TABS:
            choose(page, tab.key)
            page.wait_for_function(
                "key => document.querySelector(`#hv-pane-${key}`).innerText.length > 80",
                arg=tab.key,
            )
            for width, height in PROJECTORS:
                page.set_viewport_size({"width": width, "height": height})
                found, where = page.evaluate(MEASURE), (tab.key, width, height)
                least = max(17, 22 * min(width / 1920, height / 1080))
                assert found["text"][0] >= least, (where, found)
                assert found["wide"] <= 0, where
                assert found["tabs"] == 8, where
                if tab.key in ("search", "bits", "why"):
                    assert found["cell"] >= 8, where


def test_back_and_forward_go_through_scenes_and_a_reload_keeps_a_drawing(browser: Any, served: str):
    def at(key: str, query: str) -> None:
        page.wait_for_selector(f"#hv-pane-{key} >> visible=true")
        page.wait_for_function(
            "q => document.querySelector('.hv-bar small').textContent === q", arg=query
        )
        page.wait_for_function("tab => location.search.includes(tab)", arg=f"tab={key}&")
        page.wait_for_function("!hashviz.opening")
        page.wait_for_timeout(700)  # of keys pressed faster than a bar comes, some lead nowhere

    with watched(browser, f"{served}?tab=search&query=7&k=5") as page:
        choose(page, "bits")
        page.click("[data-another]")
        page.wait_for_function("!location.search.includes('query=7&')")
        other = page.inner_text(".hv-bar small")
        choose(page, "why")
        for key, query in (("bits", other), ("bits", "query 7"), ("search", "query 7")):
            page.evaluate("history.back()")
            at(key, query)
        for query in ("query 7", other):
            page.evaluate("history.forward()")
            at("bits", query)
        choose(page, "search")
        page.click("button[role=tab]:has-text('Draw')")
        pad = page.locator("#hv-pad canvas").bounding_box()
        page.mouse.move(pad["x"] + 60, pad["y"] + 60)
        page.mouse.down()
        page.mouse.move(pad["x"] + 150, pad["y"] + 190, steps=4)
        page.mouse.up()
        drawn = "() => document.querySelector('.hv-query h2')?.innerText.startsWith('your drawing')"
        page.wait_for_function(drawn)
        page.wait_for_function("history.state.drawn")
        code = page.get_attribute(".hv-query .hv-big", "aria-label")
        reload(page)
        page.wait_for_function(drawn)
        assert page.get_attribute(".hv-query .hv-big", "aria-label") == code


def test_the_page_holds_still_while_it_loads_and_answers_the_first_click(browser: Any, served: str):
    early = """
    window.shift = 0;
    new PerformanceObserver((list) => {
      for (const each of list.getEntries()) window.shift += each.hadRecentInput ? 0 : each.value;
    }).observe({ type: "layout-shift", buffered: true });
    new MutationObserver((_, observer) => {
      const tab = document.querySelector("[data-view='bits']");
      if (!tab) return;
      observer.disconnect();
      tab.click();
    }).observe(document, { childList: true, subtree: true });
    """
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.add_init_script(early)
    page.goto(f"{served}?tab=search&run={RUN}&query=7")
    page.wait_for_function("location.search.includes('tab=bits&')")
    page.wait_for_selector("#hv-pane-bits [data-code] >> visible=true")
    assert page.inner_text(".hv-bar small") == "query 7"
    page.wait_for_timeout(300)
    assert page.evaluate("window.shift") < 0.1
    page.close()


def test_no_click_is_lost_when_another_follows_within_milliseconds(browser: Any, served: str):
    press = """([place, pause]) => new Promise((done) => {
      const sample = document.querySelectorAll("[data-sample]")[place];
      const tab = document.querySelector("#hv-tabs [data-view='bits']");
      sample.click();
      setTimeout(() => { tab.click(); done(sample.dataset.sample); }, pause);
    })"""
    with watched(browser, f"{served}?tab=search&run={RUN}&query=7") as page:
        page.wait_for_selector("[data-sample] >> nth=19")
        for turn in range(6):
            query = page.evaluate(press, [(7 * turn + 3) % 20, (0, 2, 5, 20)[turn % 4]])
            page.wait_for_function(
                "q => location.search.includes(`tab=bits&`) && "
                "location.search.includes(`query=${q}&`) && "
                "document.querySelector('.hv-bar small').textContent === `query ${q}`",
                arg=query,
            )
            choose(page, "search")


def critical_barriers(page: Any) -> list[Any]:
    """What axe-core calls critical, with the elements that it is about."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    # Contrast is never critical, and looking at it takes longer than all else.
    options = {"resultTypes": ["violations"], "rules": {"color-contrast": {"enabled": False}}}
    found = axe.run(page, options=options).response["violations"]
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
