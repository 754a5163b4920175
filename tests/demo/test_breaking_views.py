"""How little must change until a code breaks, checked without a server."""

import json
import re
from html import unescape
from types import SimpleNamespace

import numpy as np
import pytest

from hashviz.codes import pack
from hashviz.runs import Run
from hashviz_demo.events import BadRequest
from hashviz_demo.frame.files import render
from hashviz_demo.items import apart, code_of, pixels_of
from hashviz_demo.library import Library
from hashviz_demo.pictures import read_png
from hashviz_demo.scene import Scene, Step, with_picture
from hashviz_demo.tabs.bits.view import resort
from hashviz_demo.tabs.breaking import card as cards
from hashviz_demo.tabs.breaking import view as views
from tests.demo.conftest import scene_of


@pytest.fixture
def shown(trained: Run) -> tuple[Library, Scene]:
    library = Library([trained])
    return library, scene_of(library, trail=(Step("query", 4),))


def test_the_aims_are_the_nearest_pictures_of_the_other_classes(library: Library, runs: list[Run]):
    scene = scene_of(library, trail=(Step("query", 7),))
    found = views.bench(library, scene)
    run = runs[0]
    own = run.query_labels[7]
    far = (run.database_codes != run.query_codes[7]).sum(1)
    assert len(found.aims) == 9
    assert [hit.distance for hit in found.aims] == sorted(hit.distance for hit in found.aims)
    classes = set()
    for hit in found.aims:
        labels = run.database_labels[hit.position]
        assert not (labels & own).any()
        classes.add(int(labels.argmax()))
        assert hit.distance == far[run.database_labels[:, labels.argmax()]].min()
    assert len(classes) == 9
    assert found.aim is None
    assert 'data-aim="" aria-pressed="true"' in cards.bench(found)


def test_of_several_labels_none_is_shared_with_an_aim():
    codes = np.array([[1, 1, 1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1, 1, -1]], np.int8)
    run = SimpleNamespace(
        classes=("sea", "boat"),
        query_labels=np.array([[True, False]]),
        database_labels=np.array([[True, True], [False, True]]),
        database_packed=pack(codes),
    )
    opened = SimpleNamespace(run=run, kept=lambda _, make: make())
    assert views._nearest_others(opened, Step("query", 0), "1" * 8) == [1]  # type: ignore[arg-type]


def test_any_picture_can_be_aimed_at_but_not_the_query_itself(library: Library):
    scene = scene_of(library, trail=(Step("database", 30),))
    aimed = views.with_aim(library, scene, 5)
    assert "aim=5" in aimed.link
    found = views.bench(library, aimed)
    assert found.aim is not None
    assert found.aim.position == 5
    assert found.aim in found.aims
    assert views.bench(library, views.with_aim(library, aimed, None)).aim is None
    with pytest.raises(BadRequest, match="have the same code"):
        views.with_aim(library, scene, 30)


def test_no_aim_has_the_code_of_the_query_already(library: Library):
    opened = library.open(next(iter(library.runs)))
    for position in range(40):
        scene = scene_of(library, run=opened.run.name, trail=(Step("query", position),))
        assert all(hit.distance > 0 for hit in views.bench(library, scene).aims)
        far = apart(opened, code_of(opened, scene.step))
        for same in np.flatnonzero(far == 0)[:1].tolist():
            assert views.bench(library, scene.choose("aim", str(same))).aim is None


def test_a_picture_from_outside_is_aimed_at_other_classes_than_its_results(
    shown: tuple[Library, Scene],
):
    library, scene = shown
    run = library.open(scene.run).run
    three = int(np.flatnonzero(run.database_labels[:, 3])[0])
    image = library.open(scene.run).dataset.images[run.database_index[three]]
    drawn = with_picture(library, scene, np.repeat(image, 3, axis=2))
    found = views.bench(library, drawn)
    results = [hit.name for hit in resort(library, drawn, found.query.code).hits[: views.FIRST]]
    most = max(sorted(set(results)), key=results.count)
    assert len(found.aims) == 9
    assert most not in {hit.name for hit in found.aims}
    assert "other classes than most of its results" in cards.bench(found)


@pytest.mark.parametrize("sent", ["x", -1, 400, True, 2.5, [3]])
def test_a_forged_aim_is_refused(library: Library, sent: object):
    with pytest.raises(BadRequest, match="A database position is a whole number from 0 to 399"):
        views.with_aim(library, scene_of(library), sent)


@pytest.mark.parametrize("text", ["x", "-1", "400", "30"])
def test_an_aim_of_another_run_in_a_link_is_no_aim(library: Library, text: str):
    scene = scene_of(library, trail=(Step("database", 30),)).choose("aim", text)
    assert views.bench(library, scene).aim is None


def test_every_size_of_change_is_told_with_its_picture_bits_and_results(
    shown: tuple[Library, Scene],
):
    library, scene = shown
    found = views.attack(library, scene)
    opened = library.open(scene.run)
    pixels = pixels_of(opened, scene.step).astype(int)
    assert [level.epsilon for level in found.levels] == list(views.FINE)
    assert found.levels[0].code == found.code == code_of(opened, scene.step)
    for level in found.levels:
        image = read_png(level.image)
        change = image.astype(int) - pixels
        assert np.abs(change).max() <= level.epsilon
        np.testing.assert_array_equal(
            read_png(level.change), np.clip(128 + level.times * change, 0, 255)
        )
        packed = opened.encode(image)
        bits = "".join(map(str, np.unpackbits(packed)[: len(level.code)]))
        assert bits == level.code
        assert level.flipped == tuple(
            i for i, (a, b) in enumerate(zip(level.code, found.code, strict=True)) if a != b
        )
        assert level.hits == resort(library, scene, level.code).hits[: views.FIRST]
        assert level.right == sum(bool(hit.right) for hit in level.hits)
    flips = [len(level.flipped) for level in found.levels]
    assert flips == sorted(flips)
    assert flips[-1] > 8
    first = next(level for level in found.levels if level.flipped)
    assert found.first == first.epsilon > 0
    assert found.turned is not None
    assert found.turned >= first.epsilon


def test_two_pictures_collide_or_it_is_said_how_near_they_came(shown: tuple[Library, Scene]):
    library, scene = shown
    aim = views.bench(library, scene).aims[0]
    found = views.attack(library, views.with_aim(library, scene, aim.position))
    assert found.aim is not None
    assert found.aim.code == aim.code
    assert [level.to_aim for level in found.levels] == [
        sum(a != b for a, b in zip(level.code, aim.code, strict=True)) for level in found.levels
    ]
    page = unescape(cards.attack(found))
    if found.collides is None:
        nearest = min(level.to_aim or 0 for level in found.levels)
        assert f"came as near as {nearest} bit" in page
    else:
        assert len(found.levels) >= len(views.FINE)
        assert f"moves no pixel value by more than {found.collides} of 255" in page


def test_a_picture_of_the_same_code_is_no_aim(trained: Run):
    library = Library([trained])
    packed = trained.database_packed
    _, first, inverse, counts = np.unique(
        packed, axis=0, return_index=True, return_inverse=True, return_counts=True
    )
    bucket = int(counts.argmax())
    one, two = np.flatnonzero(inverse.reshape(-1) == bucket)[:2].tolist()
    assert first[bucket] == one
    scene = scene_of(library, trail=(Step("database", one),))
    with pytest.raises(BadRequest, match="collide without any change"):
        views.with_aim(library, scene, two)


def test_the_page_holds_all_that_the_slider_shows(shown: tuple[Library, Scene]):
    library, scene = shown
    found = views.attack(library, scene)
    page = cards.attack(found)
    held = json.loads(unescape(re.search(r'data-attack="([^"]*)"', page)[1]))  # type: ignore[index]
    assert held["goal"] == found.turned
    assert len(held["levels"]) == len(found.levels)
    assert held["levels"][3]["code"] == found.levels[3].code
    for level in held["levels"]:
        assert all(str(position) in held["pictures"] for position, _, _ in level["hits"])
    assert "Your bet first" in page
    assert page.index("Your bet first") < page.index("Found by projected gradient descent")
    veiled = page.index("data-seen hidden><h3")  # the result of the search waits for the bet
    assert veiled < page.index("Found by projected gradient descent")


def test_the_same_attack_is_made_once(shown: tuple[Library, Scene]):
    library, scene = shown
    assert views.attack(library, scene) is views.attack(library, scene)
    assert len(views._KEPT) <= views.KEPT


def test_a_drawing_bets_on_the_first_bit_for_nobody_knows_its_label(shown: tuple[Library, Scene]):
    library, scene = shown
    from hashviz_demo.scene import with_picture

    rgb = np.zeros((40, 40, 3), np.uint8)
    rgb[8:32, 18:23] = 255
    scene = with_picture(library, scene, rgb)
    found = views.attack(library, scene)
    assert found.turned is None
    assert all(level.right is None for level in found.levels)
    assert "the first of its bits flips" in cards.attack(found)
    assert views.bench(library, scene).aims


def test_without_weights_the_page_says_what_is_missing(library: Library):
    with pytest.raises(BadRequest) as told:
        views.attack(library, scene_of(library))
    page = render("tabs/breaking/no_attack.html", why=str(told.value))
    assert "No attack on this run" in page
    assert "need only the codes" in page


def test_a_large_picture_is_sent_as_a_jpeg():
    assert views._data_uri(np.zeros((96, 96, 3), np.uint8)).startswith("data:image/png;")
    assert views._data_uri(np.zeros((97, 96, 3), np.uint8)).startswith("data:image/jpeg;")
    assert views._data_uri(np.zeros((97, 96, 1), np.uint8)).startswith("data:image/jpeg;")
