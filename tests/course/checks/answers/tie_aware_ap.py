"""Answers to the exercise of notebook 04."""

from fractions import Fraction
from itertools import pairwise, permutations

import numpy as np


def average_precision(relevant):
    hits = [rank for rank, is_relevant in enumerate(relevant, 1) if is_relevant]
    return sum(n / rank for n, rank in enumerate(hits, 1)) / max(len(hits), 1)


def solution(distances, relevant):
    total, items, found = 0.0, 0, 0
    for distance in sorted(set(distances)):
        group = [r for d, r in zip(distances, relevant, strict=True) if d == distance]
        n, m = len(group), sum(group)
        for t in range(1, n + 1):
            before = found + 1 + (t - 1) * (m - 1) / max(n - 1, 1)
            total += m / n * before / (items + t)
        items, found = items + n, found + m
    return total / found if found else 0.0


def solution_in(number):
    def answer(distances, relevant):
        total, items, found = number(0), 0, 0
        for distance in sorted(set(distances)):
            group = [r for d, r in zip(distances, relevant, strict=True) if d == distance]
            n, m = len(group), sum(group)
            for t in range(1, n + 1):
                before = number(found + 1) + number((t - 1) * (m - 1)) / number(max(n - 1, 1))
                total += number(m) / number(n) * before / number(items + t)
            items, found = items + n, found + m
        return total / number(max(found, 1))

    return answer


def every_order(distances, relevant):
    orders = permutations(range(len(distances)))
    allowed = [o for o in orders if all(distances[a] <= distances[b] for a, b in pairwise(o))]
    return np.mean([average_precision([relevant[i] for i in order]) for order in allowed])


def sorted_by(second):
    def answer(distances, relevant):
        order = sorted(range(len(distances)), key=lambda i: (distances[i], second(i, relevant)))
        return average_precision([relevant[i] for i in order])

    return answer


def best_and_worst(distances, relevant):
    best, worst = sorted_by(lambda i, r: not r[i]), sorted_by(lambda i, r: r[i])
    return (best(distances, relevant) + worst(distances, relevant)) / 2


def share_in_the_group(distances, relevant):
    total, items, found = 0.0, 0, 0
    for distance in sorted(set(distances)):
        group = [r for d, r in zip(distances, relevant, strict=True) if d == distance]
        items, found = items + len(group), found + sum(group)
        total += sum(group) * found / items
    return total / found if found else 0.0


def forgets_the_group_before(distances, relevant):
    values, weights = [], []
    for distance in sorted(set(distances)):
        group = [r for d, r in zip(distances, relevant, strict=True) if d == distance]
        values.append(solution([0] * len(group), group))
        weights.append(sum(group))
    return float(np.dot(values, weights) / max(sum(weights), 1))


def forgets_hits_before_a_tie(distances, relevant):
    total, items, found = 0.0, 0, 0
    for distance in sorted(set(distances)):
        group = [r for d, r in zip(distances, relevant, strict=True) if d == distance]
        n, m = len(group), sum(group)
        for t in range(1, n + 1):
            before = (found if n == 1 else 0) + 1 + (t - 1) * (m - 1) / max(n - 1, 1)
            total += m / n * before / (items + t)
        items, found = items + n, found + m
    return total / found if found else 0.0


RIGHT = {
    "solution": solution,
    "every permutation": every_order,
    "in fractions": solution_in(Fraction),
    "in float32": solution_in(np.float32),
}
WRONG = {
    "order of the database": sorted_by(lambda i, r: i),
    "best order": sorted_by(lambda i, r: not r[i]),
    "worst order": sorted_by(lambda i, r: r[i]),
    "mean of best and worst": best_and_worst,
    "precision at the end of the tie": share_in_the_group,
    "forgets the group before": forgets_the_group_before,
    "forgets the hits before a tie": forgets_hits_before_a_tie,
    "one for nothing": lambda d, r: solution(d, r) if any(r) else 1.0,
    "not sorted": lambda d, r: average_precision(r),
    "farthest first": lambda d, r: solution([-x for x in d], r),
    "a single item divides by zero": lambda d, r: solution(d, r) if len(set(d)) < len(d) else 0 / 0,
    "random order": lambda d, r: average_precision(np.random.default_rng(0).permutation(r)),
    "share of relevant items": lambda d, r: sum(r) / len(r),
}
