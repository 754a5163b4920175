"""A training that was killed goes on where it was, and ends with the same codes, bit for bit."""

import signal
import subprocess
import sys
import time
from collections import namedtuple
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import SafetensorError

from hashviz.cli.main import main
from hashviz.config import TrainConfig
from hashviz.methods import METHODS
from hashviz.runs import Run
from hashviz.training import checkpoints, jobs
from hashviz.training.events import Epoch, Event
from hashviz.training.loop import Diverged
from tests.training.small import small, small_digits, train_small

QUICK = ("csq", "dpsh", "adsh", "cnnh", "hybrid-centers")
"""Of each way to keep a state one; all others with the slow tests."""
TRAINED = [
    name if name in QUICK else pytest.param(name, marks=pytest.mark.slow)
    for name, method in METHODS.items()
    if method.trained
]
CONFIG = small(bits=12, epochs=3, batch_size=100)
IMAGES = 300


def train(config: TrainConfig, runs: Path, **options: Any) -> Run:
    return train_small(config, runs, IMAGES, **options)


class Killed(BaseException):
    """As if the process had gone: nothing catches it."""


@pytest.fixture(autouse=True)
def every_epoch_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "EVERY", 0.0)


def killed_after(epochs: int, config: TrainConfig, runs: Path) -> Path:
    """Train until the next epoch is done and kill it there; the file that is left."""

    def kill(event: Event) -> None:
        if isinstance(event, Epoch) and event.number > epochs:
            raise Killed

    with pytest.raises(Killed):
        train(config, runs=runs, listen=kill)
    path = runs / config.name
    assert not path.exists()
    return path.with_name(f".{path.name}.training")


def same(first: Run, second: Run) -> None:
    assert np.array_equal(first.query_outputs, second.query_outputs)
    assert np.array_equal(first.database_packed, second.database_packed)
    before, after = first.codes_over_training, second.codes_over_training
    assert before is not None
    assert after is not None
    assert np.array_equal(before, after)
    for name, column in first.terms.items():
        assert np.array_equal(column, second.terms[name])


@pytest.mark.parametrize("name", TRAINED)
def test_every_method_goes_on_to_the_same_codes(name: str, tmp_path: Path):
    config = replace(CONFIG, method=name)
    whole = train(config, runs=tmp_path / "whole")
    left = killed_after(1, config, tmp_path / "killed")
    assert left.is_file()
    seen: list[Event] = []
    again = train(config, runs=tmp_path / "killed", listen=seen.append)
    assert [event.number for event in seen if isinstance(event, Epoch)] == [2, 3]
    assert again.environment["resumed_after"] == 1
    same(whole, again)
    assert not left.exists()


def test_muon_noise_in_the_pictures_and_a_drawn_thread_count_too(tmp_path: Path):
    config = replace(
        CONFIG, method="dfeh", backbone="half16", optimizer="muon", augment="shift-flip"
    )
    whole = train(config, runs=tmp_path / "whole")
    killed_after(2, config, tmp_path / "killed")
    same(whole, train(config, runs=tmp_path / "killed"))


def test_a_process_that_is_killed_goes_on(tmp_path: Path):
    script = (
        "import sys, time; from pathlib import Path\n"
        "from hashviz.training import checkpoints\n"
        "import torch; torch.set_num_threads(1)\n"  # as the tests themselves
        "from tests.training.test_checkpoints import CONFIG, train\n"
        "checkpoints.EVERY = 0.0\n"
        "def told(epoch):\n"
        "    print(epoch.number, flush=True)\n"
        "    if epoch.number == 2: time.sleep(60)\n"
        "train(CONFIG, runs=Path(sys.argv[1]), listen=told)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "killed")],
        stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip() == "2":
            process.send_signal(signal.SIGKILL)
            break
    process.wait(20)
    process.stdout.close()
    again = train(CONFIG, runs=tmp_path / "killed")
    assert again.environment["resumed_after"] == 1
    same(train(CONFIG, runs=tmp_path / "whole"), again)


def test_both_generators_of_random_numbers_go_on_where_they_were(tmp_path: Path):
    def begun(seed: int) -> tuple[checkpoints.Checkpoint, torch.Generator, tuple[int, int, float]]:
        torch.manual_seed(seed)
        own, model = torch.Generator().manual_seed(seed), torch.nn.Linear(2, 1)
        kept = checkpoints.Checkpoint(tmp_path / "kept", {"run": 1})
        optimizer = torch.optim.SGD(model.parameters())
        return kept, own, kept.begin(model, torch.nn.Identity(), [optimizer], own)

    with torch.random.fork_rng(devices=[]):
        kept, own, reached = begun(1)
        assert reached == (0, 0, 0.0)
        kept.reached = (1, 4, 0.5)
        kept.save()
        expected = torch.rand(5), torch.rand(5, generator=own)
        _, own, reached = begun(2)
        assert reached == (1, 4, 0.5)
        assert torch.equal(torch.rand(5), expected[0])
        assert torch.equal(torch.rand(5, generator=own), expected[1])


def test_another_training_begins_anew_and_a_damaged_file_is_named(tmp_path: Path):
    left = killed_after(1, CONFIG, tmp_path)
    other = replace(CONFIG, learning_rate=0.001)
    moved = left.with_name(f".{Path(other.name).name}.training")
    left.rename(moved)
    assert "resumed_after" not in train(other, runs=tmp_path).environment
    assert not moved.exists()

    left = killed_after(1, CONFIG, tmp_path)
    content = bytearray(left.read_bytes())
    content[len(content) // 2] ^= 1
    left.write_bytes(content)
    with pytest.raises(ValueError, match=r"damaged; delete it"):
        train(CONFIG, runs=tmp_path)
    left.unlink()
    train(CONFIG, runs=tmp_path)


def test_what_fails_leaves_nothing_and_what_is_young_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    wild = replace(CONFIG, learning_rate=1e30, epochs=20)
    with pytest.raises(Diverged):
        train(wild, runs=tmp_path)
    assert not list(tmp_path.rglob("*.training"))
    monkeypatch.setattr(checkpoints, "EVERY", 3600.0)
    before = time.monotonic()
    assert not killed_after(1, CONFIG, tmp_path).exists()
    assert time.monotonic() - before < 3600


def test_a_full_disk_does_not_cost_the_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(path: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(checkpoints, "write_file", full)
    run = train(CONFIG, runs=tmp_path)
    assert any("could not be kept" in told and "No space" in told for told in run.data["report"])


def fail_on_epoch(event: Event) -> None:
    assert not isinstance(event, Epoch), "trained again"


def no_room(path: Path, *_: object, **__: object) -> None:
    raise OSError(28, "No space left on device", str(path))


def no_room_for_tensors(tensors: object, path: Path) -> None:
    raise SafetensorError(
        "Error while serializing: I/O error: No space left on device (os error 28)"
    )


@pytest.mark.parametrize(
    ("where", "full"),
    [("numpy.savez_compressed", no_room), ("safetensors.torch.save_file", no_room_for_tensors)],
)
def test_a_disk_that_is_full_at_the_end_costs_no_epoch(
    where: str, full: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):  # fmt: skip
    monkeypatch.setattr(checkpoints, "EVERY", 3600.0)  # too short to have been kept before
    command = ["train", "csq", "--data", "digits", "--bits", "12", "--epochs", "1"]
    with monkeypatch.context() as patch:
        patch.setattr(where, full)
        assert main([*command, "--runs", str(tmp_path / "full")]) == 1
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith("hashviz: No space left on device: ")
    assert "from where the same command goes on" in said
    assert not list(tmp_path.rglob("config.json"))
    config = TrainConfig(method="csq", data="digits", bits=12, epochs=1)
    again = jobs.train(config, runs=tmp_path / "full", listen=fail_on_epoch)
    assert again.environment["resumed_after"] == 1
    same(jobs.train(config, runs=tmp_path / "whole"), again)
    assert not list(tmp_path.rglob("*.training"))


def test_a_disk_without_room_is_told_before_anything_is_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage(10**9, 10**9 - 5000, 5000))
    monkeypatch.setattr("hashviz.training.jobs.fit", None)
    with pytest.raises(ValueError, match=r"take 1,\d+ KiB, and .* has 4\.9 KiB free; .*--runs"):
        train(CONFIG, runs=tmp_path / "new")
    assert not list(tmp_path.iterdir())


def test_the_room_that_is_asked_for_is_enough_and_grows_with_the_epochs(tmp_path: Path):
    config = small(epochs=1)
    job = jobs.prepare(config, dataset=small_digits(300), runs=tmp_path)
    asked = jobs.needed_bytes(job)
    run = train_small(config, tmp_path, images=300)
    assert sum(file.stat().st_size for file in run.path.iterdir()) <= asked
    job.config = replace(job.config, epochs=1 + 8)
    assert jobs.needed_bytes(job) - asked == 8 * jobs.WATCHED * config.bits / 8
