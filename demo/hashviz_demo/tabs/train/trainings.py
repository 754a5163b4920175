"""The trainings of one app: one at a time, each a process of its own, and a short queue.

    trainings = trainings_of(library)
    job = trainings.submit(TrainConfig(method="csq", data="digits", epochs=5))
    job.state           # waiting, starting, running, paused; at the end done, stopped or failed
    job.ahead           # how many come before it: 0 while it is trained, 1 for the next
    job.news(since=0)   # what a page draws: see `hashviz_demo.tabs.train.trainer`
    job.run             # the run as soon as there is one, even if the training was stopped
    job.message         # one sentence when it failed
    trainings.tell(job.key, "pause")                # or play, step, stop
    trainings.use(job.key)                          # add its run to the library, return its name
    trainings.jobs(), trainings.job(key)

A finished run is saved at once in the folder of runs that the app was started with, if that can be
written to; otherwise it lives as long as the app. All of it may be called from any thread, and
nothing blocks until a training ends. All visitors see the same jobs, and anyone may control them:
it is a classroom. A training ends with the app, however the app ends; the folder of the jobs, but
no saved run, is removed with it or, after a kill, by the next app.
"""

import contextlib
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hashviz.config import TrainConfig
from hashviz.files import new_folder
from hashviz.runs import Run, RunError
from hashviz_demo.events import BadRequest
from hashviz_demo.library import Library

WAITING = 2
"""Jobs that may wait while one runs."""
KEPT = 12
"""Finished jobs whose frames stay in memory; those of older ones are read again from disk."""
ENDED = ("done", "stopped", "failed")
PREFIX = "hashviz-trainings-"


@dataclass(eq=False)
class Job:
    """One training: its configuration, its progress and its result."""

    key: str
    config: TrainConfig
    pace: float
    """Minimum seconds per epoch, so that an eye can follow."""
    folder: Path
    ahead: int = 0
    """Jobs before it in the queue; 0 once it is its turn."""
    asked: str = "play"
    """The last command it was given."""
    message: str = ""
    score: float | None = None
    """Mean average precision of the run, over all queries."""
    chance: float | None = None
    run: Run | None = None
    used: str = ""
    """The name of its run in the library."""
    watched: dict[str, Any] = field(default_factory=dict)
    frames: list[dict[str, Any]] = field(default_factory=list)
    _state: str = "waiting"
    _read: int = 0
    _process: Any = None
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    @property
    def state(self) -> str:
        """waiting, starting, running, paused; at the end done, stopped or failed."""
        self._look()
        return self._state

    @property
    def ended(self) -> bool:
        """Whether it is over."""
        return self._state in ENDED

    def news(self, since: int = 0) -> dict[str, Any]:
        """Return its present state, and the frames after the first `since` ones."""
        self._look()
        same = ("key", "asked", "ahead", "message", "score", "chance", "used")
        with self._lock:
            return {name: getattr(self, name) for name in same} | {
                "state": self._state,
                "usable": self.run is not None,
                "watched": self.watched if since == 0 else None,
                "frames": self.frames[since:],
            }

    def _look(self) -> None:
        """Read the lines that the process has completed since the last look."""
        path = self.folder / "frames.jsonl"
        with self._lock:
            if (self.ended and self.frames) or not path.exists():
                return
            with path.open("rb") as file:
                file.seek(self._read)
                complete, newline, _ = file.read().rpartition(b"\n")
            self._read += len(complete + newline)
            for line in map(json.loads, complete.splitlines()):
                self.frames += [line["frame"]] if "frame" in line else []
                self.watched = line.get("watched", self.watched)
                if not self.ended:
                    state = "running" if "watched" in line else self._state
                    self._state = line.get("state", state)

    def forget(self) -> None:
        """Free the memory of its frames; who looks at it again reads them from its file."""
        with self._lock:
            self.frames, self._read = [], 0

    def _say(self, word: str) -> None:
        with self._lock, contextlib.suppress(OSError):
            if self._process is not None:
                self._process.stdin.write(f"{word}\n".encode())
                self._process.stdin.flush()

    def _train(self, process: Any, keep: Callable[[Run], Run]) -> None:
        """Let the process train to its end; `keep` saves the run."""
        with self._lock:
            self._state, self._process = "starting", process
            self._say(str(self.folder))
            if self.asked != "play":
                self._say(self.asked)
        self._process.wait()
        with self._lock, contextlib.suppress(OSError):
            self._process.stdin.close()
        self._finish(keep)

    def _finish(self, keep: Callable[[Run], Run]) -> None:
        """Read the outcome, and save the run before anybody is told of it."""
        self._look()
        outcome: dict[str, Any] = {}
        with contextlib.suppress(OSError, json.JSONDecodeError):
            outcome = json.loads((self.folder / "outcome.json").read_text())
        run = None
        with contextlib.suppress(RunError):
            run = keep(Run.load(outcome["run"])) if "run" in outcome else None
        died = f"Its process ended unexpectedly (status {self._process.returncode})."
        with self._lock:
            self.run, self.score, self.chance = run, outcome.get("map"), outcome.get("chance")
            self.message = outcome.get("message", died)
            self._state = outcome.get("state", "failed")


class Trainings:
    """The jobs of one app; see the top of this file."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._jobs: dict[str, Job] = {}
        self._waiting: list[Job] = []
        self._current: Job | None = None
        self._lock = threading.RLock()
        sweep()
        self.folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
        self._processes: list[Any] = []
        self._spare: Any = None
        self._warmed = False
        self.close = weakref.finalize(self, _end, self.folder, self._processes)

    def warm(self) -> None:
        """Start the process of the next training in advance, so that its dots come at once.

        Once this was called, another process is started whenever a training has ended.
        """
        with contextlib.suppress(OSError), self._lock:  # without it, only the start is slower
            self._warmed = True
            if self.close.alive and (self._spare is None or self._spare.poll() is not None):
                self._spare = self._start()

    def submit(self, config: TrainConfig, *, pace: float = 0.0) -> Job:
        """Queue a training; `pace` is the minimum seconds per epoch.

        Raises:
            BadRequest: when the queue is full.
        """
        with self._lock:
            if len(self._waiting) >= WAITING:
                raise BadRequest(
                    f"{WAITING} trainings are already waiting; try again when one has begun."
                )
            key = secrets.token_hex(6)
            folder = self.folder / key
            folder.mkdir()
            root = self._library.data_root
            content = {
                "config": config.to_json() | {"threads": 1, "device": "cpu"},
                "data_root": None if root is None else str(root),
                "pace": pace,
            }
            (folder / "job.json").write_text(json.dumps(content))
            job = Job(key, config, pace, folder)
            self._jobs[key] = job
            self._waiting.append(job)
            if self._current is None:
                self._begin_next()
            self._count()
            self._forget()
            return job

    def job(self, key: Any) -> Job:
        """Return the job of that key.

        Raises:
            BadRequest: when there is none.
        """
        job = self._jobs.get(key) if isinstance(key, str) else None
        if job is None:
            raise BadRequest("There is no such training; start a new one.")
        return job

    def jobs(self) -> list[Job]:
        """Return all jobs: the current one, those that wait, then those that ended, last first."""
        with self._lock:
            ended = [job for job in self._jobs.values() if job.ended and job is not self._current]
            now = [self._current] if self._current else []
            return [*now, *self._waiting, *reversed(ended)]

    def tell(self, key: Any, word: Any) -> Job:
        """Send play, pause, step or stop to a training, which obeys after its current epoch.

        Raises:
            BadRequest: for another word, or when there is no such job.
        """
        job = self.job(key)
        if word not in ("play", "pause", "step", "stop"):
            raise BadRequest("A training understands play, pause, step and stop.")
        with self._lock:
            if job in self._waiting and word == "stop":
                self._waiting.remove(job)
                job._state, job.asked = "stopped", "stop"
                self._count()
            elif not job.ended and job.asked != "stop":
                job.asked = "pause" if word == "step" else word
                job._say(word)
        return job

    def use(self, key: Any) -> str:
        """Add the run of a training to the library, once, and return its name there.

        Raises:
            BadRequest: when there is no run (yet), or the library is full.
        """
        job = self.job(key)
        with self._lock:
            if job.used:
                return job.used
            if job.run is None:
                raise BadRequest("This training has no codes yet.")
            if job.run.name in self._library.runs:
                job.run = self._copy(job.run, self.folder / "used")
            self._library.add(job.run)
            job.used = job.run.name
            return job.used

    def _keep(self, run: Run) -> Run:
        """Move a run from the folder of its job into that of the app, where it outlives both."""
        home = self._library.home
        if not home or not os.access(home, os.W_OK):
            return run
        with contextlib.suppress(OSError), self._lock:  # a full disk: it stays where it is
            kept = self._copy(run, home)
            shutil.rmtree(run.path, ignore_errors=True)
            return kept
        return run

    def _copy(self, run: Run, root: Path) -> Run:
        """Copy a run below a folder, under a name that is not taken."""
        name, number = run.name, 1
        while name in self._library.runs or (root / name).exists():
            number += 1
            name = f"{run.name}-{number}"
        with new_folder(root / name) as folder:
            for file in run.path.iterdir():
                if file.is_file():
                    shutil.copy2(file, folder / file.name)
        return Run.load(root / name)

    def _begin_next(self) -> None:
        """Start the first waiting job; the caller holds the lock."""
        self._current = self._waiting.pop(0) if self._waiting else None
        if self._current is not None:
            threading.Thread(target=self._work, args=(self._current,), daemon=True).start()

    def _start(self) -> Any:
        """Start a process that will train what it is told."""
        process = subprocess.Popen(
            [sys.executable, "-m", "hashviz_demo.tabs.train.trainer"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,  # it writes a log into the folder of its job
            env={**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"},
            start_new_session=True,  # Ctrl-C is for the app
        )
        self._processes[:] = [p for p in self._processes if p.poll() is None] + [process]
        return process

    def _work(self, job: Job) -> None:
        try:
            with self._lock:
                ready = self._spare is not None and self._spare.poll() is None
                process, self._spare = (self._spare if ready else self._start()), None
            job._train(process, self._keep)
        except OSError as error:
            job.message, job._state = f"The training did not start: {error}", "failed"
        finally:
            with self._lock:
                if self.close.alive:
                    self._begin_next()
                    self._count()
                    if self._warmed:
                        self.warm()

    def _count(self) -> None:
        for ahead, job in enumerate(self._waiting, start=1):
            job.ahead = ahead
        if self._current is not None:
            self._current.ahead = 0

    def _forget(self) -> None:
        ended = [job for job in self._jobs.values() if job.ended]
        for job in ended[: max(0, len(ended) - KEPT)]:
            job.forget()


def sweep() -> None:
    """Remove the folders of apps that were killed."""
    if os.name != "posix":  # elsewhere, signal 0 would end the process instead of probing it
        return
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*-*"):
        owner = folder.name.removeprefix(PREFIX).partition("-")[0]
        with contextlib.suppress(OSError, ValueError):
            try:
                os.kill(int(owner), 0)
            except ProcessLookupError:
                shutil.rmtree(folder, ignore_errors=True)


def _end(folder: Path, processes: list[Any]) -> None:
    """Stop the current training, and remove all files of the jobs."""
    for process in processes:
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            process.kill()
            process.wait(5)
    shutil.rmtree(folder, ignore_errors=True)


def trainings_of(library: Library) -> Trainings:
    """Return the trainings of the app that shows this library."""
    return library.kept("trainings", lambda: Trainings(library))
