"""Exact search: against faiss's flat binary index in its better mode, and the machine's own limit.

faiss counts distances or keeps a heap, and which is faster depends on k; the better of the two is
the baseline. How much there is to gain depends on the processor (how many bits it counts at a time,
how fast memory is), so every row names it. 64 bits are measured at every size and k, other widths
with the engine that `auto` takes for so many codes. The limit is a loop that reads every code,
counts the bits that differ and adds them up: no search that looks at every code can be faster.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any, no_type_check

import numpy as np

from benchmarks.measure import Row, number, one_core, processor, ratio, rounds, spread
from hashviz.search.index import HammingIndex

SIZES = (50_000, 1_000_000)
KS = (1, 10, 100, 1000)
BATCH = 256
WIDTHS = (32, 128, 256, 512, 1024)
FEWER = 64  # queries of a batch where codes are wide


def rows(quick: bool) -> Iterator[Row]:
    """Everything about search."""
    import faiss

    rng = np.random.default_rng(0)
    for n in (50_000,) if quick else SIZES:
        packed = rng.integers(0, 256, (n, 8), np.uint8)
        index = filled(packed)
        theirs: Any = faiss.IndexBinaryFlat(64)
        theirs.add(packed)
        for queries in (1, BATCH):
            some = rng.integers(0, 256, (queries, 8), np.uint8)
            for k in KS:
                yield against_faiss(index, theirs, some, k, target=4.0 if k <= 100 else 1.0)
    for bits in WIDTHS:
        yield from of_width(bits, 50_000 if quick else 1_000_000)
    n = 200_000 if quick else 1_000_000
    packed = rng.integers(0, 256, (n, 8), np.uint8)
    index, some = filled(packed), rng.integers(0, 256, (BATCH, 8), np.uint8)
    with one_core():
        limit = popcount_limit()
        words = packed.view(np.uint64)[:, 0].copy()
        spent = rounds(
            {
                "ours": partial(index.search, some, 10),
                "limit": partial(limit, words, some.view(np.uint64)[:, 0].copy()),
            },
            repeats=5,
        )
        share = [
            100 * best / mine for mine, best in zip(spent["ours"], spent["limit"], strict=True)
        ]
        rate = n * BATCH / np.median(spent["limit"])
        yield spread(
            f"{n:,} x 64 bits, k = 10, {BATCH} queries: share of the popcount limit",
            share, "%", target=45.0, at_most=False,
            against=f"{number(rate / 1e9)} billion codes/s on one core", note=processor(),
        )  # fmt: skip
        few = rng.integers(0, 256, (16, 8), np.uint8)
        near = partial(index.search, few, None, radius=10)
        yield spread("radius 10, per query", [1e3 * s / 16 for s in rounds({"r": near}, 5)["r"]],
                     "ms", note=processor())  # fmt: skip
    if not quick:
        yield ten_million()


def of_width(bits: int, n: int) -> Iterator[Row]:
    """One query and a batch among so many codes of this width."""
    import faiss

    rng = np.random.default_rng(bits)
    packed = rng.integers(0, 256, (n, bits // 8), np.uint8)
    index, theirs = filled(packed, "auto"), faiss.IndexBinaryFlat(bits)
    theirs.add(packed)  # pyright: ignore[reportCallIssue]
    for queries in (1, FEWER):
        some = rng.integers(0, 256, (queries, bits // 8), np.uint8)
        yield against_faiss(index, theirs, some, 10, target=1.0)


def filled(packed: np.ndarray, engine: str = "numba") -> HammingIndex:
    """Our index over these codes."""
    index = HammingIndex(8 * packed.shape[1], engine=engine)
    index.add(np.arange(len(packed)), packed)
    return index


def against_faiss(
    index: HammingIndex, theirs: Any, queries: np.ndarray, k: int, target: float
) -> Row:
    """One core each; the same ids in the same order, or it counts for nothing."""
    import faiss

    def flat(heap: bool) -> tuple[np.ndarray, np.ndarray]:
        theirs.use_heap = heap
        return theirs.search(queries, k)

    with one_core():
        threads = faiss.omp_get_max_threads()
        faiss.omp_set_num_threads(1)
        try:
            distances, ids = flat(False)
            hits = index.search(queries, k)
            order = np.lexsort((ids, distances))
            same = np.array_equal(np.take_along_axis(ids, order, 1), hits.ids)
            if not same:
                raise AssertionError("The two searches differ; no time means anything then.")
            contestants = {
                "ours": partial(index.search, queries, k),
                "heap": partial(flat, True),
                "counting": partial(flat, False),
            }
            short = len(index) * index.bits <= 64_000_000
            calls = (25 if short else 5) if len(queries) == 1 else 1
            spent = rounds(contestants, repeats=5 if short else 3, calls=calls)
        finally:
            faiss.omp_set_num_threads(threads)
    better = [min(pair) for pair in zip(spent["heap"], spent["counting"], strict=True)]
    return ratio(
        f"{len(index):,} x {index.bits} bits, k = {k}, {len(queries)} queries".replace(
            "1 queries", "1 query"
        ),
        [s / len(queries) for s in spent["ours"]],
        [s / len(queries) for s in better],
        "faiss flat, per query",
        target=target if len(index) >= 1_000_000 else 1.0,
        note=processor(),
    )


def ten_million() -> Row:
    """What a classroom would call a lot, on all cores of this machine."""
    rng = np.random.default_rng(0)
    index = filled(rng.integers(0, 256, (10_000_000, 8), np.uint8))
    query = rng.integers(0, 256, (1, 8), np.uint8)
    spent = rounds({"one": partial(index.search, query, 100)}, repeats=9)["one"]
    return spread("10,000,000 x 64 bits, k = 100, 1 query", [1e3 * s for s in spent], "ms",
                  target=50.0, note=processor())  # fmt: skip


def popcount_limit() -> Any:
    """Compiled: the sum of all distances, in tiles that stay in the cache like ours."""
    from numba import njit

    from hashviz.metrics.compiled import popcount

    @njit(nogil=True)
    @no_type_check
    def limit(words: Any, queries: Any) -> Any:
        total = np.uint64(0)
        for begin in range(0, len(words), 1 << 14):
            tile = words[begin : begin + (1 << 14)]
            for i in range(len(queries)):
                query = queries[i]
                for j in range(len(tile)):
                    total += popcount(query ^ tile[j])
        return total

    return limit
