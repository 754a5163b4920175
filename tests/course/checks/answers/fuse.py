"""Answers to the exercise of notebook 08."""

import torch


def solution(maps, weights):
    return sum(m.mean((2, 3)) @ w for m, w in zip(maps, weights, strict=True))


def end_to_end(maps, weights):
    """All scales side by side, then one large matrix."""
    features = torch.cat([m.flatten(2).mean(2) for m in maps], 1)
    return features @ torch.cat(weights)


def one_detached(maps, weights):
    return solution([*maps[:-1], maps[-1].detach()], weights)


def matrices_detached(maps, weights):
    return solution(maps, [w.detach() for w in weights])


RIGHT = {"solution": solution, "end to end": end_to_end}
WRONG = {
    "the last scale only": lambda maps, weights: solution(maps[-1:], weights[-1:]),
    "the first scale only": lambda maps, weights: solution(maps[:1], weights[:1]),
    "a mean over the scales": lambda maps, weights: solution(maps, weights) / len(maps),
    "the largest instead of the mean": lambda maps, weights: sum(
        m.amax((2, 3)) @ w for m, w in zip(maps, weights, strict=True)
    ),
    "a sum over the map": lambda maps, weights: sum(
        m.sum((2, 3)) @ w for m, w in zip(maps, weights, strict=True)
    ),
    "pooled over one side": lambda maps, weights: sum(
        m.mean(2)[..., 0] @ w for m, w in zip(maps, weights, strict=True)
    ),
    "the codes of the scales": lambda maps, weights: sum(
        torch.tanh(m.mean((2, 3)) @ w) for m, w in zip(maps, weights, strict=True)
    ),
    "side by side": lambda maps, weights: torch.cat(
        [m.mean((2, 3)) @ w for m, w in zip(maps, weights, strict=True)], 1
    ),
    "a list": lambda maps, weights: [
        m.mean((2, 3)) @ w for m, w in zip(maps, weights, strict=True)
    ],
    "signs": lambda maps, weights: torch.sign(solution(maps, weights)),
    "no gradient": lambda maps, weights: solution(maps, weights).detach(),
    "one scale detached": one_detached,
    "matrices detached": matrices_detached,
}
