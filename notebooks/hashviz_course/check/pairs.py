"""Notebook 07: the loss that pulls similar pictures together and pushes others apart."""

from collections.abc import Iterator
from typing import Any

from hashviz_course.check.asking import Asked, call
from hashviz_course.check.core import Exercise, Rule, same_as
from hashviz_course.check.words import shown

Case = tuple[Any, Any, float]
TOLERANCE = 1e-4
STEP = 1e-3
"""Of the finite differences, in double precision."""


def together() -> Iterator[Case]:
    """Similar pictures only: the margin plays no part."""
    import torch

    yield torch.tensor([[1.0], [-1.0]]), torch.ones(2, 2, dtype=torch.bool), 2.0
    yield torch.tensor([[0.5, 2.0], [0.5, -1.0]]), torch.ones(2, 2, dtype=torch.bool), 4.0
    yield torch.tensor([[1.0], [0.0], [-2.0]]), torch.ones(3, 3, dtype=torch.bool), 2.0


def apart() -> Iterator[Case]:
    """Pictures of different classes: within the margin, on it and beyond."""
    import torch

    other = torch.eye(2, dtype=torch.bool)
    for u, margin in (([[0.0], [1.0]], 2.0), ([[0.0, 1.0], [1.0, 1.0]], 4.0),
                      ([[1.0], [-1.0]], 4.0), ([[3.0], [-3.0]], 2.0)):  # fmt: skip
        yield torch.tensor(u), other, margin


def batches() -> Iterator[Case]:
    """Outputs of several pictures with classes, two of them equal."""
    import torch

    generator = torch.Generator().manual_seed(4)
    for n, bits in ((3, 1), (3, 2), (6, 3), (20, 8)):
        u = torch.randn(n, bits, generator=generator)
        classes = torch.arange(n) % 2
        if n > 3:
            u[2] = u[0]  # of the same class, and the distance is 0
        yield u, classes[:, None] == classes, 2.0 * bits


def by_definition(u: Any, similar: Any, margin: float) -> float:
    """Every pair for itself."""
    rows, total = u.double().tolist(), 0.0
    n, bits = len(rows), len(rows[0])
    for i in range(n):
        for j in range(n):
            d = sum((a - b) ** 2 for a, b in zip(rows[i], rows[j], strict=True))
            if i != j:
                total += d if similar[i, j] else max(0.0, margin - d)
    return total / (n * (n - 1)) / (2 * bits)


def gradient_flows(ask: Asked, u: Any, similar: Any, margin: float) -> str | None:
    """Judge: the gradient is that of finite differences, along one direction."""
    import torch

    case = (u, similar, margin)
    loss = ask(u.double().requires_grad_(), similar, margin)
    if not isinstance(loss, torch.Tensor) or not loss.requires_grad:
        return f"{call(ask.name, case)} gave {shown(loss)} without a gradient; stay in torch."
    (own,) = torch.autograd.grad(
        ask.function(start := u.double().requires_grad_(), similar, margin), start
    )
    if not bool(own.isfinite().all()):
        return f"{call(ask.name, case)} has a gradient that is not finite; is there a root of 0?"
    way = torch.linspace(-1, 1, u.numel(), dtype=torch.double).reshape(u.shape)
    slope = float((own * way).sum())
    ahead = by_definition(u.double() + STEP * way, similar, margin)
    behind = by_definition(u.double() - STEP * way, similar, margin)
    differences = (ahead - behind) / (2 * STEP)
    if abs(slope - differences) <= TOLERANCE * (1 + abs(differences)):
        return None
    return f"For u = {shown(u)} the slope is {slope:.4g}, expected {differences:.4g}."


contrastive_hash_loss = Exercise(
    name="contrastive_hash_loss",
    notebook="07",
    passed="contrastive_hash_loss pulls and pushes as the formula says, and a network can learn.",
    rules=(
        Rule("Similar pictures cost their squared distance.", together,
             same_as(by_definition, TOLERANCE)),
        Rule("Others cost what they lack of the margin, and nothing beyond.", apart,
             same_as(by_definition, TOLERANCE)),
        Rule("It is a mean over all pairs of different pictures, divided by twice the bits.",
             batches, same_as(by_definition, TOLERANCE)),
        Rule("Its gradient is right.", batches, gradient_flows),
    ),
    hints=(
        "All squared distances at once: u[:, None] - u has a row for each pair; square it and sum "
        "over the last axis. No root is needed.",
        "torch.where(similar, d, (margin - d).clamp(min=0)) is the cost of each pair. The pairs "
        "(i, i) cost 0, so they may stay in the sum, but not in the number of pairs.",
        "return cost.sum() / (n * (n - 1)) / (2 * bits)",
    ),
)  # fmt: skip
"""The check of `contrastive_hash_loss(u, similar, margin)`."""
