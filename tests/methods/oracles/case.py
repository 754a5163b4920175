"""What an oracle sees of a batch, and the few words that all of them share."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class Case:
    """One batch in double precision, its labels as sets, and the loss for what it has learned."""

    u: Tensor
    y: list[set[int]]
    progress: float
    loss: Any

    @property
    def n(self) -> int:
        return len(self.u)

    @property
    def bits(self) -> int:
        return self.u.shape[1]

    @property
    def several(self) -> bool:
        return any(len(labels) > 1 for labels in self.y)

    def share(self, i: int, j: int) -> bool:
        return bool(self.y[i] & self.y[j])

    def pairs(self) -> list[tuple[int, int]]:
        return [(i, j) for i in range(self.n) for j in range(self.n) if i != j]

    def triplets(self) -> list[tuple[int, int, int]]:
        return [
            (q, p, n)
            for q, p in self.pairs()
            for n in range(self.n)
            if self.share(q, p) and not self.share(q, n)
        ]


def total(values: list[Tensor]) -> Tensor:
    return torch.stack(values).sum() if values else torch.zeros((), dtype=torch.double)


def code(x: Tensor) -> Tensor:
    """Signs without a third value, as constants."""
    return torch.where(x >= 0, 1.0, -1.0).double()


def coin(theta: Tensor, similar: bool) -> Tensor:
    """Minus the logarithm of the chance of what is, where similar has the chance of a sigmoid."""
    chance = 1 / (1 + torch.exp(-theta))
    return -torch.log(chance if similar else 1 - chance)


def cosine(a: Tensor, b: Tensor) -> Tensor:
    return (a @ b) / ((a @ a) * (b @ b)).sqrt()


def cross_entropy(case: Case, codes: Tensor, classifier: Any) -> Tensor:
    """Mean over images: softmax for one label each, else one binary cross-entropy per class."""
    costs = []
    for own, x in zip(case.y, codes, strict=True):
        scores = classifier.weight.double() @ x + classifier.bias.double()
        if case.several:
            costs += [coin(score, c in own) for c, score in enumerate(scores)]
        else:
            costs += [torch.log(torch.exp(scores).sum()) - scores[c] for c in own]
    return total(costs) / case.n
