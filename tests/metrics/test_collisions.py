"""Images with the same code, against loops over all pairs; and the birthday problem."""

from itertools import combinations
from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashviz.metrics import buckets, collision_chance, collisions, expected_pairs


@given(
    n=st.integers(0, 25), bits=st.integers(1, 5), classes=st.integers(1, 4), seed=st.integers(0, 99)
)
def test_pairs_and_strangers_are_those_of_a_loop_over_all_pairs(n, bits, classes, seed):
    rng = np.random.default_rng(seed)
    codes = rng.choice([-1, 1], (n, bits)).astype(np.int8)
    labels = rng.random((n, classes)) < 0.4
    found = collisions(codes, labels)
    strange = np.zeros(len(found.sizes), int)
    pairs = 0
    for i, j in combinations(range(n), 2):
        same = bool((codes[i] == codes[j]).all())
        assert same == (found.bucket[i] == found.bucket[j])
        pairs += same
        strange[found.bucket[i]] += same and not (labels[i] & labels[j]).any()
    assert found.pairs == pairs
    np.testing.assert_array_equal(found.strange, strange)
    np.testing.assert_array_equal(found.sizes, np.bincount(found.bucket))
    assert (np.diff(found.sizes) <= 0).all()
    np.testing.assert_array_equal(found.sizes, buckets(codes, labels).sizes)


def test_class_indices_are_labels_too():
    codes = np.array([[1], [1], [1], [-1]])
    assert collisions(codes, [0, 1, 1, 1]).strange.tolist() == [2, 0]


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
        collisions(rng.choice([-1, 1], (64, 8)), np.zeros((64, 1), bool)).pairs for _ in range(400)
    ]
    assert np.mean(found) == pytest.approx(expected_pairs(64, 8), rel=0.08)
    share = np.mean([pairs > 0 for pairs in found])
    assert share == pytest.approx(collision_chance(64, 8), abs=0.02)
