"""The toss against votes counted by loops."""

from itertools import combinations

import numpy as np
import pytest

from hashviz_course.widgets import CoinToss
from tests.course.widgets.conftest import CODES, button, slider

pytest.importorskip("ipywidgets", reason="widgets need `pip install hashviz[notebooks]`")

CENTERS = CODES[:5]


@pytest.mark.parametrize("chosen", [(0,), (0, 1), (1, 2, 4), (0, 1, 2, 3)])
def test_undecided_bits_are_those_on_which_the_labels_draw(chosen):
    widget = CoinToss(CENTERS, chosen=chosen)
    votes = [sum(int(CENTERS[c, bit]) for c in chosen) for bit in range(12)]
    assert widget.numbers["undecided"] == votes.count(0)
    for bit, vote in enumerate(votes):
        assert vote == 0 or widget.target[bit] == np.sign(vote)


def test_half_of_the_bits_are_expected_to_be_undecided_by_two_labels_and_three_eighths_by_four():
    shares = {(0, 1): 1 / 2, (0, 1, 2): 0, (0, 1, 2, 3): 3 / 8}
    for chosen, share in shares.items():
        assert CoinToss(CENTERS, chosen=chosen).numbers["expected"] == 12 * share


@pytest.mark.parametrize("ties", ["label-set", "shared", "first-label"])
def test_strangers_are_measured_over_all_pairs_without_a_common_label(ties):
    widget = CoinToss(CENTERS)
    widget.ties = ties
    apart = []
    for pair in combinations(range(5), 2):
        for other in combinations(set(range(5)) - set(pair), 2):
            targets = []
            for chosen in (pair, other):
                widget.value = chosen
                targets.append(widget.target)
            apart.append(int((targets[0] != targets[1]).sum()))
    assert widget.numbers["strangers"] == pytest.approx(np.mean(apart))
    assert widget.numbers["unrelated"] == 6


def test_one_shared_coin_pulls_strangers_together():
    centers = np.where(np.random.default_rng(3).random((8, 256)) < 0.5, -1, 1)
    widget = CoinToss(centers)
    own = widget.numbers["strangers"]
    widget.ties = "shared"
    # 3/8 instead of 1/2 of the bits, up to the chance of eight random centers.
    assert widget.numbers["strangers"] == pytest.approx(256 * 3 / 8, rel=0.08)
    assert own == pytest.approx(256 / 2, rel=0.08)


def test_another_toss_moves_undecided_bits_only():
    widget = CoinToss(CENTERS)
    before = widget.target
    tied = CENTERS[0] != CENTERS[1]
    targets = []
    for _ in range(8):
        widget.again()
        targets.append(widget.target)
    button(widget, "Other coins").click()
    assert widget.toss == 9
    assert all((target[~tied] == before[~tied]).all() for target in targets)
    assert len({target.tobytes() for target in targets}) > 1


def test_labels_come_and_go_but_the_last_one_stays():
    widget = CoinToss(CENTERS, chosen=(1,))
    key = button(widget, "class 3")
    key.click()
    assert widget.value == (1, 3)
    assert key.tooltip == "class 3: a label of the image"
    button(widget, "class 1").click()
    assert widget.value == (3,)
    key.click()
    assert widget.value == (3,)


def test_the_rule_is_chosen_from_the_table():
    widget = CoinToss(CENTERS)
    slider(widget, "without a majority").value = "first-label"
    assert widget.target.tolist() == CENTERS[0].tolist()
    with pytest.raises(ValueError, match="Unknown rule for ties 'coin'; choose from first-label"):
        widget.ties = "coin"


def test_images_have_labels_that_exist():
    widget = CoinToss(CENTERS)
    for wrong in ((), (5,), (-1, 0)):
        with pytest.raises(ValueError, match="one class or more of 0 to 4, got"):
            widget.value = wrong
    with pytest.raises(ValueError, match="A toss shows 4 to 12 classes, got 3"):
        CoinToss(CENTERS[:3])
    with pytest.raises(ValueError, match="Each of the 5 classes has a name, got 2"):
        CoinToss(CENTERS, names=["a", "b"])
