"""Tie-aware metrics against the mean over every order inside ties, and against slow loops."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import permutations, product
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashviz import metrics
from hashviz.metrics import DistanceCounts

DIALECTS = sorted(metrics.DIALECTS)
Groups = list[list[int]]


def counts_of(groups: Groups) -> DistanceCounts:
    total = np.array([[len(group) for group in groups]])
    relevant = np.array([[sum(g > 0 for g in group) for group in groups]])
    return DistanceCounts(total, relevant, database=int(total.sum()))


def orders(groups: Groups) -> Iterator[list[int]]:
    """Every ranking that the ties allow; equal ones as often as they occur."""
    for order in product(*(permutations(group) for group in groups)):
        yield [grade for group in order for grade in group]


def ap(ranking: list[int], k: int | None, dialect: str) -> float:
    """Average precision of one ranking by its definition."""
    k = len(ranking) if k is None else k
    hits, precisions = 0, []
    for rank, relevant in enumerate(ranking[:k], start=1):
        if relevant:
            hits += 1
            precisions.append(Fraction(hits, rank))
    everything = sum(ranking)
    divisor = {
        "hits": hits,
        "answered": hits,
        "relevant": everything,
        "reachable": min(everything, k),
    }[dialect]
    if divisor == 0:
        return float("nan") if dialect == "answered" else 0.0
    return float(sum(precisions, Fraction(0)) / divisor)


small = st.lists(st.lists(st.integers(0, 1), max_size=4), min_size=1, max_size=4).filter(
    lambda groups: 0 < sum(map(len, groups)) <= 7
)
cuts = st.one_of(st.none(), st.integers(1, 9))


def mean(values: list[float]) -> float:
    known = [v for v in values if not np.isnan(v)]
    return sum(known) / len(known) if known else float("nan")


@pytest.mark.parametrize("dialect", DIALECTS)
@given(groups=small, k=cuts)
def test_expected_and_bounds_are_those_of_all_orders(
    dialect: str, groups: Groups, k: int | None
) -> None:
    values = [ap(order, k, dialect) for order in orders(groups)]
    counts = counts_of(groups)
    expected = mean(values)
    known = [v for v in values if not np.isnan(v)] or [float("nan")]
    close: Callable[..., None] = np.testing.assert_allclose
    for ties, value in zip(metrics.TIE_ORDERS, (expected, max(known), min(known)), strict=True):
        score = metrics.average_precision(counts, k, dialect, ties)
        close(score, [value], rtol=0, atol=1e-12)


@pytest.mark.parametrize("dialect", DIALECTS)
@given(groups=small, k=cuts)
def test_chance_is_the_mean_over_orders_of_the_whole_database(
    dialect: str, groups: Groups, k: int | None
) -> None:
    ranking = [grade for group in groups for grade in group]
    chance = mean([ap(list(order), k, dialect) for order in permutations(ranking)])
    got = metrics.chance_average_precision(counts_of(groups), k, dialect)
    np.testing.assert_allclose(got, [chance], rtol=0, atol=1e-12)


def test_chance_over_all_ranks_has_the_closed_form_of_its_docstring() -> None:
    items, relevant = 1000, 100
    harmonic = sum(1 / i for i in range(1, items + 1))
    formula = (relevant - 1) / (items - 1) + (items - relevant) / (items - 1) * harmonic / items
    counts = DistanceCounts(np.array([[400, 600]]), np.array([[99, 1]]), database=items)
    assert metrics.chance_average_precision(counts)[0] == pytest.approx(formula, abs=1e-14)
    assert formula > relevant / items


def test_divided_by_hits_a_further_hit_can_lower_the_score() -> None:
    """The anomaly of the field's usual divisor: [+ - +] scores less than [+ - -]."""
    with_hit, without = counts_of([[1], [0], [1], [1]]), counts_of([[1], [0], [0], [1]])
    assert metrics.average_precision(with_hit, 3)[0] == pytest.approx((1 + 2 / 3) / 2)
    assert metrics.average_precision(without, 3)[0] == 1
    by_all = metrics.average_precision(with_hit, 3, "relevant")
    assert by_all > metrics.average_precision(without, 3, "relevant")


def test_collapsed_codes_score_chance_between_far_bounds() -> None:
    counts = DistanceCounts(np.array([[50_000]]), np.array([[5_000]]), database=50_000)
    expected = metrics.average_precision(counts)
    assert expected == metrics.chance_average_precision(counts)
    assert expected[0] == pytest.approx(0.1, abs=3e-4)
    assert metrics.average_precision(counts, ties="optimistic")[0] == 1
    assert metrics.average_precision(counts, ties="pessimistic")[0] < 0.06


def slow_expected(total: np.ndarray, relevant: np.ndarray) -> float:
    """Every rank of every tie, with exact fractions where they cancel."""
    items = found = 0
    terms = []
    for n, m in zip(total.tolist(), relevant.tolist(), strict=True):
        b = (m - 1) / (n - 1) if n > 1 else 0.0
        terms += [m / n * (found + 1 + (t - 1) * b) / (items + t) for t in range(1, n + 1)]
        items, found = items + n, found + m
    return float(np.sum(np.array(terms, np.longdouble)) / found)


def test_large_rankings_agree_with_the_sum_over_ranks(rng: np.random.Generator) -> None:
    total = rng.multinomial(60_000, np.ones(65) / 65, size=4)
    relevant = rng.binomial(total, np.linspace(0.9, 0.01, 65))
    total[3], relevant[3] = 0, 0
    total[3, [0, 1]], relevant[3, 1] = (59_998, 2), 2  # the worst case for cancellation
    counts = DistanceCounts(total, relevant, database=60_000)
    expected = [slow_expected(t, r) for t, r in zip(total, relevant, strict=True)]
    np.testing.assert_allclose(metrics.average_precision(counts), expected, rtol=1e-12, atol=1e-15)


def slow_expected_at(groups: tuple[np.ndarray, np.ndarray], k: int) -> float:
    """Dialect "hits" with the hypergeometric number of hits written out with fractions."""
    items = found = 0
    done = Fraction(0)

    def partial(taken: int, hits: int) -> Fraction:
        b = Fraction(hits - 1, taken - 1) if taken > 1 else Fraction(0)
        return sum(
            (
                Fraction(hits, taken) * (found + 1 + (t - 1) * b) / (items + t)
                for t in range(1, taken + 1)
            ),
            Fraction(0),
        )

    for n, m in zip(groups[0].tolist(), groups[1].tolist(), strict=True):
        taken = min(n, k - items)
        if taken < n:
            result = Fraction(0)
            for x in range(max(0, taken - n + m), min(m, taken) + 1):
                chance = Fraction(comb(m, x) * comb(n - m, taken - x), comb(n, taken))
                if found + x:
                    result += chance * (done + partial(taken, x)) / (found + x)
            return float(result)
        done += partial(n, m) if n else 0
        items, found = items + n, found + m
    return float(done / found)


@pytest.mark.parametrize("k", [7, 60, 150])
def test_a_large_cut_tie_agrees_with_the_sum_over_all_numbers_of_hits(k: int) -> None:
    total, relevant = np.array([5, 160, 20]), np.array([2, 30, 3])
    counts = DistanceCounts(total[None], relevant[None], database=185)
    got = metrics.average_precision(counts, k)[0]
    assert got == pytest.approx(slow_expected_at((total, relevant), k), rel=1e-12)


def test_every_query_is_scored_alone(rng: np.random.Generator) -> None:
    total = rng.integers(0, 9, (1200, 17))
    total[:, 0] += 200 - total.sum(1)
    relevant = rng.binomial(total, 0.3)
    counts = DistanceCounts(total, relevant, database=200)
    for k in (None, 3, 50):
        together = metrics.average_precision(counts, k)
        for i in (0, 511, 512, 1199):
            alone = DistanceCounts(total[i : i + 1], relevant[i : i + 1], database=200)
            assert metrics.average_precision(alone, k)[0] == pytest.approx(together[i], rel=1e-13)


@given(groups=small, k=cuts)
def test_precision_and_recall_at_a_rank_are_means_over_orders(groups: Groups, k: int) -> None:
    counts = counts_of(groups)
    k = counts.database if k is None else min(k, counts.database)
    hits = mean([sum(order[:k]) for order in orders(groups)])
    everything = sum(map(sum, groups))
    np.testing.assert_allclose(metrics.precision_at(counts, [k]), [[hits / k]], atol=1e-12)
    recall = hits / everything if everything else 0
    np.testing.assert_allclose(metrics.recall_at(counts, [k]), [[recall]], atol=1e-12)


@given(groups=small, k=cuts)
def test_invariants_of_rankings(groups: Groups, k: int | None) -> None:
    counts = counts_of(groups)
    for dialect in DIALECTS:
        if np.isnan(metrics.average_precision(counts, k, dialect)[0]):
            continue
        low, expected, high = (
            metrics.average_precision(counts, k, dialect, ties)[0]
            for ties in ("pessimistic", "expected", "optimistic")
        )
        assert 0 <= low <= expected + 1e-12
        assert expected <= high + 1e-12
        assert high <= 1 + 1e-12
    recall = metrics.recall_by_radius(counts)[0]
    assert (np.diff(recall) >= 0).all()
    assert recall[-1] == (1 if counts.relevant.any() else 0)
    by_rank = metrics.recall_at(counts, range(1, counts.database + 1))[0]
    assert (np.diff(by_rank) >= -1e-12).all()


def test_radius_curve_counts_hits_inside_each_ball() -> None:
    counts = counts_of([[], [1, 0], [1, 1, 0]])
    np.testing.assert_array_equal(
        metrics.precision_by_radius(counts, empty=np.nan), [[np.nan, 1 / 2, 3 / 5]]
    )
    np.testing.assert_array_equal(metrics.precision_by_radius(counts), [[0, 1 / 2, 3 / 5]])
    np.testing.assert_array_equal(metrics.recall_by_radius(counts), [[0, 1 / 3, 1]])
    np.testing.assert_array_equal(metrics.empty_balls(counts), [[True, False, False]])


def test_ranks_beyond_the_database_mean_all_of_it() -> None:
    counts = counts_of([[1, 0], [0]])
    assert metrics.precision_at(counts, [99])[0, 0] == 1 / 3
    assert metrics.average_precision(counts, 99) == metrics.average_precision(counts)


@pytest.mark.parametrize(
    "score",
    [
        lambda c, k: metrics.average_precision(c, k),
        lambda c, k: metrics.precision_at(c, [k]),
        lambda c, k: metrics.average_precision(c, k, ties="optimistic"),
    ],
)
@pytest.mark.parametrize("k", [0, -1])
def test_a_ranking_cannot_be_cut_before_its_first_item(score: Callable, k: int) -> None:
    with pytest.raises(ValueError, match=f"k >= 1 items, got k={k}; None means all"):
        score(counts_of([[1]]), k)


def test_unknown_words_list_the_known_ones() -> None:
    with pytest.raises(ValueError, match="Unknown dialect 'hit', did you mean 'hits'"):
        metrics.average_precision(counts_of([[1]]), dialect="hit")
    for score, k in ((metrics.average_precision, 1), (metrics.recall_at, [1])):
        with pytest.raises(ValueError, match="order of ties 'best'; choose from expected, optimis"):
            score(counts_of([[1]]), k, ties="best")


@given(groups=st.lists(st.lists(st.integers(0, 1), max_size=3), min_size=1, max_size=4))
def test_precision_at_n_is_bounded_by_its_best_and_worst_order(groups: Groups) -> None:
    n = sum(map(len, groups))
    if n == 0:
        return
    counts = counts_of(groups)
    best = metrics.precision_at(counts, range(1, n + 1), "optimistic")[0]
    worst = metrics.precision_at(counts, range(1, n + 1), "pessimistic")[0]
    for k in range(1, n + 1):
        values = [sum(order[:k]) / k for order in orders(groups)]
        assert best[k - 1] == pytest.approx(max(values))
        assert worst[k - 1] == pytest.approx(min(values))
