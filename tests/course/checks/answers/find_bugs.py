"""Answers to the first exercise of notebook 13."""

import numpy as np


def code(*minus, bits=16):
    return [-1 if place in minus else 1 for place in range(bits)]


FIRST = {
    "query_outputs": [code()],
    "database_outputs": [code(0, 1, 2), code(0, 8), code(), code(1, 2, 3, 4)],
    "query_labels": [[0, 1]],
    "database_labels": [[1, 0], [1, 0], [1, 1], [0, 1]],
    "k": 4,
}
"""Two labels, more than a byte, the last picture counts."""
SECOND = {
    "query_outputs": [[0], [-1]],
    "database_outputs": [[0], [-1]],
    "query_labels": [[1], [0]],
    "database_labels": [[1], [0]],
    "k": 1,
}
"""An output of zero, and a query without anything relevant."""


def solution(evaluators):
    return [FIRST, SECOND]


def at_random(evaluators):
    """Searches for one case on which the evaluators disagree most."""
    rng, best = np.random.default_rng(0), (0, {})
    for _ in range(80):
        outputs, labels = rng.integers(-1, 2, (6, 9)), rng.integers(0, 2, (6, 3))
        case = {
            "query_outputs": outputs[:2].tolist(), "database_outputs": outputs[2:].tolist(),
            "query_labels": labels[:2].tolist(), "database_labels": labels[2:].tolist(), "k": 4,
        }  # fmt: skip
        values = [round(evaluate(case), 9) for evaluate in evaluators.values()]
        best = max(best, (len(set(values)), case), key=lambda pair: pair[0])
    return (best[1],)


def changed(**entries):
    return lambda evaluators: [FIRST | entries, SECOND]


RIGHT = {"solution": solution, "one case, found at random": at_random}
WRONG = {
    "one case only": lambda evaluators: [FIRST],
    "one bug only": lambda evaluators: [SECOND | {"query_outputs": [[1], [1]]}],
    "nothing": lambda evaluators: [],
    "no list": lambda evaluators: FIRST,
    "four cases": lambda evaluators: [FIRST, SECOND] * 2,
    "a case without k": lambda evaluators: [{k: v for k, v in FIRST.items() if k != "k"}],
    "k is text": changed(k="all"),
    "k is zero": changed(k=0),
    "class numbers as labels": changed(query_labels=[[1, 2]]),
    "rows of unequal length": changed(query_outputs=[code(), [1]]),
    "too many pictures": changed(database_outputs=[code()] * 9, database_labels=[[1, 0]] * 9),
    "other bits": changed(query_outputs=[[1, 1]]),
    "labels missing": changed(database_labels=[[1, 0]]),
    "names of the guilty": lambda evaluators: list(evaluators),
}
