"""The tab Space as a person sees it."""

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from hashviz.runs import Run
from tests.demo.browsing import DESK, PHONE, chromium, marks, watched

pytestmark = marks

ADDRESS = "?tab=space&run=digits/lsh/12bits/seed0&query=5"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as started:
        yield started


@pytest.fixture
def page(request: pytest.FixtureRequest, browser: Any, served: str) -> Iterator[Any]:
    with watched(browser, served + ADDRESS, request.param) as opened:
        opened.wait_for_selector("#hv-space-stage canvas[data-drawn]")
        yield opened


def picked(page: Any, heading: str) -> int:
    """Wait for what was picked; how many pictures it has."""
    page.wait_for_selector(f".hv-picked h2:has-text('{heading}')")
    text = page.inner_text(".hv-picked")
    found = re.search(r"([\d,]+) pictures? with", text)
    return int(found[1].replace(",", "")) if found else 0


@pytest.mark.parametrize("page", [DESK], indirect=True, ids=["desk"])
def test_the_map_has_ink_and_the_ball_grows_after_the_bet(page: Any, runs: list[Run]):
    run = runs[0]
    far = (run.database_codes != run.query_codes[5]).sum(1)
    right = run.database_labels[:, run.query_labels[5]].any(1)
    assert page.locator(".hv-seen").is_hidden()
    assert f"half of the {right.sum()} right" in page.inner_text("[data-bet]")
    page.fill("#hv-ball-radius", "3")
    page.click("[data-lock]")
    half = int(np.searchsorted(np.cumsum(np.bincount(far[right], minlength=13)), right.sum() / 2))
    assert f"within radius {half}; you bet 3." in page.inner_text(".hv-verdict")
    assert picked(page, "The ball of radius 3") == (far <= 3).sum()
    page.fill("#hv-ball-radius", "5")
    facts = page.inner_text(".hv-telescope .hv-facts")
    assert f"{(right & (far <= 5)).sum() / right.sum():.3f}" in facts
    assert f"{right[far <= 5].mean():.3f}" in facts
    assert "1,586" in facts  # sums of binomials: 1 + 12 + 66 + 220 + 495 + 792
    assert "What you must not read from this map" in page.inner_text(".hv-beware")
    # Slider and map are seen together; an empty ball fades nothing, and a class lights its bubbles.
    page.set_viewport_size({"width": 1280, "height": 800})
    page.wait_for_function("document.querySelector('canvas').getBoundingClientRect().bottom < 790")
    assert page.locator("#hv-ball-radius").bounding_box()["y"] < 400
    lit = "document.querySelector('canvas').dataset.lit == "
    bubbles, first = np.unique(run.database_packed, axis=0, return_index=True)
    page.wait_for_function(f"{lit}{(far[first] <= 5).sum()}")
    if not (far == 0).any():
        page.fill("#hv-ball-radius", "0")
        page.wait_for_function(f"{lit}{len(bubbles)}")
    page.click("[data-class='4']")
    page.wait_for_function(f"0 < {lit.removesuffix(' == ')} && {lit.removesuffix(' == ')} < 200")
    assert picked(page, "All pictures of 4") == run.database_labels[:, 4].sum()
    # Colors of several classes are on the canvas.
    seen = page.evaluate(
        "(() => { const c = document.querySelector('canvas'), d = c.getContext('2d')"
        ".getImageData(0, 0, c.width, c.height).data, all = new Set();"
        "for (let i = 0; i < d.length; i += 4) if (d[i + 3] > 200) "
        "all.add([d[i] >> 5, d[i + 1] >> 5, d[i + 2] >> 5].join()); return all.size; })()"
    )
    assert seen > 8


@pytest.mark.parametrize("page", [PHONE], indirect=True, ids=["phone"])
def test_what_is_picked_stands_beside_the_map_and_becomes_the_query(page: Any, runs: list[Run]):
    page.click("[data-class='4']")
    assert picked(page, "All pictures of 4") == runs[0].database_labels[:, 4].sum()
    assert page.get_attribute("[data-class='4']", "aria-pressed") == "true"
    page.locator("canvas").scroll_into_view_if_needed()
    box = page.locator("canvas").bounding_box()
    page.mouse.move(box["x"] + 3, box["y"] + 3)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 3, box["y"] + box["height"] - 3, steps=3)
    page.mouse.up()
    assert picked(page, "The rectangle") == 400
    # Without a mouse: the list of bubbles, by keyboard.
    page.focus(".hv-space .hv-details summary")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    first = page.evaluate("document.activeElement.innerText")
    page.keyboard.press("Enter")
    assert picked(page, "One bubble") == int(first.split()[0])
    distances = page.locator(".hv-gallery .hv-chip").all_inner_texts()
    assert {f"distance {d[2:]}" for d in distances} == {first.rpartition(", ")[2]}

    before = page.get_attribute("[data-scene]", "data-scene")
    page.click("[data-query] >> nth=0")
    picked(page, "The ball of radius")
    page.wait_for_function("location.search.includes('query=database:')")
    assert page.get_attribute("[data-scene]", "data-scene") != before
    page.wait_for_selector("#hv-space-stage canvas[data-drawn]")
