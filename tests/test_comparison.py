"""Intervals over seeds."""

from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from hashviz.comparison import mean_interval, paired_difference, shapley_values


def test_the_interval_is_students(rng: np.random.Generator) -> None:
    x = rng.standard_normal(5)
    low, high = stats.t.interval(0.95, 4, x.mean(), stats.sem(x))
    mean, half = mean_interval(x.tolist())
    assert half is not None
    assert (mean - half, mean + half) == pytest.approx((low, high))


def test_ninety_five_of_a_hundred_intervals_hold_the_truth(rng: np.random.Generator) -> None:
    def holds() -> bool:
        mean, half = mean_interval(rng.standard_normal(4).tolist())
        assert half is not None
        return abs(mean) <= half

    share = np.mean([holds() for _ in range(2000)])
    assert share == pytest.approx(0.95, abs=4 * (0.95 * 0.05 / 2000) ** 0.5)


def test_what_the_seeds_share_cancels() -> None:
    base = [0.1, 0.9, 0.5]
    assert paired_difference([b + 0.25 for b in base], base).half_width == pytest.approx(0)


def test_one_value_has_no_interval_and_none_has_no_mean() -> None:
    assert mean_interval([0.5]).half_width is None
    with pytest.raises(ValueError, match="at least one value"):
        mean_interval([])
    with pytest.raises(ValueError, match="equally many"):
        paired_difference([1.0], [1.0, 2.0])


@given(st.integers(1, 4), st.data())
def test_a_shapley_value_is_the_mean_gain_over_all_orders(n: int, data: st.DataObject) -> None:
    parts = "abcd"[:n]
    subsets = [frozenset(s) for size in range(n + 1) for s in combinations(parts, size)]
    drawn = data.draw(st.lists(st.floats(-1, 1), min_size=2**n, max_size=2**n))
    score = dict(zip(subsets, drawn, strict=True))
    gains: dict[str, list[float]] = {part: [] for part in parts}
    for order in permutations(parts):
        on: frozenset[str] = frozenset()
        for part in order:
            gains[part].append(score[on | {part}] - score[on])
            on |= {part}
    values = shapley_values(parts, score)
    assert values == pytest.approx({part: np.mean(gains[part]) for part in parts})
    assert sum(values.values()) == pytest.approx(score[frozenset(parts)] - score[frozenset()])
