"""`hashviz doctor`: what is here, what is missing, and whether it works, in plain words."""

import importlib.util
import os
import platform
import sys
import tempfile
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

import numpy as np

from hashviz.cli import EXTRAS
from hashviz.cli.output import show, table

State = Literal["good", "missing", "wrong"]
MARKS: dict[State, str] = {"good": "good", "missing": "--", "wrong": "WRONG"}
NEEDED = ("torch", "numpy", "scikit-learn", "matplotlib", "pillow", "safetensors")
ENOUGH = 500_000_000
"""Bytes on the disk that a first hour takes: runs, features, maps."""


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    about: str
    state: State
    """`missing` is no fault: something is not there that only some need."""
    told: str


def doctor(arguments: Namespace) -> None:
    """`hashviz doctor`: ends with an error when something is wrong.

    Raises:
        ValueError: when a finding is wrong.
    """
    looks: tuple[Callable[[], Iterator[Finding]], ...] = (
        _versions,
        _device,
        lambda: _folders(arguments.runs),
        lambda: _data(arguments.data_root),
        _search,
        _app,
        _self_test,
    )
    found = [finding for look in looks for finding in _careful(look)]
    rows = [[MARKS[each.state], each.about, each.told] for each in found]
    wrong = [each.about for each in found if each.state == "wrong"]
    end = f"Wrong: {', '.join(wrong)}." if wrong else "Nothing is wrong."
    show(arguments, [asdict(each) for each in found], [*table(rows), "", end])
    if wrong:
        raise ValueError(f"{', '.join(wrong)}: see the lines marked {MARKS['wrong']}.")


def _careful(look: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """What a look finds; one that fails is a finding itself."""
    try:
        yield from look()
    except Exception as error:  # a broken installation fails in any way it likes
        name = getattr(look, "__name__", "look").strip("_<>").replace("_", " ")
        yield Finding(name, "wrong", f"{type(error).__name__}: {error}")


def _versions() -> Iterator[Finding]:
    """Python and the packages; the heavy ones are not imported."""
    yield Finding("python", "good", f"{platform.python_version()}, {sys.executable}")
    there = {}
    for name in NEEDED:
        try:
            there[name] = version(name)
        except PackageNotFoundError:
            yield Finding(name, "wrong", f"not installed: pip install {name}")
    told = ", ".join(f"{name} {number}" for name, number in there.items())
    yield Finding("packages", "good", told)
    extras: dict[str, list[str]] = {}
    for module, extra in EXTRAS.items():
        if importlib.util.find_spec(module) is None:
            extras.setdefault(extra, []).append(module)
    for extra, modules in extras.items():
        way = f"pip install 'hashviz[{extra}]'"
        yield Finding(f"extra {extra}", "missing", f"without {', '.join(modules)}: {way}")


def _device() -> Iterator[Finding]:
    """Where training would run, and how."""
    import torch

    from hashviz.models.machine import has_bfloat16, pick_device

    device = pick_device()
    if device.type == "cuda":
        free, total = torch.cuda.mem_get_info()
        name = f"{torch.cuda.get_device_name()}, {free / 1e9:.0f} of {total / 1e9:.0f} GB free"
    else:
        name = f"{platform.machine()}, {_cores()} cores"
    precision = "bfloat16" if has_bfloat16(device) else "float32 (bfloat16 would be slower here)"
    yield Finding("device", "good", f"{device.type}: {name}; larger networks train in {precision}")


def _cores() -> int:
    there = hasattr(os, "sched_getaffinity")
    return len(os.sched_getaffinity(0)) if there else os.cpu_count() or 1


def _folders(runs: Path) -> Iterator[Finding]:
    """Whether runs can be written, and how many there are."""
    from hashviz.runs import list_runs

    nearest = next(p for p in (runs, *runs.absolute().parents) if p.exists())
    if not nearest.is_dir():
        yield Finding("runs", "wrong", f"{nearest} is a file; name a folder with --runs")
        return
    try:
        with tempfile.TemporaryFile(dir=nearest) as file:
            file.write(b"x")
    except OSError as error:
        told = f"{nearest} cannot be written ({error.strerror}); name another folder with --runs"
        yield Finding("runs", "wrong", told)
        return
    many = len(list_runs(runs)) if runs.is_dir() else 0
    yield Finding("runs", "good", f"{runs}: {many} {'run' if many == 1 else 'runs'}, writable")
    stat = os.statvfs(nearest) if hasattr(os, "statvfs") else None
    if stat is not None:
        free = stat.f_bavail * stat.f_frsize
        told = f"{free / 1e9:.1f} GB free" + ("" if free > ENOUGH else "; runs may not fit")
        yield Finding("disk", "good" if free > ENOUGH else "wrong", told)


def _data(root: Path | None) -> Iterator[Finding]:
    """Data sets and weights that are here; nothing is read whole."""
    import torch

    from hashviz.data import DATASETS, data_root

    embedded = [name for name, row in DATASETS.items() if row.embedded]
    yield Finding("data sets inside", "good", ", ".join(embedded))
    folder = data_root(root)
    here = sorted(p.name for p in folder.iterdir()) if folder.is_dir() else []
    told = f"{folder}: {', '.join(here[:12])}" if here else f"nothing in {folder} (HASHVIZ_DATA)"
    yield Finding("data sets outside", "good" if here else "missing", told)
    weights = Path(torch.hub.get_dir()) / "checkpoints"
    files = sorted(p.name for p in weights.glob("*.pt*")) if weights.is_dir() else []
    told = ", ".join(files) if files else f"none in {weights}; or name a file with --weights"
    yield Finding("weights", "good" if files else "missing", told)


def _search() -> Iterator[Finding]:
    """Every engine finds what brute force finds."""
    from hashviz.codes import distances, nearest
    from hashviz.search.engines import ENGINES
    from hashviz.search.index import HammingIndex

    rng = np.random.default_rng(0)
    packed, query = (
        rng.integers(0, 256, (5000, 4), np.uint8),
        rng.integers(0, 256, (1, 4), np.uint8),
    )
    away = distances(query, packed)[0]
    expected = nearest(away, 50)
    for name, row in ENGINES.items():
        if importlib.util.find_spec(row.package) is None:
            yield Finding(f"search by {name}", "missing", f"pip install 'hashviz[{row.extra}]'")
            continue
        index = HammingIndex(32, engine=name)
        index.add(np.arange(5000), packed)
        started = time.perf_counter()
        index.search(query, 50)  # an engine may compile itself first, once on a machine
        start = time.perf_counter() - started
        warm = time.perf_counter()
        right = np.array_equal(index.search(query, 50).ids[0], expected)
        spent = 1e3 * (time.perf_counter() - warm)
        told = f"the 50 nearest of 5,000 in {spent:.1f} ms, after {start:.1f} s to start"
        if right:
            yield Finding(f"search by {name}", "good", told)
        else:
            yield Finding(f"search by {name}", "wrong", "its hits are not those of brute force")
    there = importlib.util.find_spec("pymilvus") is not None
    told = "pymilvus is here; `hashviz index push` fills it" if there else EXTRA_MILVUS
    yield Finding("search by Milvus", "good" if there else "missing", told)


EXTRA_MILVUS = "pip install 'hashviz[milvus]', when one machine is no longer enough"


def _app() -> Iterator[Finding]:
    """Whether the app can listen; on loopback, for a moment."""
    import socket

    with socket.socket() as listening:
        try:
            listening.bind(("127.0.0.1", 0))
        except OSError as error:
            yield Finding("app", "wrong", f"nothing may listen on 127.0.0.1: {error.strerror}")
            return
    for name in ("GRADIO_VIBE_MODE", "GRADIO_SHARE"):
        if os.environ.get(name, "").lower() not in ("", "0", "false"):
            yield Finding(
                "app", "wrong", f"{name} is set, and opens this machine to others; unset it"
            )
            return
    if importlib.util.find_spec("gradio") is None:
        yield Finding("app", "missing", "pip install 'hashviz[demo]'")
    else:
        yield Finding("app", "good", "`hashviz demo` can listen on 127.0.0.1")


def _self_test() -> Iterator[Finding]:
    """A run from pictures to a score, saved and read again."""
    from hashviz.config import TrainConfig
    from hashviz.runs import Run
    from hashviz.training.jobs import train

    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="hashviz-") as folder:
        run = train(TrainConfig(method="itq", data="digits", bits=16, threads=1), runs=folder)
        again = Run.load(run.path)
        score = again.scores["map"]["expected"]
        chance = again.scores["map"]["chance"]
    spent = time.perf_counter() - started
    told = f"ITQ on digits: mAP {score:.3f} (chance {chance:.3f}), saved and read, {spent:.1f} s"
    yield Finding("self-test", "good" if score > 2 * chance else "wrong", told)
