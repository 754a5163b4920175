"""What the figures of a page say of their runs: the numbers that are handed to the drawings."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from hashviz import metrics
from hashviz.report.codes import output_section
from hashviz.report.curves import curve_section, fine_ranks
from tests.test_report import make_run


def drawn(plate):
    """The axes of a plate, drawn."""
    return plate.draw(Figure(figsize=(plate.width, plate.height)).subplots())


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
    section = output_section(run)
    ax = drawn(section.plates[0])
    assert ax.get_ylabel() == formula
    assert f"quantization error {((np.abs(h) - 1) ** 2).mean():.3g}" in legend(ax)
    assert (ax.get_ylim()[1] == pytest.approx(1.1)) == (np.abs(h).max() <= 1)
    assert formula in section.look[0]


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
    ax = drawn(curve_section(run, counts).plates[0])
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
