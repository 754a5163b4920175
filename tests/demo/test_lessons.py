"""Lessons: every step leads to a scene, and a walk is walked in a browser, on a phone too."""

import re
from typing import Any
from urllib.parse import parse_qsl

from hashviz.cli.demonstrating import DEFAULT_RUNS
from hashviz.runs import Run
from hashviz_demo.lessons.lessons import resolve, walks
from hashviz_demo.library import Library
from hashviz_demo.tabs import TABS
from tests.demo.browsing import PHONE, chromium, marks, watched

NAMES = {config.name for config in DEFAULT_RUNS}


def meant(runs: list[Run]) -> list[dict[str, Any]]:
    """The walks of an app that has the runs of `hashviz demo`."""
    library = Library(runs)
    library.runs = dict.fromkeys(NAMES, runs[0])
    return walks(library)


def test_every_step_is_two_sentences_a_bet_and_a_scene_of_the_default_app(runs: list[Run]) -> None:
    found = meant(runs)
    assert sorted(walk["minutes"] for walk in found) == [10, 20, 45]
    for step in [step for walk in found for step in walk["steps"]]:
        assert step["meant"], step["link"]
        link = dict(parse_qsl(step["link"]))
        assert link["tab"] in {tab.key for tab in TABS}
        assert {link["run"], link.get("with", link["run"])} <= NAMES
        assert len(re.findall(r"[.:!?](?= [A-Z]|$)", step["text"])) in (2, 3), step["text"]
        assert 0 <= step["bet"]["right"] < len(step["bet"]["choices"])
        assert step["bet"]["why"]


def test_a_run_that_is_not_there_is_replaced_and_that_is_told(runs: list[Run]) -> None:
    library = Library(runs)
    found = resolve("tab=compare&run=digits/lsh/32bits/seed0&query=6&with=digits/csq/x/y", library)
    assert dict(parse_qsl(found["link"])) == {
        "tab": "compare", "run": runs[0].name, "with": runs[0].name,
    }  # fmt: skip
    assert not found["meant"]
    kept = resolve(f"tab=bits&run={runs[1].name}&query=6", library)
    assert kept == {
        "link": f"tab=bits&run={runs[1].name.replace('/', '%2F')}&query=6",
        "meant": True,
    }


class TestWalk:
    pytestmark = marks

    def test_a_walk_is_chosen_bet_on_walked_and_left(self, served: str) -> None:
        with chromium() as browser, watched(browser, f"{served}?tab=bits", PHONE) as page:
            page.click("[data-lessons]")
            page.click("[data-walk='score']")
            page.wait_for_url("**lesson=score%3A1**")
            page.wait_for_selector("[data-where]:has-text('What a score hides, 1 of')")
            page.wait_for_selector(".hv-card")
            assert page.inner_text("[data-why]") == ""
            page.click("[data-choice='1']")
            assert "✗" in page.inner_text("[data-choice='1']")
            assert page.inner_text("[data-why]")
            page.click("[data-next]")
            page.click("[data-next]")
            page.wait_for_url("**tab=scores**")
            page.wait_for_selector("[data-where]:has-text('3 of')")
            page.wait_for_selector(".hv-scores")
            page.click("[data-back-step]")
            page.wait_for_url("**tab=search**lesson=score%3A2**")
            page.click("[data-close]")
            assert page.locator("aside").is_hidden()
            assert "lesson" not in page.url
