"""Widgets in a real JupyterLab: what is seen before a kernel runs, and what a press does."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest
from nbformat.v4 import new_output

from tests.course.widgets.conftest import EVERY
from tests.course.widgets.lab import jupyterlab, notebook_page, run_all, write_notebook
from tests.demo.browsing import chromium
from tests.demo.conftest import CHROMIUM

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium here: apt-get install chromium"),
    pytest.mark.skipif(
        not all(map(importlib.util.find_spec, ("jupyterlab", "ipywidgets", "playwright"))),
        reason="the notebooks need `pip install hashviz[notebooks]`",
    ),
]

CELLS = [
    """import numpy as np
from hashviz_course.widgets import BitKeyboard, LabelStrip, TieTheatre

rng = np.random.default_rng(0)
codes = np.where(rng.random((60, 12)) < 0.5, -1, 1)
labels = np.arange(60) % 3
images = rng.integers(0, 255, (60, 6, 6), dtype=np.uint8)
keyboard = BitKeyboard(codes[0], codes[1:], images[0], images[1:], k=5)
keyboard""",
    "strip = LabelStrip([True, False, True, False], elsewhere=2)\nstrip",
    "theatre = TieTheatre(codes[:9], labels[:9], codes[9:], labels[9:])\ntheatre",
]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """JupyterLab over a notebook that somebody else has run and saved."""
    home = tmp_path_factory.mktemp("lab")
    with jupyterlab(home) as address:
        bundle, metadata = EVERY["LabelStrip"]()._repr_mimebundle_()
        saved = new_output("execute_result", data=bundle, metadata=metadata, execution_count=1)
        write_notebook(
            Path(home, "work", "small.ipynb"),
            [(cell, [saved] * (cell in CELLS[1:2])) for cell in CELLS],
        )
        yield address


def test_a_press_changes_numbers_and_picture_and_nobody_complains(address: str) -> None:
    with chromium() as browser, notebook_page(browser, address, "small.ipynb") as page:
        # Before anything runs: the picture that was saved, and no word of a missing model.
        page.wait_for_selector(".jp-OutputArea-output img")
        assert page.get_by_text("model not found").count() == 0

        run_all(page)
        shown = page.locator(".hashviz-widget")
        shown.nth(2).wait_for()
        keyboard, strip, theatre = (shown.nth(place) for place in range(3))

        def press(widget, title: str, says: str) -> None:
            picture = widget.locator("img").get_attribute("src")
            widget.get_by_title(title).click()
            widget.locator("[role=status]").get_by_text(says).wait_for()
            page.wait_for_function(
                "([image, before]) => image.src !== before && image.complete && image.naturalWidth",
                arg=[widget.locator("img").element_handle(), picture],
            )

        press(keyboard, "Bit 4:", "1 of 12 bits flipped")
        # The key that was pressed has the focus; the next one is a tab away.
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        keyboard.locator("[role=status]").get_by_text("2 of 12 bits flipped").wait_for()
        press(keyboard, "Flip all bits back", "0 of 12 bits flipped")

        press(strip, "Rank 2: miss", "3 hits, precision 0.750, recall 0.600")
        strip.get_by_role("slider").first.focus()
        page.keyboard.press("ArrowLeft")
        strip.locator("[role=status]").get_by_text("At rank 3: 3 hits, precision 1.000").wait_for()
        # Faster than anybody draws: what was pressed last is what stands there.
        for key in ("Home", "ArrowRight", "ArrowRight", "ArrowRight", "Home", "ArrowRight"):
            page.keyboard.press(key)
        strip.locator("[role=status]").get_by_text("At rank 2: 2 hits, precision 1.000").wait_for()

        press(theatre, "Shuffle the database", "4 bits, shuffle 1: mAP")
        assert keyboard.locator("img").bounding_box()["width"] > 300
