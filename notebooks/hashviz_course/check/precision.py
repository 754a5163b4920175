"""Notebook 03: average precision, and what it may be divided by."""

from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np

from hashviz_course.check.core import WITHIN, Exercise, Rule, same_as

Case = tuple[list[bool], int, str]
MODES = ("hits", "relevant", "reachable")


def by_definition(relevant: Sequence[bool], k: int, mode: str) -> float:
    """Precision at every rank that holds a relevant item, summed, and divided as the mode says."""
    k = min(k, len(relevant))
    found = [sum(relevant[:rank]) / rank for rank in range(1, k + 1) if relevant[rank - 1]]
    divisor = {
        "hits": len(found),
        "relevant": sum(relevant),
        "reachable": min(sum(relevant), k),
    }[mode]
    return sum(found) / divisor if divisor else 0.0


def whole_rankings(mode: str = "hits") -> Iterator[Case]:
    """Every ranking of one to five items with something relevant, seen to its end."""
    for length in range(1, 6):
        for relevant in product((True, False), repeat=length):
            if any(relevant):
                yield list(relevant), length, mode


def nothing_found() -> Iterator[Case]:
    """Nothing relevant at all, or nothing among the first k."""
    yield from (([False], 1, mode) for mode in MODES)
    yield from (([False, True], 1, mode) for mode in MODES)


def cut(mode: str) -> Iterator[Case]:
    """Rankings cut before their end."""
    for relevant, length, _ in whole_rankings(mode):
        yield from ((relevant, k, mode) for k in range(1, length))
    rng = np.random.default_rng(4)
    yield [bool(one) for one in rng.random(60) < 0.3], 20, mode


def beyond() -> Iterator[Case]:
    """k larger than the database."""
    yield from (([True], 2, mode) for mode in MODES)
    yield from (([True, False, True], 9, mode) for mode in MODES)


def judged_on(says: str, cases: Iterator[Case]) -> Rule:
    """A rule over cases that are few enough to be kept."""
    kept = list(cases)
    return Rule(says, lambda: kept, same_as(by_definition, WITHIN))


average_precision = Exercise(
    name="average_precision",
    notebook="03",
    passed="average_precision agrees with the definition, whatever it is divided by.",
    rules=(
        judged_on("AP is the mean precision at the relevant ranks.", whole_rankings()),
        judged_on("A query that finds nothing scores 0.", nothing_found()),
        judged_on('"hits" divides by the relevant items in the first k.', cut("hits")),
        judged_on('"relevant" divides by all relevant items there are.', cut("relevant")),
        judged_on('"reachable" divides by all relevant items, but k at most.', cut("reachable")),
        judged_on("k may be larger than the database.", beyond()),
    ),
    hints=(
        "Walk down the first k ranks and count hits. At every hit, add hits / rank; ranks start "
        "at 1.",
        "In the end divide: by the hits you counted, by sum(relevant), or by min(sum(relevant), "
        "k). If that is 0, the answer is 0.",
        "precisions = [sum(relevant[:r]) / r for r in range(1, min(k, len(relevant)) + 1) if "
        "relevant[r - 1]]; then sum(precisions) / divisor",
    ),
)
