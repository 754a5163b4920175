"""Figures about training, ranks, attacks and several maps, read back from their artists."""

import numpy as np
import pytest
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure

from hashviz import metrics, plots
from hashviz.plots.looks import themed, told_apart
from hashviz.plots.palette import PAIRS


@pytest.fixture
def ax():
    return Figure(figsize=(6.4, 4)).subplots()


def texts(ax):
    return [text.get_text() for text in ax.texts]


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_flips_are_a_line_per_bit_and_their_mean(ax):
    flips, quiet = np.array([[0.4, 0.2], [0.1, 0.0]]), np.array([np.nan, 0.5, 0.8])
    plots.bit_flips(flips, quiet, window=1, ax=ax)
    lines = [line.get_ydata() for line in ax.lines]
    np.testing.assert_allclose(lines[:2], flips.T)
    np.testing.assert_allclose(lines[2], [0.3, 0.05])
    np.testing.assert_allclose(lines[3], quiet)
    assert ax.lines[2].get_xdata().tolist() == [2, 3]  # a flip is told by the later epoch
    assert ax.lines[3].get_xdata().tolist() == [1, 2, 3]
    assert any("bit 0 flips most, 25.0 %" in text for text in texts(ax))
    assert {"no flip in 1 epoch", "mean, 5.0 % at the end"} <= set(texts(ax))


def test_a_history_has_a_dot_at_every_flip_and_counts_what_is_missing(ax):
    codes = np.array([[1, -1, 1], [1, 1, 1], [-1, 1, 1]], np.int8)
    plots.code_history(codes, target=np.array([-1, 1, -1], np.int8), ax=ax)
    assert (ax.images[0].get_array() == codes).all()
    dots = next(line for line in ax.lines if line.get_label() == "flipped")
    assert sorted(zip(dots.get_xdata(), dots.get_ydata(), strict=True)) == [(0, 3), (1, 2)]
    assert "flipped: 2" in legend(ax)
    assert [text for text in texts(ax) if text.isdigit()] == ["3", "2", "1"]


def test_precision_and_recall_by_rank_name_their_ranks_and_shade_what_ties_leave_open(ax, rng):
    codes = np.where(rng.random((60, 5)) < 0.5, -1, 1)
    counts = metrics.own_counts(codes, rng.integers(0, 3, 60))
    ranks = np.array([1, 10, 59])

    def curve(ties):
        scores = (metrics.precision_at, metrics.recall_at)
        return tuple(score(counts, ranks, ties).mean(0) for score in scores)

    precision, recall = curve("expected")
    plots.precision_recall_by_rank(
        ranks, precision, recall,
        worst=curve("pessimistic"), best=curve("optimistic"),
        ax=ax,
    )  # fmt: skip
    np.testing.assert_allclose(ax.lines[0].get_xydata(), np.column_stack([recall, precision]))
    assert {"N = 1", "N = 10"} <= set(texts(ax))
    (area,) = ax.patches
    inside = area.get_path().contains_points(np.column_stack([recall, precision])[1:2])
    assert inside.all()


@pytest.mark.parametrize("power", [0.2, 1, 8, 60])
def test_no_curve_strikes_through_the_names_of_its_points(ax, power):
    recall = np.linspace(0, 1, 120)
    ranks, precision = np.arange(1, 121) ** 2, 1 - recall**power
    plots.precision_recall_by_rank(
        ranks, precision, recall, named=ranks[::9].tolist(), chance=0.1, ax=ax
    )
    ax.figure.draw_without_rendering()
    pixels = ax.transData.transform(np.column_stack([recall, precision]))
    steps = np.linspace(0, 119, 5000)
    path = np.column_stack([np.interp(steps, np.arange(120), side) for side in pixels.T])
    names = [text.get_window_extent() for text in ax.texts if "N = " in text.get_text()]
    assert len(names) >= 2
    for box in names:
        assert not ((path > box.p0) & (path < box.p1)).all(1).any()
        assert not box.y0 < ax.transData.transform((0, 0.1))[1] < box.y1


def test_a_ring_stands_where_a_run_first_reaches_the_goal(ax):
    seconds = {"csq": np.array([1.0, 2, 3]), "itq": np.array([2.0, 4, 9])}
    quality = {"csq": np.array([0.4, 0.8, 0.7]), "itq": np.array([0.1, 0.2, 0.3])}
    plots.learning_curves(seconds, quality, goal=0.7, chance=0.1, ax=ax)
    assert legend(ax) == ["csq: 2 s", "itq: not reached"]
    rings = [line for line in ax.lines if line.get_markersize() == 11]
    assert [ring.get_xydata().tolist() for ring in rings] == [[[2.0, 0.8]]]
    assert {"goal 0.7", "chance 0.100"} <= set(texts(ax))


def test_runs_with_times_and_no_qualities_are_refused():
    with pytest.raises(ValueError, match="times and qualities"):
        plots.learning_curves({"csq": np.ones(1)}, {"itq": np.ones(1)})


def test_bands_of_ties_lie_around_their_line(ax):
    means = {"csq": np.array([0.5, 0.6])}
    bands = {"csq": (np.array([0.3, 0.5]), np.array([0.6, 0.65]))}
    plots.map_by_bits(np.array([12, 24]), means, bands=bands, ax=ax)
    (band,) = [c for c in ax.collections if len(c.get_paths()) and len(c.get_facecolor())]
    ys = band.get_paths()[0].vertices[:, 1]
    assert (ys.min(), ys.max()) == (0.3, 0.65)
    assert legend(ax) == ["csq", "worst to best order of ties"]


def test_the_difference_of_an_attack_is_enlarged_and_its_flips_are_crossed(ax):
    original = np.full((4, 4, 3), 100, np.uint8)
    changed = original.copy()
    changed[0, 0] += 6
    own, code = np.ones(40, np.int8), np.ones(40, np.int8)
    code[[3, 35]] = -1
    plots.attack(original, changed, own, code, target=-own, ax=ax)
    shown = ax.images[1].get_array()
    assert shown[0, 0, 0] == 128 + 20 * 6
    assert shown[1, 1, 0] == 128
    assert any(
        "2 of 40 bits flipped, no pixel value changed by more than 6, 38 bits" in text
        for text in texts(ax)
    )
    crosses = [c for c in ax.collections if isinstance(c, PathCollection)]
    assert sum(len(c.get_offsets()) for c in crosses) == 2


def test_steps_of_an_attack_end_at_their_distances(ax):
    plots.attack_steps(np.array([0, 2, 5]), np.array([9, 6, 4]), bits=12, ax=ax)
    assert {"from its own code: 5", "from the target: 4", "unrelated: 6"} <= set(texts(ax))


def panels():
    positions = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    labels = np.eye(3, dtype=int)[:, :2]
    return [
        plots.MapPanel("first run", positions, labels=labels, trust=np.array([1, 0.5, 1])),
        plots.MapPanel("second run", 4 * positions, labels=labels, agreement=0.42,
                       method="pca"),
    ]  # fmt: skip


def test_maps_beside_each_other_share_frame_key_and_caution(ax):
    plots.code_maps(panels(), class_names=["cat", "dog"], ax=ax)
    first, second = ax.child_axes
    assert first.get_xlim() == second.get_xlim()
    assert first.get_ylim() == second.get_ylim()
    assert first.get_legend() is None
    assert legend(ax) == ["cat", "dog"]
    assert first.get_title(loc="left") == "first run\nUMAP"
    assert second.get_title(loc="left") == "second run\nprincipal components, agreement 0.42"
    said = " ".join(texts(ax)).replace("\n", " ")
    assert plots.NOT_TO_READ["umap"] in said
    assert plots.NOT_TO_READ["pca"] in said
    assert "Agreement: what a map has in common with the first" in said
    assert "Hollow" in said


def test_what_enters_a_variant_is_marked_and_counted(ax):
    image = np.zeros((8, 8, 3), np.uint8)
    plots.variants_results(
        image, [image] * 5, {"as it stands": [0, 1, 2], "no balance": [1, 3, 4]},
        relevant=[True, True, False, True, False], ax=ax,
    )  # fmt: skip
    written = texts(ax)
    assert "2 of 3 enter" in written
    assert written.count("↘") == 2 + 1  # two images and the key
    assert written.count("✗") == 2 + 1
    assert len(ax.images) == 1 + 6


def test_changes_stand_at_their_mean_right_of_what_ties_change(ax):
    plots.changed_results(["no a", "no b"], np.array([[0.2, 0.4], [0.5, np.nan]]), k=10, ties=0.1,
                          ax=ax)  # fmt: skip
    means = [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "D"]
    np.testing.assert_allclose(means, [0.3, 0.5])
    assert texts(ax) == ["30 %", "50 %"]
    assert legend(ax)[-1] == "ties alone (10 %)"
    assert ax.patches[0].get_width() == pytest.approx(0.1)


def test_styles_in_one_figure_have_markers_of_their_own():
    styles = told_apart([{"color": "red"}] * 40)
    assert len({(s["linestyle"], s["marker"], s["fillstyle"]) for s in styles}) == 40
    assert len({(s["marker"], s["fillstyle"]) for s in styles[:30]}) == 30
    assert len(told_apart([{"color": "red"}] * 150)) == 150


def test_a_style_made_before_its_figure_takes_the_theme_of_the_figure():
    for light, dark in PAIRS:
        for given in (light, dark):
            with plots.theme():
                assert themed(given) == light
            with plots.theme(dark=True):
                assert themed(given) == dark
    assert themed("red") == "red"


@pytest.mark.parametrize("eye", plots.EYES)
def test_every_eye_keeps_black_white_and_transparency(eye):
    pixels = np.array([[[0, 0, 0, 7], [255, 255, 255, 9]]], np.uint8)
    np.testing.assert_array_equal(plots.seen_by(eye, pixels), pixels)


def test_an_eye_without_green_confuses_what_only_green_tells_apart(rng):
    pixels = rng.integers(0, 256, (5, 5, 3)).astype(np.uint8)
    np.testing.assert_array_equal(plots.seen_by("typical", pixels), pixels)
    gray = plots.seen_by("gray", pixels)
    assert (gray == gray[..., :1]).all()
    red_green = np.array([[[200, 60, 0], [115, 115, 0]]], np.uint8)
    seen = plots.seen_by("deuteranopia", red_green).astype(int)
    apart = np.abs(np.diff(red_green.astype(int), axis=1)).max()
    assert np.abs(np.diff(seen, axis=1)).max() < 0.4 * apart
    with pytest.raises(ValueError, match="choose from typical, gray, deuteranopia"):
        plots.seen_by("eagle", pixels)
