"""Lessons: every step leads to a scene, and a walk is walked in a browser, on a phone too."""

import json
import re
from urllib.parse import parse_qsl

from hashviz.cli.demonstrating import DEFAULT_RUNS
from hashviz_demo.frame.files import static
from hashviz_demo.tabs import TABS
from tests.demo.browsing import PHONE, chromium, marks, watched

NAMES = {config.name for config in DEFAULT_RUNS}


def test_every_step_is_two_sentences_a_bet_and_a_scene_of_the_default_app() -> None:
    content = json.loads(static("steps.json"))
    assert sorted(walk["minutes"] for walk in content["walks"]) == [10, 20, 45]
    assert {name for walk in content["walks"] for name in walk["steps"]} == set(content["steps"])
    for step in content["steps"].values():
        link = dict(parse_qsl(step["link"]))
        assert link["tab"] in {tab.key for tab in TABS}
        assert {link["run"], link.get("with", link["run"])} <= NAMES
        assert len(re.findall(r"[.:!?](?= [A-Z]|$)", step["text"])) in (2, 3), step["text"]
        assert 0 <= step["bet"]["right"] < len(step["bet"]["choices"])
        assert step["bet"]["why"]


class TestWalk:
    pytestmark = marks

    def test_a_walk_is_chosen_bet_on_walked_and_left(self, served: str) -> None:
        with chromium() as browser, watched(browser, f"{served}?tab=bits", PHONE) as page:
            page.click("[data-lessons]")
            page.click("[data-walk='score']")
            page.wait_for_url("**lesson=score%3A1**")
            page.wait_for_selector("[data-where]:has-text('What a score hides, 1 of')")
            page.wait_for_selector(".hv-card")
            assert "run=digits%2Flsh%2F16bits" in page.url, "the run of the walk is not here"
            assert page.locator("aside [data-other]").is_visible()
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
