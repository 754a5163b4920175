"""Notebook 02: search in a hash table, by looking into the cells around the query."""

from collections.abc import Iterator

import numpy as np

from hashviz_course.checks.exercise import Exercise, Rule, same_as

Table = dict[int, list[int]]
Case = tuple[int, Table, int, int]


def by_scan(query: int, table: Table, bits: int, radius: int) -> list[int]:
    """Measure every code and sort by (distance, id): the definition."""
    del bits
    away = {i: (query ^ code).bit_count() for code, ids in table.items() for i in ids}
    return sorted((i for i in away if away[i] <= radius), key=lambda i: (away[i], i))


def own_cell() -> Iterator[Case]:
    """Make searches of radius 0: the cell of the query, with one id, several or none."""
    yield 0, {0: [0]}, 1, 0
    yield 3, {3: [4, 7], 1: [2]}, 2, 0
    yield 2, {3: [1]}, 2, 0


def neighbors() -> Iterator[Case]:
    """Make searches of radius 1 and more, with ids in order of distance already."""
    yield 0, {0: [0], 1: [1]}, 1, 1
    yield 0, {0: [0], 2: [1], 3: [2]}, 2, 1
    yield 0, {0: [0], 3: [1]}, 2, 2
    yield 0, {5: [0], 7: [1], 15: [2]}, 4, 3


def unordered() -> Iterator[Case]:
    """Make tables whose cells and ids at equal distance are in no order."""
    yield 0, {1: [5], 2: [3]}, 2, 1
    yield 0, {0: [9], 1: [5, 8], 2: [3, 6]}, 2, 1
    yield 0, {4: [2], 1: [7], 2: [5], 0: [6]}, 3, 1


def random_tables() -> Iterator[Case]:
    """Make crowded and empty tables, with radii up to all bits."""
    rng = np.random.default_rng(3)
    for bits, count, radius in ((3, 4, 1), (4, 30, 2), (6, 20, 6), (8, 100, 2), (16, 300, 3)):
        table: Table = {}
        for i, code in zip(rng.permutation(count), rng.integers(0, 2**bits, count), strict=True):
            table.setdefault(int(code), []).append(int(i))
        yield int(rng.integers(0, 2**bits)), table, bits, radius


search = Exercise(
    name="search",
    notebook="02",
    passed="search finds everything within the radius, nearest first, equal distances by id.",
    rules=(
        Rule("Radius 0 finds the cell of the query.", own_cell, same_as(by_scan)),
        Rule("A larger radius finds neighbors too, nearest first.", neighbors, same_as(by_scan)),
        Rule("At equal distance the smaller id goes first.", unordered, same_as(by_scan)),
        Rule("It agrees with a scan of all codes.", random_tables, same_as(by_scan)),
    ),
    hints=(
        "Go through the distances 0, 1, ..., radius. At distance d, flip every choice of d of the "
        "bits and look into that cell.",
        "itertools.combinations(range(bits), d) gives the choices; code ^ (1 << place) flips a "
        "bit; table.get(code, []) is empty where there is no cell. Sort the ids of each distance.",
        "for each d: found = [i for places in combinations(range(bits), d) for i in "
        "table.get(query ^ sum(1 << p for p in places), [])]; then hits += sorted(found)",
    ),
    library=by_scan,
)
