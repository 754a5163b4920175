"""Codes as addresses: which images share a bucket, and how full Hamming balls are."""

from math import comb, exp, lgamma, log
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int64

from hashviz.codes import as_codes
from hashviz.metrics.counts import DistanceCounts
from hashviz.metrics.labels import multi_hot


class Buckets(NamedTuple):
    """The buckets of a set of codes, from the fullest to the emptiest that holds any image."""

    sizes: Int64[np.ndarray, " buckets"]
    """Images in each bucket."""
    strangers: Int64[np.ndarray, " buckets"]
    """Images that share no label with some other image of their bucket."""


def buckets(codes: Any, labels: Any) -> Buckets:
    """How many images have the same code, and how many of those have nothing else in common.

    >>> buckets([[1, 1], [1, 1], [1, -1]], [0, 1, 1])
    Buckets(sizes=array([2, 1]), strangers=array([2, 0]))
    """
    packed = np.packbits(as_codes(codes) > 0, axis=1)
    labels = multi_hot(labels)
    if not len(packed):
        return Buckets(np.zeros(0, np.int64), np.zeros(0, np.int64))
    _, bucket = np.unique(packed, axis=0, return_inverse=True)
    bucket = bucket.reshape(-1)
    sizes = np.bincount(bucket)
    # Images with the same labels meet the same strangers, so label sets are compared, not images.
    both = np.column_stack([bucket, np.packbits(labels, axis=1)])
    _, first, counts = np.unique(both, axis=0, return_index=True, return_counts=True)
    strangers = np.zeros(len(sizes), np.int64)
    places = np.split(np.arange(len(first)), np.flatnonzero(np.diff(bucket[first])) + 1)
    for group in places:
        sets = labels[first[group]].astype(np.float32)
        apart = sets @ sets.T == 0
        # Two images without any label share none; one alone has nobody to differ from.
        alone = np.diagonal(apart) & (counts[group] == 1)
        apart[np.diag_indices_from(apart)] &= ~alone
        strangers[bucket[first[group[0]]]] = counts[group][apart.any(1)].sum()
    order = np.argsort(-sizes, kind="stable")
    return Buckets(sizes[order], strangers[order])


def ball_sizes(counts: DistanceCounts) -> Float[np.ndarray, " distances"]:
    """Mean number of items within each radius 0..bits of a query.

    >>> ball_sizes(DistanceCounts(np.array([[1, 2], [3, 0]]), np.array([[0, 1], [1, 0]]), 3))
    array([2., 3.])
    """
    return np.cumsum(counts.total, 1).mean(0)


def ball_cells(bits: int) -> Float[np.ndarray, " distances"]:
    r"""Number of codes within each radius 0..bits of a code: $\sum_{i \le r} \binom{K}{i}$.

    >>> ball_cells(3)
    array([1., 4., 7., 8.])
    """
    return np.cumsum([float(comb(bits, distance)) for distance in range(bits + 1)])


def chance_sizes(n: int, bits: int, largest: int) -> Float[np.ndarray, " sizes"]:
    r"""Share of n images with random codes whose bucket holds 1, 2, ... `largest` images.

    $$P(s) = \binom{n-1}{s-1} 2^{-K (s-1)} (1 - 2^{-K})^{n-s}$$

    >>> chance_sizes(2, 1, 2)
    array([0.5, 0.5])
    """
    cell = 0.5**bits
    shares = []
    for size in range(1, largest + 1):
        if size > n:
            shares.append(0.0)
            continue
        ways = lgamma(n) - lgamma(size) - lgamma(n - size + 1)
        away = (n - size) * (np.log1p(-cell) if cell < 1 else -np.inf if n > size else 0.0)
        shares.append(exp(ways + (size - 1) * log(cell) + away))
    return np.array(shares)
