"""The tab Ablate as a person sees it: switches, a bet, dots, pictures, a training."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from hashviz_demo.library import Library
from hashviz_demo.tabs.ablate import grids
from tests.demo.ablating import small_ablation, variant_run
from tests.demo.browsing import DESK, SCREENS, choose, chromium, marks, watched
from tests.demo.test_browser_frame import critical_barriers

pytestmark = marks

WHOLE = "digits/ssdh/12bits/seed0-epochs=1"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app over an ablation whose variants lack the last seed of the whole method."""
    pytest.importorskip("gradio", reason="the app needs `pip install hashviz[demo]`")
    from hashviz_demo.app import build_app
    from hashviz_demo.server import serve

    folder = tmp_path_factory.mktemp("ablated")
    runs = [*small_ablation(folder), variant_run(folder, {}, 3)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("uploads")))
        patch.setattr(grids, "SEEDS", 1)
        library = Library(runs, home=folder)
        with serve(build_app(library), library) as served:
            yield served


def opened(page: Any) -> None:
    page.wait_for_selector("#hv-swaps .hv-hit")


@pytest.mark.parametrize("screen", SCREENS)
def test_a_part_is_turned_off_a_bet_is_made_and_the_numbers_are_told(
    browser: Any, address: str, screen: tuple[int, int, str]
) -> None:
    with watched(browser, f"{address}?tab=ablate&run={WHOLE}&query=7&seed=0", screen) as page:
        opened(page)
        assert page.locator(".hv-parts [role=switch]").count() == 2
        assert page.locator(".hv-stay .hv-hit").count() == 10
        page.focus("[data-flip='1']")
        page.keyboard.press("Space")
        page.wait_for_selector(".hv-leave .hv-hit")
        assert page.get_attribute("[data-flip='1']", "aria-checked") == "false"
        assert page.evaluate("document.activeElement.dataset.flip") == "1"
        page.wait_for_function("location.search.includes('off=quantization_weight:0')")
        # Pictures before the bet, numbers after it.
        gone, came = (page.locator(f".hv-{kind} .hv-hit") for kind in ("leave", "enter"))
        assert gone.count() == came.count() > 0
        assert re.search(r"^\d leaves: distance \d+ with the whole method, \d+ here, shares",
                         gone.nth(0).get_attribute("aria-label"))  # fmt: skip
        assert page.locator(".hv-shares").count() == 0
        assert page.locator(".hv-seeds").count() == 1
        page.locator("[data-part='0']").check(force=True)
        page.click("[data-show]")
        page.wait_for_selector(".hv-shares")
        assert page.locator("#hv-ablate-bet").count() == 0
        told = page.inner_text("#hv-worth")
        assert "You bet balance" in told
        assert "“What is off adds to mAP”" in told
        assert re.search(r"holds|undecided", told)
        assert "chance 0.1" in told
        assert page.locator(".hv-shares li").count() == 2
        if screen == DESK:
            assert critical_barriers(page) == []
        # Of two quick presses none is lost.
        page.evaluate("document.querySelectorAll('[data-flip]').forEach((one) => one.click())")
        page.wait_for_function("location.search.includes('off=balance_weight:0&')")


def test_a_dot_opens_the_pictures_of_its_seed_and_a_link_restores_all(
    browser: Any, address: str
) -> None:
    link = f"?tab=ablate&run={WHOLE}&query=7&off=balance_weight:0,quantization_weight:0"
    with watched(browser, address + link) as page:
        opened(page)
        assert page.get_attribute("[data-flip='0']", "aria-checked") == "false"
        assert page.get_attribute("[data-flip='1']", "aria-checked") == "false"
        page.check("[data-free]")
        page.wait_for_selector(".hv-shares")
        page.click("[data-seed='2'] >> nth=1")
        page.wait_for_function(
            "document.querySelector('#hv-swaps h2 small')?.innerText.includes('seed 2')"
        )
        assert page.evaluate("document.activeElement.dataset.seed") == "2"
        page.wait_for_function("location.search.includes('seed=2')")
        page.click("[data-query='next']")
        page.wait_for_function("decodeURIComponent(location.search).includes('/seed2-epochs=1')")
        assert page.locator(".hv-shares").count() == 1  # another query is no new bet
        page.click("[data-take]")
        page.wait_for_function("decodeURIComponent(location.search).includes('balance_weight=0.0')")
        restored = page.url.removeprefix(address)
    with watched(browser, f"{address}{restored}&hide=worth,ablate-work") as page:
        opened(page)
        assert page.locator("#hv-worth").is_hidden()
        assert page.locator("#hv-ablate-work").is_hidden()
        assert "seed 2" in page.inner_text("#hv-swaps h2 small")
        assert page.locator("[role=switch][data-flip][aria-checked=false]").count() == 2
        assert page.locator(".hv-shares").count() == 0  # the bet is another visitor's


def test_a_variant_is_trained_on_digits_while_the_page_is_left(browser: Any, address: str) -> None:
    link = f"?tab=ablate&run={WHOLE}&query=7&off=quantization_weight:0"
    with watched(browser, address + link) as page:
        opened(page)
        page.check("[data-free]")
        page.wait_for_selector(".hv-shares")
        lanes = ".hv-seeds >> nth=1 >> [data-seed]"
        assert page.locator(lanes).count() == 3
        assert "1 training" in page.inner_text("[data-compute='anew']")
        page.click("[data-compute='anew']")
        page.wait_for_selector("[data-running='yes']")
        assert "0 of 1 trainings are done" in page.inner_text(".hv-work [role=status]")
        choose(page, "scores")
        page.wait_for_selector(".hv-scores .hv-number >> visible=true")
        choose(page, "ablate")
        page.wait_for_selector(".hv-work[data-running='no']", timeout=120_000)
        assert "The training is done" in page.inner_text(".hv-work [role=status]")
        assert page.locator(lanes).count() == 4
        page.click(f"{lanes} >> nth=3")
        page.wait_for_function("location.search.includes('seed=3')")
        # The run of the whole with that seed searches a small part of the digits only.
        assert "do not search the same pictures" in page.inner_text("#hv-swaps")
