"""The scores of a run, and codes from anybody's file."""

import json
from pathlib import Path
from threading import current_thread
from typing import Any

import numpy as np
import pytest
import torch

from hashviz.codes import sign
from hashviz.metrics import evaluation as module
from hashviz.metrics import threads as ways
from hashviz.metrics.evaluation import ARRAYS, METRICS, evaluate, read_codes
from hashviz.metrics.labels import multi_hot


@pytest.fixture
def arrays(rng: np.random.Generator) -> dict[str, np.ndarray]:
    return {
        "query_codes": sign(rng.standard_normal((20, 12))),
        "query_labels": rng.integers(0, 3, 20),
        "database_codes": sign(rng.standard_normal((150, 12))),
        "database_labels": rng.integers(0, 4, 150),
    }


def numbers(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [n for item in value.values() for n in numbers(item)]
    if isinstance(value, list):
        return [n for item in value for n in numbers(item)]
    return [value]


def test_scores_are_plain_json_with_every_metric(arrays: dict[str, np.ndarray]) -> None:
    scores = evaluate(**arrays)
    assert json.loads(json.dumps(scores, allow_nan=False)) == scores
    assert set(METRICS) <= set(scores)
    assert {type(n) for n in numbers(scores)} <= {int, float, type(None)}
    assert scores["map"]["pessimistic"] < scores["map"]["expected"] < scores["map"]["optimistic"]
    assert scores["radius_curve"]["recall"][-1] == 1
    assert scores["graded"] is None
    assert scores["classes"] == 4
    assert sum(scores["distances"]["similar"] + scores["distances"]["dissimilar"]) == 20 * 150


def test_at_all_ranks_the_dialects_agree_and_at_k_they_do_not(
    arrays: dict[str, np.ndarray],
) -> None:
    everything = evaluate(**arrays)
    assert set(everything["map_dialects"].values()) == {everything["map"]["expected"]}
    few = evaluate(**arrays, k=3)
    assert few["map"]["expected"] == few["map_dialects"]["hits"]
    assert len(set(few["map_dialects"].values())) > 2
    assert "3" in few["precision_at"]


def test_several_labels_bring_graded_metrics(arrays: dict[str, np.ndarray]) -> None:
    labels = multi_hot(arrays["database_labels"])
    labels[:, 0] = True
    arrays |= {"query_labels": multi_hot(arrays["query_labels"], 4), "database_labels": labels}
    scores = evaluate(**arrays, k=10)
    assert 0 < scores["graded"]["ndcg"] <= 1
    arrays["database_labels"][:, 0] = False
    arrays["query_labels"][:, 1] = True
    assert 0 < evaluate(**arrays)["graded"]["wap"] <= 2


def test_a_score_that_does_not_exist_is_none(arrays: dict[str, np.ndarray]) -> None:
    arrays["query_labels"] = np.full(20, 5)
    scores = evaluate(**arrays)
    assert scores["queries_without_relevant"] == 20
    assert scores["map_dialects"]["answered"] is None
    assert scores["map"] == dict.fromkeys(scores["map"], 0.0)


def test_torch_tensors_score_like_arrays(arrays: dict[str, np.ndarray]) -> None:
    assert evaluate(**{k: torch.as_tensor(v) for k, v in arrays.items()}) == evaluate(**arrays)


@pytest.mark.parametrize("name", ARRAYS)
def test_an_empty_set_is_refused_by_its_name(arrays: dict[str, Any], name: str) -> None:
    rule = rf"one query and one database image, but {name} is empty"
    for nothing in ([], np.zeros((0, 12)), torch.zeros(0, dtype=torch.int64)):
        with pytest.raises(ValueError, match=rule):
            evaluate(**arrays | {name: nothing})


@pytest.mark.parametrize("several", [False, True])
def test_all_cores_score_as_one_does_bit_for_bit(
    arrays: dict[str, Any], monkeypatch: pytest.MonkeyPatch, several: bool
) -> None:
    if several:
        arrays |= {
            name: multi_hot(arrays[name], 4) | multi_hot((arrays[name] + 1) % 4, 4)
            for name in ("query_labels", "database_labels")
        }
    monkeypatch.setattr(module, "SCORES_THAT_REPAY_THREADS", 0)
    found, seen = [], []
    for threads in (1, 3):
        monkeypatch.setattr(ways, "cores", lambda threads=threads: threads)
        monkeypatch.setitem(METRICS, "thread", lambda ranked: seen.append(current_thread().name))
        found.append(evaluate(**arrays, k=20))
    assert found[0] == found[1]
    assert seen[0] == current_thread().name != seen[1]


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [({}, 8), ({"OMP_NUM_THREADS": "2"}, 2), ({"NUMBA_NUM_THREADS": "1"}, 1),
     ({"OMP_NUM_THREADS": "4,2", "NUMBA_NUM_THREADS": "3"}, 3), ({"OMP_NUM_THREADS": "99"}, 8),
     ({"OMP_NUM_THREADS": "many"}, 8), ({"OMP_NUM_THREADS": "0"}, 1)],
)  # fmt: skip
def test_threads_are_as_few_as_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], wanted: int
) -> None:
    monkeypatch.setattr(ways.os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    for name in ways.LIMITS:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert ways.cores() == wanted


def test_cutting_before_the_first_rank_is_refused(arrays: dict[str, np.ndarray]) -> None:
    with pytest.raises(ValueError, match="k >= 1 items, got k=0"):
        evaluate(**arrays, k=0)


@pytest.mark.parametrize("form", [np.int8, bool, np.float32])
def test_codes_are_read_from_a_file_in_any_form(
    tmp_path: Path, arrays: dict[str, np.ndarray], form: Any
) -> None:
    stored = dict(arrays)
    for name in ("query_codes", "database_codes"):
        stored[name] = (arrays[name] > 0 if form is bool else arrays[name]).astype(form)
    np.savez(tmp_path / "codes.npz", **stored)
    read = read_codes(tmp_path / "codes.npz")
    np.testing.assert_array_equal(read["query_codes"], arrays["query_codes"])
    assert read["query_labels"].shape == (20, 4)
    assert evaluate(**read) == evaluate(**arrays)


def test_missing_arrays_are_listed_with_what_was_found(tmp_path: Path) -> None:
    np.savez(tmp_path / "codes.npz", query_codes=np.ones((1, 2)), labels=np.ones(1))
    with pytest.raises(ValueError, match=r"lacks query_labels, database_codes, database_labels"):
        read_codes(tmp_path / "codes.npz")
    with pytest.raises(ValueError, match=r"found labels, query_codes"):
        read_codes(tmp_path / "codes.npz")


def damaged(whole: bytes) -> dict[str, bytes]:
    middle = len(whole) // 3
    return {
        "empty": b"",
        "half": whole[: len(whole) // 2],
        "changed": whole[:middle] + bytes(b ^ 255 for b in whole[middle:-500]) + whole[-500:],
        "text": b"query_codes 1 0 1",
    }


@pytest.mark.parametrize("fault", ["empty", "half", "changed", "text", "single array", "pickle"])
def test_a_damaged_file_is_named_in_one_line(
    tmp_path: Path, arrays: dict[str, np.ndarray], fault: str
) -> None:
    path = tmp_path / "codes.npz"
    if fault == "single array":
        with path.open("wb") as file:
            np.save(file, np.ones(3))
    elif fault == "pickle":
        np.savez(path, **arrays | {"query_labels": np.array([{"a": 1}] * 20, dtype=object)})
    else:
        np.savez_compressed(path, **arrays)
        path.write_bytes(damaged(path.read_bytes())[fault])
    with pytest.raises(ValueError, match=r"codes\.npz' is damaged or not one \(.+\); write") as e:
        read_codes(path)
    assert "\n" not in str(e.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"there is no file '.*nowhere\.npz'"):
        read_codes(tmp_path / "nowhere.npz")


def test_wrong_codes_are_reported_with_their_file(
    tmp_path: Path, arrays: dict[str, np.ndarray]
) -> None:
    np.savez(tmp_path / "codes.npz", **arrays | {"query_codes": np.full((20, 12), 7)})
    with pytest.raises(ValueError, match=r"codes\.npz': Codes hold .* take the sign first"):
        read_codes(tmp_path / "codes.npz")
