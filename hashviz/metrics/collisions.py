"""Images with the same code: which they are, how many pairs, how many pairs chance would give."""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Int64

from hashviz.codes import as_codes
from hashviz.metrics.labels import multi_hot


class Collisions(NamedTuple):
    """Who shares a bucket with whom; bucket 0 is the fullest, equals go by code."""

    bucket: Int64[np.ndarray, " n"]
    """The bucket of each image."""
    sizes: Int64[np.ndarray, " buckets"]
    strange: Int64[np.ndarray, " buckets"]
    """Pairs of images in each bucket that share no label."""

    @property
    def pairs(self) -> int:
        """Pairs of images that have the same code."""
        return int((self.sizes * (self.sizes - 1) // 2).sum())


def collisions(codes: Any, labels: Any) -> Collisions:
    """The buckets of a set of codes, and the pairs in them that have nothing else in common.

    >>> collisions([[1, -1], [1, 1], [1, 1]], [0, 0, 1])
    Collisions(bucket=array([1, 0, 0]), sizes=array([2, 1]), strange=array([1, 0]))
    """
    packed, labels = np.packbits(as_codes(codes) > 0, axis=1), multi_hot(labels)
    if not len(packed):
        nothing = np.zeros(0, np.int64)
        return Collisions(nothing, nothing, nothing)
    _, bucket, sizes = np.unique(packed, axis=0, return_inverse=True, return_counts=True)
    order = np.argsort(-sizes, kind="stable")
    places = np.empty_like(order)
    places[order] = np.arange(len(order))
    bucket, sizes = places[bucket.reshape(-1)], sizes[order]
    # Images with the same labels meet the same strangers, so label sets are compared, not images.
    both = np.column_stack([bucket, np.packbits(labels, axis=1).astype(np.int64)])
    rows, first, counts = np.unique(both, axis=0, return_index=True, return_counts=True)
    strange = np.zeros(len(sizes), np.int64)
    starts = np.flatnonzero(np.diff(rows[:, 0], prepend=-1))
    stops = np.append(starts[1:], len(rows))
    for start, stop in zip(starts.tolist(), stops.tolist(), strict=True):
        sets, many = labels[first[start:stop]].astype(np.int64), counts[start:stop]
        apart = sets @ sets.T == 0
        # An image without any label is a stranger to everybody, but no pair with itself.
        ordered = many @ apart @ many - many[np.diagonal(apart)].sum()
        strange[rows[start, 0]] = ordered // 2
    return Collisions(bucket, sizes, strange)


def expected_pairs(n: int, bits: int) -> float:
    r"""Pairs with the same code among n images whose codes are drawn uniformly.

    $$\binom{n}{2} 2^{-K}$$

    >>> expected_pairs(3, 1)
    1.5
    """
    return n * (n - 1) / 2 * 0.5**bits


def collision_chance(n: int, bits: int) -> float:
    r"""How likely uniformly random codes of n images collide at least once: the birthday problem.

    $$1 - \prod_{i=1}^{n-1} \bigl(1 - i\,2^{-K}\bigr) \approx 1 - e^{-n(n-1)/2^{K+1}}$$

    >>> round(collision_chance(23, 8), 3), collision_chance(3, 1)
    (0.639, 1.0)
    """
    if bits < 63 and n > 2**bits:
        return 1.0
    shares = np.arange(1, n) * 0.5**bits
    return float(-np.expm1(np.log1p(-shares).sum()))
