"""Trainings as processes: frames, pause, step, stop, the queue, failures, and nothing left over."""

import base64
import contextlib
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from hashviz.codes import unpack
from hashviz.config import TrainConfig
from hashviz.runs import Run
from hashviz_demo.events import BadRequest
from hashviz_demo.library import ADDED, Library
from hashviz_demo.tabs.train import trainings as module
from hashviz_demo.tabs.train.trainer import Remote, plane, run_job
from hashviz_demo.tabs.train.trainings import ENDED, Job, Trainings, trainings_of

SMALL = TrainConfig(method="csq", data="digits", bits=8, epochs=2)


@pytest.fixture
def trainings(runs: list[Run], tmp_path: Path) -> Iterator[Trainings]:
    made = Trainings(Library(runs, home=tmp_path))
    yield made
    made.close()
    assert not made.folder.exists()


def until(true: Callable[[], Any], seconds: float = 120.0) -> None:
    """Wait for a condition; the time is only there so that a broken test ends."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "this did not happen"
        time.sleep(0.02)


def ended(job: Job) -> Job:
    until(lambda: job.state in ENDED)
    return job


def test_three_trainings_one_is_steered_one_dies_one_ends(
    trainings: Trainings, runs: list[Run], tmp_path: Path
) -> None:
    steered = trainings.submit(replace(SMALL, epochs=50))
    trainings.tell(steered.key, "pause")
    dying, last = trainings.submit(SMALL), trainings.submit(SMALL)
    # The queue.
    assert [job.ahead for job in (steered, dying, last)] == [0, 1, 2]
    assert trainings.jobs() == [steered, dying, last]
    assert dying.news()["state"] == "waiting"
    with pytest.raises(BadRequest, match="2 trainings are already waiting"):
        trainings.submit(SMALL)
    # Pause, step, play and stop; what is stopped keeps what it has.
    until(lambda: steered.state == "paused")
    assert [frame["epoch"] for frame in steered.frames] == [0]
    for epoch in (1, 2):
        trainings.tell(steered.key, "step")
        until(lambda e=epoch: steered.state == "paused" and steered.frames[-1]["epoch"] == e)
    assert steered.asked == "pause"
    trainings.tell(steered.key, "play")
    until(lambda: len(steered.news()["frames"]) > 4)
    trainings.tell(steered.key, "stop")
    trainings.tell(steered.key, "play")
    assert ended(steered).state == "stopped"
    assert steered.run is not None
    assert steered.run.path.name == "seed0-epochs=50-stopped"
    assert steered.frames[-1]["epoch"] == steered.run.history["epoch"][-1] < 50
    # A process that dies is told, and the next one begins.
    until(lambda: dying._process is not None)
    with pytest.raises(BadRequest, match="no codes yet"):
        trainings.use(dying.key)
    dying._process.kill()
    assert ended(dying).message == "Its process ended unexpectedly (status -9)."
    # The one that goes through shows every epoch.
    assert ended(last).state == "done", last.message
    assert trainings.jobs() == [last, dying, steered]
    assert_frames_are_those_of_the_run(last)
    # Into the library, under a name of its own, once, into the folder of the app's runs.
    name, library = trainings.use(last.key), trainings._library
    assert trainings.use(last.key) == name == "digits/csq/8bits/seed0-epochs=2"
    assert [*library.runs] == [*(run.name for run in runs), name]
    assert library.open(name).run.path == tmp_path / name
    assert library.open(name).encode(library.open(name).dataset.images[0]).shape == (1, 1)
    assert library.facts()[-1].variant == "epochs=2"
    assert last.run is not None
    with pytest.raises(BadRequest, match="already a run"):
        library.add(last.run)
    # What nobody took is saved all the same, and a name that is taken gets a number.
    assert steered.run.path == tmp_path / "digits/csq/8bits/seed0-epochs=50-stopped"
    assert not steered.used
    last.used = ""
    assert trainings.use(last.key) == f"{name}-2"
    assert library.open(f"{name}-2").run.path.is_relative_to(trainings.folder)
    # Where the folder of runs cannot be written, it lives as long as the app.
    library.home = None
    assert trainings._keep(steered.run) is steered.run


def assert_frames_are_those_of_the_run(job: Job) -> None:
    run, news = job.run, job.news()
    assert run is not None
    assert run.codes_over_training is not None
    assert [frame["epoch"] for frame in news["frames"]] == [0, 1, 2]
    assert news["watched"]["index"] == run.database_index[:200].tolist()
    assert news["watched"]["labels"] == [[k] for k in run.database_labels[:200].argmax(1).tolist()]
    for frame, codes in zip(news["frames"][1:], run.codes_over_training, strict=True):
        packed = np.frombuffer(base64.b64decode(frame["codes"]), np.uint8).reshape(200, -1)
        assert np.array_equal(unpack(packed, 8), codes)
        assert frame["terms"].keys() == run.terms.keys()
        assert 0 <= frame["chance"] <= frame["map"] <= 1
    assert job.score == run.scores["map"]["expected"]
    assert job.news(since=2)["frames"] == news["frames"][2:]
    assert job.news(since=2)["watched"] is None


def test_a_class_that_presses_at_once_gets_one_training_and_two_places_in_the_queue(
    trainings: Trainings,
) -> None:
    def press(_: int) -> Job | None:
        with contextlib.suppress(BadRequest):
            return trainings.submit(SMALL)
        return None

    with ThreadPoolExecutor(12) as pool:
        jobs = [job for job in pool.map(press, range(12)) if job]
    assert sorted(job.ahead for job in jobs) == [0, 1, 2]
    assert len({job.key for job in jobs}) == 3


def test_forged_keys_and_words_are_refused(trainings: Trainings) -> None:
    job = trainings.submit(SMALL)
    for word in ("jump", None, ["stop"]):
        with pytest.raises(BadRequest, match="understands play, pause, step and stop"):
            trainings.tell(job.key, word)
    for key in ("x", None, 7):
        with pytest.raises(BadRequest, match="no such training"):
            trainings.job(key)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"options": {"ties": "all"}}, "ties"),
        ({"options": {"quantization": 1.0}}, "quantization_weight"),
        ({"data": "folder:/nothing/there"}, "/nothing/there"),
        ({"options": {"quantization_weight": 1e300}}, "In epoch 1 .* no longer finite"),
    ],
    ids=["value", "name", "data", "diverged"],
)
def test_a_failed_training_is_told_in_one_sentence(
    tmp_path: Path, changes: dict[str, Any], told: str
) -> None:
    outcome = run_job(tmp_path, replace(SMALL, threads=1, **changes), None, Remote())
    assert outcome["state"] == "failed"
    assert re.search(told, outcome["message"])
    assert "\n" not in outcome["message"]
    assert "run" not in outcome


def test_old_jobs_leave_memory_but_are_never_lost(
    trainings: Trainings, runs: list[Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "KEPT", 1)
    folder = trainings.folder / "old"
    folder.mkdir()
    lines = [{"watched": {"epochs": 2}}, {"frame": {"epoch": 0}}, {"frame": {"epoch": 1}}]
    (folder / "frames.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    old = Job("old", SMALL, 0.0, folder, run=runs[0], score=0.5)
    trainings._jobs["old"] = old
    assert [frame["epoch"] for frame in old.news()["frames"]] == [0, 1]
    old._state = "done"
    busy = trainings.submit(SMALL)
    trainings.tell(busy.key, "pause")
    for _ in range(3):
        trainings.tell(trainings.submit(SMALL).key, "stop")
    trainings.submit(SMALL)
    assert old.frames == []  # the memory is free
    news = trainings.job("old").news()
    assert [frame["epoch"] for frame in news["frames"]] == [0, 1]
    assert (news["state"], news["score"], news["usable"]) == ("done", 0.5, True)
    assert len(trainings.jobs()) == 6


def test_a_process_that_is_warm_trains_the_next_job(
    trainings: Trainings, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Any] = []

    def start() -> Any:
        started.append(SimpleNamespace(poll=lambda: None))
        return started[-1]

    monkeypatch.setattr(trainings, "_start", start)
    trained: list[Any] = []
    monkeypatch.setattr(Job, "_train", lambda job, process, keep: trained.append(process))
    trainings.warm()
    trainings.warm()
    assert len(started) == 1
    trainings.submit(SMALL)
    until(lambda: trained)
    assert trained == started[:1]
    until(lambda: len(started) == 2)  # and another one is there for the next


APP = """
import sys
from hashviz_demo.library import Library
from hashviz_demo.tabs.train.trainings import trainings_of
from hashviz.config import TrainConfig
from hashviz.runs import Run
trainings = trainings_of(Library([Run.load(sys.argv[1])]))
job = trainings.submit(TrainConfig(method="csq", data="digits", bits=8, epochs=60), pace=60)
while job.state in ("waiting", "starting"):
    pass
print(job._process.pid, trainings.folder, flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(os.name != "posix", reason="a process is killed by a signal")
def test_no_process_outlives_an_app_that_is_killed(
    runs: list[Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    app = subprocess.Popen(
        [sys.executable, "-c", APP, str(runs[0].path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with contextlib.closing(app.stdin), contextlib.closing(app.stdout):  # type: ignore[arg-type]
        assert app.stdout is not None
        pid, folder = app.stdout.readline().split()
        app.kill()
        app.wait(60)
    until(lambda: not alive(int(pid)))
    assert Path(folder).exists()
    # The next app tidies up.
    monkeypatch.setattr(module.tempfile, "tempdir", str(tmp_path))
    mine = tmp_path / f"{module.PREFIX}{os.getpid()}-here"
    mine.mkdir()
    module.sweep()
    assert not Path(folder).exists()
    assert mine.exists()


def alive(pid: int) -> bool:
    """Whether a process runs; one that ended and was not yet collected does not."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return not Path("/proc").exists()


def test_what_is_paused_and_forgotten_plays_on() -> None:
    remote, told = Remote(patience=0.01), []
    remote.hear("pause")
    remote.between(told.append)
    assert told == ["paused", "running"]
    remote.between(told.append)
    assert len(told) == 2


def test_an_epoch_lasts_as_long_as_asked_unless_stopped() -> None:
    remote = Remote(pace=1000.0)
    threading.Timer(0.05, remote.hear, ["stop"]).start()
    with pytest.raises(KeyboardInterrupt):
        remote.between(lambda state: None)
    remote = Remote(pace=1000.0)
    remote.hear("nonsense")
    remote.hear("step")
    remote.between(lambda state: None)


def test_the_classes_stand_in_a_ring_where_they_differ(rng: np.random.Generator) -> None:
    from scipy.linalg import hadamard

    centers = hadamard(16)[1:9].astype(np.int8)
    labels = np.eye(8, dtype=bool)[rng.integers(8, size=40)]
    codes = np.where(rng.random((40, 16)) < 0.5, 1, -1).astype(np.int8)
    stars = centers @ plane(codes, labels, centers)
    assert np.allclose(np.hypot(*stars.T), 1)
    assert np.argmax(-stars[:, 1]) == 0  # the first class stands on top
    # Without centers the classes' means pull; where classes do not differ, all is one heap.
    means = np.repeat(centers[:, None], 5, 1).reshape(40, 16)
    own = np.repeat(np.eye(8, dtype=bool), 5, 0)
    heaps = centers @ plane(means, own, None)
    assert np.allclose(heaps / np.linalg.norm(heaps, axis=1, keepdims=True), stars)
    same = np.ones((40, 16), np.int8)
    assert np.allclose(plane(same, labels, None), 0)


def test_the_library_grows_only_so_far(runs: list[Run], tmp_path: Path) -> None:
    library = Library(runs[:1])
    library._added = ADDED
    with pytest.raises(BadRequest, match="limit of 50 added runs"):
        library.add(runs[1])
    assert [*library.runs] == [runs[0].name]
    assert trainings_of(library) is trainings_of(library)
    trainings_of(library).close()
