"""Graded similarity: codes reach every target, and equal label sets are wholly similar."""

import pytest
import torch

from hashviz.methods.base import Batch, Problem
from hashviz.methods.pairwise import IDHN

PROBLEM = Problem(bits=4, classes=3, train_size=8, multi_label=True, seed=0)
U = torch.randn(4, 4, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(("differing", "shared", "labels"), [(1, 9, 16), (2, 1, 2), (3, 1, 4)])
def test_codes_reach_the_target_of_every_partial_pair(
    differing: int, shared: int, labels: int
) -> None:
    """At (1 - r) K different bits the term is 0; r here is 3/4, 1/2 and 1/4 with 4 bits."""
    if shared == 9:
        y = torch.zeros(2, 25, dtype=torch.bool)
        y[0, :9] = True
        y[1, :16] = True  # r = 9 / sqrt(9 * 16) = 3/4
    else:
        y = torch.zeros(2, 2 * labels, dtype=torch.bool)
        y[0, :labels] = True
        y[1, labels - shared : 2 * labels - shared] = True
    huge = 1e6
    u = torch.full((2, 4), huge)
    u[1, :differing] = -huge
    problem = Problem(4, y.shape[1], 8, True, 0)
    terms = IDHN(problem)(Batch(u, y, torch.arange(2), 0.0))
    assert terms["partial"].item() == pytest.approx(0, abs=1e-9)


def test_the_same_two_labels_are_wholly_similar() -> None:
    """The cosine of [1, 1, 0] with itself is 1 only up to rounding."""
    y = torch.tensor([[1, 1, 0], [1, 1, 0]], dtype=torch.bool)
    terms = IDHN(PROBLEM)(Batch(U[:2], y, torch.arange(2), 0.0))
    assert terms["partial"].item() == 0
    assert terms["similarity"].item() > 0
