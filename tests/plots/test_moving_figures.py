"""Figures that answer to keys and sliders, by their artists."""

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Rectangle
from matplotlib.transforms import Bbox

from hashviz import plots
from hashviz.plots.palette import MINUS, PLUS, paper, right_wrong


@pytest.fixture
def ax() -> Axes:
    return Figure(figsize=(6, 4)).subplots()


def texts(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


def line(ax: Axes, label: str) -> np.ndarray:
    return np.array(next(each for each in ax.lines if each.get_label() == label).get_ydata())


def test_a_strip_has_a_tick_for_each_hit_and_a_dot_at_those_that_count(ax):
    relevant = np.array([True, False, True, True])
    precision = np.cumsum(relevant) / np.arange(1, 5)
    plots.label_strip(relevant, precision, np.cumsum(relevant) / 3, k=3, ax=ax)
    assert texts(ax) == ["✓", "✗", "✓", "✓"]
    assert line(ax, "precision at a hit").tolist() == [1 / 1, 2 / 3]
    assert line(ax, "recall").tolist() == pytest.approx([1 / 3, 1 / 3, 2 / 3, 1])


@pytest.mark.parametrize("dark", [False, True])
def test_what_lies_behind_k_pales_into_the_page(dark):
    with plots.theme(dark):
        ax = Figure().subplots()
        plots.label_strip(np.ones(4, bool), np.ones(4), np.ones(4), k=2, ax=ax)
        veil = ax.patches[-1]
        assert to_hex(veil.get_facecolor()) == to_hex(paper())
        assert veil.get_alpha() == 0.7


def test_the_numbers_of_the_rings_are_not_covered():
    away = np.array([0, 0, *range(3, 16), 15, 15, 15])
    ax = Figure(figsize=(4.6, 4.6)).subplots()
    plots.hamming_rings(np.zeros((4, 4)), [np.ones((4, 4))] * len(away), away, 9, ax=ax)
    canvas = FigureCanvasAgg(ax.figure)
    canvas.draw()
    numbers = [text.get_window_extent(canvas.get_renderer()) for text in ax.texts]
    tiles = [Bbox.from_extents(left, low, right, high).transformed(ax.transData)
             for left, right, low, high in (image.get_extent() for image in ax.images)]  # fmt: skip
    assert [text.get_text() for text in ax.texts] == [str(ring) for ring in range(0, 16, 3)]
    assert not any(number.overlaps(tile) for number in numbers for tile in tiles)


def test_a_divisor_without_a_value_says_none(ax):
    plots.divisors(["hits", "answered"], np.array([0.5, np.nan]), ["1 / 2", "0 / 0"], ax=ax)
    assert [bar.get_width() for bar in ax.patches] == [0.5, 0]
    assert texts(ax) == ["1 / 2", "0.500", "0 / 0", "none"]


def test_the_band_reaches_from_the_worst_order_to_the_best(ax):
    worst, mean, best = np.array([0.1, 0.4]), np.array([0.3, 0.5]), np.array([0.8, 0.6])
    plots.tie_band(np.array([4, 8]), worst, mean, best, chosen=8, score=0.45, ax=ax)
    corners = ax.collections[0].get_paths()[0].vertices
    assert {(4, 0.1), (4, 0.8), (8, 0.4), (8, 0.6)} <= {tuple(corner) for corner in corners}
    assert line(ax, "mean of all orders").tolist() == [0.3, 0.5]
    assert line(ax, "this order").tolist() == [0.45]


def test_the_last_order_is_marked_between_its_bounds(ax):
    plots.tie_orders(np.arange(3), np.array([0.3, 0.5, 0.4]), worst=0.2, expected=0.4, best=0.6,
                     ax=ax)  # fmt: skip
    assert ax.lines[-1].get_xydata().tolist() == [[2, 0.4]]
    assert set(texts(ax)) == {"worst 0.200", "mean 0.400", "best 0.600"}


def test_a_cell_and_its_bar_have_one_color_and_one_name(ax):
    points = np.array([[1.0, 1.0], [-1.0, 1.0], [1.0, 2.0]])
    codes = np.where(points >= 0, 1, -1).astype(np.int8)
    plots.plane_cells(points, codes, np.eye(2), np.zeros(2), ax=ax)
    dots = [to_hex(color) for color in ax.collections[0].get_facecolors()]
    assert dots[0] == dots[2] != dots[1]
    assert {"11", "01"} <= set(texts(ax))
    other = Figure().subplots()
    plots.cell_counts(np.array([[1, 1], [-1, 1]], np.int8), np.array([2, 1]), ax=other)
    assert [to_hex(bar.get_facecolor()) for bar in other.patches] == [dots[0], dots[1]]
    assert [tick.get_text() for tick in other.get_yticklabels()] == ["11", "01"]


def test_the_background_has_the_side_of_every_line(ax):
    points = np.array([[1.0, 1.0], [-1.0, -1.0]])
    codes = np.array([[1], [-1]], np.int8)
    plots.plane_cells(points, codes, np.array([[1.0, 0.0]]), np.array([0.5]), ax=ax)
    tones = np.asarray(ax.images[0].get_array())
    reach = ax.get_xlim()[1]
    middle = tones[len(tones) // 2]
    steps = (np.arange(len(middle)) + 0.5) / len(middle) * 2 * reach - reach
    right = (middle == middle[-1]).all(1)
    assert (right == (steps >= 0.5)).all()


def test_images_stand_on_the_ring_of_their_distance_and_those_outside_are_pale(ax):
    picture = np.zeros((4, 4), np.uint8)
    away = np.array([0, 1, 1, 3])
    relevant = np.array([True, False, True, True])
    plots.hamming_rings(picture, [picture] * 4, away, 1, relevant=relevant, ax=ax)
    ball, *rings = (p.get_radius() for p in ax.patches if isinstance(p, Circle))
    assert np.diff(rings) == pytest.approx([1, 1, 1])
    assert ball == rings[1] + 0.5
    for image, distance in zip(ax.images, away, strict=False):
        left, right, low, high = image.get_extent()
        assert np.hypot((left + right) / 2, (low + high) / 2) == pytest.approx(rings[distance])
        assert image.get_alpha() == (None if distance <= 1 else 0.3)
    frames = [p for p in ax.patches if isinstance(p, Rectangle)]
    colors = [to_hex(frame.get_edgecolor()) for frame in frames[:3]]
    assert colors == [to_hex(right_wrong()[0 if good else 1]) for good in relevant[:3]]


def test_bars_inside_the_ball_are_full(ax):
    plots.ring_population(np.array([1, 2, 3, 4]), np.ones(4), 1, ax=ax)
    assert [(b.get_height(), b.get_alpha()) for b in ax.patches] == [
        (1, None), (2, None), (3, 0.35), (4, 0.35),
    ]  # fmt: skip


def test_lines_join_the_ranks_of_what_both_rankings_hold(ax):
    plots.rank_changes([7, 8, 9], [9, 5, 7], notes=["0", "1", "2"], ax=ax)
    joined = [each.get_ydata() for each in ax.lines if len(each.get_ydata()) == 2]
    assert [list(pair) for pair in joined] == [[0, 2], [2, 0]]
    assert texts(ax) == ["0", "1", "2"]


def test_the_sign_of_a_bin_is_its_tone(ax):
    plots.output_histogram(np.array([3, 1]), np.array([-1.0, 0.0, 1.0]), error=0.25, ax=ax)
    assert [to_hex(bar.get_facecolor()) for bar in ax.patches] == [MINUS, PLUS]
    assert [bar.get_height() for bar in ax.patches] == [3 / 4, 1 / 4]
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert legend == ["becomes +1", "becomes −1", "quantization error 0.25"]


def test_the_meter_ends_where_nobody_gets(ax):
    plots.distance_meter(4, bits=12, plotkin=6, gilbert_varshamov=5, ax=ax)
    impossible, reached = ax.patches
    assert (impossible.get_x(), impossible.get_width()) == (6, 12 - 6)
    assert (reached.get_x(), reached.get_width()) == (0, 4)
    assert list(ax.lines[0].get_xdata()) == [5, 5]


def test_the_truth_is_drawn_only_when_it_is_given(ax):
    guess, truth = np.array([0.2, 0.3]), np.array([0.1, 0.5])
    plots.guess_and_truth(np.array([4, 8]), guess, ax=ax)
    assert line(ax, "guess").tolist() == [0.2, 0.3]
    assert [each.get_label() for each in ax.lines] == ["guess"]
    other = Figure().subplots()
    plots.guess_and_truth(np.array([4, 8]), guess, truth, ax=other)
    assert line(other, "truth").tolist() == [0.1, 0.5]
    gaps = [sorted(path[:, 1]) for path in other.collections[0].get_segments()]
    assert gaps == [[0.1, 0.2], [0.3, 0.5]]
