"""Orders of ties against a sort by loops, and bounds against all orders of a small database."""

from itertools import permutations

import numpy as np
import pytest

from hashviz_course.widgets import TieTheatre
from tests.course.widgets.conftest import CLASSES, CODES, button, slider

pytest.importorskip("ipywidgets", reason="widgets need `pip install hashviz[notebooks]`")


def theatre(**options):
    return TieTheatre(CODES[:9], CLASSES[:9], CODES[9:], CLASSES[9:], **options)


def average_precision(hits):
    places = [rank for rank, hit in enumerate(hits, 1) if hit]
    return sum(found / rank for found, rank in enumerate(places, 1)) / max(len(places), 1)


def test_the_stored_order_is_a_stable_sort():
    widget = theatre()
    scores = []
    for query in range(9):
        away = [int((CODES[query, :4] != code).sum()) for code in CODES[9:, :4]]
        order = sorted(range(len(away)), key=lambda place, away=away: away[place])
        scores.append(average_precision([CLASSES[9:][p] == CLASSES[query] for p in order]))
    assert widget.bits == 4
    assert widget.numbers["this"] == pytest.approx(np.mean(scores))


def test_bounds_and_mean_are_those_of_all_orders():
    labels = np.array([0, 1, 0, 1, 1])
    codes = np.array([[1], [1], [1], [-1], [-1]])
    widget = TieTheatre(codes[:1], labels[:1], codes, labels, lengths=[1])
    every = [
        average_precision([labels[p] == 0 for p in (*near, *far)])
        for near in permutations(range(3))
        for far in permutations(range(3, 5))
    ]
    assert widget.numbers["worst"] == pytest.approx(min(every))
    assert widget.numbers["best"] == pytest.approx(max(every))
    assert widget.numbers["expected"] == pytest.approx(np.mean(every))


def test_every_shuffle_lies_between_the_bounds_and_their_mean_is_near_the_expected_one():
    widget = theatre()
    scores = []
    for order in range(200):
        widget.value = order
        numbers = widget.numbers
        assert numbers["worst"] <= numbers["this"] <= numbers["best"]
        scores.append(numbers["this"])
    error = np.std(scores[1:], ddof=1) / 199**0.5
    assert len(set(scores)) > 100, "the shuffles do not shuffle"
    assert abs(np.mean(scores[1:]) - widget.numbers["expected"]) < 5 * error


def test_the_same_number_is_the_same_shuffle():
    assert theatre().score(3, 4) == theatre().score(3, 4)
    assert theatre().score(3, 4) != theatre(seed=1).score(3, 4)


def test_shuffle_goes_on_and_the_length_keeps_the_order():
    widget = theatre()
    button(widget, "Shuffle").click()
    button(widget, "Shuffle").click()
    slider(widget, "bits of the code").value = 12
    assert (widget.value, widget.bits) == (2, 12)
    assert widget.numbers["this"] == widget.score(2, 12)
    button(widget, "Back to the order").click()
    assert widget.value == 0


def test_longer_codes_leave_less_to_the_order():
    band = theatre(lengths=[2, 12]).bounds
    assert band[0, 2] - band[0, 0] > band[1, 2] - band[1, 0]


def test_only_lengths_and_orders_that_exist_can_be_set():
    with pytest.raises(ValueError, match=r"between 1 and the 12 bits of the codes, got \[4, 24\]"):
        theatre(lengths=[4, 24])
    widget = theatre()
    with pytest.raises(ValueError, match="The lengths are 4, 8, 12 bits, got bits=5"):
        widget.bits = 5
    with pytest.raises(ValueError, match="Orders are numbered from 0, got -1"):
        widget.value = -1
