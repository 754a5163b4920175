"""The tab Scores as a person sees it."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from hashviz.runs import Run
from hashviz_demo.library import Library
from hashviz_demo.tabs.scores import view as scores
from tests.demo.browsing import DESK, PHONE, chromium, marks, watched

pytestmark = marks

ADDRESS = "?tab=scores&run=digits/lsh/12bits/seed0"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as started:
        yield started


@pytest.fixture
def page(request: pytest.FixtureRequest, browser: Any, served: str) -> Iterator[Any]:
    with watched(browser, served + ADDRESS, request.param) as opened:
        opened.wait_for_selector(".hv-board")
        yield opened


@pytest.mark.parametrize("page", [DESK], indirect=True, ids=["desk"])
def test_band_curve_and_file_say_the_same_and_tricks_are_bet_on(page: Any, runs: list[Run]):
    card = scores.card(Library(runs), runs[0].name)
    facts = page.inner_text(".hv-scores .hv-facts")
    for value in (card.pessimistic, card.expected, card.optimistic, card.chance):
        assert f"{value:.3f}" in facts
    assert page.locator(".hv-curve circle").count() == 13
    page.click(".hv-scores summary")
    assert f"{card.recall[2]:.3f}" in page.inner_text(".hv-scores tbody tr >> nth=2")
    link = page.get_attribute("a[download$='.json']", "href")
    saved = json.loads(base64.b64decode(link.partition(",")[2]))
    assert saved["map"]["expected"] == card.expected
    with page.expect_download() as begun:
        page.click("a[download$='.csv']")
    assert begun.value.suggested_filename == "digits-lsh-12bits-seed0.csv"

    # A trick is bet on before it is told.
    page.click("[data-trick='inside']")
    page.wait_for_selector(".hv-cheat .hv-bet")
    assert page.inner_text(".hv-board .hv-number") == "?"
    assert page.evaluate("document.activeElement.dataset.trick") == "inside"
    page.fill("#hv-bet", "0.5")
    page.click("[data-show]")
    page.wait_for_selector(".hv-board.hv-shown")
    trial = scores.trial(Library(runs), runs[0].name, scores.Protocol(inside=True))
    assert page.inner_text(".hv-board .hv-number") == f"{trial.value:.3f}"
    assert "You bet 0.50" in page.inner_text(".hv-verdict")
    assert f"alone {trial.value:.3f}" in page.inner_text(".hv-tricks li >> nth=1")
    page.wait_for_function("window.location.search.includes('protocol=inside')")


@pytest.mark.parametrize("page", [PHONE], indirect=True, ids=["phone"])
def test_tricks_add_up_and_go_away_and_another_run_has_its_own_numbers(page: Any, runs: list[Run]):
    library = Library(runs)
    page.check("[data-free]")
    page.wait_for_selector("[data-shown='yes']")
    page.click("[data-choice='cut'][value='10'] + span")
    page.wait_for_selector(".hv-board.hv-shown")
    page.click("[data-trick='dropped']")
    page.wait_for_selector("[data-trick='dropped'][aria-checked='true']")
    trial = scores.trial(library, runs[0].name, scores.Protocol(cut=10, dropped=True))
    assert page.inner_text(".hv-board .hv-number") == f"{trial.value:.3f}"
    assert f"{trial.left:.0f} of 60 queries are left" in page.inner_text(".hv-verdict")
    page.click("[data-reset]")
    page.wait_for_selector("[data-trick='dropped'][aria-checked='false']")
    assert page.inner_text(".hv-board .hv-number") == f"{trial.honest:.3f}"

    card = scores.card(library, runs[1].name)
    page.select_option("#hv-bar select", runs[1].name)
    page.wait_for_function(
        "text => document.querySelector('.hv-scores .hv-facts').innerText.includes(text)",
        arg=f"{card.expected:.3f}",
    )
    assert page.locator(".hv-curve circle").count() == 33


def test_a_link_brings_the_tricks_and_asks_for_the_bet_first(browser: Any, served: str):
    with watched(browser, f"{served}{ADDRESS}&protocol=sorted,cut:10", DESK) as page:
        page.wait_for_selector("[data-trick='sorted'][aria-checked='true']")
        assert page.is_checked("[data-choice='cut'][value='10']")
        assert page.inner_text(".hv-board .hv-number") == "?"
