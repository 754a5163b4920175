"""Two stages: codes for the labels against a search over all codes, and the regression of them."""

import itertools
from math import exp, log

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hashviz.hamming import sign
from hashviz.methods.base import Batch, Problem
from hashviz.methods.two_stage import CNNH, code_error, improve_codes

BITS = 8
Y = torch.tensor([[1, 0, 0], [1, 1, 0], [0, 1, 1], [1, 0, 0], [0, 0, 1], [0, 0, 0]]).bool()
PROBLEM = Problem(BITS, classes=3, train_size=6, multi_label=True, seed=0)


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


def test_single_labels_aim_at_the_code_book() -> None:
    loss = CNNH(PROBLEM)
    y = torch.eye(3, dtype=torch.bool)[[0, 2, 1, 0, 1, 2]]
    loss.prepare(y)
    assert torch.equal(loss.codes.float(), loss.centers[[0, 2, 1, 0, 1, 2]])


def test_several_labels_aim_at_codes_nearer_to_their_similarity() -> None:
    """Images with the same labels have the same code, and one without labels has none."""
    rng = np.random.default_rng(0)
    y = torch.from_numpy(rng.random((60, 5)) < 0.3)
    problem = Problem(16, classes=5, train_size=60, multi_label=True, seed=0)
    errors = []
    for sweeps in (0, 10):
        loss = CNNH(problem, sweeps=sweeps)
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


def test_the_second_stage_is_its_definition() -> None:
    loss = CNNH(PROBLEM)
    loss.prepare(Y)
    u = torch.randn(2, BITS, generator=torch.Generator().manual_seed(0))
    rows = torch.tensor([4, 1])
    term = loss(Batch(u, Y[rows], rows, 0.0))["regression"]
    expected = 0.0
    for i, row in enumerate(rows.tolist()):
        for k in range(BITS):
            expected += log(1 + exp(-loss.codes[row, k].item() * u[i, k].item()))
    assert term.item() == pytest.approx(expected / (2 * BITS), rel=1e-5)


def test_sweeps_are_counted() -> None:
    with pytest.raises(ValueError, match="got sweeps=-1"):
        CNNH(PROBLEM, sweeps=-1)
