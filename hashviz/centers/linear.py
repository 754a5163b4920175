r"""Centers that are words of a linear code: for more classes than a Hadamard matrix has rows.

The words of an $[n, k, d]$ code are all sums of $k$ rows modulo 2, so the distance of two words is
the weight of a third, and the smallest of $2^k - 1$ weights is the smallest of all distances. BCH
codes are among the best known at lengths 2^m; shortened to fewer words and punctured to fewer bits
they lose a bit of distance for every bit. A search over generators reaches as much or more at
every length below 2^k for k up to 7, now and then one less for k = 8
(`tests/centers/test_centers.py`).
"""

import numpy as np
from jaxtyping import Int

from hashviz.centers.columns import Centers, random_signs, separate_columns

MOST_CLASSES = 256
RESTARTS = 6
STEPS = 300
STRETCH = 8
"""Starts of the search, exchanges in each, and for how many a column that left stays out."""


def linear_centers(classes: int, bits: int, rng: np.random.Generator) -> Centers:
    r"""Draw words of the best $[\mathrm{bits}, k]$ code found, $k = \lceil \log_2 C \rceil$.

    A code is its generator's columns $g_1 \dots g_n \in \mathrm{GF}(2)^k$: the word of a message
    $m \ne 0$ weighs $w(m) = |\{j : \langle m, g_j \rangle = 1\}|$. Starting from random columns,
    one column is exchanged at a time, always the exchange that lowers the crowding most,

    $$E = \sum_{m \ne 0} 4^{-w(m)},$$

    even where that raises it, and a column that left stays out for a while (tabu search; Glover,
    ORSA Journal on Computing 1989). It ends at Griesmer's bound

    $$n \ge \sum_{i < k} \lceil d / 2^i \rceil$$ (IBM Journal 1960), which no linear code exceeds.

    More than $2^{k-1}$ of the words are taken. A hyperplane holds only half of them, so columns of
    the generator that differ give bits that differ; where there are more bits than the $2^k - 1$
    columns, the repeated ones are exchanged (`separate_columns`) and the code is linear no more.

    Raises:
        ValueError: when classes > 256, whose words are too many to weigh at every step.
    """
    if classes > MOST_CLASSES:
        raise ValueError(
            f"The search for a linear code covers at most {MOST_CLASSES} classes, got "
            f"classes={classes}; use centers='greedy'."
        )
    k = max(1, (classes - 1).bit_length())
    messages = np.arange(2**k)
    words = np.bitwise_count(messages[:, None] & _best_columns(k, bits, rng)) % 2
    centers = 1 - 2 * rng.permutation(words)[:classes].astype(np.int8)
    return separate_columns(centers, rng) * random_signs(bits, rng)


def griesmer(k: int, bits: int) -> int:
    """Return the minimum distance that no linear code of 2^k words exceeds.

    >>> [griesmer(7, bits) for bits in (12, 16, 24, 32, 48)]
    [4, 6, 10, 15, 23]
    """
    return max(
        (d for d in range(bits + 1) if sum(-(-d // 2**i) for i in range(k)) <= bits), default=0
    )


def _best_columns(k: int, bits: int, rng: np.random.Generator) -> Int[np.ndarray, " bits"]:
    """Return the columns of a generator, as numbers 1 .. 2^k - 1, with a large smallest weight."""
    columns = np.arange(1, 2**k)
    odd = np.bitwise_count(columns[:, None] & columns).astype(np.int64) % 2  # [message, column]
    without, joined = np.where(odd, 4.0, 1.0), np.where(odd, 0.25, 1.0)
    rounds, rest = divmod(bits, len(columns))  # every column is used before one is repeated
    found, nearest, bound = columns, -1, griesmer(k, bits)
    for start in range(RESTARTS):
        last = columns > len(columns) - rest
        uses = rounds + (rng.permutation(last) if start else last).astype(np.int64)
        weights, rests = odd @ uses, np.zeros(len(columns), int)
        for step in range(STEPS):
            if weights.min() > nearest:
                found, nearest = np.repeat(columns, uses), weights.min()
            if nearest >= bound:
                return found
            used = np.flatnonzero(uses > rounds)
            free = np.flatnonzero((uses == rounds) & (rests <= step))
            if not len(used) or not len(free):
                break
            # A word that column i reached is 4 times as crowded without it, a quarter with j.
            crowding = 4.0 ** (weights.min() - weights)
            after = (without[used] * crowding) @ joined[:, free]
            i, j = np.unravel_index(after.argmin(), after.shape)
            out, into = used[i], free[j]
            uses[out] -= 1
            uses[into] += 1
            weights = weights - odd[out] + odd[into]
            rests[out] = step + rng.integers(STRETCH, 2 * STRETCH)
    return found
