"""Answers to the exercise of notebook 06."""

import torch

from hashviz.methods.pakdd2016 import decorrelation


def solution(h):
    n, bits = h.shape
    centered = h - h.mean(0)
    covariance = centered.T @ centered / n
    return (covariance - torch.eye(bits)).square().sum() / bits


def with_loops(h):
    bits = h.shape[1]
    total = 0
    for j in range(bits):
        for k in range(bits):
            a, b = h[:, j] - h[:, j].mean(), h[:, k] - h[:, k].mean()
            total = total + ((a * b).mean() - (1.0 if j == k else 0.0)) ** 2
    return total / bits


def covariance(h, by=0):
    centered = h - h.mean(0)
    return centered.T @ centered / (len(h) - by)


def norm(matrix):
    return (matrix - torch.eye(len(matrix))).square().sum() / len(matrix)


RIGHT = {"solution": solution, "pair by pair": with_loops, "the library": decorrelation}
WRONG = {
    "not centered": lambda h: norm(h.T @ h / len(h)),
    "not divided by n": lambda h: norm(covariance(h) * len(h)),
    "divided by n - 1": lambda h: norm(torch.cov(h.T).reshape(h.shape[1], h.shape[1])),
    "no identity": lambda h: covariance(h).square().sum() / h.shape[1],
    "without the diagonal": lambda h: (
        (covariance(h) * (1 - torch.eye(h.shape[1]))).square().sum() / h.shape[1]
    ),
    "correlation of images": lambda h: norm(covariance(h.T)),
    "a mean over all entries": lambda h: solution(h) / h.shape[1],
    "root forgotten": lambda h: solution(h).sqrt(),
    "absolute values": lambda h: (covariance(h) - torch.eye(h.shape[1])).abs().sum() / h.shape[1],
    "a Python number": lambda h: solution(h).item(),
    "detached": lambda h: solution(h.detach()),
    "half of the gradient": lambda h: norm((h - h.mean(0)).T @ (h - h.mean(0)).detach() / len(h)),
}
