"""Answers to the second exercise of notebook 12."""

from math import log2

import numpy as np

from hashviz.metrics import mutual_information


def entropy(values):
    shares = [values.count(v) / len(values) for v in set(values)]
    return -sum(p * log2(p) for p in shares)


def by_entropies(bit, values):
    pairs = list(zip(bit, values, strict=True))
    return entropy(bit) + entropy(values) - entropy(pairs)


def named(score, threshold=True, sign=1):
    def answer(bit, attributes, least):
        values = {name: score(bit, column) for name, column in attributes.items()}
        best = max(values, key=lambda name: sign * values[name])
        return best if not threshold or values[best] >= least - 1e-12 else "nothing"

    return answer


def by_the_library(bit, attributes, threshold):
    known = mutual_information(np.array(bit, np.int8)[:, None], attributes, permutations=0)
    best = int(known.values[0].argmax())
    return known.names[best] if known.values[0, best] >= threshold else "nothing"


def agreement(bit, values):
    return float(np.mean(np.equal(np.array(bit) > 0, np.array(values) > 0)))


def correlation(bit, values):
    both = np.cov(bit, values, bias=True)
    return both[0, 1] / max((both[0, 0] * both[1, 1]) ** 0.5, 1e-9)


def asks_the_first(bit, attributes, threshold):
    name = next(iter(attributes))
    return name if by_entropies(bit, attributes[name]) >= threshold else "nothing"


def truths(bit, values):
    return by_entropies(bit, [int(value > 0) for value in values])


RIGHT = {"solution, by entropies": named(by_entropies), "the library": by_the_library}
WRONG = {
    "agreement": named(agreement),
    "agreement or its opposite": named(lambda b, v: max(agreement(b, v), 1 - agreement(b, v))),
    "correlation": named(correlation),
    "size of the correlation": named(lambda b, v: abs(correlation(b, v))),
    "no threshold": named(by_entropies, threshold=False),
    "always nothing": lambda bit, attributes, threshold: "nothing",
    "the least": named(by_entropies, sign=-1),
    "only the first": asks_the_first,
    "natural logarithm": named(lambda b, v: by_entropies(b, v) * np.log(2)),
    "joint entropy": named(lambda b, v: entropy(list(zip(b, v, strict=True)))),
    "entropy of the attribute": named(lambda b, v: entropy(v)),
    "only present or not": named(truths),
    "the number": lambda b, a, t: max(by_entropies(b, v) for v in a.values()),
}
