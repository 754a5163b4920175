"""Notebook 06: the loss that makes bits independent."""

from collections.abc import Iterator
from itertools import product
from typing import Any

from hashviz_course.check.asking import Asked, call
from hashviz_course.check.core import Exercise, Rule, same_as
from hashviz_course.check.words import shown

TOLERANCE = 1e-4
STEP = 1e-3
"""Of the finite differences, in double precision."""


def independent() -> Iterator[tuple[Any]]:
    """All codes of so many bits, each once: balanced and independent."""
    import torch

    for bits in (1, 2, 3, 5):
        yield (torch.tensor(list(product((-1.0, 1.0), repeat=bits))),)


def repeated() -> Iterator[tuple[Any]]:
    """Two bits that say the same, or the opposite, and a bit that is constant."""
    import torch

    yield (torch.tensor([[1.0, 1.0], [-1.0, -1.0]]),)
    yield (torch.tensor([[1.0, -1.0], [-1.0, 1.0]]),)
    yield (torch.tensor([[1.0], [1.0]]),)


def outputs() -> Iterator[tuple[Any]]:
    """Real outputs of a batch, fewer bits than images and more; with a mean that is not zero."""
    import torch

    generator = torch.Generator().manual_seed(7)
    for n, bits in ((2, 1), (3, 2), (4, 2), (2, 5), (30, 8)):
        yield (torch.tanh(torch.randn(n, bits, generator=generator) + 0.5),)


def by_definition(h: Any) -> float:
    """Every pair of bits for itself: covariance minus one on the diagonal, minus zero elsewhere."""
    n, bits = h.shape
    rows = h.double().tolist()
    means = [sum(row[k] for row in rows) / n for k in range(bits)]
    total = 0.0
    for j, k in product(range(bits), repeat=2):
        covariance = sum((row[j] - means[j]) * (row[k] - means[k]) for row in rows) / n
        total += (covariance - (j == k)) ** 2
    return total / bits


def gradient_flows(ask: Asked, h: Any) -> str | None:
    """Judge: the gradient is that of finite differences, along one direction."""
    import torch

    start = h.double().requires_grad_()
    loss = ask(start)
    if not isinstance(loss, torch.Tensor) or not loss.requires_grad:
        return f"{call(ask.name, (h,))} gave {shown(loss)} without a gradient; stay in torch."
    # `ask` gives the function a copy; the copy's gradient is found through its own graph.
    way = torch.linspace(-1, 1, h.numel(), dtype=torch.double).reshape(h.shape)

    def along(step: Any) -> Any:
        return ask.function(h.double() + step * way)

    zero = torch.zeros((), dtype=torch.double, requires_grad=True)
    (slope,) = torch.autograd.grad(along(zero), zero)
    differences = (by_definition(h + STEP * way) - by_definition(h - STEP * way)) / (2 * STEP)
    if abs(float(slope) - differences) <= TOLERANCE * (1 + abs(differences)):
        return None
    return f"For h = {shown(h)} the slope is {float(slope):.4g}, expected {differences:.4g}."


decorrelation_loss = Exercise(
    name="decorrelation_loss",
    notebook="06",
    passed="decorrelation_loss is 0 for independent bits, and a network can learn from it.",
    rules=(
        Rule(
            "Independent, balanced bits cost nothing.", independent, same_as(lambda h: 0, TOLERANCE)
        ),
        Rule("A repeated or constant bit costs.", repeated, same_as(by_definition, TOLERANCE)),
        Rule("It agrees with the formula.", outputs, same_as(by_definition, TOLERANCE)),
        Rule("Its gradient is right.", outputs, gradient_flows),
    ),
    hints=(
        "Subtract from each bit its mean over the batch: h - h.mean(0).",
        "The covariance of all pairs of bits is one matrix product: centered.T @ centered / n, of "
        "shape bits × bits. It should be torch.eye(bits).",
        "return (covariance - torch.eye(bits)).square().sum() / bits",
    ),
)
