"""What a visitor chose: trail, link, another run, and what is refused."""

import pytest

from hashviz.runs import Run
from hashviz_demo.events import BadRequest
from hashviz_demo.library import Library
from hashviz_demo.pictures import PICTURE_BYTES
from hashviz_demo.scene import (
    STEPS,
    Step,
    first_scene,
    with_amount,
    with_drawing,
    with_earlier,
    with_hit,
    with_kept_picture,
    with_run,
    with_sample,
)
from hashviz_demo.tabs.search import view as views
from tests.demo.conftest import scene_of


def test_the_trail_forgets_its_oldest_step(library: Library):
    scene = scene_of(library)
    for position in range(STEPS + 5):
        scene = with_hit(library, scene, position)
    assert len(scene.trail) == STEPS
    assert scene.step == Step("database", STEPS + 4)


def test_another_run_keeps_the_query(library: Library, runs: list[Run]):
    scene = scene_of(library, trail=(Step("query", 4), Step("database", 7)))
    moved = with_run(library, scene, runs[1].name)
    assert moved.run == runs[1].name
    assert moved.trail == scene.trail  # both runs have the same split
    assert len(views.look(library, moved).query.code) == 32


def test_a_link_leads_back_to_its_scene(library: Library, runs: list[Run]):
    from urllib.parse import parse_qsl

    for scene in (
        scene_of(library, trail=(Step("query", 11),), k=33),
        scene_of(library, run=runs[1].name, trail=(Step("database", 8),), mode="radius", radius=7),
    ):
        back, notes = first_scene(library, dict(parse_qsl(scene.link)))
        assert notes == []
        assert back.link == scene.link


def test_a_picture_that_the_browser_kept_comes_back_as_it_was(library: Library):
    from hashviz_demo.pictures import data_uri, png

    pixels = library.open(scene_of(library).run).dataset.images[3]
    kept = Step("picture", picture=data_uri(png(pixels)), drawn=True)
    scene = with_kept_picture(library, scene_of(library), kept.picture, drawn=True)
    assert scene.trail == (kept,)
    with pytest.raises(BadRequest, match="arrives as a PNG"):
        with_kept_picture(library, scene, "file:///etc/passwd", drawn=False)


def test_a_tab_keeps_choices_of_its_own_in_the_link(library: Library):
    scene = scene_of(library).choose("with", "a,b").choose("protocol", "x").choose("with", "c")
    assert scene.choice("with") == "c"
    assert scene.choice("speed") == ""
    assert scene.link.endswith("&protocol=x&with=c") or scene.link.endswith("&with=c&protocol=x")
    assert "with" not in scene.choose("with", "").link


@pytest.mark.parametrize(
    ("address", "note"),
    [
        ({"run": "none"}, "There is no run 'none'"),
        ({"query": "99999"}, "A query is a whole number from 0 to 59"),
        ({"query": "database:-1"}, "A database position is a whole number from 0 to 399"),
        ({"k": "many"}, "k is a whole number from 1 to 100"),
        ({"radius": "13"}, "The radius is a whole number from 0 to 12"),
    ],
)
def test_a_broken_link_still_opens_and_says_what_was_wrong(
    library: Library, address: dict[str, str], note: str
):
    scene, notes = first_scene(library, address)
    assert views.look(library, scene).hits
    assert len(notes) == 1
    assert note in notes[0]


@pytest.mark.parametrize(
    "sent", [-1, 10**9, "x", [], {}, None, True, 1.5, float("nan"), "1e3", "٣"]
)
def test_forged_numbers_get_one_clear_message(library: Library, sent: object):
    scene = scene_of(library)
    with pytest.raises(BadRequest, match="A database position is a whole number from 0 to 399"):
        with_hit(library, scene, sent)
    with pytest.raises(BadRequest, match="A query is a whole number from 0 to 59"):
        with_sample(library, scene, sent)
    with pytest.raises(BadRequest, match="k is a whole number from 1 to 100"):
        with_amount(library, scene, "k", sent)
    with pytest.raises(BadRequest, match="A step is a whole number from 0 to 0"):
        with_earlier(scene, sent)


def test_unknown_modes_list_the_choices(library: Library):
    with pytest.raises(BadRequest, match="by 'k' or by 'radius'"):
        with_amount(library, scene_of(library), "sideways", 3)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        (None, "arrives as a PNG"),
        ("data:text/html;base64,AAAA", "arrives as a PNG"),
        ("data:image/png;base64,%%%", "damaged"),
        ("data:image/png;base64,", "empty"),
        ("data:image/png;base64," + "A" * PICTURE_BYTES, "at most 2 MB"),
    ],
)
def test_a_forged_drawing_gets_one_clear_message(library: Library, address: object, message: str):
    with pytest.raises(BadRequest, match=message):
        with_drawing(library, scene_of(library), address)
