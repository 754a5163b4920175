"""How many of the first results another run, or another bit of the query, replaces."""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int64

from hashviz.codes import as_codes, distances, nearest, pack
from hashviz.metrics.ranking import check_rank

QUERIES_AT_ONCE = 64


class ChangedResults(NamedTuple):
    """Shares of the first k results of each query that another ranking does not show."""

    other: Float[np.ndarray, " queries"]
    """In the other run."""
    itself: Float[np.ndarray, " queries"]
    """In the first run itself, with equal distances in another order: what means nothing."""


def changed_results(first: tuple[Any, Any], second: tuple[Any, Any], k: int) -> ChangedResults:
    r"""Return the expected share of the first k results that change between two runs.

    Each run is (query codes, database codes) of the same images in the same order. An item is among
    the first k with probability p: 1 if it is nearer than the last tie group that has a place
    there, the share of places that are left if it belongs to that group, else 0. Then

    $$1 - \frac1k \sum_i p_i q_i \quad\text{and}\quad 1 - \frac1k \sum_i p_i^2$$

    are the expected changes between two independent orders of both runs, and of the first alone.

    Raises:
        ValueError: when k < 1, a set is empty, or the runs do not have the same images.

    >>> codes = [[1, 1]], [[1, 1], [-1, -1]]
    >>> changed_results(codes, ([[1, 1]], [[-1, -1], [1, 1]]), k=1)
    ChangedResults(other=array([1.]), itself=array([0.]))
    """
    check_rank(k)
    runs = [tuple(as_codes(codes) for codes in run) for run in (first, second)]
    sizes = [[len(codes) for codes in run] for run in runs]
    if sizes[0] != sizes[1] or not all(codes.size for run in runs for codes in run):
        raise ValueError(
            f"Runs are compared on the same images, got {sizes[0]} and {sizes[1]} of them."
        )
    packed = [[pack(codes) for codes in run] for run in runs]
    taken, changed = min(k, sizes[0][1]), np.empty((2, sizes[0][0]))
    for start in range(0, sizes[0][0], QUERIES_AT_ONCE):
        some = slice(start, start + QUERIES_AT_ONCE)
        p, q = (_chances(distances(queries[some], items), taken) for queries, items in packed)
        changed[:, some] = [1 - (p * again).sum(1) / taken for again in (q, p)]
    # A sum of chances may miss the whole number by a rounding.
    return ChangedResults(*changed.clip(0, 1))


def leaving_results(query_code: Any, database_codes: Any, k: int) -> Int64[np.ndarray, " bits"]:
    """Return how many of the first k results leave when one bit of the query is flipped, per bit.

    Raises:
        ValueError: when k < 1, the database is empty, or its codes have another length.

    >>> leaving_results([1, 1], [[1, 1], [1, -1], [-1, 1]], k=2)
    array([1, 0])
    """
    check_rank(k)
    query, codes = as_codes([query_code])[0], as_codes(database_codes)
    if not len(codes) or codes.shape[1] != len(query):
        raise ValueError(
            f"A query of {len(query)} bits needs database codes of that length, got {codes.shape}."
        )
    away = (codes != query).sum(1)
    first = nearest(away, k)
    # A flip moves every item by one, so an item more than two behind the last cannot come in.
    close = np.flatnonzero(away <= away[first[-1]] + 2)
    left = []
    for column, bit in zip(codes[close].T, query, strict=True):
        moved = away[close] + np.where(column == bit, 1, -1)
        now = close[nearest(moved, len(first))]
        left.append(len(first) - np.isin(first, now).sum())
    return np.array(left)


def _chances(apart: np.ndarray, k: int) -> Float[np.ndarray, "queries database"]:
    """Return how likely each item is among the first k."""
    last = np.partition(apart, k - 1, axis=1)[:, k - 1 : k]
    nearer, equal = apart < last, apart == last
    left = k - nearer.sum(1, keepdims=True)
    return nearer + equal * (left / equal.sum(1, keepdims=True))
