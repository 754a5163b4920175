"""The designer against distances counted by loops and bounds written out."""

from itertools import combinations

import numpy as np
import pytest

from hashviz.centers import make_centers, measure_centers
from hashviz_course.widgets import CenterDesigner
from tests.course.widgets.conftest import button, buttons

pytest.importorskip("ipywidgets", reason="widgets need `pip install hashviz[notebooks]`")

FOUR = [[1, 1, 1, 1], [1, 1, -1, -1], [1, -1, 1, -1], [1, -1, -1, 1]]


def test_four_hadamard_rows_are_as_far_apart_as_plotkin_allows_and_waste_a_bit():
    numbers = CenterDesigner(FOUR).numbers
    assert numbers["minimum"] == numbers["plotkin"] == 4 / 2
    assert numbers["mean"] == 2
    assert (numbers["constant"], numbers["repeated"], numbers["useful"]) == (1, 0, 3)


def test_the_meter_follows_every_pressed_bit():
    widget = CenterDesigner(make_centers("greedy", 4, 8))
    for label, bit in ((0, 0), (3, 7), (0, 1), (2, 2)):
        widget.press(label, bit)
        apart = {
            pair: sum(a != b for a, b in zip(*(widget.value[c] for c in pair), strict=True))
            for pair in combinations(range(4), 2)
        }
        assert widget.numbers["minimum"] == min(apart.values()) == apart[widget.numbers["closest"]]
        assert widget.numbers["mean"] == pytest.approx(np.mean([*apart.values()]))
        columns = [
            tuple(a * column[0] for a in column) for column in zip(*widget.value, strict=True)
        ]
        constant = sum(len(set(column)) == 1 for column in columns)
        fresh = len({column for column in columns if len(set(column)) > 1})
        assert widget.numbers["constant"] == constant
        assert widget.numbers["useful"] == fresh
        assert widget.numbers["repeated"] == 8 - constant - fresh


def test_equal_centers_are_a_distance_of_zero():
    assert CenterDesigner([[1, -1], [1, -1]]).numbers["minimum"] == 0


def test_a_key_flips_one_bit_of_one_center_and_its_face_follows():
    widget = CenterDesigner(FOUR)
    key = button(widget, "class 2, bit 3: −1")
    key.click()
    assert widget.centers[2].tolist() == [1, -1, 1, 1]
    assert np.delete(widget.centers, 2, 0).tolist() == FOUR[:2] + FOUR[3:]
    assert (key.description, key.tooltip) == ("+", "class 2, bit 3: +1")
    button(widget, "The centers as at first").click()
    assert widget.centers.tolist() == FOUR


def test_ready_placements_are_those_that_fit():
    widget = CenterDesigner(np.sign(np.random.default_rng(0).normal(size=(5, 6))).astype(int))
    offered = {each.description for each in buttons(widget.show())}
    assert "greedy" in offered
    assert "hadamard" not in offered, "there is no Hadamard matrix of six rows"
    next(each for each in buttons(widget.show()) if each.description == "greedy").click()
    assert widget.centers.tolist() == make_centers("greedy", 5, 6, seed=0).tolist()
    assert widget.numbers["minimum"] == measure_centers(widget.centers).minimum
    with pytest.raises(ValueError, match="Hadamard"):
        widget.place("hadamard")


@pytest.mark.parametrize(
    ("centers", "text"),
    [
        ([[1, 1]], "needs two classes or more"),
        (np.ones((20, 20)), "room for 160 keys, got 20 classes of 20 bits"),
    ],
)
def test_what_cannot_be_designed_is_refused(centers, text):
    with pytest.raises(ValueError, match=text):
        CenterDesigner(centers)


def test_other_shapes_and_other_values_are_no_centers():
    widget = CenterDesigner(FOUR)
    for wrong in (FOUR[:3], [[0, 0, 0, 0]] * 4):
        with pytest.raises(ValueError, match=r"Centers are 4 codes of 4 bits, -1 and \+1"):
            widget.value = wrong
    assert widget.centers.tolist() == FOUR
    with pytest.raises(ValueError, match="Each of the 4 classes has a name, got 1"):
        CenterDesigner(FOUR, names=["cat"])
