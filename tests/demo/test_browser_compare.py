"""The tab Compare as a person sees it."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.demo.browsing import DESK, PHONE, chromium, marks, watched

pytestmark = marks

ADDRESS = "?tab=compare&run=digits/lsh/12bits/seed0&query=5"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as started:
        yield started


@pytest.fixture
def page(request: pytest.FixtureRequest, browser: Any, served: str) -> Iterator[Any]:
    with watched(browser, served + ADDRESS, request.param) as opened:
        opened.wait_for_selector(".hv-run .hv-hit")
        yield opened


@pytest.mark.parametrize("page", [DESK], indirect=True, ids=["desk"])
def test_lists_stand_side_by_side_and_rows_are_chosen(page: Any):
    assert page.locator(".hv-run").count() == 3
    assert "LSH, 12 bits, seed 0" in page.inner_text(".hv-run >> nth=0")
    assert page.locator(".hv-run >> nth=0").locator(".hv-hit").count() == 10
    fresh = page.locator(".hv-run >> nth=1").locator(".hv-new").count()
    assert f"{fresh} of 10" in page.inner_text(".hv-run >> nth=1 >> .hv-who")
    signs = page.eval_on_selector_all(
        ".hv-hit",
        "all => all.map(e => [e.querySelector('.hv-mark').innerText, "
        "getComputedStyle(e).borderTopStyle].join(' '))",
    )
    assert set(signs) == {"✓ solid", "✗ dashed"}
    # The same picture in other rows: by mouse, and by keyboard as here.
    row = page.evaluate(
        "[...document.querySelectorAll('.hv-run:first-child .hv-hit')].find(hit => document."
        "querySelectorAll(`[data-same='${hit.dataset.same}']`).length > 1)?.dataset.same"
    )
    assert row is not None
    page.focus(f".hv-run >> nth=0 >> [data-same='{row}']")
    same = page.locator(f"[data-same='{row}']").count()
    assert page.locator(".hv-traced").count() == same > 1
    # A click makes a picture the query.
    page.click(f".hv-run >> nth=0 >> [data-same='{row}']")
    page.wait_for_function("location.search.includes('query=database')")
    page.wait_for_selector(".hv-run .hv-hit")
    # Away with the last row, and there is room for another one.
    page.select_option("[data-place='2']", "")
    page.wait_for_function("document.querySelectorAll('.hv-run').length === 2")
    assert page.locator(".hv-add select").count() == 1
    kept = page.get_attribute(".hv-run >> nth=1 >> select", "data-chosen")
    page.wait_for_function(
        "name => new URLSearchParams(location.search).get('with') === name", arg=kept
    )
    assert page.evaluate("document.activeElement.dataset.place") == "2"


@pytest.mark.parametrize("page", [PHONE], indirect=True, ids=["phone"])
def test_a_vote_is_taken_without_names_and_then_told(page: Any):
    page.click("[data-blind]")
    page.wait_for_selector(".hv-veiled")
    hidden = page.inner_html("#hv-compare")
    for secret in ("LSH", "lsh", "seed", "✓", "✗", "distance", "AP "):
        assert secret not in hidden
    page.click("[data-vote='1']")
    page.wait_for_selector(".hv-told")
    told = page.inner_text(".hv-told")
    assert re.search(r"You (and average precision agree: B|took B, average precision takes)", told)
    assert re.search(r"So far [01] of 1 vote agrees with AP: (0|100) % \(95 % interval", told)
    mine = re.search(r"with an AP of ([\d.]+) for this query", told)
    assert mine is not None
    assert mine[1] in page.inner_text(".hv-run >> nth=1 >> .hv-who")
    assert page.locator("#hv-compare .hv-mark").count() == 30
    page.click(".hv-told [data-next]")
    page.wait_for_selector(".hv-veiled")
    assert "of 1 vote" in page.inner_text(".hv-tally")
    page.wait_for_function("!location.search.includes('query=5&')")
