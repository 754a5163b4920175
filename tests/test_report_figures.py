"""What the figures of a page say of their runs: the numbers that are handed to the drawings."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from hashviz.report.codes import output_section
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
