r"""How good a placement of centers is, and how good any placement could be.

$A(n, d)$ is the largest number of codes of $n$ bits at pairwise distance $d$ or more. Upper
bounds on $A$ say what nobody can reach, the Gilbert-Varshamov bound what somebody can.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import comb

import numpy as np

from hashviz.centers.columns import (
    Centers,
    column_representatives,
    forced_spoiled,
    nearest_pair,
)


@dataclass(frozen=True, kw_only=True)
class CenterQuality:
    """Distances and columns of a placement, beside the bounds for its size.

    With one class there is no pair: `minimum` and `mean` are `bits` by convention.
    """

    classes: int
    bits: int
    minimum: int  # smallest distance between two centers
    mean: float  # mean distance over all pairs
    distinct_columns: int  # different bit columns up to sign, the constant one included
    constant_columns: int  # bits that are the same for all classes
    spoiled_columns: int  # bits that are constant or repeat an earlier bit
    forced_spoiled: int  # the same, for the best placement of that many classes
    plotkin: int  # no placement has a larger minimum distance
    hamming: int  # likewise, by counting balls
    gilbert_varshamov: int  # some placement has at least this minimum distance

    @property
    def useful_bits(self) -> int:
        """Bits that tell classes apart and are not the repetition of another bit."""
        return self.bits - self.spoiled_columns


def measure_centers(centers: Centers) -> CenterQuality:
    r"""Return the quality of a placement.

    The mean distance needs no pairs: a column with $k$ ones separates $k (C - k)$ of them,

    $$\bar d = \binom{C}{2}^{-1} \sum_j k_j (C - k_j).$$

    Raises:
        ValueError: when there is no center or no bit, or a value other than -1 and +1.

    >>> quality = measure_centers(np.array([[1, 1, 1, 1], [1, -1, 1, -1]], np.int8))
    >>> quality.minimum, quality.mean, quality.distinct_columns, quality.constant_columns
    (2, 2.0, 2, 2)
    """
    if not centers.size or not (np.abs(centers) == 1).all():
        raise ValueError(
            f"Centers are a non-empty matrix [classes, bits] of -1 and +1, got {centers.shape}."
        )
    classes, bits = centers.shape
    ones = (centers > 0).sum(axis=0)
    separated = int((ones * (classes - ones)).sum())
    representatives = column_representatives(centers)
    return CenterQuality(
        classes=classes,
        bits=bits,
        minimum=nearest_pair(centers),
        mean=separated / comb(classes, 2) if classes > 1 else float(bits),
        distinct_columns=len(np.unique(representatives)),
        constant_columns=int((representatives < 0).sum()),
        spoiled_columns=int((representatives != np.arange(bits)).sum()),
        forced_spoiled=forced_spoiled(classes, bits),
        plotkin=plotkin(classes, bits),
        hamming=hamming_bound(classes, bits),
        gilbert_varshamov=gilbert_varshamov(classes, bits),
    )


def plotkin(classes: int, bits: int) -> int:
    r"""Return the minimum distance that no placement exceeds (Plotkin, IRE Transactions 1960).

    For even $d$

    $$A(n, d) \le \begin{cases}
        2 \lfloor d / (2d - n) \rfloor & 2d > n \\
        2^{n - 2d} \, 4d & 2d \le n, \end{cases}$$

    and $A(n, d) = A(n + 1, d + 1)$ for odd $d$ (a parity bit). The second line is $A(2d, d) \le
    4d$ after halving the code $n - 2d$ times; so up to 2 bits classes allow bits/2, as Hadamard
    matrices do, and more than that allow less.

    >>> plotkin(10, 32), plotkin(64, 32), plotkin(100, 32)
    (17, 16, 15)
    """

    def words(distance: int) -> int:
        n, d = (bits, distance) if distance % 2 == 0 else (bits + 1, distance + 1)
        return 2 * (d // (2 * d - n)) if 2 * d > n else 2 ** (n - 2 * d) * 4 * d

    return _largest(lambda distance: classes <= words(distance), classes, bits)


def hamming_bound(classes: int, bits: int) -> int:
    r"""Return the largest minimum distance at which the balls around the centers still fit.

    $$C \sum_{i \le \lfloor (d-1)/2 \rfloor} \binom{n}{i} \le 2^n$$ (Hamming, BSTJ 1950), for even
    $d$ applied to the code with one bit removed, $A(n, d) = A(n - 1, d - 1)$.

    >>> hamming_bound(16, 7)
    3
    """

    def fits(distance: int) -> bool:
        n, d = (bits, distance) if distance % 2 else (bits - 1, distance - 1)
        return classes * _ball(n, (d - 1) // 2) <= 2**n

    return _largest(fits, classes, bits)


def gilbert_varshamov(classes: int, bits: int) -> int:
    r"""Return a minimum distance that some placement certainly has.

    As long as the balls around the codes already taken do not fill the space, another one fits:
    the largest $d$ with

    $$(C - 1) \sum_{i < d} \binom{n}{i} < 2^n$$ (Gilbert, BSTJ 1952).

    >>> gilbert_varshamov(10, 64), gilbert_varshamov(100, 64)
    (27, 23)
    """
    return _largest(
        lambda distance: (classes - 1) * _ball(bits, distance - 1) < 2**bits, classes, bits
    )


def _largest(possible: Callable[[int], bool], classes: int, bits: int) -> int:
    """Return the largest possible distance, 0 where even different codes are impossible."""
    if classes < 1 or bits < 1:
        raise ValueError(
            f"Bounds need at least 1 class and 1 bit, got classes={classes} with bits={bits}."
        )
    if classes > 2**bits:
        return 0
    return next((d for d in range(bits, 0, -1) if classes == 1 or possible(d)), 0)


def _ball(bits: int, radius: int) -> int:
    return sum(comb(bits, i) for i in range(radius + 1))
