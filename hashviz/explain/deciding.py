"""Which bits of a query decide that an item is among its first results."""

from dataclasses import dataclass
from itertools import combinations, islice
from math import comb

import numpy as np
from jaxtyping import Int8

SETS_AT_ONCE = 4096
MOST_SETS = 200_000


@dataclass(frozen=True)
class Decision:
    """Bits of the query whose flips drive a hit out of the first k; None when no flips can.

    If `smallest` is False, a smaller set may exist: there were too many sets to try them all.
    """

    bits: tuple[int, ...] | None
    smallest: bool


def deciding_bits(
    query_code: Int8[np.ndarray, " bits"],
    database_codes: Int8[np.ndarray, "database bits"],
    hit: int,
    k: int,
) -> Decision:
    """Return the fewest bits of the query to flip so that item `hit` leaves its k nearest.

    Equal distances go by position, as in the search. Only bits on which query and hit agree can
    help: a flip elsewhere brings the hit nearer and no other item ahead of it. A flip of such a bit
    moves every item that differs from the hit there two steps past it, so item x passes the hit
    once half of the hit's lead over x lies in flips where the two differ. A greedy set comes first,
    then all smaller sets are tried, unless they are too many.

    Raises:
        ValueError: when there is no such item, or k < 1.
    """
    if not 0 <= hit < len(database_codes) or k < 1:
        raise ValueError(
            f"A hit is one of the {len(database_codes)} items, k is 1 or more, got {hit=} and {k=}."
        )
    target = database_codes[hit]
    apart = (database_codes != query_code).sum(1, dtype=np.int64)
    lead = apart - apart[hit] + (np.arange(len(apart)) > hit)
    need = np.maximum((lead + 1) // 2, 0)  # flips that it takes to come ahead
    need[hit] = len(query_code) + 1
    missing = k - int((need == 0).sum())
    if missing <= 0:
        return Decision((), True)
    agree = np.flatnonzero(query_code == target)
    differs = database_codes[:, agree] != target[agree]
    able = (need > 0) & (need <= differs.sum(1))
    if able.sum() < missing:
        return Decision(None, True)
    rows, again = np.unique(
        np.column_stack([differs[able], need[able]]).astype(np.int16), axis=0, return_counts=True
    )
    differs, need = rows[:, :-1], rows[:, -1]
    useful = np.flatnonzero(differs.any(0))
    differs, agree = differs[:, useful].astype(np.float32), agree[useful]
    found = _greedy(differs, need, again, missing)
    for size in range(1, len(found)):
        if comb(len(agree), size) > MOST_SETS:
            return _decision(agree[found], smallest=False)
        reach = need <= size
        sets = combinations(range(len(agree)), size)
        while some := list(islice(sets, SETS_AT_ONCE)):
            flips = np.zeros((len(some), len(agree)), np.float32)
            np.put_along_axis(flips, np.array(some), 1, axis=1)
            ahead = (differs[reach] @ flips.T >= need[reach, None]) * again[reach, None]
            enough = np.flatnonzero(ahead.sum(0) >= missing)
            if len(enough):
                return _decision(agree[list(some[enough[0]])], smallest=True)
    return _decision(agree[found], smallest=True)


def _greedy(differs: np.ndarray, need: np.ndarray, again: np.ndarray, missing: int) -> list[int]:
    """Choose bit by bit the flip that brings most items ahead; the closest items count most."""
    chosen: list[int] = []
    need = need.astype(np.float64)
    while again[need <= 0].sum() < missing:
        # An item that wants one flip less is worth far more than several that want many.
        worth = (again * 16.0 ** -np.minimum(need, 60))[need > 0] @ differs[need > 0]
        worth[chosen] = -1
        best = int(worth.argmax())
        chosen.append(best)
        need = need - differs[:, best]
    return chosen


def _decision(bits: np.ndarray, *, smallest: bool) -> Decision:
    return Decision(tuple(np.sort(bits).tolist()), smallest)
