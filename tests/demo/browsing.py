"""A real Chromium for the tests of the tabs: nothing may leave 127.0.0.1, no error may be told."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.demo.conftest import CHROMIUM, FLAGS

DESK = (1280, 900, "light")
PHONE = (390, 844, "dark")
SCREENS = [
    pytest.param(DESK, id="desk"),
    pytest.param(PHONE, id="phone", marks=pytest.mark.slow),
]
"""For what is done on a tab; that every tab fits on a phone is looked at in each run."""
PATIENCE = 60_000
"""Milliseconds for anything to appear; only a broken test or a very busy machine needs them."""

marks = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium here: apt-get install chromium"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:gradio.*"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:starlette.*"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:websockets.*"),
]


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser, closed at the end; one at a time in a process."""
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def new_page(browser: Any, width: int, height: int) -> Any:
    """A page of the browser's one context, which kept Gradio's scripts from the page before."""
    context = browser.contexts[0] if browser.contexts else browser.new_context()
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": height})
    page.set_default_timeout(PATIENCE)
    return page


def close(page: Any) -> None:
    """Close a page and forget what it kept for the next visit."""
    page.evaluate("localStorage.clear()")
    page.close()


@contextmanager
def watched(browser: Any, address: str, screen: tuple[int, int, str] = DESK) -> Iterator[Any]:
    """A page at that address; at the end it must have kept quiet, at home, and in the window."""
    width, height, theme = screen
    page = new_page(browser, width, height)
    trouble: list[str] = []
    page.on("pageerror", lambda error: trouble.append(f"error: {error}"))
    page.leaving = False
    page.on("console", lambda m: m.type == "error" and not page.leaving and trouble.append(m.text))
    page.on("request", lambda r: trouble.append(r.url) if _leaves(r.url) else None)
    page.goto(f"{address}&__theme={theme}")
    page.wait_for_function("window.location.search.includes('run=')")
    yield page
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    close(page)
    assert trouble == [], trouble
    assert wide <= 0, "the page is wider than the window"


def choose(page: Any, key: str) -> None:
    """Press the tab of a panel, and then its switch where the tab shows another of its panels."""
    page.click(f"#hv-tabs [data-panels~='{key}']")
    if page.evaluate("document.documentElement.dataset.view") != key:
        page.click(f".hv-panels [data-view='{key}'] >> visible=true")
    page.wait_for_function("key => window.location.search.includes('tab=' + key)", arg=key)


def reload(page: Any) -> None:
    """Load the page again; what Gradio says of answers that this cuts off is no error."""
    page.leaving = True
    page.reload(wait_until="commit")
    page.leaving = False


def _leaves(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme not in ("data", "blob") and parts.hostname != "127.0.0.1"
