"""Figures about outputs, bits, buckets and balls, read back from their artists."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from hashviz import plots


@pytest.fixture
def ax():
    return Figure(figsize=(6.4, 4)).subplots()


def labels_of(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_violins_stand_over_their_bits_and_inside_the_edges(ax):
    counts = np.array([[0, 1, 4], [2, 2, 0]])
    plots.output_violins(counts, np.array([-1.5, -0.5, 0.5, 1.5]), error=0.25, ax=ax)
    paths = [c.get_paths() for c in ax.collections if c.get_paths()]
    reach = np.concatenate([p.vertices for found in paths for p in found])
    assert reach[:, 0].min() >= -0.46
    assert reach[:, 0].max() <= 1.46
    assert reach[:, 1].min() >= -1.5
    assert reach[:, 1].max() <= 1.5
    assert "quantization error 0.25" in labels_of(ax)


def test_bits_are_new_repeated_or_constant_and_repeats_are_joined(ax):
    plots.useful_bits(np.array([1.0, 0.5, 0.5, 0.0, 0.5]), [[1, 2, 4]], ax=ax)
    assert labels_of(ax) == ["new (2)", "repeats another (2)", "constant (1)"]
    heights = {round(b.get_x() + 0.38): b.get_height() for b in ax.patches}
    assert heights == {0: 1.0, 1: 0.5, 2: 0.5, 4: 0.5}
    arcs = [line.get_xdata() for line in ax.lines if len(line.get_xdata()) == 40]
    assert [(round(a.min()), round(a.max())) for a in arcs] == [(1, 2), (2, 4)]


def test_constant_bits_repeat_nothing(ax):
    plots.useful_bits(np.zeros(3), [[0, 1, 2]], ax=ax)
    assert labels_of(ax) == ["constant (3)"]


def test_buckets_go_by_powers_of_two_and_shares_add_up_to_all_images(ax):
    plots.bucket_occupancy(
        np.array([5, 3, 1, 1]), np.array([5, 0, 0, 0]),
        chance=np.array([0.6, 0.2, 0.1, 0.05, 0.05]),
        ax=ax,
    )  # fmt: skip
    bars = [bar.get_height() for bar in ax.patches]
    np.testing.assert_allclose(bars[:4], [0.2, 0.0, 0.3, 0.5])
    np.testing.assert_allclose(bars[4:], [0, 0, 0, 0.5])
    np.testing.assert_allclose(ax.lines[0].get_ydata(), [0.6, 0.2, 0.15, 0.05])
    assert [t.get_text() for t in ax.get_xticklabels()] == ["1", "2", "3–4", "5–8"]
    assert "beside a stranger (50.0%)" in labels_of(ax)


@pytest.mark.parametrize("width", [6.4, 3.9])
@pytest.mark.parametrize("columns", [5, 8, 13])
def test_every_bar_of_buckets_is_named(width, columns):
    ax = Figure(figsize=(width, 3.6)).subplots()
    plots.bucket_occupancy(2 ** np.arange(columns), ax=ax)
    assert ax.get_xticks().tolist() == list(range(columns))
    last = ax.get_xticklabels()[-1].get_text()
    assert last.rpartition("–")[2] == f"{2 ** (columns - 1):,}"
    assert ("–" in last) != ("at most" in ax.get_xlabel())


def test_balls_are_compared_with_the_binomial_law_and_their_cells(ax):
    cells = np.array([1, 5, 11, 15, 16.0])
    found = np.array([2, 3, 6, 8, 8.0])
    plots.ball_occupancy(found, database=8, cells=cells, ax=ax)
    lines = {line.get_label(): line.get_ydata() for line in ax.lines}
    np.testing.assert_allclose(lines["found"], found)
    np.testing.assert_allclose(lines["random codes"], 8 * cells / 16)
    np.testing.assert_allclose(lines["cells in ball"], cells)
    narrow = Figure(figsize=(3.9, 3.2)).subplots()
    plots.ball_occupancy(found, database=8, cells=cells, ax=narrow)
    assert narrow.get_legend()._ncols == 2  # four keys, two lines on a phone
    assert {t.get_text() for t in ax.texts} == {"all 8", "1 image"}
    assert min(p.get_x() for p in ax.patches) == 1.5  # the ball of radius 2 has 11 > 8 cells
