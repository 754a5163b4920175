"""Losses by classification: what they balance, and the sign that passes a gradient."""

from math import exp, log

import pytest
import torch

from hashviz.methods.base import Batch, HashLoss, Problem
from hashviz.methods.classify import (
    DLBHC,
    SSDH,
    GreedyHash,
    classification,
    straight_through_sign,
)

PROBLEM = Problem(bits=4, classes=3, train_size=8, multi_label=False, seed=0)
Y = torch.eye(3, dtype=torch.bool)[[0, 2, 0]]


def test_the_balance_of_ssdh_is_that_of_a_code_and_not_of_a_bit() -> None:
    """Four constant bits, two on and two off, satisfy it; balanced bits in uneven codes do not."""
    constant = torch.tensor([[9.0, 9, -9, -9]]).repeat(2, 1)
    uneven = torch.tensor([[9.0, 9, 9, 9], [-9, -9, -9, -9]])
    constant, uneven = (
        SSDH(PROBLEM)(Batch(u, Y[:2], torch.arange(2), 0.0))["balance"].item()
        for u in (constant, uneven)
    )
    assert constant == pytest.approx(0, abs=1e-9)
    assert uneven == pytest.approx(0.5**2 / 2, rel=1e-2)


def test_the_sign_of_greedy_hash_knows_two_values_and_passes_the_gradient_unchanged() -> None:
    u = torch.tensor([[-1234.567, -1e-9, 0.0, 3.3]], requires_grad=True)
    codes = straight_through_sign(u)
    assert codes.tolist() == [[-1, -1, 1, 1]]
    upstream = torch.tensor([[0.1, -2.0, 3.0, 1000.0]])
    codes.backward(upstream)
    assert u.grad is not None
    assert torch.equal(u.grad, upstream)


def test_several_labels_have_one_cross_entropy_per_class() -> None:
    scores = torch.tensor([[0.3, -1.0, 2.0]])
    labels = torch.tensor([[True, False, True]])
    expected = log(1 + exp(-0.3)) + log(1 + exp(-1.0)) + log(1 + exp(-2.0))
    assert classification(scores, labels, True).item() == pytest.approx(expected, rel=1e-6)


def test_an_image_without_a_label_is_not_classified() -> None:
    scores = torch.tensor([[0.3, -1.0, 2.0]])
    assert classification(scores, torch.zeros(1, 3, dtype=torch.bool), False).item() == 0


@pytest.mark.parametrize("method", [DLBHC, SSDH, GreedyHash])
def test_the_seed_alone_decides_the_first_weights(method: type[HashLoss]) -> None:
    a, b = method(PROBLEM), method(PROBLEM)
    assert torch.equal(a.classifier.weight, b.classifier.weight)  # type: ignore[union-attr]
