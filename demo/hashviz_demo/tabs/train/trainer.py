"""One training as a process of its own: `python -m hashviz_demo.tabs.train.trainer FOLDER`.

FOLDER holds job.json: configuration, data root, and the least seconds an epoch shall last. Written
there: frames.jsonl, one line for what is watched and one for each epoch, the untrained network as
epoch 0; runs/ with the run; at the end outcome.json. Lines that it reads: play, pause, step, stop.
When its input ends, the app is gone, and it stops at once: nobody is left to look. What is paused
for ten minutes plays on, because others may wait.
"""

import base64
import contextlib
import json
import os
import sys
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
"""Seconds that a training stays paused."""
RIDGE = 0.1
"""Where classes differ in fewer than this share of the bits, the plane shows it."""
GONE = 3
"""The exit status when the app is gone."""


class Remote:
    """What was said to the training; between two epochs it listens."""

    def __init__(self, pace: float = 0.0, patience: float = PATIENCE) -> None:
        self.pace, self.patience = pace, patience
        self._changed = threading.Condition()
        self._paused, self._steps, self._stopped = False, 0, False
        self._begun = time.monotonic()

    def hear(self, word: str) -> None:
        """Take one of `WORDS`; any other is passed over."""
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
        """Hear line after line until the input ends; then the process does."""
        rest = b""
        while content := os.read(descriptor, 1024):
            *lines, rest = (rest + content).split(b"\n")
            for line in lines:
                self.hear(line.decode("ascii", "replace").strip())
        os._exit(GONE)

    def between(self, tell: Callable[[str], None]) -> None:
        """Wait until the next epoch may begin; `tell` hears "paused" and then "running".

        Raises:
            KeyboardInterrupt: when the training shall stop.
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


def main(folder: Path, remote: Remote) -> None:
    """Train what the folder asks for, and say there how it ended."""
    from hashviz.config import TrainConfig

    job = json.loads((folder / "job.json").read_text())
    remote.pace = job["pace"]
    outcome = trained(folder, TrainConfig.from_json(job["config"]), job["data_root"], remote)
    write_file(folder / "outcome.json", json.dumps(outcome).encode())


def trained(folder: Path, config: Any, data_root: str | None, remote: Remote) -> dict[str, Any]:
    """The outcome of a training: its state, a sentence, and the run with its score if there is one.

    What ends early has the run of the last complete epoch.
    """
    from hashviz.methods import method_named
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
                write({"watched": watched(seen) | {"epochs": epochs}})
            write({"frame": frame(seen)})
            if seen.epoch is None or seen.epoch.number < seen.epoch.epochs:
                remote.between(lambda state: write({"state": state}))

        try:
            run = train(config, root=data_root, runs=folder / "runs", listen=show, watch=True)
        except KeyboardInterrupt as stopped:
            return {"state": "stopped", "message": "", **kept(stopped)}
        except Diverged as error:
            return {"state": "failed", "message": str(error), **kept(error)}
        except ValueError as error:
            return {"state": "failed", "message": str(error)}
        except OSError as error:
            return {"state": "failed", "message": f"The disk or a file did not do: {error}"}
        except Exception as error:
            traceback.print_exc()
            what = f"{type(error).__name__}: {error}"[:300]
            return {"state": "failed", "message": f"The training broke inside: {what}"}
    return {"state": "done", "message": "", **scored(run)}


def kept(stopped: BaseException) -> dict[str, Any]:
    """The run that an interrupted training left, if it came that far."""
    from hashviz.runs import Run

    notes = getattr(stopped, "__notes__", [])
    return scored(Run.load(notes[0])) if notes else {}


def scored(run: Any) -> dict[str, Any]:
    """Where a run is, and its mean average precision over all queries."""
    score = run.scores["map"]
    return {"run": str(run.path), "map": score["expected"], "chance": score["chance"]}


def watched(seen: Any) -> dict[str, Any]:
    """What stays the same from epoch to epoch."""
    return {
        "index": seen.index.tolist(),
        "labels": [np.flatnonzero(row).tolist() for row in seen.labels],
        "classes": list(seen.classes),
        "bits": seen.outputs.shape[1],
        "centers": seen.centers is not None,
    }


def frame(seen: Any) -> dict[str, Any]:
    """The watched images after an epoch: codes and outputs of each, and the plane to see them in.

    `codes` are packed, `outputs` whole numbers of -127..127 after tanh, both base64; `map` is that
    of the watched images among themselves.
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
    """A linear map of codes to the plane in which the classes stand around in a ring.

    Every class has a place in the ring, to which the map leads its center, or where there are none
    the mean of its codes: exactly, where the classes are far apart, and to the middle of the ring
    where they do not differ.
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
    """The bytes of an array as text."""
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


if __name__ == "__main__":
    with contextlib.suppress(AttributeError, OSError):
        os.nice(5)  # who searches meanwhile comes first
    steering = Remote()
    threading.Thread(target=steering.listen, daemon=True).start()
    main(Path(sys.argv[1]), steering)
