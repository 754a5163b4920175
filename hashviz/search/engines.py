"""Ways to search packed codes exactly: with faiss, with compiled loops, with NumPy alone.

An engine is built from the packed rows of an index and answers with rows in order of (distance,
row), whatever it does inside. `hashviz.search.index` gives them ids and chooses among them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import UInt8

from hashviz.codes import nearest, words
from hashviz.metrics.threads import in_threads

ROWS_AT_ONCE = 1 << 18
FAISS_COUNTING = 1 << 28  # bytes that faiss may take to count distances, which beats its heap
ROWS_PER_HIT = 16  # with fewer rows per wanted hit, counting all distances first is faster

Found = tuple[np.ndarray, np.ndarray]
"""Rows in order of (distance, row) and their distances, a line per query, filled with -1."""

Nearest = Callable[[UInt8[np.ndarray, "queries bytes"], int, int], Found]
"""nearest(queries, k, radius) over the rows that an engine was built from."""


def _numpy_engine(packed: UInt8[np.ndarray, "database bytes"]) -> Nearest:
    table = _table(packed)

    def search(queries: UInt8[np.ndarray, "queries bytes"], k: int, radius: int) -> Found:
        found = []
        for query in words(queries):
            distances = np.empty(len(table), np.uint16)
            for begin in range(0, len(table), ROWS_AT_ONCE):
                part = slice(begin, begin + ROWS_AT_ONCE)
                np.bitwise_count(table[part] ^ query).sum(1, np.uint16, out=distances[part])
            rows = np.flatnonzero(distances <= radius)
            rows = rows[nearest(distances[rows], k)]
            found.append((rows, distances[rows]))
        return stack(found)

    return search


def _faiss_engine(packed: UInt8[np.ndarray, "database bytes"]) -> Nearest:
    import faiss

    index: Any = faiss.IndexBinaryFlat(8 * packed.shape[1])
    index.add(np.ascontiguousarray(packed))

    def search(queries: UInt8[np.ndarray, "queries bytes"], k: int, radius: int) -> Found:
        queries = np.ascontiguousarray(queries)
        threads = faiss.omp_get_max_threads()
        if len(queries) == 1:  # a second thread only waits for its turn
            faiss.omp_set_num_threads(1)
        try:
            if k >= len(packed):
                limits, distances, rows = index.range_search(queries, radius + 1)
                cuts = limits[1:-1].astype(np.int64)
                found = zip(np.split(rows, cuts), np.split(distances, cuts), strict=True)
                rows, distances = stack(list(found))
            else:
                together = min(len(queries), index.query_batch_size)
                index.use_heap = together * (index.d + 1) * k * 8 > FAISS_COUNTING
                distances, rows = index.search(queries, k)
        finally:
            faiss.omp_set_num_threads(threads)
        away = (distances > radius) | (rows < 0)
        # The order that the interface promises, whatever this version of faiss returns.
        order = np.lexsort((rows, np.where(away, 1 << 30, distances)))
        rows, distances = np.where(away, -1, rows), np.where(away, -1, distances)
        return np.take_along_axis(rows, order, 1), np.take_along_axis(distances, order, 1)

    return search


def _numba_engine(packed: UInt8[np.ndarray, "database bytes"]) -> Nearest:
    from hashviz.metrics import compiled
    from hashviz.search import scan

    table = _table(packed)
    flat = np.ascontiguousarray(table.T).reshape(-1)  # all first words, then all second ones
    columns = tuple(flat.reshape(table.shape[1], -1))
    size = 8 * packed.shape[1] + 1

    def search(queries: UInt8[np.ndarray, "queries bytes"], k: int, radius: int) -> Found:
        query_words = _table(queries)
        query = tuple(np.ascontiguousarray(query_words[:, c]) for c in range(len(columns)))
        many = len(queries)
        if k * ROWS_PER_HIT <= len(packed):
            rows, distances = (np.full((many, k), -1, np.int64) for _ in range(2))
            in_threads(many, lambda a, b: scan.scan(query, flat, k, radius, a, b, rows, distances))
            return rows, distances
        counts = np.zeros((many, size), np.int64)
        none = np.zeros(many, np.int64)  # rows of the query's class
        inputs = query, none, none, columns, None
        in_threads(many, lambda a, b: compiled.count_sorted(*inputs, a, b, counts, counts))
        upto = np.cumsum(counts, 1)
        within = np.minimum((upto < k).sum(1), min(radius, size - 1))
        found = np.minimum(upto[np.arange(many), within], k)
        rows, distances = (np.full((many, found.max()), -1, np.int64) for _ in range(2))
        in_threads(
            many,
            lambda a, b: scan.fill(query, flat, counts, within, found, a, b, rows, distances),
        )
        return rows, distances

    return search


def _table(packed: np.ndarray) -> np.ndarray:
    """Return codes as uint64 words; whole words are not copied, even from a mapped file."""
    whole = packed.shape[1] % 8 == 0 and packed.flags.c_contiguous
    return packed.view(np.uint64) if whole else words(packed)


def stack(found: list[tuple[np.ndarray, np.ndarray]], width: int | None = None) -> Found:
    """Put the hits of every query in a line, filled with -1 up to the width, or to the longest."""
    width = max((len(rows) for rows, _ in found), default=0) if width is None else width
    both = np.full((2, len(found), width), -1, np.int64)
    for i, row in enumerate(found):
        both[:, i, : len(row[0])] = row
    return both[0], both[1]


@dataclass(frozen=True)
class Engine:
    """A row of `ENGINES`."""

    build: Callable[[UInt8[np.ndarray, "database bytes"]], Nearest]
    description: str
    package: str
    extra: str = ""


ENGINES = {
    "faiss": Engine(_faiss_engine, "IndexBinaryFlat, in C++", "faiss", extra="search"),
    "numba": Engine(_numba_engine, "compiled scan of blocks", "numba", extra="speed"),
    "numpy": Engine(_numpy_engine, "bitwise_count over all codes; always there", "numpy"),
}
"""Ways to search; all give the same hits."""
