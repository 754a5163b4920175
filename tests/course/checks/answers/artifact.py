"""Answers to the second exercise of notebook 11."""

import numpy as np


def spread(codes, heaps):
    means = []
    for heap in range(3):
        own = codes[heaps == heap]
        means.append(np.mean([(a != b).sum() for a in own for b in own]))
    return int(np.argmax(means))


def from_the_majority(codes, heaps):
    def distance(own):
        return (own != np.where(own.sum(0) >= 0, 1, -1)).mean()

    return np.argmax([distance(codes[heaps == heap]) for heap in range(3)])


def sizes(heaps):
    return np.bincount(heaps, minlength=3)


def nearest(codes, heaps):
    gaps = []
    for heap in range(3):
        own = codes[heaps == heap]
        away = (own[:, None] != own).sum(2) + 99 * np.eye(len(own))
        gaps.append(away.min(1).mean())
    return gaps


RIGHT = {"solution": spread, "from the majority": from_the_majority}
WRONG = {
    "the largest": lambda codes, heaps: int(np.argmax(sizes(heaps))),
    "the smallest": lambda codes, heaps: int(np.argmin(sizes(heaps))),
    "the tightest": lambda codes, heaps: int(
        np.argmin([codes[heaps == heap].std(0).mean() for heap in range(3)])
    ),
    "always the last": lambda codes, heaps: 2,
    "always the first": lambda codes, heaps: 0,
    "nearest neighbors are near": lambda codes, heaps: int(np.argmin(nearest(codes, heaps))),
    "far from all others": lambda codes, heaps: int(
        np.argmax([np.abs(codes[heaps == h].mean(0) - codes.mean(0)).sum() for h in range(3)])
    ),
    "counts from one": lambda codes, heaps: spread(codes, heaps) + 1,
    "members of the heap": lambda codes, heaps: np.flatnonzero(heaps == spread(codes, heaps)),
    "most plus bits": lambda codes, heaps: int(
        np.argmax([codes[heaps == heap].mean() for heap in range(3)])
    ),
}
