"""Notebook 01: codes from random hyperplanes."""

import math
from collections.abc import Iterator

import numpy as np

from hashviz.codes import sign
from hashviz_course.checks.exercise import Attempt, Exercise, Rule, Wrong, same_as
from hashviz_course.checks.values import shown

PLANES = 4000
SIGMAS = 4  # of the binomial law; seeded planes, so a right answer never fails by chance


def on_a_plane() -> Iterator[tuple[np.ndarray, ...]]:
    """Make points that lie on a plane, and so on its positive side by convention."""
    yield np.array([[0.0]]), np.array([[1.0]])
    yield np.array([[0.0, 2.0]]), np.array([[3.0, 0.0]])


def points_and_planes() -> Iterator[tuple[np.ndarray, ...]]:
    """Make one point and one plane, then more of both, never the same number of each."""
    yield np.array([[2.0]]), np.array([[1.0]])
    yield np.array([[2.0]]), np.array([[-1.0]])
    yield np.array([[0.5]]), np.array([[1.0]])
    yield np.array([[1.0, -2.0]]), np.array([[1.0, 1.0], [1.0, 0.0], [0.0, -1.0]])
    rng = np.random.default_rng(1)
    for points, bits, features in ((2, 3, 2), (1, 8, 3), (5, 4, 7), (20, 32, 64)):
        yield rng.normal(size=(points, features)), rng.normal(size=(bits, features))


def side_by_side(points: np.ndarray, planes: np.ndarray) -> np.ndarray:
    """Find the side of one point and one plane at a time: the definition."""
    codes = np.empty((len(points), len(planes)), int)
    for i, point in enumerate(points.tolist()):
        for j, plane in enumerate(planes.tolist()):
            dot = sum(p * w for p, w in zip(point, plane, strict=True))
            codes[i, j] = 1 if dot >= 0 else -1
    return codes


def angles() -> Iterator[tuple[float | int, np.ndarray]]:
    """Make an angle in degrees and the same many random planes."""
    planes = np.random.default_rng(2).normal(size=(PLANES, 2))
    yield from ((degrees, planes) for degrees in (0, 180, 90, 30, 120, 10))


def collides_by_the_angle(attempt: Attempt, degrees: float | int, planes: np.ndarray) -> None:
    """Judge: the share of equal bits is 1 - angle / 180, within what chance allows."""
    turn = math.radians(degrees)
    a, b = np.asarray(attempt(np.array([[1.0, 0.0], [math.cos(turn), math.sin(turn)]]), planes))
    share, p = float((a == b).mean()), 1 - degrees / 180
    if not abs(share - p) <= SIGMAS * math.sqrt(p * (1 - p) / len(planes)) + 1e-9:
        agree = f"agree in {share:.0%} of {len(planes)} bits, not in {p:.0%}"
        raise Wrong(f"Two points {degrees}° apart {agree}.")


def forgets_the_length(attempt: Attempt, points: np.ndarray, planes: np.ndarray) -> None:
    """Judge: a code depends on the direction of a point only."""
    far, near = attempt(10 * points, planes), attempt(points, planes)
    if not np.array_equal(near, far):
        raise Wrong(f"{attempt.gave}, for points ten times as far out {shown(far)}.")


lsh_encode = Exercise(
    name="lsh_encode",
    notebook="01",
    passed="lsh_encode tells the side of every plane, and bits agree as often as the angle says.",
    rules=(
        Rule("A bit is +1 or −1: the side of one plane.", points_and_planes, same_as(side_by_side)),
        Rule("A point on a plane counts as +1.", on_a_plane, same_as(side_by_side)),
        Rule("Only the direction of a point matters.", points_and_planes, forgets_the_length),
        Rule("Bits agree with probability 1 − angle/180°.", angles, collides_by_the_angle),
    ),
    hints=(
        "The side of a plane w is the sign of the dot product w · x; for all points at once it is "
        "a matrix product.",
        "points has one row per point, planes one row per bit: points @ planes.T has a row per "
        "point and a column per bit. Beware of np.sign: it makes a third value, 0.",
        "return np.where(points @ planes.T >= 0, 1, -1)",
    ),
    library=lambda points, planes: sign(points @ planes.T),
)
