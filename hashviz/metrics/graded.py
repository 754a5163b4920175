r"""Graded relevance for images with several labels: the grade r is the number of shared labels.

Every value is the expectation over all orders inside ties, one per query; k = None means all.
"""

from collections.abc import Iterator

import numpy as np

from hashviz.metrics.counts import GainCounts
from hashviz.metrics.ranking import first_ranks
from hashviz.metrics.ties import PerQuery, Ties, discounts, expected_mean, in_blocks


def ndcg(counts: GainCounts, k: int | None = None) -> PerQuery:
    r"""Return the normalized discounted cumulative gain; 0 for a query without relevant items.

    $$\mathrm{DCG@}k = \sum_{i \le k} \frac{2^{r_i} - 1}{\log_2(1 + i)}, \quad
      \mathrm{NDCG@}k = \mathrm{DCG@}k / \mathrm{ideal\ DCG@}k$$

    Inside a tie every rank has the group's mean gain, so a group adds that times the sum of its
    discounts. The ideal order sorts by grade, so its DCG follows from the number of each grade.

    >>> counts = GainCounts(np.array([[[0, 0, 1], [1, 1, 0]]]), database=3)
    >>> best, other = 3 + 1 / np.log2(3), 3 + (1 / np.log2(3) + 1 / 2) / 2
    >>> bool(np.isclose(ndcg(counts)[0], other / best))
    True
    """
    k = first_ranks(counts, k)
    table = discounts(counts.database)
    result = np.empty(len(counts.counts))
    gains = 2.0 ** np.arange(counts.counts.shape[2]) - 1
    for some, block, ties in _blocks(counts, k):
        mean_gain = block @ gains / np.maximum(ties.items, 1)
        start = ties.items_before
        dcg = (mean_gain * table.between(start, start + ties.taken)).sum(1)
        falling = block.sum(1)[:, ::-1]
        stop = np.cumsum(falling, 1)
        ideal = table.between(np.minimum(stop - falling, k), np.minimum(stop, k)) @ gains[::-1]
        result[some] = dcg / np.where(ideal > 0, ideal, 1)
    return result


def acg(counts: GainCounts, k: int | None = None) -> PerQuery:
    r"""Return the average cumulative gain: the mean number of shared labels in the first k ranks.

    $$\mathrm{ACG@}k = \frac{1}{k} \sum_{i \le k} r_i$$

    >>> acg(GainCounts(np.array([[[0, 0, 1], [1, 1, 0]]]), database=3), k=2)
    array([1.25])
    """
    k = first_ranks(counts, k)
    result = np.empty(len(counts.counts))
    grades = np.arange(counts.counts.shape[2])
    for some, block, ties in _blocks(counts, k):
        shared = block @ grades
        result[some] = (shared * (ties.taken / np.maximum(ties.items, 1))).sum(1) / k
    return result


def weighted_average_precision(counts: GainCounts, k: int | None = None) -> PerQuery:
    r"""Return WAP: the mean of ACG at the ranks of the relevant items found in the first k.

    $$\mathrm{WAP@}k = \frac{1}{n} \sum_{i \le k,\ r_i > 0} \mathrm{ACG@}i$$

    with n the number of relevant items in the first k; 0 when there are none. Where every grade is
    0 or 1 this is average precision in the dialect "hits". Given that x relevant items of the cut
    group are found, each has the group's mean grade in expectation, which keeps the sum exact.

    >>> weighted_average_precision(GainCounts(np.array([[[0, 0, 1], [1, 0, 0]]]), database=2))
    array([2.])
    """
    k = first_ranks(counts, k)
    result = np.empty(len(counts.counts))
    grades = np.arange(counts.counts.shape[2])
    for some, block, ties in _blocks(counts, k):
        shared = block @ grades
        mean_gain, gain_before = (
            shared / np.maximum(ties.relevant, 1),
            np.cumsum(shared, 1) - shared,
        )
        result[some], _ = expected_mean(ties, mean_gain, gain_before)
    return result


def _blocks(counts: GainCounts, k: int) -> Iterator[tuple[slice, np.ndarray, Ties]]:
    """Yield some queries, their counts, and the tie groups of their first k ranks."""
    for some in in_blocks(len(counts.counts)):
        block = counts.counts[some]
        total, relevant = block.sum(2), block[:, :, 1:].sum(2)
        yield some, block, Ties.cut(total, relevant, k, counts.database)
