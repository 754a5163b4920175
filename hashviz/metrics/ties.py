r"""Exact expectations over all orders inside ties: the arithmetic that ranking and graded share.

A tie group is all items at one distance. Write n for its items, m for the relevant ones, N and R
for the items and relevant items before it, and $H_i$ for the harmonic numbers. In a random order
inside the group the precisions at its relevant items sum, in expectation, to

$$\sum_{t=1}^{n} \frac{m}{n} \cdot \frac{R + 1 + (t - 1)\frac{m - 1}{n - 1}}{N + t}
  = \frac{m}{n} (R + 1) \Delta + \frac{m (m - 1)}{n (n - 1)} (n - (1 + N) \Delta),
  \quad \Delta = H_{N + n} - H_N$$

(McSherry and Najork, ECIR 2008, https://doi.org/10.1007/978-3-540-78646-7_38; closed with harmonic
numbers here). When only the first $\tau$ ranks of a group count, $\tau$ replaces n in $\Delta$ and
in the last bracket.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float, Int64

PerQuery = Float[np.ndarray, " queries"]
PerDistance = Int64[np.ndarray, "queries distances"]
Cuts = Int64[np.ndarray, " cuts"]

QUERIES_AT_ONCE = 512
"""Queries handled together: their tables stay in the cache and memory stays small."""


class RunningSum:
    """Sums of consecutive terms as differences of one table, without cancellation.

    The table holds what each addition lost beside its result, so that the sum of a few small
    terms far down keeps its digits.

    >>> RunningSum(np.array([1.0, 0.5, 0.25])).between(np.array([0, 1]), np.array([2, 3]))
    array([1.5 , 0.75])
    """

    def __init__(self, terms: Float[np.ndarray, " terms"]):
        self.high = np.concatenate([[0.0], np.cumsum(terms)])
        before, after = self.high[:-1], self.high[1:]
        added = after - before
        lost = (before - (after - added)) + (terms - added)  # Knuth's exact error of a sum
        self.low = np.concatenate([[0.0], np.cumsum(lost)])

    def between(self, start: np.ndarray, stop: np.ndarray) -> np.ndarray:
        """Return the sum of terms start + 1 to stop."""
        return (self.high[stop] - self.high[start]) + (self.low[stop] - self.low[start])


@lru_cache(maxsize=2)
def harmonic(items: int) -> RunningSum:
    """Harmonic numbers up to `items`."""
    return RunningSum(1.0 / np.arange(1, items + 1))


@lru_cache(maxsize=2)
def discounts(items: int) -> RunningSum:
    """Sums of the discounts 1 / log2(1 + rank) up to `items`."""
    return RunningSum(1.0 / np.log2(np.arange(2, items + 2)))


@dataclass(frozen=True)
class Ties:
    """The tie groups of some rankings, cut after k ranks; int64 throughout."""

    items: PerDistance
    relevant: PerDistance
    items_before: PerDistance
    relevant_before: PerDistance
    taken: PerDistance
    harmonics: RunningSum

    @classmethod
    def cut(cls, total: PerDistance, relevant: PerDistance, k: int, database: int) -> "Ties":
        """Groups in order of distance; `taken` says how many ranks of each lie in the first k."""
        before = np.cumsum(total, 1) - total
        relevant_before = np.cumsum(relevant, 1) - relevant
        taken = np.clip(k - before, 0, total)
        return cls(total, relevant, before, relevant_before, taken, harmonic(database))

    @property
    def is_cut(self) -> Bool[np.ndarray, "queries distances"]:
        """The at most one group of each query of which the first k ranks take only a part."""
        return (self.taken > 0) & (self.taken < self.items)

    @property
    def fewest(self) -> PerDistance:
        """Relevant items among the taken ones, when as few as possible come first."""
        return np.maximum(self.taken - (self.items - self.relevant), 0)

    @property
    def most(self) -> PerDistance:
        """Relevant items among the taken ones, when as many as possible come first."""
        return np.minimum(self.taken, self.relevant)


def in_blocks(queries: int) -> Iterator[slice]:
    """Yield slices over all queries."""
    for begin in range(0, queries, QUERIES_AT_ONCE):
        yield slice(begin, begin + QUERIES_AT_ONCE)


def expected_sums(ties: Ties, mean_gain: np.ndarray, gain_before: np.ndarray) -> np.ndarray:
    """Return the expected sum, over relevant items taken, of the mean gain up to each of them.

    With a gain of 1 for each relevant item this is the sum of precisions of the module's formula.
    `mean_gain` is that of a relevant item of the group, `gain_before` the gain before the group.
    """
    at = np.flatnonzero(ties.relevant)  # all other groups add nothing
    tables = ties.items, ties.relevant, ties.taken, ties.items_before, mean_gain, gain_before
    n, m, taken, start, gain, before = (table.ravel()[at] for table in tables)
    delta = ties.harmonics.between(start, start + taken)
    first = m / n
    second = first * ((m - 1) / np.maximum(n - 1, 1)) * gain
    sums = np.zeros(ties.items.size)
    sums[at] = first * (before + gain) * delta + second * (taken - (1 + start) * delta)
    return sums.reshape(ties.items.shape)


def expected_mean(
    ties: Ties, mean_gain: np.ndarray, gain_before: np.ndarray
) -> tuple[PerQuery, PerQuery]:
    r"""Return the expected mean, over the relevant items in the first k, of the mean gain there.

    Only the group that rank k cuts is random: it gives $X$ of its m relevant items to the first k
    ranks, a hypergeometric number, and given $X = x$ the sum is that of a group of $\tau$ items
    with x relevant. An order that finds nothing counts 0. Also returns the chance to find any.
    """
    sums = expected_sums(ties, mean_gain, gain_before)
    cut = ties.is_cut
    whole = np.where(cut, 0.0, sums).sum(1)
    found = np.where(cut, 0, ties.most).sum(1)
    mean = whole / np.maximum(found, 1)
    any_found = (found > 0).astype(float)

    where = np.flatnonzero((cut & (ties.relevant > 0)).any(1))
    if where.size == 0:
        return mean, any_found
    at = where, cut[where].argmax(1)
    n, m, taken = ties.items[at], ties.relevant[at], ties.taken[at]
    gain, before, start = mean_gain[at], gain_before[at], ties.items_before[at]
    delta = ties.harmonics.between(start, start + taken)
    linear = (before + gain) * delta / taken
    square = gain * (taken - (1 + start) * delta) / (taken * np.maximum(taken - 1, 1))
    already, sum_before = found[where], whole[where]

    def value(x: np.ndarray, i: slice) -> np.ndarray:
        hits = np.maximum(already[i, None] + x, 1)
        total = sum_before[i, None] + x * (linear[i, None] + (x - 1) * square[i, None])
        return np.where(already[i, None] + x > 0, total / hits, 0.0)

    mean[where] = hypergeometric_mean(n, m, taken, value)
    nothing = hypergeometric_mean(n, m, taken, lambda x, i: (already[i, None] + x == 0) * 1.0)
    any_found[where] = 1 - nothing
    return mean, any_found


def hypergeometric_mean(
    items: Cuts, relevant: Cuts, drawn: Cuts, value: Callable[[np.ndarray, slice], np.ndarray]
) -> Float[np.ndarray, " cuts"]:
    """Return the mean of value(x, rows) over the number x of relevant among `drawn` of `items`.

    Probabilities follow from their ratios, starting at the most likely x, so nothing overflows;
    what lies so far out that Hoeffding's bound gives it less than 1e-18 is left out.
    """
    result = np.empty(len(items))
    low = np.maximum(drawn - (items - relevant), 0)
    high = np.minimum(drawn, relevant)
    mode = np.clip((relevant + 1) * (drawn + 1) // (items + 2), low, high)
    # The law stays the same when drawn and relevant, or taken and left, change places.
    trials = np.minimum(np.minimum(drawn, relevant), items - np.maximum(drawn, relevant))
    reach = np.minimum(np.sqrt(21.0 * trials).astype(np.int64) + 2, high - low)
    begin = 0
    while begin < len(items):
        step = max(1, (1 << 17) // (2 * int(reach[begin : begin + 1024].max()) + 1))
        rows = slice(begin, begin + min(step, 1024))
        n, m, t = (a[rows, None].astype(float) for a in (items, relevant, drawn))
        away = np.arange(int(reach[rows].max()))
        x = mode[rows, None] + away
        up = np.cumprod((m - x) * (t - x) / ((x + 1) * (n - m - t + x + 1)), 1)
        x = mode[rows, None] - away
        down = np.cumprod(x * (n - m - t + x) / ((m - x + 1) * (t - x + 1)), 1)
        likely = np.concatenate([down[:, ::-1], np.ones((len(n), 1)), up], 1)
        x = mode[rows, None] + np.arange(-len(away), len(away) + 1)
        result[rows] = (likely * value(x, rows)).sum(1) / likely.sum(1)
        begin = rows.stop
    return result
