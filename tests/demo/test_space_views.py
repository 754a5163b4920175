"""The map of a run: bubbles, the ball around the query, what is picked; UMAP only when asked."""

import subprocess
import sys
import time
from typing import Any

import numpy as np
import pytest

from hashviz.config import TrainConfig
from hashviz.runs import Run, Side, save_run
from hashviz_demo.events import BadRequest
from hashviz_demo.library import Library
from hashviz_demo.scene import Scene, Step
from hashviz_demo.tabs.space import view as space
from tests.demo.conftest import scene_of, small_run


def shown(library: Library, scene: Scene, layout: str = "pca") -> space.Map:
    made = space.the_map(library, scene.run, layout)
    assert made is not None
    return made


def slow_distances(run: Run, code: np.ndarray) -> np.ndarray:
    return np.array([sum(a != b for a, b in zip(code, c, strict=True)) for c in run.database_codes])


def test_every_distinct_code_is_a_bubble_of_its_pictures(library: Library, runs: list[Run]):
    made = shown(library, scene_of(library))
    codes = {tuple(code) for code in runs[0].database_codes.tolist()}
    assert len(made.positions) == len(codes)
    assert made.projection.counts.sum() == len(runs[0].database_codes)
    assert made.positions.min() >= 0
    assert made.positions.max() == pytest.approx(1)
    rank = np.argsort(made.projection.positions[:, 1])  # upwards there, downwards on a screen
    assert (np.diff(made.positions[rank, 1]) <= 0).all()
    point = int(made.projection.counts.argmax())
    classes = runs[0].database_labels[made.projection.inverse == point].sum(0)
    assert classes[made.classes[point]] == classes.max()


def test_the_ball_counts_what_a_slow_loop_counts(library: Library, runs: list[Run]):
    scene = scene_of(library, trail=(Step("query", 5),))
    made = shown(library, scene)
    seen = space.around(library, scene, made)
    far = slow_distances(runs[0], runs[0].query_codes[5])
    right = runs[0].database_labels[:, runs[0].query_labels[5]].any(1)
    assert seen.right is not None
    for radius in range(13):
        assert sum(seen.total[: radius + 1]) == (far <= radius).sum()
        assert sum(seen.right[: radius + 1]) == ((far <= radius) & right).sum()
    assert seen.distances[made.projection.inverse].tolist() == far.tolist()
    assert seen.half is not None
    assert ((far <= seen.half) & right).sum() >= right.sum() / 2
    assert ((far < seen.half) & right).sum() < right.sum() / 2


@pytest.mark.parametrize(
    ("right", "half"), [((2, 2, 3, 1), 1), ((2, 1, 4, 1), 2), ((0, 3, 3), 1), ((1, 0, 0), 0)]
)
def test_a_ball_with_exactly_half_of_the_right_ones_holds_half(right: tuple[int, ...], half: int):
    nowhere = np.zeros(0, np.int64)
    seen = space.Around(nowhere, 0.0, 0.0, False, right, right, agreeing=0, near=0)
    assert seen.half == half


def test_the_cross_stands_on_the_code_of_the_query_or_amid_the_nearest(
    library: Library, runs: list[Run]
):
    kinds = set()
    for position in range(60):
        scene = scene_of(library, trail=(Step("query", position),))
        made = shown(library, scene)
        seen = space.around(library, scene, made)
        far = slow_distances(runs[0], runs[0].query_codes[position])
        nearest = np.unique(made.projection.inverse[far == far.min()])
        assert (seen.x, seen.y) == pytest.approx(made.positions[nearest].mean(0))
        assert seen.exact == (far.min() == 0)
        kinds.add(seen.exact)
    assert kinds == {True, False}


def test_nearest_codes_on_the_map_are_compared_with_the_truth():
    positions = np.array([[0.0, 0], [1, 0], [2, 0], [9, 0]] + [[20.0 + i, 0] for i in range(8)])
    far = np.array([1, 1, 1, 9, *[2] * 8])
    assert space._agreement(positions, far, np.array([0.0, 0])) == (9, 10)
    assert space._agreement(positions[:4], far[:4], np.array([0.0, 0])) == (4, 4)


@pytest.mark.parametrize(
    "what", [{"point": 3}, {"box": [0.2, 0.9, 0.7, 0.1]}, {"class": 4}, {"radius": 3}]
)
def test_what_is_picked_is_what_a_loop_picks(library: Library, runs: list[Run], what: dict):
    scene = scene_of(library, trail=(Step("query", 8),))
    run, made = runs[0], shown(library, scene)
    picked = space.pick(library, scene, made, what)
    far = slow_distances(run, run.query_codes[8])
    expected = []
    for i in range(len(far)):
        x, y = made.positions[made.projection.inverse[i]]
        inside = {
            "point": made.projection.inverse[i] == 3,
            "box": 0.2 <= x <= 0.7 and 0.1 <= y <= 0.9,
            "class": run.database_labels[i, 4],
            "radius": far[i] <= 3,
        }
        if inside[next(iter(what))]:
            expected.append(i)
    expected.sort(key=lambda i: (far[i], i))
    assert expected
    assert picked.count == len(expected) == sum(picked.total)
    assert [p.position for p in picked.pictures] == expected[: space.SHOWN]
    assert [p.distance for p in picked.pictures] == far[expected][: space.SHOWN].tolist()
    assert picked.codes == len({tuple(run.database_codes[i]) for i in expected})


def test_the_query_is_no_part_of_what_is_picked(library: Library):
    scene = scene_of(library, trail=(Step("database", 20),))
    made = shown(library, scene)
    assert sum(space.around(library, scene, made).total) == 399
    ball = space.pick(library, scene, made, {"radius": 12})
    assert ball.count == 399
    assert 20 not in [p.position for p in ball.pictures]


@pytest.mark.parametrize(
    "what",
    [
        *(None, {}, {"point": -1}, {"point": 10**9}, {"class": 10}, {"radius": 13}, {"all": 1}),
        *({"box": [1, 2, 3]}, {"box": ["a", 0, 1, 1]}, {"point": 1, "class": 2}),
    ],
)
def test_what_cannot_be_picked_is_refused(library: Library, what: Any):
    scene = scene_of(library)
    with pytest.raises(BadRequest):
        space.pick(library, scene, shown(library, scene), what)


def test_the_list_for_keyboards_names_the_largest_bubbles(library: Library):
    scene = scene_of(library)
    made = shown(library, scene)
    listed = space.bubbles(library, scene, made, space.around(library, scene, made))
    counts = [bubble.count for bubble in listed]
    assert counts == sorted(made.projection.counts.tolist(), reverse=True)[: len(counts)]
    assert len(counts) == space.LARGEST


@pytest.fixture
def centered(tmp_path) -> Library:
    """Two classes, codes on one center; nobody has the code of the other."""
    centers = np.array([[1] * 8, [-1] * 8], np.int8)
    outputs = np.repeat(centers[:1], 6, axis=0).astype("f4")
    outputs[3:, 0] = -1
    labels = np.eye(2, dtype=bool)[[0, 0, 0, 1, 1, 1]]
    run = save_run(
        tmp_path / "digits" / "csq" / "8bits" / "seed0",
        TrainConfig(method="csq", data="digits", bits=8),
        data={"classes": ["a", "b"], "image": [8, 8, 1], "split": ""},
        environment={},
        history=[],
        query=Side(np.vstack([outputs[:1], -outputs[3:4]]), labels[:2], np.arange(2)),
        database=Side(outputs, labels, np.arange(2, 8)),
        centers=centers,
    )
    return Library([run])


def test_centers_are_points_with_their_own_class_and_distance(centered: Library):
    scene = scene_of(centered)
    made = shown(centered, scene)
    counts = made.projection.counts[made.projection.center_points]
    assert counts.tolist() == [3, 0]
    seen = space.around(centered, scene, made)
    assert seen.distances[made.projection.center_points].tolist() == [0, 8]
    assert made.classes[made.projection.center_points].tolist() == [0, 1]
    bare = int(made.projection.center_points[1])
    assert space.pick(centered, scene, made, {"point": bare}).count == 0


def test_a_center_that_no_picture_has_is_not_the_nearest_of_a_query(centered: Library):
    """The second query is one bit from the center that nobody has, eight and seven from codes."""
    scene = scene_of(centered, trail=(Step("query", 1),))
    made = shown(centered, scene)
    seen = space.around(centered, scene, made)
    taken = made.projection.counts > 0
    assert seen.distances[made.projection.center_points[1]] == 1
    assert sorted(seen.distances[taken]) == [7, 8]
    assert [seen.x, seen.y] == made.positions[seen.distances == 7][0].tolist()


def test_a_umap_is_drawn_elsewhere_and_only_when_asked(
    library: Library, runs: list[Run], monkeypatch: pytest.MonkeyPatch
):
    name = runs[1].name
    assert space.the_map(library, name, "umap") is None
    made = []

    def drawn(command: list[str], **_) -> subprocess.CompletedProcess:
        made.append(command)
        return subprocess.CompletedProcess(command, 1, "", "Traceback\nValueError: no room")

    monkeypatch.setattr(space.subprocess, "run", drawn)
    state = space.draw(library, name)
    end = time.monotonic() + 5
    while state.started is not None and time.monotonic() < end:
        time.sleep(0.01)
    assert state.trouble == "The map was not drawn: ValueError: no room"
    assert made[0][0] == sys.executable
    assert made[0][-1] == str(runs[1].path)
    with pytest.raises(BadRequest, match="one of pca, umap"):
        space.the_map(library, name, "tsne")


@pytest.mark.slow
def test_a_umap_that_was_drawn_is_the_map_that_is_shown(tmp_path):
    pytest.importorskip("umap", reason="the map needs `pip install hashviz[umap]`")
    run = small_run(tmp_path, 32, 1)
    library = Library([run])
    state = space.draw(library, run.name)
    end = time.monotonic() + 300
    while state.started is not None and time.monotonic() < end:
        time.sleep(0.1)
    assert state.trouble == ""
    made = space.the_map(library, run.name, "umap")
    assert made is not None
    assert made.projection.method == "umap"
    assert made.projection.counts.sum() == 400


def test_one_map_is_drawn_at_a_time(library: Library, runs: list[Run]):
    assert space.BUSY.acquire(blocking=False)
    try:
        with pytest.raises(BadRequest, match="Another map is being drawn"):
            space.draw(library, runs[0].name)
    finally:
        space.BUSY.release()


def test_the_command_that_draws_is_python_that_runs(runs: list[Run]):
    compile(space.DRAW, "draw", "exec")
    assert "method='umap'" in space.DRAW
