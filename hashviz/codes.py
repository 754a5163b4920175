"""Signs to codes, codes to bytes, bytes to Hamming distances: NumPy only.

Codes are int8 in {-1, +1}, shape [n, bits]. Packed codes are uint8, eight bits to a byte in the
order of `numpy.packbits` (first bit highest), the last byte filled with zeros.
"""

from typing import Any

import numpy as np
from jaxtyping import Float, Int8, Int16, Int64, Shaped, UInt8


def as_numpy(array: Any) -> np.ndarray:
    """The NumPy view of an array or of a tensor on any device; this module never imports torch."""
    if hasattr(array, "detach"):
        array = array.detach().cpu()
        if str(array.dtype) == "torch.bfloat16":
            array = array.float()
        return array.numpy()
    return np.asarray(array)


def sign(outputs: Float[np.ndarray, "*n bits"]) -> Int8[np.ndarray, "*n bits"]:
    """Codes of real outputs; sign(0) = +1, so a code never holds a third value.

    >>> sign(np.array([[-0.3, 0.0, 2.0]]))
    array([[-1,  1,  1]], dtype=int8)
    """
    return np.where(outputs >= 0, np.int8(1), np.int8(-1))


def as_codes(array: Any) -> Int8[np.ndarray, "n bits"]:
    """Anybody's codes, given as +-1, 0/1 or bool, as int8 in {-1, +1}.

    Raises:
        ValueError: when the array is not a matrix or holds other values.

    >>> as_codes([[0, 1, 1]])
    array([[-1,  1,  1]], dtype=int8)
    """
    array = as_numpy(array)
    if array.ndim != 2:
        raise ValueError(f"Codes are a matrix [n, bits], got shape {array.shape}.")
    if array.dtype == bool:
        return array.astype(np.int8) * np.int8(2) - np.int8(1)
    if array.dtype == object or not (
        np.issubdtype(array.dtype, np.integer) or np.issubdtype(array.dtype, np.floating)
    ):
        raise ValueError(f"Codes are numbers or booleans, got dtype {array.dtype}.")
    plus = array == 1
    rest = plus.size - np.count_nonzero(plus)
    if rest not in (np.count_nonzero(array == 0), np.count_nonzero(array == -1)):
        wrong = array[~np.isin(array, (-1, 0, 1))]
        came = f"found {wrong[0]!r}" if wrong.size else "found -1, 0 and 1 together"
        raise ValueError(f"Codes hold -1/+1, 0/1 or booleans, {came}; take the sign first.")
    return plus.view(np.int8) * np.int8(2) - np.int8(1)


def pack(codes: Int8[np.ndarray, "n bits"]) -> UInt8[np.ndarray, "n bytes"]:
    """Eight bits to a byte: +1 becomes a set bit.

    >>> pack(np.array([[1, -1, -1, -1, -1, -1, -1, 1]], np.int8))
    array([[129]], dtype=uint8)
    """
    return np.packbits(codes > 0, axis=1)


def unpack(packed: UInt8[np.ndarray, "n bytes"], bits: int) -> Int8[np.ndarray, "n {bits}"]:
    """The codes that `pack` packed; `bits` tells where the zeros of the last byte begin."""
    return np.unpackbits(packed, axis=1, count=bits).astype(np.int8) * 2 - 1


def words(packed: UInt8[np.ndarray, "n bytes"]) -> np.ndarray:
    """Packed codes as uint64 [n, words], zero padded: one machine word holds 64 bits."""
    padding = -packed.shape[1] % 8
    return np.ascontiguousarray(np.pad(packed, ((0, 0), (0, padding)))).view(np.uint64)


def distances(
    query_packed: UInt8[np.ndarray, "queries bytes"],
    database_packed: UInt8[np.ndarray, "database bytes"],
) -> Int16[np.ndarray, "queries database"]:
    """Number of bits in which each query differs from each database code.

    >>> distances(np.array([[0b1100]], np.uint8), np.array([[0b1010], [0b1100]], np.uint8))
    array([[2, 0]], dtype=int16)
    """
    queries, database = words(query_packed), words(database_packed)
    total = np.zeros((len(queries), len(database)), np.int16)
    for column in range(queries.shape[1]):
        total += np.bitwise_count(queries[:, None, column] ^ database[None, :, column])
    return total


def nearest(
    distances: Shaped[np.ndarray, "*rows items"], k: int | None = None
) -> Int64[np.ndarray, "*rows k"]:
    """Return the positions of the k smallest distances of each row, in order of distance.

    Equal distances go by position, which is the order of every list of results. With k = None, or
    more than there are, all items are put in order.

    >>> nearest(np.array([3, 1, 2, 1]), 3)
    array([1, 3, 2])
    """
    distances = np.asarray(distances)
    if distances.ndim > 1:
        return np.stack([nearest(row, k) for row in distances])
    if k is None or k >= len(distances):
        return np.argsort(distances, kind="stable")
    within = np.flatnonzero(distances <= np.partition(distances, k - 1)[k - 1])
    return within[np.argsort(distances[within], kind="stable")][:k]
