"""Compare, Space and Scores as HTML: every text escaped, nothing betrayed, captions true."""

import base64
import json
import re
from dataclasses import replace
from html import unescape

import numpy as np
import pytest

from hashviz.runs import Run
from hashviz_demo.frame.files import macros
from hashviz_demo.library import Library
from hashviz_demo.scene import Scene, Step
from hashviz_demo.tabs.compare import view as compare
from hashviz_demo.tabs.compare.view import Comparison, Vote
from hashviz_demo.tabs.scores import card as scores_cards
from hashviz_demo.tabs.scores import view as scores
from hashviz_demo.tabs.space import card as space_cards
from hashviz_demo.tabs.space import view as space
from tests.demo.conftest import scene_of

compare_cards = macros("tabs/compare/page.html")
EVIL = "<img src=x onerror=alert(1)>&\"'`${1}{{1}}"


def compare_page(library: Library, scene: Scene, **chosen) -> str:
    comparison = compare.settle(library, scene, Comparison(**chosen))
    return compare_cards.page(compare.compare(library, scene, comparison))


def space_page(library: Library, scene: Scene) -> tuple[str, space.Map]:
    made = space.the_map(library, scene.run, "pca")
    assert made is not None
    seen = space.around(library, scene, made)
    listed = space.bubbles(library, scene, made, seen)
    classes = library.runs[scene.run].classes
    drawing = space.Drawing(trouble=EVIL)
    page = space_cards.stage(scene.run, classes, made, seen, listed, 2, drawing)
    return page + space_cards.gallery(space.pick(library, scene, made, {"class": 3})), made


def test_names_of_classes_are_shown_as_text(library: Library, monkeypatch: pytest.MonkeyPatch):
    for run in library.runs.values():
        monkeypatch.setitem(run.data, "classes", [EVIL] * 10)
        monkeypatch.setitem(run.data, "split", EVIL)
    scene = scene_of(library, trail=(Step("database", 4),))
    card = scores.card(library, scene.run)
    for page in (
        compare_page(library, scene),
        space_page(library, scene)[0],
        scores_cards.page(card),
    ):
        assert "<img src=x" not in page
        assert "&lt;img src=x onerror=alert(1)&gt;" in page


def test_while_the_veil_is_down_nothing_says_whose_list_it_is(library: Library, runs: list[Run]):
    scene = scene_of(library, trail=(Step("query", 5),))
    plain = compare.settle(library, scene, Comparison())
    pages = {
        compare_cards.page(
            compare.compare(library, scene, compare.veil(plain, scene.step, seed=seed))
        )
        for seed in range(8)
    }
    assert len(pages) == 2
    for page in pages:
        for run in runs:
            assert run.name not in page
        assert not re.search(r"LSH|bits|hv-right|hv-wrong|hv-new|hv-chip|d \d", page)


def test_the_tally_says_what_guessing_would_give(library: Library):
    scene = scene_of(library, trail=(Step("query", 5),))
    plain = compare.settle(library, scene, Comparison())
    votes = (Vote(True, 0.5), Vote(False, 0.5), Vote(True, 0.25))
    veiled = compare.veil(replace(plain, votes=votes), scene.step, seed=1)
    page = compare_cards.page(compare.compare(library, scene, veiled))
    assert "So far 2 of 3 votes agree with AP: 67 %" in page
    assert "would agree in 42 %" in page


def test_one_run_alone_asks_for_a_second(runs: list[Run]):
    library = Library(runs[:1])
    page = compare_page(library, scene_of(library))
    assert "train a second one on the same pictures" in page
    assert "data-vote" not in page
    assert "★" not in page


def test_the_points_of_a_map_arrive_as_they_were(library: Library):
    scene = scene_of(library)
    made = space_page(library, scene)[1]
    page = space_cards.points(scene.run, made)
    found = re.search(r'data-points="([^"]*)"', page)
    assert found is not None
    sent = json.loads(unescape(found[1]))
    x = np.frombuffer(base64.b64decode(sent["x"]), "<u2") / 65535
    counts = np.frombuffer(base64.b64decode(sent["counts"]), "<u4")
    np.testing.assert_allclose(x, made.positions[:, 0], atol=1e-5)
    np.testing.assert_array_equal(counts, made.projection.counts)
    assert sent["key"] == f"pca:{scene.run}"


def test_a_map_that_is_drawn_says_for_how_long(library: Library):
    scene = scene_of(library)
    made = space.the_map(library, scene.run, "pca")
    assert made is not None
    seen = space.around(library, scene, made)
    state = space.Drawing(started=0.0)
    page = space_cards.stage(scene.run, ["a"] * 10, made, seen, [], 2, state)
    assert "data-drawing" in page
    assert f"{state.seconds} s so far" in page
    assert "data-draw>" not in page


def test_a_number_is_told_after_the_bet_only(library: Library, runs: list[Run]):
    trial = scores.trial(library, runs[0].name, scores.Protocol(inside=True))
    asked = scores_cards.cheat(trial, shown=False)
    assert f"{trial.value:.3f}" not in asked
    assert "Your bet" in asked
    told = scores_cards.cheat(trial, shown=True, bet=0.25)
    assert f"{trial.value:.3f}" in told
    away = abs(trial.value - 0.25)
    assert f"You bet 0.25: {away:.2f} off" in told
    exact = scores_cards.cheat(trial, shown=True, bet=round(trial.value, 2))
    assert "spot on" in exact


def test_a_mean_over_nothing_is_told(library: Library, runs: list[Run]):
    trial = scores.trial(library, runs[0].name, scores.Protocol(cut=10, dropped=True))
    page = scores_cards.cheat(replace(trial, value=float("nan")), shown=True)
    assert "No query is left" in page
    assert "nan" not in page


def test_codes_without_ties_have_no_band_to_speak_of(library: Library, runs: list[Run]):
    card = scores.card(library, runs[0].name)
    assert "The order of ties alone is worth" in scores_cards.page(card)
    flat = replace(card, optimistic=card.expected, pessimistic=card.expected)
    assert "Ties do not matter here" in scores_cards.page(flat)
    part = replace(card, of_queries=10_000)
    assert "60 of the 10,000 queries" in scores_cards.page(part)
