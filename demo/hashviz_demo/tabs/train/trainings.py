"""The trainings of one app: one at a time, each a process of its own, and a short queue.

    trainings = trainings_of(library)
    job = trainings.submit(TrainConfig(method="csq", data="digits", epochs=5))
    job.state           # waiting, starting, running, paused; at the end done, stopped or failed
    job.ahead           # how many come before it: 0 while it is trained, 1 for the next
    job.news(since=0)   # what a page draws: see `hashviz_demo.tabs.train.trainer`
    job.run             # the run as soon as there is one; also of what was stopped
    job.message         # one sentence when it failed
    trainings.tell(job.key, "pause")                # or play, step, stop
    trainings.use(job.key)                          # its name in the library from now on
    trainings.jobs(), trainings.job(key)

All of it may be called from any thread, nothing waits for a training. Every visitor sees the same
jobs, and anyone may steer them: it is a classroom. A training ends with the app, whichever way the
app ends; the folder of the jobs goes with it, or, after a kill, when the next app starts.
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
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hashviz.config import TrainConfig
from hashviz.files import new_folder
from hashviz.runs import Run, RunError
from hashviz_demo.events import BadRequest
from hashviz_demo.library import Library

WAITING = 2
"""Jobs that may wait while one is trained."""
KEPT = 12
"""Jobs that are remembered after their end, with their runs."""
ENDED = ("done", "stopped", "failed")
PREFIX = "hashviz-trainings-"


@dataclass(eq=False)
class Job:
    """One training: what was asked for, how far it is, and what became of it."""

    key: str
    config: TrainConfig
    pace: float
    """The least seconds of an epoch, so that an eye can follow."""
    folder: Path
    ahead: int = 0
    """Jobs before it; 0 as soon as it is its turn."""
    asked: str = "play"
    """What it was told last."""
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
        """Whether nothing more will come."""
        return self._state in ENDED

    def news(self, since: int = 0) -> dict[str, Any]:
        """Where it stands, and the frames after the first `since` ones."""
        self._look()
        with self._lock:
            return {
                "key": self.key,
                "state": self._state,
                "asked": self.asked,
                "ahead": self.ahead,
                "message": self.message,
                "score": self.score,
                "chance": self.chance,
                "usable": self.run is not None,
                "used": self.used,
                "watched": self.watched if since == 0 else None,
                "frames": self.frames[since:],
            }

    def _look(self) -> None:
        """Take in the lines that the process has finished since the last look."""
        with self._lock:
            if self.ended or self._state == "waiting":
                return
            with contextlib.suppress(FileNotFoundError), self._frames.open("rb") as file:
                file.seek(self._read)
                content = file.read()
                whole = content.rpartition(b"\n")[0]
                self._read += len(whole) + 1 if whole else 0
                for line in whole.splitlines():
                    self._take(json.loads(line))

    @property
    def _frames(self) -> Path:
        return self.folder / "frames.jsonl"

    def _take(self, line: dict[str, Any]) -> None:
        if "watched" in line:
            self.watched, self._state = line["watched"], "running"
        elif "frame" in line:
            self.frames.append(line["frame"])
        else:
            self._state = line["state"]

    def _say(self, word: str) -> None:
        with self._lock, contextlib.suppress(OSError):
            if self._process is not None:
                self._process.stdin.write(f"{word}\n".encode())
                self._process.stdin.flush()

    def _train(self, processes: list[Any]) -> None:
        """Run the process to its end; it is among `processes` meanwhile."""
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
        with (self.folder / "log.txt").open("wb") as log, self._lock:
            if self.ended:
                return
            self._state = "starting"
            self._process = subprocess.Popen(
                [sys.executable, "-m", "hashviz_demo.tabs.train.trainer", str(self.folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=log,
                env=environment,
                start_new_session=True,  # Ctrl-C is for the app
            )
            processes[:] = [self._process]
            if self.asked != "play":
                self._say(self.asked)
        self._process.wait()
        with self._lock, contextlib.suppress(OSError):
            self._process.stdin.close()
        self._finish()

    def _finish(self) -> None:
        """Read how it ended."""
        self._look()
        outcome: dict[str, Any] = {}
        with contextlib.suppress(OSError, json.JSONDecodeError):
            outcome = json.loads((self.folder / "outcome.json").read_text())
        run = None
        with contextlib.suppress(RunError):
            run = Run.load(outcome["run"]) if "run" in outcome else None
        died = f"Its process ended without a word (status {self._process.returncode})."
        with self._lock:
            self.run, self.score, self.chance = run, outcome.get("map"), outcome.get("chance")
            self.message = outcome.get("message", died)
            self._state = outcome.get("state", "failed")

    def _drop(self) -> None:
        """Take it out of the queue."""
        with self._lock:
            if not self.ended:
                self._state, self.asked = "stopped", "stop"


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
        self.close = weakref.finalize(self, _end, self.folder, self._processes)

    def submit(self, config: TrainConfig, *, pace: float = 0.0) -> Job:
        """Queue a training; `pace` is the least seconds that an epoch shall last.

        Raises:
            BadRequest: when two wait already.
        """
        with self._lock:
            if len(self._waiting) >= WAITING:
                raise BadRequest(
                    f"{WAITING} trainings wait already; come back when one of them has begun."
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
        """The job of that key.

        Raises:
            BadRequest: when there is none, or no longer.
        """
        job = self._jobs.get(key) if isinstance(key, str) else None
        if job is None:
            raise BadRequest("There is no such training, or no longer; start a new one.")
        return job

    def jobs(self) -> list[Job]:
        """All jobs: the one that is trained, those that wait, then those that ended, last first."""
        with self._lock:
            ended = [job for job in self._jobs.values() if job.ended and job is not self._current]
            now = [self._current] if self._current else []
            return [*now, *self._waiting, *reversed(ended)]

    def tell(self, key: Any, word: Any) -> Job:
        """Say play, pause, step or stop to a training, at the latest after its present epoch.

        Raises:
            BadRequest: for another word, or when there is no such job.
        """
        job = self.job(key)
        if word not in ("play", "pause", "step", "stop"):
            raise BadRequest("A training hears play, pause, step and stop.")
        with self._lock:
            if job in self._waiting and word == "stop":
                self._waiting.remove(job)
                job._drop()
                self._count()
            elif not job.ended and job.asked != "stop":
                job.asked = "pause" if word == "step" else word
                job._say(word)
        return job

    def use(self, key: Any) -> str:
        """Bring the run of a training into the library, once; its name there.

        It is kept in the folder of runs that the app was started with, or else for as long as the
        app lives.

        Raises:
            BadRequest: when there is no run (yet), or the library is full.
        """
        job = self.job(key)
        with self._lock:
            if job.used:
                return job.used
            if job.run is None:
                raise BadRequest("This training has no codes to use.")
            path = self._free(job.run)
            with new_folder(path) as folder:
                for file in job.run.path.iterdir():
                    if file.is_file():
                        shutil.copy2(file, folder / file.name)
            self._library.add(run := Run.load(path))
            job.used = run.name
            return run.name

    def _free(self, run: Run) -> Path:
        """A path for a run, under a name that no other has."""
        home = self._library.home
        root = home if home and os.access(home, os.W_OK) else self.folder / "used"
        name, number = run.name, 1
        while name in self._library.runs or (root / name).exists():
            number += 1
            name = f"{run.name}-{number}"
        return root / name

    def _begin_next(self) -> None:
        """Start the first that waits; the lock is held."""
        self._current = self._waiting.pop(0) if self._waiting else None
        if self._current is not None:
            threading.Thread(target=self._work, args=(self._current,), daemon=True).start()

    def _work(self, job: Job) -> None:
        try:
            job._train(self._processes)
        except OSError as error:
            job.message, job._state = f"The training did not start: {error}", "failed"
        finally:
            with self._lock:
                if self.close.alive:
                    self._begin_next()
                    self._count()

    def _count(self) -> None:
        for ahead, job in enumerate(self._waiting, start=1):
            job.ahead = ahead
        if self._current is not None:
            self._current.ahead = 0

    def _forget(self) -> None:
        ended = [job for job in self._jobs.values() if job.ended]
        for job in ended[: max(0, len(ended) - KEPT)]:
            del self._jobs[job.key]
            shutil.rmtree(job.folder, ignore_errors=True)


def sweep() -> None:
    """Remove the folders of apps that were killed."""
    if os.name != "posix":  # elsewhere asking for a process by signal 0 would end it
        return
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*-*"):
        owner = folder.name.removeprefix(PREFIX).partition("-")[0]
        with contextlib.suppress(OSError, ValueError):
            try:
                os.kill(int(owner), 0)
            except ProcessLookupError:
                shutil.rmtree(folder, ignore_errors=True)


def _end(folder: Path, processes: list[Any]) -> None:
    """Stop what is being trained, and remove what was kept for it."""
    for process in processes:
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            process.kill()
            process.wait(5)
    shutil.rmtree(folder, ignore_errors=True)


def trainings_of(library: Library) -> Trainings:
    """The trainings of the app that shows this library."""
    return library.kept("trainings", lambda: Trainings(library))
