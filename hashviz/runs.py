"""The run folder, all that training hands on: written as a whole, read without torch.

config.json        the configuration, the format's number, the data set's classes and split
environment.json   python, torch, device, threads, commit, date, seconds
history.csv        epoch, seconds, images per second, one column per loss term and per note
codes.npz          packed codes and labels of queries and database, their indices and files,
                   centers, and of a few images the codes after every epoch
outputs.npz        real outputs as float16: all queries, a fixed sample of the database
model.safetensors  weights of network and loss
checksums.json     sha256 of every file above
derived/           scores and figures; may be deleted at any time
"""

import csv
import difflib
import json
import os
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float32, Int8, Int64, UInt8

from hashviz.codes import pack, sign, unpack
from hashviz.config import TrainConfig
from hashviz.files import new_folder, previous, recover, sha256, write_file

FORMAT = 1
FILES = ("config.json", "environment.json", "history.csv", "codes.npz", "outputs.npz")
WEIGHTS = "model.safetensors"
CLOCK = ("epoch", "seconds", "images_per_second")
NOTE = "note: "
"""Prefix of the columns of history.csv that are not loss terms."""


class RunError(ValueError):
    """A folder is not a complete run; the message says why, and what to do."""


@dataclass(frozen=True)
class Side:
    """Queries or database of a run: what was hashed and what is known about it."""

    outputs: Float32[np.ndarray, "n bits"]
    labels: Bool[np.ndarray, "n classes"]
    index: Int64[np.ndarray, " n"]
    paths: np.ndarray | None = None


@dataclass(frozen=True)
class Run:
    """A complete run folder. Arrays are read on first use."""

    path: Path
    config: TrainConfig
    data: dict[str, Any]
    """classes, split, protocol, fingerprint of the data set, size of an image."""

    @classmethod
    def load(cls, path: Path | str) -> "Run":
        """Open a run folder.

        Raises:
            RunError: when the folder is missing, incomplete, damaged, or of another format.
        """
        path = Path(path)
        recover(path)
        if not path.is_dir():
            raise RunError(f"There is no run at {path}; `hashviz list runs` shows what there is.")
        missing = [name for name in (*FILES, "checksums.json") if not (path / name).is_file()]
        content = {} if "config.json" in missing else _read_json(path / "config.json")
        if content and content.get("format") != FORMAT:  # it may consist of other files
            raise RunError(
                f"{path} has format {content.get('format')!r}, not {FORMAT}; train it again."
            )
        if missing:
            raise RunError(
                f"{path} is not a complete run: {', '.join(missing)} missing; train it again."
            )
        with _reading(path / "config.json"):
            config = TrainConfig.from_json(content["config"])
            data = dict(content["data"])
            if not all(isinstance(name, str) for name in (*data["classes"], data["split"])):
                raise ValueError("the names of classes and protocol are strings")
        return cls(path, config, data)

    @property
    def name(self) -> str:
        """Return the last four parts of the path: data set, method, bits, seed."""
        return "/".join(self.path.resolve().parts[-4:])

    @property
    def classes(self) -> tuple[str, ...]:
        """Return the names of the classes, in the order of the columns of the labels."""
        return tuple(self.data["classes"])

    @property
    def split(self) -> str:
        """Return the protocol in one line, as it is printed beside every score."""
        return self.data["split"]

    @cached_property
    def environment(self) -> dict[str, Any]:
        """Return where, when and with what the run was made."""
        return _read_json(self.path / "environment.json")

    @cached_property
    def history(self) -> dict[str, np.ndarray]:
        """Return one array per column of history.csv; the columns of a fitted method are empty."""
        with _reading(self.path / "history.csv") as path:
            header, *rows = csv.reader(path.read_text("utf-8").splitlines())
            values = np.array(rows, float).reshape(-1, len(header))
        return {name: values[:, i] for i, name in enumerate(header)}

    @property
    def terms(self) -> dict[str, np.ndarray]:
        """Return the weighted loss terms of the history, one array per term."""
        return {
            name: values
            for name, values in self.history.items()
            if name not in CLOCK and not name.startswith(NOTE)
        }

    @property
    def notes(self) -> dict[str, np.ndarray]:
        """Return what the loss noted in each epoch without adding it to its terms."""
        return {
            name.removeprefix(NOTE): values
            for name, values in self.history.items()
            if name.startswith(NOTE)
        }

    @cached_property
    def _codes(self) -> dict[str, np.ndarray]:
        return self._arrays("codes.npz")

    @cached_property
    def _outputs(self) -> dict[str, np.ndarray]:
        return self._arrays("outputs.npz")

    def _arrays(self, name: str) -> dict[str, np.ndarray]:
        self.verify(name)
        with _reading(self.path / name) as path, np.load(path, allow_pickle=False) as file:
            return dict(file)

    def verify(self, name: str) -> None:
        """Check a file against its checksum.

        Raises:
            RunError: when they differ.
        """
        path = self.path / name
        expected = _read_json(self.path / "checksums.json").get(name)
        if not path.is_file() or expected is None:
            raise RunError(f"{self.path} has no {name}; it was saved without.")
        if sha256(path) != expected:
            raise RunError(
                f"{path} is not what was written: its checksum differs; train the run again."
            )

    @property
    def query_packed(self) -> UInt8[np.ndarray, "queries bytes"]:
        """Return the packed codes of the queries."""
        return self._codes["query_codes"]

    @property
    def database_packed(self) -> UInt8[np.ndarray, "database bytes"]:
        """Return the packed codes of the database."""
        return self._codes["database_codes"]

    @cached_property
    def query_codes(self) -> Int8[np.ndarray, "queries bits"]:
        """Return the codes of the queries."""
        return unpack(self.query_packed, self.config.bits)

    @cached_property
    def database_codes(self) -> Int8[np.ndarray, "database bits"]:
        """Return the codes of the database."""
        return unpack(self.database_packed, self.config.bits)

    @cached_property
    def query_labels(self) -> Bool[np.ndarray, "queries classes"]:
        """Return the multi-hot labels of the queries."""
        return self._unpack_labels("query_labels")

    @cached_property
    def database_labels(self) -> Bool[np.ndarray, "database classes"]:
        """Return the multi-hot labels of the database."""
        return self._unpack_labels("database_labels")

    def _unpack_labels(self, name: str) -> Bool[np.ndarray, "n classes"]:
        return np.unpackbits(self._codes[name], axis=1, count=len(self.classes)).astype(bool)

    @property
    def query_index(self) -> Int64[np.ndarray, " queries"]:
        """Return the row of each query in the data set."""
        return self._codes["query_index"]

    @property
    def database_index(self) -> Int64[np.ndarray, " database"]:
        """Return the row of each database item in the data set."""
        return self._codes["database_index"]

    @property
    def query_paths(self) -> np.ndarray | None:
        """Return the file of each query below the folder of pictures, if they came from files."""
        return self._codes.get("query_paths")

    @property
    def database_paths(self) -> np.ndarray | None:
        """Return the file of each database item; slim and older runs have none."""
        return self._codes.get("database_paths")

    @property
    def centers(self) -> Int8[np.ndarray, "classes bits"] | None:
        """Return the hash centers the run was trained with, if its method has any."""
        return self._codes.get("centers")

    @cached_property
    def codes_over_training(self) -> Int8[np.ndarray, "epochs images bits"] | None:
        """Return the codes of the first database images after every epoch, if they were kept."""
        packed = self._codes.get("codes_over_training")
        if packed is None:
            return None
        flat = unpack(packed.reshape(-1, packed.shape[2]), self.config.bits)
        return flat.reshape(*packed.shape[:2], -1)

    @cached_property
    def query_outputs(self) -> Float32[np.ndarray, "queries bits"]:
        """Return the real outputs of the queries (stored as float16)."""
        return self._outputs["query_outputs"].astype(np.float32)

    @cached_property
    def database_outputs(self) -> Float32[np.ndarray, "sample bits"]:
        """Return the real outputs of a fixed sample of the database, `database_sample`."""
        return self._outputs["database_outputs"].astype(np.float32)

    @property
    def database_sample(self) -> Int64[np.ndarray, " sample"]:
        """Return the positions of the sampled outputs in the database."""
        return self._outputs["database_sample"]

    @cached_property
    def scores(self) -> dict[str, Any]:
        """Return what `evaluate` says about these codes; computed once and kept in derived/."""
        path = self.path / "derived" / "scores.json"
        if path.is_file():
            try:
                kept = json.loads(path.read_text())
                if kept.get("codes") == _read_json(self.path / "checksums.json")["codes.npz"]:
                    return kept["scores"]
            except (ValueError, KeyError, AttributeError, RecursionError):
                pass  # derived files may be deleted or damaged at any time: compute again
        return self.evaluate()

    def evaluate(self) -> dict[str, Any]:
        """Compute the scores again, and keep them in derived/ if the folder is writable."""
        from hashviz.metrics.evaluation import evaluate

        scores = evaluate(
            self.query_codes,
            self.query_labels,
            self.database_codes,
            self.database_labels,
            k=self.data.get("k"),
        )
        codes = _read_json(self.path / "checksums.json")["codes.npz"]
        content = json.dumps({"codes": codes, "scores": scores}, indent=1)
        if os.access(self.path, os.W_OK):
            write_file(self.path / "derived" / "scores.json", content.encode())
        return scores


def save_run(
    path: Path,
    config: TrainConfig,
    *,
    data: Mapping[str, Any],
    environment: Mapping[str, Any],
    history: list[Mapping[str, float | int]],
    query: Side,
    database: Side,
    centers: Int8[np.ndarray, "classes bits"] | None = None,
    codes_over_training: UInt8[np.ndarray, "epochs images bytes"] | None = None,
    save_weights: Callable[[Path], None] | None = None,
    sample: int | None = 2000,
) -> Run:
    """Write a run folder as a whole or not at all, replacing an older one of that name.

    `codes_over_training` are packed codes of the first images of the database after every epoch.
    `sample` is the number of database items whose real outputs are kept beside those of all
    queries; None keeps neither outputs nor file names.
    """
    rng = np.random.default_rng(0)
    asked = slice(0 if sample is None else None)
    size = min(sample or 0, len(database.index))
    chosen = np.sort(rng.choice(len(database.index), size, replace=False)).astype(np.int64)
    arrays: dict[str, np.ndarray | None] = {}
    for name, side in (("query", query), ("database", database)):
        arrays[f"{name}_codes"] = pack(sign(side.outputs))
        arrays[f"{name}_labels"] = np.packbits(side.labels, axis=1)
        arrays[f"{name}_index"] = side.index
        arrays[f"{name}_paths"] = None if sample is None else side.paths
    arrays |= {"centers": centers, "codes_over_training": codes_over_training}
    codes = {name: array for name, array in arrays.items() if array is not None}
    limit = np.finfo(np.float16).max
    outputs: dict[str, np.ndarray] = {
        "query_outputs": query.outputs[asked].clip(-limit, limit).astype(np.float16),
        "database_outputs": database.outputs[chosen].clip(-limit, limit).astype(np.float16),
        "database_sample": chosen,
    }
    with new_folder(path) as folder:
        content = {"format": FORMAT, "config": config.to_json(), "data": dict(data)}
        (folder / "config.json").write_text(json.dumps(content, indent=1))
        (folder / "environment.json").write_text(json.dumps(dict(environment), indent=1))
        with (folder / "history.csv").open("w", newline="") as file:
            columns = list(history[0]) if history else CLOCK
            writer = csv.DictWriter(file, columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(history)
        np.savez_compressed(folder / "codes.npz", allow_pickle=False, **codes)
        np.savez_compressed(folder / "outputs.npz", allow_pickle=False, **outputs)
        if save_weights is not None:
            save_weights(folder / WEIGHTS)
        sums = {file.name: sha256(file) for file in sorted(folder.iterdir())}
        (folder / "checksums.json").write_text(json.dumps(sums, indent=1))
    return Run.load(path)


def list_runs(root: Path | str) -> list[Run]:
    """Return every complete run below a folder, by name; incomplete ones are skipped."""
    root = Path(root)
    for old in root.glob("*/*/*/.*.previous"):
        recover(old.with_name(old.name.removeprefix(".").removesuffix(".previous")))
    runs = []
    for config in sorted(root.glob("*/*/*/*/config.json")):
        if not config.parent.name.startswith("."):
            with suppress(RunError):
                runs.append(Run.load(config.parent))
    return runs


def find_run(name: str, root: Path | str) -> Run:
    """Return the run with that path, or with that name below the folder of runs.

    Raises:
        RunError: when there is none; the message names the most similar ones.
    """
    for path in (Path(name), Path(root) / name):
        if path.is_dir() or previous(path).is_dir():
            return Run.load(path)
    there = [run.name for run in list_runs(root)]
    near = ", ".join(difflib.get_close_matches(name, there, n=3, cutoff=0))
    listed = f" Similar names: {near}. `hashviz list runs` lists all." if there else ""
    raise RunError(f"There is no run {name!r} in {root}.{listed} `hashviz train` makes one.")


def _read_json(path: Path) -> dict[str, Any]:
    with _reading(path):
        content = json.loads(path.read_text())
        if not isinstance(content, dict):
            raise ValueError("it does not hold an object")
    return content


@contextmanager
def _reading(path: Path) -> Iterator[Path]:
    """Yield a file to read; whatever is wrong in it is told in one sentence."""
    try:
        yield path
    except (
        *(AttributeError, LookupError, OSError, RecursionError, TypeError, ValueError),
        *(csv.Error, zipfile.BadZipFile),
    ) as error:
        raise RunError(f"{path} is damaged: {error}; train it again.") from None
