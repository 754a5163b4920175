"""Pairwise losses against their definitions, written as loops."""

from math import cosh, exp, log, sqrt, tanh

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


def dot(a: torch.Tensor, b: torch.Tensor) -> float:
    return sum(float(x * y) for x, y in zip(a, b, strict=True))


PAIRS = [(i, j) for i in range(4) for j in range(4) if i != j]


def test_dsh_is_its_definition() -> None:
    terms = DSH(PROBLEM, quantization_weight=0.3)(batch())
    contrastive = 0.0
    for i in range(4):
        for j in range(i + 1, 4):
            d = dot(U[i] - U[j], U[i] - U[j])
            contrastive += d if share(i, j) else max(0.0, 2 * 3 - d)
    quantization = sum(abs(abs(x) - 1) for x in U.flatten().tolist())
    assert terms["contrastive"].item() == pytest.approx(contrastive / 12, rel=1e-5)
    assert terms["quantization"].item() == pytest.approx(0.3 * quantization / 4, rel=1e-5)


def test_the_margin_of_dsh_lets_strangers_rest_at_half_of_the_bits() -> None:
    codes = torch.tensor([[1.0, 1, 1, 1], [1, 1, -1, -1]])
    strangers = torch.eye(2, dtype=torch.bool)
    pairs = contrastive(codes, strangers, margin=2.0 * 4)
    assert pairs.tolist() == [[0, 0], [0, 0]]
    nearer = torch.tensor([[1.0, 1, 1, 1], [1, 1, 1, -1]])
    assert contrastive(nearer, strangers, margin=2.0 * 4)[0, 1].item() == 8 - 4


def test_dhn_is_its_definition() -> None:
    terms = DHN(PROBLEM, quantization_weight=0.3)(batch())
    h = torch.tanh(U)
    similarity = sum(
        log(1 + exp(dot(h[i], h[j]))) - share(i, j) * dot(h[i], h[j]) for i, j in PAIRS
    )
    quantization = sum(log(cosh(abs(x) - 1)) for x in h.flatten().tolist())
    assert terms["similarity"].item() == pytest.approx(similarity / 12, rel=1e-5)
    assert terms["quantization"].item() == pytest.approx(0.3 * quantization / 12, rel=1e-5)


def test_log_cosh_survives_a_thousand() -> None:
    x = torch.tensor([-1000.0, 0.0, 0.5, 1000.0])
    expected = [1000 - log(2), 0, log(cosh(0.5)), 1000 - log(2)]
    assert log_cosh(x).tolist() == pytest.approx(expected, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("graded", [False, True])
def test_dch_is_its_definition(graded: bool) -> None:
    terms = DCH(PROBLEM, gamma=5.0, quantization_weight=0.3, graded=graded)(batch())
    h, one = torch.tanh(U), torch.ones(3)
    positive = sum(share(i, j) for i, j in PAIRS)
    similarity = quantization = 0.0
    for i, j in PAIRS:
        d = 3 / 2 * (1 - dot(h[i], h[j]) / sqrt(dot(h[i], h[i]) * dot(h[j], h[j])))
        s = share(i, j)
        both, either = int((Y[i] & Y[j]).sum()), int((Y[i] | Y[j]).sum())
        degree = both / either if graded else 1
        weight = degree * 12 / positive if s else 12 / (12 - positive)
        d += 0 if s else 3 / 200
        similarity += weight * (s * log(d / 5) + log(1 + 5 / d))
    for i in range(4):
        d = 3 / 2 * (1 - dot(h[i].abs(), one) / sqrt(3 * dot(h[i], h[i])))
        quantization += log(1 + d / 5)
    assert terms["similarity"].item() == pytest.approx(similarity / 12, rel=1e-5)
    assert terms["quantization"].item() == pytest.approx(0.3 * quantization / 4, rel=1e-4)


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


def test_a_cauchy_ball_has_a_radius() -> None:
    with pytest.raises(ValueError, match="above 0, got gamma=0"):
        DCH(PROBLEM, gamma=0.0)
