"""Buckets and balls against slow loops."""

from itertools import product
from math import comb

import numpy as np
import pytest

from hashviz import metrics
from hashviz.metrics import DistanceCounts


@pytest.mark.parametrize("bits", [1, 3, 12])
def test_strangers_are_counted_as_a_loop_over_pairs_counts_them(bits, rng):
    n = 60
    codes = np.where(rng.random((n, bits)) < 0.5, -1, 1).astype(np.int8)
    labels = rng.random((n, 4)) < 0.3
    found = {}
    for i in range(n):
        size, stranger = found.get(codes[i].tobytes(), (0, 0))
        meets = any(
            i != j and (codes[i] == codes[j]).all() and not (labels[i] & labels[j]).any()
            for j in range(n)
        )
        found[codes[i].tobytes()] = size + 1, stranger + meets
    sizes, strangers = metrics.buckets(codes, labels)
    assert sorted(zip(sizes.tolist(), strangers.tolist(), strict=True)) == sorted(found.values())
    assert sizes.tolist() == sorted(sizes.tolist(), reverse=True)


def test_no_codes_have_no_buckets():
    sizes, strangers = metrics.buckets(np.zeros((0, 4), np.int8), np.zeros((0, 2), bool))
    assert len(sizes) == len(strangers) == 0


def test_the_mean_ball_holds_what_lies_within_the_radius(rng):
    total = rng.integers(0, 5, (6, 9))
    counts = DistanceCounts(total, np.zeros_like(total), database=int(total.sum(1).max()))
    expected = [np.mean([row[: r + 1].sum() for row in total]) for r in range(9)]
    np.testing.assert_allclose(metrics.ball_sizes(counts), expected)


def test_a_ball_holds_binomially_many_codes_and_in_the_end_all():
    assert metrics.ball_cells(10).tolist() == [
        sum(comb(10, i) for i in range(r + 1)) for r in range(11)
    ]
    assert metrics.ball_cells(64)[-1] == 2.0**64


def test_chance_sizes_are_the_mean_over_every_assignment_of_codes():
    n, bits = 4, 1
    share = np.zeros(n)
    for cells in product(range(2**bits), repeat=n):
        for cell in cells:
            share[cells.count(cell) - 1] += 1 / n
    np.testing.assert_allclose(metrics.chance_sizes(n, bits, n), share / 2 ** (bits * n))
    assert metrics.chance_sizes(3, 8, 5).sum() == pytest.approx(1)
    assert metrics.chance_sizes(1_000_000, 64, 3)[0] == pytest.approx(1)
