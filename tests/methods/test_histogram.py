"""MIHash: what separation does to it, and its soft histograms."""

from math import log

import pytest
import torch

from hashviz.methods.base import Batch, Problem
from hashviz.methods.histogram import MIHash, entropy, soft_bins

PROBLEM = Problem(bits=8, classes=2, train_size=8, multi_label=False, seed=0)
U = torch.randn(5, 8, generator=torch.Generator().manual_seed(0))
Y = torch.eye(2, dtype=torch.bool)[[0, 0, 1, 1, 0]]


def batch(u: torch.Tensor, y: torch.Tensor = Y) -> Batch:
    return Batch(u, y, torch.arange(len(u)), 0.0)


def test_a_better_separation_lowers_the_loss() -> None:
    direction = torch.tensor([1.0, -1, 1, -1, 1, -1, 1, -1])
    side = torch.where(Y[:, :1], 1.0, -1.0) * direction
    losses = [
        MIHash(PROBLEM)(batch(U + strength * side))["information"].item()
        for strength in (0.0, 0.5, 1.0, 2.0, 20.0)
    ]
    assert losses == sorted(losses, reverse=True)
    # Wholly apart: the entropy of similar or not, 2 or 1 similar ones among 4.
    halves, quarters = log(2), -(log(1 / 4) / 4 + 3 * log(3 / 4) / 4)
    assert losses[-1] == pytest.approx(-(3 * halves + 2 * quarters) / 5, rel=1e-4)


def test_it_is_a_gradient_that_separates() -> None:
    u = U.clone().requires_grad_()
    loss = MIHash(PROBLEM)
    before = loss(batch(u))["information"]
    before.backward()
    assert u.grad is not None
    after = loss(batch((u - 0.5 * u.grad).detach()))["information"]
    assert after < before


def test_equal_distances_tell_nothing() -> None:
    assert MIHash(PROBLEM)(batch(torch.zeros(5, 8)))["information"].item() == pytest.approx(0)


def test_the_shares_of_a_distance_add_up_to_one() -> None:
    d = torch.linspace(0, 8, 33)[None]
    for bins in (1, 3, 8):
        shares = soft_bins(d, 8, bins)
        assert shares.shape == (1, 33, bins + 1)
        torch.testing.assert_close(shares.sum(2), torch.ones_like(d))


def test_an_empty_bin_has_a_finite_slope() -> None:
    p = torch.tensor([0.0, 0.5, 0.5], requires_grad=True)
    h = entropy(p)
    assert h.item() == pytest.approx(log(2))
    h.backward()
    assert p.grad is not None
    assert p.grad.isfinite().all()
