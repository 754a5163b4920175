"""A guess is scored against the flat line that everybody starts from."""

import pytest

from hashviz_course.widgets import DrawBeforeYouSee
from tests.course.widgets.conftest import button, slider

pytest.importorskip("ipywidgets", reason="widgets need `pip install hashviz[notebooks]`")

TRUTH = [0.2, 0.5, 0.6]


def drawn(**options):
    return DrawBeforeYouSee([4, 8, 16], TRUTH, **options)


def test_before_the_truth_is_shown_no_number_gives_it_away():
    widget = drawn()
    assert widget.numbers == {"guess": 0.5}
    hidden = widget.png()
    assert hidden == DrawBeforeYouSee([4, 8, 16], [0.9, 0.9, 0.9]).png()


@pytest.mark.parametrize(
    ("guess", "score"),
    [
        (TRUTH, 1.0),
        ([0.5, 0.5, 0.5], 0.0),
        ([0.2, 0.5, 0.5], 1 - 0.1 / (0.3 + 0.0 + 0.1)),
        ([1.0, 1.0, 1.0], 0.0),
    ],
)
def test_the_score_is_the_share_of_the_flat_lines_error_that_is_gone(guess, score):
    widget = drawn()
    widget.value = guess
    widget.reveal()
    error = sum(abs(a - b) for a, b in zip(guess, TRUTH, strict=True)) / 3
    assert widget.numbers["error"] == pytest.approx(error)
    assert widget.numbers["score"] == pytest.approx(score)


def test_a_truth_that_is_flat_is_met_or_missed():
    widget = DrawBeforeYouSee([1, 2], [0.5, 0.5])
    widget.reveal()
    assert widget.numbers["score"] == 1
    widget.value = (0.5, 0.6)
    assert widget.numbers["score"] == 0


def test_sliders_move_their_point_and_stand_still_afterwards():
    widget = drawn()
    slider(widget, "8").value = 0.8
    assert widget.value == (0.5, 0.8, 0.5)
    button(widget, "Show the true curve").click()
    assert widget.revealed
    assert slider(widget, "8").disabled
    assert button(widget, "Show the true curve").disabled


def test_what_is_no_curve_and_what_is_no_guess_are_refused():
    with pytest.raises(ValueError, match=r"1 to 16 points and a true value for each, got \(2,\)"):
        DrawBeforeYouSee([1, 2], [0.5])
    with pytest.raises(ValueError, match="got start=2"):
        drawn(start=2.0)
    widget = drawn()
    for wrong in ([0.5, 0.5], [0.5, 0.5, 1.5]):
        with pytest.raises(ValueError, match="A guess is 3 values from 0 to 1, got"):
            widget.value = wrong
