"""Notebook 00: the Hamming distance of packed codes."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from hashviz_course.check.asking import Asked, call
from hashviz_course.check.core import Exercise, Rule, same_as
from hashviz_course.check.words import shown


def codes(count: int) -> Iterator[tuple[np.ndarray, ...]]:
    """So many codes at a time, of one byte, then of more; odd numbers of bytes too."""
    rng = np.random.default_rng(0)
    for width in (1, 1, 1, 2, 3, 4, 5, 8, 13):
        yield tuple(rng.integers(0, 256, (count, width), np.uint8))


def small_pairs() -> Iterator[tuple[np.ndarray, ...]]:
    """All pairs of a few bytes, with the fewest set bits first; then random pairs."""
    few = (0, 1, 2, 3, 128, 255)
    yield from ((np.array([a], np.uint8), np.array([b], np.uint8)) for a in few for b in few)
    yield from codes(2)
    yield from opposites()


def opposites() -> Iterator[tuple[np.ndarray, ...]]:
    """Codes that differ in all of 128 and of 256 bits, which a sum in int8 or uint8 cannot hold."""
    for width in (16, 32):
        yield np.zeros(width, np.uint8), np.full(width, 255, np.uint8)


def small_detours() -> Iterator[tuple[np.ndarray, ...]]:
    """From one code to another by way of a third: one bit at a time, then at random."""
    yield tuple(np.array([byte], np.uint8) for byte in (0, 1, 3))
    yield from codes(3)


def bit_by_bit(a: np.ndarray, b: np.ndarray) -> int:
    """The definition: both codes as strings of bits, compared one by one."""
    a_bits, b_bits = ("".join(f"{byte:08b}" for byte in code.tolist()) for code in (a, b))
    return sum(x != y for x, y in zip(a_bits, b_bits, strict=True))


def symmetric(ask: Asked, a: np.ndarray, b: np.ndarray) -> str | None:
    """Judge: the order of the two codes does not matter."""
    there, back = ask(a, b), ask(b, a)
    if np.array_equal(there, back):
        return None
    return f"{call(ask.name, (a, b))} gave {shown(there)}, the other way round {shown(back)}."


def no_detour_is_shorter(ask: Asked, a: Any, b: Any, c: Any) -> str | None:
    """Judge: the triangle inequality."""
    direct, detour = ask(a, c), ask(a, b) + ask(b, c)
    if direct <= detour:
        return None
    return (
        f"From {shown(a)} to {shown(c)} it gave {shown(direct)}, but by way of {shown(b)} "
        f"{shown(detour)}."
    )


hamming = Exercise(
    name="hamming",
    notebook="00",
    passed="hamming counts the bits that differ, for codes of any length.",
    rules=(
        Rule(
            "A code differs from itself in no bit.",
            lambda: ((a, a) for a in (np.array([1], np.uint8), *(a for (a,) in codes(1)))),
            same_as(lambda a, b: 0),
        ),
        Rule("The order of the two codes does not matter.", small_pairs, symmetric),
        Rule("No detour is shorter than the direct way.", small_detours, no_detour_is_shorter),
        Rule("The distance is the number of bits that differ.", small_pairs, same_as(bit_by_bit)),
    ),
    hints=(
        "XOR (^) of two bytes has a 1 wherever they differ: 0b1100 ^ 0b1010 is 0b0110.",
        "Count the ones of each byte, not the bytes: int(x).bit_count() or np.bitwise_count.",
        "sum(int(x ^ y).bit_count() for x, y in zip(a, b, strict=True))",
    ),
)
