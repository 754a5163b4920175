"""The keyboard against a search by loops."""

import numpy as np
import pytest

from hashviz_course.widgets import BitKeyboard
from tests.course.widgets.conftest import CLASSES, CODES, IMAGES, button, keyboard

pytest.importorskip("ipywidgets", reason="widgets need `pip install hashviz[notebooks]`")


def nearest(code, k):
    away = [(sum(a != b for a, b in zip(code, row, strict=True)), place)
            for place, row in enumerate(CODES[1:].tolist())]  # fmt: skip
    return sorted(away)[:k]


def flip(code, *bits):
    return tuple(-value if bit in bits else value for bit, value in enumerate(code))


def test_the_own_code_changes_nothing():
    widget = keyboard()
    assert widget.value == tuple(CODES[0].tolist())
    assert widget.numbers["flipped"] == widget.numbers["leave"] == 0


@pytest.mark.parametrize("bits", [(0,), (3, 7), tuple(range(12))])
def test_numbers_are_those_of_a_search_by_loops(bits):
    widget = keyboard()
    widget.value = flip(widget.own, *bits)
    before, now = nearest(widget.own, 5), nearest(widget.value, 5)
    assert widget.numbers == {
        "flipped": len(bits),
        "leave": len({place for _, place in before} - {place for _, place in now}),
        "nearest": now[0][0],
        "farthest": now[-1][0],
        "right": sum(CLASSES[1:][place] == CLASSES[0] for _, place in now),
    }


def test_a_bar_counts_what_one_flip_drives_away():
    widget = keyboard()
    for bit in range(12):
        before = {place for _, place in nearest(widget.own, 5)}
        after = {place for _, place in nearest(flip(widget.own, bit), 5)}
        assert widget.leaving[bit] == len(before - after)


def test_a_key_flips_its_bit_and_says_so_and_a_second_press_takes_it_back():
    widget = keyboard()
    key = button(widget, "Bit 4:")
    text, own = key.description, widget.own
    key.click()
    assert widget.value == flip(own, 4)
    assert key.description == {"+": "−", "−": "+"}[text]
    assert "flipped;" in key.tooltip
    assert key.style.text_decoration == "underline"
    key.click()
    assert widget.value == own
    assert key.style.text_decoration == "none"


def test_the_way_back_is_one_button():
    widget = keyboard()
    widget.value = flip(widget.own, 1, 2, 3)
    button(widget, "Flip all bits back").click()
    assert widget.value == widget.own


def test_without_labels_nothing_is_called_right():
    assert "right" not in keyboard(relevant=None).numbers


def test_more_results_than_images_are_all_images():
    widget = keyboard(k=999)
    assert widget.k == 59
    assert widget.numbers["leave"] == 0


@pytest.mark.parametrize("wrong", [(1,) * 11, (0,) * 12])
def test_what_is_no_code_is_refused_and_the_keys_stay(wrong):
    widget = keyboard()
    with pytest.raises(ValueError, match=r"The keys are 12 bits of -1 and \+1"):
        widget.value = wrong
    assert widget.value == widget.own


def test_codes_and_images_of_two_runs_are_refused():
    with pytest.raises(ValueError, match="Each image has a code"):
        BitKeyboard(CODES[0], CODES[1:], IMAGES[0], IMAGES)
    with pytest.raises(ValueError, match="a query of 6 bits"):
        BitKeyboard(CODES[0, :6], CODES, IMAGES[0], IMAGES)


def test_codes_may_be_zeros_and_ones():
    zeros = (CODES > 0).astype(np.uint8)
    assert BitKeyboard(zeros[0], zeros, IMAGES[0], IMAGES).own == tuple(CODES[0].tolist())


def test_results_at_one_distance_are_in_one_box():
    widget = keyboard()
    widget.value = flip(widget.own, 0)
    widget.png()
    boxes = [patch.get_gid() for patch in widget._page.axes[-1].patches if patch.get_gid()]
    every = [away for away, _ in nearest(widget.value, len(CODES))]
    shown = {away for away, _ in nearest(widget.value, widget.k)}
    tied = [f"tie-{away}" for away in sorted(shown) if every.count(away) > 1]
    assert tied
    assert boxes[-len(tied) :] == tied  # the lower row is drawn last
