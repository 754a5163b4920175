"""The tab Break as a person sees it."""

from collections.abc import Iterator
from typing import Any

import pytest

from hashviz.runs import Run
from tests.demo.browsing import SCREENS, choose, chromium, marks, watched

pytestmark = marks


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as started:
        yield started


@pytest.mark.parametrize("screen", SCREENS)
def test_a_bet_then_the_slider_flips_bits_and_the_results_drift_away(
    browser: Any, served: str, trained: Run, screen: tuple[int, int, str]
):
    with watched(browser, f"{served}?tab=break&run={trained.name}&query=4", screen) as page:
        page.wait_for_selector("[data-attack]")
        slider = page.locator("#hv-epsilon")
        assert page.locator("[data-told]").is_hidden()
        before = page.get_attribute("[data-picture]", "src")
        slider.focus()
        for _ in range(6):
            page.keyboard.press("ArrowRight")
        assert page.get_attribute("[data-picture]", "src") != before
        assert page.inner_text("[data-attack] output") == "6 of 255"
        page.click("[data-reveal]")
        assert page.inner_text("[data-verdict]").startswith("You bet ε = 6")
        goal = page.inner_text("[data-verdict]").rpartition("ε = ")[2].rstrip(".")
        assert page.inner_text("[data-attack] output") == f"{goal} of 255"  # where it happens
        assert f"epsilon={goal}" in page.url
        assert page.locator("[data-drift] li").count() == 10
        page.keyboard.press("Home")
        assert "no bit flipped" in page.inner_text("[data-told]")
        assert page.locator(".hv-flipbit.hv-apart").count() == 0
        page.keyboard.press("End")
        flipped = page.locator(".hv-flipbit.hv-apart").count()
        assert flipped > 0
        assert f"{flipped} bits of 16 flipped" in page.inner_text("[data-told]")

        page.click("[data-drift] [data-aim] >> nth=3")
        page.wait_for_selector(".hv-three")
        page.wait_for_function("window.location.search.includes('aim=')")
        assert page.locator("[data-told]").is_hidden()  # another aim, another bet
        page.click("[data-never]")
        assert page.inner_text("[data-verdict]").startswith("You bet that it never does")
        assert page.locator(".hv-goal").count() == 16
        assert "from the aim" in page.inner_text("[data-told]") or "a collision" in (
            page.inner_text("[data-told]")
        )
        page.click("[data-aim='']")
        page.wait_for_selector("[data-attack]:not(:has(.hv-three))")
        page.wait_for_function("!window.location.search.includes('aim=')")


def test_without_weights_the_collisions_can_be_looked_at(browser: Any, served: str):
    address = f"{served}?tab=break&run=digits/lsh/12bits/seed0&query=2"
    with watched(browser, address) as page:
        page.wait_for_selector(".hv-absent")
        assert "No attack on this run" in page.inner_text(".hv-absent")
        choose(page, "collisions")
        page.wait_for_selector(".hv-worst")
        second = page.locator(".hv-bucket >> nth=1")
        size = second.locator("b").inner_text()
        second.focus()
        page.keyboard.press("Enter")
        page.wait_for_function("window.location.search.includes('bucket=')")
        page.wait_for_selector(f".hv-inside h2:has-text('One bucket: {size} pictures')")
        assert page.locator(".hv-bucket[aria-pressed='true']").count() == 1
        page.check("input[name='hv-order'][value='size']", force=True)
        page.wait_for_function(
            "document.querySelector(\"input[value='size']\").hasAttribute('checked')"
        )
        position = page.get_attribute(".hv-inside [data-query] >> nth=0", "data-query")
        page.click(".hv-inside [data-query] >> nth=0")
        page.wait_for_function(
            "p => decodeURIComponent(window.location.search).includes('query=database:' + p)",
            arg=position,
        )
        assert page.inner_text(".hv-bar small") == f"database item {position}"
