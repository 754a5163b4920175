"""An answer to the first exercise of notebook 11, and many that are not."""

import numpy as np

from hashviz.codes import pack
from hashviz.maps.layouts import HammingSpace, point_trust


def answer(
    codes, positions, k, *,
    strict=True, itself=False, first=1, scale=lambda n, k: n * k * (2 * n - 3 * k - 1),
    swapped=False, bound=True,
):  # fmt: skip
    n, total = len(codes), 0
    for i in range(n):
        others = np.delete(np.arange(n), i)
        away = (codes != codes[i]).sum(1)
        drawn = ((positions - positions[i]) ** 2).sum(1)
        if swapped:
            away, drawn = drawn, away
        compared = np.arange(n) if itself else others
        for j in others[np.argsort(drawn[others], kind="stable")[:k]]:
            nearer = away[compared] < away[j] if strict else away[compared] <= away[j]
            rank = first + nearer.sum()
            total += max(0, rank - k) if bound else rank - k
    return 1 - 2 * total / scale(n, k)


def by_the_library(codes, positions, k):
    return point_trust(
        HammingSpace(codes.astype(np.int8), pack(codes.astype(np.int8))), positions, k
    ).mean()


def neighbors_kept(codes, positions, k):
    kept = []
    for i in range(len(codes)):
        away, drawn = (codes != codes[i]).sum(1), ((positions - positions[i]) ** 2).sum(1)
        near, shown = np.argsort(away)[1 : k + 1], np.argsort(drawn)[1 : k + 1]
        kept.append(np.isin(shown, near).mean())
    return np.mean(kept)


def with_(**changed):
    return lambda codes, positions, k: answer(codes, positions, k, **changed)


RIGHT = {"solution": answer, "the library": by_the_library}
WRONG = {
    "equals stand behind equals": with_(strict=False, first=0),
    "itself is counted": with_(itself=True),
    "ranks from zero": with_(first=0),
    "the map judged by the codes": with_(swapped=True),
    "near neighbors give credit": with_(bound=False),
    "a mean over points forgotten": with_(scale=lambda n, k: k * (2 * n - 3 * k - 1)),
    "a mean over pairs": with_(scale=lambda n, k: 2 * n * k),
    "share of neighbors that are kept": neighbors_kept,
    "always one": lambda codes, positions, k: 1.0,
    "the penalty": lambda codes, positions, k: 1 - answer(codes, positions, k),
    "one neighbor only": lambda codes, positions, k: answer(codes, positions, 1),
}
