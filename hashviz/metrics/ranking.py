r"""Metrics of rankings by Hamming distance, one value per query, exact whatever the order of ties.

Items at the same distance have no order of their own, and short codes put thousands of items at
one distance. Every value here is therefore the expectation over all orders inside ties, computed
in closed form from `DistanceCounts`; bounds say how much an order could change it. k counts ranks;
None, or more than the database holds, means all. The mean over queries is the caller's: it is one
line, and so are the histogram and the worst queries.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float

from hashviz.metrics.counts import DistanceCounts, GainCounts
from hashviz.metrics.ties import Ties, expected_mean, expected_sums, harmonic, in_blocks

DIALECTS = {
    "hits": "divided by the relevant items found in the top k; 0 when none is (dialect A)",
    "answered": "as hits, but queries that find none are left out of the mean (dialect B)",
    "relevant": "divided by all relevant items of the database (dialect C, TREC)",
    "reachable": "divided by min(relevant items, k): 1 is always in reach (dialect C)",
}
"""What a paper may mean by AP@k. All agree at k = None, where only "answered" drops queries."""


def average_precision(
    counts: DistanceCounts, k: int | None = None, dialect: str = "hits"
) -> Float[np.ndarray, " queries"]:
    r"""Expected average precision of each query over all orders inside ties.

    $$\mathrm{AP@}k = \frac{1}{D} \sum_{r \le k} P(r) \cdot \mathrm{rel}(r)$$

    where the dialect chooses the divisor D (see `DIALECTS`). A query without relevant items
    scores 0; in the dialect "answered" it is NaN, and where only some orders find an item the
    value is the mean over those.

    Two items at distance 0, one of them relevant: the mean of 1 and 1/2.

    >>> average_precision(DistanceCounts(np.array([[2]]), np.array([[1]]), database=2))
    array([0.75])
    """
    k = _ranks(counts, k, dialect)
    counts, kinds = counts.once()
    harmonics = harmonic(counts.database)
    result = np.empty(len(counts.total))
    for some in in_blocks(len(result)):
        ties = Ties.cut(counts.total[some], counts.relevant[some], k)
        if dialect in ("relevant", "reachable"):
            sums = expected_sums(ties, harmonics, 1.0, ties.relevant_before).sum(1)
            result[some] = sums / _divisor(counts, k, dialect, some)
        else:
            mean, any_found = expected_mean(
                ties, harmonics, np.ones(ties.items.shape), ties.relevant_before
            )
            result[some] = mean if dialect == "hits" else _left_out(mean, any_found)
    return result[kinds]


def optimistic_average_precision(
    counts: DistanceCounts, k: int | None = None, dialect: str = "hits"
) -> Float[np.ndarray, " queries"]:
    """The most that any order inside ties gives: relevant items first.

    In the dialects "hits" and "answered" the best order may also hide a relevant item behind
    rank k, because one that is found late lowers the mean.

    >>> optimistic_average_precision(DistanceCounts(np.array([[2]]), np.array([[1]]), database=2))
    array([1.])
    """
    k = _ranks(counts, k, dialect)
    counts, kinds = counts.once()
    result = np.empty(len(counts.total))
    for some in in_blocks(len(result)):
        ties = Ties.cut(counts.total[some], counts.relevant[some], k)
        if dialect in ("relevant", "reachable"):
            sums = _best_sums(ties, ties.most, counts.database).sum(1)
            result[some] = sums / _divisor(counts, k, dialect, some)
            continue
        # Each further hit has a higher precision than the last, so the mean falls, then rises.
        best = np.maximum(
            *(
                _best_sums(ties, x, counts.database).sum(1) / np.maximum(x.sum(1), 1)
                for x in (ties.fewest, ties.most)
            )
        )
        result[some] = best if dialect == "hits" else _left_out(best, ties.most.sum(1) > 0)
    return result[kinds]


def pessimistic_average_precision(
    counts: DistanceCounts, k: int | None = None, dialect: str = "hits"
) -> Float[np.ndarray, " queries"]:
    """The least that any order inside ties gives: relevant items last.

    In the dialects "hits" and "answered" the worst order may also let a late relevant item in
    before rank k, because it lowers the mean.

    >>> pessimistic_average_precision(DistanceCounts(np.array([[2]]), np.array([[1]]), database=2))
    array([0.5])
    """
    k = _ranks(counts, k, dialect)
    counts, kinds = counts.once()
    result = np.empty(len(counts.total))
    for some in in_blocks(len(result)):
        ties = Ties.cut(counts.total[some], counts.relevant[some], k)
        if dialect in ("relevant", "reachable"):
            sums = _worst_sums(ties, ties.fewest, counts.database).sum(1)
            result[some] = sums / _divisor(counts, k, dialect, some)
            continue
        x = _worst_number(ties, counts.database, at_least_one=dialect == "answered")
        worst = _worst_sums(ties, x, counts.database).sum(1) / np.maximum(x.sum(1), 1)
        result[some] = worst if dialect == "hits" else _left_out(worst, ties.most.sum(1) > 0)
    return result[kinds]


def chance_average_precision(
    counts: DistanceCounts, k: int | None = None, dialect: str = "hits"
) -> Float[np.ndarray, " queries"]:
    r"""Expected average precision when the whole database is in random order.

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
    """Share of relevant items among those within each radius 0..bits.

    A ball without any item scores `empty`: 0 is what the field reports; NaN leaves it out of a
    `nanmean`.

    >>> precision_by_radius(DistanceCounts(np.array([[0, 2]]), np.array([[0, 1]]), database=2))
    array([[0. , 0.5]])
    """
    inside = np.cumsum(counts.total, 1)
    share = np.cumsum(counts.relevant, 1) / np.maximum(inside, 1)
    return np.where(inside > 0, share, empty)


def recall_by_radius(counts: DistanceCounts) -> Float[np.ndarray, "queries distances"]:
    """Share of all relevant items found within each radius 0..bits; 0 when there are none.

    >>> recall_by_radius(DistanceCounts(np.array([[1, 2]]), np.array([[1, 1]]), database=3))
    array([[0.5, 1. ]])
    """
    found = np.cumsum(counts.relevant, 1)
    return found / np.maximum(found[:, -1:], 1)


def empty_balls(counts: DistanceCounts) -> Bool[np.ndarray, "queries distances"]:
    """Whether no item at all lies within each radius 0..bits.

    >>> empty_balls(DistanceCounts(np.array([[0, 2]]), np.array([[0, 1]]), database=2))
    array([[ True, False]])
    """
    return np.cumsum(counts.total, 1) == 0


def precision_at(
    counts: DistanceCounts, ranks: Sequence[int] | np.ndarray
) -> Float[np.ndarray, "queries ranks"]:
    """Expected share of relevant items among the first items, at chosen ranks.

    >>> precision_at(DistanceCounts(np.array([[1, 2]]), np.array([[1, 1]]), database=3), [1, 2])
    array([[1.  , 0.75]])
    """
    hits, taken = _expected_hits(counts, ranks)
    return hits / taken


def optimistic_precision_at(
    counts: DistanceCounts, ranks: Sequence[int] | np.ndarray
) -> Float[np.ndarray, "queries ranks"]:
    """The most that any order inside ties gives for `precision_at`.

    >>> counts = DistanceCounts(np.array([[1, 2]]), np.array([[1, 1]]), database=3)
    >>> optimistic_precision_at(counts, [1, 2])
    array([[1., 1.]])
    """
    return _extreme_precision(counts, ranks, best=True)


def pessimistic_precision_at(
    counts: DistanceCounts, ranks: Sequence[int] | np.ndarray
) -> Float[np.ndarray, "queries ranks"]:
    """The least that any order inside ties gives for `precision_at`.

    >>> counts = DistanceCounts(np.array([[1, 2]]), np.array([[1, 1]]), database=3)
    >>> pessimistic_precision_at(counts, [1, 2])
    array([[1. , 0.5]])
    """
    return _extreme_precision(counts, ranks, best=False)


def recall_at(
    counts: DistanceCounts, ranks: Sequence[int] | np.ndarray
) -> Float[np.ndarray, "queries ranks"]:
    """Expected share of all relevant items that are among the first items; 0 when there are none.

    >>> recall_at(DistanceCounts(np.array([[1, 2]]), np.array([[1, 1]]), database=3), [1, 3])
    array([[0.5, 1. ]])
    """
    hits, _ = _expected_hits(counts, ranks)
    return hits / np.maximum(counts.relevant.sum(1), 1)[:, None]


def optimistic_recall_at(
    counts: DistanceCounts, ranks: Sequence[int] | np.ndarray
) -> Float[np.ndarray, "queries ranks"]:
    """The most that any order inside ties gives for `recall_at`.

    >>> counts = DistanceCounts(np.array([[1, 3]]), np.array([[1, 1]]), database=4)
    >>> optimistic_recall_at(counts, [1, 2])
    array([[0.5, 1. ]])
    """
    return _extreme_recall(counts, ranks, best=True)


def pessimistic_recall_at(
    counts: DistanceCounts, ranks: Sequence[int] | np.ndarray
) -> Float[np.ndarray, "queries ranks"]:
    """The least that any order inside ties gives for `recall_at`.

    >>> counts = DistanceCounts(np.array([[1, 3]]), np.array([[1, 1]]), database=4)
    >>> pessimistic_recall_at(counts, [1, 2])
    array([[0.5, 0.5]])
    """
    return _extreme_recall(counts, ranks, best=False)


def check_rank(k: int | None) -> None:
    """Refuse a cut before the first item.

    Raises:
        ValueError: when k is below 1.
    """
    if k is not None and k < 1:
        raise ValueError(f"A ranking is cut after k >= 1 items, got k={k}; None means all.")


def first_ranks(counts: DistanceCounts | GainCounts, k: int | None) -> int:
    """The number of ranks that k means for these counts; None, or more than there are, is all."""
    check_rank(k)
    return counts.database if k is None else min(k, counts.database)


def _ranks(counts: DistanceCounts, k: int | None, dialect: str) -> int:
    if dialect not in DIALECTS:
        raise ValueError(f"Unknown dialect {dialect!r}; choose from {', '.join(sorted(DIALECTS))}.")
    return first_ranks(counts, k)


def _divisor(counts: DistanceCounts, k: int, dialect: str, some: slice) -> np.ndarray:
    relevant = np.maximum(counts.relevant[some].sum(1), 1)
    return relevant if dialect == "relevant" else np.minimum(relevant, k)


def _left_out(values: np.ndarray, any_found: np.ndarray) -> np.ndarray:
    """Mean over the orders that find something; NaN where none does."""
    return np.where(any_found > 0, values / np.where(any_found > 0, any_found, 1), np.nan)


def _best_sums(ties: Ties, x: np.ndarray, database: int) -> np.ndarray:
    """Sums of precisions when x relevant items lead each group."""
    start = ties.items_before
    delta = harmonic(database).between(start, start + x)
    return x + (ties.relevant_before - start) * delta


def _worst_sums(ties: Ties, x: np.ndarray, database: int) -> np.ndarray:
    """Sums of precisions when x relevant items end what is taken of each group."""
    stop = ties.items_before + ties.taken
    delta = harmonic(database).between(stop - x, stop)
    return x + (ties.relevant_before + x - stop) * delta


def _worst_number(ties: Ties, database: int, at_least_one: bool) -> np.ndarray:
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
    before = _worst_sums(ties, x, database).sum(1)[where]
    already, stop = x.sum(1)[where], (ties.items_before + ties.taken)[at]
    low, high = ties.fewest[at], ties.most[at]
    if at_least_one:
        low = np.maximum(low, already == 0)
    while (low < high).any():
        middle = (low + high) // 2
        late = harmonic(database).between(stop - middle, stop)
        sums = before + middle + (already + middle - stop) * late
        step = late + (already + 1) / np.maximum(stop - middle, 1)
        gains = step * (already + middle) >= sums
        high = np.where((low < high) & gains, middle, high)
        low = np.where((low < high) & ~gains, middle + 1, low)
    x[at] = low
    return x


def _extreme_precision(
    counts: DistanceCounts, ranks: Sequence[int] | np.ndarray, best: bool
) -> np.ndarray:
    columns = []
    for rank in ranks:
        first = first_ranks(counts, int(rank))
        ties = Ties.cut(counts.total, counts.relevant, first)
        columns.append((ties.most if best else ties.fewest).sum(1) / first)
    return np.stack(columns, 1) if columns else np.zeros((len(counts.total), 0))


def _extreme_recall(
    counts: DistanceCounts, ranks: Sequence[int] | np.ndarray, best: bool
) -> np.ndarray:
    taken = np.array([first_ranks(counts, int(rank)) for rank in ranks], np.int64)
    hits = _extreme_precision(counts, ranks, best) * taken
    return hits / np.maximum(counts.relevant.sum(1), 1)[:, None]


def _expected_hits(
    counts: DistanceCounts, ranks: Sequence[int] | np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Expected relevant items in the first ranks, and how many items those are.

    Inside a group every rank brings the same expectation, so hits grow along straight lines.
    """
    taken = np.array([first_ranks(counts, int(rank)) for rank in ranks], np.int64)
    items, found = np.cumsum(counts.total, 1), np.cumsum(counts.relevant, 1)
    hits = np.empty((len(items), len(taken)))
    for column, rank in enumerate(taken):
        group = (items < rank).sum(1)[:, None]
        n, m, end, last = (
            np.take_along_axis(a, group, 1)[:, 0]
            for a in (counts.total, counts.relevant, items, found)
        )
        hits[:, column] = last - m * ((end - rank) / n)
    return hits, taken
