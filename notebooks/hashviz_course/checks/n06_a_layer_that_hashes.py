"""Notebook 06: the loss that makes bits independent."""

from collections.abc import Iterator
from itertools import product
from typing import Any

from hashviz_course.checks.exercise import Exercise, Rule, same_as, same_slope_as

TOLERANCE = 1e-4


def independent() -> Iterator[tuple[Any]]:
    """Make all codes of a few bits, each once: balanced and independent."""
    import torch

    for bits in (1, 2, 3, 5):
        yield (torch.tensor(list(product((-1.0, 1.0), repeat=bits))),)


def repeated() -> Iterator[tuple[Any]]:
    """Make two bits that are equal, two that are opposite, and a bit that is constant."""
    import torch

    for codes in ([[1.0, 1.0], [-1.0, -1.0]], [[1.0, -1.0], [-1.0, 1.0]], [[1.0], [1.0]]):
        yield (torch.tensor(codes),)


def outputs() -> Iterator[tuple[Any]]:
    """Make real outputs, of fewer bits than images and of more, with a mean that is not zero."""
    import torch

    generator = torch.Generator().manual_seed(7)
    for n, bits in ((2, 1), (3, 2), (4, 2), (2, 5), (30, 8)):
        yield (torch.tanh(torch.randn(n, bits, generator=generator) + 0.5),)


def by_definition(h: Any) -> float:
    """Sum the squares of covariance minus identity, one pair of bits at a time."""
    n, bits = h.shape
    rows = h.double().tolist()
    means = [sum(row[k] for row in rows) / n for k in range(bits)]
    total = 0.0
    for j, k in product(range(bits), repeat=2):
        covariance = sum((row[j] - means[j]) * (row[k] - means[k]) for row in rows) / n
        total += (covariance - (j == k)) ** 2
    return total / bits


agrees = same_as(by_definition, TOLERANCE)


def library_loss(h: Any) -> Any:
    """Return the library's loss."""
    from hashviz.methods.pakdd2016 import decorrelation

    return decorrelation(h)


decorrelation_loss = Exercise(
    name="decorrelation_loss",
    notebook="06",
    passed="decorrelation_loss is 0 for independent bits, and a network can learn from it.",
    rules=(
        Rule("Independent, balanced bits cost nothing.", independent,
             same_as(lambda h: 0, TOLERANCE)),
        Rule("A repeated or constant bit costs.", repeated, agrees),
        Rule("It agrees with the formula.", outputs, agrees),
        Rule("Its gradient is right.", outputs, same_slope_as(by_definition)),
    ),
    hints=(
        "Subtract from each bit its mean over the batch: h - h.mean(0).",
        "The covariance of all pairs of bits is one matrix product: centered.T @ centered / n, of "
        "shape bits × bits. It should be torch.eye(bits).",
        "return (covariance - torch.eye(bits)).square().sum() / bits",
    ),
    library=library_loss,
)  # fmt: skip
