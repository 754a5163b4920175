"""Answers to the exercise of notebook 02."""

from itertools import combinations


def probes(query, table, bits, radius, ordered=sorted):
    hits = []
    for distance in range(radius + 1):
        found = []
        for places in combinations(range(bits), distance):
            found += table.get(query ^ sum(1 << place for place in places), [])
        hits += ordered(found)
    return hits


def scan(query, table, bits, radius):
    near = [((query ^ code).bit_count(), i) for code, ids in table.items() for i in ids]
    return tuple(i for away, i in sorted(near) if away <= radius)


def crashes_on_empty_cells(query, table, bits, radius):
    return [i for bit in range(bits) for i in table[query ^ 1 << bit]]


def fills_the_table(query, table, bits, radius):
    hits = probes(query, table, bits, radius)
    table.setdefault(query, [])
    table[-1] = []
    return hits


RIGHT = {"solution": probes, "a scan": scan}
WRONG = {
    "own cell only": lambda q, t, b, r: sorted(t.get(q, [])),
    "without the own cell": lambda q, t, b, r: [
        i for i in scan(q, t, b, r) if i not in t.get(q, [])
    ],
    "as they come": lambda q, t, b, r: probes(q, t, b, r, ordered=list),
    "by id alone": lambda q, t, b, r: sorted(scan(q, t, b, r)),
    "last ring missing": lambda q, t, b, r: probes(q, t, b, max(r - 1, 0)),
    "one ring too many": lambda q, t, b, r: probes(q, t, b, min(r + 1, b)),
    "larger id first": lambda q, t, b, r: probes(q, t, b, r, ordered=lambda f: sorted(f)[::-1]),
    "one id per cell": lambda q, t, b, r: probes(q, {c: i[:1] for c, i in t.items()}, b, r),
    "radius 3 at most": lambda q, t, b, r: probes(q, t, b, min(r, 3)),
    "one flip at most": lambda q, t, b, r: probes(q, t, b, min(r, 1)),
    "adds instead of flipping": lambda q, t, b, r: sorted(t.get(q, [])) + sorted(t.get(q + 1, [])),
    "crashes on empty cells": crashes_on_empty_cells,
    "fills the table": fills_the_table,
    "a set": lambda q, t, b, r: set(scan(q, t, b, r)),
}
