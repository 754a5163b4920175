"""What each figure draws, read back from its artists."""

import math

import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Rectangle, StepPatch

from hashviz import plots
from hashviz.plots import palette


@pytest.fixture
def ax():
    return Figure(figsize=(6.4, 4)).subplots()


def texts(ax):
    return [text.get_text() for text in ax.texts]


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def signs(rows):
    return np.where(np.array(rows) > 0, 1, -1).astype(np.int8)


# Bit 0 is constant, bit 2 repeats bit 1 inverted, bit 3 is new.
CENTERS = signs([[1, 1, 0, 1], [1, 0, 1, 1], [1, 1, 0, 0]])


def test_centers_are_drawn_as_they_are_with_their_wasted_columns_marked(ax):
    plots.hash_centers(CENTERS, class_names=["cat", "dog", "owl"], ax=ax)
    assert (ax.images[0].get_array() == CENTERS).all()
    marks = {
        line.get_label(): list(line.get_xdata()) for line in ax.lines if line.get_label()[0] != "_"
    }
    assert marks == {"new": [1, 3], "repeat": [2], "constant": [0]}
    assert [veil.get_x() + 0.5 for veil in ax.patches] == [0, 2]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["cat", "dog", "owl"]
    assert legend(ax) == ["+1", "−1", "new (2)", "repeat (1)", "constant (1)"]


def test_centers_without_waste_have_no_mark_for_it(ax):
    plots.hash_centers(CENTERS[:, [1, 3]], ax=ax)
    assert legend(ax) == ["+1", "−1", "new (2)"]
    assert ax.get_ylabel() == "Class"


def test_distances_of_centers_name_the_closest_pair_and_the_bounds(ax):
    distances = np.array([[0, 5, 7], [5, 0, 6], [7, 6, 0]])
    plots.center_distances(distances, bits=12, plotkin=8, ax=ax)
    shown = ax.images[0].get_array()
    assert shown.mask.tolist() == np.eye(3, dtype=bool).tolist()
    assert (shown.filled(0) == distances).all()
    (bar,) = ax.child_axes
    assert set(texts(bar)) == {"5  closest", "6  bits/2", "7  farthest", "8  Plotkin"}
    assert texts(ax) == ["5", "7", "5", "6", "7", "6"]


def test_rows_of_codes_are_grouped_by_class(ax):
    codes = signs(np.eye(6))
    labels = np.arange(3) == np.array([2, 0, 1, 0, 2, 1])[:, None]
    plots.code_matrix(codes, labels, class_names=["a", "b", "c"], ax=ax)
    matrix, strip = ax.images
    assert (matrix.get_array() == codes[[1, 3, 2, 5, 0, 4]]).all()
    assert [to_hex(c) for c in strip.get_array()[:, 0]] == [
        palette.class_color(i) for i in (0, 0, 1, 1, 2, 2)
    ]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["a", "b", "c"]
    assert ax.get_ylabel() == "6 images"


def test_images_with_several_labels_have_one_strip_per_class(ax):
    labels = np.array([[True, True], [False, True], [True, False]])
    plots.code_matrix(signs(np.eye(3)), labels, class_names=["a", "b"], ax=ax)
    strip = ax.images[1].get_array()
    present = labels[[0, 2, 1]]
    for row, column in np.ndindex(3, 2):
        expected = palette.class_color(column) if present[row, column] else palette.faint()
        assert to_hex(strip[row, column]) == to_hex(expected)
    assert texts(ax) == ["a", "b"]


def test_of_many_codes_an_even_sample_is_drawn_and_said_so(ax):
    codes = signs(np.arange(1000)[:, None] >> np.arange(10) & 1)
    plots.code_matrix(codes, rows=100, ax=ax)
    picked = np.linspace(0, 999, 100).round().astype(int)
    assert (ax.images[0].get_array() == codes[picked]).all()
    assert ax.get_ylabel() == "100 of 1,000 images"


def test_the_band_of_balance_is_that_of_fair_coins(ax):
    balance = np.array([0.1, -0.5, 1.0])
    plots.bit_balance(balance, images=400, ax=ax)
    bars = ax.containers[0]
    assert [bar.get_height() for bar in bars] == balance.tolist()
    assert [bool(bar.get_hatch()) for bar in bars] == [False, False, True]
    assert legend(ax) == ["95 % of fair coins, 400 throws", "constant (1)"]
    (band,) = [p for p in ax.patches if p not in bars.patches]
    assert band.get_y() + band.get_height() == pytest.approx(1.96 / math.sqrt(400))


def test_balance_without_a_number_of_images_has_no_band(ax):
    plots.bit_balance(np.array([0.1, -0.5]), ax=ax)
    assert len(ax.patches) == 2
    assert ax.get_legend() is None


def test_correlation_is_centered_at_zero_and_leaves_constant_bits_out(ax):
    correlation = np.array([[1.0, -0.5, 0.0], [-0.5, 1.0, 0.0], [0.0, 0.0, 0.0]])
    plots.bit_correlation(correlation, ax=ax)
    image = ax.images[0]
    assert image.get_clim() == (-1, 1)
    assert ax.get_aspect() == 1
    assert image.get_array().mask.tolist() == [[False, False, True]] * 2 + [[True] * 3]
    assert legend(ax) == ["constant bits (1)", "below −0.15"]
    (dashes,) = ax.collections
    assert [np.mean(s, 0).tolist() for s in dashes.get_segments()] == [[1, 0], [0, 1]]


def test_histograms_are_shares_and_the_hatch_lies_under_both(ax):
    within, between = np.array([6, 2, 0, 0]), np.array([0, 10, 20, 10])
    plots.distance_histogram(within, between, ax=ax)
    steps = [p for p in ax.patches if isinstance(p, StepPatch)]
    assert steps[1].get_data().values.tolist() == [6 / 8, 2 / 8]
    assert steps[3].get_data().values.tolist() == [10 / 40, 20 / 40, 10 / 40]
    assert steps[4].get_data().values.tolist() == [0, min(2 / 8, 10 / 40), 0, 0]
    random = next(line for line in ax.lines if line.get_label() == "random codes")
    assert random.get_ydata().tolist() == [1 / 8, 3 / 8, 3 / 8, 1 / 8]
    assert "bits/2 = 1.5" in texts(ax)
    assert legend(ax) == ["share a label", "share none", "under both (25%)", "random codes"]


def test_a_missing_kind_of_pair_is_named_in_the_legend(ax):
    plots.distance_histogram(np.array([1, 2]), np.array([0, 0]), ax=ax)
    assert legend(ax) == ["share a label", "share none (no such pair)", "random codes"]


def test_each_term_ends_in_its_name_and_last_value(ax):
    epochs = np.array([1, 2, 3])
    terms = {"similarity": np.array([0.9, 0.5, 0.25]), "balance": np.array([0.2, 0.1, 0.05])}
    plots.training_terms(epochs, terms, ax=ax)
    lines = {line.get_label(): line for line in ax.lines}
    for name, values in terms.items():
        assert lines[name].get_ydata().tolist() == values.tolist()
    assert texts(ax) == ["similarity  0.25", "balance  0.05"]
    assert ax.get_yscale() == "linear"


def test_terms_of_very_different_size_go_on_a_logarithmic_scale(ax):
    plots.training_terms(
        np.arange(2), {"a": np.array([100.0, 50.0]), "b": np.array([0.1, 0.1])}, ax=ax
    )
    assert ax.get_yscale() == "log"


def test_the_upper_rim_of_stacked_terms_is_the_loss(ax):
    terms = {"a": np.array([3.0, 1.0]), "b": np.array([2.0, 2.0])}
    plots.training_terms(np.arange(2), terms, stacked=True, ax=ax)
    assert ax.lines[1].get_ydata().tolist() == [3 + 2, 1 + 2]
    assert texts(ax) == ["a  1", "b  2"]


def test_negative_terms_cannot_be_stacked(ax):
    with pytest.raises(ValueError, match="never negative, got -1"):
        plots.training_terms(np.arange(2), {"a": np.array([-1.0, 1.0])}, stacked=True, ax=ax)


def test_the_curve_is_the_metric_and_leaves_nan_out(ax):
    precision, recall = np.array([np.nan, 0.8, 0.5]), np.array([0.0, 0.25, 1.0])
    plots.precision_recall(
        precision, recall, empty=np.array([1, 0.34, 0.02]), chance=0.125, radii=(0, 1),
        color="black", ax=ax,
    )  # fmt: skip
    assert ax.lines[0].get_xdata().tolist() == [0.25, 1.0]
    assert ax.lines[0].get_ydata().tolist() == [0.8, 0.5]
    assert ax.lines[0].get_color() == "black"
    assert ax.lines[1].get_xydata().tolist() == [[0.25, 0.8]]  # the only point with a tenth empty
    assert ax.lines[1].get_markerfacecolor() == palette.paper()
    assert {"r = 1, 34% empty", "chance 0.125"} <= set(texts(ax))
    assert list(ax.lines[2].get_ydata()) == [0.125, 0.125]


def test_several_curves_share_axes_and_one_legend(ax):
    for name in ("a", "b"):
        plots.precision_recall(np.array([1.0, 0.5]), np.array([0.5, 1.0]), label=name, ax=ax)
    assert legend(ax) == ["a", "b"]


def test_precision_at_n_goes_on_a_logarithmic_axis(ax):
    ranks, precision = np.array([1, 10, 100]), np.array([1.0, 0.9, 0.4])
    plots.precision_at_n(ranks, precision, chance=0.1, ax=ax)
    assert ax.get_xscale() == "log"
    assert ax.lines[0].get_ydata().tolist() == precision.tolist()
    assert "chance 0.100" in texts(ax)


def results(ax, distances, **options):
    picture = np.zeros((4, 4, 3), np.uint8)
    return plots.query_results(picture, [picture] * len(distances), distances, ax=ax, **options)


def boxes(ax):
    return [p for p in ax.patches if isinstance(p, FancyBboxPatch)]


def test_results_at_one_distance_stand_in_one_box(ax):
    results(ax, [0, 2, 2, 2, 5])
    assert [box.get_gid() for box in boxes(ax)] == ["tie-2"]
    assert "distance 0" in texts(ax)
    assert "distance 2: these 3 are equal" in texts(ax)


def test_a_box_says_how_many_more_are_equal(ax):
    results(ax, [0, 2, 2, 2], equal=[1, 14, 14, 14])
    assert "distance 2: 3 of 14 that are equal" in texts(ax)


def test_a_tie_over_two_rows_is_two_boxes_of_one_group(ax):
    results(ax, [1] * 6, columns=4)
    assert [box.get_gid() for box in boxes(ax)] == ["tie-1", "tie-1"]
    assert "distance 1: these 6 are equal" in texts(ax)
    assert "distance 1, continued" in texts(ax)


def test_right_and_wrong_differ_in_mark_line_and_color(ax):
    results(ax, [0, 1], relevant=[True, False])
    assert texts(ax).count("✓") == texts(ax).count("✗") == 1
    right, wrong = [p for p in ax.patches if isinstance(p, Rectangle)][1:]
    assert right.get_linestyle() in ("-", "solid")
    assert wrong.get_linestyle() not in ("-", "solid")
    assert right.get_edgecolor() != wrong.get_edgecolor()


def test_bits_that_differ_are_underlined_and_the_others_faded(ax):
    query, code = signs([[1, 0, 1, 1]])[0], signs([[1, 1, 1, 0]])
    results(ax, [2], query_code=query, result_codes=code)
    tones = [to_hex(color) for color in ax.images[-1].get_array()[0]]
    assert (tones[1], tones[3]) == (palette.PLUS, palette.MINUS)
    assert not {tones[0], tones[2]} & {palette.PLUS, palette.MINUS}
    (lines,) = [c for c in ax.collections if isinstance(c, LineCollection)]
    assert len(lines.get_segments()) == 2


def test_a_long_code_is_wrapped_at_32_bits(ax):
    code = np.ones((1, 80), np.int8)
    results(ax, [0], query_code=code[0], result_codes=code)
    strips = [image.get_array().shape[:2] for image in ax.images[5:]]
    assert strips == [(1, 32), (1, 32), (1, 16)]


def test_extra_keywords_reach_one_artist(ax):
    plots.hash_centers(CENTERS, zorder=7, ax=ax)
    assert ax.images[0].get_zorder() == 7
    ax.clear()
    plots.distance_histogram(np.array([1, 2]), np.array([2, 1]), linewidth=9, ax=ax)
    assert [line.get_linewidth() == 9 for line in ax.lines].count(True) == 1
