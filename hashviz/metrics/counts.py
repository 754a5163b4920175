"""Counts per Hamming distance: all that a ranking of binary codes says, without any sort.

A ranking by Hamming distance has at most bits + 1 different distances, so how many items and how
many relevant items lie at each distance decides every metric of this package, exactly. An item is
relevant when it shares at least one label with the query. Every way of counting gives the same
integers: NumPy, compiled loops (numba, for large sets) and torch (for tensors on a GPU).
"""

import sys
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Int8, Int64

from hashviz.codes import as_codes
from hashviz.config import missing_package, unknown
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
        return DistanceCounts(self.counts.sum(2), self.counts[:, :, 1:].sum(2), self.database)


def check_not_empty(*arrays: Any) -> None:
    """Refuse sets without images; the arrays come in the order of `evaluate`'s arguments.

    Raises:
        ValueError: when one of the four holds nothing, with its name.
    """
    names = ("query_codes", "query_labels", "database_codes", "database_labels")
    for name, array in zip(names, arrays, strict=True):
        if np.shape(array)[:1] == (0,):
            raise ValueError(
                f"Scores need at least one query and one database image, but {name} is empty."
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
    missing = database.shape[1] - query.shape[1]
    if missing > 0 and np.ndim(query_labels) == 1:
        query = np.pad(query, ((0, 0), (0, missing)))
    if missing < 0 and np.ndim(database_labels) == 1:
        database = np.pad(database, ((0, 0), (0, -missing)))
    if query.shape[1] != database.shape[1]:
        raise ValueError(
            f"Labels need the same classes, got {query.shape[1]} and {database.shape[1]}; pad one."
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
    pairs = _check(query_codes, query_labels, database_codes, database_labels, engine)
    one_each = all((labels.sum(1) == 1).all() for labels in (pairs.query_labels, pairs.row_labels))
    if one_each and pairs.engine != "torch":
        total, relevant, inverse = _count_by_class(pairs)
    else:
        counts, inverse = _count_graded(pairs, grades=2)
        total, relevant = counts.sum(2), np.ascontiguousarray(counts[:, :, 1])
    kinds = None if isinstance(inverse, slice) else inverse
    return DistanceCounts(total[inverse], relevant[inverse], len(pairs.rows), kinds)


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
    pairs = _check(query_codes, query_labels, database_codes, database_labels, engine)
    most = min(labels.sum(1).max() for labels in (pairs.query_labels, pairs.row_labels))
    counts, inverse = _count_graded(pairs, max(int(most), 1) + 1)
    return GainCounts(counts[inverse], len(pairs.rows))


class _Pairs(NamedTuple):
    """Codes and labels that fit together, and what counts them."""

    queries: Int8[np.ndarray, "queries bits"]
    query_labels: Bool[np.ndarray, "queries classes"]
    rows: Int8[np.ndarray, "database bits"]
    row_labels: Bool[np.ndarray, "database classes"]
    engine: str
    device: str

    @property
    def distances(self) -> int:
        return self.rows.shape[1] + 1


def _check(
    query_codes: Any, query_labels: Any, database_codes: Any, database_labels: Any, engine: str
) -> _Pairs:
    if engine not in ENGINES:
        raise unknown("engine", engine, ENGINES)
    check_not_empty(query_codes, query_labels, database_codes, database_labels)
    devices = {str(getattr(a, "device", "cpu")) for a in (query_codes, database_codes)} - {"cpu"}
    query, database = as_codes(query_codes), as_codes(database_codes)
    if not query.shape[1] or query.shape[1] != database.shape[1]:
        raise ValueError(
            "Query and database codes need the same number of bits, at least one, got "
            f"{query.shape[1]} and {database.shape[1]}."
        )
    labels = align_labels(query_labels, database_labels)
    for name, codes, rows in (("query", query, labels[0]), ("database", database, labels[1])):
        if len(codes) != len(rows):
            raise ValueError(
                f"Each {name} code needs its labels, got {len(codes)} codes and {len(rows)} rows."
            )
    if labels[0].shape[1] == 0:
        raise ValueError("Labels need at least one class, got none.")
    engine = "torch" if engine == "auto" and devices else engine
    return _Pairs(query, labels[0], database, labels[1], engine, min(devices, default="cpu"))


def _compiled(engine: str, pairs: int) -> Any:
    """Return the compiled loops when asked for or worth their import, else None."""
    here = "hashviz.metrics.compiled" in sys.modules
    least = PAIRS_THAT_REPAY_A_CALL if here else PAIRS_THAT_REPAY_NUMBA
    if engine == "numpy" or (engine == "auto" and pairs < least):
        return None
    try:
        from hashviz.metrics import compiled
    except (ImportError, RuntimeError) as error:  # or no folder that may hold its cache
        if engine == "auto":
            return None
        missing = isinstance(error, ModuleNotFoundError)
        raise (missing_package("numba") if missing else error) from None
    return compiled


def _count_by_class(pairs: _Pairs) -> tuple[np.ndarray, np.ndarray, Inverse]:
    """Count images with one label each: rows of a class lie together, so relevance is a range."""
    query_class, row_class = pairs.query_labels.argmax(1), pairs.row_labels.argmax(1)
    queries, (query_class,), inverse, _ = merge(pairs.queries, (query_class,))
    rows, (row_class,), _, weights = merge(pairs.rows, (row_class,))
    if len(row_class) == len(pairs.rows):
        small = row_class.astype(np.min_scalar_type(pairs.query_labels.shape[1]))  # a radix sort
        order = np.argsort(small, kind="stable")
        rows, row_class, weights = tuple(c[order] for c in rows), row_class[order], None
    total = np.zeros((len(query_class), pairs.distances), np.int64)
    relevant = np.zeros_like(total)
    compiled = _compiled(pairs.engine, len(query_class) * len(row_class))
    if compiled is not None:
        groups = [
            (*_ranges(row_class[some], query_class), tuple(c[some] for c in rows), weight)
            for some, weight in single_and_heavy(weights)
        ]
        _count_groups(compiled.count_sorted, (queries,), groups, total, relevant)
        return total, relevant, inverse
    starts, stops = _ranges(row_class, query_class)
    for begin in range(0, len(row_class), ROWS_AT_ONCE):
        some = slice(begin, begin + ROWS_AT_ONCE)
        columns = tuple(c[some] for c in rows)
        weight = None if weights is None else weights[some]
        low, high = np.clip(starts - begin, 0, None), np.clip(stops - begin, 0, None)
        for i in range(len(starts)):
            distance, near = _distances(queries, i, columns), slice(low[i], high[i])
            total[i] += _bincount(distance, weight, pairs.distances)
            heavy = None if weight is None else weight[near]
            relevant[i] += _bincount(distance[near], heavy, pairs.distances)
    return total, relevant, inverse


def _ranges(row_class: np.ndarray, query_class: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First row of each query's class, and the first one after it; rows are sorted by class."""
    return np.searchsorted(row_class, query_class), np.searchsorted(row_class, query_class, "right")


def _count_groups(loop: Any, queries: tuple[Any, ...], groups: list[Any], *counts: Any) -> None:
    """Add every group of rows to the counts, on all cores."""

    def count(first: int, last: int) -> None:
        for group in groups:
            loop(*queries, *group, first, last, *counts)

    in_threads(len(counts[0]), count)


def _count_graded(pairs: _Pairs, grades: int) -> tuple[np.ndarray, Inverse]:
    if pairs.engine == "torch":
        return _count_on_device(pairs, grades), slice(None)
    queries, query_masks, inverse, _ = merge(pairs.queries, label_columns(pairs.query_labels))
    rows, masks, _, weights = merge(pairs.rows, label_columns(pairs.row_labels))
    counts = np.zeros((len(queries[0]), pairs.distances, grades), np.int64)
    compiled = _compiled(pairs.engine, len(queries[0]) * len(rows[0]))
    if compiled is not None:
        groups = [
            (tuple(c[some] for c in rows), tuple(m[some] for m in masks), weight)
            for some, weight in single_and_heavy(weights)
        ]
        _count_groups(compiled.count_graded, (queries, query_masks), groups, counts)
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

    query_codes, query_labels = there(pairs.queries), there(pairs.query_labels)
    codes, labels = there(pairs.rows).T, there(pairs.row_labels).T
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
