"""Answers to the exercise of notebook 01."""

import numpy as np


def solution(points, planes):
    return np.where(points @ planes.T >= 0, 1, -1)


def with_loops(points, planes):
    return [[1.0 if np.dot(w, x) >= 0 else -1.0 for w in planes] for x in points]


RIGHT = {"solution": solution, "lists of floats": with_loops}
WRONG = {
    "three values": lambda x, w: np.sign(x @ w.T),
    "zeros and ones": lambda x, w: (x @ w.T >= 0).astype(int),
    "zero is negative": lambda x, w: np.where(x @ w.T > 0, 1, -1),
    "other side": lambda x, w: np.where(x @ w.T <= 0, 1, -1),
    "transposed": lambda x, w: solution(x, w).T,
    "not transposed": lambda x, w: np.where(x @ w >= 0, 1, -1),
    "real numbers": lambda x, w: x @ w.T,
    "a threshold of one": lambda x, w: np.where(x @ w.T >= 1, 1, -1),
    "sign of the point": lambda x, w: np.where(x >= 0, 1, -1),
    "planes of its own": lambda x, w: solution(
        x, np.random.default_rng(0).normal(size=np.shape(w))
    ),
    "centered": lambda x, w: solution(x - x.mean(0), w),
}
