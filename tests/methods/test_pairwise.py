"""Pairwise losses: their weights and margins, and that they stay finite."""

from math import cosh, exp, log

import pytest
import torch

from hashviz.methods.base import Batch, Problem
from hashviz.methods.pairwise import (
    DCH,
    DHN,
    DPSH,
    DSH,
    HashNet,
    contrastive,
    log_cosh,
    pair_weights,
    pairwise_nll,
    signs,
)

PROBLEM = Problem(bits=3, classes=3, train_size=8, multi_label=True, seed=0)
U = torch.tensor([[0.5, -1.0, 2.0], [1.0, 0.3, -0.2], [-0.4, 0.8, 0.1], [0.9, -0.7, 1.5]])
Y = torch.tensor([[1, 0, 0], [1, 1, 0], [0, 1, 1], [0, 0, 1]], dtype=torch.bool)


def batch(progress: float = 0.0, rows: slice = slice(None)) -> Batch:
    return Batch(U[rows], Y[rows], torch.arange(len(U))[rows], progress)


def share(i: int, j: int) -> bool:
    return bool((Y[i] & Y[j]).any())


def test_the_likelihood_of_a_pair_is_that_of_a_coin_with_chance_sigma() -> None:
    theta = torch.tensor([[0.7, -2.0]])
    nll = pairwise_nll(theta, torch.tensor([[True, False]]))
    sigma = [1 / (1 + exp(-0.7)), 1 / (1 + exp(2.0))]
    torch.testing.assert_close(nll, torch.tensor([[-log(sigma[0]), -log(1 - sigma[1])]]))


def test_the_likelihood_survives_a_thousand() -> None:
    nll = pairwise_nll(torch.tensor([[1000.0, -1000.0]]), torch.tensor([[False, True]]))
    assert nll.tolist() == [[1000.0, 1000.0]]


def test_the_memory_pairs_a_batch_with_all_images_seen_so_far() -> None:
    loss, plain = DPSH(PROBLEM, memory=True), DPSH(PROBLEM)
    loss(batch(rows=slice(0, 2)))
    similarity = loss(batch(rows=slice(2, 4)))["similarity"]
    theta = U[2:] @ U.T / 2
    expected = pairwise_nll(theta, torch.tensor([[share(i, j) for j in range(4)] for i in (2, 3)]))
    torch.testing.assert_close(similarity, expected.mean())
    torch.testing.assert_close(
        DPSH(PROBLEM, memory=True)(batch())["similarity"], plain(batch())["similarity"]
    )


def test_codes_inside_losses_have_no_third_value() -> None:
    assert signs(torch.tensor([-1e-9, 0.0, 3.0])).tolist() == [-1, 1, 1]


def test_the_margin_of_dsh_lets_strangers_rest_at_half_of_the_bits() -> None:
    codes = torch.tensor([[1.0, 1, 1, 1], [1, 1, -1, -1]])
    strangers = torch.eye(2, dtype=torch.bool)
    pairs = contrastive(codes, strangers, margin=2.0 * 4)
    assert pairs.tolist() == [[0, 0], [0, 0]]
    nearer = torch.tensor([[1.0, 1, 1, 1], [1, 1, 1, -1]])
    assert contrastive(nearer, strangers, margin=2.0 * 4)[0, 1].item() == 8 - 4


def test_log_cosh_survives_a_thousand() -> None:
    x = torch.tensor([-1000.0, 0.0, 0.5, 1000.0])
    expected = [1000 - log(2), 0, log(cosh(0.5)), 1000 - log(2)]
    assert log_cosh(x).tolist() == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_dch_is_zero_for_similar_images_at_distance_zero_and_finite_for_others() -> None:
    """Parallel outputs: the logarithms of the formula as written are infinite there."""
    u = torch.tensor([[1.0, -2.0, 3.0]]).repeat(2, 1).requires_grad_()
    same, other = torch.eye(3)[[0, 0]].bool(), torch.eye(3)[[0, 1]].bool()
    similarity = DCH(PROBLEM)(Batch(u, same, torch.arange(2), 0.0))["similarity"]
    assert similarity.item() == pytest.approx(0, abs=1e-6)
    similarity = DCH(PROBLEM)(Batch(u, other, torch.arange(2), 0.0))["similarity"]
    assert similarity.item() == pytest.approx(log(1 + 20 / (3 / 200)), rel=1e-3)
    similarity.backward()
    assert u.grad is not None
    assert u.grad.isfinite().all()


def test_dch_and_hashnet_do_not_pair_an_image_with_itself() -> None:
    alone = Batch(U[:1], Y[:1], torch.arange(1), 0.0)
    for loss in (DCH(PROBLEM), HashNet(PROBLEM), DHN(PROBLEM), DSH(PROBLEM)):
        assert next(iter(loss(alone).values())).item() == 0
    weight = pair_weights(Y)
    assert not weight.diagonal().any()
    assert weight.sum().item() <= 2 * 12
