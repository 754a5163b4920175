"""Notebook 00: the Hamming distance of packed codes."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from hashviz_course.checks.exercise import Attempt, Exercise, Rule, Wrong, same_as
from hashviz_course.checks.values import shown


def codes(count: int) -> Iterator[tuple[np.ndarray, ...]]:
    """Make `count` codes at a time, of one byte, then of more; odd numbers of bytes too."""
    rng = np.random.default_rng(0)
    for width in (1, 1, 1, 2, 3, 4, 5, 8, 13):
        yield tuple(rng.integers(0, 256, (count, width), np.uint8))


def pairs() -> Iterator[tuple[np.ndarray, ...]]:
    """Make pairs: of a few bytes, at random, and opposites too far apart for int8 and uint8."""
    few = (0, 1, 2, 3, 128, 255)
    yield from ((np.array([a], np.uint8), np.array([b], np.uint8)) for a in few for b in few)
    yield from codes(2)
    yield from ((np.zeros(width, np.uint8), np.full(width, 255, np.uint8)) for width in (16, 32))


def equal_pairs() -> Iterator[tuple[np.ndarray, ...]]:
    """Make each code twice."""
    yield from ((code, code) for code in (np.array([1], np.uint8), *(c for (c,) in codes(1))))


def detours() -> Iterator[tuple[np.ndarray, ...]]:
    """Make two codes and a third between them: one bit at a time, then at random."""
    yield tuple(np.array([byte], np.uint8) for byte in (0, 1, 3))
    yield from codes(3)


def bit_by_bit(a: np.ndarray, b: np.ndarray) -> int:
    """Compare both codes as strings of bits, one by one: the definition."""
    a_bits, b_bits = ("".join(f"{byte:08b}" for byte in code.tolist()) for code in (a, b))
    return sum(x != y for x, y in zip(a_bits, b_bits, strict=True))


def symmetric(attempt: Attempt, a: np.ndarray, b: np.ndarray) -> None:
    """Judge: the order of the two codes does not matter."""
    back, there = attempt(b, a), attempt(a, b)
    if not np.array_equal(there, back):
        raise Wrong(f"{attempt.gave}, the other way around {shown(back)}.")


def no_detour_is_shorter(attempt: Attempt, a: Any, b: Any, c: Any) -> None:
    """Judge: the triangle inequality."""
    direct, detour = attempt(a, c), attempt(a, b) + attempt(b, c)
    if not direct <= detour:
        way = f"From {shown(a)} to {shown(c)} it gave {shown(direct)}"
        raise Wrong(f"{way}, but by way of {shown(b)} {shown(detour)}.")


hamming = Exercise(
    name="hamming",
    notebook="00",
    passed="hamming counts the bits that differ, for codes of any length.",
    rules=(
        Rule("A code differs from itself in no bit.", equal_pairs, same_as(lambda a, b: 0)),
        Rule("The order of the two codes does not matter.", pairs, symmetric),
        Rule("No detour is shorter than the direct way.", detours, no_detour_is_shorter),
        Rule("The distance is the number of bits that differ.", pairs, same_as(bit_by_bit)),
    ),
    hints=(
        "XOR (^) of two bytes has a 1 wherever they differ: 0b1100 ^ 0b1010 is 0b0110.",
        "Count the ones of each byte, not the bytes: int(x).bit_count() or np.bitwise_count.",
        "sum(int(x ^ y).bit_count() for x, y in zip(a, b, strict=True))",
    ),
    library=bit_by_bit,
)
