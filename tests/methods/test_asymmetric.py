"""ADSH: its memory, and its alternation against the error it must not raise."""

import itertools

import pytest
import torch
from torch import Tensor

from hashviz.methods.asymmetric import ADSH, balanced_similarity, best_codes
from hashviz.methods.base import Batch, Problem

BITS, N = 6, 7
PROBLEM = Problem(BITS, classes=3, train_size=N, multi_label=True, seed=0)
Y = torch.tensor(
    [[1, 0, 0], [1, 1, 0], [0, 1, 1], [1, 0, 0], [0, 0, 1], [0, 1, 0], [0, 0, 1]], dtype=torch.bool
)
U = torch.randn(N, BITS, generator=torch.Generator().manual_seed(0))


def trained(rows: Tensor, **options: object) -> ADSH:
    loss = ADSH(PROBLEM, **options)  # type: ignore[arg-type]
    loss(Batch(U[rows], Y[rows], rows, 0.0))
    return loss


def test_images_not_seen_yet_have_no_code() -> None:
    loss = trained(torch.tensor([1, 4]))
    assert loss.seen.nonzero().flatten().tolist() == [1, 4]
    assert (loss.codes[loss.seen].abs() == 1).all()
    assert not loss.codes[~loss.seen].any()


def test_similarities_add_up_to_zero() -> None:
    s = balanced_similarity(Y, Y)
    assert s.sum().item() == pytest.approx(0, abs=1e-4)
    assert s.max().item() == 1
    one = torch.eye(3, dtype=torch.bool)
    assert balanced_similarity(one[:1], one[:1]).tolist() == [[1.0]]
    assert balanced_similarity(one[:1], one[1:]).tolist() == [[-1.0, -1.0]]


def error(v: Tensor, h: Tensor, rows: Tensor, s: Tensor, weight: float) -> float:
    fit = (h @ v.T - BITS * s).square().sum()
    return (fit + weight * (v[rows] - h).square().sum()).item()


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("weight", [0.0, 3.0, 200.0])
def test_new_codes_never_raise_the_error(seed: int, weight: float) -> None:
    generator = torch.Generator().manual_seed(seed)
    v = torch.randn(N, BITS, generator=generator).sign()
    rows = torch.randperm(N, generator=generator)[:4]
    h = torch.tanh(torch.randn(4, BITS, generator=generator))
    s = balanced_similarity(Y[rows], Y)
    errors = [error(v, h, rows, s, weight)]
    for _ in range(4):
        v = best_codes(v, h, rows, s, weight)
        assert (v.abs() == 1).all()
        errors.append(error(v, h, rows, s, weight))
    assert all(b <= a + 1e-3 for a, b in itertools.pairwise(errors))
    assert errors[-1] < errors[0]


def test_with_heavy_quantization_the_codes_are_the_signs_of_the_outputs() -> None:
    h, rows = torch.tanh(U[:4]), torch.tensor([3, 0, 6, 2])
    v = best_codes(torch.ones(N, BITS), h, rows, balanced_similarity(Y[rows], Y), 1e6)
    assert torch.equal(v[rows], h.sign())


def test_the_end_of_an_epoch_takes_the_codes_to_the_latest_outputs() -> None:
    """With a sample of two images, those that came last; the batch before does not count."""
    rows = torch.arange(N)
    loss = trained(rows, sample_size=2)
    loss(Batch(-3 * U, Y, rows, 0.0))
    before = loss.codes.float()
    last = rows[-2:]
    expected = best_codes(
        before, torch.tanh(-3 * U[last]), last, balanced_similarity(Y[last], Y), 200.0
    )
    loss.end_of_epoch()
    assert torch.equal(loss.codes.float(), expected)
    assert not torch.equal(expected, before)
    assert not loss.recent


def test_without_alternation_the_codes_stay() -> None:
    loss = trained(torch.arange(N), alternate=False)
    before = loss.codes.clone()
    loss.end_of_epoch()
    assert torch.equal(loss.codes, before)
