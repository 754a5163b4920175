"""The tab Scale as a person sees it."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.demo.browsing import SCREENS, chromium, marks, watched

pytestmark = marks

RUN = "digits/lsh/12bits/seed0"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as started:
        yield started


@pytest.mark.parametrize("screen", SCREENS)
def test_a_bet_then_the_costs_follow_the_slider(
    browser: Any, served: str, screen: tuple[int, int, str]
):
    with watched(browser, f"{served}?tab=scale&run={RUN}&query=7", screen) as page:
        page.wait_for_selector("#hv-costs.hv-covered .hv-bill", state="attached")
        assert page.locator(".hv-bill table").is_hidden()
        page.click("#hv-question [data-reveal]")
        assert page.locator(".hv-bill table").is_visible()
        assert page.inner_text("#hv-question [data-verdict]").startswith("You bet 1 million; ")
        assert "1,000,000 · 12 / 8 bytes" in page.inner_text(".hv-bill")
        page.focus("#hv-scale-place")
        page.keyboard.press("Home")
        assert page.inner_text("#hv-question output") == "1,000"
        page.wait_for_selector(".hv-bill caption:has-text('1,000 pictures')")
        assert "nothing that a person notices" in page.inner_text(".hv-meaning")
        page.keyboard.press("End")
        page.wait_for_selector(".hv-bill caption:has-text('10 billion pictures')")
        page.fill("#hv-scale-dimensions", "768")
        page.select_option("#hv-scale-dtype", "int8")
        page.wait_for_selector(".hv-bill th:has-text('768 numbers, int8')")
        page.wait_for_function("window.location.search.includes('scale=100,12,768,int8,3')")


def test_the_machine_is_measured_and_all_engines_find_the_same(browser: Any, served: str):
    address = f"{served}?tab=scale&run={RUN}&query=7&scale=70,64,512,float32,2.5"
    with watched(browser, address) as page:
        page.wait_for_selector(".hv-machine", state="attached")
        assert page.input_value("#hv-scale-place") == "70"
        page.click("#hv-question [data-reveal]")
        page.click("#hv-engines [data-search]")
        page.wait_for_selector(".hv-engines table", timeout=60_000)
        rows = page.locator(".hv-engines tbody tr").count()
        assert rows >= 2
        assert page.locator(".hv-same").count() == rows
        page.click("#hv-machine [data-measure]")
        page.wait_for_selector(".hv-machine table", timeout=60_000)
        assert page.locator(".hv-machine tbody tr").count() == 3
        page.wait_for_selector(".hv-bill:has-text('measured here on 20')")
        said = page.get_attribute(
            "[data-said]", "data-said"
        )  # the answer follows what was measured
        assert page.inner_text("#hv-question [data-verdict]").endswith(f"it is {said}.")
        assert page.inner_text("[data-measure]") == "Measure again"
        assert "10,000,000 · 64 / 8 bytes" in page.inner_text(".hv-bill")
