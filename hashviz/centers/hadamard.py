r"""Hadamard matrices by Sylvester and Paley, and centers drawn from their rows.

Rows of a Hadamard matrix are orthogonal, so any two of them differ in exactly bits/2 places. From
more than $2 \lfloor (\mathrm{bits} + 4) / 6 \rfloor$ up to 2 bits classes no code does better
(Plotkin's bound, `quality.plotkin`). Fewer classes can be farther apart: ten at 32, 48 and 64 bits
reach 17, 26 and 34 (`greedy_centers`).
"""

from itertools import count
from math import isqrt

import numpy as np
from jaxtyping import Int8

from hashviz.centers.columns import Centers, needless_columns, random_signs, separate_columns

DRAWS = 200


def hadamard(bits: int) -> Int8[np.ndarray, "{bits} {bits}"]:
    r"""Return a matrix $H$ of signs with $H H^\top = \mathrm{bits} \cdot I$.

    Sylvester (1867) doubles, $H_{2n} = \begin{pmatrix} H & H \\ H & -H \end{pmatrix}$. Paley
    (1933) starts from the quadratic character $\chi$ of a prime $q$, $Q_{ij} = \chi(i - j)$:
    construction I for $q \equiv 3 \pmod 4$ gives order $q + 1$ (12, 20, 24, 48), construction II
    for $q \equiv 1 \pmod 4$ gives order $2(q + 1)$ (28, 36). Doubling adds 40, 56, 96 and more.

    Raises:
        ValueError: when none of these constructions reaches the order.

    >>> hadamard(4)
    array([[ 1,  1,  1,  1],
           [ 1, -1,  1, -1],
           [ 1,  1, -1, -1],
           [ 1, -1, -1,  1]], dtype=int8)
    """
    if not is_hadamard_order(bits):
        lower = next(n for n in range(max(bits - 1, 4), 0, -1) if is_hadamard_order(n))
        upper = next(n for n in count(max(bits + 1, 4)) if is_hadamard_order(n))
        raise ValueError(
            "Hadamard centers need a length that Sylvester's or Paley's construction reaches, "
            f"got bits={bits}; use bits={lower}, bits={upper} or centers='greedy'."
        )
    if bits == 1:
        return np.ones((1, 1), np.int8)
    if bits % 4 == 0 and bits.bit_count() > 1:
        if _is_prime(bits - 1):
            return _paley_one(bits - 1)
        if _is_prime(bits // 2 - 1) and (bits // 2 - 1) % 4 == 1:
            return _paley_two(bits // 2 - 1)
    half = hadamard(bits // 2)
    return np.block([[half, half], [half, -half]])


def is_hadamard_order(bits: int) -> bool:
    """Return whether `hadamard` can build a matrix of this order.

    >>> [bits for bits in range(1, 65) if not is_hadamard_order(bits) and bits % 4 == 0]
    [52]
    """
    if bits < 1 or (bits > 2 and bits % 4):
        return False
    paley_one = _is_prime(bits - 1)
    paley_two = _is_prime(bits // 2 - 1) and (bits // 2 - 1) % 4 == 1
    return bits.bit_count() == 1 or paley_one or paley_two or is_hadamard_order(bits // 2)


def hadamard_centers(classes: int, bits: int, rng: np.random.Generator) -> Centers:
    r"""Return random rows of $[H; -H]$ whose bit columns differ from each other.

    All distances are bits/2 (or bits, between $r$ and $-r$, once classes > bits). Distances do
    not care which rows are taken nor which rows and columns change sign, but the columns do.
    In Sylvester's matrix $H_{rj} = (-1)^{\langle r, j \rangle}$ with $r, j \in \mathrm{GF}(2)^m$,
    bits = $2^m$. Columns $j, k$ of the rows $r_1 \dots r_C$ are equal up to sign if and only if

    $$\langle r_i - r_1,\; j - k \rangle = 0 \quad\text{for all } i,$$

    so all columns differ exactly when the differences $r_i - r_1$ span $\mathrm{GF}(2)^m$, which
    takes $C \ge m + 1$ rows. Column 0 is constant in every choice of rows of $H$ itself; negating
    random rows moves the constant pattern to one of the $2^{C-1}$ patterns that no column shows.
    So rows and signs are drawn until the columns are clean. More than bits classes need every
    row, and then the columns are orthogonal anyway.

    Exception: up to sign there are only $2^{C-1} - 1$ columns that are not constant. Where this
    is less than bits (C <= log2(bits) + 1), or where a Paley matrix has no clean rows for so few
    classes, orthogonality is given up: `separate_columns` exchanges the useless columns for
    better ones. A useless column separates nothing new, and distances stay at least bits/2.

    Raises:
        ValueError: when there is no such matrix, or classes > 2 bits.
    """
    matrix = _matrix_for(classes, bits)
    best = _draw_rows(matrix, classes, rng)
    for _ in range(DRAWS):
        if needless_columns(best) <= 0:
            break
        best = min(best, _draw_rows(matrix, classes, rng), key=needless_columns)
    return separate_columns(best, rng) * random_signs(bits, rng)


def first_rows(classes: int, bits: int, rng: np.random.Generator) -> Centers:
    r"""Return the first rows of Sylvester's $[H; -H]$, as most published code does.

    Kept to show what goes wrong: bit 0 is constant, and the first C rows depend on the last
    $\lceil \log_2 C \rceil$ binary digits of the column only. Ten classes at 64 bits have 16
    different columns, each four times, one of them constant: a 64-bit code with 15 useful bits.

    Raises:
        ValueError: when bits is no power of two, or classes > 2 bits.

    >>> len(np.unique(first_rows(10, 64, np.random.default_rng(0)), axis=1).T)
    16
    """
    del rng
    if bits.bit_count() != 1:
        raise ValueError(
            f"Sylvester's rows need a power of two bits, got bits={bits}; use centers='greedy'."
        )
    matrix = _matrix_for(classes, bits)
    return np.concatenate([matrix, -matrix])[:classes]


def _matrix_for(classes: int, bits: int) -> np.ndarray:
    matrix = hadamard(bits)
    if classes > 2 * bits:
        raise ValueError(
            f"Hadamard centers place at most 2 * bits classes, got classes={classes} with "
            f"bits={bits}; use centers='greedy' or bits >= {(classes + 1) // 2}."
        )
    return matrix


def _draw_rows(matrix: np.ndarray, classes: int, rng: np.random.Generator) -> np.ndarray:
    bits = len(matrix)
    rows = rng.permutation(matrix) * random_signs(bits, rng)[:, None]
    return rng.permutation(np.concatenate([rows, -rows])[:classes])


def _paley_one(prime: int) -> np.ndarray:
    # S = [[0, 1], [-1, Q]] is skew with S S^T = q I, hence (I + S)(I + S)^T = (1 + q) I.
    skew = _bordered(prime)
    skew[1:, 0] = -1
    return skew + np.eye(prime + 1, dtype=np.int8)


def _paley_two(prime: int) -> np.ndarray:
    # C = [[0, 1], [1, Q]] is symmetric with C C^T = q I; its zeros and signs become blocks.
    zero, one = np.array([[[1, -1], [-1, -1]], [[1, 1], [1, -1]]], np.int8)
    return np.kron(_bordered(prime), one) + np.kron(np.eye(prime + 1, dtype=np.int8), zero)


def _bordered(prime: int) -> np.ndarray:
    """Return the quadratic character of i - j, bordered by ones, with 0 in the corner."""
    numbers = np.arange(prime)
    character = np.full(prime, -1, np.int8)
    character[numbers * numbers % prime] = 1
    character[0] = 0
    matrix = np.ones((prime + 1, prime + 1), np.int8)
    matrix[1:, 1:] = character[(numbers[:, None] - numbers) % prime]
    matrix[0, 0] = 0
    return matrix


def _is_prime(number: int) -> bool:
    return number > 1 and all(number % divisor for divisor in range(2, isqrt(number) + 1))
