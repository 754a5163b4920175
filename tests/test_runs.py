"""The run folder: whole or absent, read without torch, never unpickled, checked before use."""

import json
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from hashviz.codes import pack, sign
from hashviz.config import TrainConfig
from hashviz.runs import Run, RunError, Side, find_run, list_runs, save_run

BITS, CLASSES = 12, 3


def a_side(rng: np.random.Generator, n: int) -> Side:
    labels = np.eye(CLASSES, dtype=bool)[rng.integers(CLASSES, size=n)]
    outputs = rng.standard_normal((n, BITS)).astype(np.float32)
    return Side(outputs, labels, rng.permutation(1000)[:n].astype(np.int64))


@pytest.fixture
def sides(rng: np.random.Generator) -> tuple[Side, Side]:
    return a_side(rng, 7), a_side(rng, 40)


@pytest.fixture
def run(tmp_path: Path, sides: tuple[Side, Side]) -> Run:
    return make_run(tmp_path / "runs", sides)


def make_run(root: Path, sides: tuple[Side, Side], seed: int = 0) -> Run:
    config = TrainConfig(method="csq", data="digits", bits=BITS, seed=seed)
    return save_run(
        root / config.name,
        config,
        data={"classes": ["a", "b", "c"], "split": "holdout", "image": [4, 4, 1], "k": None},
        environment={"seconds": 1.5},
        history=[
            {"epoch": 1, "seconds": 0.5, "center": 2.0, "note: margin": 4.0},
            {"epoch": 2, "seconds": 1.5, "center": 1.0, "note: margin": 3.0},
        ],
        query=sides[0],
        database=sides[1],
        centers=np.ones((CLASSES, BITS), np.int8),
        save_weights=lambda path: save_file({"w": np.ones(3, np.float32)}, path),
        sample=10,
    )  # fmt: skip


def test_what_was_saved_comes_back(run: Run, sides: tuple[Side, Side]) -> None:
    query, database = sides
    again = Run.load(run.path)
    assert again.config == run.config
    assert np.array_equal(again.query_codes, sign(query.outputs))
    assert np.array_equal(again.database_packed, pack(sign(database.outputs)))
    assert np.array_equal(again.query_labels, query.labels)
    assert np.array_equal(again.database_labels, database.labels)
    assert np.array_equal(again.database_index, database.index)
    np.testing.assert_allclose(again.query_outputs, query.outputs, rtol=1e-3)
    np.testing.assert_allclose(
        again.database_outputs, database.outputs[again.database_sample], rtol=1e-3
    )
    assert again.terms.keys() == {"center"}
    assert again.notes["margin"].tolist() == [4, 3]
    assert (np.diff(again.database_sample) > 0).all()
    assert again.history["seconds"].tolist() == [0.5, 1.5]
    assert again.name == "digits/csq/12bits/seed0"


def test_a_run_is_read_without_torch(run: Run) -> None:
    code = (
        "import sys; from hashviz.runs import list_runs\n"
        f"run, = list_runs({str(run.path.parents[3])!r})\n"
        "run.query_codes, run.history, run.scores\n"
        "assert 'torch' not in sys.modules, 'torch was imported'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_saving_again_replaces_the_run(run: Run, sides: tuple[Side, Side]) -> None:
    again = make_run(run.path.parents[3], (sides[1], sides[0]))
    assert again.path == run.path
    assert len(Run.load(run.path).query_codes) == 40


def test_runs_are_listed_by_name_and_half_written_ones_are_passed_over(
    run: Run, sides: tuple[Side, Side]
) -> None:
    root = run.path.parents[3]
    other = make_run(root, sides, seed=1)
    (other.path / "codes.npz").unlink()
    (root / "digits" / "csq" / "12bits" / ".seed9.abc.new").mkdir()
    assert [r.name for r in list_runs(root)] == [run.name]
    with pytest.raises(RunError, match=r"not a complete run: codes\.npz missing"):
        Run.load(other.path)


def test_a_missing_run_lists_what_there_is(run: Run) -> None:
    root = run.path.parents[3]
    assert find_run(run.name, root).path == run.path
    assert find_run(str(run.path), "elsewhere").path == run.path
    with pytest.raises(RunError, match=run.name):
        find_run("digits/csq/12bits/seed7", root)


def test_a_mistyped_run_is_answered_by_the_nearest_of_many(run: Run, sides: Any) -> None:
    root = run.path.parents[3]
    for seed in range(1, 12):
        make_run(root, sides, seed=seed)
    with pytest.raises(RunError, match=r"Similar names: digits/csq/12bits/seed11, ") as told:
        find_run("digits/csq/12bit/seed11", root)
    assert str(told.value).count("digits/csq/12bits") == 3
    with pytest.raises(RunError, match="`hashviz train` makes one"):
        find_run("seed0", root / "nothing")


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("codes.npz", lambda run: run.query_codes),
        ("outputs.npz", lambda run: run.query_outputs),
        ("model.safetensors", lambda run: run.verify("model.safetensors")),
    ],
)
def test_a_flipped_bit_is_noticed(run: Run, name: str, read: Callable[[Run], object]) -> None:
    path = run.path / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(RunError, match=f"{name} is not what was written: its checksum differs"):
        read(Run.load(run.path))


def test_code_in_a_pickle_is_never_run(run: Run, tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, ...]:
            return Path.touch, (tmp_path / "sprung",)

    path = run.path / "codes.npz"
    np.savez(path, query_codes=np.array([Trap()], dtype=object))
    sums = run.path / "checksums.json"
    from hashviz.files import sha256

    sums.write_text(json.dumps({**json.loads(sums.read_text()), "codes.npz": sha256(path)}))
    with pytest.raises(RunError, match="damaged"):
        _ = Run.load(run.path).query_codes
    path.write_bytes(pickle.dumps(Trap()))
    with pytest.raises(RunError):
        _ = Run.load(run.path).query_codes
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda content: content | {"format": 99}, "format 99"),
        (lambda content: content | {"format": 0}, "format 0"),
        (lambda content: {"config": content["config"], "data": content["data"]}, "format None"),
        (lambda content: {"format": 1, "config": {}, "data": {}}, "damaged"),
        (lambda content: [], "does not hold an object"),
    ],
)
def test_another_format_is_refused(run: Run, change: object, message: str) -> None:
    path = run.path / "config.json"
    path.write_text(json.dumps(change(json.loads(path.read_text()))))  # type: ignore[operator]
    with pytest.raises(RunError, match=message):
        Run.load(run.path)


def test_a_later_format_is_refused_by_its_number_even_if_it_has_other_files(run: Run) -> None:
    (run.path / "config.json").write_text('{"format": 2, "codes": "codes.parquet"}')
    (run.path / "codes.npz").unlink()
    with pytest.raises(RunError, match="has format 2, not 1; train it again"):
        Run.load(run.path)


def test_scores_are_kept_and_follow_the_codes(run: Run) -> None:
    scores = run.scores
    kept = run.path / "derived" / "scores.json"
    assert json.loads(kept.read_text())["scores"] == scores
    kept.write_text("{")
    assert Run.load(run.path).scores == scores
    kept.write_text(json.dumps({"codes": "of other codes", "scores": {}}))
    assert Run.load(run.path).scores == scores


def test_outputs_beyond_float16_are_kept_finite(tmp_path: Path, rng: np.random.Generator) -> None:
    side = a_side(rng, 5)
    huge = Side(side.outputs * np.float32(1e30), side.labels, side.index)
    run = make_run(tmp_path, (huge, huge))
    assert np.isfinite(run.query_outputs).all()
