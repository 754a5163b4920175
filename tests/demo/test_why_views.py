"""Why a result was found, checked without a server."""

import numpy as np
import pytest

from hashviz.runs import Run
from hashviz_demo.events import BadRequest
from hashviz_demo.frame.files import macros
from hashviz_demo.library import Library
from hashviz_demo.pictures import read_png
from hashviz_demo.scene import Step
from hashviz_demo.tabs.bits.view import resort
from hashviz_demo.tabs.why import view as views
from tests.demo.conftest import scene_of

cards = macros("tabs/why/page.html")


def test_the_first_result_is_explained_unless_another_is_chosen(library: Library):
    scene = scene_of(library)
    found = views.pair(library, scene)
    assert len(found.hits) == views.FIRST
    assert found.hit == found.hits[0]
    fourth = found.hits[3]
    assert views.pair(library, scene, fourth.position).hit == fourth
    assert views.pair(library, scene, "x").hit == found.hits[0]
    page = cards.pair(found)
    assert page.count("hv-apart") == page.count("they differ") == found.hit.distance
    assert f"<b>{12 - found.hit.distance} of 12</b> bits agree" in page


@pytest.mark.parametrize("step", [Step("query", 11), Step("database", 30)])
def test_after_the_flips_the_result_has_left(library: Library, runs: list[Run], step: Step):
    scene = scene_of(library, trail=(step,), run=runs[1].name)
    found = views.pair(library, scene)
    for hit in (found.hits[0], found.hits[-1]):
        told = views.reasons(library, scene, hit.position)
        assert told.flips
        assert all(hit.code[bit] == found.query.code[bit] for bit in told.flips)
        assert hit.position not in [other.position for other in told.after]
        assert len(told.after) == views.FIRST
        one_less = list(found.query.code)
        for bit in told.flips[1:]:
            one_less[bit] = "0" if one_less[bit] == "1" else "1"
        still = resort(library, scene, "".join(one_less)).hits[: views.FIRST]
        assert hit.position in [other.position for other in still]


def test_without_weights_the_flips_are_told_and_the_page_says_what_is_missing(library: Library):
    scene = scene_of(library)
    told = views.reasons(library, scene, views.pair(library, scene).hit.position)
    assert told.heat is None
    page = cards.reasons(told)
    assert "No heat maps: " in page
    assert "need only the codes" in page
    assert "data-maps" not in page
    assert "Your bet first" in page


def test_every_bit_has_a_map_on_both_pictures(trained: Run):
    library = Library([trained])
    scene = scene_of(library)
    found = views.pair(library, scene)
    told = views.reasons(library, scene, found.hit.position)
    assert told.heat is not None
    assert len(told.heat.query) == len(told.heat.hit) == 16
    for outputs, code in zip(told.heat.outputs, (found.query.code, found.hit.code), strict=True):
        assert ["1" if value > 0 else "0" for value in outputs] == list(code)
    loudest = told.heat.loudest
    assert found.query.code[loudest] == found.hit.code[loudest]
    assert "data-maps" in cards.reasons(told)


def test_an_overlay_tells_sign_by_color_and_size_by_density():
    heat = np.array([[4.0, -2.0], [0.0, -4.0]], np.float32)
    shown = read_png(views.overlay(heat))
    assert [tuple(shown[0, 0, :3]), tuple(shown[0, 1, :3])] == [views.ENDS[1], views.ENDS[0]]
    assert shown[0, 0, 3] == shown[1, 1, 3] > shown[0, 1, 3] > shown[1, 0, 3] == 0
    assert read_png(views.overlay(np.zeros((2, 2), np.float32)))[..., 3].max() == 0


@pytest.mark.parametrize("size", [(300, 200), (65, 64), (32, 32), (3, 500)])
def test_large_maps_are_sent_small(size: tuple[int, int]):
    shown = read_png(views.overlay(np.ones(size, np.float32)))
    assert max(shown.shape[:2]) <= views.SIDE
    assert min(shown.shape[:2]) >= 1


@pytest.mark.parametrize("sent", ["x", 10**9, None, -1])
def test_a_forged_result_is_refused(library: Library, sent: object):
    with pytest.raises(BadRequest, match="A database position is a whole number from 0 to 399"):
        views.reasons(library, scene_of(library), sent)


def test_only_the_first_results_are_explained(library: Library):
    scene = scene_of(library)
    first = {hit.position for hit in views.pair(library, scene).hits}
    other = next(p for p in range(400) if p not in first)
    with pytest.raises(BadRequest, match="Only the first 10 results are explained"):
        views.reasons(library, scene, other)
