"""What a scene answers, checked without a server."""

import numpy as np
import pytest

from hashviz.runs import Run
from hashviz_demo.events import BadRequest
from hashviz_demo.library import Library
from hashviz_demo.scene import Step, with_earlier, with_hit, with_picture
from hashviz_demo.tabs.search import view as views
from tests.demo.conftest import scene_of


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
    moved = with_hit(library, scene, 20)
    found = views.look(library, moved)
    run = library.open(scene.run).run
    similar = (run.database_labels & run.database_labels[20]).any(1)
    far = np.array(slow_distances(run, run.database_codes[20]))
    assert similar[20]
    assert far[20] == 0
    for told, counted in ((found.total, far), (found.right, far[similar])):
        assert told is not None
        itself = np.arange(13) == 0
        assert list(told) == [(counted == d).sum() - itself[d] for d in range(13)]
    assert all(group.total == found.total[group.distance] for group in found.groups)
    assert found.database == 399
    assert 20 not in [hit.position for hit in found.hits]
    assert [item.kind for item in found.trail] == ["query", "database"]
    assert with_earlier(moved, 0) == scene


def test_an_uploaded_picture_of_the_data_set_has_its_stored_code(trained: Run):
    library = Library([trained])
    rgb = np.repeat(library.open(trained.name).dataset.images[trained.query_index[2]], 3, axis=2)
    scene = with_picture(library, scene_of(library), rgb)
    found = views.look(library, scene)
    stored = views.look(library, scene_of(library, trail=(Step("query", 2),)))
    assert found.query.code == stored.query.code
    assert [h.position for h in found.hits] == [h.position for h in stored.hits]
    assert all(hit.right is None for hit in found.hits)
    assert found.milliseconds.encode is not None


def test_weights_that_are_missing_are_told(library: Library, runs: list[Run]):
    rgb = np.zeros((32, 32, 3), np.uint8)
    scene = with_picture(library, scene_of(library), rgb)
    with pytest.raises(BadRequest, match=r"model\.safetensors"):
        views.look(library, scene)


def test_pages_of_samples_show_every_query(library: Library):
    pages = [views.samples(library, scene_of(library, page=page)) for page in range(3)]
    assert {item.position for page in pages for item in page} == set(range(60))
    assert [item.position for item in pages[0]] == list(
        library.open(scene_of(library).run).samples[: views.SAMPLES]
    )


def test_a_shuffled_tie_shows_others_at_the_same_distances(library: Library):
    scene, cut = scene_of(library), lambda scene: views.look(library, scene).groups[-1]
    stored = cut(scene)
    once = views.with_order(library, scene, "shuffle")
    twice = views.with_order(library, once, "shuffle")
    shown = [{hit.position for hit in cut(each).hits} for each in (scene, once, twice)]
    assert shown[0] != shown[1] != shown[2]
    assert {len(each) for each in shown} == {len(stored.hits)}
    assert {hit.distance for hit in cut(once).hits} == {stored.distance}
    before = [views.look(library, each).groups[:-1] for each in (scene, once)]
    assert [group.hits for group in before[0]] == [group.hits for group in before[1]]
    assert cut(views.with_order(library, twice, "stored")) == stored
    assert "ties=1" in once.link
    with pytest.raises(BadRequest, match="A tie is shuffled"):
        views.with_order(library, scene, "backwards")


def test_confidence_orders_a_tie_by_the_outputs_behind_the_differing_bits(
    library: Library, runs: list[Run]
):
    scene, run = scene_of(library), runs[0]
    found = views.look(library, views.with_order(library, scene, "confidence"))
    tie = found.groups[-1]
    assert tie.ranked
    mine = run.query_outputs[scene.step.position]

    def doubt(position: int) -> float:
        pairs = zip(mine, run.database_outputs[position], strict=True)  # all of them were kept
        return sum(abs(u * v) for u, v in pairs if u * v < 0)

    others = [p for p, d in enumerate(slow_distances(run, run.query_codes[scene.step.position]))
              if d == tie.distance]  # fmt: skip
    assert [hit.position for hit in tie.hits] == sorted(others, key=doubt)[: len(tie.hits)]
    picture = scene_of(library, trail=(Step("database", 3),), k=30)
    assert not views.look(library, picture).groups[-1].ranked


def test_a_run_without_outputs_orders_its_ties_as_they_are_stored(
    library: Library, monkeypatch: pytest.MonkeyPatch
):
    scene = scene_of(library)
    stored = views.look(library, scene).hits
    monkeypatch.setattr(Run, "database_sample", property(lambda run: np.zeros(0, np.int64)))
    found = views.look(library, views.with_order(library, scene, "confidence"))
    assert found.hits == stored
    assert not found.groups[-1].ranked
