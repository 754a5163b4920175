"""Counts per Hamming distance: all that a ranking of binary codes says, without any sort.

A ranking by Hamming distance has at most bits + 1 different distances, so how many items and how
many relevant items lie at each distance decides every metric of this package, exactly. An item is
relevant when it shares at least one label with the query. Every way of counting gives the same
integers: NumPy, compiled loops (numba, for large sets) and torch (for tensors on a GPU).
"""

import importlib.util
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Int8, Int64

from hashviz.codes import as_codes
from hashviz.config import unknown
from hashviz.metrics.labels import multi_hot
from hashviz.metrics.merging import Columns, Inverse, label_columns, merge, single_and_heavy
from hashviz.metrics.threads import in_threads

ENGINES = ("auto", "numpy", "numba", "torch")

# Importing numba takes as long as NumPy needs for about this many pairs.
PAIRS_THAT_REPAY_NUMBA = 400_000_000
# Once it is there, only very small sets are faster without.
PAIRS_THAT_REPAY_A_CALL = 500_000
# Rows looked at together: bounds the memory whatever the size of the database.
ROWS_AT_ONCE = 1 << 17


@dataclass(frozen=True)
class DistanceCounts:
    """How many items, and how many relevant ones, lie at each distance 0..bits from each query."""

    total: Int64[np.ndarray, "queries distances"]
    relevant: Int64[np.ndarray, "queries distances"]
    database: int
    kinds: Int64[np.ndarray, " queries"] | None = None
    """A number for each query, the same for queries of the same code and labels, from 0 on."""

    def once(self) -> tuple["DistanceCounts", Int64[np.ndarray, " queries"] | slice]:
        """Return the counts of one query of each kind, and which of them each query has."""
        if self.kinds is None:
            return self, slice(None)
        first = np.unique(self.kinds, return_index=True)[1]
        kept = DistanceCounts(self.total[first], self.relevant[first], self.database)
        return kept, self.kinds


@dataclass(frozen=True)
class GainCounts:
    """How many items at each distance share 0, 1, 2, ... labels with each query."""

    counts: Int64[np.ndarray, "queries distances grades"]
    database: int

    def distance_counts(self) -> DistanceCounts:
        """Return the same counts when one shared label is as good as many."""
        return DistanceCounts(
            self.counts.sum(2), self.counts[:, :, 1:].sum(2), database=self.database
        )


def check_not_empty(*arrays: Any) -> None:
    """Refuse sets without images; the arrays come in the order of `evaluate`'s arguments.

    Raises:
        ValueError: when one of the four holds nothing, with its name.
    """
    names = ("query_codes", "query_labels", "database_codes", "database_labels")
    for name, array in zip(names, arrays, strict=True):
        if np.shape(array)[:1] == (0,):
            raise ValueError(
                "Scores need at least one query and one database image, each with its code and its "
                f"labels, but {name} is empty."
            )


def align_labels(
    query_labels: Any, database_labels: Any
) -> tuple[Bool[np.ndarray, "queries classes"], Bool[np.ndarray, "database classes"]]:
    """Return both label sets as multi-hot over the same classes.

    Class indices may stop at different numbers in the two sets; multi-hot matrices may not.

    >>> query, database = align_labels([0], [2, 0])
    >>> query.shape, database.shape
    ((1, 3), (2, 3))
    """
    query, database = multi_hot(query_labels), multi_hot(database_labels)
    if np.ndim(query_labels) == 1:
        query = _widen(query, database.shape[1])
    if np.ndim(database_labels) == 1:
        database = _widen(database, query.shape[1])
    if query.shape[1] != database.shape[1]:
        raise ValueError(
            "Query and database labels need the same classes, got "
            f"{query.shape[1]} and {database.shape[1]}; pad the narrower multi-hot matrix."
        )
    return query, database


def distance_counts(
    query_codes: Any,
    query_labels: Any,
    database_codes: Any,
    database_labels: Any,
    *,
    engine: str = "auto",
) -> DistanceCounts:
    """Return the items and relevant items at each distance from each query, counted exactly.

    Codes are +-1, 0/1 or bool; labels are class indices or multi-hot; NumPy or torch. `engine` is
    "numpy", "numba" (compiled, for large sets), "torch" (on the tensors' device) or "auto".

    Raises:
        ValueError: when a set is empty or the four arrays do not fit together.

    >>> counts = distance_counts([[1, 1]], [0], [[1, 1], [1, -1], [1, -1]], [0, 0, 1])
    >>> counts.total, counts.relevant
    (array([[1, 2, 0]]), array([[1, 1, 0]]))
    """
    pairs = _Pairs.checked(query_codes, query_labels, database_codes, database_labels)
    engine = _choose(engine, pairs)
    if (pairs.query_labels.sum(1) == 1).all() and (pairs.database_labels.sum(1) == 1).all():
        total, relevant, inverse = _count_by_class(pairs, engine)
    else:
        total, relevant, inverse = _split(*_count_graded(pairs, engine, grades=2))
    kinds = None if isinstance(inverse, slice) else inverse
    return DistanceCounts(total[inverse], relevant[inverse], len(pairs.database_codes), kinds)


def gain_counts(
    query_codes: Any,
    query_labels: Any,
    database_codes: Any,
    database_labels: Any,
    *,
    engine: str = "auto",
) -> GainCounts:
    """Return the items at each distance by the number of labels they share with the query.

    >>> gain_counts([[1]], [[1, 1]], [[1], [1], [-1]], [[1, 1], [0, 0], [1, 0]]).counts
    array([[[1, 0, 1],
            [0, 1, 0]]])
    """
    pairs = _Pairs.checked(query_codes, query_labels, database_codes, database_labels)
    most = min(pairs.query_labels.sum(1).max(), pairs.database_labels.sum(1).max())
    counts, inverse = _count_graded(pairs, _choose(engine, pairs), max(int(most), 1) + 1)
    return GainCounts(counts[inverse], database=len(pairs.database_codes))


@dataclass(frozen=True)
class _Pairs:
    query_codes: Int8[np.ndarray, "queries bits"]
    query_labels: Bool[np.ndarray, "queries classes"]
    database_codes: Int8[np.ndarray, "database bits"]
    database_labels: Bool[np.ndarray, "database classes"]
    device: str

    @classmethod
    def checked(
        cls, query_codes: Any, query_labels: Any, database_codes: Any, database_labels: Any
    ) -> "_Pairs":
        check_not_empty(query_codes, query_labels, database_codes, database_labels)
        devices = {str(getattr(a, "device", "cpu")) for a in (query_codes, database_codes)}
        device = next((d for d in sorted(devices) if d != "cpu"), "cpu")
        query, database = as_codes(query_codes), as_codes(database_codes)
        for name, codes in (("query", query), ("database", database)):
            if codes.size == 0:
                raise ValueError(
                    f"Scores need at least one {name} code of one bit, got shape {codes.shape}."
                )
        if query.shape[1] != database.shape[1]:
            raise ValueError(
                "Query and database codes need the same number of bits, got "
                f"{query.shape[1]} and {database.shape[1]}."
            )
        labels = align_labels(query_labels, database_labels)
        for name, codes, rows in (("query", query, labels[0]), ("database", database, labels[1])):
            if len(codes) != len(rows):
                raise ValueError(
                    f"Each {name} code needs its labels, got {len(codes)} codes "
                    f"and {len(rows)} rows of labels."
                )
        if labels[0].shape[1] == 0:
            raise ValueError("Labels need at least one class, got none.")
        return cls(query, labels[0], database, labels[1], device)

    @property
    def distances(self) -> int:
        return self.query_codes.shape[1] + 1


def _choose(engine: str, pairs: _Pairs) -> str:
    if engine not in ENGINES:
        raise unknown("engine", engine, ENGINES)
    return "torch" if engine == "auto" and pairs.device != "cpu" else engine


def _compiled(engine: str, pairs: int) -> Any:
    """Return the compiled loops when asked for or worth their import, else None."""
    if engine == "numpy":
        return None
    if engine == "auto":
        here = "hashviz.metrics.compiled" in sys.modules
        if pairs < (PAIRS_THAT_REPAY_A_CALL if here else PAIRS_THAT_REPAY_NUMBA):
            return None
        if importlib.util.find_spec("numba") is None:
            return None
    try:
        from hashviz.metrics import compiled
    except ImportError as error:
        raise ValueError(
            "Engine 'numba' needs numba, which is not installed: pip install hashviz[speed]."
        ) from error
    except RuntimeError:  # numba finds no folder that it may write its cache to
        if engine == "numba":
            raise
        return None
    return compiled


def _count_by_class(pairs: _Pairs, engine: str) -> tuple[np.ndarray, np.ndarray, Inverse]:
    """Count images with one label each: rows of a class lie together, so relevance is a range."""
    if engine == "torch":
        return _split(_count_on_device(pairs, grades=2), slice(None))
    query_class, row_class = pairs.query_labels.argmax(1), pairs.database_labels.argmax(1)
    queries, (query_class,), inverse, _ = merge(pairs.query_codes, (query_class,))
    rows, (row_class,), _, weights = merge(pairs.database_codes, (row_class,))
    if len(row_class) == len(pairs.database_codes):
        small = row_class.astype(np.min_scalar_type(pairs.query_labels.shape[1]))  # a radix sort
        order = np.argsort(small, kind="stable")
        rows, row_class, weights = tuple(c[order] for c in rows), row_class[order], None
    total = np.zeros((len(query_class), pairs.distances), np.int64)
    relevant = np.zeros_like(total)
    compiled = _compiled(engine, len(query_class) * len(row_class))
    if compiled is not None:
        groups = [
            (*_ranges(row_class[some], query_class), tuple(c[some] for c in rows), weight)
            for some, weight in single_and_heavy(weights)
        ]

        def count(first: int, last: int) -> None:
            for group in groups:
                compiled.count_sorted(queries, *group, first, last, total, relevant)

        in_threads(len(query_class), count)
        return total, relevant, inverse
    starts, stops = _ranges(row_class, query_class)
    for begin in range(0, len(row_class), ROWS_AT_ONCE):
        some = slice(begin, begin + ROWS_AT_ONCE)
        columns = tuple(c[some] for c in rows)
        weight = None if weights is None else weights[some]
        low, high = np.clip(starts - begin, 0, None), np.clip(stops - begin, 0, None)
        for i in range(len(starts)):
            distance = _distances(queries, i, columns)
            total[i] += _bincount(distance, weight, pairs.distances)
            near = slice(low[i], high[i])
            relevant[i] += _bincount(
                distance[near], None if weight is None else weight[near], pairs.distances
            )
    return total, relevant, inverse


def _ranges(row_class: np.ndarray, query_class: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First row of each query's class, and the first one after it; rows are sorted by class."""
    return np.searchsorted(row_class, query_class), np.searchsorted(row_class, query_class, "right")


def _count_graded(pairs: _Pairs, engine: str, grades: int) -> tuple[np.ndarray, Inverse]:
    if engine == "torch":
        return _count_on_device(pairs, grades), slice(None)
    queries, query_masks, inverse, _ = merge(pairs.query_codes, label_columns(pairs.query_labels))
    rows, masks, _, weights = merge(pairs.database_codes, label_columns(pairs.database_labels))
    counts = np.zeros((len(queries[0]), pairs.distances, grades), np.int64)
    compiled = _compiled(engine, len(queries[0]) * len(rows[0]))
    if compiled is not None:
        groups = [
            (tuple(c[some] for c in rows), tuple(m[some] for m in masks), weight)
            for some, weight in single_and_heavy(weights)
        ]

        def count(first: int, last: int) -> None:
            for group in groups:
                compiled.count_graded(queries, query_masks, *group, first, last, counts)

        in_threads(len(counts), count)
        return counts, inverse
    for begin in range(0, len(rows[0]), ROWS_AT_ONCE):
        some = slice(begin, begin + ROWS_AT_ONCE)
        columns, labels = tuple(c[some] for c in rows), tuple(m[some] for m in masks)
        weight = None if weights is None else weights[some]
        for i in range(len(counts)):
            shared = _set_bits([q[i] & m for q, m in zip(query_masks, labels, strict=True)])
            grade = np.minimum(shared, grades - 1)
            bins = _distances(queries, i, columns).astype(np.int64) * grades + grade
            counts[i] += _bincount(bins, weight, pairs.distances * grades).reshape(-1, grades)
    return counts, inverse


def _count_on_device(pairs: _Pairs, grades: int) -> np.ndarray:
    """Multiply signs and labels as matrices, then one bincount per block of queries."""
    import torch

    device = torch.device(pairs.device)
    bits = pairs.distances - 1
    # Half precision is exact for these integers up to 2,048.
    half = device.type == "cuda" and max(bits, pairs.query_labels.shape[1]) <= 2048
    number = torch.float16 if half else torch.float32

    def there(array: np.ndarray) -> Any:
        return torch.from_numpy(array).to(device).to(number)

    query_codes, query_labels = there(pairs.query_codes), there(pairs.query_labels)
    codes, labels = there(pairs.database_codes).T, there(pairs.database_labels).T
    counts = []
    step = max(1, (1 << 24) // codes.shape[1])
    for begin in range(0, len(query_codes), step):
        some = slice(begin, begin + step)
        distance = (bits - query_codes[some] @ codes).long() // 2
        grade = (query_labels[some] @ labels).long().clamp(max=grades - 1)
        block = torch.arange(len(distance), device=device)[:, None]
        bins = (block * pairs.distances + distance) * grades + grade
        size = len(distance) * pairs.distances * grades
        count = torch.bincount(bins.flatten(), minlength=size)
        counts.append(count.reshape(-1, pairs.distances, grades).cpu().numpy())
    return np.concatenate(counts)


def _distances(queries: Columns, i: int, columns: Columns) -> np.ndarray:
    return _set_bits([q[i] ^ c for q, c in zip(queries, columns, strict=True)])


def _set_bits(columns: list[np.ndarray]) -> np.ndarray:
    if len(columns) == 1:
        return np.bitwise_count(columns[0])
    return np.bitwise_count(np.stack(columns)).sum(0, np.int64)


def _bincount(bins: np.ndarray, weights: np.ndarray | None, size: int) -> np.ndarray:
    if weights is not None or not size <= 255 or len(bins) < 4 * size * size:
        return np.bincount(bins, weights, size).astype(np.int64, copy=False)
    # Counting is what takes long, and a table of pairs counts two rows at once.
    half = len(bins) // 2
    pairs = bins[:half].astype(np.uint16) * np.uint16(size) + bins[half : 2 * half]
    table = np.bincount(pairs.astype(np.int64), None, size * size).reshape(size, size)
    return table.sum(0) + table.sum(1) + np.bincount(bins[2 * half :], None, size)


def _split(counts: np.ndarray, inverse: Inverse) -> tuple[np.ndarray, np.ndarray, Inverse]:
    return counts.sum(2), np.ascontiguousarray(counts[:, :, 1]), inverse


def _widen(labels: np.ndarray, classes: int) -> np.ndarray:
    return np.pad(labels, ((0, 0), (0, max(0, classes - labels.shape[1]))))
