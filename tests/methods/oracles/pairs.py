"""Losses over pairs as their papers and authors' programs have them; then the factor of ours."""

import torch
from torch import Tensor

from tests.methods.oracles.case import Case, code, coin, cosine, total


def dpsh(case: Case, *, quantization_weight: float = 0.1) -> Tensor:
    """Li et al.: sums over all pairs and over images; here means, as in DeepHash-pytorch."""
    u, eta = case.u, quantization_weight
    everyone = range(case.n)
    likelihood = [coin(u[i] @ u[j] / 2, case.share(i, j)) for i in everyone for j in everyone]
    distance = [(code(x) - x).square().sum() for x in u]
    return total(likelihood) / case.n**2 + eta * total(distance) / (case.n * case.bits)


def weights(case: Case, balanced: bool, graded: bool) -> dict[tuple[int, int], float]:
    """|S|/|S1| or |S|/|S0|, times the Jaccard index of the labels if graded."""
    pairs = case.pairs()
    similar = sum(case.share(i, j) for i, j in pairs)
    weight = {}
    for i, j in pairs:
        kind = similar if case.share(i, j) else len(pairs) - similar
        jaccard = len(case.y[i] & case.y[j]) / len(case.y[i] | case.y[j])
        degree = jaccard if graded and case.share(i, j) else 1.0
        weight[i, j] = degree * len(pairs) / kind if balanced else 1.0
    return weight


def hashnet(case: Case, *, continuation: bool = True, balanced: bool = True) -> Tensor:
    """Cao et al., with the program's 10/K and sqrt(1 + 0.005 t), t of 10,000 steps; the mean."""
    step = 10_000 * case.progress if continuation else 0
    h, weight = torch.tanh((1 + 0.005 * step) ** 0.5 * case.u), weights(case, balanced, True)
    costs = [
        w * coin(10 / case.bits * h[i] @ h[j], case.share(i, j)) for (i, j), w in weight.items()
    ]
    return total(costs) / len(weight)


def dsh(case: Case, *, quantization_weight: float = 0.01) -> Tensor:
    """Liu et al. as the authors' layer: pairs i < j by N(N - 1), margin 2K; alpha by images."""
    u, costs = case.u, []
    for i, j in case.pairs():
        if i < j:
            d = (u[i] - u[j]).square().sum()
            costs.append(d if case.share(i, j) else torch.clamp(2 * case.bits - d, min=0))
    edge = [(abs(x) - 1).abs().sum() for x in u]
    return total(costs) / (case.n * (case.n - 1)) + quantization_weight * total(edge) / case.n


def dhn(case: Case, *, quantization_weight: float = 0.2) -> Tensor:
    """Zhu et al.: both sums are means, over pairs, and over images and bits."""
    h = torch.tanh(case.u)
    likelihood = [coin(h[i] @ h[j], case.share(i, j)) for i, j in case.pairs()]
    peaks = torch.log(torch.cosh(h.abs() - 1)).sum()
    return total(likelihood) / len(likelihood) + quantization_weight * peaks / h.numel()


def dch(
    case: Case,
    *,
    gamma: float = 20.0,
    quantization_weight: float = 0.1,
    balanced: bool = True,
    graded: bool = False,
) -> Tensor:
    """Cao et al.: formulas 6 to 9 over pairs of two; DeepHash-pytorch keeps d from 0 by K/200."""
    h, one = torch.tanh(case.u), torch.ones(case.bits).double()
    costs = []
    for (i, j), weight in weights(case, balanced, graded).items():
        d = case.bits / 2 * (1 - cosine(h[i], h[j]))
        d = d if case.share(i, j) else d + case.bits / 200
        likelihood = case.share(i, j) * torch.log(d / gamma) + torch.log(1 + gamma / d)
        costs.append(weight * likelihood)
    edge = [torch.log(1 + case.bits / 2 * (1 - cosine(x.abs(), one)) / gamma) for x in h]
    return total(costs) / len(costs) + quantization_weight * total(edge) / case.n


def idhn(case: Case, *, partial_weight: float = 0.1, quantization_weight: float = 0.1) -> Tensor:
    """Zhang et al. as the authors' program: softsign, 5/K, gamma = K/10, alpha = 0.1; means."""
    h = case.u / (1 + case.u.abs())
    costs = []
    for i, j in case.pairs():
        r = len(case.y[i] & case.y[j]) / (len(case.y[i]) * len(case.y[j])) ** 0.5
        product = h[i] @ h[j]
        if 0.01 < r < 0.99:
            reached = (product + case.bits) / (2 * case.bits)
            costs.append(partial_weight * case.bits * (reached - r) ** 2)
        else:
            costs.append(coin(5 * product / case.bits, r > 0.5))
    return total(costs) / len(costs) + quantization_weight * (h.abs() - 1).abs().mean()


def adsh(case: Case, *, quantization_weight: float = 200.0) -> Tensor:
    """Jiang and Li's J with gamma = 200, by |Omega| N K^2; Omega is the batch, all have codes."""
    h, v = torch.tanh(case.u), case.loss.codes.double()
    everyone = range(case.n)
    similar = sum(case.share(i, j) for i in everyone for j in everyone)
    ratio = similar / (case.n**2 - similar)
    costs = [quantization_weight * (v[i] - h[i]).square().sum() for i in everyone]
    for i in everyone:
        for j in everyone:
            s = 1 if case.share(i, j) else -ratio
            costs.append((h[i] @ v[j] - case.bits * s) ** 2)
    return total(costs) / (case.n**2 * case.bits**2)


def mihash(case: Case, *, bins: int = 0, slope: float = 1.0) -> Tensor:
    """Cakir et al.: minus the mutual information of distance and similarity, mean over images."""
    phi = 2 / (1 + torch.exp(-slope * case.u)) - 1
    width = case.bits / (bins or case.bits / 2)
    centers = [width * k for k in range(round(case.bits / width) + 1)]

    def entropy(distances: list[Tensor]) -> Tensor:
        parts = []
        for center in centers:
            shares = [torch.clamp(1 - (d - center).abs() / width, min=0) for d in distances]
            p = total(shares) / max(len(distances), 1)
            if p > 0:
                parts.append(-p * torch.log(p))
        return total(parts)

    information = []
    for i in range(case.n):
        found: dict[bool, list[Tensor]] = {True: [], False: []}
        for j in range(case.n):
            if j != i:
                found[case.share(i, j)].append((case.bits - phi[i] @ phi[j]) / 2)
        near, far = found[True], found[False]
        parts = (len(near) * entropy(near) + len(far) * entropy(far)) / (case.n - 1)
        information.append(entropy(near + far) - parts)
    return -total(information) / case.n


def dnnh(case: Case, *, margin: float = 1.0) -> Tensor:
    """Lai et al.: the hinge on squared distances of sigmoids, mean over all triplets."""
    f = 1 / (1 + torch.exp(-case.u))
    costs = []
    for q, p, n in case.triplets():
        lead = (f[q] - f[n]).square().sum() - (f[q] - f[p]).square().sum()
        costs.append(torch.clamp(margin - lead, min=0))
    return total(costs) / len(costs)


def dtsh(case: Case, *, quantization_weight: float = 0.1) -> Tensor:
    """Wang et al.: likelihood of triplets, alpha = K/2; eta times a mean over images and bits."""
    u, alpha = case.u, case.bits / 2
    costs = [coin(u[q] @ u[p] / 2 - u[q] @ u[n] / 2 - alpha, True) for q, p, n in case.triplets()]
    distance = (code(u) - u).square().sum()
    return total(costs) / len(costs) + quantization_weight * distance / u.numel()
