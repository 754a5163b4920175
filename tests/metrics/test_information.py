"""Mutual information of bits: what is known is found, what is not known stays at chance."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import mutual_info_score

from hashviz.metrics import binned, mutual_information


def test_a_bit_that_is_the_label_knows_its_whole_entropy():
    label = np.arange(40) % 4 == 0
    found = mutual_information(np.where(label, 1, -1)[:, None], {"label": label})
    entropy = -(0.25 * np.log2(0.25) + 0.75 * np.log2(0.75))
    assert found.values[0, 0] == pytest.approx(entropy)
    assert found.entropy[0] == pytest.approx(entropy)
    assert found.values[0, 0] > found.limit[0, 0]


def test_an_independent_bit_knows_nothing_and_chance_says_how_little_that_is(rng):
    n, c = 4000, 5
    bits = np.where(rng.random((n, 60)) < 0.5, -1, 1)
    found = mutual_information(bits, {"x": rng.integers(0, c, n)}, permutations=60)
    bias = (2 - 1) * (c - 1) / (2 * n * np.log(2))
    assert found.values.mean() == pytest.approx(bias, rel=0.3)
    assert found.baseline.mean() == pytest.approx(bias, rel=0.1)
    assert (found.values > found.limit).mean() < 0.15


def test_codes_that_know_nothing_fill_5_percent_of_the_cells_and_hardly_ever_a_table(rng):
    n, filled, tables = 200, [], []
    known = {f"x{i}": rng.integers(0, 2 + i % 3, n) for i in range(10)}
    for _ in range(25):
        found = mutual_information(rng.choice([-1, 1], (n, 8)), known, permutations=40)
        filled.append((found.values > found.limit).sum())
        tables.append((found.values > found.table_limit).any())
        assert (found.table_limit >= found.limit).all()
    assert np.mean(filled) == pytest.approx(0.05 * 8 * 10, rel=0.5)
    assert np.mean(tables) < 0.05 + 4 * (0.05 * 0.95 / 25) ** 0.5  # and not nearly all of them


@given(st.integers(1, 30), st.integers(1, 5), st.integers(0, 99))
def test_values_are_those_of_scikit_learn_in_bits(n, values, seed):
    rng = np.random.default_rng(seed)
    codes = np.where(rng.random((n, 3)) < 0.4, -1, 1)
    x, y = rng.integers(0, values, n), rng.random(n) < 0.5
    found = mutual_information(codes, {"x": x, "y": y}, permutations=2)
    for bit in range(3):
        for place, known in enumerate((x, y)):
            expected = mutual_info_score(codes[:, bit], known) / np.log(2)
            assert found.values[bit, place] == pytest.approx(max(expected, 0), abs=1e-6)


def test_the_same_seed_shuffles_the_same_way(rng):
    codes, x = np.where(rng.random((50, 4)) < 0.5, -1, 1), {"x": rng.integers(0, 3, 50)}
    one, two = mutual_information(codes, x), mutual_information(codes, x)
    np.testing.assert_array_equal(one.limit, two.limit)


def test_nothing_to_know_is_a_matrix_without_columns():
    assert mutual_information([[1, -1]], {}).values.shape == (2, 0)
    constant = mutual_information([[1, -1], [1, 1]], {"x": [3, 3]})
    assert constant.values.tolist() == [[0], [0]]
    assert constant.entropy.tolist() == [0]


@pytest.mark.parametrize(
    ("codes", "x", "message"),
    [
        (np.ones((0, 2)), [], "at least one image"),
        (np.ones((2, 2)), [1, 2, 3], "one whole number for each of the 2 images"),
        (np.ones((2, 2)), [0.5, 1.5], "see `binned`"),
    ],
)
def test_what_cannot_be_counted_is_refused(codes, x, message):
    with pytest.raises(ValueError, match=message):
        mutual_information(codes, {"x": x})


def test_bins_hold_equally_many():
    assert np.bincount(binned(np.arange(100.0))).tolist() == [25] * 4
    assert binned(np.zeros(0)).tolist() == []
    assert set(binned(np.ones(5)).tolist()) == {0}
