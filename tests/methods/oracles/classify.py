"""Losses by classification and the reconstructions, as papers, programs and abstracts have them."""

import torch
from torch import Tensor

from tests.methods.oracles.case import Case, code, coin, cross_entropy, total


def dlbhc(case: Case) -> Tensor:
    """Lin et al.: cross-entropy of a linear classifier on sigmoids, nothing else."""
    return cross_entropy(case, 1 / (1 + torch.exp(-case.u)), case.loss.classifier)


def ssdh(case: Case, *, quantization_weight: float = 1.0, balance_weight: float = 1.0) -> Tensor:
    """Yang et al.'s layers: both weights 1, halves of means; balance is over an image's bits."""
    a = 1 / (1 + torch.exp(-case.u))
    forced = total([(x - 0.5) ** 2 for x in a.flatten()]) / (2 * case.n * case.bits)
    fired = total([(row.sum() / case.bits - 0.5) ** 2 for row in a]) / (2 * case.n)
    entropy = cross_entropy(case, a, case.loss.classifier)
    return entropy - quantization_weight * forced + balance_weight * fired


def greedyhash(case: Case, *, quantization_weight: float = 0.1) -> Tensor:
    """Su et al.'s program: the classifier sees signs, whose gradient passes; 0.1 times a mean."""
    through = case.u + (code(case.u) - case.u).detach()
    cube = torch.abs((case.u.abs() - 1) ** 3).mean()
    return cross_entropy(case, through, case.loss.classifier) + quantization_weight * cube


def guo2016(
    case: Case,
    *,
    decorrelation_weight: float = 0.01,
    balance_weight: float = 0.1,
    quantization_weight: float = 0.01,
    classifier: str = "softmax",
) -> Tensor:
    """The reconstruction of Guo et al.: covariance towards the identity, per bit."""
    h = torch.tanh(case.u)
    mean = h.sum(0) / case.n
    covariance = torch.zeros(case.bits, case.bits).double()
    for x in h:
        covariance = covariance + torch.outer(x - mean, x - mean) / case.n
    apart = (covariance - torch.eye(case.bits)).square().sum()
    if classifier == "hinge":
        linear, costs = case.loss.classify, []
        for own, x in zip(case.y, h, strict=True):
            scores = linear.weight.double() @ x + linear.bias.double()
            for c, score in enumerate(scores):
                costs.append(torch.clamp(1 - (1 if c in own else -1) * score, min=0) ** 2)
        first = total(costs) / case.n
    else:
        first = cross_entropy(case, h, case.loss.classify)
    return (
        first
        + decorrelation_weight * apart / case.bits
        + balance_weight * mean.square().sum() / case.bits
        + quantization_weight * ((h.abs() - 1) ** 2).mean()
    )


def dfeh(
    case: Case,
    *,
    contrastive_weight: float = 1.0,
    quantization_weight: float = 0.01,
    balance_weight: float = 0.01,
    margin_per_bit: float = 2.0,
    quantization: str = "l1",
    balance: str = "bit",
) -> Tensor:
    """The reconstruction of Zhao and Liu: DSH's pairs, by N(N - 1) and by bits."""
    u, costs = case.u, []
    for i, j in case.pairs():
        if i < j:
            d = (u[i] - u[j]).square().sum()
            far = torch.clamp(margin_per_bit * case.bits - d, min=0)
            costs.append(d if case.share(i, j) else far)
    contrastive = total(costs) / (case.n * (case.n - 1) * case.bits)
    edge = (u.abs() - 1).abs() if quantization == "l1" else (u.abs() - 1) ** 2
    means = u.sum(0) / case.n if balance == "bit" else u.sum(1) / case.bits
    return (
        contrastive_weight * contrastive
        + quantization_weight * edge.mean()
        + balance_weight * (means**2).mean()
    )


def dmsh(
    case: Case,
    *,
    quantization_weight: float = 0.1,
    classification_weight: float = 1.0,
    balanced: bool = True,
    focusing: float = 0.0,
) -> Tensor:
    """The reconstruction of Redaoui et al.: DPSH's pairs, each kind averaged; a focal loss."""
    u = case.u
    cost = {(i, j): coin(u[i] @ u[j] / 2, case.share(i, j)) for i, j in case.pairs()}
    similar = total([c for (i, j), c in cost.items() if case.share(i, j)])
    strangers = total([c for (i, j), c in cost.items() if not case.share(i, j)])
    count = sum(case.share(i, j) for i, j in cost)
    if balanced:
        likelihood = similar / count + strangers / (len(cost) - count)
    else:
        likelihood = (similar + strangers) / len(cost)
    linear, focal = case.loss.classifier, []
    for own, x in zip(case.y, torch.tanh(u), strict=True):
        scores = linear.weight.double() @ x + linear.bias.double()
        if case.several:
            costs = [coin(score, c in own) / len(scores) for c, score in enumerate(scores)]
            chances = [torch.exp(-cost * len(scores)) for cost in costs]
        else:
            chances = [(torch.exp(scores) / torch.exp(scores).sum())[c] for c in own]
            costs = [-torch.log(p) for p in chances]
        focal += [(1 - p) ** focusing * c for p, c in zip(chances, costs, strict=True)]
    quantization = (code(u) - u).square().mean()
    return (
        likelihood
        + quantization_weight * quantization
        + classification_weight * total(focal) / case.n
    )
