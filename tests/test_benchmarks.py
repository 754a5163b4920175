"""The yardsticks: what they compute, that they run, and the page that is made of it."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks import __main__ as command
from benchmarks import evaluation, gpu
from benchmarks.measure import Row, number, ratio, rounds, spread
from benchmarks.rivals import RIVALS
from hashviz.config import TrainConfig
from hashviz.data import load_dataset
from hashviz.metrics import average_precision, distance_counts


def test_a_ratio_is_taken_round_by_round_and_scaled_to_the_whole():
    row = ratio("x", [1.0, 2.0, 4.0], [0.5, 2.0, 1.0], "loop", scale=10, target=5.0)
    assert (row.value, row.low, row.high) == (5.0, 2.5, 10.0)
    assert row.kept is True
    assert row.against == "loop: 10 s against 2 s"


@pytest.mark.parametrize(
    ("value", "at_most", "kept"), [(1.0, True, True), (2.0, True, False), (2.0, False, True)]
)
def test_a_target_is_a_bound_from_one_side(value: float, at_most: bool, kept: bool):
    assert Row("x", value, "s", 0, 3, target=1.5, at_most=at_most).kept is kept
    assert Row("x", value, "s", 0, 3).kept is None


def test_contestants_run_in_turn_and_once_before_it_counts():
    seen: list[str] = []
    spent = rounds({"a": lambda: seen.append("a"), "b": lambda: seen.append("b")}, repeats=2)
    assert seen == ["a", "b"] * 3
    assert {name: len(each) for name, each in spent.items()} == {"a": 2, "b": 2}


def test_the_loop_of_the_field_is_one_order_of_the_ties():
    given = evaluation.clustered_set(40, 400, 12, 4)
    counts = distance_counts(*given)
    low, high = (average_precision(counts, ties=ties) for ties in ("pessimistic", "optimistic"))
    for dtype in (np.float32, np.int8):
        some = evaluation.as_the_field_has_them(given, dtype)
        assert (some[0].dtype, some[1].dtype) == (dtype, np.int8)
        assert low.mean() <= evaluation.field_loop(some) <= high.mean()
    assert evaluation.equality().kept


@pytest.mark.parametrize("name", RIVALS)
def test_other_evaluators_measure_the_same_or_say_that_they_are_missing(
    name: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(evaluation, "score", lambda *_: 0.0)  # it is their value that is checked
    given = evaluation.random_set(100, 300, 8, 4)
    rival = RIVALS[name]
    row = evaluation.against_rival("mAP", name, rival, given)
    if not rival.installed:
        assert row.value is row.kept is None
        assert "| -  |  |" in row.line
        assert "not installed" in row.line
        return
    assert row.value is not None
    counts = distance_counts(*given)
    low, high = (average_precision(counts, ties=ties) for ties in ("pessimistic", "optimistic"))
    assert low.mean() <= rival.score(given) <= high.mean()


def test_the_first_call_is_timed_in_a_process_of_its_own():
    fresh, kept = evaluation.first_calls(scale=200, repeats=1)
    assert (fresh.unit, kept.unit) == ("s", "s")
    assert min(fresh.value or 0, kept.value or 0) > 0


def test_what_takes_half_an_hour_is_measured_only_when_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    asked: list[str] = []

    def area(name: str):
        asked.append(name)
        return type("area", (), {"rows": lambda quick: iter(())})

    monkeypatch.setattr(command, "import_module", area)
    assert command.main(["--quick"]) == 0
    assert asked == [f"benchmarks.{name}" for name in command.AREAS if name not in command.LONG]


def test_the_front_page_says_what_was_measured_where():
    kept = command.read(command.FOLDER / "results")
    kept["search"]["machine"]["processor"] = "Abacus"
    last = command.summary(kept).splitlines()[-1]
    assert "Search: Abacus" in last
    assert kept["cifar10"]["machine"]["processor"] in last


def test_what_was_measured_becomes_file_and_page_and_the_rest_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    def rows(quick: bool):
        yield spread("one thing", [1.0, 3.0, 2.0], "s", target=5.0)
        yield spread("another", [7.0], "s", target=None if quick else 5.0)

    monkeypatch.setattr(command, "AREAS", {"first": "First", "second": "Second"})
    monkeypatch.setattr(command, "import_module", lambda name: type("area", (), {"rows": rows}))
    output = ["-o", str(tmp_path)]
    assert command.main(["first", "--quick", *output]) == 0
    assert not any(tmp_path.iterdir())
    assert command.main(["second", *output]) == 1
    assert command.main(["first", *output]) == 1
    kept = json.loads((tmp_path / "results.json").read_text())
    assert list(kept) == ["first", "second"]
    assert kept["first"]["rows"][0]["value"] == 2.0
    page = (tmp_path / "README.md").read_text()
    assert page.count("| one thing | 2 s | 1 .. 3 | <= 5 | yes |") == 2
    assert page.count("**no**") == 2
    assert "one thing" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        command.main(["third"])


def test_the_kept_page_is_made_of_the_kept_file():
    folder = command.FOLDER / "results"
    assert (folder / "README.md").read_text() == command.page(command.read(folder))


def test_numbers_keep_the_digits_that_count():
    assert [number(v) for v in (0.0, 0.98765, 12.34, 99999.0)] == ["0", "0.988", "12.3", "99,999"]


def test_the_speed_run_trains_and_scores_without_a_gpu_too():
    config = TrainConfig(
        method="csq", data="digits", bits=16, epochs=2, device="cpu", precision="float32"
    )
    found = gpu.once(load_dataset("digits"), config, 0)
    assert found["map"] > 0.5
    assert found["seconds"] < found["all"]


@pytest.mark.slow
@pytest.mark.parametrize("area", [name for name in command.AREAS if name != "gpu"])
def test_every_area_runs(area: str):
    assert command.main([area, "--quick"]) == 0


def test_clustered_codes_are_few():
    given = evaluation.clustered_set(100, 10_000, 48, 10)
    assert evaluation.distinct(given) == len(np.unique(given[2], axis=0)) < 5000
