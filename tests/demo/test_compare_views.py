"""Several runs on one query: who enters, who leaves, votes without names."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashviz.metrics import average_precision, distance_counts
from hashviz.runs import Run
from hashviz_demo.events import BadRequest
from hashviz_demo.library import Library
from hashviz_demo.scene import Scene, Step, with_picture
from hashviz_demo.tabs.compare import view as views
from hashviz_demo.tabs.compare.view import Comparison, Vote
from tests.demo.conftest import scene_of, small_run


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    """Three seeds at 12 bits, one run at 32."""
    folder = tmp_path_factory.mktemp("many")
    return [small_run(folder, *each) for each in ((12, 0), (12, 1), (12, 2), (32, 1))]


@pytest.fixture
def library(many: list[Run]) -> Library:
    """The four runs."""
    return Library(many)


def compared(library: Library, scene: Scene, **chosen) -> views.Compared:
    comparison = views.settle(library, scene, Comparison(**chosen))
    return views.compare(library, scene, comparison)


def test_rows_are_the_nearest_of_each_run(library: Library, many: list[Run]):
    scene = scene_of(library, trail=(Step("query", 4),))
    answer = compared(library, scene, others=(many[3].name,))
    assert [row.facts.name for row in answer.rows] == [many[0].name, many[3].name]
    for run, row in zip((many[0], many[3]), answer.rows, strict=True):
        far = (run.database_codes != run.query_codes[4]).sum(1)
        nearest = np.lexsort((np.arange(len(far)), far))[: views.FIRST]
        assert [hit.position for hit in row.found] == nearest.tolist()
        assert [hit.row for hit in row.found] == run.database_index[nearest].tolist()
        assert [hit.distance for hit in row.found] == far[nearest].tolist()
        last = far[nearest[-1]]
        assert row.cut == ((far[nearest] == last).sum(), (far == last).sum())


def test_a_picture_is_missing_where_no_other_list_shows_it(library: Library):
    answer = compared(library, scene_of(library, trail=(Step("query", 7),)))
    assert len(answer.rows) == 4
    shown = [{hit.row for hit in row.found} for row in answer.rows]
    for row in answer.rows:
        for hit in row.found:
            assert set(hit.missing) == {p for p in range(4) if hit.row not in shown[p]}
    assert any(hit.missing for row in answer.rows for hit in row.found)


def test_average_precision_is_that_of_the_metrics(library: Library, many: list[Run]):
    answer = compared(library, scene_of(library, trail=(Step("query", 9),)))
    for row in answer.rows:
        run = next(run for run in many if run.name == row.facts.name)
        arrays = run.query_codes, run.query_labels, run.database_codes, run.database_labels
        values = average_precision(distance_counts(*arrays))
        assert row.precision == pytest.approx(values[9])
        if row.facts.bits == 32:
            assert row.score is not None
            assert row.score.mean == pytest.approx(values.mean())
            assert row.score.half_width is None
    precisions = [row.precision or 0 for row in answer.rows]
    assert answer.best == (int(np.argmax(precisions)),)


def test_seeds_of_one_method_give_an_interval(library: Library, many: list[Run]):
    row = compared(library, scene_of(library)).rows[0]
    values = [views.mean_average_precision(library.open(run.name)) for run in many[:3]]
    assert row.seeds == 3
    assert row.score is not None
    assert row.score.mean == pytest.approx(np.mean(values))
    assert row.score.half_width == pytest.approx(4.3027 * np.std(values, ddof=1) / 3**0.5, rel=1e-3)


def test_a_result_that_is_the_query_is_in_no_list(library: Library):
    scene = scene_of(library, trail=(Step("database", 20),))
    answer = compared(library, scene)
    row = library.open(scene.run).run.database_index[20]
    assert all(hit.row != row for each in answer.rows for hit in each.found)
    assert all(len(each.found) == views.FIRST for each in answer.rows)
    run = library.open(answer.rows[0].facts.name).run
    here = np.flatnonzero(run.database_index == row)
    code, label = run.database_codes[here], run.database_labels[here]
    others = np.delete(run.database_codes, here, 0), np.delete(run.database_labels, here, 0)
    expected = average_precision(distance_counts(code, label, *others))
    assert answer.rows[0].precision == pytest.approx(expected[0])


def test_a_query_is_not_counted_among_those_at_the_last_distance(tmp_path: Path, many: list[Run]):
    coarse = Library([small_run(tmp_path, 4, 0), many[3]])  # more have the code than are listed
    first = next(iter(coarse.runs))
    codes = coarse.open(first).run.database_codes
    same = (codes[:, None] == codes).all(2).sum(1)
    itself = int(same.argmax())
    scene = scene_of(coarse, run=first, trail=(Step("database", itself),))
    row = compared(coarse, scene).rows[0]
    assert row.found[-1].distance == 0
    assert row.cut == (views.FIRST, same[itself] - 1)


def test_a_run_that_cannot_answer_says_why(library: Library):
    scene = with_picture(library, scene_of(library), np.full((9, 9, 3), 200, np.uint8))
    answer = compared(library, scene)
    assert all("model.safetensors" in row.note and not row.found for row in answer.rows)
    assert answer.best == ()
    asked = replace(answer.comparison, blind=True, step=None, vote=None)
    assert views.vote_for(library, scene, asked, 0).votes == (), "nothing to agree with"


def test_lists_that_differ_by_rounding_only_are_both_best(
    library: Library, monkeypatch: pytest.MonkeyPatch
):
    values = iter([0.3, 0.1 + 0.2, 0.2, 0.1])
    assert 0.3 != 0.1 + 0.2

    def precision(counts, k=None):
        return np.array([next(values)] if len(counts.total) == 1 else [0.5])

    monkeypatch.setattr(views.metrics, "average_precision", precision)
    assert compared(library, scene_of(library)).best == (0, 1)


def test_other_lengths_come_before_other_seeds(library: Library, many: list[Run]):
    first = views.settle(library, scene_of(library), Comparison())
    assert first.others == (many[3].name, many[1].name, many[2].name)


def test_rows_are_chosen_and_taken_away(library: Library, many: list[Run]):
    scene = scene_of(library)
    one = views.with_other(library, scene, Comparison((many[3].name,)), 1, many[1].name)
    assert one.others == (many[1].name,)
    two = views.with_other(library, scene, one, 2, many[2].name)
    assert two.others == (many[1].name, many[2].name)
    assert views.with_other(library, scene, two, 1, "").others == (many[2].name,)
    for place, name in ((1, many[0].name), (2, many[1].name), (0, many[3].name), (1, "nobody")):
        with pytest.raises(BadRequest):
            views.with_other(library, scene, one, place, name)


def test_a_veil_shuffles_and_a_vote_lifts_it(library: Library):
    scene = scene_of(library, trail=(Step("query", 9),))
    plain = views.settle(library, scene, Comparison())
    orders = {views.veil(plain, scene.step, seed).order for seed in range(20)}
    assert len(orders) > 5
    veiled = views.veil(plain, scene.step, 1)
    assert veiled.veiled
    assert sorted(veiled.order) == [0, 1, 2, 3]
    answer = views.compare(library, scene, veiled)
    names = (scene.run, *plain.others)
    assert [row.facts.name for row in answer.rows] == [names[which] for which in veiled.order]
    after = views.vote_for(library, scene, veiled, answer.best[0])
    assert after.votes == (Vote(True, 0.25),)
    assert not after.veiled
    with pytest.raises(BadRequest, match="has its vote already"):
        views.vote_for(library, scene, after, 0)
    worst = next(p for p in range(4) if p not in answer.best)
    assert views.vote_for(library, scene, veiled, worst).votes == (Vote(False, 0.25),)


def test_a_guess_has_a_chance_for_every_list_that_shares_the_best_place(
    library: Library, monkeypatch: pytest.MonkeyPatch
):
    scene = scene_of(library, trail=(Step("query", 9),))
    veiled = views.veil(views.settle(library, scene, Comparison()), scene.step, 1)
    answer = replace(views.compare(library, scene, veiled), best=(1, 2, 3))
    monkeypatch.setattr(views, "compare", lambda *_: answer)
    assert views.vote_for(library, scene, veiled, 3).votes == (Vote(True, 3 / 4),)
    assert views.vote_for(library, scene, veiled, 0).votes == (Vote(False, 3 / 4),)


def test_another_query_is_veiled_anew_and_keeps_the_votes(library: Library):
    scene = scene_of(library, trail=(Step("query", 9),))
    veiled = views.veil(views.settle(library, scene, Comparison()), scene.step, 1)
    after = views.vote_for(library, scene, veiled, 0)
    assert views.settle(library, scene, after) == after
    moved = views.settle(library, replace(scene, trail=(Step("query", 10),)), after)
    assert moved.veiled
    assert moved.votes == after.votes


@given(st.integers(1, 300), st.data())
def test_the_interval_of_a_share_holds_it_and_stays_inside(votes: int, data: st.DataObject):
    agreed = data.draw(st.integers(0, votes))
    low, high = views.share_interval(agreed, votes)
    share = agreed / votes
    assert -1e-9 <= low <= share + 1e-9
    assert share - 1e-9 <= high <= 1 + 1e-9


def test_two_runs_are_needed_for_a_vote(many: list[Run]):
    library = Library(many[:1])
    scene = scene_of(library)
    alone = views.settle(library, scene, Comparison())
    assert alone.others == ()
    assert len(views.compare(library, scene, alone).rows) == 1
    with pytest.raises(BadRequest, match="at least two runs"):
        views.veil(alone, scene.step)


def test_a_picture_of_any_list_becomes_the_query(library: Library, runs: list[Run]) -> None:
    scene = scene_of(library)
    row = int(runs[1].database_index[7])  # both runs have the same split
    assert views.with_row(library, scene, row).step == Step("database", 7)
    assert views.with_row(library, scene, int(runs[1].query_index[3])).step == Step("query", 3)
    gone = next(n for n in range(1797) if n not in {*runs[0].query_index, *runs[0].database_index})
    with pytest.raises(BadRequest, match="does not have this picture"):
        views.with_row(library, scene, gone)
