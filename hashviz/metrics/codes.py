"""How well codes use their bits: balance, entropy, correlation, duplicates, quantization."""

from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int64

from hashviz.codes import as_codes, as_numpy, sign
from hashviz.metrics.counts import DistanceCounts
from hashviz.metrics.merging import distinct


def bit_balance(codes: Any) -> Float[np.ndarray, " bits"]:
    """Return the mean of each bit in {-1, +1}: 0 splits the set in halves, +-1 says nothing.

    >>> bit_balance([[1, 1], [1, -1]])
    array([1., 0.])
    """
    return _checked(codes).mean(0, dtype=np.float64)


def bit_entropy(codes: Any) -> Float[np.ndarray, " bits"]:
    r"""Return the entropy of each bit, in bits: 1 when balanced, 0 when constant.

    $$H = -p \log_2 p - (1 - p) \log_2 (1 - p)$$ with p the share of +1.

    >>> bit_entropy([[1, 1], [1, -1]])
    array([0., 1.])
    """
    p = (1 + bit_balance(codes)) / 2
    terms = [q * np.log2(np.where(q > 0, q, 1)) for q in (p, 1 - p)]
    return -(terms[0] + terms[1]) + 0.0  # no negative zero


def bit_correlation(codes: Any) -> Float[np.ndarray, "bits bits"]:
    """Return the Pearson correlation of every two bits; 0 for a constant bit, also with itself.

    >>> bit_correlation([[1, -1, 1], [-1, 1, 1]])
    array([[ 1., -1.,  0.],
           [-1.,  1.,  0.],
           [ 0.,  0.,  0.]])
    """
    codes = _checked(codes)
    n = len(codes)
    # Sums of n signs are whole numbers, which float32 holds exactly up to 2^24.
    signs = codes.astype(np.float32 if n <= 1 << 24 else np.float64)
    together = (signs.T @ signs).astype(np.float64)
    sums = codes.sum(0, dtype=np.float64)
    covariance = n * together - np.outer(sums, sums)
    spread = np.sqrt(np.diag(covariance))
    scale = np.outer(spread, spread)
    return np.clip(covariance / np.where(scale > 0, scale, 1), -1, 1) + 0.0


def mean_correlation(codes: Any) -> float:
    """Return the mean absolute correlation of different bits: 0 if independent, 1 if all repeat.

    A single bit has no partner and scores 0.

    >>> mean_correlation([[1, -1], [-1, 1]])
    1.0
    """
    correlation = np.abs(bit_correlation(codes))
    bits = len(correlation)
    return float((correlation.sum() - np.trace(correlation)) / max(bits * (bits - 1), 1))


def correlation_rank(codes: Any) -> int:
    """Return the rank of the bit correlation: bits that are no weighted sum of the others.

    It is below the number of distinct codes: one code per class gives a rank below the classes.

    >>> correlation_rank([[1, 1, 1], [1, -1, 1], [-1, 1, 1], [-1, -1, 1]])
    2
    """
    return int(np.linalg.matrix_rank(bit_correlation(codes), hermitian=True))


def constant_bits(codes: Any) -> Bool[np.ndarray, " bits"]:
    """Return whether each bit is the same for all codes.

    >>> constant_bits([[1, 1], [1, -1]])
    array([ True, False])
    """
    return np.abs(bit_balance(codes)) == 1


def bit_groups(codes: Any) -> list[list[int]]:
    """Group bits that say the same: columns equal up to their sign, two or more together.

    >>> bit_groups([[1, -1, 1, 1], [-1, 1, 1, -1]])
    [[0, 1, 3]]
    """
    return [group for group in _up_to_sign(_checked(codes)).values() if len(group) > 1]


def useful_bits(codes: Any) -> int:
    """Return the number of different bits: columns up to their sign, constant ones not counted.

    >>> useful_bits([[1, -1, 1, 1], [-1, 1, 1, -1]])
    1
    """
    codes = _checked(codes)
    return len(_up_to_sign(codes[:, ~constant_bits(codes)]))


def distinct_codes(codes: Any) -> int:
    """Return the number of different codes.

    >>> distinct_codes([[1, -1], [1, -1], [1, 1]])
    2
    """
    return distinct(_checked(codes))


def quantization_error(outputs: Any) -> tuple[float, float]:
    r"""Return how far real outputs are from signs, as the two means that losses use.

    $$\overline{(|u| - 1)^2}, \qquad \overline{|\operatorname{sign}(u) - u|^2}$$

    The two agree wherever sign(u) u = |u|, that is everywhere in exact arithmetic; the second is
    the definition of the papers, the first the form that needs no sign.

    >>> quantization_error([[0.5, -1.0]])
    (0.125, 0.125)
    """
    outputs = as_numpy(outputs).astype(np.float64)
    if outputs.ndim != 2 or outputs.size == 0:
        raise ValueError(f"Outputs are a matrix [n, bits] with values, got shape {outputs.shape}.")
    magnitude = ((np.abs(outputs) - 1) ** 2).mean()
    return float(magnitude), float(((sign(outputs) - outputs) ** 2).mean())


def distance_histogram(
    counts: DistanceCounts,
) -> tuple[Int64[np.ndarray, " distances"], Int64[np.ndarray, " distances"]]:
    """Count pairs of query and item at each distance: those that share a label, and the others.

    >>> distance_histogram(DistanceCounts(np.array([[1, 2]]), np.array([[1, 0]]), database=3))
    (array([1, 0]), array([0, 2]))
    """
    relevant = counts.relevant.sum(0)
    return relevant, counts.total.sum(0) - relevant


def _checked(codes: Any) -> np.ndarray:
    codes = as_codes(codes)
    if codes.size == 0:
        raise ValueError(f"Bits are judged by at least one code, got shape {codes.shape}.")
    return codes


def _up_to_sign(codes: np.ndarray) -> dict[bytes, list[int]]:
    """Return the columns by what they say: each turned so that it starts with +1."""
    members: dict[bytes, list[int]] = {}
    for bit, column in enumerate(np.packbits((codes == codes[:1]).T, axis=1)):
        members.setdefault(column.tobytes(), []).append(bit)
    return members
