"""Notebook 05: one step of iterative quantization."""

from collections.abc import Iterator

import numpy as np

from hashviz_course.checks.exercise import WITHIN, Attempt, Exercise, Rule, Wrong

Case = tuple[np.ndarray, np.ndarray]


def clouds() -> Iterator[Case]:
    """Make projected points and a rotation to start from: a few in the plane, then clouds."""
    yield np.array([[1.0, 0.0], [0.0, 1.0]]), np.eye(2)
    c, s = np.cos(np.radians(20)), np.sin(np.radians(20))
    yield np.array([[2.0, 1.0], [-1.0, 2.0], [0.5, -3.0]]), np.array([[c, -s], [s, c]])
    rng = np.random.default_rng(6)
    for n, bits in ((6, 2), (10, 3), (30, 4), (200, 16)):
        start = np.linalg.qr(rng.normal(size=(bits, bits)))[0]
        yield rng.normal(size=(n, bits)) * np.arange(bits, 0, -1), start


def on_an_axis() -> Iterator[Case]:
    """Make points with a coordinate of exactly zero, which is +1 in a code, never a third value."""
    yield np.array([[2.0, 0.0], [2.0, 0.0]]), np.eye(2)
    yield np.array([[-2.0, 0.0], [0.0, 2.0]]), np.eye(2)


def codes_of(projected: np.ndarray, rotation: np.ndarray) -> np.ndarray:
    """Return the signs of the rotated points; zero counts as +1."""
    return np.where(projected @ rotation >= 0, 1.0, -1.0)


def error(codes: np.ndarray, projected: np.ndarray, rotation: np.ndarray) -> float:
    """Return the squared distance of the rotated points from codes."""
    return float(((codes - projected @ rotation) ** 2).sum())


def is_a_rotation(attempt: Attempt, projected: np.ndarray, rotation: np.ndarray) -> None:
    """Judge: the columns have length 1 and are at right angles."""
    came = np.asarray(attempt(projected, rotation), dtype=float)
    if came.shape != rotation.shape:
        shapes = f"an array of shape {came.shape}, expected {rotation.shape}"
        raise Wrong(f"{attempt.call} gave {shapes}.")
    off = float(np.abs(came.T @ came - np.eye(len(came))).max())
    if not off < WITHIN:
        raise Wrong(f"{attempt.call} gave an R whose RᵀR is off from I by {off:.2g}.")


def never_worse(attempt: Attempt, projected: np.ndarray, rotation: np.ndarray) -> None:
    """Judge: the error with its own codes does not rise."""
    came = np.asarray(attempt(projected, rotation), dtype=float)
    before, after = (error(codes_of(projected, r), projected, r) for r in (rotation, came))
    if not after <= before + WITHIN * (1 + before):
        raise Wrong(f"With {attempt.call} the error rose from {before:.4g} to {after:.4g}.")


def best_for_the_codes(attempt: Attempt, projected: np.ndarray, rotation: np.ndarray) -> None:
    """Judge: no rotation is nearer to the codes of the old one; the optimum is a nuclear norm."""
    came = np.asarray(attempt(projected, rotation), dtype=float)
    codes = codes_of(projected, rotation)
    spectrum = np.linalg.svd(codes.T @ projected, compute_uv=False)
    best = float((codes**2).sum() + (projected**2).sum() - 2 * spectrum.sum())
    reached = error(codes, projected, came)
    if not reached <= best + WITHIN * (1 + best):
        raise Wrong(f"{attempt.call} gave an R with error {reached:.4g}; the best has {best:.4g}.")


def library_step(projected: np.ndarray, rotation: np.ndarray) -> np.ndarray:
    """Return the library's step, on arrays."""
    import torch

    from hashviz.methods.fitted.projections import rotation_step

    return rotation_step(torch.from_numpy(projected), torch.from_numpy(rotation)).numpy()


itq_step = Exercise(
    name="itq_step",
    notebook="05",
    passed="itq_step gives the best rotation for the codes, and the error never rises.",
    rules=(
        Rule("The result is a rotation: RᵀR = I.", clouds, is_a_rotation),
        Rule("No rotation is nearer to the codes B = sign(VR).", clouds, best_for_the_codes),
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
    library=library_step,
)
