"""Answers to the second exercise of notebook 07."""

import numpy as np


def without_quantization(bits):
    return np.array([0.0, 0.36 / bits])


RIGHT = {"solution": lambda bits: (0.01, 0.03), "balance alone, as an array": without_quantization}
WRONG = {
    "none at all": lambda bits: (0, 0),
    "no balance": lambda bits: (0.1, 0.0),
    "balance that drowns the pairs": lambda bits: (0.01, 1.0),
    "quantization that drowns the pairs": lambda bits: (1.0, 0.03),
    "both in the wrong order": lambda bits: (0.3, 0.01),
    "below zero": lambda bits: (0.01, -0.03),
    "three weights": lambda bits: (1.0, 0.01, 0.03),
    "one weight": lambda bits: 0.03,
    "words": lambda bits: ("small", "smaller"),
    "not a number": lambda bits: (0.01, float("nan")),
}
