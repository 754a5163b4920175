"""What changes between two rankings, against every order of the ties."""

from itertools import permutations

import numpy as np
import pytest

from hashviz import metrics


def orders(apart):
    """All rankings that a search may give: any order inside equal distances."""
    every = permutations(range(len(apart)))
    return [order for order in every if all(np.diff(np.asarray(apart)[list(order)]) >= 0)]


@pytest.mark.parametrize("k", [1, 2, 3, 5, 9])
def test_changes_are_the_mean_over_all_orders_of_both_runs(k, rng):
    first, second = ((rng.integers(0, 2, (3, 2)), rng.integers(0, 2, (5, 2))) for _ in range(2))
    found = metrics.changed_results(first, second, k)
    taken = min(k, 5)
    for query in range(3):
        sets = [
            [set(order[:taken]) for order in orders((items != queries[query]).sum(1))]
            for queries, items in (first, second)
        ]
        for value, (a, b) in zip(
            (found.other[query], found.itself[query]), ((0, 1), (0, 0)), strict=True
        ):
            shared = np.mean([len(x & y) for x in sets[a] for y in sets[b]])
            assert value == pytest.approx(1 - shared / taken)


def test_equal_codes_shuffle_everything_and_distinct_ones_nothing():
    alike = np.ones((2, 6)), np.ones((100, 6))
    assert metrics.changed_results(alike, alike, 10).itself.tolist() == pytest.approx([0.9, 0.9])
    apart = np.ones((1, 4)), np.tril(-np.ones((4, 4))) + np.triu(np.ones((4, 4)), 1)
    assert metrics.changed_results(apart, apart, 2) == (pytest.approx([0]), pytest.approx([0]))


def test_more_queries_than_fit_at_once_are_all_answered(rng):
    run = rng.integers(0, 2, (150, 8)), rng.integers(0, 2, (30, 8))
    other = rng.integers(0, 2, (150, 5)), rng.integers(0, 2, (30, 5))
    together = metrics.changed_results(run, other, 7).other
    one = [
        metrics.changed_results((run[0][[i]], run[1]), (other[0][[i]], other[1]), 7).other[0]
        for i in range(150)
    ]
    np.testing.assert_allclose(together, one)


def test_runs_on_other_images_are_refused():
    with pytest.raises(ValueError, match=r"\[1, 2\] and \[1, 3\]"):
        metrics.changed_results((np.ones((1, 4)), np.ones((2, 4))),
                                (np.ones((1, 4)), np.ones((3, 4))), 1)  # fmt: skip
    with pytest.raises(ValueError, match="k >= 1"):
        metrics.changed_results((np.ones((1, 4)), np.ones((2, 4))),
                                (np.ones((1, 4)), np.ones((2, 4))), 0)  # fmt: skip


@pytest.mark.parametrize("k", [1, 4, 30])
def test_a_flipped_bit_drives_out_what_a_new_search_no_longer_finds(k, rng):
    query, database = rng.choice([-1, 1], 6), rng.choice([-1, 1], (20, 6))

    def first(code):
        return set(sorted(range(20), key=lambda i: ((database[i] != code).sum(), i))[:k])

    flips = query * (1 - 2 * np.eye(6, dtype=int))
    expected = [len(first(query) - first(flipped)) for flipped in flips]
    assert metrics.leaving_results(query, database, k).tolist() == expected
    with pytest.raises(ValueError, match=r"of that length, got \(20, 6\)"):
        metrics.leaving_results(query[:5], database, k)
