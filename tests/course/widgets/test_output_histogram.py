"""Outputs before the sign: the squeeze, the ranks, the trap at zero."""

import numpy as np
import pytest

from hashviz_course.widgets import OutputHistogram
from tests.course.widgets.conftest import slider

pytest.importorskip("ipywidgets", reason="widgets need `pip install hashviz[notebooks]`")

OUTPUTS = np.random.default_rng(1).normal(size=(25, 6))


def test_the_error_is_the_mean_square_that_is_missing_to_one():
    for beta in (0.5, 3.0):
        error = np.square(np.abs(np.tanh(beta * OUTPUTS)) - 1).mean()
        assert OutputHistogram(OUTPUTS, beta=beta).numbers["error"] == pytest.approx(error)


def test_changed_counts_what_the_codes_do_not_bring():
    widget = OutputHistogram(OUTPUTS, k=4, beta=0.7)
    soft, hard = np.tanh(0.7 * OUTPUTS), np.where(OUTPUTS >= 0, 1, -1)

    def nearest(values):
        away = [
            sum((a - b) ** 2 for a, b in zip(values[0], row, strict=True)) for row in values[1:]
        ]
        return {place for _, place in sorted(zip(away, range(24), strict=True))[:4]}

    assert widget.numbers["changed"] == len(nearest(soft) - nearest(hard))


def test_a_hard_tanh_ranks_as_the_codes_do():
    outputs = np.where(OUTPUTS >= 0, 1, -1) * (0.5 + np.abs(OUTPUTS))
    widget = OutputHistogram(outputs, k=8)
    soft = widget.numbers["error"]
    slider(widget, "slope of the tanh").value = 100.0
    assert widget.value == 100.0
    assert widget.numbers["error"] < 1e-20 < soft
    assert widget.numbers["changed"] == 0


def test_the_trap_at_zero_gives_half_distances_and_the_library_does_not():
    outputs = np.array([[0.0, 1.0, 1.0], [2.0, 1.0, 1.0], [-2.0, 1.0, 1.0], [0.0, -1.0, 1.0]])
    widget = OutputHistogram(outputs)
    assert (widget.numbers["zeros"], widget.numbers["halves"]) == (2, 0)
    assert widget.code_distances().tolist() == [0, 1, 1]
    slider(widget, "sign(0) = 0 (the trap)").value = True
    # The bit of the query is 0: half a bit away from +1, from -1, and even from another 0.
    assert widget.code_distances().tolist() == [0.5, 0.5, 1.5]
    assert widget.numbers["halves"] == 3
    assert "3 distances are not whole" in widget.sentence()


@pytest.mark.parametrize("wrong", [np.zeros(3), np.zeros((1, 4)), np.full((3, 3), np.nan)])
def test_what_are_no_outputs_is_refused(wrong):
    with pytest.raises(ValueError, match=r"Outputs are a finite matrix \[images, bits\]"):
        OutputHistogram(wrong)


def test_a_slope_outside_the_slider_is_refused():
    widget = OutputHistogram(OUTPUTS)
    with pytest.raises(ValueError, match=r"from 0\.1 to 100, got 0\.01"):
        widget.value = 0.01
    assert widget.value == 1.0
