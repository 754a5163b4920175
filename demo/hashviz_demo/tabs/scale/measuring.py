"""How fast this machine searches: a short measurement, one at a time, kept as long as the app.

A single query is searched again and again among random codes and vectors, and the median counts.
The data are larger than the caches of most processors, as those of large sets are.
"""

import contextlib
import os
import platform
import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from hashviz.search.index import HammingIndex
from hashviz_demo.library import Library

CODES = 1 << 21
"""Codes of 64 bits: 16 MB, and as much again for their ids."""
VECTORS, DIMENSIONS = 1 << 15, 512
"""float32: 64 MB."""
K = 10
SECONDS = 0.3
"""Time for each way to search, after a first search that is not counted."""
MOST = 60
"""Maximum number of searches that are counted."""


@dataclass(frozen=True)
class Rate:
    """One way to search, timed."""

    name: str
    n: int
    size: int
    """Words of 64 bits in a code, or numbers in a vector."""
    what: str
    """The kind of items."""
    k: int
    milliseconds: float
    """Median of a single query."""
    queries: int

    @property
    def per_second(self) -> float:
        """Words, or numbers, scanned per second."""
        return self.n * self.size / (self.milliseconds / 1e3)


@dataclass(frozen=True)
class Measurement:
    """The rates of a machine."""

    scan: Rate
    """The search of this project, which chooses its engine itself."""
    fallback: Rate
    """The same with NumPy alone."""
    floats: Rate
    """All inner products with float32 vectors, then the largest of them."""
    where: str
    """The machine in words."""
    date: str | None
    """When it was measured here; None for the rates that a new app starts with."""


BEFORE = Measurement(
    Rate("the exact scan of hashviz", 1 << 22, 1, "codes of 64 bits", K, 1.9, 60),
    Rate("NumPy only", 1 << 22, 1, "codes of 64 bits", K, 20.5, 15),
    Rate("float32, matmul and topk", 1 << 15, 512, "vectors", K, 6.5, 46),
    "two busy, shared server cores (AMD EPYC)",
    None,
)
"""Rates of the machine that hashviz was built on, used until this one is measured."""


class Stopwatch:
    """Measures on request, one visitor at a time; those who ask meanwhile get the same answer."""

    def __init__(self, codes: int = CODES, vectors: int = VECTORS) -> None:
        self.codes, self.vectors = codes, vectors
        self.last: Measurement | None = None
        self.waiting = 0
        """Visitors who are waiting for the current measurement."""
        self._lock = threading.Lock()
        self._count = 0

    def measure(self) -> Measurement:
        """Measure now, or wait for the current measurement; imports torch."""
        count = self._count
        self.waiting += 1
        with self._lock:
            self.waiting -= 1
            if self.last is None or self._count == count:
                self.last = self._measure_all()
                self._count += 1
            return self.last

    def _measure_all(self) -> Measurement:
        rng = np.random.default_rng(0)
        packed = np.frombuffer(rng.bytes(8 * self.codes), np.uint8).reshape(-1, 8)
        return Measurement(
            self._codes("the exact scan of hashviz", "auto", packed),
            self._codes("NumPy only", "numpy", packed),
            self._floats(rng),
            this_machine(),
            datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        )

    def _codes(self, name: str, engine: str, packed: np.ndarray) -> Rate:
        index = HammingIndex(64, engine=engine)
        index.add(np.arange(len(packed)), packed)
        query = packed[-1:].copy()
        times = time_searches(lambda: index.search(query, K))
        return _rate(name, len(packed), 1, "codes of 64 bits", times)

    def _floats(self, rng: np.random.Generator) -> Rate:
        import torch

        generator = torch.Generator().manual_seed(int(rng.integers(2**31)))
        vectors = torch.randn((self.vectors, DIMENSIONS), generator=generator)
        query = vectors[0].clone()
        with torch.inference_mode():
            times = time_searches(lambda: (vectors @ query).topk(min(K, len(vectors))))
        return _rate("float32, matmul and topk", len(vectors), DIMENSIONS, "vectors", times)


def time_searches(search: Callable[[], Any], most: int = MOST) -> list[float]:
    """Return the seconds of one search after another, at least three, for a short while."""
    search()  # touches memory for the first time, and compiles what is compiled
    times: list[float] = []
    until = time.perf_counter() + SECONDS
    while len(times) < 3 or (len(times) < most and time.perf_counter() < until):
        started = time.perf_counter()
        search()
        times.append(time.perf_counter() - started)
    return times


def _rate(name: str, n: int, size: int, what: str, times: list[float]) -> Rate:
    return Rate(name, n, size, what, K, 1e3 * statistics.median(times), len(times))


def this_machine() -> str:
    """Describe the processor, its cores and the memory, as far as the system tells."""
    cores = os.cpu_count() or 1
    words = f"{processor()}, {cores} {'core' if cores == 1 else 'cores'}"
    memory = memory_bytes()
    return words if memory is None else f"{words}, {memory / 1e9:.0f} GB of memory"


def processor() -> str:
    """Return the name of the processor."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name" and value.strip():
                return " ".join(value.split())
    return platform.processor() or platform.machine() or "a processor"


def memory_bytes() -> int | None:
    """Return the memory of the machine, or of the container that the app runs in."""
    sizes = []
    with contextlib.suppress(AttributeError, ValueError, OSError):
        sizes.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    with contextlib.suppress(ValueError, OSError):  # it may say "max"
        sizes.append(int(Path("/sys/fs/cgroup/memory.max").read_text()))
    return min((size for size in sizes if size > 0), default=None)


def stopwatch_of(library: Library) -> Stopwatch:
    """Return the stopwatch of the app that shows this library."""
    return library.kept("stopwatch", Stopwatch)
