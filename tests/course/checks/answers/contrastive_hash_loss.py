"""Answers to the first exercise of notebook 07."""

import torch

from hashviz.methods.pairwise import contrastive, mean_over_pairs


def solution(u, similar, margin):
    n, bits = u.shape
    d = (u[:, None] - u).square().sum(2)
    cost = torch.where(similar, d, (margin - d).clamp(min=0))
    return cost.sum() / (n * (n - 1)) / (2 * bits)


def pair_by_pair(u, similar, margin):
    costs = []
    for i in range(len(u)):
        for j in range(i):
            d = ((u[i] - u[j]) ** 2).sum()
            costs.append(d if similar[i, j] else torch.relu(margin - d))
    return torch.stack(costs).mean() / u.shape[1] / 2


def library(u, similar, margin):
    return mean_over_pairs(contrastive(u, similar, margin)) / (2 * u.shape[1])


def squared(u):
    return (u[:, None] - u).square().sum(2)


def cost(d, similar, margin):
    return torch.where(similar, d, (margin - d).clamp(min=0))


def mean(cost, u):
    return cost.sum() / (len(u) * (len(u) - 1)) / (2 * u.shape[1])


RIGHT = {"solution": solution, "pair by pair": pair_by_pair, "the library": library}
WRONG = {
    "no margin": lambda u, s, m: mean(torch.where(s, squared(u), -squared(u)), u),
    "no clamp": lambda u, s, m: mean(torch.where(s, squared(u), m - squared(u)), u),
    "the other way round": lambda u, s, m: mean(cost(squared(u), ~s, m), u),
    "distance, not squared": lambda u, s, m: mean(cost((squared(u) + 1e-12).sqrt(), s, m**0.5), u),
    "margin minus root, squared": lambda u, s, m: mean(
        torch.where(s, squared(u), (m**0.5 - (squared(u) + 1e-12).sqrt()).clamp(min=0) ** 2), u
    ),
    "root of 0": lambda u, s, m: mean(cost(squared(u).sqrt() ** 2, s, m), u),
    "pairs (i, i) counted": lambda u, s, m: cost(squared(u), s, m).mean() / (2 * u.shape[1]),
    "not divided by the bits": lambda u, s, m: mean(cost(squared(u), s, m), u) * u.shape[1],
    "half forgotten": lambda u, s, m: 2 * solution(u, s, m),
    "a sum": lambda u, s, m: cost(squared(u), s, m).sum(),
    "pulls only": lambda u, s, m: mean(squared(u) * s, u),
    "pushes only": lambda u, s, m: mean((m - squared(u)).clamp(min=0) * ~s, u),
    "detached": lambda u, s, m: solution(u.detach(), s, m),
    "a Python number": lambda u, s, m: solution(u, s, m).item(),
    "of the signs": lambda u, s, m: solution(torch.sign(u), s, m),
}
