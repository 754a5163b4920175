"""What a search touches, against tables that are really built and really looked up."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashviz.metrics import Probing, multi_index_probing, scan_probing, table_probing


def ball(address: tuple[int, ...], radius: int) -> list[tuple[int, ...]]:
    """All addresses that differ from one in exactly `radius` bits."""
    cells = []
    for flips in combinations(range(len(address)), radius):
        cells.append(tuple(-b if i in flips else b for i, b in enumerate(address)))
    return cells


def look_up(query: np.ndarray, codes: np.ndarray, k: int, tables: int) -> tuple[Probing, list[int]]:
    """Multi-index hashing as it is told: dictionaries, balls, candidates."""
    parts = np.array_split(np.arange(len(query)), tables)
    built: list[dict[tuple[int, ...], list[int]]] = [{} for _ in parts]
    for row, code in enumerate(codes):
        for table, part in zip(built, parts, strict=True):
            table.setdefault(tuple(code[part].tolist()), []).append(row)
    candidates: set[int] = set()
    cells = 0
    for radius in range(len(query) + 1):
        for table, part in zip(built, parts, strict=True):
            for cell in ball(tuple(query[part].tolist()), radius):
                cells += 1
                candidates |= set(table.get(cell, ()))
        distances = {row: int((codes[row] != query).sum()) for row in candidates}
        order = sorted(candidates, key=lambda row: (distances[row], row))[:k]
        if len(order) == k and distances[order[-1]] < tables * (radius + 1):
            return Probing(radius, cells, len(candidates)), order
    raise AssertionError("Nothing is farther than all bits.")


@given(
    bits=st.integers(1, 7), n=st.integers(1, 30), k=st.integers(1, 5), tables=st.integers(1, 4),
    seed=st.integers(0, 99),
)  # fmt: skip
def test_tables_are_looked_up_until_the_nearest_are_certain(bits, n, k, tables, seed):
    rng = np.random.default_rng(seed)
    codes = rng.choice([-1, 1], (n, bits)).astype(np.int8)
    query = rng.choice([-1, 1], bits).astype(np.int8)
    k, tables = min(k, n), min(tables, bits)
    expected, rows = look_up(query, codes, k, tables)
    assert multi_index_probing(query, codes, k, tables) == expected
    far = (codes != query).sum(1)
    exact = np.lexsort((np.arange(n), far))[:k]
    assert rows[: len(exact)] == exact.tolist()
    one, _ = look_up(query, codes, k, 1)
    assert table_probing(query, codes, k) == one


def test_a_code_at_the_edge_is_not_certain_yet():
    """Its distance of 2 could be had by another one that differs once in either part."""
    far = multi_index_probing([1, 1, 1, 1], [[1, 1, -1, -1]], 1, tables=2)
    assert far == Probing(radius=1, cells=6, touched=1)
    near = multi_index_probing([1, 1, 1, 1], [[1, 1, 1, -1]], 1, tables=2)
    assert near == Probing(radius=0, cells=2, touched=1)


def test_a_scan_touches_everything():
    assert scan_probing(np.ones((7, 3), np.int8)) == Probing(0, 0, 7)


def test_parts_have_about_sixteen_bits():
    codes = np.ones((4, 64), np.int8)
    assert multi_index_probing(codes[0], codes, 2).cells == 4
    assert multi_index_probing(codes[0][:8], codes[:, :8], 2).cells == 1


def test_there_must_be_something_to_look_for():
    codes = np.ones((3, 4), np.int8)
    for k in (0, -1):
        with pytest.raises(ValueError, match="k >= 1"):
            table_probing(codes[0], codes, k)
    with pytest.raises(ValueError, match="1 to 4 parts, got tables=5"):
        multi_index_probing(codes[0], codes, 1, 5)
    assert table_probing(codes[0], codes, 99).touched == 3
