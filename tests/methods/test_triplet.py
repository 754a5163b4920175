"""Triplet losses: their margins, their blocks, and the groups of units of DNNH."""

from math import exp, log

import pytest
import torch
from torch import Tensor

from hashviz.methods.base import Batch, Problem
from hashviz.methods.triplet import BLOCK, DNNH, DTSH, divided_network, mean_over_triplets
from hashviz.models.networks import build_backbone

PROBLEM = Problem(bits=4, classes=3, train_size=8, multi_label=True, seed=0)
U = torch.randn(5, 4, generator=torch.Generator().manual_seed(0))


def test_the_margin_of_dtsh_is_half_of_the_bits() -> None:
    """With p on q and n at distance K/2 the lead is K/2: the loss is log 2, half-way to none."""
    u = torch.tensor([[1.0, 1, 1, 1], [1, 1, 1, 1], [1, 1, -1, -1]])
    y = torch.tensor([[1, 0, 0], [1, 0, 0], [0, 1, 0]], dtype=torch.bool)
    triplet = DTSH(PROBLEM)(Batch(u, y, torch.arange(3), 0.0))["triplet"]
    lead = 4 / 2 - 0
    assert triplet.item() == pytest.approx(log(1 + exp(4 / 2 - lead)))


def test_a_triplet_survives_a_lead_of_a_million_either_way() -> None:
    y = torch.tensor([[1, 0, 0], [1, 0, 0], [0, 1, 0]], dtype=torch.bool)
    right = 1000 * torch.tensor([[1.0, 1, 0, 0], [1, 1, 0, 0], [-1, -1, 0, 0]])
    losses = [
        DTSH(PROBLEM)(Batch(u, y, torch.arange(3), 0.0))["triplet"].item()
        for u in (right, right[[0, 2, 1]])
    ]
    assert losses[0] == 0
    # q = 0: lead -2e6; q = 1 (the far one): lead 0 -1e6 - ... both are linear, not infinite.
    assert 1e6 < losses[1] < 1e7


def test_without_triplets_there_is_nothing_to_do() -> None:
    same = torch.eye(3, dtype=torch.bool)[[0, 0, 0]]
    assert DNNH(PROBLEM)(Batch(U[:3], same, torch.arange(3), 0.0))["triplet"].item() == 0


def test_a_large_batch_is_cut_into_blocks() -> None:
    n = 2 * BLOCK + 3
    u, y = torch.randn(n, 2), torch.eye(3, dtype=torch.bool)[torch.arange(n) % 3]

    def mean(u: Tensor, y: Tensor) -> Tensor:
        return mean_over_triplets(u, y, lambda u: u @ u.T, lambda lead: (1 - lead).clamp(min=0))

    parts = [mean(a, b) for a, b in zip(u.tensor_split(3), y.tensor_split(3), strict=True)]
    torch.testing.assert_close(mean(u, y), torch.stack(parts).mean(), rtol=0.02, atol=0)


@pytest.mark.parametrize("group_size", [0, 3])
def test_each_bit_of_dnnh_sees_its_own_group(group_size: int) -> None:
    network = divided_network(build_backbone("small", 1), 1, 8, group_size=group_size)
    hash_layer = network.head[-1] if group_size else network.head  # type: ignore[index]
    units = torch.randn(2, 8 * group_size or 1024)
    outputs = hash_layer(units)
    units[0, : units.shape[1] // 8] += 1
    changed = (hash_layer(units) != outputs).nonzero().tolist()
    assert changed == [[0, 0]]
