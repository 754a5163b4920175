"""Two processes train as one: the same terms, weights and codes; and neither waits for ever."""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.distributed as dist

from hashviz.cli import training
from hashviz.cli.main import main
from hashviz.codes import sign
from hashviz.models import distributed
from hashviz.runs import Run, RunError, list_runs
from hashviz.training.jobs import train
from tests.training.processes import CASES

ROOT = Path(__file__).parents[2]
NORMS = ("maps", "rows", "no scale", "no memory")


@dataclass(frozen=True)
class Pair:
    """What two processes answered, and what the first one found alone before."""

    folder: Path
    alone: dict[str, Any]
    answers: tuple[dict[str, Any], dict[str, Any]]
    status: tuple[int, int]
    said: tuple[str, str]


def meeting_place() -> Any:
    """A store at a free port of this machine, as torchrun opens one for its processes."""
    return dist.TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """Two processes that met here, as torchrun lets them meet: at a port that is this one's."""
    folder = tmp_path_factory.mktemp("pair")
    store = meeting_place()
    meeting = {
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(store.port),
        "TORCHELASTIC_USE_AGENT_STORE": "True",
        "WORLD_SIZE": "2",
        "OMP_NUM_THREADS": "1",
    }
    two = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.training.processes", str(folder)],
            env={**os.environ, **meeting, "RANK": rank, "LOCAL_RANK": rank},
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in ("0", "1")
    ]
    try:
        said = [process.communicate(timeout=240) for process in two]
    finally:
        for process in two:
            process.kill()
    status = (two[0].returncode, two[1].returncode)
    assert status == (0, 7), "\n".join(error for _, error in said)
    alone, first, second = (
        torch.load(folder / f"{who}.pt") for who in ("alone", "process0", "process1")
    )
    return Pair(folder, alone, (first, second), status, (said[0][0], said[1][0]))


@pytest.mark.parametrize("case", CASES)
def test_two_processes_reach_the_terms_and_weights_of_one(case: str, pair: Pair) -> None:
    alone = pair.alone[case]
    assert len(alone["terms"]) == 2
    for answer in (both[case] for both in pair.answers):
        for expected, found in zip(alone["terms"], answer["terms"], strict=True):
            assert found == pytest.approx(expected, rel=1e-9, abs=1e-9)
        assert alone["state"].keys() == answer["state"].keys()
        for name, tensor in alone["state"].items():
            torch.testing.assert_close(answer["state"][name], tensor, rtol=1e-7, atol=1e-7)


def test_both_processes_have_the_very_same_weights(pair: Pair) -> None:
    first, second = pair.answers
    for case in CASES:
        for name, tensor in first[case]["state"].items():
            assert torch.equal(tensor, second[case]["state"][name]), (case, name)


@pytest.mark.parametrize("kind", NORMS)
def test_a_shared_norm_is_torchs_norm_of_the_joined_batch(kind: str, pair: Pair) -> None:
    alone, parts = pair.alone["norms"][kind], [answer["norms"][kind] for answer in pair.answers]
    for name, expected in alone.items():
        if name == "in use":
            continue
        if name.startswith("gradient"):  # each has its share, and what both derive is added up
            found = torch.cat([part[name] for part in parts]) / 2
        elif name.endswith(("weight0", "bias0", "weight1", "bias1")):  # likewise, in two summands
            found = (parts[0][name] + parts[1][name]) / 2
        else:
            found = parts[0][name]
            assert torch.equal(found, parts[1][name])
        torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-10)


def test_a_shared_norm_in_use_is_torchs_norm(pair: Pair) -> None:
    for kind in NORMS[:3]:
        for answer in pair.answers:
            torch.testing.assert_close(
                answer["norms"][kind]["in use"], pair.alone["norms"][kind]["in use"]
            )


def test_what_two_processes_encode_is_to_the_last_bit_what_one_encodes(pair: Pair) -> None:
    for answer in pair.answers:
        for name, outputs in pair.alone["encoded"].items():
            assert torch.equal(answer["encoded"][name], outputs), name


def test_if_one_says_so_all_hear_it(pair: Pair) -> None:
    assert [answer["anyone"] for answer in pair.answers] == [[True, False]] * 2


def test_the_command_line_prints_and_writes_in_one_process(pair: Pair) -> None:
    assert [answer["status"] for answer in pair.answers] == [[0, 0, 2]] * 2
    assert pair.said[1].split("\n") == ["1> train", "1> train", "1> compare", ""]
    assert pair.said[0].count("mAP 0.") == 2
    [run] = list_runs(pair.folder / "a")
    assert run.environment["processes"] == 2
    assert {file.name for file in run.path.iterdir()} == {
        *("config.json", "environment.json", "history.csv", "codes.npz", "outputs.npz"),
        *("model.safetensors", "checksums.json", "derived"),
    }
    run.verify("model.safetensors")


def test_the_same_seed_gives_two_processes_the_same_codes(pair: Pair) -> None:
    [first], [second] = (list_runs(pair.folder / name) for name in "ab")
    assert np.array_equal(first.database_packed, second.database_packed)
    assert np.array_equal(first.query_outputs, second.query_outputs)


def same_but_for_rounding(run: Run, alone: Run, rounding: float) -> None:
    assert np.array_equal(run.query_index, alone.query_index)
    assert np.array_equal(run.database_index, alone.database_index)
    np.testing.assert_allclose(run.query_outputs, alone.query_outputs, atol=rounding)
    np.testing.assert_allclose(run.terms["center"], alone.terms["center"], atol=rounding)
    differ = sign(run.query_outputs) != sign(alone.query_outputs)
    assert np.all(np.abs(alone.query_outputs[differ]) < rounding)


def test_the_codes_are_those_of_one_process_where_no_rounding_decides(
    pair: Pair, tmp_path: Path
) -> None:
    [run] = list_runs(pair.folder / "a")
    same_but_for_rounding(run, train(run.config, runs=tmp_path), 0.02)


def test_what_cannot_be_is_refused_by_all_and_in_the_same_words(pair: Pair) -> None:
    first, second = (answer["refused"] for answer in pair.answers)
    assert first == second
    differ, small, fitted, diverged = first
    assert "the same pictures, settings" in differ
    assert "processes 1 differ from process 0" in differ
    assert "needs an image of every batch, got 1;" in small
    assert "LSH is fitted in one process; leave torchrun out" in fitted
    assert diverged.startswith("Diverged: In epoch 1")
    assert not (pair.folder / "d").exists()


def test_an_interruption_of_one_stops_both_and_keeps_what_was_reached(pair: Pair) -> None:
    notes = [answer["notes"] for answer in pair.answers]
    assert notes[0] == notes[1]
    run = Run.load(notes[0][0])
    assert run.path.name.endswith("-stopped")
    assert run.environment["stopped"] == "interrupted"
    assert 2 <= len(run.history["epoch"]) < 500


def test_a_process_whose_other_one_ends_stops_with_a_sentence(pair: Pair) -> None:
    assert pair.status == (0, 7)
    assert "Process 0 of 2" in json.loads((pair.folder / "lost.json").read_text())


def test_a_process_alone_is_the_first_and_does_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RANK", raising=False)
    with distributed.process_group("cpu"):
        assert (distributed.world_size(), distributed.rank(), distributed.is_first()) == (
            1,
            0,
            True,
        )
        assert distributed.own_shard(1) == slice(0, 1)
        assert list(distributed.until_interrupted(range(3))) == [0, 1, 2]
        assert distributed.write_once(lambda: "written", lambda: "read") == "written"
        distributed.check_agreement("anything")
    assert not dist.is_initialized()


def test_torchrun_with_one_process_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "1")
    with distributed.process_group("cpu"):
        assert distributed.torchrun_size() == 1
        assert not dist.is_initialized()


@pytest.mark.parametrize(
    ("device", "gpus", "message"),
    [("cuda", 1, "this machine has 1; take --nproc-per-node 1"), ("mps", 0, "'mps'")],
)
def test_a_device_that_cannot_be_shared_is_refused(
    device: str, gpus: int, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"RANK": "1", "LOCAL_RANK": "1", "WORLD_SIZE": "2"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(distributed, "pick_device", torch.device)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    with pytest.raises(ValueError, match=message), distributed.process_group(device):
        pass


def test_a_process_that_nobody_meets_does_not_wait_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = meeting_place()
    meeting = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(store.port), "RANK": "1"}
    meeting |= {"WORLD_SIZE": "2", "TORCHELASTIC_USE_AGENT_STORE": "True"}
    for name, value in meeting.items():
        monkeypatch.setenv(name, value)
    with (
        pytest.raises(distributed.Lost, match="does not answer"),
        distributed.process_group("cpu", timeout=distributed.timedelta(seconds=1)),
    ):
        pass
    assert not dist.is_initialized()


def failing(error: Exception, monkeypatch: pytest.MonkeyPatch, rank: int) -> int:
    """The status of a `hashviz train` that ends with this error in the process of that number."""

    def fail(*_: Any) -> None:
        raise error

    monkeypatch.setenv("RANK", str(rank))
    monkeypatch.setattr(distributed, "rank", lambda: rank)
    monkeypatch.setattr(training, "find_or_train", fail)
    return main(["train", "csq", "--data", "digits"])


def test_only_the_first_process_needs_to_see_the_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = RunError("There is no run here.")
    assert failing(missing, monkeypatch, rank=1) == 0
    assert capsys.readouterr() == ("", "")
    assert failing(missing, monkeypatch, rank=0) == 2
    assert capsys.readouterr().err == "hashviz: There is no run here.\n"


def test_a_process_that_lost_another_says_which_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = distributed.Lost(103, "Another one ended.")
    assert failing(lost, monkeypatch, rank=3) == 1
    assert capsys.readouterr().err == "hashviz (process 3): Another one ended.\n"


def torchrun(*words: str) -> subprocess.CompletedProcess[str]:
    launcher = (sys.executable, "-m", "torch.distributed.run", "--standalone")
    return subprocess.run(
        [*launcher, "--nproc-per-node", "2", "-m", "hashviz", *words],
        cwd=ROOT, capture_output=True, text=True, timeout=250, check=False,
    )  # fmt: skip


@pytest.mark.slow
def test_torchrun_trains_a_run(tmp_path: Path) -> None:
    common = ("train", "csq", "--data", "digits", "--epochs", "2", "--device", "cpu")
    done = torchrun(*common, "--runs", str(tmp_path / "two"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("mAP 0.") == 1
    [run] = list_runs(tmp_path / "two")
    alone = train(run.config, runs=tmp_path)
    same = np.unpackbits(run.query_packed) == np.unpackbits(alone.query_packed)
    assert same.mean() > 0.98  # AdamW makes much of the last digits: some bits are others
    assert run.scores["map"]["expected"] == pytest.approx(alone.scores["map"]["expected"], abs=0.02)


@pytest.mark.slow
def test_torchrun_ends_soon_when_a_command_cannot_be(tmp_path: Path) -> None:
    started = time.monotonic()
    done = torchrun("train", "lsh", "--data", "digits", "--runs", str(tmp_path))
    assert done.returncode != 0
    assert "leave torchrun out" in done.stderr
    assert time.monotonic() - started < 200
    assert not list(tmp_path.iterdir())


@pytest.mark.gpu
@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="needs two GPUs")
def test_two_gpus_train_a_run(tmp_path: Path) -> None:
    common = ("train", "csq", "--data", "digits", "--epochs", "2", "--device", "cuda")
    done = torchrun(*common, "--runs", str(tmp_path / "two"))
    assert done.returncode == 0, done.stderr
    [run] = list_runs(tmp_path / "two")
    alone = train(run.config, runs=tmp_path)
    assert run.scores["map"]["expected"] == pytest.approx(alone.scores["map"]["expected"], abs=0.02)
