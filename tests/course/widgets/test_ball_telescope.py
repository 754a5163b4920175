"""The telescope against the binomial law and counts by loops."""

import math
from math import comb

import numpy as np
import pytest

from hashviz_course.widgets import BallTelescope
from tests.course.widgets.conftest import CLASSES, CODES, IMAGES, slider, telescope

pytest.importorskip("ipywidgets", reason="widgets need `pip install hashviz[notebooks]`")


@pytest.mark.parametrize("radius", [0, 3, 12])
def test_numbers_are_counts_and_binomials(radius):
    widget = telescope(radius=radius)
    away = [sum(a != b for a, b in zip(CODES[0], row, strict=True)) for row in CODES[1:]]
    inside = [place for place, distance in enumerate(away) if distance <= radius]
    cells = sum(comb(12, i) for i in range(radius + 1))
    numbers = dict(widget.numbers)
    precision = numbers.pop("precision")
    assert numbers == {
        "inside": len(inside),
        "ring": away.count(radius),
        "expected": pytest.approx(59 * cells / 2**12),
        "cells": cells,
        "crossing": 2,  # 1 + 12 cells are fewer than 59 images, 1 + 12 + 66 are more
    }
    right = [CLASSES[1:][place] == CLASSES[0] for place in inside]
    assert precision == (
        pytest.approx(np.mean(right)) if right else pytest.approx(np.nan, nan_ok=True)
    )


def test_the_sentence_says_when_the_ball_has_become_too_large():
    widget = telescope(radius=1)
    assert "the database has 59 images" in widget.sentence()
    slider(widget, "radius (bits)").value = 2
    assert "more than the 59 images" in widget.sentence()


def test_without_radius_the_nearest_image_is_on_the_edge():
    widget = telescope(radius=None)
    assert widget.numbers["ring"] == widget.numbers["inside"] > 0


def test_without_labels_nothing_is_called_right():
    widget = telescope(relevant=None, radius=12)
    assert math.isnan(widget.numbers["precision"])
    assert "right" not in widget.sentence()


def test_a_database_larger_than_the_space_is_never_crossed():
    codes = np.array([[1, 1], [1, -1]] * 3)
    widget = BallTelescope(codes[0], codes, IMAGES[0], IMAGES[:6])
    assert widget.numbers["crossing"] == 3
    assert widget.numbers["inside"] == 3


def test_what_does_not_fit_together_is_refused():
    with pytest.raises(ValueError, match="Each image has a code"):
        BallTelescope(CODES[0], CODES[1:], IMAGES[0], IMAGES)
    with pytest.raises(ValueError, match="A radius is from 0 to 12, got 13"):
        telescope().value = 13


def test_the_picture_shows_some_images_of_every_near_ring():
    widget = telescope()
    away = (CODES[1:] != CODES[0]).sum(1)
    last = max(sorted(away)[23], 3)
    assert (np.diff(widget.distances[widget.shown]) >= 0).all()
    for ring in range(13):
        shown = [place for place in widget.shown if away[place] == ring]
        expected = np.flatnonzero(away == ring)[:9].tolist() if ring <= last else []
        assert shown == expected
