r"""Bit columns of a placement: which of them carry nothing new, and how to exchange those.

A column is the signs of one bit over all classes. A column that is constant tells no class
apart; one that equals another, or its complement, repeats what that bit has said. Up to sign
there are $2^{C-1} - 1$ useful columns for $C$ classes: fewer than bits for small $C$.
"""

from collections import Counter

import numpy as np
from jaxtyping import Int, Int8

from hashviz.codes import distances, pack

Centers = Int8[np.ndarray, "classes bits"]

# Up to this many classes all columns are tried in an exchange, above it a sample.
ENUMERATED_CLASSES = 14
CANDIDATES = 1024
SWEEPS = 20
# Rows of the distance matrix held at once.
BLOCK = 1024


def column_representatives(centers: Centers) -> Int[np.ndarray, " bits"]:
    """Return for each bit the first bit with the same column up to sign; -1 if it is constant.

    >>> column_representatives(np.array([[1, 1, -1, 1], [1, -1, 1, 1], [1, 1, -1, -1]], np.int8))
    array([-1,  1,  1,  3])
    """
    packed = np.packbits(centers != centers[0], axis=0)
    _, first, group = np.unique(packed, axis=1, return_index=True, return_inverse=True)
    representatives = first[group.reshape(-1)]
    representatives[~packed.any(axis=0)] = -1
    return representatives


def spoiled_columns(centers: Centers) -> Int[np.ndarray, " spoiled"]:
    """Return the bits that are constant or repeat an earlier bit."""
    return np.flatnonzero(column_representatives(centers) != np.arange(centers.shape[1]))


def forced_spoiled(classes: int, bits: int) -> int:
    """Return the least number of constant or repeated columns that any placement has.

    $$\\max(0, \\mathrm{bits} - (2^{\\mathrm{classes} - 1} - 1))$$

    >>> forced_spoiled(2, 32), forced_spoiled(6, 32), forced_spoiled(7, 32)
    (31, 1, 0)
    """
    return max(0, bits - (2 ** (classes - 1) - 1))


def needless_columns(centers: Centers) -> int:
    """Return how many more columns are constant or repeated than in the best placement."""
    return len(spoiled_columns(centers)) - forced_spoiled(*centers.shape)


def separate_columns(centers: Centers, rng: np.random.Generator) -> Centers:
    r"""Exchange every constant or repeated column of the centers for a useful one.

    Afterwards no column is constant (for two classes or more) and as many differ as can. Of all
    unused columns $p$ (for many classes: of a random sample) that one is taken which pushes the
    nearest pairs apart,

    $$\min_p \; p^\top W p, \quad W_{ab} = 4^{-d(a, b)},$$

    and where the nearest pair came closer than before, all columns are exchanged once more.

    A repeated or constant column can go without making two centers equal, so distinct centers
    stay distinct. Where useful columns run out, the best ones are used again.
    """
    classes, bits = centers.shape
    spoiled = spoiled_columns(centers)
    if classes < 2 or not len(spoiled):
        return centers
    candidates = _candidates(classes, rng)
    nearest = nearest_pair(centers)
    centers = _exchange(centers, spoiled, candidates)
    for _ in range(SWEEPS):
        if nearest_pair(centers) >= nearest:
            break
        centers = _exchange(centers, rng.permutation(bits), candidates)
    return centers


def nearest_pair(centers: Centers) -> int:
    """Return the smallest distance between two centers; bits when there is only one."""
    packed = pack(centers)
    smallest = centers.shape[1]
    for start in range(0, len(packed), BLOCK):
        rows = distances(packed[start : start + BLOCK], packed[start:])
        rows[np.arange(len(rows)), np.arange(len(rows))] = centers.shape[1]
        smallest = min(smallest, int(rows.min()))
    return smallest


def random_signs(shape: int | tuple[int, int], rng: np.random.Generator) -> Int8[np.ndarray, "..."]:
    """Draw independent fair signs; they change no distance when rows or columns take them."""
    return rng.integers(0, 2, shape, np.int8) * np.int8(2) - np.int8(1)


def _exchange(centers: np.ndarray, columns: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    """Replace one column after the other by the best candidate that is not in use."""
    centers = centers.copy()
    keys = [_key(column) for column in candidates]
    uses = Counter(_key(column) for column in centers.T)
    dots = centers.astype(np.int64) @ centers.T.astype(np.int64)
    for column in columns:
        old = centers[:, column].astype(np.int64)
        dots -= np.multiply.outer(old, old)
        uses[_key(old)] -= 1
        times = np.array([uses[key] for key in keys])
        least = np.flatnonzero(times == times.min())
        weights = dots.astype(float)  # 4^-distance, relative to the nearest pair: no underflow
        np.fill_diagonal(weights, -np.inf)
        weights = np.exp2(weights - weights.max())
        costs = ((candidates[least] @ weights) * candidates[least]).sum(axis=1)
        chosen = candidates[least[costs.argmin()]].astype(np.int64)
        uses[_key(chosen)] += 1
        centers[:, column] = chosen
        dots += np.multiply.outer(chosen, chosen)
    return centers


def _key(column: np.ndarray) -> bytes:
    return np.packbits(column != column[0]).tobytes()


def _candidates(classes: int, rng: np.random.Generator) -> np.ndarray:
    """Return the columns that are not constant, one of each pair p, -p."""
    if classes <= ENUMERATED_CLASSES:
        numbers = rng.permutation(np.arange(1, 2 ** (classes - 1)))
        digits = numbers[:, None] >> np.arange(classes) & 1
        return (1 - 2 * digits).astype(np.int8)
    halves = np.where(np.arange(classes) < classes // 2, 1, -1).astype(np.int8)
    return rng.permuted(np.tile(halves, (CANDIDATES, 1)), axis=1)
