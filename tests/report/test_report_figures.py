"""What the figures of a page say of their runs: the numbers that are handed to the drawings."""

import shutil

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import StepPatch

from hashviz import metrics, plots
from hashviz.maps.projection import project_run
from hashviz.plots import palette
from hashviz.report.figures import maps
from hashviz.report.figures.curves import fine_ranks
from hashviz.report.named import figure_named
from hashviz.report.registry import FIGURES, NARROW, Subject
from hashviz.runs import Run
from tests.report.test_report import make_run


def drawn(plate):
    """The axes of a plate, drawn."""
    return plate.draw(Figure(figsize=(plate.width, plate.heights[0])).subplots())


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


@pytest.mark.parametrize(
    ("method", "formula", "relaxed"),
    [("csq", "h = tanh(u)", np.tanh), ("itq", "h = u", lambda u: u)],
)
def test_outputs_are_drawn_as_the_method_quantizes_them(tmp_path, method, formula, relaxed):
    outputs = 6 * np.random.default_rng(0).normal(size=(40, 12)).astype(np.float16)
    run, _ = make_run(tmp_path, method=method, centers=False, outputs=outputs)
    h = relaxed(run.database_outputs.astype(float))
    found, sentence, *_ = FIGURES["output_violins"]["run"].items(Subject([run]))
    ax = drawn(found)
    assert ax.get_ylabel() == formula
    assert f"quantization error {((np.abs(h) - 1) ** 2).mean():.3g}" in legend(ax)
    assert (ax.get_ylim()[1] == pytest.approx(1.1)) == (np.abs(h).max() <= 1)
    assert formula in sentence


def counts_of(run):
    return metrics.distance_counts(
        run.query_codes, run.query_labels, run.database_codes, run.database_labels
    )


def test_an_empty_ball_has_no_precision_and_is_no_zero(tmp_path):
    run, _ = make_run(tmp_path, bits=16)
    counts = counts_of(run)
    inside, relevant = np.cumsum(counts.total, 1), np.cumsum(counts.relevant, 1)
    means = [
        np.mean([relevant[q, r] / inside[q, r] for q in range(len(inside)) if inside[q, r]] or
                [np.nan])
        for r in range(17)
    ]  # fmt: skip
    assert (inside[:, :8] == 0).any()
    ax = drawn(figure_named("precision_recall", [run]))
    np.testing.assert_allclose(ax.lines[0].get_ydata(), [m for m in means if np.isfinite(m)])


def test_ranks_are_so_fine_that_curves_have_no_corner_of_their_own(rng):
    codes = np.where(rng.random((3, 9)) < 0.5, -1, 1).repeat(400, 0)
    labels = np.arange(3).repeat(400)
    counts = metrics.distance_counts(codes[::40], labels[::40], codes, labels)
    ranks = fine_ranks(counts)
    for metric in (metrics.precision_at, metrics.recall_at):
        steps = np.abs(np.diff(metric(counts, ranks).mean(0)))
        assert steps[np.diff(ranks) > 1].max() <= 0.02
    assert {1, 10, 100, 1000, 1200} <= set(ranks.tolist())
    assert len(ranks) < 200


@pytest.fixture
def two(tmp_path):
    """Two runs over the same images: one whose codes know the classes, one of random codes."""
    first, dataset = make_run(tmp_path, path="a/csq/12bits/seed0")
    outputs = np.random.default_rng(3).normal(size=(40, 12))
    second, _ = make_run(tmp_path, path="a/lsh/12bits/seed0", method="lsh", centers=False,
                         history=False, outputs=outputs)  # fmt: skip
    return [first, second], dataset


def panels_of(plate):
    return drawn(plate).get_figure().axes[1:]


def test_histograms_of_several_runs_are_all_drawn_on_one_scale(two):
    runs, _ = two
    panels = panels_of(figure_named("distance_histogram", runs, None))
    assert len({panel.get_ylim() for panel in panels}) == 1
    assert len({panel.get_xlim() for panel in panels}) == 1
    for run, panel, name in zip(runs, panels, ("CSQ", "LSH"), strict=True):
        similar = np.array(run.scores["distances"]["similar"])
        hills = [patch.get_data() for patch in panel.patches if isinstance(patch, StepPatch)]
        assert hills[0].values.max() == pytest.approx(similar.max() / similar.sum())
        assert panel.get_title(loc="left").startswith(f"{name}: ")


def test_codes_of_several_runs_are_all_drawn(two):
    runs, _ = two
    panels = panels_of(figure_named("code_matrix", runs, None))
    for run, panel in zip(runs, panels, strict=True):
        shown = panel.images[0].get_array()
        assert sorted(map(tuple, shown)) == sorted(map(tuple, run.database_codes))


def test_a_run_that_a_figure_cannot_show_is_named_instead_of_left_out(two):
    runs, dataset = two
    with pytest.raises(ValueError, match="of a/lsh/12bits/seed0: it was fitted without epochs"):
        figure_named("learning_curves", runs, None)
    with pytest.raises(ValueError, match=r"seed0-b: it compares exactly two runs"):
        figure_named("results_change", [*runs, third(runs[0])], dataset)
    few = Subject([runs[0], *runs], names=["one", "two", "LSH"])
    (found,) = FIGURES["learning_curves"]["runs"].items(few)
    assert found.caption == "Quality against seconds of training; without LSH"


def third(run):
    """The same run in another folder."""
    other = run.path.with_name("seed0-b")
    shutil.copytree(run.path, other)
    return Run.load(other)


def test_maps_say_what_drew_them_and_first_reports_use_umap(two, monkeypatch):
    runs, _ = two
    asked = []

    def drawn_by(run, *, method):
        asked.append(method)
        return project_run(run, method=method)

    monkeypatch.setattr(maps, "project_run", drawn_by)
    ax = drawn(figure_named("code_maps", runs, None))
    assert asked == ["umap", "umap"]
    methods = [plots.LAYOUT_NAMES[maps.map_of(run).method] for run in runs]
    titles = [inner.get_title(loc="left") for inner in ax.child_axes]
    assert titles[0] == f"CSQ\n{methods[0]}"
    assert titles[1].startswith(f"LSH\n{methods[1]}, agreement 0.")
    asked.clear()
    monkeypatch.setattr(maps, "UMAP_CODES", 3)
    monkeypatch.setattr(maps, "kept_map", lambda run, *, method: None)
    sentence, found = FIGURES["code_maps"]["runs"].items(Subject(runs))
    assert asked == ["pca"] * 4  # each is asked once, then all alike
    assert "up to 3 codes" in sentence
    ax = drawn(found)
    assert all("principal components" in inner.get_title(loc="left") for inner in ax.child_axes)


def test_pictures_and_bubbles_of_a_map_have_one_color_for_each_code(tmp_path, monkeypatch):
    labels = np.random.default_rng(1).random((60, 4)) < [0.9, 0.6, 0.5, 0.4]
    run, dataset = make_run(tmp_path, n=60, bits=4, classes=("a", "b", "c", "d"), labels=labels)
    found = project_run(run, method="pca")
    counts = found.class_counts(run.database_labels)
    wanted = {}
    for point, (x, y) in enumerate(found.positions):
        most = np.flatnonzero(counts[point] == counts[point].max())
        rarest = min(most, key=lambda label: (counts[:, label].sum(), label))
        some = counts[point].any()
        color = palette.class_color(int(rarest)) if some else palette.muted()
        wanted[round(x, 4), round(y, 4)] = color
    monkeypatch.setattr(maps, "UMAP_CODES", 0)
    shown = figure_named("thumbnail_map", [run], dataset)
    rims = {
        tuple(np.round(rim.get_center(), 4)): to_hex(rim.get_edgecolor())
        for rim in drawn(shown).patches
    }
    assert len(rims) > 5
    assert all(wanted[at] == color for at, color in rims.items())


@pytest.mark.parametrize("narrow", [False, True])
def test_every_word_of_a_map_of_pictures_lies_inside_its_figure(tmp_path, narrow):
    run, dataset = make_run(tmp_path)
    shown = figure_named("thumbnail_map", [run], dataset)
    size = (NARROW, shown.heights[1]) if narrow else (shown.width, shown.heights[0])
    figure = Figure(figsize=size, dpi=72, layout="constrained")
    ax = shown.draw(figure.subplots())
    figure.draw_without_rendering()
    for text in (ax.title, ax.xaxis.label):
        box = text.get_window_extent()
        assert box.y0 >= 0
        assert box.y1 <= 72 * size[1]
