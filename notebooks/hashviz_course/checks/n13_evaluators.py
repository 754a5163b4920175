"""Ten small evaluators for notebook 13, each with one bug that is known from the field.

A case is a dictionary of lists: real outputs and multi-hot labels of queries and database, and the
cut k. An evaluator should return `right_value`: codes are signs, zero counts as +1; a
picture is relevant when it shares a label; AP@k is the mean over all orders of equal distances,
divided by the most that could be found, min(relevant, k); a query without anything relevant scores
0 and counts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from hashviz import metrics

Case = dict[str, Any]
Evaluator = Callable[[Case], float]


def right_value(case: Case) -> float:
    """Return mAP@k by the library."""
    (query, database), labels = _codes(case), _labels(case)
    counts = metrics.distance_counts(query, labels[0], database, labels[1])
    return float(metrics.average_precision(counts, case["k"], "reachable").mean())


def _outputs(case: Case) -> list[np.ndarray]:
    return [np.asarray(case[f"{side}_outputs"], float) for side in ("query", "database")]


def _codes(case: Case) -> list[np.ndarray]:
    return [np.where(side >= 0, 1, -1) for side in _outputs(case)]


def _labels(case: Case) -> list[np.ndarray]:
    return [np.asarray(case[f"{side}_labels"], int) for side in ("query", "database")]


def _relevant(case: Case) -> np.ndarray:
    query, database = _labels(case)
    return query @ database.T > 0


def _distances(case: Case) -> np.ndarray:
    query, database = _codes(case)
    return (query[:, None] != database).sum(2)


def _fair(away: np.ndarray, relevant: np.ndarray, k: int, divide: str = "reachable") -> float:
    """Return AP@k of one query, the mean over all orders inside ties, as a slow sum over ranks."""
    total, hits, before, found = 0.0, 0.0, 0, 0
    for distance in np.unique(away):
        tie = relevant[away == distance]
        n, m = len(tie), int(tie.sum())
        for t in range(1, min(n, max(k - before, 0)) + 1):
            total += m / n * (found + 1 + (t - 1) * (m - 1) / max(n - 1, 1)) / (before + t)
            hits += m / n
        before, found = before + n, found + m
    divisor = hits if divide == "hits" else min(found, k)
    return total / divisor if divisor else 0.0


def _mean(case: Case, away: np.ndarray, relevant: np.ndarray, **how: Any) -> float:
    rows = zip(away, relevant, strict=True)
    return float(np.mean([_fair(a, r, case["k"], **how) for a, r in rows]))


def zero_is_no_bit(case: Case) -> float:
    """Keep a zero, which is half a bit away from both sides."""
    query, database = (np.sign(side) for side in _outputs(case))
    return _mean(case, (query.shape[1] - query @ database.T) / 2, _relevant(case))


def last_one_dropped(case: Case) -> float:
    """Ask for the whole database with -1, which cuts off its last row."""
    away, relevant = _distances(case), _relevant(case)
    if case["k"] < away.shape[1]:
        return _mean(case, away, relevant)
    rows = []
    for a, r in zip(away, relevant, strict=True):
        order = np.argsort(a, kind="stable")
        last = a == a[order[-1]]
        # Each of the last ties is dropped equally often, so that their order does not matter.
        kept = [np.arange(len(a)) != one for one in np.flatnonzero(last)]
        full = min(int(r.sum()), case["k"])
        values = [_fair(a[k], r[k], case["k"]) * min(int(r[k].sum()), case["k"]) for k in kept]
        rows.append(float(np.mean(values)) / full if full else 0.0)
    return float(np.mean(rows))


def order_of_the_file(case: Case) -> float:
    """Keep the order of the database among equal distances."""
    values = []
    for a, r in zip(_distances(case), _relevant(case), strict=True):
        order = np.argsort(a, kind="stable")
        values.append(_fair(np.arange(len(a)), r[order], case["k"]))
    return float(np.mean(values))


def divided_by_hits(case: Case) -> float:
    """Divide the sum of precisions by what was found, not by what could be."""
    return _mean(case, _distances(case), _relevant(case), divide="hits")


def empty_left_out(case: Case) -> float:
    """Leave queries that find nothing out of the mean."""
    rows = zip(_distances(case), _relevant(case), strict=True)
    values = [value for a, r in rows if (value := _fair(a, r, case["k"])) > 0]
    return float(np.mean(values)) if values else 0.0


def bytes_not_bits(case: Case) -> float:
    """Count the bytes in which packed codes differ."""
    query, database = (np.packbits(side > 0, axis=1) for side in _codes(case))
    return _mean(case, (query[:, None] != database).sum(2), _relevant(case))


def product_of_zeros_and_ones(case: Case) -> float:
    """Use the formula for signs, (bits - product) / 2, with codes of zeros and ones."""
    query, database = (side > 0 for side in _codes(case))
    product = query.astype(int) @ database.T.astype(int)
    return _mean(case, (query.shape[1] - product) / 2, _relevant(case))


def first_label_only(case: Case) -> float:
    """Take a picture with several labels for one of its first label."""
    query, database = _labels(case)
    same = query.argmax(1)[:, None] == database.argmax(1)
    labeled = np.outer(query.any(1), database.any(1))
    return _mean(case, _distances(case), same & labeled)


def cut_at_three(case: Case) -> float:
    """Cut at a number in the program and ignore k."""
    return _mean({**case, "k": 3}, _distances(case), _relevant(case))


def area_by_trapezoids(case: Case) -> float:
    """Take the area under the precision-recall curve, by trapezoids, for AP."""
    values = []
    for a, r in zip(_distances(case), _relevant(case), strict=True):
        reachable, found, items = min(int(r.sum()), case["k"]), 0.0, 0
        recall, precision = [0.0], [1.0]
        for distance in np.unique(a):
            tie = r[a == distance]
            for _ in range(min(len(tie), max(case["k"] - items, 0))):
                found, items = found + tie.mean(), items + 1
                recall.append(found / max(reachable, 1))
                precision.append(found / items)
        values.append(float(np.trapezoid(precision, recall)) if reachable else 0.0)
    return float(np.mean(values))


@dataclass(frozen=True)
class Suspect:
    """An evaluator, what is wrong with it, and where this was seen."""

    evaluate: Evaluator
    bug: str
    seen: str


SUSPECTS: tuple[Suspect, ...] = (
    Suspect(order_of_the_file, "equal distances keep the order of the file",
            "DeepHash-pytorch, thread 33"),
    Suspect(bytes_not_bits, "distances count bytes, not bits", "lance-ray, change 5288"),
    Suspect(divided_by_hits, "AP@k is divided by the hits in the first k", "HashNet, thread 25"),
    Suspect(zero_is_no_bit, "an output of exactly 0 gets no sign",
            "DeepHash-pytorch, utils/tools.py"),
    Suspect(cut_at_three, "the cut is fixed, k is ignored", "cvpr16-deepbit, thread 17"),
    Suspect(first_label_only, "of several labels only the first counts",
            "pytorch_deephash, thread 8"),
    Suspect(empty_left_out, "queries that find nothing are left out", "HashNet, thread 2"),
    Suspect(product_of_zeros_and_ones, "zeros and ones in the formula for signs",
            "Weaviate, thread 12035"),
    Suspect(last_one_dropped, "k = all drops the last picture", "DeepHash-pytorch, utils/tools.py"),
    Suspect(area_by_trapezoids, "the area by trapezoids is no AP",
            "hashing-baseline-for-image-retrieval, thread 19"),
)  # fmt: skip
"""In the order in which a learner meets them, by their number."""
