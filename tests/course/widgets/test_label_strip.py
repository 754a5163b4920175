"""The strip against the definitions, written as fractions."""

import math

import pytest

from hashviz_course.widgets import LabelStrip
from tests.course.widgets.conftest import button, slider

pytest.importorskip("ipywidgets", reason="widgets need `pip install hashviz[notebooks]`")


def test_every_dialect_is_one_sum_over_its_own_divisor():
    numbers = LabelStrip([True, False, True, False, True], k=4, elsewhere=2).numbers
    top = 1 / 1 + 2 / 3
    assert numbers["hits"] == 2
    assert numbers["precision"] == 2 / 4
    assert numbers["recall"] == pytest.approx(2 / 5)
    assert numbers["AP hits"] == pytest.approx(top / 2)
    assert numbers["AP answered"] == pytest.approx(top / 2)
    assert numbers["AP relevant"] == pytest.approx(top / 5)
    assert numbers["AP reachable"] == pytest.approx(top / 4)


def test_the_same_hits_in_another_order_score_less_and_one_dialect_may_punish_a_hit():
    """A list with one more hit scores lower over the hits found: HashNet's code, issue 33."""
    early, more = LabelStrip([True, False, False]), LabelStrip([True, False, True])
    assert early.numbers["AP hits"] == 1
    assert more.numbers["AP hits"] == pytest.approx((1 + 2 / 3) / 2)


def test_a_list_without_hits_scores_zero_or_is_left_out():
    widget = LabelStrip([False, False], elsewhere=3)
    assert widget.numbers["AP hits"] == widget.numbers["AP relevant"] == 0
    assert math.isnan(widget.numbers["AP answered"])
    assert widget.png()


def test_a_key_turns_a_miss_into_a_hit():
    widget = LabelStrip([False, False])
    key = button(widget, "Rank 2: miss")
    key.click()
    assert widget.value == (False, True)
    assert key.tooltip == "Rank 2: hit; press to change"
    assert widget.numbers["precision"] == 1 / 2
    button(widget, "The list as it was").click()
    assert widget.value == (False, False)


def test_sliders_and_state_are_one():
    widget = LabelStrip([True] * 6)
    slider(widget, "cut after rank k").value = 3
    assert (widget.k, widget.numbers["recall"]) == (3, 3 / 6)
    widget.elsewhere = 4
    assert slider(widget, "relevant, but not in the list").value == 4
    assert widget.numbers["recall"] == 3 / 10


def test_relevant_images_elsewhere_change_no_precision():
    widget = LabelStrip([True, False])
    before = widget.numbers["precision"], widget.numbers["AP hits"]
    widget.elsewhere = 9
    assert (widget.numbers["precision"], widget.numbers["AP hits"]) == before


@pytest.mark.parametrize(
    ("trait", "value", "text"),
    [
        ("k", 0, "k is a rank from 1 to 2, got k=0"),
        ("k", 3, "got k=3"),
        ("elsewhere", -1, "A count is not negative, got elsewhere=-1"),
        ("value", (True,), "The strip has 2 ranks, got 1 values"),
    ],
)
def test_what_is_no_state_is_refused(trait, value, text):
    widget = LabelStrip([True, False])
    with pytest.raises(ValueError, match=text):
        setattr(widget, trait, value)
    assert (widget.k, widget.elsewhere, widget.value) == (2, 0, (True, False))


def test_an_empty_list_is_refused():
    with pytest.raises(ValueError, match="at least one rank, got an empty list"):
        LabelStrip([])
