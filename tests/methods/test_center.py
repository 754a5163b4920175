"""Losses towards centers: their targets, margins and limits."""

import numpy as np
import pytest
import torch

from hashviz.centers import make_centers
from hashviz.methods.base import Batch, Problem
from hashviz.methods.center import CSQ, DPN, HHF, normalized_network
from hashviz.models.networks import build_backbone

BITS, CLASSES = 16, 6
PROBLEM = Problem(BITS, CLASSES, 100, multi_label=True, seed=3)


def labels(*sets: tuple[int, ...]) -> torch.Tensor:
    y = torch.zeros(len(sets), CLASSES, dtype=torch.bool)
    for row, members in zip(y, sets, strict=True):
        row[list(members)] = True
    return y


def test_a_single_label_aims_at_its_center_and_three_at_their_majority() -> None:
    loss = CSQ(PROBLEM)
    target = loss.targets(labels((2,), (0, 1, 5)))
    assert torch.equal(target[0], loss.codebook[2])
    assert torch.equal(target[1], loss.codebook[[0, 1, 5]].sum(0).sign())


@pytest.mark.parametrize("ties", ["label-set", "shared"])
def test_a_tie_is_decided_the_same_way_for_the_same_labels(ties: str) -> None:
    loss = CSQ(PROBLEM, ties=ties)
    target = loss.targets(labels((0, 1), (0, 1), (2, 3)))
    assert torch.equal(target[0], target[1])
    votes = loss.codebook[[0, 1]].sum(0)
    assert torch.equal(target[0][votes != 0], votes[votes != 0].sign())
    assert (votes == 0).float().mean() == 0.5  # two orthogonal centers disagree on half of the bits


@pytest.mark.parametrize("push", [-3.0, 3.0])
@pytest.mark.parametrize("own", [(0, 1), (0, 1, 5), (0, 1, 2, 3), (0, 1, 2, 3, 4)])
def test_the_strongest_nudge_decides_ties_and_no_majority(push: float, own: tuple[int, ...]):
    loss = CSQ(PROBLEM)
    loss.tie_breaker.fill_(push)
    votes = loss.codebook[list(own)].sum(0)
    expected = torch.where(votes == 0, torch.full_like(votes, push), votes).sign()
    assert torch.equal(loss.targets(labels(own))[0], expected)


def test_shared_ties_draw_strangers_together_and_ties_by_label_set_do_not() -> None:
    """Disjoint label pairs are K/2 apart by label set, 3K/8 apart with one shared vector."""
    pairs = [(0, 1), (2, 3), (4, 5)]
    distance: dict[str, list[float]] = {"label-set": [], "shared": []}
    for ties, found in distance.items():
        for seed in range(60):
            problem = Problem(64, CLASSES, 100, True, seed)
            loss = CSQ(problem, ties=ties, centers="hadamard")
            target = loss.targets(labels(*pairs))
            found += [
                ((64 - target[i] @ target[j]) / 2).item() for i, j in ((0, 1), (0, 2), (1, 2))
            ]
    assert np.mean(distance["label-set"]) == pytest.approx(64 / 2, abs=1.5)
    assert np.mean(distance["shared"]) == pytest.approx(64 * 3 / 8, abs=1)


def test_an_image_without_labels_is_drawn_nowhere() -> None:
    assert not CSQ(PROBLEM).targets(labels(())).any()


def test_unknown_centers_are_refused() -> None:
    with pytest.raises(ValueError, match="greedy"):
        CSQ(PROBLEM, centers="gredy")


def test_beyond_the_margin_dpn_asks_for_nothing() -> None:
    loss = DPN(PROBLEM, regularization_weight=0.0)
    for size, expected in ((1.0, 0.0), (5.0, 0.0), (0.75, 0.25 * BITS), (-1.0, 2.0 * BITS)):
        batch = Batch(size * loss.codebook[:1], labels((0,)), torch.arange(1), 0.0)
        assert loss(batch)["polarization"].item() == pytest.approx(expected)


def test_the_hash_layer_of_orthohash_starts_centered_and_learns_scale_and_shift() -> None:
    network = normalized_network(build_backbone("small", 1), 1, 8)
    features = 3 + torch.randn(50, 1024)
    outputs = network.head(features)
    assert outputs.mean(0).abs().max() < 1e-5
    assert (outputs.var(0, correction=0) - 1).abs().max() < 1e-2
    linear, batch_norm = network.head
    assert linear.bias is None
    batch_norm.weight.data[:] = torch.linspace(0.5, 2, 8)
    batch_norm.bias.data[:] = torch.linspace(-1, 1, 8)
    learned = network.head(features)
    torch.testing.assert_close(learned, outputs * batch_norm.weight + batch_norm.bias)


def test_the_weight_of_hhf_belongs_to_a_sum_over_the_bits_and_the_85_images_of_its_batch() -> None:
    u = torch.randn(85, BITS, generator=torch.Generator().manual_seed(0))
    y = labels(*[(i % CLASSES,) for i in range(85)])
    term = HHF(PROBLEM)(Batch(u, y, torch.arange(85), 0.0))["quantization"]
    assert term.item() == pytest.approx(0.001 * (u.sign() - u).square().sum().item(), rel=1e-5)


@pytest.mark.parametrize(("classes", "bits"), [(6, 16), (10, 24), (40, 12)])
def test_the_hinges_of_hhf_let_go_at_the_distance_of_the_code_book(classes: int, bits: int) -> None:
    loss = HHF(Problem(bits, classes, 100, False, 0), delta=0.0)
    codes = torch.from_numpy(make_centers("auto", classes, bits, 0)).float()
    loss.proxies.data.copy_(codes)
    y = torch.eye(classes, dtype=torch.bool)
    terms = loss(Batch(codes, y, torch.arange(classes), 0.0))
    for term in terms.values():
        assert term.item() == pytest.approx(0, abs=1e-4)
    products = codes @ codes.T - 2 * bits * torch.eye(classes)
    i, j = divmod(int(products.argmax()), classes)  # two codes at the smallest distance
    nearer = codes.clone()
    nearer[i, (codes[i] != codes[j]).nonzero()[0]] *= -1
    assert loss(Batch(nearer, y, torch.arange(classes), 0.0))["negative"].item() > 1e-3
