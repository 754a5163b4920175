"""Answers to the exercise of notebook 03."""

from fractions import Fraction

import numpy as np


def solution(relevant, k, mode):
    hits, total = 0, 0.0
    for rank, is_relevant in enumerate(relevant[:k], start=1):
        if is_relevant:
            hits += 1
            total += hits / rank
    divisor = {"hits": hits, "relevant": sum(relevant), "reachable": min(sum(relevant), k)}[mode]
    return total / divisor if divisor else 0.0


def with_cumsum(relevant, k, mode):
    relevant = np.array(relevant)
    seen = relevant[:k]
    precision = np.cumsum(seen) / np.arange(1, len(seen) + 1)
    divisor = {
        "hits": seen.sum(),
        "relevant": relevant.sum(),
        "reachable": relevant.sum().clip(max=k),
    }
    return (precision * seen).sum() / max(divisor[mode], 1)


def in_fractions(relevant, k, mode):
    hits = [rank for rank, is_relevant in enumerate(relevant[:k], start=1) if is_relevant]
    divisor = {"hits": len(hits), "relevant": sum(relevant), "reachable": min(sum(relevant), k)}
    found = sum(Fraction(place, rank) for place, rank in enumerate(hits, start=1))
    return found / max(divisor[mode], 1)


def in_float32(relevant, k, mode):
    seen = np.array(relevant[:k], np.float32)
    precision = np.cumsum(seen) / np.arange(1, len(seen) + 1, dtype=np.float32)
    divisor = {"hits": seen.sum(), "relevant": sum(relevant), "reachable": min(sum(relevant), k)}
    return (precision * seen).sum() / np.float32(max(divisor[mode], 1))


def misses_the_last_rank(relevant, k, mode):
    return solution(relevant[: k - 1], k, mode)


RIGHT = {
    "solution": solution,
    "with cumsum": with_cumsum,
    "in fractions": in_fractions,
    "in float32": in_float32,
}
WRONG = {
    "precision": lambda r, k, mode: sum(r[:k]) / k,
    "recall": lambda r, k, mode: sum(r[:k]) / max(sum(r), 1),
    "mean over all ranks": lambda r, k, mode: float(
        np.mean([sum(r[:i]) / i for i in range(1, min(k, len(r)) + 1)])
    ),
    "ranks from zero": lambda r, k, mode: sum(
        sum(r[: i + 1]) / (i + 2) for i in range(min(k, len(r))) if r[i]
    ) / max(sum(r[:k]), 1),
    "always by hits": lambda r, k, mode: solution(r, k, "hits"),
    "always by relevant": lambda r, k, mode: solution(r, k, "relevant"),
    "relevant and reachable mixed up": lambda r, k, mode: solution(
        r, k, {"relevant": "reachable", "reachable": "relevant"}.get(mode, mode)
    ),
    "reachable by k": lambda r, k, mode: (
        solution(r, k, "hits") * sum(r[:k]) / k if mode == "reachable" else solution(r, k, mode)
    ),
    "by k": lambda r, k, mode: solution(r, k, "hits") * sum(r[:k]) / k,
    "divides by zero": lambda r, k, mode: solution(r, k, mode) if any(r[:k]) else 0 / sum(r[:k]),
    "one for nothing": lambda r, k, mode: solution(r, k, mode) if any(r) else 1.0,
    "a hundred-thousandth too much": lambda r, k, mode: solution(r, k, mode) + 1e-5,
    "ignores k": lambda r, k, mode: solution(r, len(r), mode),
    "misses the last rank": misses_the_last_rank,
    "looks beyond the end": lambda r, k, mode: solution([r[i] for i in range(k)] + r[k:], k, mode),
}  # fmt: skip
