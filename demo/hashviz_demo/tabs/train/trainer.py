"""One training as a process of its own: `python -m hashviz_demo.tabs.train.trainer`.

It first imports what takes seconds. Then it reads one line, the path of a folder with job.json:
configuration, data root, and the minimum seconds per epoch. It writes there: frames.jsonl, with one
line for what is watched and one for each epoch (the untrained network is epoch 0); runs/ with the
run; and at the end outcome.json. It reads the lines play, pause, step and stop. When its input
ends, the app is gone, and it stops at once. A training that was paused for ten minutes goes on,
because others may be waiting.
"""

import base64
import contextlib
import json
import os
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Float32, Int8

from hashviz.codes import pack, sign
from hashviz.files import write_file
from hashviz.metrics.history import own_counts
from hashviz.metrics.ranking import average_precision, chance_average_precision

WORDS = ("play", "pause", "step", "stop")
PATIENCE = 600.0
"""Seconds that a training stays paused at most."""
RIDGE = 0.1
"""Classes that differ in fewer than this share of the bits stay near the middle of the plane."""
GONE = 3
"""Exit status when the app is gone."""


class Remote:
    """The commands to a training, which obeys between two epochs."""

    def __init__(self, pace: float = 0.0, patience: float = PATIENCE) -> None:
        self.pace, self.patience = pace, patience
        self._changed = threading.Condition()
        self._paused, self._steps, self._stopped = False, 0, False
        self._begun = time.monotonic()

    def hear(self, word: str) -> None:
        """Take one of `WORDS`; ignore any other."""
        with self._changed:
            if word == "play":
                self._paused, self._steps = False, 0
            elif word == "pause":
                self._paused, self._steps = True, 0
            elif word == "step":
                self._paused, self._steps = True, self._steps + 1
            elif word == "stop":
                self._stopped = True
            self._changed.notify_all()

    def listen(self, descriptor: int = 0) -> None:
        """Hear line after line until the input ends, and the process with it."""
        rest = b""
        while content := os.read(descriptor, 1024):
            *lines, rest = (rest + content).split(b"\n")
            for line in lines:
                self.hear(line.decode("ascii", "replace").strip())
        os._exit(GONE)

    def between(self, tell: Callable[[str], None]) -> None:
        """Wait until the next epoch may begin; `tell` gets "paused" and then "running".

        Raises:
            KeyboardInterrupt: when the training is to stop.
        """
        with self._changed:
            while not self._stopped and not self._steps:
                left = self._begun + self.pace - time.monotonic()
                if left <= 0:
                    break
                self._changed.wait(left)
            if self._paused and not self._steps and not self._stopped:
                tell("paused")
                self._changed.wait_for(
                    lambda: not self._paused or self._steps or self._stopped, self.patience
                )
                tell("running")
                if self._paused and not self._steps:  # nobody came back
                    self._paused = False
            self._steps = max(0, self._steps - 1)
            if self._stopped:
                raise KeyboardInterrupt
        self._begun = time.monotonic()


def prepare() -> None:
    """Import what a training needs; the first step of an optimizer would import the compiler."""
    import torch._dynamo

    import hashviz.training.jobs

    del torch, hashviz


def read_folder(descriptor: int = 0) -> Path:
    """Read the folder of the job, and no byte of the commands that may follow it."""
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(descriptor, 1)
        if not byte:
            os._exit(GONE)
        line += byte
    return Path(os.fsdecode(line[:-1]))


def main(folder: Path, remote: Remote) -> None:
    """Train the job in the folder, and write the outcome there."""
    from hashviz.config import TrainConfig

    job = json.loads((folder / "job.json").read_text())
    remote.pace = job["pace"]
    outcome = run_job(folder, TrainConfig.from_json(job["config"]), job["data_root"], remote)
    write_file(folder / "outcome.json", json.dumps(outcome).encode())


def run_job(folder: Path, config: Any, data_root: str | None, remote: Remote) -> dict[str, Any]:
    """Train, and return the outcome: state, a message, and the run with its score if there is one.

    A training that ends early leaves the run of its last complete epoch.
    """
    from hashviz.methods import method_named
    from hashviz.runs import Run
    from hashviz.training.events import Event, Watched
    from hashviz.training.jobs import Diverged, train
    from hashviz.training.recipes import settle

    epochs = settle(config, method_named(config.method)).epochs
    with (folder / "frames.jsonl").open("w", encoding="utf-8") as file:

        def write(line: dict[str, Any]) -> None:
            file.write(json.dumps(line, allow_nan=False) + "\n")
            file.flush()

        def show(seen: Event) -> None:
            if not isinstance(seen, Watched):
                return
            if seen.epoch is None:
                write({"watched": describe(seen) | {"epochs": epochs}})
            write({"frame": frame(seen)})
            if seen.epoch is None or seen.epoch.number < seen.epoch.epochs:
                remote.between(lambda state: write({"state": state}))

        try:
            run = train(config, root=data_root, runs=folder / "runs", listen=show, watch=True)
        except (KeyboardInterrupt, Diverged) as error:
            state = "failed" if isinstance(error, Diverged) else "stopped"
            left = getattr(error, "__notes__", [])  # the path of the run, if it came that far
            return {
                "state": state,
                "message": str(error),
                **(score(Run.load(left[0])) if left else {}),
            }
        except ValueError as error:
            return {"state": "failed", "message": str(error)}
        except OSError as error:
            return {"state": "failed", "message": f"A file could not be read or written: {error}"}
        except Exception as error:
            traceback.print_exc()
            what = f"{type(error).__name__}: {error}"[:300]
            return {"state": "failed", "message": f"The training failed unexpectedly: {what}"}
    return {"state": "done", "message": "", **score(run)}


def score(run: Any) -> dict[str, Any]:
    """Return where a run is, and its mean average precision over all queries."""
    quality = run.scores["map"]
    return {"run": str(run.path), "map": quality["expected"], "chance": quality["chance"]}


def describe(seen: Any) -> dict[str, Any]:
    """Return what stays the same from epoch to epoch."""
    return {
        "index": seen.index.tolist(),
        "labels": [np.flatnonzero(row).tolist() for row in seen.labels],
        "classes": list(seen.classes),
        "bits": seen.outputs.shape[1],
        "centers": seen.centers is not None,
    }


def frame(seen: Any) -> dict[str, Any]:
    """Return the codes and outputs of the watched images after an epoch, and their plane.

    `codes` are packed; `outputs` are integers from -127 to 127 after tanh; both are base64. `map`
    is the mean average precision of the watched images among themselves.
    """
    codes = sign(seen.outputs)
    counts = own_counts(codes, seen.labels)
    shown = {
        "epoch": 0,
        "seconds": 0.0,
        "terms": {},
        "map": float(average_precision(counts).mean()),
        "chance": float(chance_average_precision(counts).mean()),
        "codes": text(pack(codes)),
        "outputs": text(np.rint(127 * np.tanh(seen.outputs)).astype(np.int8)),
        "plane": plane(codes, seen.labels, seen.centers).round(5).tolist(),
    }
    if seen.centers is not None:
        shown["centers"] = text(pack(sign(seen.centers.astype(np.float32))))
    if seen.epoch is not None:
        shown["epoch"], shown["terms"] = seen.epoch.number, seen.epoch.terms
        shown["seconds"] = seen.epoch.seconds
    return shown


def plane(
    codes: Int8[np.ndarray, "images bits"],
    labels: Bool[np.ndarray, "images classes"],
    centers: Int8[np.ndarray, "classes bits"] | None,
) -> Float32[np.ndarray, "bits 2"] | Float[np.ndarray, "bits 2"]:
    """Return a linear map from codes to a plane in which the classes form a ring.

    Every class has a place on the ring, to which the map takes its center or, without centers, the
    mean of its codes: exactly where the classes are far apart, and to the middle of the ring where
    they do not differ. (Ridge regression from the anchors to the places.)
    """
    classes = labels.shape[1]
    angles = np.pi * (2 * np.arange(classes) / classes - 0.5)
    places = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    if centers is not None:
        anchors = centers.astype(float)
    else:
        weights = labels.T / np.maximum(labels.sum(0), 1)[:, None]
        there = labels.any(axis=0, keepdims=True).T
        anchors = np.where(there, weights @ codes, codes.mean(0))
    anchors = anchors - anchors.mean(0)
    ridge = RIDGE * codes.shape[1] * np.eye(classes)
    made = anchors.T @ np.linalg.solve(anchors @ anchors.T + ridge, places)
    if centers is not None:
        made /= max(float(np.linalg.norm(anchors @ made, axis=1).max()), 1e-9)
    return made


def text(array: np.ndarray) -> str:
    """Return the bytes of an array as base64 text."""
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


if __name__ == "__main__":
    with contextlib.suppress(AttributeError, OSError):
        os.nice(5)  # searches of visitors come first
    prepare()
    job = read_folder()
    with (job / "log.txt").open("wb") as log:
        os.dup2(log.fileno(), 2)
    steering = Remote()
    threading.Thread(target=steering.listen, daemon=True).start()
    main(job, steering)
