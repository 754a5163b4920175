"""Notebook 01: codes from random hyperplanes."""

import math
from collections.abc import Iterator

import numpy as np

from hashviz_course.check.asking import Asked, call
from hashviz_course.check.core import Exercise, Rule, same_as
from hashviz_course.check.words import shown

PLANES = 4000
SIGMAS = 4  # of the binomial law; seeded planes, so a right answer never fails by chance


def on_a_plane() -> Iterator[tuple[np.ndarray, ...]]:
    """Points that lie on a plane, and so on its positive side by convention."""
    yield np.array([[0.0]]), np.array([[1.0]])
    yield np.array([[0.0, 2.0]]), np.array([[3.0, 0.0]])


def small() -> Iterator[tuple[np.ndarray, ...]]:
    """One point and one plane, then more of both, never the same number of each."""
    yield np.array([[2.0]]), np.array([[1.0]])
    yield np.array([[2.0]]), np.array([[-1.0]])
    yield np.array([[0.5]]), np.array([[1.0]])
    yield np.array([[1.0, -2.0]]), np.array([[1.0, 1.0], [1.0, 0.0], [0.0, -1.0]])
    rng = np.random.default_rng(1)
    for points, bits, features in ((2, 3, 2), (1, 8, 3), (5, 4, 7), (20, 32, 64)):
        yield rng.normal(size=(points, features)), rng.normal(size=(bits, features))


def side_by_side(points: np.ndarray, planes: np.ndarray) -> np.ndarray:
    """The definition, one point and one plane at a time."""
    codes = [
        [
            1 if sum(p * w for p, w in zip(point, plane, strict=True)) >= 0 else -1
            for plane in planes
        ]
        for point in points.tolist()
    ]
    return np.array(codes)


def angles() -> Iterator[tuple[float | int, np.ndarray]]:
    """An angle and the same many random planes."""
    planes = np.random.default_rng(2).normal(size=(PLANES, 2))
    yield from ((degrees, planes) for degrees in (0, 180, 90, 30, 120, 10))


def collides_by_the_angle(ask: Asked, degrees: float | int, planes: np.ndarray) -> str | None:
    """Judge: the share of equal bits is 1 - angle / 180, within what chance allows."""
    turn = math.radians(degrees)
    a, b = np.asarray(ask(np.array([[1.0, 0.0], [math.cos(turn), math.sin(turn)]]), planes))
    share, p = float((a == b).mean()), 1 - degrees / 180
    if abs(share - p) <= SIGMAS * math.sqrt(p * (1 - p) / len(planes)) + 1e-9:
        return None
    return (
        f"Two points {degrees}° apart agree in {share:.0%} of {len(planes)} bits, not in {p:.0%}."
    )


def forgets_the_length(ask: Asked, points: np.ndarray, planes: np.ndarray) -> str | None:
    """Judge: a code depends on the direction of a point only."""
    near, far = ask(points, planes), ask(10 * points, planes)
    if np.array_equal(near, far):
        return None
    return (
        f"{call(ask.name, (points, planes))} gave {shown(near)}, for points ten times as far "
        f"{shown(far)}."
    )


lsh_encode = Exercise(
    name="lsh_encode",
    notebook="01",
    passed="lsh_encode tells the side of every plane, and bits agree as often as the angle says.",
    rules=(
        Rule("A bit is +1 or −1: the side of one plane.", small, same_as(side_by_side)),
        Rule("A point on a plane counts as +1.", on_a_plane, same_as(side_by_side)),
        Rule("Only the direction of a point matters.", small, forgets_the_length),
        Rule("Bits agree with chance 1 − angle/180°.", angles, collides_by_the_angle),
    ),
    hints=(
        "The side of a plane w is the sign of the dot product w · x, for all points at once a "
        "matrix product.",
        "points has one row per point, planes one row per bit: points @ planes.T has a row per "
        "point and a column per bit. Beware of np.sign: it makes a third value, 0.",
        "return np.where(points @ planes.T >= 0, 1, -1)",
    ),
)
