"""Lines in the plane against the sides worked out point by point."""

import math

import numpy as np
import pytest

from hashviz_course.widgets import Hyperplanes
from tests.course.widgets.conftest import button, slider

pytest.importorskip("ipywidgets", reason="widgets need `pip install hashviz[notebooks]`")

FOUR = np.array([[1.0, 1.0], [-1.0, 1.0], [-1.0, -1.0], [1.0, -1.0]])


def test_two_axes_give_the_four_quadrants_four_codes():
    widget = Hyperplanes(FOUR, lines=[(0, 0), (90, 0)], pair=(0, 2))
    assert widget.codes.tolist() == [[1, 1], [-1, 1], [-1, -1], [1, -1]]
    numbers = dict(widget.numbers)
    assert numbers.pop("angle") == pytest.approx(180)
    assert numbers.pop("expected") == pytest.approx(2 * 180 / 180)
    assert numbers == {"cells": 4, "possible": 1 + 2 + 1, "fullest": 1, "distance": 2}


def test_codes_are_the_sides_of_the_lines():
    points = np.random.default_rng(0).normal(size=(30, 2))
    lines = [(20, 0.3), (200, -0.1), (310, 0.0)]
    for row, (x, y) in zip(Hyperplanes(points, lines=lines).codes, points, strict=True):
        for bit, (angle, offset) in zip(row, lines, strict=True):
            along = x * math.cos(math.radians(angle)) + y * math.sin(math.radians(angle))
            assert bit == (1 if along >= offset else -1)


def test_a_point_on_a_line_has_a_bit():
    assert Hyperplanes([[0.0, 1.0], [0.0, -1.0]], lines=[(0, 0)]).codes.tolist() == [[1], [1]]


def test_random_lines_separate_a_pair_as_often_as_its_angle_says():
    points = np.array([[1.0, 0.0], [1.0, 1.0]])
    widget = Hyperplanes(points, lines=[(0, 0)])
    apart = []
    for angle in range(0, 360):
        widget.turn(0, angle + 0.5)
        apart.append(widget.numbers["distance"])
    assert np.mean(apart) == pytest.approx(widget.numbers["expected"])
    assert widget.numbers["expected"] == pytest.approx(45 / 180)


def test_sliders_turn_and_move_their_line_only():
    widget = Hyperplanes(FOUR, lines=[(0, 0), (90, 0)])
    slider(widget, "line 1: angle (°)").value = 45
    assert widget.value == ((0.0, 0.0), (45.0, 0.0))
    slider(widget, "offset").value = 0.5
    assert widget.value[0] == (0.0, 0.5)
    widget.value = [(10, 0), (20, 0)]
    assert slider(widget, "line 0: angle (°)").value == 10
    assert slider(widget, "offset").value == 0


def test_an_angle_between_two_stops_of_the_slider_stays_as_it_was_set():
    widget = Hyperplanes(FOUR, lines=[(0, 0)])
    widget.show()
    widget.turn(0, 12.4)
    assert widget.value == ((12.4, 0.0),)


def test_a_seed_gives_throws_of_its_own_and_the_same_again():
    widgets = [Hyperplanes(FOUR, lines=[(0, 0), (90, 0)], seed=seed) for seed in (1, 1, 2)]
    throws = []
    for widget in widgets:
        for _ in range(3):
            widget.throw()
        throws.append(widget.value)
    assert throws[0] == throws[1] != throws[2]


def test_throws_go_through_the_origin_and_can_be_taken_back():
    widget = Hyperplanes(FOUR, lines=[(0, 0.5), (90, 0)])
    button(widget, "Random lines").click()
    first = widget.value
    assert [offset for _, offset in first] == [0, 0]
    button(widget, "Random lines").click()
    assert widget.value != first
    button(widget, "The lines as they were").click()
    assert widget.value == ((0.0, 0.5), (90.0, 0.0))


def test_what_does_not_lie_in_a_plane_is_refused():
    with pytest.raises(ValueError, match=r"points are a matrix \[n, 2\], got shape \(4, 3\)"):
        Hyperplanes(np.zeros((4, 3)))
    with pytest.raises(ValueError, match="One to six lines can be told apart, got 7"):
        Hyperplanes(FOUR, lines=[(0, 0)] * 7)
    widget = Hyperplanes(FOUR)
    with pytest.raises(ValueError, match="There are 3 lines, got 1"):
        widget.value = [(0, 0)]
