"""Notebook 04: average precision when equal distances have no order."""

from collections.abc import Iterator, Sequence
from itertools import combinations, product

import numpy as np

from hashviz_course.check.core import WITHIN, Exercise, Rule, same_as

Case = tuple[list[int], list[bool]]


def mean_over_orders(distances: Sequence[int], relevant: Sequence[bool]) -> float:
    """The definition: AP of every order inside every tie, averaged. For few items only."""
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
    """Different distances, in order and out of order."""
    yield [0], [True]
    yield [0], [False]
    yield [0, 1], [False, True]
    yield [1, 0], [True, False]
    yield [3, 0, 7, 1], [True, False, True, True]


def one_tie() -> Iterator[Case]:
    """All items at one distance, every number of relevant ones."""
    yield from (([2] * n, [i < m for i in range(n)]) for n in range(2, 7) for m in range(n + 1))


def several_ties() -> Iterator[Case]:
    """Groups before and behind each other."""
    yield [0, 1, 1], [True, True, False]
    yield [0, 0, 1], [True, False, True]
    yield [1, 0, 1, 0], [True, False, False, True]
    rng = np.random.default_rng(5)
    for n in (4, 5, 6, 7, 7, 7):
        distances, relevant = rng.integers(0, 3, n).tolist(), (rng.random(n) < 0.5).tolist()
        yield distances, relevant


def turned() -> Iterator[Case]:
    """The same items in another order of the database, which must not matter."""
    yield [0, 0], [True, False]
    yield [0, 0], [False, True]
    yield [1, 1, 0, 1], [True, False, False, True]
    yield [1, 1, 0, 1], [False, True, False, True]
    yield [0, 1, 1, 1], [False, True, True, False]


tie_aware_ap = Exercise(
    name="tie_aware_ap",
    notebook="04",
    passed="tie_aware_ap is the mean over all orders of equal distances.",
    rules=(
        Rule("Without ties it is the usual AP.", without_ties, same_as(mean_over_orders, WITHIN)),
        Rule(
            "The order of the database does not matter.",
            turned,
            same_as(mean_over_orders, WITHIN),
        ),
        Rule(
            "In a tie it is the mean over all orders.",
            one_tie,
            same_as(mean_over_orders, WITHIN),
        ),
        Rule("A tie knows what came before it.", several_ties, same_as(mean_over_orders, WITHIN)),
    ),
    hints=(
        "Go through the distances in order and keep two numbers: N items and R relevant ones "
        "before the tie. A tie has n items, m of them relevant.",
        "At its rank t (1 to n) a relevant item stands with chance m / n. If so, of the t − 1 "
        "items before it in the tie (t − 1)(m − 1)/(n − 1) are relevant, on average.",
        "for t in range(1, n + 1): total += m / n * (R + 1 + (t - 1) * (m - 1) / max(n - 1, 1)) "
        "/ (N + t); then N += n, R += m. In the end divide by R, or answer 0.",
    ),
)
