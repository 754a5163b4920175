"""What the bits decide and what they stand for: of codes and outputs alone, without torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, islice
from math import comb

import numpy as np
from jaxtyping import Float, Int8, Int64

from hashviz.data.scenes import COLORS, SHAPES
from hashviz.metrics.information import binned

SETS_AT_ONCE = 4096
MOST_SETS = 200_000


@dataclass(frozen=True)
class Decision:
    """Bits of the query whose flips drive a hit out of the first k; None when nothing can.

    Without `smallest` a smaller set may exist: there were too many sets to try them all.
    """

    bits: tuple[int, ...] | None
    smallest: bool


def deciding_bits(
    query_code: Int8[np.ndarray, " bits"],
    database_codes: Int8[np.ndarray, "database bits"],
    hit: int,
    k: int,
) -> Decision:
    """The fewest bits of the query to flip so that item `hit` is not among its k nearest.

    Equal distances are ordered by the smaller id, as in the search. Only bits in which query and
    hit agree can help: a flip elsewhere brings the hit nearer and no other item ahead of it. A flip
    in one of them gains two on every item that differs from the hit there, so item x passes the hit
    once (lead of the hit) / 2 of the flips lie where x differs from it. A greedy set comes first,
    then all smaller sets are tried, as long as they are not too many.

    Raises:
        ValueError: when there is no such item, or k < 1.
    """
    if not 0 <= hit < len(database_codes) or k < 1:
        raise ValueError(
            f"A hit is one of the {len(database_codes)} items and k is at least 1, "
            f"got hit={hit} and k={k}."
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
            return Decision(_sorted(agree, found), False)
        reach = need <= size
        sets = combinations(range(len(agree)), size)
        while some := list(islice(sets, SETS_AT_ONCE)):
            flips = np.zeros((len(some), len(agree)), np.float32)
            np.put_along_axis(flips, np.array(some), 1, axis=1)
            ahead = (differs[reach] @ flips.T >= need[reach, None]) * again[reach, None]
            enough = np.flatnonzero(ahead.sum(0) >= missing)
            if len(enough):
                return Decision(_sorted(agree, some[enough[0]]), True)
    return Decision(_sorted(agree, found), True)


def _greedy(
    differs: np.ndarray, need: np.ndarray, again: np.ndarray, missing: int
) -> tuple[int, ...]:
    """Flip by flip the bit that brings most items ahead, those nearest to it counting most."""
    chosen: list[int] = []
    need = need.astype(np.float64)
    while again[need <= 0].sum() < missing:
        # An item that wants one flip less is worth far more than several that want many.
        worth = (again * 16.0 ** -np.minimum(need, 60))[need > 0] @ differs[need > 0]
        worth[chosen] = -1
        best = int(worth.argmax())
        chosen.append(best)
        need = need - differs[:, best]
    return tuple(chosen)


def _sorted(agree: np.ndarray, chosen: Sequence[int]) -> tuple[int, ...]:
    return tuple(sorted(int(agree[i]) for i in chosen))


@dataclass(frozen=True)
class Extremes:
    """Images at the ends and at the middle of one bit's outputs, the clearest first."""

    plus: Int64[np.ndarray, " plus"]
    minus: Int64[np.ndarray, " minus"]
    undecided: Int64[np.ndarray, " undecided"]


def bit_extremes(outputs: Float[np.ndarray, "images bits"], bit: int, count: int = 8) -> Extremes:
    """The images that say +1 loudest, those that say -1 loudest, and those that hardly decide.

    No image is at both ends: an end holds only images of its sign, and may be empty.
    """
    column = outputs[:, bit]
    order = np.argsort(column, kind="stable")
    minus = order[: int((column < 0).sum())]
    plus = np.argsort(-column, kind="stable")[: int((column >= 0).sum())]
    undecided = np.argsort(np.abs(column), kind="stable")
    return Extremes(plus[:count], minus[:count], undecided[:count])


def scene_variables(attributes: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What is known of generated scenes, one whole number per image, for `mutual_information`.

    Every shape and every color (present or not), the number of objects, and of the object on top
    its size and place in quarters, from small to large, left to right, top to bottom.
    """
    shape, color = attributes["shape"], attributes["color"]
    count = attributes["count"].astype(np.int64)
    rows, top = np.arange(len(count)), count - 1  # the lowest object comes first
    known: dict[str, np.ndarray] = {}
    known |= {name: (shape == i).any(1) for i, name in enumerate(SHAPES)}
    known |= {name: (color == i).any(1) for i, name in enumerate(COLORS)}
    known["objects"] = count
    for name, key in (("size of top", "size"), ("x of top", "x"), ("y of top", "y")):
        known[name] = binned(attributes[key][rows, top])
    return known
