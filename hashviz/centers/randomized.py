r"""Centers drawn at random and improved, for sizes that no Hadamard matrix covers."""

from math import comb

import numpy as np

from hashviz.centers.columns import (
    Centers,
    column_representatives,
    forced_spoiled,
    nearest_pair,
    random_signs,
    separate_columns,
)
from hashviz.codes import distances, pack

# Balanced: draws of a placement, fewer where there are many pairs; swaps to clear its columns,
# how many in vain buy the permission to bring the nearest pair one bit closer, how many end it.
DRAWS = 100
DRAWN_PAIRS = 20_000_000
SWAPS = 20_000
PATIENCE = 200
HOPELESS = 4000
# Greedy: lengths at which all codes are the pool, else its size; passes over the centers at each
# exponent, flips in a row in one center, and the most classes for which flips are tried.
LISTED_BITS = 12
POOL = 4096
SWEEPS = 30
FLIPS = 8
SWEPT_CLASSES = 1000


def balanced_centers(classes: int, bits: int, rng: np.random.Generator) -> Centers:
    r"""Draw different codes with bits/2 ones each, the best spread of up to 100 draws.

    The usual fallback where Hadamard matrices are not used, and much worse: the distance of two
    such codes is bits/2 on average only, and the nearest of $\binom{C}{2}$ pairs lies far below.
    An odd length takes (bits - 1)/2 or (bits + 1)/2 ones.

    Constant and repeated columns are then removed by swapping a one and a minus one inside a
    center, which keeps it balanced. Exception: bits = 2^(classes - 1) keeps one repeated column
    (rarely two) more than the rest. With each of the $2^{C-1} - 1$ useful columns and one of
    them, $p$, again, centers would have $b_a \cdot b_b = p_a p_b - 1 \in \{0, -2\}$. But balanced
    codes differ in an even number of bits, so $b_a \cdot b_b \equiv 0 \pmod 4$, and $p$
    would be constant.
    Odd lengths that use up all useful columns (bits >= 2^(classes - 1) - 1) may keep a few more.

    Raises:
        ValueError: when classes > binom(bits, bits // 2), the number of balanced codes.
    """
    most = comb(bits, bits // 2) * (1 + bits % 2)
    if classes > most:
        raise ValueError(
            f"Only {most} codes of {bits} bits are balanced, got classes={classes}; "
            "use centers='greedy' or more bits."
        )
    draws = 1 + min(DRAWS, DRAWN_PAIRS // classes**2)
    best = max((_draw_balanced(classes, bits, rng) for _ in range(draws)), key=nearest_pair)
    return _swap_columns_apart(best, rng)


def greedy_centers(classes: int, bits: int, rng: np.random.Generator) -> Centers:
    r"""Pick random codes one by one, each the farthest from those before, then improve bits.

    Greedy acceptance of far random codes needs no algebra and fits any length: DPN (Fan et al.,
    IJCAI 2020) and OrthoHash (Hoe et al., NeurIPS 2021, https://arxiv.org/abs/2109.14449) take
    them above a falling threshold; here the next one is the best of a pool. Then bits are
    flipped, in one center at a time, while that lowers the crowding

    $$E = \sum_{a < b} \beta^{-d(a, b)}.$$

    With $w_b = \beta^{-d(a, b)}$ the gain of every flip in center $a$ comes from one product:
    flipping bit $j$ moves $a$ away from the centers that agree there and towards the others, so
    the best bit maximizes $x_{aj} \sum_b w_b x_{bj}$. A growing $\beta$ lets the nearest pairs
    decide. Up to some ten classes this reaches or nearly reaches the Plotkin bound, beyond
    Hadamard's bits/2; with more classes it stays a little below bits/2.
    """
    centers = _farthest_first(_pool(classes, bits, rng), classes)
    if 1 < classes <= SWEPT_CLASSES:
        centers = _spread(centers, rng)
    return separate_columns(centers, rng) * random_signs(bits, rng)


def _draw_balanced(classes: int, bits: int, rng: np.random.Generator) -> np.ndarray:
    drawn = np.empty((0, bits), np.int8)
    while len(drawn) < classes:
        code = np.where(np.arange(bits) < bits // 2, 1, -1).astype(np.int8)
        more = rng.permuted(np.tile(code, (classes + 16, 1)), axis=1)
        if bits % 2:
            more[::2] *= -1
        drawn = np.concatenate([drawn, more])
        first = np.unique(pack(drawn), axis=0, return_index=True)[1]
        drawn = drawn[np.sort(first)]
    return drawn[:classes]


def _swap_columns_apart(centers: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Swap inside centers until no more columns than forced are constant or repeated.

    The nearest pair may come closer only when swaps that keep it have long failed.
    """
    classes, bits = centers.shape
    least = (0, forced_spoiled(classes, bits) + (bits == 2 ** (classes - 1)))
    columns, nearest, failed = column_representatives(centers), nearest_pair(centers), 0
    for _ in range(SWAPS):
        if classes == 1 or failed > HOPELESS or _defects(columns) <= least:
            break
        swapped = _swap(centers, columns, rng)
        after = column_representatives(swapped)
        before, now, failed = _defects(columns), _defects(after), failed + 1
        if now <= before and nearest_pair(swapped) >= max(1, nearest - failed // PATIENCE):
            centers, columns = swapped, after
            failed = 0 if now < before else failed
    return centers


def _swap(centers: np.ndarray, columns: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Swap a bit of a useless column with an opposite bit in one center of a copy."""
    constant = np.flatnonzero(columns < 0)
    spoiled = np.flatnonzero(columns != np.arange(len(columns)))
    column = rng.choice(constant if len(constant) else spoiled)
    center = rng.integers(len(centers))
    other = rng.choice(np.flatnonzero(centers[center] != centers[center, column]))
    swapped = centers.copy()
    swapped[center, [column, other]] = centers[center, [other, column]]
    return swapped


def _defects(columns: np.ndarray) -> tuple[int, int]:
    """Return the constant columns, and columns that are constant or repeated."""
    return int((columns < 0).sum()), int((columns != np.arange(len(columns))).sum())


def _pool(classes: int, bits: int, rng: np.random.Generator) -> np.ndarray:
    """Return different codes in random order: all if they are few, else a random sample."""
    if bits <= LISTED_BITS or 8 * classes >= 2**bits:
        numbers = rng.permutation(2**bits)
        return (1 - 2 * (numbers[:, None] >> np.arange(bits) & 1)).astype(np.int8)
    signs = random_signs((max(POOL, 8 * classes), bits), rng)
    return rng.permutation(np.unique(signs, axis=0))


def _farthest_first(pool: np.ndarray, classes: int) -> np.ndarray:
    packed = pack(pool)
    chosen = [0]
    nearest = distances(packed[:1], packed)[0]
    for _ in range(classes - 1):
        chosen.append(int(nearest.argmax()))
        np.minimum(nearest, distances(packed[chosen[-1:]], packed)[0], out=nearest)
    return pool[chosen]


def _spread(centers: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the best placement seen, by nearest pair and then by the number of such pairs."""
    codes = centers.astype(float)
    dots = codes @ codes.T
    np.fill_diagonal(dots, -np.inf)
    best, best_crowding = centers, _crowding(dots)
    for beta in (2.0, 3.0, 5.0, 8.0):
        for _ in range(SWEEPS):
            flips = sum(_flip(codes, dots, int(a), beta) for a in rng.permutation(len(codes)))
            crowding = _crowding(dots)
            if crowding < best_crowding:
                best, best_crowding = codes.astype(np.int8), crowding
            if not flips:
                break
    return best


def _flip(codes: np.ndarray, dots: np.ndarray, center: int, beta: float) -> int:
    """Flip the best bits of one center while the crowding falls; return how many."""
    for flips in range(FLIPS):
        weights = beta ** ((dots[center] - dots[center].max()) / 2)
        pull = codes[center] * (weights @ codes)
        bit = pull.argmax()
        agree, differ = (weights.sum() + pull[bit]) / 2, (weights.sum() - pull[bit]) / 2
        if agree / beta + differ * beta >= (agree + differ) * (1 - 1e-9):
            return flips
        dots[center] -= 2 * codes[center, bit] * codes[:, bit]
        dots[:, center] = dots[center]
        codes[center, bit] *= -1
    return FLIPS


def _crowding(dots: np.ndarray) -> tuple[float, int]:
    return float(dots.max()), int((dots == dots.max()).sum())
