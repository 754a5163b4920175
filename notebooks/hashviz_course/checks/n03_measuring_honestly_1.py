"""Notebook 03: average precision, and what it may be divided by."""

from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np

from hashviz_course.checks.exercise import WITHIN, Exercise, Rule, same_as

Case = tuple[list[bool], int, str]
MODES = ("hits", "relevant", "reachable")


def by_definition(relevant: Sequence[bool], k: int, mode: str) -> float:
    """Sum the precision at every rank with a relevant item, and divide as the mode says."""
    k = min(k, len(relevant))
    found = [sum(relevant[:rank]) / rank for rank in range(1, k + 1) if relevant[rank - 1]]
    total = sum(relevant)
    divisor = {"hits": len(found), "relevant": total, "reachable": min(total, k)}[mode]
    return sum(found) / divisor if divisor else 0.0


def whole_rankings(mode: str = "hits") -> Iterator[Case]:
    """Make every ranking of one to five items with something relevant, cut at its end."""
    for length in range(1, 6):
        for relevant in product((True, False), repeat=length):
            if any(relevant):
                yield list(relevant), length, mode


def nothing_found() -> Iterator[Case]:
    """Make rankings with nothing relevant, at all or among the first k."""
    yield from (([False], 1, mode) for mode in MODES)
    yield from (([False, True], 1, mode) for mode in MODES)


def cut(mode: str) -> list[Case]:
    """Make rankings cut before their end."""
    long = [bool(one) for one in np.random.default_rng(4).random(60) < 0.3]
    short = [(row, k, mode) for row, length, _ in whole_rankings() for k in range(1, length)]
    return [*short, (long, 20, mode)]


def beyond() -> Iterator[Case]:
    """Make rankings shorter than k."""
    yield from (([True], 2, mode) for mode in MODES)
    yield from (([True, False, True], 9, mode) for mode in MODES)


agrees = same_as(by_definition, WITHIN)

average_precision = Exercise(
    name="average_precision",
    notebook="03",
    passed="average_precision agrees with the definition, whatever it is divided by.",
    rules=(
        Rule("AP is the mean precision at the relevant ranks.", whole_rankings, agrees),
        Rule("A query that finds nothing scores 0.", nothing_found, agrees),
        Rule('"hits" divides by the relevant items in the first k.', lambda: cut("hits"), agrees),
        Rule('"relevant" divides by all relevant items.', lambda: cut("relevant"), agrees),
        Rule('"reachable" divides by k at most.', lambda: cut("reachable"), agrees),
        Rule("k may be larger than the database.", beyond, agrees),
    ),
    hints=(
        "Walk down the first k ranks and count hits. At every hit, add hits / rank; ranks start "
        "at 1.",
        "At the end divide: by the hits you counted, by sum(relevant), or by min(sum(relevant), "
        "k). If that is 0, the answer is 0.",
        "precisions = [sum(relevant[:r]) / r for r in range(1, min(k, len(relevant)) + 1) if "
        "relevant[r - 1]]; then sum(precisions) / divisor",
    ),
    library=by_definition,
)
