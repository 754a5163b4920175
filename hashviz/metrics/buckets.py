"""Codes as addresses: which images share a bucket, what chance gives, how full balls are."""

from itertools import pairwise
from math import comb, log
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int64

from hashviz.codes import as_codes, pack
from hashviz.metrics.counts import DistanceCounts
from hashviz.metrics.labels import multi_hot


class Buckets(NamedTuple):
    """The images that share each code, from the fullest bucket to the emptiest; equals by code."""

    bucket: Int64[np.ndarray, " n"]
    """The bucket of each image."""
    sizes: Int64[np.ndarray, " buckets"]
    """Images in each bucket."""
    strangers: Int64[np.ndarray, " buckets"]
    """Images that share no label with some other image of their bucket."""
    strange_pairs: Int64[np.ndarray, " buckets"]
    """Pairs of images that share no label."""

    @property
    def pairs(self) -> int:
        """Pairs of images that have the same code."""
        return int((self.sizes * (self.sizes - 1) // 2).sum())


def buckets(codes: Any, labels: Any) -> Buckets:
    """Return who shares a code with whom, and how many of those have no label in common.

    >>> found = buckets([[1, -1], [1, 1], [1, 1]], [0, 0, 1])
    >>> found.bucket, found.sizes, found.strangers, found.strange_pairs
    (array([1, 0, 0]), array([2, 1]), array([2, 0]), array([1, 0]))
    """
    packed, labels = pack(as_codes(codes)), multi_hot(labels)
    _, bucket, sizes = np.unique(packed, axis=0, return_inverse=True, return_counts=True)
    order = np.argsort(-sizes, kind="stable")
    bucket, sizes = np.argsort(order)[bucket.reshape(-1)], sizes[order]
    strangers, strange_pairs = np.zeros_like(sizes), np.zeros_like(sizes)
    # Images with the same labels meet the same strangers, so label sets are compared, not images.
    both = np.column_stack([bucket, np.packbits(labels, axis=1)])
    _, first, counts = np.unique(both, axis=0, return_index=True, return_counts=True)
    edges = np.flatnonzero(np.diff(bucket[first], prepend=-1, append=len(sizes)))
    for start, stop in pairwise(edges):
        rows, many = first[start:stop], counts[start:stop]
        sets = labels[rows].astype(np.float32)
        apart = sets @ sets.T == 0
        # An image without labels shares none with all others, but is no pair with itself.
        met = apart @ many - np.diagonal(apart)
        at = bucket[rows[0]]
        strangers[at] = many[met > 0].sum()
        strange_pairs[at] = many @ met // 2
    return Buckets(bucket, sizes, strangers, strange_pairs)


def ball_sizes(counts: DistanceCounts) -> Float[np.ndarray, " distances"]:
    """Return the mean number of items within each radius 0..bits of a query.

    >>> ball_sizes(DistanceCounts(np.array([[1, 2], [3, 0]]), np.array([[0, 1], [1, 0]]), 3))
    array([2., 3.])
    """
    return np.cumsum(counts.total, 1).mean(0)


def ball_cells(bits: int) -> Float[np.ndarray, " distances"]:
    r"""Return how many codes lie within each radius 0..bits: $\sum_{i \le r} \binom{K}{i}$.

    >>> ball_cells(3)
    array([1., 4., 7., 8.])
    """
    return np.cumsum([float(comb(bits, distance)) for distance in range(bits + 1)])


def chance_sizes(n: int, bits: int, largest: int) -> Float[np.ndarray, " sizes"]:
    r"""Return the share of n random codes whose bucket holds 1, 2, ... `largest` images.

    $$P(s) = \binom{n-1}{s-1} 2^{-K (s-1)} (1 - 2^{-K})^{n-s}$$

    >>> chance_sizes(2, 1, 2)
    array([0.5, 0.5])
    """
    from scipy.special import gammaln, xlog1py

    others = np.arange(
        largest
    )  # in the same bucket; gammaln is infinite where there are not so many
    ways = gammaln(n) - gammaln(others + 1) - gammaln(n - others)
    return np.exp(ways - others * bits * log(2) + xlog1py(n - 1 - others, -(0.5**bits)))


def expected_pairs(n: int, bits: int) -> float:
    r"""Return pairs with the same code among n images whose codes are drawn uniformly.

    $$\binom{n}{2} 2^{-K}$$

    >>> expected_pairs(3, 1)
    1.5
    """
    return n * (n - 1) / 2 * 0.5**bits


def collision_chance(n: int, bits: int) -> float:
    r"""Return how likely random codes of n images collide at least once: the birthday problem.

    $$1 - \prod_{i=1}^{n-1} \bigl(1 - i\,2^{-K}\bigr) \approx 1 - e^{-n(n-1)/2^{K+1}}$$

    >>> round(collision_chance(23, 8), 3), collision_chance(3, 1)
    (0.639, 1.0)
    """
    if bits < 63 and n > 2**bits:
        return 1.0
    shares = np.arange(1, n) * 0.5**bits
    return float(-np.expm1(np.log1p(-shares).sum()))
