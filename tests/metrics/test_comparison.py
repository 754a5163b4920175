"""Intervals over seeds."""

from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from hashviz.metrics.comparison import (
    groups,
    holm,
    mean_interval,
    paired_difference,
    paired_p_value,
    shapley_values,
)


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
    for values, reference in (([1.0], [1.0, 2.0]), ([1.0, 2.0], [1.0])):
        with pytest.raises(ValueError, match="needs pairs, got"):
            paired_difference(values, reference)


def test_the_p_value_is_that_of_the_paired_t_test(rng: np.random.Generator) -> None:
    x, y = rng.standard_normal((2, 5))
    assert paired_p_value(x.tolist(), y.tolist()) == pytest.approx(stats.ttest_rel(x, y).pvalue)
    assert paired_p_value([0.5], [0.1]) is None
    assert paired_p_value([0.5, 0.6], [0.5, 0.6]) == 1
    assert paired_p_value([0.5, 0.75], [0.25, 0.5]) == 0  # no spread at all


@given(st.lists(st.integers(-9, 9).map(float), min_size=2, max_size=6))
def test_the_p_value_is_small_where_the_interval_leaves_zero_out(differences: list[float]) -> None:
    zero = [0.0] * len(differences)
    mean, half = paired_difference(differences, zero)
    p = paired_p_value(differences, zero)
    assert half is not None
    assert p is not None
    if abs(abs(mean) - half) > 1e-9:
        assert (p < 0.05) == (abs(mean) > half)


@given(st.lists(st.integers(0, 1000).map(lambda n: n / 1000), max_size=8), st.floats(0.001, 0.5))
def test_holm_rejects_step_by_step(p_values: list[float], level: float) -> None:
    rejected = [False] * len(p_values)
    left = sorted(range(len(p_values)), key=lambda i: p_values[i])
    while left and len(left) * p_values[left[0]] < level:  # one stays: all that follow stay
        rejected[left.pop(0)] = True
    assert [p < level for p in holm(p_values)] == rejected


def test_a_group_is_what_cannot_be_told_from_its_leader(rng: np.random.Generator) -> None:
    shared, noise = rng.standard_normal(5), 0.01 * rng.standard_normal((4, 5))
    levels = {"far": 0.0, "best": 3.0, "near": 2.999, "other": 0.001}
    rows = {n: (shared + v + e).tolist() for (n, v), e in zip(levels.items(), noise, strict=True)}
    first, second = groups(rows)
    assert (set(first), set(second)) == ({"best", "near"}, {"far", "other"})
    leader, *others = first
    mean = np.subtract(rows[others[0]], rows[leader]).mean()
    assert mean < 0
    assert first[others[0]].difference.mean == pytest.approx(mean)
    assert [list(g) for g in groups({"a": [0.1], "b": [0.9]})] == [["b", "a"]]  # one seed


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
