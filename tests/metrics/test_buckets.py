"""Buckets and balls against slow loops over all pairs; and the birthday problem."""

from itertools import combinations, product
from math import comb, prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashviz import metrics
from hashviz.metrics import DistanceCounts, buckets, collision_chance, expected_pairs


@given(
    n=st.integers(0, 25), bits=st.integers(1, 5), classes=st.integers(0, 4), seed=st.integers(0, 99)
)
def test_pairs_and_strangers_are_those_of_a_loop_over_all_pairs(n, bits, classes, seed):
    rng = np.random.default_rng(seed)
    codes = rng.choice([-1, 1], (n, bits)).astype(np.int8)
    labels = rng.random((n, classes)) < 0.4
    found = buckets(codes, labels)
    strange_pairs = np.zeros(len(found.sizes), int)
    stranger = np.zeros(n, bool)
    pairs = 0
    for i, j in combinations(range(n), 2):
        same = bool((codes[i] == codes[j]).all())
        assert same == (found.bucket[i] == found.bucket[j])
        pairs += same
        strange = same and not (labels[i] & labels[j]).any()
        strange_pairs[found.bucket[i]] += strange
        stranger[[i, j]] |= strange
    assert found.pairs == pairs
    np.testing.assert_array_equal(found.strange_pairs, strange_pairs)
    by_bucket = np.bincount(found.bucket, stranger, len(found.sizes))
    np.testing.assert_array_equal(found.strangers, by_bucket)
    np.testing.assert_array_equal(found.sizes, np.bincount(found.bucket))
    assert (np.diff(found.sizes) <= 0).all()


def test_class_indices_are_labels_too():
    codes = np.array([[1], [1], [1], [-1]])
    assert buckets(codes, [0, 1, 1, 1]).strange_pairs.tolist() == [2, 0]


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


@pytest.mark.parametrize(("n", "bits"), [(1, 1), (2, 1), (5, 3), (23, 8), (300, 16), (9, 64)])
def test_the_birthday_problem_is_its_product(n, bits):
    apart = prod(1 - i / 2**bits for i in range(n))
    assert collision_chance(n, bits) == pytest.approx(1 - apart, abs=1e-12)


def test_more_images_than_codes_must_collide():
    assert collision_chance(5, 2) == 1.0
    assert collision_chance(4, 2) < 1.0


def test_chance_collides_as_often_as_expected():
    rng = np.random.default_rng(0)
    found = [
        buckets(rng.choice([-1, 1], (64, 8)), np.zeros((64, 1), bool)).pairs for _ in range(400)
    ]
    assert np.mean(found) == pytest.approx(expected_pairs(64, 8), rel=0.08)
    share = np.mean([pairs > 0 for pairs in found])
    assert share == pytest.approx(collision_chance(64, 8), abs=0.02)
