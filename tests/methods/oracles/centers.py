"""Losses towards centers as their papers and authors' programs have them; centers are given."""

import itertools

import torch
from torch import Tensor

from hashviz.centers import make_centers
from tests.methods.oracles.case import Case, code, coin, cosine, total


def majority(case: Case) -> Tensor:
    """Bitwise majority of the own centers; what a tie becomes is tested where it is decided."""
    y = torch.tensor([[c in own for c in range(len(case.loss.codebook))] for own in case.y])
    votes = y.double() @ case.loss.codebook.double()
    return torch.where(votes == 0, case.loss.targets(y).double(), votes.sign())


def binary_cross_entropy(h: Tensor, target: Tensor) -> Tensor:
    """Mean over images and bits of (1 + h)/2 against (1 + target)/2."""
    p, t = (1 + h) / 2, (1 + target) / 2
    return -(t * torch.log(p) + (1 - t) * torch.log(1 - p)).mean()


def csq(case: Case, *, quantization_weight: float = 0.05) -> Tensor:
    """Yuan et al.'s program for ResNet: lambda = 0.05 times the mean of (|h| - 1)^2."""
    h = torch.tanh(case.u)
    quantization = quantization_weight * ((h.abs() - 1) ** 2).mean()
    return binary_cross_entropy(h, majority(case)) + quantization


def dpn(case: Case, *, margin: float = 1.0, regularization_weight: float = 0.01) -> Tensor:
    """Fan et al.'s program: hinges summed over bits; over own centers their mean, not their sum."""
    costs = []
    for own, u in zip(case.y, case.u, strict=True):
        for c in own:
            hinge = torch.clamp(margin - u * case.loss.codebook[c].double(), min=0).sum()
            costs.append(hinge / len(own))
    return total(costs) / case.n + regularization_weight * (case.u**2).mean()


def orthohash(case: Case, *, scale: float = 8.0, margin: float = 0.2) -> Tensor:
    """Hoe et al.'s program: the margin off the own cosines, soft targets for several labels."""
    costs = []
    for own, u in zip(case.y, case.u, strict=True):
        cosines = [cosine(u, center.double()) for center in case.loss.codebook]
        scores = torch.stack([scale * (x - margin * (c in own)) for c, x in enumerate(cosines)])
        chances = torch.exp(scores) / torch.exp(scores).sum()
        costs += [-torch.log(chances[c]) / len(own) for c in own]
    return total(costs) / case.n


BATCH = 85


def hhf(
    case: Case, *, alpha: float = 16.0, delta: float = 0.2, quantization_weight: float = 0.001
) -> Tensor:
    """Xu et al.'s program, anchors: beta times a *sum* over the bits and a batch of 85 images.

    Its table of codes gives how far apart so many can be; here the project's best code book does.
    """
    book = make_centers("auto", len(case.loss.proxies), case.bits, 0)
    apart = min((a != b).sum() for a, b in itertools.combinations(book, 2))
    zeta = 1 - 2 * apart / case.bits
    classes = range(len(case.loss.proxies))
    near, far = [], []
    for c in classes:
        proxy = case.loss.proxies[c].double()
        own, others = [], []
        for labels, u in zip(case.y, case.u, strict=True):
            x = cosine(u, proxy)
            if c in labels:
                own.append(torch.exp(alpha * torch.clamp(1 - delta - x, min=0)) - 1)
            else:
                others.append(torch.exp(alpha * torch.clamp(x - zeta - delta, min=0)) - 1)
        near.append(torch.log(1 + total(own)))
        far.append(torch.log(1 + total(others)))
    present = sum(any(c in labels for labels in case.y) for c in classes)
    distance = (code(case.u) - case.u).square().sum() * BATCH / case.n
    return total(near) / present + total(far) / len(classes) + quantization_weight * distance


def cnnh(case: Case) -> Tensor:
    """Xia et al., second stage: sigmoid units regress the codes of the first; mean over bits."""
    costs = [
        coin(b * x, True) for b, x in zip(case.loss.codes.flatten(), case.u.flatten(), strict=True)
    ]
    return total(costs) / len(costs)


def hybrid_centers(
    case: Case,
    *,
    triplet_weight: float = 1.0,
    partial_weight: float = 1.0,
    global_weight: float = 1.0,
    quantization_weight: float = 0.1,
    margin: float = 0.125,
    partial_target: str = "angle",
) -> Tensor:
    """The reconstruction of Liu et al.: own centers are anchors against every stranger."""
    h, centers = torch.tanh(case.u), case.loss.codebook.double()
    violations, errors = [], []
    for i, j in case.pairs():
        if not case.share(i, j):
            for c in case.y[i]:
                gap = (centers[c] @ h[j] - centers[c] @ h[i]) / (2 * case.bits)
                violations.append(torch.clamp(margin + gap, min=0))
        elif case.y[i] != case.y[j]:
            r = len(case.y[i] & case.y[j]) / (len(case.y[i]) * len(case.y[j])) ** 0.5
            aim = (1 + r) / 2 if partial_target == "angle" else r
            errors.append(((case.bits + h[i] @ h[j]) / (2 * case.bits) - aim) ** 2)
    return (
        triplet_weight * total(violations) / len(violations)
        + partial_weight * total(errors) / max(len(errors), 1)
        + global_weight * binary_cross_entropy(h, majority(case))
        + quantization_weight * ((h.abs() - 1) ** 2).mean()
    )
