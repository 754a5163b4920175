"""Answers to the exercise of notebook 10."""

import numpy as np


def shared(a, b):
    return sum(x * y for x, y in zip(a, b, strict=True))


def cosine(a, b):
    size = (sum(a) * sum(b)) ** 0.5
    return shared(a, b) / size if size else 0.0


def jaccard(a, b):
    both, either = np.logical_and(a, b).sum(), np.logical_or(a, b).sum()
    return both / max(either, 1)


def dice(a, b):
    return 2 * shared(a, b) / max(sum(a) + sum(b), 1)


def cosine_in_float32(a, b):
    a, b = np.array(a, np.float32), np.array(b, np.float32)
    sizes = max(np.linalg.norm(a), np.float32(1)), max(np.linalg.norm(b), np.float32(1))
    return (a / sizes[0]) @ (b / sizes[1])


RIGHT = {
    "cosine": cosine,
    "cosine in float32": cosine_in_float32,
    "Jaccard": jaccard,
    "Dice, an array of one number": lambda a, b: np.array(dice(a, b)),
}
WRONG = {
    "number of shared labels": shared,
    "share one at least": lambda a, b: float(shared(a, b) > 0),
    "divided by the classes": lambda a, b: shared(a, b) / len(a),
    "divided by the smaller set": lambda a, b: shared(a, b) / max(min(sum(a), sum(b)), 1),
    "divided by the first": lambda a, b: shared(a, b) / max(sum(a), 1),
    "divides by zero": lambda a, b: shared(a, b) / (sum(a) * sum(b)) ** 0.5,
    "equal entries": lambda a, b: float(np.mean(np.equal(a, b))),
    "size forgotten": lambda a, b: shared(a, b) / max(sum(a) * sum(b), 1),
    "not more than a half": lambda a, b: cosine(a, b) / 2,
    "only equal sets": lambda a, b: float(list(a) == list(b) and any(a)),
    "one over the difference": lambda a, b: 1 / (1 + float(np.abs(np.subtract(a, b)).sum())),
    "angle": lambda a, b: (1 + cosine(a, b)) / 2,
    "root of the number": lambda a, b: min(shared(a, b) ** 0.5 / 2, 1),
    "a vector": lambda a, b: [x * y for x, y in zip(a, b, strict=True)],
}
