"""The switchboard against Student's interval worked out by hand."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from hashviz_course.widgets import LossSwitchboard
from tests.course.widgets.conftest import PARTS, SCORES, SWITCHES, button

pytest.importorskip("ipywidgets", reason="widgets need `pip install hashviz[notebooks]`")

T_ONE_DEGREE = 12.706204736432095
"""The 97.5 % point of Student's law with one degree of freedom: of two seeds."""


def test_differences_are_paired_by_seed():
    widget = LossSwitchboard(PARTS, SWITCHES, SCORES)
    widget.value = ("balance",)
    numbers = widget.numbers
    apart = [0.5 - 0.8, 0.7 - 0.9]
    assert numbers["mean"] == pytest.approx((0.5 + 0.7) / 2)
    assert numbers["difference"] == pytest.approx(sum(apart) / 2)
    half = T_ONE_DEGREE * abs(apart[0] - apart[1]) / 2
    assert numbers["difference_half_width"] == pytest.approx(half)
    assert "may be chance" in widget.sentence()


def test_a_difference_that_every_seed_shows_is_more_than_chance():
    widget = LossSwitchboard(["a"], [[True], [False]], [[0.9, 0.8, 0.85], [0.7, 0.61, 0.65]])
    widget.value = ()
    assert "−0.197" in widget.sentence()
    assert "more than chance" in widget.sentence()


def test_a_combination_that_nobody_kept_is_said_to_be_missing():
    widget = LossSwitchboard(PARTS, SWITCHES, SCORES)
    button(widget, "Turn pairs off").click()
    assert widget.numbers["kept"]
    button(widget, "Turn balance off").click()
    assert widget.value == ()
    assert not widget.numbers["kept"]
    assert math.isnan(widget.numbers["mean"])
    assert widget.sentence().startswith("On: no part. This combination was not trained")
    assert widget.png()
    button(widget, "Turn all parts on").click()
    assert widget.value == PARTS
    assert widget.numbers["difference"] == 0


def test_one_seed_has_no_interval_and_is_no_proof():
    widget = LossSwitchboard(["a"], [[True], [False]], [[0.9], [0.1]])
    widget.value = ()
    assert math.isnan(widget.numbers["difference_half_width"])
    assert "one seed proves nothing" in widget.sentence()


def test_shares_are_shown_only_if_every_combination_was_kept():
    assert not LossSwitchboard(PARTS, SWITCHES, SCORES).complete
    whole = LossSwitchboard(PARTS, [*SWITCHES, [False, False]], [*SCORES, [0.1, 0.2]])
    assert whole.complete
    assert whole.size[1] > LossSwitchboard(PARTS, SWITCHES, SCORES).size[1]
    assert whole.png()


def test_a_kept_table_keeps_the_variants_that_only_turn_parts_off():
    rows = [
        {"name": "whole", "options": {}, "map": {"values": [0.9, 0.8]}},
        {"name": "no b", "options": {"b_weight": 0.0}, "map": {"values": [0.7, 0.8]}},
        {"name": "more b", "options": {"b_weight": 0.5}, "map": {"values": [0.1, 0.1]}},
        {"name": "no c", "options": {"c": "none"}, "map": {"values": [0.6, 0.5]}},
    ]
    widget = LossSwitchboard.from_table({"rows": rows})
    assert widget.parts == ("b", "c")
    assert widget.on.tolist() == [[True, True], [False, True], [True, False]]
    assert widget.scores.tolist() == [[0.9, 0.8], [0.7, 0.8], [0.6, 0.5]]


def test_tables_of_this_repository_can_be_switched():
    results = Path(__file__).parents[3] / "results"
    for name in ("dfeh-digits.json", "hybrid-centers-digits.json"):
        table = json.loads((results / name).read_text())
        widget = LossSwitchboard.from_table(table)
        assert widget.numbers["mean"] == pytest.approx(np.mean(table["rows"][0]["map"]["values"]))
        assert widget.png()


@pytest.mark.parametrize(
    ("on", "scores", "text"),
    [
        ([[True]], [[1.0]], r"2 parts, switches \(1, 1\) and scores \(1, 1\)"),
        ([[True, True]] * 2, [[1.0]] * 2, "Two variants have the same parts on"),
        ([[True, False]], [[1.0]], "No variant has all parts on"),
    ],
)
def test_tables_that_compare_nothing_are_refused(on, scores, text):
    with pytest.raises(ValueError, match=text):
        LossSwitchboard(PARTS, on, scores)


def test_a_table_in_which_nothing_is_turned_off_is_refused():
    rows = [
        {"name": "whole", "options": {}, "map": {"values": [0.9]}},
        {"name": "more", "options": {"weight": 2.0}, "map": {"values": [0.8]}},
    ]
    with pytest.raises(ValueError, match="needs a part that some variant turns off, got none"):
        LossSwitchboard.from_table({"rows": rows})


def test_unknown_parts_are_refused():
    widget = LossSwitchboard(PARTS, SWITCHES, SCORES)
    with pytest.raises(ValueError, match="The parts are pairs, balance, got 'luck'"):
        widget.value = ("luck",)
