"""Contestants in turn, a row per finding: a ratio of one run on one machine, and its target.

What is compared runs in the same process, one round after the other, so that whatever else the
machine does is shared out fairly; the median of the rounds counts, the whole range is kept.
"""

import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any

from hashviz.metrics.threads import cores

PACKAGES = (
    *("torch", "numpy", "numba", "faiss-cpu", "gradio", "umap-learn", "matplotlib"),
    *("scikit-learn", "torchmetrics", "pytorch-metric-learning"),
)


@dataclass(frozen=True)
class Row:
    """One finding."""

    what: str
    value: float | None
    """None where it could not be measured; the note says why."""
    unit: str
    """`x` for a ratio: so many times as fast as the baseline."""
    low: float | None
    high: float | None
    """The range over the rounds."""
    against: str = ""
    """The baseline of a ratio, and what it took."""
    target: float | None = None
    at_most: bool = True
    """Whether the target is a bound from above; ratios and scores have theirs from below."""
    note: str = ""

    @property
    def kept(self) -> bool | None:
        """Whether the target is reached; None where there is none."""
        if self.target is None or self.value is None:
            return None
        return self.value <= self.target if self.at_most else self.value >= self.target

    @property
    def line(self) -> str:
        """The row of a markdown table."""
        sign = "" if self.target is None else f"{'<=' if self.at_most else '>='} {self.target:g}"
        met = {None: "", True: "yes", False: "**no**"}[self.kept]
        told = " - ".join(part for part in (self.against, self.note) if part)
        value = f"{number(self.value)} {self.unit}"
        span = "" if self.low is None else f"{number(self.low)} .. {number(self.high)}"
        return f"| {self.what} | {value} | {span} | {sign} | {met} | {told} |"

    def as_json(self) -> dict[str, Any]:
        """Everything, for the file."""
        return {**asdict(self), "kept": self.kept}


HEADER = "| what | median | range | target | met | against |\n|---|---|---|---|---|---|"


def number(value: float | None) -> str:
    """Three digits that count; a dash where there is no value.

    >>> number(0.01234), number(123.4), number(12345.6)
    ('0.0123', '123', '12,346')
    """
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def rounds(
    contestants: Mapping[str, Callable[[], Any]],
    repeats: int = 5,
    *,
    processor: bool = False,
    calls: int = 1,
) -> dict[str, list[float]]:
    """Seconds of every contestant in every round; all run once before, which does not count.

    What takes microseconds is called several times in a round, and the median call counts: one
    that the system interrupted says nothing about either contestant.
    """
    clock = time.process_time if processor else time.perf_counter
    spent: dict[str, list[float]] = {name: [] for name in contestants}
    for turn in range(repeats + 1):
        for name, run in contestants.items():
            each = []
            for _ in range(calls):
                started = clock()
                run()
                each.append(clock() - started)
            if turn:
                spent[name].append(median(each))
    return spent


def ratio(
    what: str,
    ours: list[float],
    baseline: list[float],
    against: str,
    *,
    scale: float = 1.0,
    target: float | None = None,
    note: str = "",
) -> Row:
    """How many times faster, round by round; `scale` makes a part of the baseline's work whole."""
    each = [scale * theirs / mine for theirs, mine in zip(baseline, ours, strict=True)]
    told = f"{against}: {seconds(scale * median(baseline))} against {seconds(median(ours))}"
    return Row(
        what, median(each), "x", min(each), max(each), told, target, at_most=False, note=note
    )


def spread(what: str, values: list[float], unit: str, **more: Any) -> Row:
    """A row of plain measurements."""
    return Row(what, median(values), unit, min(values), max(values), **more)


def seconds(value: float) -> str:
    """A time in the unit that suits it.

    >>> seconds(0.00012), seconds(0.25), seconds(75)
    ('120 us', '250 ms', '75 s')
    """
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if value >= size:
            return f"{number(value / size)} {unit}"
    return f"{number(1e6 * value)} us"


@contextmanager
def one_core() -> Iterator[None]:
    """As on a machine with one core, where the system lets a process choose; torch included."""
    import torch
    from threadpoolctl import threadpool_limits

    threads = torch.get_num_threads()
    before = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    torch.set_num_threads(1)
    if before:
        os.sched_setaffinity(0, {min(before)})
    try:
        with threadpool_limits(1):  # BLAS made its threads before and would keep them
            yield
    finally:
        torch.set_num_threads(threads)
        if before:
            os.sched_setaffinity(0, before)


def peak_memory(code: str) -> float:
    """Megabytes of arrays that a piece of Python holds at most beside what is there already.

    The piece runs in a process of its own and begins to be watched at its line `watch()`.
    """
    script = (
        "import tracemalloc\nwatch = tracemalloc.start\n"
        f"{code}\nprint(tracemalloc.get_traced_memory()[1] / 1e6)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return float(done.stdout.split()[-1])


def processor() -> str:
    """Its name, and the widest instructions that counting bits can use."""
    name = platform.processor() or platform.machine()
    with suppress(OSError, StopIteration):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        name = next(line.partition(":")[2].strip() for line in lines if "model name" in line)
        flags = next(line for line in lines if line.startswith("flags")).split()
        widest = (flag for flag in ("avx512_vpopcntdq", "avx512f", "avx2") if flag in flags)
        name += f" ({next(widest)})"
    return name


def machine() -> dict[str, Any]:
    """On what the table was measured."""
    versions = {}
    for package in PACKAGES:
        with suppress(PackageNotFoundError):
            versions[package] = version(package)
    return {
        "processor": processor(),
        "cores": cores(),
        "system": platform.system(),
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
        "packages": versions,
    }
