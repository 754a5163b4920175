"""Pairwise losses against their definitions, written as loops."""

from math import exp, log, sqrt, tanh

import pytest
import torch

from hashviz.methods.base import Batch, Problem
from hashviz.methods.pairwise import DPSH, HashNet, pairwise_nll, signs

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


def test_dpsh_is_its_definition() -> None:
    terms = DPSH(PROBLEM, quantization_weight=0.3)(batch())
    similarity = quantization = 0.0
    for i in range(4):
        for j in range(4):
            theta = sum(float(a * b) for a, b in zip(U[i], U[j], strict=True)) / 2
            similarity += log(1 + exp(theta)) - share(i, j) * theta
        for x in U[i].tolist():
            quantization += (x - (1 if x >= 0 else -1)) ** 2
    assert terms["similarity"].item() == pytest.approx(similarity / 16, rel=1e-6)
    assert terms["quantization"].item() == pytest.approx(0.3 * quantization / 12, rel=1e-6)


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


@pytest.mark.parametrize("continuation", [True, False])
def test_hashnet_is_its_definition(continuation: bool) -> None:
    progress = 0.4
    loss = HashNet(PROBLEM, continuation=continuation)(batch(progress))["similarity"]
    beta = sqrt(1 + 50 * progress) if continuation else 1
    alpha = 10 / 3
    pairs = [(i, j) for i in range(4) for j in range(4) if i != j]
    positive = sum(share(i, j) for i, j in pairs)
    expected = 0.0
    for i, j in pairs:
        theta = alpha * sum(
            tanh(beta * float(a)) * tanh(beta * float(b)) for a, b in zip(U[i], U[j], strict=True)
        )
        nll = log(1 + exp(theta)) - share(i, j) * theta
        both, either = int((Y[i] & Y[j]).sum()), int((Y[i] | Y[j]).sum())
        weight = (
            both / either * len(pairs) / positive if both else len(pairs) / (len(pairs) - positive)
        )
        expected += weight * nll
    assert loss.item() == pytest.approx(expected / len(pairs), rel=1e-5)


def test_without_balance_every_pair_counts_the_same() -> None:
    loss = HashNet(PROBLEM, continuation=False, balanced=False)(batch())["similarity"]
    h = torch.tanh(U)
    nll = pairwise_nll(
        10 / 3 * h @ h.T, torch.tensor([[share(i, j) for j in range(4)] for i in range(4)])
    )
    torch.testing.assert_close(loss, (nll.sum() - nll.diagonal().sum()) / 12)


def test_codes_inside_losses_have_no_third_value() -> None:
    assert signs(torch.tensor([-1e-9, 0.0, 3.0])).tolist() == [-1, 1, 1]
