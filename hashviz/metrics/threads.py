"""Work shared among cores, with the same numbers on one core as on many.

What runs here must release the GIL to gain anything, as compiled loops and NumPy on large arrays
do. Pieces are computed whole by one thread each, so no sum depends on how many threads there are.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

LIMITS = ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS")
"""Environment variables that limit the number of threads."""


def cores() -> int:
    """Return how many threads may run: the cores of this process, or fewer by `LIMITS`."""
    try:
        most = len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        most = os.cpu_count() or 1
    wanted = [os.environ.get(name, "").split(",")[0].strip() for name in LIMITS]
    return max(1, min([most, *(int(number) for number in wanted if number.isdecimal())]))


def in_threads(queries: int, count: Callable[[int, int], None]) -> None:
    """Call `count(first, last)` over all queries, one thread per core."""
    threads = cores()
    if queries == 1 or threads == 1:
        return count(0, queries)
    edges = np.linspace(0, queries, min(queries, 4 * threads) + 1).astype(int)
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(count, edges[:-1].tolist(), edges[1:].tolist()))


def side_by_side(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run the calls, one thread per core, and return their results in order."""
    threads = min(cores(), len(calls))
    if threads <= 1:
        return [call() for call in calls]
    with ThreadPoolExecutor(threads) as pool:
        return [result.result() for result in [pool.submit(call) for call in calls]]
