"""What the app answers, checked without a server."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo import cards, views
from demo.views import BadRequest, Library, Scene, Step
from hashviz.data import Dataset
from hashviz.runs import Run


@pytest.fixture
def library(runs: list[Run]) -> Library:
    return Library(runs)


def scene_of(library: Library, **changes) -> Scene:
    return replace(views.first_scene(library, {})[0], **changes)


def slow_distances(run: Run, code: np.ndarray) -> list[int]:
    return [
        sum(int(a != b) for a, b in zip(code, other, strict=True)) for other in run.database_codes
    ]


def test_the_k_nearest_are_those_of_a_slow_loop(library: Library, runs: list[Run]):
    found = views.look(library, scene_of(library, trail=(Step("query", 5),), k=17))
    far = slow_distances(runs[0], runs[0].query_codes[5])
    expected = sorted(range(len(far)), key=lambda position: (far[position], position))[:17]
    assert [hit.position for hit in found.hits] == expected
    assert [hit.distance for hit in found.hits] == [far[p] for p in expected]


def test_a_radius_finds_every_item_inside_and_none_outside(library: Library, runs: list[Run]):
    scene = scene_of(library, trail=(Step("query", 3),), mode="radius", radius=1)
    found = views.look(library, scene)
    far = slow_distances(runs[0], runs[0].query_codes[3])
    assert sorted(h.position for h in found.hits) == [i for i, d in enumerate(far) if d <= 1]


def test_results_of_one_distance_are_one_group_that_knows_its_size(library: Library):
    found = views.look(library, scene_of(library, k=30))
    assert [group.distance for group in found.groups] == sorted({h.distance for h in found.hits})
    for group in found.groups[:-1]:
        assert len(group.hits) == group.total
    assert len(found.groups[-1].hits) <= found.groups[-1].total
    assert sum(found.total) == found.database


def test_a_cut_group_says_that_another_order_would_show_others(library: Library, runs: list[Run]):
    for position in range(len(runs[0].query_index)):
        scene = scene_of(library, trail=(Step("query", position),), k=12)
        last = views.look(library, scene).groups[-1]
        if len(last.hits) < last.total:
            expected = f"{len(last.hits)} of {last.total} shown; another order would show others"
            assert cards.tie_caption(last) == expected
            return
    pytest.fail("twelve bits and 400 items without a cut group")


def test_right_means_that_a_label_is_shared(library: Library, runs: list[Run]):
    found = views.look(library, scene_of(library, trail=(Step("query", 9),), k=40))
    run = runs[0]
    for hit in found.hits:
        shared = (run.query_labels[9] & run.database_labels[hit.position]).any()
        assert hit.right == bool(shared)
    assert found.right is not None
    assert sum(found.right) == run.database_labels[:, run.query_labels[9]].any(1).sum()


def test_differing_bits_are_as_many_as_the_distance(library: Library):
    found = views.look(library, scene_of(library, k=40))
    for hit in found.hits:
        assert len(hit.differing) == hit.distance
        for place in range(len(hit.code)):
            assert (hit.code[place] != found.query.code[place]) == (place in hit.differing)


def test_a_result_that_becomes_the_query_is_not_a_result_of_itself(library: Library):
    scene = scene_of(library, mode="radius", radius=12)
    moved = views.with_hit(library, scene, 20)
    found = views.look(library, moved)
    assert found.database == 399
    assert 20 not in [hit.position for hit in found.hits]
    assert [item.kind for item in found.trail] == ["query", "database"]
    assert views.with_earlier(moved, 0) == scene


def test_the_trail_forgets_its_oldest_step(library: Library):
    scene = scene_of(library)
    for position in range(views.STEPS + 5):
        scene = views.with_hit(library, scene, position)
    assert len(scene.trail) == views.STEPS
    assert scene.step == Step("database", views.STEPS + 4)


def test_another_run_keeps_the_query(library: Library, runs: list[Run]):
    scene = scene_of(library, trail=(Step("query", 4), Step("database", 7)))
    moved = views.with_run(library, scene, runs[1].name)
    assert moved.run == runs[1].name
    assert moved.trail == scene.trail  # both runs have the same split
    assert len(views.look(library, moved).query.code) == 32


def test_a_link_leads_back_to_its_scene(library: Library, runs: list[Run]):
    from urllib.parse import parse_qsl

    for scene in (
        scene_of(library, trail=(Step("query", 11),), k=33),
        scene_of(library, run=runs[1].name, trail=(Step("database", 8),), mode="radius", radius=7),
    ):
        back, notes = views.first_scene(library, dict(parse_qsl(scene.link)))
        assert notes == []
        assert back.link == scene.link


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
    scene, notes = views.first_scene(library, address)
    assert views.look(library, scene).hits
    assert len(notes) == 1
    assert note in notes[0]


@pytest.mark.parametrize(
    "sent", [-1, 10**9, "x", [], {}, None, True, 1.5, float("nan"), "1e3", "٣"]
)
def test_forged_numbers_get_one_clear_message(library: Library, sent: object):
    scene = scene_of(library)
    with pytest.raises(BadRequest, match="A database position is a whole number from 0 to 399"):
        views.with_hit(library, scene, sent)
    with pytest.raises(BadRequest, match="A query is a whole number from 0 to 59"):
        views.with_sample(library, scene, sent)
    with pytest.raises(BadRequest, match="k is a whole number from 1 to 100"):
        views.with_amount(library, scene, "k", sent)
    with pytest.raises(BadRequest, match="A step is a whole number from 0 to 0"):
        views.with_earlier(scene, sent)


def test_unknown_runs_and_modes_list_the_choices(library: Library):
    with pytest.raises(BadRequest, match=r"no run 'dpsh'; choose from .*digits/lsh/12bits/seed0"):
        library.open("dpsh")
    with pytest.raises(BadRequest, match="by 'k' or by 'radius'"):
        views.with_amount(library, scene_of(library), "sideways", 3)
    with pytest.raises(BadRequest, match="There are no runs"):
        Library([])


@pytest.mark.parametrize(
    ("address", "message"),
    [
        (None, "arrives as a PNG"),
        ("data:text/html;base64,AAAA", "arrives as a PNG"),
        ("data:image/png;base64,%%%", "damaged"),
        ("data:image/png;base64,", "empty"),
        ("data:image/png;base64," + "A" * views.PICTURE_BYTES, "at most 2 MB"),
    ],
)
def test_a_forged_drawing_gets_one_clear_message(library: Library, address: object, message: str):
    with pytest.raises(BadRequest, match=message):
        views.with_drawing(library, scene_of(library), address)


def test_samples_show_every_class_before_any_twice(library: Library, runs: list[Run]):
    present = np.flatnonzero(runs[0].query_labels.any(0)).tolist()
    order = views.sample_order(runs[0])
    assert [runs[0].query_labels[p].argmax() for p in order[: len(present)]] == present
    pages = [views.samples(library, scene_of(library, page=page)) for page in range(3)]
    assert {item.position for page in pages for item in page} == set(range(60))


def test_an_uploaded_picture_of_the_data_set_has_its_stored_code(trained: Run):
    library = Library([trained])
    rgb = np.repeat(library.open(trained.name).dataset.images[trained.query_index[2]], 3, axis=2)
    scene = views.with_picture(library, scene_of(library), rgb)
    found = views.look(library, scene)
    stored = views.look(library, scene_of(library, trail=(Step("query", 2),)))
    assert found.query.code == stored.query.code
    assert [h.position for h in found.hits] == [h.position for h in stored.hits]
    assert all(hit.right is None for hit in found.hits)
    assert found.milliseconds.encode is not None


def test_dark_ink_on_paper_becomes_bright_ink_on_black(trained: Run):
    library = Library([trained])
    paper = np.full((90, 60, 3), 250, np.uint8)
    paper[20:70, 28:34] = 10
    scene = views.with_picture(library, scene_of(library), paper)
    image = views.read_png(scene.step.picture)
    border = np.concatenate([image[:, 0].ravel(), image[:, -1].ravel()])
    assert image.shape == (32, 32, 1)
    assert border.max() < 40
    assert image[8:24, 14:18].mean() > 150


def test_a_drawing_is_moved_to_the_middle_and_an_empty_pad_refused(trained: Run):
    library = Library([trained])

    def drawing(top: int, left: int) -> str:
        canvas = np.zeros((256, 256, 1), np.uint8)
        canvas[top : top + 100, left : left + 24] = 255
        return views.data_uri(views.png(canvas))

    here = views.with_drawing(library, scene_of(library), drawing(10, 10))
    there = views.with_drawing(library, scene_of(library), drawing(120, 200))
    assert here.step == there.step
    with pytest.raises(BadRequest, match="nothing drawn"):
        views.with_drawing(
            library, scene_of(library), views.data_uri(views.png(np.zeros((256, 256, 1), np.uint8)))
        )


def test_thumbnails_are_only_pictures_of_the_data_set(library: Library):
    address = views.look(library, scene_of(library)).hits[0].image
    key, name = address.removeprefix("/thumbnails/").split("/")
    content = library.picture(key, int(name.removesuffix(".png")))
    assert content is not None
    assert content.startswith(b"\x89PNG")
    assert library.picture(key, -1) is None
    assert library.picture(key, 10**9) is None
    assert library.picture("guess", 0) is None


def test_class_names_are_shown_as_text(library: Library, monkeypatch: pytest.MonkeyPatch):
    evil = "<img src=x onerror=alert(1)>&\"'`${1}{{1}}"
    for run in library.runs.values():
        monkeypatch.setitem(run.data, "classes", [evil] * 10)
    scene = views.with_hit(library, scene_of(library, k=5), 3)
    page = cards.page(views.look(library, scene)) + cards.samples(
        views.samples(library, scene), -1, 0
    )
    assert "<img src=x" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page


@given(st.text("01", min_size=4, max_size=140), st.data())
def test_a_strip_has_one_cell_per_bit_and_marks_the_differing_ones(code: str, data: st.DataObject):
    odd = data.draw(st.sets(st.integers(0, len(code) - 1)))
    strip = cards.strip(code, sorted(odd))
    assert strip.count("<i ") == len(code)
    assert strip.count(' d"') == len(odd)


def test_an_empty_ball_says_so(library: Library, runs: list[Run]):
    scene = scene_of(library, run=runs[1].name, mode="radius", radius=0)
    for position in range(60):
        found = views.look(library, replace(scene, trail=(Step("query", position),)))
        if not found.hits:
            assert "the ball is empty" in cards.status(found)
            assert "the ball is empty" in cards.page(found)
            return
    pytest.fail("32 random bits and no empty ball")


def test_the_app_draws_without_pyplot():
    import subprocess
    import sys

    script = "import sys, demo.views, demo.cards, demo.app; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout.split()
    for heavy in ("torch", "gradio", "matplotlib.pyplot", "umap"):
        assert heavy not in loaded


def test_pictures_that_are_gone_are_told_and_the_search_goes_on(
    runs: list[Run], monkeypatch: pytest.MonkeyPatch
):
    from hashviz.data import MissingData

    def gone(*_):
        raise MissingData("The pictures are not in data/.")

    monkeypatch.setattr(views, "load_dataset", gone)
    library = Library(runs)
    assert views.look(library, scene_of(library)).hits
    key = views.look(library, scene_of(library)).hits[0].image.split("/")[2]
    assert library.picture(key, 0) is None
    with pytest.raises(BadRequest, match="not in data/"):
        views.with_picture(library, scene_of(library), np.zeros((9, 9, 3), np.uint8))


def test_a_data_set_that_shrank_is_told(runs: list[Run], monkeypatch: pytest.MonkeyPatch):
    short = Dataset("digits", np.zeros((9, 8, 8, 1), np.uint8), np.ones((9, 1), bool), ("0",))
    monkeypatch.setattr(views, "load_dataset", lambda *_: short)
    with pytest.raises(BadRequest, match=r"digits has 9 pictures, fewer than when .* was trained"):
        _ = Library(runs).open(runs[0].name).dataset


def test_weights_that_are_missing_are_told(library: Library, runs: list[Run]):
    rgb = np.zeros((32, 32, 3), np.uint8)
    scene = views.with_picture(library, scene_of(library), rgb)
    with pytest.raises(BadRequest, match=r"model\.safetensors"):
        views.look(library, scene)
