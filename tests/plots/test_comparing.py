"""Figures about several runs, read back from their artists."""

from itertools import pairwise, permutations

import numpy as np
import pytest
from matplotlib.colors import same_color
from matplotlib.figure import Figure

from hashviz import plots
from hashviz.methods import METHODS
from hashviz.plots.palette import class_color, faint, muted


@pytest.fixture
def ax():
    return Figure(figsize=(6.4, 4)).subplots()


def texts(ax):
    return [text.get_text() for text in ax.texts]


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def points(ax, marker):
    return [line for line in ax.lines if line.get_marker() == marker]


def test_methods_have_their_color_and_intervals_around_their_means(ax):
    means = {"csq": np.array([0.5, 0.9]), "lsh": np.array([0.2, np.nan])}
    halves = {"csq": np.array([0.1, 0.2]), "lsh": np.array([np.nan, np.nan])}
    styles = {name: plots.style_of(METHODS[name].look) for name in means}
    plots.map_by_bits(
        np.array([12, 48]), means, half_widths=halves, styles=styles, chance=0.1, ax=ax
    )
    lines = {line.get_label(): line for line in ax.lines}
    for name, values in means.items():
        np.testing.assert_array_equal(lines[name].get_ydata(), values)
        assert lines[name].get_color() == plots.color_of(METHODS[name].look)
    spans = [s for c in ax.collections for s in c.get_segments()]
    heights = [s[:, 1].tolist() for s in spans]
    np.testing.assert_allclose(heights, [[0.4, 0.6], [0.7, 1.0]])  # a score stays below 1
    # Upright over their lengths: a line moved sideways would stand for other lengths.
    assert (
        [s[:, 0].tolist() for s in spans]
        == [[0, 0], [1, 1]]
        == [[x, x] for x in lines["csq"].get_xdata()]
    )
    assert "95 % over seeds" in " ".join(t.get_text() for t in ax.get_legend().get_texts())
    assert [t.get_text() for t in ax.get_xticklabels()] == ["12", "48"]
    assert "chance 0.100" in texts(ax)


def test_the_best_stands_first_and_unknown_scores_are_left_out(ax):
    plots.ranking(["a", "b", "c"], np.array([0.2, np.nan, 0.8]), ax=ax)
    assert [t.get_text() for t in ax.get_yticklabels()] == ["c", "a"]
    assert [float(line.get_xdata()[0]) for line in points(ax, "o")] == [0.8, 0.2]
    assert ax.get_xlim() == (0, 1)


def test_the_band_of_ties_lies_behind_its_point(ax):
    bands = np.array([0.4]), np.array([0.7])
    plots.ranking(["a"], np.array([0.5]), half_widths=np.array([0.1]), bands=bands, ax=ax)
    (bar,) = ax.patches
    assert (bar.get_x(), bar.get_x() + bar.get_width()) == pytest.approx((0.4, 0.7))
    (interval,) = ax.collections
    np.testing.assert_allclose(interval.get_segments()[0][:, 0], [0.4, 0.6])


def test_near_one_the_ranking_shows_errors_with_the_best_still_at_the_right(ax):
    seeds = [[0.99, 0.97], [0.5, 0.7], [1.0, 1.0]]
    means = np.mean(seeds, 1)
    plots.ranking(["a", "b", "c"], means, seeds=seeds, half_widths=np.full(3, 0.1),
                  legend={"best": "red"}, error=True, ax=ax)  # fmt: skip
    low, high = ax.get_xlim()
    assert (ax.get_xscale(), low) == ("log", 1)
    assert high == pytest.approx(0.02 / 2)  # an error of 0 stands at half the smallest
    big = [float(line.get_xdata()[0]) for line in points(ax, "o") if line.get_markersize() == 7]
    assert big == pytest.approx([high, 0.02, 0.4])
    dots = [line.get_xdata().tolist() for line in points(ax, "o") if len(line.get_xdata()) == 2]
    assert dots == [pytest.approx(np.maximum(1 - np.array(seeds[i]), high)) for i in (2, 0, 1)]
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["best", "one seed", "95 % over seeds"]


def test_steps_join_what_nobody_beats_in_time_and_quality(ax):
    plots.time_to_quality(
        np.array([1, 2, 3, 9]), np.array([0.3, 0.2, 0.6, 0.5]), ["a", "b", "c", "d"], ax=ax
    )
    steps = next(line for line in ax.lines if line.get_drawstyle() == "steps-post")
    assert steps.get_xdata()[:-1].tolist() == [1, 3]
    assert steps.get_ydata().tolist() == [0.3, 0.6, 0.6]
    assert set(texts(ax)) == {"a", "c"}
    assert "best for its time" in legend(ax)


def test_everybody_on_the_steps_is_named_even_in_a_crowd(ax):
    time, quality = np.linspace(10, 12, 8), np.linspace(0.9, 0.93, 8)
    names = [f"method {i}" for i in range(8)]
    plots.time_to_quality(time, quality, names, ax=ax)
    assert set(texts(ax)) == set(names)


@pytest.mark.parametrize("draw", ["map_by_bits", "learning_curves"])
def test_a_method_has_the_look_of_its_row_in_whatever_company(ax, draw):
    table = {name: np.array([0.1, 0.4]) for name in ("csq", "sh", "lsh", "itq")}
    styles = {name: plots.style_of(METHODS[name].look) for name in table}
    figure, first = getattr(plots, draw), np.array([1, 2]) if draw == "map_by_bits" else table
    figure(first, table, styles=styles, ax=ax)
    for line in ax.lines:
        if line.get_label() in table:
            style = styles[line.get_label()]
            assert {key: getattr(line, f"get_{key}")() for key in style} == style


def test_a_long_curve_has_few_marks_and_a_short_one_has_all(ax):
    seconds = {"csq": np.arange(1, 201), "lsh": np.arange(1, 11)}
    plots.learning_curves(seconds, {k: np.sqrt(v) / 15 for k, v in seconds.items()}, ax=ax)
    long, short = (line for line in ax.lines if line.get_label() in seconds)
    assert long.get_marker() == "o"
    assert long.get_markevery()[1] > 0.1  # of the diagonal, from one mark to the next
    assert short.get_markevery() is None


def test_the_level_of_chance_takes_no_room_and_lies_where_nothing_is_drawn():
    widths = []
    for chance in (None, 0.1):
        figure = Figure(figsize=(3.35, 2.2), layout="constrained")
        ax = plots.map_by_bits(np.array([12, 48]), {"csq": np.array([0.12, 0.9])}, chance=chance,
                               ax=figure.subplots())  # fmt: skip
        figure.draw_without_rendering()
        widths.append(ax.get_position().bounds)
    assert widths[0] == pytest.approx(widths[1])
    (label,) = ax.texts
    assert label.get_ha() == "right"  # the curve begins at the left


def test_only_an_interval_away_from_zero_is_drawn_in_full(ax):
    scores = np.array([[-0.2, -0.3, -0.25], [0.1, -0.1, 0.02]])
    plots.ablation(
        ["no a", "no b"], scores, means=scores.mean(1), half_widths=np.array([0.1, 0.2]), ax=ax
    )
    means = points(ax, "D")
    assert [line.get_markerfacecolor() == "none" for line in means] == [False, True]
    np.testing.assert_allclose([line.get_xdata()[0] for line in means], scores.mean(1))
    seeds = [line.get_xdata() for line in points(ax, "o")]
    np.testing.assert_allclose(seeds, scores)
    assert [t.get_text() for t in ax.get_yticklabels()] == ["no a", "no b"]


def test_switches_take_the_place_of_names(ax):
    on = np.array([[True, False], [True, True]])
    plots.ablation(
        ["x", "y"], np.zeros((2, 1)), means=np.zeros(2), half_widths=np.full(2, np.nan),
        switches=on, parts=["a", "b"], ax=ax,
    )  # fmt: skip
    squares = {line.get_label(): list(line.get_ydata()) for line in points(ax, "s")}
    assert squares == {"_a:full": [0, 1], "_a:none": [], "_b:full": [1], "_b:none": [0]}
    assert [t for t in texts(ax) if t in "ab"] == ["a", "b"]
    assert list(ax.get_yticks()) == []


def test_a_response_goes_by_value_and_marks_the_default(ax):
    scores = np.array([[0.5, 0.6], [0.3, 0.3], [0.8, 0.7]])
    plots.response_curve(
        np.array([1, 0, 10]), scores, means=scores.mean(1), half_widths=np.full(3, 0.1),
        name="some_weight", default=1, chance=0.1, ax=ax,
    )  # fmt: skip
    assert [t.get_text() for t in ax.get_xticklabels()] == ["0", "1", "10"]
    (curve,) = points(ax, "D")
    np.testing.assert_allclose(curve.get_ydata(), [0.3, 0.55, 0.75])
    assert {"as it stands", "chance 0.100"} == set(texts(ax))
    assert ax.get_xlabel() == "Some weight"
    assert [t.get_text() for t in ax.get_legend().get_texts()] == [
        "95 % interval of the mean", "mean", "one seed"
    ]  # fmt: skip


def test_shapley_bars_have_the_length_of_their_means(ax):
    values = np.array([[0.2, 0.4], [-0.1, 0.1]])
    plots.shapley(["a", "b"], values, means=values.mean(1), half_widths=np.full(2, 0.1), ax=ax)
    np.testing.assert_allclose([bar.get_width() for bar in ax.patches], [0.3, 0.0], atol=1e-12)


def test_what_stays_is_joined_and_what_does_not_leaves_or_enters(ax):
    image = np.zeros((2, 2, 3), np.uint8)
    plots.results_change(
        image, [image] * 4, [0, 1, 2], [2, 1, 3], relevant=[True, True, False, True],
        names=("A", "B"), ax=ax,
    )  # fmt: skip
    written = texts(ax)
    assert "A: 1 of 3 leave" in written
    assert "B: 1 of 3 enter" in written
    assert written.count("leaves") == written.count("enters") == 1
    assert written.count("✗") == 2
    assert len(ax.lines) == 2


def possible(away, k):
    """Every set of the first k that some order of equal distances gives."""
    orders = permutations(range(len(away)))
    return {
        frozenset(order[:k])
        for order in orders
        if all(away[a] <= away[b] for a, b in pairwise(order))
    }


@pytest.mark.parametrize("seed", range(6))
def test_a_change_is_one_in_every_order_of_ties_and_all_else_is_called_a_tie(ax, seed):
    rng = np.random.default_rng(seed)
    image, k = np.zeros((2, 2, 3), np.uint8), 3
    away = rng.integers(0, 3, (2, 6))
    rows = [[int(i) for i in np.argsort(far, kind="stable")[:k]] for far in away]
    first, second = (possible(far, k) for far in away)
    # In all sets of one run and in none of the other.
    leave = [i for i in rows[0] if all(i in s for s in first) and not any(i in s for s in second)]
    enter = [i for i in rows[1] if all(i in s for s in second) and not any(i in s for s in first)]
    shown = len(set(rows[0]) - set(rows[1]))
    far = [(some, np.bincount(some)[some]) for some in away]
    plots.results_change(image, [image] * 6, *rows, far=(far[0], far[1]), ax=ax)
    written = texts(ax)
    assert written.count("leaves") == len(leave)
    assert written.count("enters") == len(enter)
    assert written.count("tie") == 2 * shown - len(leave) - len(enter)
    boxes = [patch.get_gid() for patch in ax.patches if patch.get_gid()]
    wanted = [
        f"tie-{d}"
        for some, row in zip(away, rows, strict=True)
        for d in sorted(set(some[row]))
        if (some == d).sum() > 1
    ]
    assert boxes == wanted

    ax.clear()
    named = dict(zip(("whole", "part"), far, strict=True))
    plots.variants_results(
        image, [image] * 6, dict(zip(named, rows, strict=True)), far=named, ax=ax
    )
    assert texts(ax).count("↘") == len(enter) + 1  # and once in the key
    assert texts(ax).count("≈") == shown - len(enter) + 1
    assert [patch.get_gid() for patch in ax.patches if patch.get_gid()] == wanted


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
