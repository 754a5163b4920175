"""`hashviz doctor`: what is here, what is missing, and whether it works, in plain words."""

import importlib.util
import os
import platform
import shutil
import socket
import sys
import tempfile
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from hashviz.cli.output import show, table
from hashviz.config import EXTRAS

State = Literal["good", "missing", "wrong"]
MARKS: dict[State, str] = {"good": "good", "missing": "--", "wrong": "WRONG"}
NEEDED = ("numpy", "scikit-learn", "matplotlib", "pillow", "jinja2")
ENOUGH = 500_000_000
"""Bytes of free disk space that the first hour takes: runs, features, maps."""


class Finding(NamedTuple):
    """One line of the report."""

    about: str
    state: State
    """`missing` is not a fault: something that only some people need is not there."""
    told: str


def doctor(arguments: Namespace) -> None:
    """Check the installation: `hashviz doctor`.

    Raises:
        ValueError: when a finding is wrong.
    """
    looks: tuple[Callable[[], Iterator[Finding]], ...] = (
        *(_versions, _device),
        lambda: _folders(arguments.runs),
        lambda: _data(arguments.data_root),
        *(_search, _app, _self_test),
    )
    found = [finding for look in looks for finding in _careful(look)]
    wrong = ", ".join(each.about for each in found if each.state == "wrong")
    rows = [[MARKS[each.state], each.about, each.told] for each in found]
    end = f"Wrong: {wrong}." if wrong else "Nothing is wrong."
    show(arguments, [each._asdict() for each in found], [*table(rows), "", end])
    if wrong:
        raise ValueError(f"{wrong}: see the lines marked {MARKS['wrong']}.")


def _careful(look: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """Yield the findings of a check; a check that fails is a finding itself."""
    try:
        yield from look()
    except Exception as error:  # a broken installation fails in any way it likes
        name = getattr(look, "__name__", "look").strip("_<>").replace("_", " ")
        yield Finding(name, "wrong", f"{type(error).__name__}: {error}")


def _is_installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def _missing(about: str, extra: str, gone: str = "") -> Finding:
    return Finding(about, "missing", f"{gone}pip install 'hashviz[{extra}]'")


def _versions() -> Iterator[Finding]:
    """Check Python and the packages, without importing the heavy ones."""
    yield Finding("python", "good", f"{platform.python_version()}, {sys.executable}")
    there = []
    for name in (*NEEDED, "torch"):
        try:
            there.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            if name in NEEDED:
                yield Finding(name, "wrong", f"not installed: pip install {name}")
    yield Finding("packages", "good", ", ".join(there))
    for extra in dict.fromkeys(EXTRAS.values()):
        gone = [module for module, e in EXTRAS.items() if e == extra and not _is_installed(module)]
        if gone:
            yield _missing(f"extra {extra}", extra, f"without {', '.join(gone)}: ")


def _device() -> Iterator[Finding]:
    """Say where training would run, and how."""
    if not _is_installed("torch"):
        yield _missing("device", "train")
        return
    import torch

    from hashviz.models.machine import has_bfloat16, pick_device

    device = pick_device()
    if device.type == "cuda":
        free, total = torch.cuda.mem_get_info()
        name = f"{torch.cuda.get_device_name()}, {free / 1e9:.0f} of {total / 1e9:.0f} GB free"
    else:
        name = f"{platform.machine()}, {torch.get_num_threads()} threads"
    precision = "bfloat16" if has_bfloat16(device) else "float32 (bfloat16 would be slower here)"
    yield Finding("device", "good", f"{device.type}: {name}; larger networks train in {precision}")


def _folders(runs: Path) -> Iterator[Finding]:
    """Check that runs can be written, and count them."""
    from hashviz.runs import list_runs

    nearest = next(p for p in (runs, *runs.absolute().parents) if p.exists())
    try:
        with tempfile.TemporaryFile(dir=nearest) as file:
            file.write(b"x")
    except OSError as error:
        told = f"{nearest} cannot be written ({error.strerror}); name another folder with --runs"
        yield Finding("runs", "wrong", told)
        return
    many = len(list_runs(runs))
    yield Finding("runs", "good", f"{runs}: {many} {'run' if many == 1 else 'runs'}, writable")
    free = shutil.disk_usage(nearest).free
    told = f"{free / 1e9:.1f} GB free" + ("" if free > ENOUGH else "; runs may not fit")
    yield Finding("disk", "good" if free > ENOUGH else "wrong", told)


def _data(root: Path | None) -> Iterator[Finding]:
    """List the data sets and weights on this machine; none is read."""
    from hashviz.data import DATASETS, data_root

    embedded = [name for name, row in DATASETS.items() if row.embedded]
    yield Finding("data sets inside", "good", ", ".join(embedded))
    folder = data_root(root)
    here = sorted(p.name for p in folder.glob("*"))
    told = f"{folder}: {', '.join(here[:12])}" if here else f"nothing in {folder} (HASHVIZ_DATA)"
    yield Finding("data sets outside", "good" if here else "missing", told)
    if _is_installed("torch"):
        from torch.hub import get_dir

        weights = Path(get_dir()) / "checkpoints"
        told = ", ".join(sorted(p.name for p in weights.glob("*.pt*")))
        state: State = "good" if told else "missing"
        yield Finding("weights", state, told or f"none in {weights}; or name a file with --weights")


def _search() -> Iterator[Finding]:
    """Check that every engine finds what brute force finds."""
    from hashviz.codes import distances, nearest
    from hashviz.search import ENGINES, HammingIndex

    rng = np.random.default_rng(0)
    packed = rng.integers(0, 256, (5000, 4), np.uint8)
    query = rng.integers(0, 256, (1, 4), np.uint8)
    expected = nearest(distances(query, packed)[0], 50)
    for name, row in ENGINES.items():
        about = f"search by {name}"
        if not _is_installed(row.package):
            yield _missing(about, row.extra)
            continue
        index = HammingIndex(32, engine=name)
        index.add(np.arange(5000), packed)
        started = time.perf_counter()
        index.search(query, 50)  # an engine may compile itself first, once on a machine
        start = time.perf_counter() - started
        warm = time.perf_counter()
        right = np.array_equal(index.search(query, 50).ids[0], expected)
        spent = 1e3 * (time.perf_counter() - warm)
        if right:
            told = f"the 50 nearest of 5,000 in {spent:.1f} ms, after {start:.1f} s to start"
            yield Finding(about, "good", told)
        else:
            yield Finding(about, "wrong", "its results are not those of brute force")
    if _is_installed("pymilvus"):
        yield Finding("search by Milvus", "good", "`hashviz index push` sends codes there")
    else:
        yield _missing("search by Milvus", "milvus")


def _app() -> Iterator[Finding]:
    """Check that the app can listen, on loopback and for a moment."""
    with socket.socket() as listening:
        try:
            listening.bind(("127.0.0.1", 0))
        except OSError as error:
            yield Finding("app", "wrong", f"nothing may listen on 127.0.0.1: {error.strerror}")
            return
    for name in ("GRADIO_VIBE_MODE", "GRADIO_SHARE"):
        if os.environ.get(name, "").lower() not in ("", "0", "false"):
            told = f"{name} is set, and opens this machine to others; unset it"
            yield Finding("app", "wrong", told)
            return
    if _is_installed("gradio"):
        yield Finding("app", "good", "`hashviz demo` can listen on 127.0.0.1")
    else:
        yield _missing("app", "demo")


def _self_test() -> Iterator[Finding]:
    """Make a run from pictures to a score, save it and read it again."""
    if not _is_installed("torch"):
        return
    from hashviz.config import TrainConfig
    from hashviz.runs import Run
    from hashviz.training.jobs import train

    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="hashviz-") as folder:
        run = train(TrainConfig(method="itq", data="digits", bits=16, threads=1), runs=folder)
        found = Run.load(run.path).scores["map"]
    score, chance, spent = found["expected"], found["chance"], time.perf_counter() - started
    told = f"ITQ on digits: mAP {score:.3f} (chance {chance:.3f}), saved and read, {spent:.1f} s"
    yield Finding("self-test", "good" if score > 2 * chance else "wrong", told)
