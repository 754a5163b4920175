"""Exact search in Hamming space: the nearest codes first, equal distances by the smaller id.

Codes come packed, eight bits to a byte (`hashviz.codes.pack`). Order is part of the result:
every engine gives the same ids in the same order, whatever the order in which they were added.
`SearchIndex` is the whole interface; an index on a server satisfies it as well as one in memory.
"""

import importlib.util
import struct
import zlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Int64, UInt8

from hashviz.config import unknown
from hashviz.files import write_file
from hashviz.search.engines import ENGINES, Nearest, stack

FORMAT = b"hashviz1"
HEADER = struct.Struct("<8sQQII32x")  # format, bits, codes, check of the body, of the header
QUERIES_AT_ONCE = 256
CODES_THAT_REPAY_NUMBA = 500_000  # below, faiss answers before numba is imported


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
        """Return the number of codes."""
        ...

    def add(self, ids: Any, packed: Any) -> None:
        """Add packed codes under new ids."""
        ...

    def search(self, query_packed: Any, k: int | None = 10, *, radius: int | None = None) -> Hits:
        """Return the k nearest codes, of those within the radius; None means no limit."""
        ...


class HammingIndex:
    """Packed codes in memory or mapped from a file, searched exactly.

    `engine` is a key of `ENGINES` or "auto": faiss, for very many codes numba, and NumPy where
    neither is installed.

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
            raise unknown("engine", engine, ("auto", *ENGINES))
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
        packed = check_packed(packed, self.bits)
        ids = check_ids(ids, len(packed))
        all_ids = np.concatenate([self._ids, ids])
        all_packed = np.concatenate([self._packed, packed])
        if (np.diff(all_ids) <= 0).any():
            order = np.argsort(all_ids, kind="stable")
            all_ids, all_packed = all_ids[order], all_packed[order]
            again = all_ids[1:][np.diff(all_ids) == 0]
            if again.size:
                raise ValueError(f"An id names one code, got id {again[0]} twice; choose new ids.")
        self._ids, self._packed, self._nearest = all_ids, all_packed, None

    def search(self, query_packed: Any, k: int | None = 10, *, radius: int | None = None) -> Hits:
        """Return the k nearest codes of each query, or all within a radius (k=None), or both.

        Rows are padded with -1 to k ranks, with k=None to the longest.

        Raises:
            ValueError: when the queries have another width, k < 1, the radius is negative, or
                there is neither k nor radius.
        """
        queries = check_packed(query_packed, self.bits)
        check_limits(k, radius)
        limit = len(self) if k is None else min(k, len(self))
        within = self.bits if radius is None else min(radius, self.bits)
        if self._nearest is None:
            self._nearest = self._build()
        found = []
        for begin in range(0, len(queries), QUERIES_AT_ONCE):
            some = queries[begin : begin + QUERIES_AT_ONCE]
            found += zip(*self._nearest(some, limit, within), strict=True)
        rows, distances = stack(found, k)
        if len(self) and self._ids[-1] >= len(self):  # they grow, so otherwise none is missing
            rows = np.where(rows < 0, -1, self._ids[rows])
        return Hits(rows, distances)

    def save(self, path: str | Path) -> None:
        """Write the index to a file, which appears complete or not at all."""
        ids = np.ascontiguousarray(self._ids, "<i8")
        packed = np.ascontiguousarray(self._packed)
        check = zlib.crc32(packed.data, zlib.crc32(ids.data))
        write_file(Path(path), _header(self.bits, len(self), check), ids.data, packed.data)

    @classmethod
    def load(cls, path: str | Path, *, mmap: bool = True, engine: str = "auto") -> "HammingIndex":
        """Load the index that `save` wrote; with `mmap`, codes stay in the file until read.

        Raises:
            ValueError: when the file is missing, damaged or not an index.
        """
        path = Path(path)
        if not path.is_file():
            raise ValueError(f"An index is one file, but there is no file {str(path)!r}.")
        content = np.memmap(path, np.uint8, "r") if path.stat().st_size else np.empty(0, np.uint8)
        if not mmap:
            content = np.array(content)
        head = bytes(content[: HEADER.size]).ljust(HEADER.size)
        _, bits, count, check, _ = HEADER.unpack(head)
        width = -(-bits // 8)
        if (
            head != _header(bits, count, check)
            or bits < 1
            or len(content) != HEADER.size + count * (8 + width)
            or zlib.crc32(content[HEADER.size :].data) != check
        ):
            raise ValueError(f"{str(path)!r} is no index or is damaged; write it from its codes.")
        index = cls(bits, engine=engine)
        middle = HEADER.size + 8 * count
        index._ids = content[HEADER.size : middle].view("<i8")
        index._packed = content[middle:].reshape(count, width)
        return index

    def _build(self) -> Nearest:
        if not len(self):
            return ENGINES["numpy"].build(self._packed)
        if self.engine != "auto":
            row = ENGINES[self.engine]
            if not _is_installed(row.package):
                raise ValueError(
                    f"Engine {self.engine!r} is not installed: pip install hashviz[{row.extra}]."
                )
            return row.build(self._packed)
        if len(self) >= CODES_THAT_REPAY_NUMBA and _is_installed("numba"):
            with suppress(RuntimeError):  # numba finds no folder that it may write its cache to
                return ENGINES["numba"].build(self._packed)
        return ENGINES["faiss" if _is_installed("faiss") else "numpy"].build(self._packed)


def check_packed(packed: Any, bits: int) -> UInt8[np.ndarray, "n bytes"]:
    """Return packed codes as an array.

    Raises:
        ValueError: when they have another type or width, or bits are set behind the code.
    """
    packed = np.asarray(packed)
    width = -(-bits // 8)
    if packed.dtype != np.uint8 or packed.ndim != 2 or packed.shape[1] != width:
        raise ValueError(
            f"Packed codes of {bits} bits are uint8 [n, {width}], got {packed.dtype} of "
            f"shape {packed.shape}; use hashviz.codes.pack."
        )
    if packed.size and bits % 8 and (packed[:, -1] & (255 >> bits % 8)).any():
        raise ValueError(f"The last byte of {bits} bits must end in zeros; use hashviz.codes.pack.")
    return packed


def check_ids(ids: Any, codes: int) -> Int64[np.ndarray, " n"]:
    """Return ids as an array.

    Raises:
        ValueError: when they are not one integer from 0 for every code.
    """
    ids = np.asarray(ids)
    if ids.shape != (codes,) or (codes and not np.issubdtype(ids.dtype, np.integer)):
        raise ValueError(
            f"Each code needs one integer id, got {ids.dtype} {ids.shape} for {codes} codes."
        )
    if codes and (ids.min() < 0 or ids.max() > np.iinfo(np.int64).max):
        raise ValueError(f"Ids are integers from 0, got {ids.min()}; -1 means nothing found.")
    return ids.astype(np.int64)


def check_limits(k: int | None, radius: int | None) -> None:
    """Refuse a search without a limit, or with a limit that nothing can meet.

    Raises:
        ValueError: when k < 1, the radius is negative, or there is neither k nor radius.
    """
    if k is None and radius is None:
        raise ValueError("A search needs a limit, got k=None and radius=None; give one.")
    if k is not None and k < 1:
        raise ValueError(f"A search returns k >= 1 codes, got k={k}.")
    if radius is not None and radius < 0:
        raise ValueError(f"A radius is 0 or more, got {radius}.")


def _is_installed(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


def _header(bits: int, count: int, check: int) -> bytes:
    start = HEADER.pack(FORMAT, bits, count, check, 0)
    return HEADER.pack(FORMAT, bits, count, check, zlib.crc32(start))
