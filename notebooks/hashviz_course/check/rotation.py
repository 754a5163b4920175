"""Notebook 05: one step of iterative quantization."""

from collections.abc import Iterator

import numpy as np

from hashviz_course.check.asking import Asked, call
from hashviz_course.check.core import Exercise, Rule

Case = tuple[np.ndarray, np.ndarray]
TOLERANCE = 1e-6


def turn(degrees: float | int) -> np.ndarray:
    """The rotation of the plane by an angle."""
    a = np.radians(degrees)
    return np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])


def clouds() -> Iterator[Case]:
    """Projected points and a rotation to start from: two points in the plane, then clouds."""
    yield np.array([[1.0, 0.0], [0.0, 1.0]]), np.eye(2)
    yield np.array([[2.0, 1.0], [-1.0, 2.0], [0.5, -3.0]]), turn(20)
    rng = np.random.default_rng(6)
    for n, bits in ((6, 2), (10, 3), (30, 4), (200, 16)):
        start = np.linalg.qr(rng.normal(size=(bits, bits)))[0]
        yield rng.normal(size=(n, bits)) * np.arange(bits, 0, -1), start


def on_an_axis() -> Iterator[Case]:
    """Points with a coordinate of exactly zero, which is +1 in a code and never a third value."""
    yield np.array([[2.0, 0.0], [2.0, 0.0]]), np.eye(2)
    yield np.array([[-2.0, 0.0], [0.0, 2.0]]), np.eye(2)


def codes_of(projected: np.ndarray, rotation: np.ndarray) -> np.ndarray:
    """Signs of the rotated points; zero counts as +1."""
    return np.where(projected @ rotation >= 0, 1.0, -1.0)


def error(codes: np.ndarray, projected: np.ndarray, rotation: np.ndarray) -> float:
    """Squared distance of the rotated points from codes."""
    return float(((codes - projected @ rotation) ** 2).sum())


def is_a_rotation(ask: Asked, projected: np.ndarray, rotation: np.ndarray) -> str | None:
    """Judge: the columns have length 1 and stand at right angles."""
    came = np.asarray(ask(projected, rotation), dtype=float)
    what = call(ask.name, (projected, rotation))
    if came.shape != rotation.shape:
        return f"{what} gave an array of shape {came.shape}, expected {rotation.shape}."
    off = float(np.abs(came.T @ came - np.eye(len(came))).max())
    return None if off < TOLERANCE else f"{what} gave an R whose RᵀR is off from I by {off:.2g}."


def never_worse(ask: Asked, projected: np.ndarray, rotation: np.ndarray) -> str | None:
    """Judge: the error with its own codes does not rise."""
    came = np.asarray(ask(projected, rotation), dtype=float)
    before = error(codes_of(projected, rotation), projected, rotation)
    after = error(codes_of(projected, came), projected, came)
    if after <= before + TOLERANCE * (1 + before):
        return None
    what = call(ask.name, (projected, rotation))
    return f"With {what} the error rose from {before:.4g} to {after:.4g}."


def best_for_the_codes(ask: Asked, projected: np.ndarray, rotation: np.ndarray) -> str | None:
    """Judge: no rotation is nearer to the codes of the old one; the optimum is a nuclear norm."""
    came = np.asarray(ask(projected, rotation), dtype=float)
    codes = codes_of(projected, rotation)
    spectrum = np.linalg.svd(codes.T @ projected, compute_uv=False)
    best = float((codes**2).sum() + (projected**2).sum() - 2 * spectrum.sum())
    reached = error(codes, projected, came)
    if reached <= best + TOLERANCE * (1 + best):
        return None
    what = call(ask.name, (projected, rotation))
    return f"{what} gave an R with error {reached:.4g}; the best has {best:.4g}."


itq_step = Exercise(
    name="itq_step",
    notebook="05",
    passed="itq_step gives the best rotation for the codes, and the error never rises.",
    rules=(
        Rule("What comes back is a rotation: RᵀR = I.", clouds, is_a_rotation),
        Rule("No rotation lies nearer to the codes B = sign(VR).", clouds, best_for_the_codes),
        Rule("A zero counts as +1, so that a code has two values.", on_an_axis, best_for_the_codes),
        Rule("The error never rises.", clouds, never_worse),
    ),
    hints=(
        "First the codes of the old rotation: B = np.where(V @ R >= 0, 1, -1). Beware of np.sign: "
        "it makes a third value, 0.",
        "Take the singular value decomposition of BᵀV: p, s, qt = np.linalg.svd(B.T @ V). The best "
        "rotation is built from p and qt alone; s is dropped.",
        "return qt.T @ p.T",
    ),
)
