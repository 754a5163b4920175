"""Answers as HTML: every text escaped, one cell per bit, captions that are true."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashviz.runs import Run
from hashviz_demo.frame.bars import bars
from hashviz_demo.frame.files import macros
from hashviz_demo.library import Library
from hashviz_demo.scene import Step, with_hit
from hashviz_demo.tabs.search import view as views
from tests.demo.conftest import scene_of

cards = macros("tabs/search/page.html")


def page_of(found: views.Found) -> str:
    return cards.page(found, bars(found.total, found.right, 64.0))


def test_a_cut_group_says_that_another_order_would_show_others(library: Library, runs: list[Run]):
    for position in range(len(runs[0].query_index)):
        scene = scene_of(library, trail=(Step("query", position),), k=12)
        last = views.look(library, scene).groups[-1]
        if len(last.hits) < last.total:
            expected = f"{len(last.hits)} of {last.total} shown; another order would show others"
            assert expected in cards.group(last)
            return
    pytest.fail("twelve bits and 400 items without a cut group")


def test_class_names_are_shown_as_text(library: Library, monkeypatch: pytest.MonkeyPatch):
    evil = "<img src=x onerror=alert(1)>&\"'`${1}{{1}}"
    for run in library.runs.values():
        monkeypatch.setitem(run.data, "classes", [evil] * 10)
    scene = with_hit(library, scene_of(library, k=5), 3)
    page = page_of(views.look(library, scene)) + cards.samples(views.samples(library, scene), -1, 0)
    assert "<img src=x" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page


@given(st.text("01", min_size=4, max_size=140), st.data())
def test_a_strip_has_one_cell_per_bit_and_marks_the_differing_ones(code: str, data: st.DataObject):
    odd = data.draw(st.sets(st.integers(0, len(code) - 1)))
    strip = macros("frame/parts.html").strip(code, sorted(odd))
    assert strip.count("<i ") == len(code)
    assert strip.count(' d"') == len(odd)


def test_an_empty_ball_says_so(library: Library, runs: list[Run]):
    scene = scene_of(library, run=runs[1].name, mode="radius", radius=0)
    for position in range(60):
        found = views.look(library, replace(scene, trail=(Step("query", position),)))
        if not found.hits:
            assert "the ball is empty" in cards.status(found)
            assert "the ball is empty" in page_of(found)
            return
    pytest.fail("32 random bits and no empty ball")
