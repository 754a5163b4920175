"""Hybrid centers: triplets and partial pairs, and the geometry that the margin rests on."""

from itertools import product
from math import tanh
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from hashviz.centers import make_centers
from hashviz.methods import METHODS
from hashviz.methods.base import Batch, Problem
from hashviz.methods.center import CSQ
from hashviz.methods.hybrid import HybridCenters, majority_distance
from hashviz.training.jobs import train
from tests.training.small import several_labels, small

BITS, CLASSES = 8, 4
PROBLEM = Problem(BITS, CLASSES, 20, multi_label=True, seed=0)
SETS = [(0,), (0, 1), (2,), (1, 3), (0, 1)]


def multi_hot(*sets: tuple[int, ...]) -> Tensor:
    y = torch.zeros(len(sets), CLASSES, dtype=torch.bool)
    for row, members in zip(y, sets, strict=True):
        row[list(members)] = True
    return y


Y = multi_hot(*SETS)
U = torch.randn(5, BITS, generator=torch.Generator().manual_seed(2))
H = [[tanh(x) for x in row] for row in U.tolist()]


def batch(outputs: Tensor = U, labels: Tensor = Y) -> Batch:
    return Batch(outputs, labels, torch.arange(len(outputs)), 0.0)


def distance(a: list[float], b: list[float]) -> float:
    return (1 - sum(x * y for x, y in zip(a, b, strict=True)) / len(a)) / 2


def test_triplets_are_anchored_at_every_own_center_against_every_stranger() -> None:
    loss = HybridCenters(PROBLEM, margin=0.2, triplet_weight=3.0)
    centers, violations = loss.codebook.tolist(), []
    for i, j in product(range(5), range(5)):
        if not set(SETS[i]) & set(SETS[j]):
            for c in SETS[i]:
                gap = distance(centers[c], H[i]) - distance(centers[c], H[j])
                violations.append(max(0, 0.2 + gap))
    terms = loss(batch())
    assert len(violations) == 1 + 2 + 1 + 2 + 2 + 2 + 1 + 2 + 1  # by (image, stranger)
    assert terms["triplet"].item() == pytest.approx(3 * np.mean(violations), rel=1e-5)
    active = np.mean([v > 0 for v in violations])
    assert loss.notes["active triplets"].item() == pytest.approx(active)
    assert 0 < active < 1


def test_equal_label_sets_are_no_partial_pair_whatever_their_rounding() -> None:
    problem = Problem(BITS, 200, 20, multi_label=True, seed=0)
    loss = HybridCenters(problem)
    for n in range(1, 200, 7):
        labels = torch.zeros(3, 200, dtype=torch.bool)
        labels[:, :n] = True
        assert loss.partial(torch.tanh(U[:3]), labels) == 0
        labels[2, n] = True
        assert loss.partial(torch.tanh(U[:3]), labels) > 0


@pytest.mark.parametrize("off", ["triplet", "partial", "global"])
def test_a_weight_of_zero_takes_its_term_away_and_leaves_the_others(off: str) -> None:
    every = HybridCenters(PROBLEM)(batch())
    options: dict[str, Any] = {f"{off}_weight": 0.0}
    loss = HybridCenters(PROBLEM, **options)
    terms = loss(batch())
    assert set(every) - set(terms) == {off}
    for name, term in terms.items():
        torch.testing.assert_close(term, every[name])
    assert ("active triplets" in loss.notes) == (off != "triplet")


def test_voting_alone_is_csq() -> None:
    options = METHODS["hybrid-centers"].ablation["CSQ voting"]
    terms = METHODS["hybrid-centers"].load()(PROBLEM, **options)(batch())
    csq = CSQ(PROBLEM, quantization_weight=0.1)(batch())
    assert [t.item() for t in terms.values()] == pytest.approx([t.item() for t in csq.values()])


@pytest.mark.parametrize(
    "labels",
    [multi_hot(*[(0, 1)] * 5), multi_hot(*[()] * 5), multi_hot((0,), (1,), (2,), (3,), ())],
    ids=["no strangers", "no labels", "no similar pairs"],
)
def test_missing_kinds_of_pairs_give_finite_terms(labels: Tensor) -> None:
    outputs = U.clone().requires_grad_()
    loss = HybridCenters(PROBLEM)
    terms = loss(batch(outputs, labels))
    assert terms["partial"] == 0
    torch.stack(list(terms.values())).sum().backward()
    assert outputs.grad is not None
    assert outputs.grad.isfinite().all()
    assert loss.notes["active triplets"].isfinite()


def test_with_one_label_the_center_is_the_optimum_of_every_term() -> None:
    problem = Problem(BITS, CLASSES, 20, multi_label=False, seed=0)
    loss = HybridCenters(problem)
    labels = torch.eye(4, dtype=torch.bool)
    terms = loss(batch(20 * loss.codebook, labels))
    assert all(term.item() == pytest.approx(0, abs=1e-6) for term in terms.values())
    assert loss.notes["active triplets"] == 0


def test_the_note_carries_no_gradient() -> None:
    loss = HybridCenters(PROBLEM)
    loss(batch(U.clone().requires_grad_()))
    assert not loss.notes["active triplets"].requires_grad


@pytest.mark.parametrize(
    ("labels", "expected"),
    [(1, 0), (2, 0.25), (3, 0.25), (4, 0.3125), (5, 0.3125), (6, 0.34375), (7, 0.34375),
     (8, 0.36328125)],
)  # fmt: skip
def test_the_majority_of_independent_bits_is_so_far_from_each_center(
    labels: int, expected: float
) -> None:
    """By enumeration of all patterns a bit can show over the centers; ties count one half."""
    found = 0.0
    for pattern in product((-1, 1), repeat=labels):
        vote = sum(pattern)
        agreeing = 0.5 if vote == 0 else float(pattern[0] * vote > 0)
        found += (1 - agreeing) / 2**labels
    assert majority_distance(labels) == found == expected


@pytest.mark.parametrize("labels", [1, 2, 3, 4, 5])
def test_hadamard_centers_obey_that_table(labels: int) -> None:
    found = []
    for seed in range(40):
        centers = make_centers("hadamard", 20, 64, seed)[:labels].astype(int)
        noise = np.random.default_rng(seed).choice([-0.5, 0.5], 64)
        majority = np.sign(centers.sum(0) + noise)
        found.append((64 - centers @ majority) / 128)
    assert np.mean(found) == pytest.approx(majority_distance(labels), abs=0.01)


def test_no_code_is_nearer_to_two_centers_than_their_majority() -> None:
    """All codes of 8 bits: the mean distance to two centers half the bits apart is K/4 at least."""
    centers = make_centers("hadamard", 5, 8, 0)[:2].astype(int)
    codes = np.array(list(product((-1, 1), repeat=8)))
    nearest = ((8 - codes @ centers.T) / 16).mean(1).min()
    assert nearest == (8 - centers[0] @ centers[1]) / 32 == majority_distance(2)


@pytest.mark.parametrize(
    ("margin", "multi_label", "message"),
    [
        (0.26, True, r"0 to 0\.25: .*8 of 32 bits from each .* 16 bits away; got margin=0\.26"),
        (0.51, False, r"0 to 0\.5: .*is 0 of 32 bits from each"),
        (-0.1, True, r"0 to 0\.25"),
    ],
)
def test_a_margin_that_no_code_can_keep_is_refused(
    margin: float, multi_label: bool, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        HybridCenters(Problem(32, CLASSES, 20, multi_label, 0), margin=margin)


def test_the_largest_margins_are_allowed_and_reached() -> None:
    for multi_label, margin in ((True, 0.25), (False, 0.5)):
        HybridCenters(Problem(32, CLASSES, 20, multi_label, 0), margin=margin)
    for labels in range(1, 9):
        assert 0.5 - majority_distance(labels) > 0.125
    assert 0.5 - majority_distance(10) < 0.125


def test_idhn_s_target_sends_half_alike_images_as_far_as_strangers() -> None:
    """Codes of {a, b} and {a, c} at distance K/2 have no error there, those at K/4 have by angle.

    In the corner of the cube: 8 bits, 4 of them different, likeness 1/2 = r.
    """
    h = torch.ones(2, 8)
    labels = multi_hot((0, 1), (0, 2))
    for target, differing in (("product", 4), ("angle", 2)):
        h[1] = 1
        h[1, :differing] = -1
        assert HybridCenters(PROBLEM, partial_target=target).partial(h, labels) == 0


def test_the_share_of_active_triplets_falls_and_is_kept_with_the_run(tmp_path: Path) -> None:
    run = train(small("hybrid-centers", epochs=4), dataset=several_labels(), runs=tmp_path)
    active = run.notes["active triplets"]
    assert 1 >= active[0] > active[-1] > 0
    assert set(run.terms) == {"triplet", "partial", "global", "quantization"}
    assert run.centers is not None
    assert run.centers.shape == (12, 16)
