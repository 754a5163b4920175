r"""Metrics of rankings by Hamming distance, one value per query, exact whatever the order of ties.

Items at the same distance have no order of their own, and short codes put thousands of items at
one distance. Every value here is therefore the expectation over all orders inside ties, computed
in closed form from `DistanceCounts`; `ties` asks for its bounds instead. k counts ranks; None, or
more than the database holds, means all. The mean over queries is left to the caller.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float, Int64

from hashviz.config import unknown
from hashviz.metrics.counts import DistanceCounts, GainCounts
from hashviz.metrics.ties import PerQuery, Ties, expected_mean, expected_sums, in_blocks

DIALECTS = {
    "hits": "divided by the relevant items found in the top k; 0 when none is (dialect A)",
    "answered": "as hits, but queries that find none are left out of the mean (dialect B)",
    "relevant": "divided by all relevant items of the database (dialect C, TREC)",
    "reachable": "divided by min(relevant items, k): 1 is always in reach (dialect C)",
}
"""What a paper may mean by AP@k. All agree at k = None, where only "answered" drops queries."""

TIE_ORDERS = {
    "expected": "the exact mean over all orders of items at equal distance",
    "optimistic": "the most that any order gives: relevant items first",
    "pessimistic": "the least that any order gives: relevant items last",
}
"""Which order of equal distances a score assumes."""


def average_precision(
    counts: DistanceCounts, k: int | None = None, dialect: str = "hits", ties: str = "expected"
) -> PerQuery:
    r"""Return the average precision of each query.

    $$\mathrm{AP@}k = \frac{1}{D} \sum_{r \le k} P(r) \cdot \mathrm{rel}(r)$$

    where the dialect chooses the divisor D (see `DIALECTS`) and `ties` the order of items at equal
    distance (see `TIE_ORDERS`). A query without relevant items scores 0; in the dialect "answered"
    it is NaN, and where only some orders find an item, the value is the mean over those.

    In the dialects "hits" and "answered", the best order may hide a relevant item behind rank k,
    because one that is found late lowers the mean; for the same reason, the worst order may let a
    late one in.

    Two items at distance 0, one of them relevant: precision 1 or 1/2, so 3/4 on average.

    >>> counts = DistanceCounts(np.array([[2]]), np.array([[1]]), database=2)
    >>> [float(average_precision(counts, ties=ties)[0]) for ties in TIE_ORDERS]
    [0.75, 1.0, 0.5]
    """
    if dialect not in DIALECTS:
        raise unknown("dialect", dialect, DIALECTS)
    if ties not in TIE_ORDERS:
        raise unknown("order of ties", ties, TIE_ORDERS)
    k = first_ranks(counts, k)
    counts, kinds = counts.once()
    result = np.empty(len(counts.total))
    for some in in_blocks(len(result)):
        groups = Ties.cut(counts.total[some], counts.relevant[some], k, counts.database)
        if dialect in ("relevant", "reachable"):
            all_relevant = np.maximum(groups.relevant.sum(1), 1)
            divisor = all_relevant if dialect == "relevant" else np.minimum(all_relevant, k)
            result[some] = _sums(groups, ties) / divisor
            continue
        mean, any_found = _means(groups, ties, dialect == "answered")
        if dialect == "answered":  # the mean over the orders that find something
            mean = np.where(any_found > 0, mean / np.where(any_found > 0, any_found, 1), np.nan)
        result[some] = mean
    return result[kinds]


def chance_average_precision(
    counts: DistanceCounts, k: int | None = None, dialect: str = "hits"
) -> PerQuery:
    r"""Return the expected average precision when the whole database is in random order.

    With R relevant items among N, over all ranks,

    $$E[\mathrm{AP}] = \frac{R - 1}{N - 1} + \frac{N - R}{N - 1} \cdot \frac{H_N}{N}$$

    which is a little more than the share R / N of relevant items. It is the value of codes that
    are all equal: everything is one tie.

    >>> chance_average_precision(DistanceCounts(np.array([[1, 1]]), np.array([[0, 1]]), database=2))
    array([0.75])
    """
    one_tie = DistanceCounts(
        counts.total.sum(1, keepdims=True), counts.relevant.sum(1, keepdims=True), counts.database
    )
    return average_precision(one_tie, k, dialect)


def precision_by_radius(
    counts: DistanceCounts, empty: float = 0.0
) -> Float[np.ndarray, "queries distances"]:
    """Return the share of relevant items among those within each radius 0..bits.

    A ball without any item scores `empty`: 0 is what the field reports; NaN leaves it out of a
    `nanmean`.

    >>> precision_by_radius(DistanceCounts(np.array([[0, 2]]), np.array([[0, 1]]), database=2))
    array([[0. , 0.5]])
    """
    inside = np.cumsum(counts.total, 1)
    share = np.cumsum(counts.relevant, 1) / np.maximum(inside, 1)
    return np.where(inside > 0, share, empty)


def recall_by_radius(counts: DistanceCounts) -> Float[np.ndarray, "queries distances"]:
    """Return the share of all relevant items within each radius 0..bits; 0 if there are none.

    >>> recall_by_radius(DistanceCounts(np.array([[1, 2]]), np.array([[1, 1]]), database=3))
    array([[0.5, 1. ]])
    """
    found = np.cumsum(counts.relevant, 1)
    return found / np.maximum(found[:, -1:], 1)


def empty_balls(counts: DistanceCounts) -> Bool[np.ndarray, "queries distances"]:
    """Return whether no item at all lies within each radius 0..bits.

    >>> empty_balls(DistanceCounts(np.array([[0, 2]]), np.array([[0, 1]]), database=2))
    array([[ True, False]])
    """
    return np.cumsum(counts.total, 1) == 0


def precision_at(
    counts: DistanceCounts, ranks: Sequence[int] | np.ndarray, ties: str = "expected"
) -> Float[np.ndarray, "queries ranks"]:
    """Return the share of relevant items among the first items, at chosen ranks.

    >>> counts = DistanceCounts(np.array([[1, 2]]), np.array([[1, 1]]), database=3)
    >>> precision_at(counts, [1, 2])
    array([[1.  , 0.75]])
    >>> precision_at(counts, [1, 2], ties="pessimistic")
    array([[1. , 0.5]])
    """
    hits, taken = _hits(counts, ranks, ties)
    return hits / taken


def recall_at(
    counts: DistanceCounts, ranks: Sequence[int] | np.ndarray, ties: str = "expected"
) -> Float[np.ndarray, "queries ranks"]:
    """Return the share of all relevant items that are among the first items; 0 if there are none.

    >>> counts = DistanceCounts(np.array([[1, 3]]), np.array([[1, 1]]), database=4)
    >>> recall_at(counts, [1, 4])
    array([[0.5, 1. ]])
    >>> recall_at(counts, [1, 2], ties="optimistic")
    array([[0.5, 1. ]])
    """
    hits, _ = _hits(counts, ranks, ties)
    return hits / np.maximum(counts.relevant.sum(1), 1)[:, None]


def check_rank(k: int | None) -> None:
    """Refuse a cut before the first item.

    Raises:
        ValueError: when k is below 1.
    """
    if k is not None and k < 1:
        raise ValueError(f"A ranking is cut after k >= 1 items, got k={k}; None means all.")


def first_ranks(counts: DistanceCounts | GainCounts, k: int | None) -> int:
    """Return the number of ranks that k means; None, or more than there are, means all."""
    check_rank(k)
    return counts.database if k is None else min(k, counts.database)


def _sums(groups: Ties, ties: str) -> PerQuery:
    """Return the sum of precisions at the relevant items among the first k."""
    if ties == "expected":
        sums = expected_sums(groups, np.ones(groups.items.shape), groups.relevant_before)
    elif ties == "optimistic":
        sums = _sums_of_runs(groups, groups.items_before, groups.most)
    else:
        sums = _late_sums(groups, groups.fewest)
    return sums.sum(1)


def _means(groups: Ties, ties: str, at_least_one: bool) -> tuple[PerQuery, PerQuery]:
    """Return the mean precision at the relevant items found, and the chance to find any."""
    if ties == "expected":
        return expected_mean(groups, np.ones(groups.items.shape), groups.relevant_before)
    any_found = (groups.most.sum(1) > 0).astype(float)
    if ties == "pessimistic":
        x = _worst_number(groups, at_least_one)
        return _late_sums(groups, x).sum(1) / np.maximum(x.sum(1), 1), any_found
    # Each further hit has a higher precision than the last, so the mean falls, then rises.
    ends = [
        _sums_of_runs(groups, groups.items_before, x).sum(1) / np.maximum(x.sum(1), 1)
        for x in (groups.fewest, groups.most)
    ]
    return np.maximum(*ends), any_found


def _sums_of_runs(ties: Ties, start: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Sums of precisions when x relevant items of each group follow each other from a rank on."""
    return x + (ties.relevant_before - start) * ties.harmonics.between(start, start + x)


def _late_sums(ties: Ties, x: np.ndarray) -> np.ndarray:
    """Sums of precisions when x relevant items end what is taken of each group."""
    return _sums_of_runs(ties, ties.items_before + ties.taken - x, x)


def _worst_number(ties: Ties, at_least_one: bool) -> np.ndarray:
    """Relevant items found per group where their mean precision is least.

    The sum T(x) over x late hits is convex, so the mean (S + T(x)) / (R + x) falls and then rises,
    and a binary search for the first x that no longer gains finds its minimum.
    """
    cut = ties.is_cut & (ties.relevant > 0)
    x = np.where(cut, 0, ties.most)
    where = np.flatnonzero(cut.any(1))
    if where.size == 0:
        return x
    at = where, cut[where].argmax(1)
    before = _late_sums(ties, x).sum(1)[where]
    already, stop = x.sum(1)[where], (ties.items_before + ties.taken)[at]
    low, high = ties.fewest[at], ties.most[at]
    if at_least_one:
        low = np.maximum(low, already == 0)
    while (low < high).any():
        middle = (low + high) // 2
        late = ties.harmonics.between(stop - middle, stop)
        sums = before + middle + (already + middle - stop) * late
        step = late + (already + 1) / np.maximum(stop - middle, 1)
        gains = step * (already + middle) >= sums
        high = np.where((low < high) & gains, middle, high)
        low = np.where((low < high) & ~gains, middle + 1, low)
    x[at] = low
    return x


def _hits(
    counts: DistanceCounts, ranks: Sequence[int] | np.ndarray, ties: str
) -> tuple[Float[np.ndarray, "queries ranks"], Int64[np.ndarray, " ranks"]]:
    """Return the relevant items among the first ranks, and how many items those are.

    Inside a group every rank brings the same expectation, so hits grow along straight lines.
    """
    if ties not in TIE_ORDERS:
        raise unknown("order of ties", ties, TIE_ORDERS)
    taken = np.array([first_ranks(counts, int(rank)) for rank in ranks], np.int64)
    hits = np.empty((len(counts.total), len(taken)))
    whole = Ties.cut(counts.total, counts.relevant, counts.database, counts.database)
    for column, rank in enumerate(taken):
        groups = replace(whole, taken=np.clip(rank - whole.items_before, 0, whole.items))
        if ties == "optimistic":
            found = groups.most
        elif ties == "pessimistic":
            found = groups.fewest
        else:
            found = groups.relevant * groups.taken / np.maximum(groups.items, 1)
        hits[:, column] = found.sum(1)
    return hits, taken
