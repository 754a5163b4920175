"""Every fitted method against what its paper minimizes or proves, in NumPy and plain loops.

Each oracle fits, or runs the method's own iteration, and asserts; `NUMBERS` are the settings of
papers and authors' programs, the defaults here.
"""

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from hashviz.methods import METHODS
from hashviz.methods.fitted.kernel import FIT_RIDGE, discrete_hashing
from hashviz.methods.fitted.pairs import descend, hinge_losses, reconstruct

NUMBERS: dict[str, dict[str, Any]] = {
    "sh": {"outliers": 0.0},
    "itq": {"iterations": 50},
    "cca-itq": {"iterations": 50, "ridge": 1e-4},
    "mlh": {
        "radius": 0.35, "similar_share": 0.5, "batch": 100, "learning_rate": 0.1, "momentum": 0.9,
    },
    "bre": {"subset": 1000, "anchors": 20, "pairs": 0.05},
    "ksh": {"anchors": 300, "subset": 1000, "iterations": 500, "width": 2.0},
    "sdh": {
        "anchors": 1000, "iterations": 5, "sweeps": 10, "classifier_ridge": 1.0, "fit_weight": 1e-5,
    },
}  # fmt: skip


def points(n: int = 80, classes: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Centered features of five directions that know something of their class, and one label."""
    rng = np.random.default_rng(0)
    which = np.arange(n) % classes
    x = rng.standard_normal((n, 5)) * [3, 2, 1.5, 1, 0.5] + rng.standard_normal((classes, 5))[which]
    return x - x.mean(0), np.eye(classes, dtype=bool)[which]


def fitted(name: str, x: np.ndarray, y: np.ndarray, bits: int, **options: Any) -> Any:
    fit = METHODS[name].load()
    return fit(torch.from_numpy(x).float(), torch.from_numpy(y), bits, 0, **options)


def sign(x: np.ndarray) -> np.ndarray:
    return np.where(x >= 0, 1.0, -1.0)


def lsh() -> None:
    """Charikar: two points share a bit with chance 1 - angle/pi."""
    angle, bits = 1.0, 20_000
    x = np.array([[1.0, 0.0], [np.cos(angle), np.sin(angle)]])
    u = fitted("lsh", np.vstack([x, -x]), np.zeros((4, 1), bool), bits)(torch.from_numpy(x).float())
    equal = float(((u[0] >= 0) == (u[1] >= 0)).float().mean())
    p = 1 - angle / math.pi
    assert abs(equal - p) < 3 * (p * (1 - p) / bits) ** 0.5


def principal(x: np.ndarray, count: int) -> np.ndarray:
    return np.linalg.svd(x, full_matrices=False)[2][:count].T


def sh() -> None:
    """Weiss et al.: the smoothest eigenfunctions on the box around the data."""
    x, y = points()
    bits = 6
    encoder = fitted("sh", x, y, bits)
    p = x @ principal(x, 5)
    low, width = p.min(0), np.ptp(p, 0)
    modes = [(j, m) for j in range(5) for m in range(1, bits + 1)]
    modes = sorted(modes, key=lambda mode: (math.pi * mode[1] / width[mode[0]]) ** 2)[:bits]
    found = encoder(torch.from_numpy(x).float()).numpy()
    for k, (j, m) in enumerate(modes):
        ways = [p[:, j] - low[j], low[j] + width[j] - p[:, j]]  # a direction has no sense
        waves = [np.sin(math.pi / 2 + way * math.pi * m / width[j]) for way in ways]
        assert min(np.abs(np.abs(wave) - np.abs(found[:, k])).max() for wave in waves) < 1e-3


def is_best_rotation(v: np.ndarray, u: np.ndarray) -> None:
    """Procrustes: of all rotations of V, U is nearest to its own signs."""
    agreement = sign(u).T @ u
    np.testing.assert_allclose(agreement, agreement.T, atol=1e-3 * np.abs(agreement).max())
    assert np.linalg.eigvalsh((agreement + agreement.T) / 2).min() > -1e-3 * len(v)
    np.testing.assert_allclose(u @ u.T, v @ v.T, atol=1e-3 * np.abs(v @ v.T).max())


def itq() -> None:
    """Gong and Lazebnik: U = VR of the first principal components V, R the best for its codes."""
    x, y = points()
    u = fitted("itq", x, y, 4)(torch.from_numpy(x).float()).numpy()
    is_best_rotation(x @ principal(x, 4), u)


def cca_itq() -> None:
    """The eigenproblem with plain inverses, each direction times its correlation; then ITQ."""
    x, y = points()
    u = fitted("cca-itq", x, y, 3)(torch.from_numpy(x).float()).numpy()
    b = y - y.mean(0)
    cxx, cyy, cxy = x.T @ x / len(x), b.T @ b / len(x), x.T @ b / len(x)
    cxx += 1e-4 * np.trace(cxx) / len(cxx) * np.eye(len(cxx))
    cyy += 1e-4 * np.trace(cyy) / len(cyy) * np.eye(len(cyy))
    values, w = np.linalg.eig(np.linalg.inv(cxx) @ cxy @ np.linalg.inv(cyy) @ cxy.T)
    order = np.argsort(-values.real)[:3]
    values, w = values.real[order], w.real[:, order]
    w = w / np.sqrt(np.diag(w.T @ cxx @ w))
    is_best_rotation(x @ w * np.sqrt(values), u)


def mlh() -> None:
    """The authors' update in loops: the worst codes by a search, momentum, decay, a falling rate.

    One pair is similar and one is not, so that every draw is known.
    """
    rng = np.random.default_rng(0)
    x, w, bits, rho = rng.standard_normal((4, 5)), rng.standard_normal((5, 3)), 3, 2
    ends, codes = (
        [(0, 1), (2, 3)],
        [np.array(c) for c in itertools.product((-1.0, 1.0), repeat=bits)],
    )
    pools = [torch.tensor([i * 4 + j]) for i, j in ends]
    table, start = hinge_losses(bits, rho), torch.from_numpy(w)
    rates, generator = (0.1, 0.9, 0.01), torch.Generator()
    found = descend(torch.from_numpy(x), pools, table, start, [3, 5], 4, rates, generator)
    for d in range(bits + 1):
        costs = [max(rho + 1 - d, 0) / (rho + 1), max(d - rho + 1, 0) / (bits - rho + 1)]
        np.testing.assert_allclose(table[:, d], costs)
    speed = np.zeros_like(w)
    for t in range(4):
        gradient = np.zeros_like(w)
        for similar, count in ((0, 3), (1, 5)):
            a, b = (x[i] @ w for i in ends[similar])
            best, worst = -np.inf, (a, b)
            for g, h in itertools.product(codes, codes):
                d = int((g != h).sum())
                value = float(table[similar, d]) + g @ a + h @ b
                if value > best:
                    best, worst = value, (g, h)
            for i, out, code in zip(ends[similar], (a, b), worst, strict=True):
                gradient += count * np.outer(x[i], sign(out) - code)
        speed = 0.9 * speed + 0.1 * (4 - t) / 4 * (gradient / 8 - 0.01 * w)
        w = w + speed
    np.testing.assert_allclose(found.numpy(), w, atol=1e-12)


def bre() -> None:
    """Kulis and Darrell: coordinate after coordinate to its best, by the whole objective."""
    bits, anchors, pairs = 3, 2, np.stack(np.triu_indices(9, 1))
    for seed in range(4):
        rng = np.random.default_rng(seed)
        kernels, distances = rng.standard_normal((bits, 9, anchors)), rng.random(pairs.shape[1])
        w = 0.001 * rng.standard_normal((bits, anchors))

        def objective(w: np.ndarray, kernels: Any = kernels, aims: Any = distances) -> float:
            b = np.einsum("knq,kq->nk", kernels, w) >= 0
            apart = (b[pairs[0]] != b[pairs[1]]).mean(1)
            return float(((apart - aims) ** 2).sum() / 2)

        tensors = (torch.from_numpy(a) for a in (kernels, w, pairs, distances))
        _, errors = reconstruct(*tensors, 1)
        first = objective(w)
        for k, q in itertools.product(range(bits), range(anchors)):
            rest = kernels[k] @ w[k] - w[k, q] * kernels[k, :, q]
            edges = np.sort(-rest / kernels[k, :, q])
            tried = [edges[0] - 1, *(edges[:-1] + edges[1:]) / 2, edges[-1] + 1]
            trials = np.repeat(w[None], len(tried), 0)
            trials[:, k, q] = tried
            values = [objective(trial) for trial in trials]
            if min(values) < objective(w) - 1e-9:
                w = trials[int(np.argmin(values))]
        np.testing.assert_allclose(errors, [first, objective(w)])


def ksh() -> None:
    """Liu et al.: bit after bit, y'Ry at least that of the eigenvector, with R = KS - sum yy'."""
    x, y = points()
    bits = 5
    encoder = fitted("ksh", x, y, bits, anchors=12)
    anchors = encoder.anchors.numpy().astype(float)
    squared = ((x[:, None] - anchors) ** 2).sum(2)
    np.testing.assert_allclose(encoder.width, 2 * squared.mean(), rtol=1e-4)
    kernel = np.exp(-squared / (2 * squared.mean()))
    kernel -= kernel.mean(0)
    codes = sign(encoder(torch.from_numpy(x).float()).numpy())
    residual = bits * np.where(y.astype(int) @ y.T > 0, 1.0, -1.0)
    inverse = np.linalg.inv(kernel.T @ kernel)
    for code in codes.T:
        values, vectors = np.linalg.eig(inverse @ kernel.T @ residual @ kernel)
        start = sign(kernel @ vectors[:, values.real.argmax()].real)
        assert code @ residual @ code >= 0.99 * start @ residual @ start
        residual = residual - np.outer(code, code)


def sdh() -> None:
    """Shen et al.: W by ridge regression, B bit by bit, P with the authors' ridge of 0.01."""
    x, y = points(30)
    kernel = np.exp(-((x[:, None] - x[:8]) ** 2).sum(2) / 10)
    b, labels, bits, nu = (
        sign(np.random.default_rng(1).standard_normal((30, 4))),
        y.astype(float),
        4,
        0.5,
    )
    inputs = (torch.from_numpy(a) for a in (kernel, labels, b))
    found = discrete_hashing(*inputs, 3, 1, 1.0, nu)
    p = np.linalg.inv(kernel.T @ kernel + 0.01 * np.eye(8)) @ kernel.T @ b
    for codes, classifier, weight in found:
        w = np.linalg.inv(b.T @ b + np.eye(bits)) @ b.T @ labels
        q = labels @ w.T + nu * kernel @ p
        b = b.copy()
        for k in range(bits):
            others = [m for m in range(bits) if m != k]
            b[:, k] = sign(q[:, k] - b[:, others] @ w[others] @ w[k])
        p = np.linalg.inv(kernel.T @ kernel + 0.01 * np.eye(8)) @ kernel.T @ b
        for ours, theirs in ((codes, b), (classifier, w), (weight, p)):
            np.testing.assert_allclose(ours.numpy(), theirs, atol=1e-8)
    assert FIT_RIDGE == 0.01


FITTED: dict[str, Callable[[], None]] = {
    "lsh": lsh,
    "sh": sh,
    "itq": itq,
    "cca-itq": cca_itq,
    "mlh": mlh,
    "bre": bre,
    "ksh": ksh,
    "sdh": sdh,
}
