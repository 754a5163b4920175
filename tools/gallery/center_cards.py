"""Figures about hash centers and what becomes of them."""

from collections.abc import Iterator
from functools import cache

import numpy as np

from hashviz import plots
from hashviz.centers import (
    gilbert_varshamov,
    make_centers,
    measure_centers,
    merge_centers,
    plotkin,
)
from tools.gallery.example import Card, Example


def centers(e: Example) -> Iterator[Card]:
    """The centers themselves, their distances, their merging."""
    tall = min(2.3 + 0.17 * e.classes, 6.4)
    yield (
        "hash_centers",
        (6.4, tall),
        lambda ax: plots.hash_centers(e.centers, class_names=e.names, ax=ax),
    )
    distances = (e.bits - e.centers.astype(int) @ e.centers.T.astype(int)) // 2
    bound = e.bits / 2 * e.classes / max(e.classes - 1, 1)
    yield (
        "center_distances",
        (6.4, 4.7),
        lambda ax: plots.center_distances(
            distances,
            bits=e.bits,
            plotkin=float(int(bound)),
            gilbert_varshamov=gilbert_varshamov(e.classes, e.bits),
            class_names=e.names,
            ax=ax,
        ),
    )
    sizes = np.array([2, 4, 8, 16, 32, 64, 128])
    schemes = {}
    for scheme in ("hadamard", "hadamard-first", "greedy", "linear", "random"):
        schemes[scheme] = np.array([minimum(scheme, int(c), e.bits) for c in sizes])
    bounds = {
        "plotkin": np.array([plotkin(int(c), e.bits) for c in sizes]),
        "gilbert_varshamov": np.array([gilbert_varshamov(int(c), e.bits) for c in sizes]),
    }
    yield (
        "minimum_distances",
        (6.4, 4.0),
        lambda ax: plots.minimum_distances(sizes, schemes, bits=e.bits, **bounds, ax=ax),
    )
    count = min(4, e.classes)
    own = e.centers[:count]
    merged = merge_centers(np.ones((1, count), bool), own)[0]
    yield (
        "majority_vote",
        (6.4, 2.1 + 0.28 * (count + 2)),
        lambda ax: plots.majority_vote(own, merged, names=e.names, ax=ax),
    )
    pairs = ["{a, b} and {a}", "{a, b} and {a, c}", "{a, b} and {c, d}"]
    apart = {
        "label-set": e.bits * np.array([1 / 4, 1 / 3, 1 / 2]),
        "shared": e.bits * np.array([1 / 4, 1 / 4, 3 / 8]),
        "first-label": e.bits * np.array([0, 0, 1 / 2]),
    }
    yield (
        "merged_distances",
        (6.4, 3.1),
        lambda ax: plots.merged_distances(apart, pairs, bits=e.bits, ax=ax),
    )
    far = (e.bits - e.codes.astype(int) @ e.centers.T.astype(int)) // 2
    nearest = np.where(e.labels, far, e.bits).min(1)
    other = np.where(e.labels, e.bits, far).min(1)
    yield (
        "codes_around_centers",
        (6.4, 4.6),
        lambda ax: plots.codes_around_centers(nearest, other, bits=e.bits, ax=ax),
    )


@cache
def minimum(scheme: str, classes: int, bits: int) -> float:
    """Distance of the closest centers; nan where the scheme cannot place so many classes."""
    try:
        return float(measure_centers(make_centers(scheme, classes, bits)).minimum)
    except ValueError:
        return float("nan")
