"""Losses towards centers against their definitions."""

from math import log, tanh

import numpy as np
import pytest
import torch

from hashviz.methods.base import Batch, Problem
from hashviz.methods.center import CSQ

BITS, CLASSES = 16, 6
PROBLEM = Problem(BITS, CLASSES, 100, multi_label=True, seed=3)


def labels(*sets: tuple[int, ...]) -> torch.Tensor:
    y = torch.zeros(len(sets), CLASSES, dtype=torch.bool)
    for row, members in zip(y, sets, strict=True):
        row[list(members)] = True
    return y


def test_csq_is_its_definition() -> None:
    loss = CSQ(PROBLEM, quantization_weight=0.5)
    y, u = labels((0,), (4,)), torch.randn(2, BITS)
    terms = loss(Batch(u, y, torch.arange(2), 0.0))
    center = quantization = 0.0
    for i, c in enumerate((0, 4)):
        for k in range(BITS):
            h = tanh(u[i, k].item())
            p, target = (1 + h) / 2, (1 + loss.centers[c, k].item()) / 2
            center -= target * log(p) + (1 - target) * log(1 - p)
            quantization += (abs(h) - 1) ** 2
    assert terms["center"].item() == pytest.approx(center / (2 * BITS), rel=1e-5)
    assert terms["quantization"].item() == pytest.approx(0.5 * quantization / (2 * BITS), rel=1e-5)


def test_a_single_label_aims_at_its_center_and_three_at_their_majority() -> None:
    loss = CSQ(PROBLEM)
    target = loss.targets(labels((2,), (0, 1, 5)))
    assert torch.equal(target[0], loss.centers[2])
    assert torch.equal(target[1], loss.centers[[0, 1, 5]].sum(0).sign())


@pytest.mark.parametrize("ties", ["label-set", "shared"])
def test_a_tie_is_decided_the_same_way_for_the_same_labels(ties: str) -> None:
    loss = CSQ(PROBLEM, ties=ties)
    target = loss.targets(labels((0, 1), (0, 1), (2, 3)))
    assert torch.equal(target[0], target[1])
    votes = loss.centers[[0, 1]].sum(0)
    assert torch.equal(target[0][votes != 0], votes[votes != 0].sign())
    assert (votes == 0).float().mean() == 0.5  # two orthogonal centers disagree on half of the bits


def test_shared_ties_draw_strangers_together_and_ties_by_label_set_do_not() -> None:
    """Disjoint label pairs are K/2 apart by label set, 3K/8 apart with one shared vector."""
    pairs = [(0, 1), (2, 3), (4, 5)]
    distance: dict[str, list[float]] = {"label-set": [], "shared": []}
    for ties, found in distance.items():
        for seed in range(60):
            loss = CSQ(Problem(64, CLASSES, 100, True, seed), ties=ties)
            target = loss.targets(labels(*pairs))
            found += [
                ((64 - target[i] @ target[j]) / 2).item() for i, j in ((0, 1), (0, 2), (1, 2))
            ]
    assert np.mean(distance["label-set"]) == pytest.approx(64 / 2, abs=1.5)
    assert np.mean(distance["shared"]) == pytest.approx(64 * 3 / 8, abs=1)


def test_an_image_without_labels_is_drawn_nowhere() -> None:
    assert not CSQ(PROBLEM).targets(labels(())).any()


def test_unknown_centers_and_rules_are_refused() -> None:
    with pytest.raises(ValueError, match="shared"):
        CSQ(PROBLEM, ties="coin")
    with pytest.raises(ValueError, match="greedy"):
        CSQ(PROBLEM, centers="gredy")
