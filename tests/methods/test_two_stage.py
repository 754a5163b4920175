"""Two stages: codes for the labels against a search over all codes, and the regression of them."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hashviz.codes import sign
from hashviz.methods.base import Problem
from hashviz.methods.two_stage import CNNH, improve_codes, relax_codes
from hashviz.metrics.labels import similar

BITS = 8
Y = torch.tensor([[1, 0, 0], [1, 1, 0], [0, 1, 1], [1, 0, 0], [0, 0, 1], [0, 0, 0]]).bool()
PROBLEM = Problem(BITS, classes=3, train_size=6, multi_label=True, seed=0)

FIRST_STAGES = ("relaxation", "centers")


def code_error(codes: np.ndarray, labels: np.ndarray, counts: np.ndarray) -> float:
    """The squared distance of the products of codes from K S, over all pairs of images."""
    residual = codes @ codes.T - codes.shape[1] * (2.0 * similar(labels, labels) - 1)
    return float(counts @ residual**2 @ counts)


def test_the_error_is_that_of_all_pairs_of_images() -> None:
    """Written over images, with a label set that occurs twice."""
    rng = np.random.default_rng(0)
    labels = Y.numpy()[[0, 1, 2, 3]]
    codes = sign(rng.standard_normal((3, BITS))).astype(np.float64)
    of_images = codes[[0, 1, 2, 0]]
    expected = 0.0
    for i in range(4):
        for j in range(4):
            s = 1 if (labels[i] & labels[j]).any() else -1
            expected += (of_images[i] @ of_images[j] - BITS * s) ** 2
    assert code_error(codes, labels[:3], np.array([2, 1, 1])) == pytest.approx(expected)


@given(st.integers(0, 10_000))
def test_no_sweep_raises_the_error(seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = np.unique(rng.random((9, 4)) < 0.4, axis=0)
    labels = labels[labels.any(1)]
    counts = rng.integers(1, 20, len(labels))
    codes = sign(rng.standard_normal((len(labels), 6))).astype(np.float64)
    errors = [code_error(improve_codes(codes, labels, counts, s), labels, counts) for s in range(5)]
    assert all(b <= a + 1e-6 for a, b in itertools.pairwise(errors))


def test_at_the_end_no_single_bit_can_be_better() -> None:
    rng = np.random.default_rng(1)
    labels = np.unique(rng.random((9, 4)) < 0.4, axis=0)[1:]
    counts = rng.integers(1, 20, len(labels))
    start = sign(rng.standard_normal((len(labels), 6))).astype(np.float64)
    codes = improve_codes(start, labels, counts, 100)
    error = code_error(codes, labels, counts)
    for a, k in np.ndindex(codes.shape):
        other = codes.copy()
        other[a, k] *= -1
        assert code_error(other, labels, counts) >= error - 1e-6


def steps_of_the_paper(h: np.ndarray, s: np.ndarray, order: list[tuple[int, int]]) -> np.ndarray:
    """One sweep of Xia et al. over the entries of H, formulas 6 to 8, with all n x n residuals."""
    h = h.copy()
    residual = h @ h.T - h.shape[1] * s
    for i, j in order:
        first = 4 * sum(residual[i, m] * h[m, j] for m in range(len(h)))
        second = 4 * (sum(h[m, j] ** 2 for m in range(len(h))) + h[i, j] ** 2 + residual[i, i])
        h[i, j] += max(-1 - h[i, j], min(-first / second, 1 - h[i, j]))
        residual = h @ h.T - h.shape[1] * s
    return h


def test_a_sweep_takes_the_steps_of_the_paper() -> None:
    """No two images have the same labels here."""
    labels = np.array(list(itertools.product([False, True], repeat=4)))[1:]
    start = np.random.default_rng(3).uniform(-1, 1, (15, 3))
    drawn = np.random.default_rng(0)
    order = [(a, k) for a in drawn.permutation(15) for k in drawn.permutation(3)]
    s = np.where(labels.astype(int) @ labels.T > 0, 1, -1)
    found = relax_codes(start, labels, np.ones(15), 1, np.random.default_rng(0))
    np.testing.assert_allclose(found, steps_of_the_paper(start, s, order), atol=1e-12)


def test_images_with_the_same_labels_step_together() -> None:
    """Slope and curvature of the sum over all images, by autograd, where the set moves."""
    labels, counts = np.eye(3, dtype=bool), np.array([5, 1, 9])
    start = np.random.default_rng(1).uniform(-1, 1, (3, 1))
    found = relax_codes(start, labels, counts, 1, np.random.default_rng(2))
    which = torch.arange(3).repeat_interleave(torch.from_numpy(counts))
    s = torch.where(which[:, None] == which, 1.0, -1.0).double()
    h = torch.from_numpy(start[:, 0])
    drawn = np.random.default_rng(2)
    for a in drawn.permutation(3):
        drawn.permutation(1)
        value = h[a].clone().requires_grad_()
        moved = torch.where(torch.arange(3) == a, value, h)[which]
        error = (torch.outer(moved, moved) - s).square().sum()
        (slope,) = torch.autograd.grad(error, value, create_graph=True)
        (curvature,) = torch.autograd.grad(slope, value)
        assert curvature > 0
        h[a] = (value - slope / curvature).detach().clamp(-1, 1)
    np.testing.assert_allclose(found[:, 0], h.numpy())


def dense_error(codes: np.ndarray, classes: np.ndarray) -> float:
    """The sum of the paper over images: |S - BB'/K|^2."""
    s = np.where(classes[:, None] == classes, 1, -1)
    return float(np.square(s - codes @ codes.T / codes.shape[1]).sum())


def test_the_first_stage_reaches_the_minimum_of_the_paper_and_a_code_book_does_not() -> None:
    """Six classes, 16 bits: a start of its own for every image gives the same, class by class."""
    rng = np.random.default_rng(0)
    classes = np.arange(16) % 6
    s = np.where(classes[:, None] == classes, 1, -1)
    relaxed = rng.uniform(-1, 1, (16, 16))
    for _ in range(6):
        order = [(i, j) for i in rng.permutation(16) for j in rng.permutation(16)]
        relaxed = steps_of_the_paper(relaxed, s, order)
    reached = dense_error(sign(relaxed), classes)
    y = torch.eye(6, dtype=torch.bool)[classes]
    error = {}
    for first_stage in FIRST_STAGES:
        problem = Problem(16, 6, 16, False, 0)
        loss = CNNH(problem, first_stage=first_stage, centers="hadamard")
        loss.prepare(y)
        error[first_stage] = dense_error(loss.codes.double().numpy(), classes)
        assert torch.equal(loss.codes.float(), loss.codebook[classes])
    assert error["relaxation"] == pytest.approx(reached, rel=0.04)
    assert error["relaxation"] < 0.75 * error["centers"]


def test_the_first_stage_of_the_paper_uses_no_code_book() -> None:
    y = torch.eye(3, dtype=torch.bool)[[0, 2, 1, 0, 1, 2]]
    greedy, random = CNNH(PROBLEM, centers="greedy"), CNNH(PROBLEM, centers="random")
    assert not torch.equal(greedy.codebook, random.codebook)
    greedy.prepare(y)
    random.prepare(y)
    assert torch.equal(greedy.codes, random.codes)
    assert torch.equal(greedy.codebook, random.codebook)


@pytest.mark.parametrize("first_stage", FIRST_STAGES)
def test_several_labels_aim_at_codes_nearer_to_their_similarity(first_stage: str) -> None:
    """Images with the same labels have the same code, and one without labels has none."""
    rng = np.random.default_rng(0)
    y = torch.from_numpy(rng.random((60, 5)) < 0.3)
    problem = Problem(16, classes=5, train_size=60, multi_label=True, seed=0)
    errors = []
    for sweeps in (0, 10):
        loss = CNNH(problem, first_stage=first_stage, sweeps=sweeps)
        loss.prepare(y)
        labeled = y.any(1).numpy()
        codes = loss.codes.numpy().astype(np.float64)
        assert not codes[~labeled].any()
        assert (np.abs(codes[labeled]) == 1).all()
        errors.append(code_error(codes[labeled], y.numpy()[labeled], np.ones(labeled.sum())))
        for a, b in itertools.combinations(range(60), 2):
            if torch.equal(y[a], y[b]):
                assert np.array_equal(codes[a], codes[b])
    assert errors[1] < 0.9 * errors[0]
