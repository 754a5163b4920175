"""The tab Why as a person sees it."""

from collections.abc import Iterator
from typing import Any

import pytest

from hashviz.runs import Run
from tests.demo.browsing import PHONE, SCREENS, chromium, marks, watched

pytestmark = marks


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as started:
        yield started


@pytest.mark.parametrize("screen", SCREENS)
def test_bits_lay_their_maps_over_both_pictures(
    browser: Any, served: str, trained: Run, screen: tuple[int, int, str]
):
    with watched(browser, f"{served}?tab=why&run={trained.name}&query=4", screen) as page:
        page.wait_for_selector("#hv-why [data-map='query'][src^='data:']:not([hidden])")
        assert page.locator("[data-look]").count() == 16
        differing = page.locator(".hv-apart").count()
        assert f"{16 - differing} of 16" in page.inner_text(".hv-agreeing")
        maps = "[...document.querySelectorAll('[data-map]')].map(i => i.src)"
        page.focus("[data-look='3']")
        before = page.evaluate(maps)
        page.keyboard.press("ArrowRight")
        # What the network gave for both pictures may still be on its way.
        page.wait_for_function(
            "document.querySelector('[data-looked]').innerText.includes('outputs ')"
        )
        assert page.inner_text("[data-looked]").startswith("Bit 4: query ")
        assert not set(before) & set(page.evaluate(maps))

        page.click("[data-choose] >> nth=5")
        chosen = page.get_attribute("[data-choose] >> nth=5", "data-choose")
        page.wait_for_selector(f"[data-reasons='{chosen}']")
        page.wait_for_selector(f"[data-hit='{chosen}']")
        assert f"hit={chosen}" in page.url
        page.fill("#hv-flips", "40")
        page.click("[data-guess] button")
        flips = page.get_attribute("[data-reasons]", "data-flips").split(",")
        assert f"You bet 40, it takes {len(flips)}." == page.inner_text("[data-answer]")
        assert page.locator(".hv-decides").count() == len(flips)
        assert page.locator(".hv-would img").count() == 10
        if screen == PHONE:
            return
        link = "?" + page.url.partition("?")[2].partition("&__theme")[0] + f"&hit={chosen}"
    with watched(browser, served + link, screen) as page:
        page.wait_for_selector(f"[data-reasons='{chosen}']")
        page.wait_for_selector(f"[data-hit='{chosen}']")


def test_without_weights_the_page_says_what_is_missing_and_the_rest_works(
    browser: Any, served: str
):
    with watched(browser, f"{served}?tab=why&run=digits/lsh/32bits/seed1&query=2") as page:
        page.wait_for_selector(".hv-absent")
        assert "No heat maps" in page.inner_text(".hv-absent")
        page.hover("[data-look='7']")
        assert page.inner_text("[data-looked]").startswith("Bit 7: query ")
        assert page.locator("[data-map]:not([hidden])").count() == 0
        assert page.is_visible("#hv-flips")
