"""Notebook 04: average precision when equal distances have no order."""

from collections.abc import Iterator, Sequence
from itertools import combinations, product

import numpy as np

from hashviz_course.checks.exercise import WITHIN, Exercise, Rule, same_as

Case = tuple[list[int], list[bool]]


def mean_over_orders(distances: Sequence[int], relevant: Sequence[bool]) -> float:
    """Average the AP of every order inside every tie: the definition, for few items only."""
    groups = []
    for distance in sorted(set(distances)):
        members = [r for d, r in zip(distances, relevant, strict=True) if d == distance]
        places = combinations(range(len(members)), sum(members))
        groups.append([[i in chosen for i in range(len(members))] for chosen in places])
    values = []
    for order in product(*groups):
        ranking = [r for group in order for r in group]
        hits = [rank for rank, is_relevant in enumerate(ranking, 1) if is_relevant]
        values.append(float(np.mean([n / rank for n, rank in enumerate(hits, 1)])) if hits else 0.0)
    return float(np.mean(values))


def without_ties() -> Iterator[Case]:
    """Make different distances, in order and out of order."""
    yield [0], [True]
    yield [0], [False]
    yield [0, 1], [False, True]
    yield [1, 0], [True, False]
    yield [3, 0, 7, 1], [True, False, True, True]


def one_tie() -> Iterator[Case]:
    """Make items all at one distance, with every number of relevant ones."""
    yield from (([2] * n, [i < m for i in range(n)]) for n in range(2, 7) for m in range(n + 1))


def several_ties() -> Iterator[Case]:
    """Make ties before and behind each other."""
    yield [0, 1, 1], [True, True, False]
    yield [0, 0, 1], [True, False, True]
    yield [1, 0, 1, 0], [True, False, False, True]
    rng = np.random.default_rng(5)
    for n in (4, 5, 6, 7, 7, 7):
        yield rng.integers(0, 3, n).tolist(), (rng.random(n) < 0.5).tolist()


def reordered() -> Iterator[Case]:
    """Make the same items in another order of the database, which must not matter."""
    yield [0, 0], [True, False]
    yield [0, 0], [False, True]
    yield [1, 1, 0, 1], [True, False, False, True]
    yield [1, 1, 0, 1], [False, True, False, True]
    yield [0, 1, 1, 1], [False, True, True, False]


agrees = same_as(mean_over_orders, WITHIN)

tie_aware_ap = Exercise(
    name="tie_aware_ap",
    notebook="04",
    passed="tie_aware_ap is the mean over all orders of equal distances.",
    rules=(
        Rule("Without ties it is the usual AP.", without_ties, agrees),
        Rule("The order of the database does not matter.", reordered, agrees),
        Rule("In a tie it is the mean over all orders.", one_tie, agrees),
        Rule("What came before a tie counts.", several_ties, agrees),
    ),
    hints=(
        "Go through the distances in order and keep two numbers: N items and R relevant ones "
        "before the tie. A tie has n items, m of them relevant.",
        "The probability of a relevant item at its rank t (1 to n) is m / n. If there is one, then "
        "of the t − 1 items before it in the tie (t − 1)(m − 1)/(n − 1) are relevant, on average.",
        "for t in range(1, n + 1): total += m / n * (R + 1 + (t - 1) * (m - 1) / max(n - 1, 1)) "
        "/ (N + t); then N += n, R += m. At the end divide by R, or answer 0.",
    ),
    library=mean_over_orders,
)
