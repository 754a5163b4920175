"""Answers to the exercise of notebook 00."""

import numpy as np


def solution(a, b):
    return sum(int(x ^ y).bit_count() for x, y in zip(a, b, strict=True))


def by_strings(a, b):
    return bin(int.from_bytes(bytes(a)) ^ int.from_bytes(bytes(b))).count("1")


def in_floats(a, b):
    return np.float64((np.unpackbits(a) != np.unpackbits(b)).sum())


def changes_its_input(a, b):
    a ^= b
    return int(np.bitwise_count(a).sum())


def prints_and_forgets(a, b):
    print(sum(int(x ^ y).bit_count() for x, y in zip(a, b, strict=True)))


RIGHT = {"solution": solution, "by strings": by_strings, "a NumPy float": in_floats}
WRONG = {
    "counts bytes": lambda a, b: int((a != b).sum()),
    "counts equal bits": lambda a, b: 8 * len(a) - solution(a, b),
    "ands": lambda a, b: sum(int(x & y).bit_count() for x, y in zip(a, b, strict=True)),
    "subtracts bytes that wrap": lambda a, b: int(np.bitwise_count(a - b).sum()),
    "first byte only": lambda a, b: int(a[0] ^ b[0]).bit_count(),
    "four bytes only": lambda a, b: sum(int(a[i] ^ b[i]).bit_count() for i in range(4)),
    "always an even number of bytes": lambda a, b: solution(
        a[: len(a) // 2 * 2], b[: len(b) // 2 * 2]
    ),
    "overflows at 255": lambda a, b: int((a ^ b).sum()),
    "changes its input": changes_its_input,
    "prints instead of returning": prints_and_forgets,
    "a sum that overflows beyond 127": lambda a, b: (np.unpackbits(a) != np.unpackbits(b)).sum(
        dtype=np.int8
    ),
    "a sum that overflows beyond 255": lambda a, b: np.bitwise_count(a ^ b).sum(dtype=np.uint8),
    "squared": lambda a, b: solution(a, b) ** 2,
    "one bit too many": lambda a, b: solution(a, b) + 1,
    "not symmetric": lambda a, b: int(np.bitwise_count(np.maximum(a, b) - b).sum()),
}
