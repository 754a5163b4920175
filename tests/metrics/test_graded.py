"""Graded metrics against the mean over every order inside ties."""

from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashviz.metrics import GainCounts, acg, average_precision, ndcg, weighted_average_precision

Groups = list[list[int]]


def gains_of(groups: Groups) -> GainCounts:
    grades = max([grade for group in groups for grade in group] + [1]) + 1
    table = np.array([[np.bincount(group, minlength=grades) for group in groups]], np.int64)
    return GainCounts(table, database=int(table.sum()))


def dcg(ranking: list[int]) -> float:
    return sum((2**r - 1) / np.log2(1 + i) for i, r in enumerate(ranking, start=1))


def slow_ndcg(ranking: list[int], k: int) -> float:
    ideal = dcg(sorted(ranking, reverse=True)[:k])
    return dcg(ranking[:k]) / ideal if ideal else 0.0


def slow_acg(ranking: list[int], k: int) -> float:
    return sum(ranking[:k]) / k


def slow_wap(ranking: list[int], k: int) -> float:
    at_relevant = [slow_acg(ranking, i) for i in range(1, k + 1) if ranking[i - 1] > 0]
    return sum(at_relevant) / len(at_relevant) if at_relevant else 0.0


small = st.lists(st.lists(st.integers(0, 3), max_size=4), min_size=1, max_size=4).filter(
    lambda groups: 0 < sum(map(len, groups)) <= 7
)


@pytest.mark.parametrize(
    ("metric", "slow"),
    [(ndcg, slow_ndcg), (acg, slow_acg), (weighted_average_precision, slow_wap)],
)
@given(groups=small, cut=st.one_of(st.none(), st.integers(1, 9)))
def test_expected_value_is_the_mean_over_all_orders(metric, slow, groups, cut) -> None:
    counts = gains_of(groups)
    k = counts.database if cut is None else min(cut, counts.database)
    values = [
        slow([grade for group in order for grade in group], k)
        for order in product(*(permutations(group) for group in groups))
    ]
    np.testing.assert_allclose(metric(counts, cut), [np.mean(values)], rtol=0, atol=1e-12)


@given(groups=small, cut=st.one_of(st.none(), st.integers(1, 9)))
def test_wap_of_one_grade_is_average_precision(groups: Groups, cut: int | None) -> None:
    counts = gains_of([[min(grade, 1) for grade in group] for group in groups])
    np.testing.assert_allclose(
        weighted_average_precision(counts, cut),
        average_precision(counts.distance_counts(), cut),
        atol=1e-14,
    )


def test_the_ideal_order_has_ndcg_one_and_no_relevant_items_zero() -> None:
    ideal, nothing = gains_of([[3], [2, 2], [1], [0]]), gains_of([[0, 0]])
    assert ndcg(ideal)[0] == pytest.approx(1, abs=1e-15)
    assert (ndcg(nothing), acg(nothing), weighted_average_precision(nothing)) == (0, 0, 0)


def test_a_graded_ranking_cannot_be_cut_before_its_first_item() -> None:
    with pytest.raises(ValueError, match="k >= 1 items, got k=0"):
        ndcg(gains_of([[1]]), k=0)
