"""The health of bits on codes whose answer is plain to see."""

import numpy as np
import pytest

from hashviz import metrics
from hashviz.codes import sign
from hashviz.metrics import DistanceCounts

# constant, balanced, its complement, its duplicate, one in four
CODES = np.array(
    [
        [1, 1, -1, 1, -1],
        [1, 1, -1, 1, -1],
        [1, -1, 1, -1, -1],
        [1, -1, 1, -1, 1],
    ],
    np.int8,
)


def test_balance_and_entropy_of_each_bit() -> None:
    np.testing.assert_array_equal(metrics.bit_balance(CODES), [1, 0, 0, 0, -1 / 2])
    quarter = -(1 / 4 * np.log2(1 / 4) + 3 / 4 * np.log2(3 / 4))
    np.testing.assert_allclose(metrics.bit_entropy(CODES), [0, 1, 1, 1, quarter], atol=1e-15)


def test_correlation_is_pearson_and_zero_for_a_constant_bit(rng: np.random.Generator) -> None:
    codes = sign(rng.standard_normal((50, 6)))
    np.testing.assert_allclose(
        metrics.bit_correlation(codes), np.corrcoef(codes.T.astype(float)), atol=1e-14
    )
    assert not metrics.bit_correlation(CODES)[0].any()
    assert metrics.bit_correlation(CODES)[1, 2] == -1


def test_mean_correlation_leaves_each_bit_itself_out() -> None:
    off = [abs(metrics.bit_correlation(CODES)[i, j]) for i in range(5) for j in range(5) if i != j]
    assert metrics.mean_correlation(CODES) == pytest.approx(sum(off) / 20)
    assert metrics.mean_correlation([[1], [-1]]) == 0


def test_duplicates_and_complements_are_one_useful_bit() -> None:
    assert metrics.bit_groups(CODES) == [[1, 2, 3]]
    np.testing.assert_array_equal(metrics.constant_bits(CODES), [True, False, False, False, False])
    assert metrics.useful_bits(CODES) == 2
    assert metrics.distinct_codes(CODES) == 3


def test_one_code_that_differs_is_enough_for_a_bit_to_say_something() -> None:
    codes = np.ones((10_000, 2), np.int8)
    codes[-1, 0] = -1
    np.testing.assert_array_equal(metrics.constant_bits(codes), [False, True])
    assert metrics.useful_bits(codes) == 1


def test_rank_counts_bits_that_no_others_determine(rng: np.random.Generator) -> None:
    assert metrics.correlation_rank(CODES) == 2  # constant, three alike, one of its own
    every = np.array([[(n >> k & 1) * 2 - 1 for k in range(4)] for n in range(16)])
    assert metrics.correlation_rank(every) == 4
    three_codes = sign(rng.standard_normal((3, 12)))[rng.integers(0, 3, 50)]
    assert metrics.correlation_rank(three_codes) == 3 - 1
    centered = three_codes - three_codes.mean(0)
    assert np.linalg.matrix_rank(centered) == 3 - 1


def test_collapsed_codes_have_no_useful_bit() -> None:
    same = np.ones((10, 8), np.int8)
    assert metrics.useful_bits(same) == 0
    assert metrics.distinct_codes(same) == 1
    assert metrics.mean_correlation(same) == 0
    assert metrics.correlation_rank(same) == 0


def test_quantization_error_vanishes_on_codes_and_both_forms_agree(
    rng: np.random.Generator,
) -> None:
    assert metrics.quantization_error(CODES) == (0, 0)
    outputs = rng.standard_normal((20, 7)).astype(np.float32)
    one, other = metrics.quantization_error(outputs)
    assert one == pytest.approx(other, rel=1e-12)
    assert one == pytest.approx(np.mean([(abs(float(u)) - 1) ** 2 for u in outputs.flat]))


def test_distance_histogram_holds_every_pair_once() -> None:
    counts = DistanceCounts(np.array([[1, 2], [0, 3]]), np.array([[1, 0], [0, 2]]), database=3)
    similar, others = metrics.distance_histogram(counts)
    np.testing.assert_array_equal(similar, [1, 2])
    np.testing.assert_array_equal(others, [0, 3])


def test_no_codes_and_no_outputs_are_refused() -> None:
    with pytest.raises(ValueError, match=r"at least one code, got shape \(0, 4\)"):
        metrics.bit_balance(np.ones((0, 4)))
    with pytest.raises(ValueError, match=r"Outputs are a matrix \[n, bits\] with values"):
        metrics.quantization_error(np.ones(3))
