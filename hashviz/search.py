"""Exact search in Hamming space: the nearest codes first, equal distances by the smaller id.

Codes come packed, eight bits to a byte (`hashviz.hamming.pack`). Order is part of the result:
every engine gives the same ids in the same order, whatever the order in which they were added.
`SearchIndex` is the whole interface; an index on a server satisfies it as well as one in memory.
"""

import importlib.util
import os
import struct
import tempfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Int64, UInt8

from hashviz.hamming import words

FORMAT = b"hashviz1"
HEADER = struct.Struct("<8sQQII32x")  # format, bits, codes, check of the body, of the header
ROWS_AT_ONCE = 1 << 18
QUERIES_AT_ONCE = 256
FAISS_HEAP = 1024  # up to here faiss counts distances, beyond it sorts: less memory


@dataclass(frozen=True)
class Hits:
    """Found ids and their distances, in order of (distance, id); -1 fills rows with fewer."""

    ids: Int64[np.ndarray, "queries ranks"]
    distances: Int64[np.ndarray, "queries ranks"]

    @property
    def found(self) -> Int64[np.ndarray, " queries"]:
        """How many were found for each query."""
        return (self.ids >= 0).sum(1)


@runtime_checkable
class SearchIndex(Protocol):
    """What can be searched: in memory, or on a server."""

    bits: int

    def __len__(self) -> int:
        """Number of codes."""
        ...

    def add(self, ids: Any, packed: Any) -> None:
        """Add packed codes under new ids."""
        ...

    def search(self, query_packed: Any, k: int | None = 10, *, radius: int | None = None) -> Hits:
        """The k nearest codes, of those within the radius; None means no limit."""
        ...


class HammingIndex:
    """Packed codes in memory or mapped from a file, searched exactly.

    `engine` is a key of `ENGINES`, or "auto": faiss where it is installed, else NumPy.

    >>> index = HammingIndex(bits=4)
    >>> index.add([7, 3, 5], np.packbits([[1, 1, 1, 1], [1, 1, 1, 0], [0, 1, 1, 1]], axis=1))
    >>> hits = index.search(np.packbits([[1, 1, 1, 1]], axis=1), k=2)
    >>> hits.ids, hits.distances
    (array([[7, 3]]), array([[0, 1]]))
    >>> index.search(np.packbits([[0, 0, 1, 1]], axis=1), k=None, radius=1).ids
    array([[5]])
    """

    def __init__(self, bits: int, *, engine: str = "auto"):
        if bits < 1:
            raise ValueError(f"A code has at least one bit, got bits={bits}.")
        if engine not in ("auto", *ENGINES):
            raise ValueError(
                f"Unknown engine {engine!r}; choose from {', '.join(sorted(('auto', *ENGINES)))}."
            )
        if engine == "auto":
            engine = "faiss" if importlib.util.find_spec("faiss") is not None else "numpy"
        self.bits = bits
        self.engine = engine
        # Rows lie in order of id, so that the order of rows decides ties as that of ids does.
        self._ids = np.empty(0, np.int64)
        self._packed = np.empty((0, -(-bits // 8)), np.uint8)
        self._nearest: Nearest | None = None

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, ids: Any, packed: Any) -> None:
        """Add packed codes under new ids, which are integers from 0.

        Raises:
            ValueError: when the codes have another width, an id is negative or taken, or the two
                differ in number; the index then stays as it was.
        """
        packed = self._checked(packed)
        ids = np.asarray(ids)
        if ids.size == 0:
            ids = ids.astype(np.int64)
        if ids.ndim != 1 or not np.issubdtype(ids.dtype, np.integer) or len(ids) != len(packed):
            raise ValueError(
                f"Each code needs one integer id, got ids of shape {ids.shape} and dtype "
                f"{ids.dtype} for {len(packed)} codes."
            )
        if ids.size == 0:
            return
        if ids.min() < 0 or ids.max() > np.iinfo(np.int64).max:
            raise ValueError(f"Ids are integers from 0, got {ids.min()}; -1 means nothing found.")
        all_ids = np.concatenate([self._ids, ids.astype(np.int64)])
        all_packed = np.concatenate([self._packed, packed])
        if (np.diff(all_ids) <= 0).any():
            order = np.argsort(all_ids, kind="stable")
            all_ids, all_packed = all_ids[order], all_packed[order]
            again = all_ids[1:][np.diff(all_ids) == 0]
            if again.size:
                raise ValueError(f"An id names one code, got id {again[0]} twice; choose new ids.")
        self._ids, self._packed, self._nearest = all_ids, all_packed, None

    def search(self, query_packed: Any, k: int | None = 10, *, radius: int | None = None) -> Hits:
        """The k nearest codes of each query, or all within a radius (k=None), or both limits.

        Rows are padded with -1 to k ranks, with k=None to the longest.

        Raises:
            ValueError: when the queries have another width, k < 1, the radius is negative, or
                there is neither k nor radius.
        """
        queries = self._checked(query_packed)
        if k is None and radius is None:
            raise ValueError("A search needs a limit, got k=None and radius=None; give one.")
        if k is not None and k < 1:
            raise ValueError(f"A search returns k >= 1 codes, got k={k}.")
        if radius is not None and radius < 0:
            raise ValueError(f"A radius is a distance from 0 to {self.bits}, got {radius}.")
        limit = len(self) if k is None else min(k, len(self))
        within = self.bits if radius is None else min(radius, self.bits)
        if limit == 0 or len(queries) == 0:
            found: list[tuple[np.ndarray, np.ndarray]] = []
        else:
            if self._nearest is None:
                self._nearest = ENGINES[self.engine].build(self._packed)
            found = [
                row
                for begin in range(0, len(queries), QUERIES_AT_ONCE)
                for row in self._nearest(queries[begin : begin + QUERIES_AT_ONCE], limit, within)
            ]
        width = max((len(rows) for rows, _ in found), default=0) if k is None else k
        ids = np.full((len(queries), width), -1, np.int64)
        distances = np.full((len(queries), width), -1, np.int64)
        for i, (rows, away) in enumerate(found):
            ids[i, : len(rows)] = self._ids[rows]
            distances[i, : len(rows)] = away
        return Hits(ids, distances)

    def save(self, path: str | Path) -> None:
        """Write the index whole or not at all: a file of this name is never half of one."""
        path = Path(path)
        ids = np.ascontiguousarray(self._ids, "<i8")
        packed = np.ascontiguousarray(self._packed)
        check = zlib.crc32(packed.data, zlib.crc32(ids.data))
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_header(self.bits, len(self), check))
                file.write(ids.data)
                file.write(packed.data)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise

    @classmethod
    def load(cls, path: str | Path, *, mmap: bool = True, engine: str = "auto") -> "HammingIndex":
        """The index that `save` wrote; with `mmap` its codes stay in the file until they are read.

        Raises:
            ValueError: when the file is missing, damaged or not an index.
        """
        path = Path(path)
        if not path.is_file():
            raise ValueError(f"An index is one file, but there is no file {str(path)!r}.")
        content = np.memmap(path, np.uint8, "r") if path.stat().st_size else np.empty(0, np.uint8)
        if not mmap:
            content = np.array(content)
        head = bytes(content[: HEADER.size])
        if len(head) < HEADER.size or head[: len(FORMAT)] != FORMAT:
            raise ValueError(f"An index starts with {FORMAT.decode()!r}; {str(path)!r} does not.")
        _, bits, count, check, _ = HEADER.unpack(head)
        width = -(-bits // 8)
        if (
            head != _header(bits, count, check)
            or bits < 1
            or len(content) != HEADER.size + count * (8 + width)
            or zlib.crc32(content[HEADER.size :].data) != check
        ):
            raise ValueError(f"The index {str(path)!r} is damaged; write it again from its codes.")
        index = cls(bits, engine=engine)
        middle = HEADER.size + 8 * count
        index._ids = content[HEADER.size : middle].view("<i8")
        index._packed = content[middle:].reshape(count, width)
        return index

    def _checked(self, packed: Any) -> np.ndarray:
        packed = np.asarray(packed)
        width = -(-self.bits // 8)
        if packed.dtype != np.uint8 or packed.ndim != 2 or packed.shape[1] != width:
            raise ValueError(
                f"Packed codes of {self.bits} bits are uint8 [n, {width}], got {packed.dtype} of "
                f"shape {packed.shape}; use hashviz.hamming.pack."
            )
        if packed.size and self.bits % 8 and (packed[:, -1] & (255 >> self.bits % 8)).any():
            raise ValueError(
                f"The last byte of {self.bits} bits ends in zeros, got set bits behind the code; "
                "use hashviz.hamming.pack."
            )
        return packed


def open_index(address: str | Path, *, engine: str = "auto") -> SearchIndex:
    """The index at an address: the path of a saved file, mapped into memory.

    Raises:
        ValueError: when the address is a URL, or the file is missing or damaged.
    """
    if "://" in str(address):
        raise ValueError(f"An index is opened by the path of its file, got {str(address)!r}.")
    return HammingIndex.load(address, engine=engine)


Found = list[tuple[np.ndarray, np.ndarray]]
"""For each query: rows in order of (distance, row), and their distances."""

Nearest = Callable[[UInt8[np.ndarray, "queries bytes"], int, int], Found]
"""nearest(queries, k, radius) over the rows that an engine was built from."""


def _numpy_engine(packed: UInt8[np.ndarray, "database bytes"]) -> Nearest:
    # Whole words are read where they lie, in a mapped file too.
    whole = packed.shape[1] % 8 == 0 and packed.flags.c_contiguous
    table = packed.view(np.uint64) if whole else words(packed)
    size = 64 * table.shape[1] + 1

    def nearest(queries: UInt8[np.ndarray, "queries bytes"], k: int, radius: int) -> Found:
        return [_select(_all_distances(query, table), k, radius, size) for query in words(queries)]

    return nearest


def _all_distances(query: np.ndarray, table: np.ndarray) -> np.ndarray:
    distances = np.empty(len(table), np.uint16)
    for begin in range(0, len(table), ROWS_AT_ONCE):
        some = slice(begin, begin + ROWS_AT_ONCE)
        np.bitwise_count(table[some] ^ query).sum(1, np.uint16, out=distances[some])
    return distances


def _select(distances: np.ndarray, k: int, radius: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the k smallest distances within the radius: the first rows of the last distance."""
    counts = np.bincount(distances, minlength=size)
    last = int(np.searchsorted(np.cumsum(counts), k))
    rows = np.flatnonzero(distances <= min(last, radius))
    rows = rows[np.argsort(distances[rows], kind="stable")][:k]
    return rows, distances[rows]


def _faiss_engine(packed: UInt8[np.ndarray, "database bytes"]) -> Nearest:
    import faiss

    index: Any = faiss.IndexBinaryFlat(8 * packed.shape[1])
    index.add(np.ascontiguousarray(packed))

    def nearest(queries: UInt8[np.ndarray, "queries bytes"], k: int, radius: int) -> Found:
        queries = np.ascontiguousarray(queries)
        threads = faiss.omp_get_max_threads()
        if len(queries) == 1:  # a second thread only waits for its turn
            faiss.omp_set_num_threads(1)
        try:
            if k >= len(packed):
                limits, distances, rows = index.range_search(queries, radius + 1)
                cuts = limits[1:-1].astype(np.int64)
                found = zip(np.split(rows, cuts), np.split(distances, cuts), strict=True)
            else:
                index.use_heap = k > FAISS_HEAP
                distances, rows = index.search(queries, k)
                found = zip(rows, distances, strict=True)
        finally:
            faiss.omp_set_num_threads(threads)
        return [_sorted_within(rows, distances, radius) for rows, distances in found]

    return nearest


def _sorted_within(
    rows: np.ndarray, distances: np.ndarray, radius: int
) -> tuple[np.ndarray, np.ndarray]:
    near = distances <= radius
    rows, distances = rows[near], distances[near]
    order = np.lexsort((rows, distances))
    return rows[order], distances[order]


@dataclass(frozen=True)
class Engine:
    """A row of `ENGINES`."""

    build: Callable[[UInt8[np.ndarray, "database bytes"]], Nearest]
    description: str


ENGINES = {
    "faiss": Engine(_faiss_engine, "faiss IndexBinaryFlat, C++; needs hashviz[search]"),
    "numpy": Engine(_numpy_engine, "bitwise_count over all codes; always there"),
}


def _header(bits: int, count: int, check: int) -> bytes:
    start = HEADER.pack(FORMAT, bits, count, check, 0)
    return HEADER.pack(FORMAT, bits, count, check, zlib.crc32(start))
