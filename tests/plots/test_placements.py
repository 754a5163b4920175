"""Figures about hash centers and codes around them, read back from their artists."""

import numpy as np
import pytest
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure

from hashviz import plots
from hashviz.centers import merge_centers, tied_bits


@pytest.fixture
def ax():
    return Figure(figsize=(6.4, 4)).subplots()


def labels_of(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_schemes_end_where_they_cannot_place_and_bounds_are_drawn(ax):
    sizes = np.array([2, 4, 8, 16])
    hadamard, greedy = np.array([12, 6, 6, np.nan]), np.array([12, 6, 5, 4])
    bound, certain = np.array([12, 8, 6, 6]), np.array([12, 5, 4, 3])
    plots.minimum_distances(
        sizes, {"hadamard": hadamard, "greedy": greedy}, bits=12, plotkin=bound,
        gilbert_varshamov=certain, ax=ax,
    )  # fmt: skip
    lines = {line.get_label(): line.get_ydata() for line in ax.lines}
    np.testing.assert_array_equal(lines["Hadamard"], hadamard)
    np.testing.assert_array_equal(lines["greedy"], greedy)
    np.testing.assert_array_equal(lines["Gilbert-Varshamov"], np.repeat(certain, 2))
    assert "impossible (Plotkin)" in labels_of(ax)
    assert [t.get_text() for t in ax.get_xticklabels()] == ["2", "4", "8", "16"]
    apart = marks_apart(ax, {"Hadamard", "greedy"})
    assert apart >= 1  # also where the schemes are equal
    assert [t.get_text() for t in ax.texts] == ["bits/2 = 6"]


def test_a_scheme_that_places_nothing_has_no_line(ax):
    plots.minimum_distances(
        np.array([2, 4]), {"none": np.full(2, np.nan), "some": np.array([4, 2])}, bits=4, ax=ax
    )
    assert labels_of(ax) == ["some"]


def marks_apart(ax, names):
    """The distance of the closest two marks of these lines, in widths of a mark."""
    lines = [line for line in ax.lines if line.get_label() in names]
    assert len(lines) == len(names)
    at = np.concatenate([ax.transData.transform(line.get_xydata()) for line in lines])
    at = at[np.isfinite(at).all(1)]
    far = np.abs(at[:, None] - at).max(2)
    size = lines[0].get_markersize() * ax.figure.dpi / 72
    return far[~np.eye(len(at), dtype=bool)].min() / size


def test_the_vote_counts_as_many_coins_as_the_centers_have_ties(ax):
    centers = np.array([[1, 1, 1, 1, -1], [1, -1, -1, 1, -1]], np.int8)
    both = np.ones((1, 2), bool)
    merged = merge_centers(both, centers)[0]
    plots.majority_vote(centers, merged, names=["cat", "dog"], ax=ax)
    coins = round(5 * float(tied_bits(both, centers)[0]))
    assert coins == 2
    assert f"coin toss: {coins}" in labels_of(ax)
    assert (ax.images[0].get_array() == centers).all()
    vote = ax.images[1].get_array()
    assert np.flatnonzero(vote[0] != vote[1]).tolist() == [1, 2]
    assert np.flatnonzero(ax.images[2].get_array().mask[0]).tolist() == [1, 2]
    fell = {x: line.get_color() for line in ax.lines for x in line.get_xdata()
            if line.get_marker() == "o"}  # fmt: skip
    tones = {1: plots.palette.PLUS, -1: plots.palette.MINUS}
    assert {bit: tones[int(merged[bit])] for bit in (1, 2)} == {bit: fell[bit] for bit in (1, 2)}
    rows = [t.get_text() for t in ax.get_yticklabels()]
    assert rows == ["cat", "dog", "majority vote", "kept apart"]


def test_three_labels_toss_no_coin_but_still_pull_both_ways(ax):
    centers = np.array([[1, 1, 1], [1, -1, 1], [1, -1, -1]], np.int8)
    plots.majority_vote(centers, ax=ax)
    assert "coin toss: 0" in labels_of(ax)
    assert "pulled both ways: 2" in labels_of(ax)


def test_targets_of_pairs_stand_at_their_distance_in_the_row_of_their_kind(ax):
    apart = {"label-set": np.array([3, 6]), "shared": np.array([3.0, 4.5])}
    plots.merged_distances(apart, ["{a, b} and {a}", "{a, b} and {c, d}"], bits=12, ax=ax)
    points = {line.get_label(): line for line in ax.lines if not line.get_label().startswith("_")}
    assert marks_apart(ax, points.keys()) >= 1  # also where two rules agree
    for name, values in zip(
        ("a coin for each label set", "one coin for all"), apart.values(), strict=True
    ):
        np.testing.assert_array_equal(points[name].get_xdata(), values)
        assert np.round(points[name].get_ydata()).tolist() == [0, 1]


def test_bubbles_count_the_images_at_the_same_two_distances(ax):
    own, other = np.array([0, 0, 0, 4]), np.array([5, 5, 5, 2])
    plots.codes_around_centers(own, other, bits=12, ax=ax)
    placed, misplaced = [c for c in ax.collections if isinstance(c, PathCollection)]
    assert placed.get_offsets().tolist() == [[0, 5]]
    assert misplaced.get_offsets().tolist() == [[4, 2]]
    assert labels_of(ax) == ["nearer to its own center (3)", "misplaced, drawn larger (1)"]
    assert any("75.0% are nearest" in t.get_text() for t in ax.texts)


def test_one_misplaced_code_among_thousands_can_be_seen(ax):
    own, other = np.r_[np.zeros(9000, int), 1, 1, 1, 5, 6], np.r_[np.full(9003, 6), 5, 3]
    plots.codes_around_centers(own, other, bits=12, ax=ax)
    placed, misplaced = [c for c in ax.collections if isinstance(c, PathCollection)]
    sizes = placed.get_sizes()
    assert sizes[0] == sizes.max() > 3 * sizes[1]
    assert misplaced.get_sizes().min() >= 25  # square points; the bubbles' scale gives 2
