"""The tab Train as a person sees it: a small training is run, steered, left, found again, used."""

import re
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from hashviz.runs import Run
from hashviz_demo.library import Library
from tests.demo.browsing import DESK, PHONE, choose, chromium, marks, watched

pytestmark = marks

SLOW = 120_000
"""Milliseconds for what waits for another process; only a broken test needs them."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def served(trained: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An app of its own: what is trained here joins its runs, and other tests count theirs."""
    pytest.importorskip("gradio", reason="the app needs `pip install hashviz[demo]`")
    from hashviz_demo.app import build_app
    from hashviz_demo.server import serve
    from hashviz_demo.tabs.train.trainings import trainings_of

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("uploads")))
        library = Library([trained])
        with closing(trainings_of(library)), serve(build_app(library), library) as address:
            yield address


def says(page: Any, start: str) -> None:
    page.wait_for_function(
        "start => document.querySelector('[data-status]')?.textContent.startsWith(start)",
        arg=start,
        timeout=SLOW,
    )


def shows(page: Any, epoch: int) -> None:
    page.wait_for_selector(f"[data-plane][data-drawn='{epoch}']", timeout=SLOW)


def fact(page: Any, name: str) -> str:
    return page.inner_text(f".hv-train [data-facts] div:has(dt:text-is('{name}')) dd")


def test_a_training_is_steered_left_found_again_and_its_codes_are_used(
    browser: Any, served: str
) -> None:
    plan = "?tab=train&train=csq:digits:8:3:12:quantization_weight=0.1"
    with watched(browser, served + plan, DESK) as page:
        page.wait_for_selector("[data-start]")
        assert page.input_value("#hv-train-bits") == "8"
        assert page.inner_text("output[for=hv-quantization_weight]") == "0.1"
        page.fill("#hv-train-codes", "77")
        page.click("[data-start]")
        page.click("[data-play] >> text=Pause")
        says(page, "Paused after epoch")
        first = int(re.findall(r"epoch (\d+) of 12", page.inner_text("[data-status]"))[0])
        for epoch in (first + 1, first + 2):
            page.click("[data-step]")
            says(page, f"Paused after epoch {epoch} of 12")
            shows(page, epoch)
        assert fact(page, "epoch") == f"{epoch} of 12"
        assert re.fullmatch(r"\d+ of 200", fact(page, "different codes"))
        # Looking back while it waits; a dot by keyboard, and its history.
        page.fill("#hv-epoch", "1")
        shows(page, 1)
        assert fact(page, "epoch") == "1 of 12"
        page.focus("[data-plane]")
        page.keyboard.press("ArrowRight")
        page.wait_for_selector(".hv-one canvas[aria-label*='8 bits by epoch']")
        assert page.locator(".hv-one img").evaluate(
            "i => i.decode().then(() => i.naturalWidth > 0)"
        )
        assert "of 8 bits from its center" in page.inner_text(".hv-one")
        assert "quantization" in page.inner_text(".hv-curves ul")
        # Another page, a phone, finds the same training and lets it go on; a second one waits.
        with watched(browser, served + "?tab=train", PHONE) as other:
            says(other, f"Paused after epoch {epoch} of 12")
            shows(other, epoch)
            other.select_option("#hv-train-method", "dpsh")
            other.wait_for_function("location.search.includes('train=dpsh')")
            other.click("[data-start]")
            says(other, "Next in the queue")
            other.wait_for_function("document.querySelectorAll('[data-job]').length === 2")
            other.click("[data-stop]")
            says(other, "Stopped before the first epoch.")
            other.click("[data-job] >> text=CSQ on digits, 8 bits, seed 3")
            says(other, f"Paused after epoch {epoch} of 12")
            other.click("[data-play]")
            says(other, "Done: 12 epochs")
        # It went on in the first page as well, which stays where it was looking.
        says(page, "Done: 12 epochs")
        assert page.get_attribute("[data-plane]", "data-drawn") == "1"
        assert page.inner_text("[data-verdict]") == "You bet 77 different codes."
        page.fill("#hv-epoch", "12")
        shows(page, 12)
        found = fact(page, "different codes").split()[0]
        assert (
            page.inner_text("[data-verdict]") == f"{found} different codes at the end; you bet 77."
        )
        # Nothing is asked any more.
        asked: list[str] = []
        page.on("request", lambda r: asked.append(r.url) if "/trainings/" in r.url else None)
        # All tabs have the codes.
        page.click("[data-use]")
        page.wait_for_function("location.search.includes('8bits%2Fseed3')", timeout=SLOW)
        name = page.input_value("#hv-bar-run")
        assert name.startswith("digits/csq/8bits/seed3-epochs=12")
        choose(page, "search")
        page.wait_for_function(
            "name => document.querySelector('#hv-run')?.value === name", arg=name
        )
        page.wait_for_function("document.querySelectorAll('.hv-bits i').length >= 8")
        assert asked == []


def test_a_link_with_a_plan_that_is_none_says_so_and_the_form_is_as_usual(
    browser: Any, served: str
) -> None:
    with watched(browser, served + "?tab=train&train=csq:nowhere", DESK) as page:
        page.wait_for_selector(".toast-body:has-text(\"got 'nowhere'\")")
        page.wait_for_selector("[data-start]")
        assert page.input_value("#hv-train-method") == "csq"
        page.check("[name=hv-train-data][value=scenes]", force=True)
        assert page.inner_text("output[for=hv-train-epochs]") == "10"
        page.select_option("#hv-train-method", "hhf")
        page.wait_for_selector("#hv-train-form :text('Xu et al')")
        assert page.locator("[name=hv-train-data]:checked").get_attribute("value") == "scenes"
        page.click("[data-start]")
        page.wait_for_selector(".toast-body:has-text('HHF is for pictures with one label each')")
