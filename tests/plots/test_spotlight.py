import numpy as np
import pytest
from matplotlib.colors import same_color

from hashviz import plots
from hashviz.plots.palette import class_color, faint, muted

BITS = np.array([12, 24, 36])
MEANS = {
    "a": np.array([0.1, 0.2, 0.3]),
    "b": np.array([0.2, 0.5, np.nan]),
    "c": np.array([0.9, 0.8, 0.7]),
}


def test_one_line_has_its_color_and_the_others_are_gray_behind_it():
    with plots.theme():
        ax = plots.spotlight("c", BITS, MEANS, style={"color": "red", "marker": "s"})
        gray = [line for line in ax.lines if same_color(line.get_color(), faint())]
        red = [line for line in ax.lines if same_color(line.get_color(), "red")]
    assert len(gray) == 2
    assert len(red) == 1
    assert np.array_equal(red[0].get_ydata(), MEANS["c"])
    assert red[0].get_zorder() > max(line.get_zorder() for line in gray)


def test_the_last_known_value_stands_at_its_end():
    ax = plots.spotlight("b", BITS, MEANS)
    assert [text.get_text() for text in ax.texts] == [".500"]
    assert ax.get_title(loc="left") == "b"
    exact = plots.spotlight("a", BITS, {"a": np.ones(3)})
    assert exact.texts[0].get_text() == "1"


def test_intervals_stay_within_zero_and_one_and_printed_numbers_have_no_line():
    half = np.array([0.2, 0.1, 0.9])
    told = np.array([0.4, np.nan, 0.6])
    with plots.theme():
        ax = plots.spotlight("c", BITS, MEANS, half_widths=half, printed=told)
        ends = [segment[:, 1] for segment in ax.collections[0].get_segments()]
        squares = [line for line in ax.lines if line.get_marker() == "s"]
        assert same_color(squares[0].get_markeredgecolor(), muted())
    for (low, high), mean, h in zip(ends, MEANS["c"], half, strict=True):
        assert (low, high) == pytest.approx((max(mean - h, 0), min(mean + h, 1)))
    assert squares[0].get_linestyle() == "None"


def test_near_one_errors_are_drawn_with_the_best_above():
    ax = plots.spotlight("c", BITS, {"c": np.array([0.9, 0.99, 1.0])}, error=True)
    bottom, top = ax.get_ylim()
    assert (ax.get_yscale(), bottom) == ("log", 1)
    assert top == pytest.approx(0.01 / 2)
    assert list(ax.lines[-1].get_ydata()) == pytest.approx([0.1, 0.01, top])


def test_a_name_that_is_not_there_and_a_row_without_scores_say_so():
    with pytest.raises(ValueError, match="one of a, b, c, got 'd'"):
        plots.spotlight("d", BITS, MEANS)
    ax = plots.spotlight("a", BITS, {"a": np.full(3, np.nan)})
    assert "no score" in ax.texts[0].get_text()
    assert same_color(plots.spotlight("a", BITS, MEANS).lines[-1].get_color(), class_color(0))
