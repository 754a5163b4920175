"""Hash functions on a Gaussian kernel to some training images, the anchors: KSH and SDH."""

import torch
from jaxtyping import Float
from torch import Tensor

from hashviz.methods.fitted.projections import Encoder, Features, Labels
from hashviz.methods.pairwise import signs
from hashviz.metrics.labels import similar

Codes = Float[Tensor, "n bits"]
Kernel = Float[Tensor, "n anchors"]
Square = Float[Tensor, "n n"]
Direction = Float[Tensor, " anchors"]


def gaussian_kernel(
    features: Float[Tensor, "n features"],
    anchors: Float[Tensor, "anchors features"],
    width: Float[Tensor, ""],
) -> Kernel:
    r"""$k(x, a) = e^{-\lVert x - a \rVert^2 / w}$: 1 at the anchor, falling with the distance."""
    return (-squared_distances(features, anchors) / width).exp()


def squared_distances(
    a: Float[Tensor, "n features"], b: Float[Tensor, "m features"]
) -> Float[Tensor, "n m"]:
    """Return the squared Euclidean distances of all rows."""
    squares = a.square().sum(1)[:, None] + b.square().sum(1)
    return torch.addmm(squares, a, b.T, alpha=-2).clamp_(min=0)


class KernelEncoder(Encoder):
    r"""$u = k(x - \mu)\, W + \beta$ with the kernel to the anchors."""

    mean: Float[Tensor, " features"]
    anchors: Float[Tensor, "anchors features"]
    width: Float[Tensor, ""]
    weight: Float[Tensor, "anchors bits"]
    bias: Float[Tensor, " bits"]

    def forward(self, features: Float[Tensor, "n features"]) -> Codes:
        kernel = gaussian_kernel(features - self.mean, self.anchors, self.width)
        return torch.addmm(self.bias, kernel, self.weight)


def draw_rows(size: int, count: int, generator: torch.Generator) -> Tensor:
    """Draw `count` different rows out of `size`, or all of them."""
    return torch.randperm(size, generator=generator)[:count]


def smooth_agreement(
    kernel: Kernel, residual: Square, direction: Direction
) -> tuple[float, Direction]:
    r"""$-y^\top R\, y$ with the soft bit $y = \tanh(\bar K a / 2)$, and its slope in $a$."""
    y = (kernel @ direction / 2).tanh()
    pulled = residual @ y
    return -float(y @ pulled), -(kernel.T @ (pulled * (1 - y.square())))


def refine(kernel: Kernel, residual: Square, start: Direction, iterations: int) -> Direction:
    """Descend on `smooth_agreement` by Nesterov's method, its step found by doubling.

    It stops when a step gains less than 0.01 per image.
    """
    before = now = start
    cost, _ = smooth_agreement(kernel, residual, start)
    momentum, curvature = (0.0, 1.0), 1.0
    for _ in range(iterations):
        probe = now + (momentum[0] - 1) / momentum[1] * (now - before)
        value, slope = smooth_agreement(kernel, residual, probe)
        steepness = float(slope @ slope)
        for _ in range(50):
            trial = probe - slope / curvature
            reached, _ = smooth_agreement(kernel, residual, trial)
            if reached <= value - steepness / (2 * curvature):
                break
            curvature *= 2
        else:
            break
        before, now = now, trial
        gain, cost = abs(cost - reached), reached
        if gain <= 0.01 * len(kernel):
            break
        momentum = momentum[1], (1 + (1 + 4 * momentum[1] ** 2) ** 0.5) / 2
    return now


def fit_ksh(
    features: Features,
    labels: Labels,
    bits: int,
    seed: int,
    *,
    anchors: int = 300,
    subset: int = 1000,
    width: float = 2.0,
    iterations: int = 500,
) -> KernelEncoder:
    r"""Supervised hashing with kernels, Liu et al., CVPR 2012.

    $$\min_A \Big\lVert K S - \sum_{k=1}^K y_k y_k^\top \Big\rVert_F^2, \qquad
      y_k = \operatorname{sign}(\bar K a_k), \quad \bar k_m(x) = k(x, x_m) - \mu_m$$

    $S_{ij} = \pm 1$ says whether images $i$ and $j$ of the labeled `subset` share a label, and
    $\mu_m$ is the mean of kernel column $m$ over the training images. The bits are found one after
    the other: with the residual $R_t = R_{t-1} - y_t y_t^\top$, $R_0 = K S$, bit $t + 1$ maximizes
    $y^\top R_t y$. It starts at the largest generalized eigenvector of
    $\bar K^\top R_t \bar K a = \lambda \bar K^\top \bar K a$, is refined with a sigmoid in place of
    the sign for up to `iterations` steps, and of the two the better one is kept. The kernel is
    $k(x, a) = e^{-\lVert x - a \rVert^2 / w}$ with $w$ as `width` times the mean squared distance.

    Departs from the paper: $\bar K^\top \bar K$ gets a ridge of $10^{-6}$ of its mean diagonal, as
    anchors that nearly coincide make it singular; the mean of a kernel column is taken over at most
    20,000 images.
    """
    generator = torch.Generator().manual_seed(seed)
    mean = features.mean(0)
    points = features[draw_rows(len(features), anchors, generator)] - mean
    labeled = draw_rows(len(features), subset, generator)
    sample = features[draw_rows(len(features), 20_000, generator)] - mean
    squared = squared_distances(sample, points)
    scale = (width * squared.mean()).clamp(min=torch.finfo(squared.dtype).tiny)
    offset = (-squared / scale).exp().double().mean(0)
    kernel = gaussian_kernel(features[labeled] - mean, points, scale).double() - offset
    residual = bits * signs(similar(labels[labeled], labels[labeled]).double() - 0.5)
    found = greedy_bits(kernel, residual, bits, iterations)
    weight = torch.stack([direction for direction, _ in found], 1)
    bias = (-offset @ weight).to(mean.dtype)
    weight = weight.to(mean.dtype)
    return KernelEncoder(mean=mean, anchors=points, width=scale, weight=weight, bias=bias)


def greedy_bits(
    kernel: Kernel, residual: Square, bits: int, iterations: int
) -> list[tuple[Tensor, Tensor]]:
    """Find KSH's directions and bits of the labeled images, one by one; see `fit_ksh`."""
    gram = kernel.T @ kernel
    lift = 1e-6 * gram.diagonal().mean() + 1e-12
    factor = torch.linalg.cholesky(gram + lift * torch.eye(len(gram), dtype=gram.dtype))
    chosen = []
    for _ in range(bits):
        inner = torch.linalg.solve_triangular(factor, kernel.T @ residual @ kernel, upper=False)
        inner = torch.linalg.solve_triangular(factor, inner.T, upper=False)
        top = torch.linalg.eigh((inner + inner.T) / 2).eigenvectors[:, -1:]
        start = torch.linalg.solve_triangular(factor.T, top, upper=True)[:, 0]
        spread = (kernel @ start).square().mean().sqrt()
        start = start / spread.clamp(min=1e-6)
        refined = refine(kernel, residual, start, iterations)
        pairs = [(a, signs(kernel @ a)) for a in (start, refined)]
        best = max(pairs, key=lambda pair: float(pair[1] @ residual @ pair[1]))
        residual = residual - torch.outer(best[1], best[1])
        chosen.append(best)
    return chosen


def discrete_sweep(
    codes: Codes, targets: Codes, classifier: Float[Tensor, "bits classes"]
) -> Codes:
    r"""Set every bit in turn to its optimum: one round of discrete coordinate descent.

    $$b_k = \operatorname{sign}(q_k - B_{-k} W_{-k} w_k^\top), \qquad
      Q = Y W^\top + \nu\, \Phi(X) P$$
    """
    codes = codes.clone()
    overlap = classifier @ classifier.T
    for k in range(codes.shape[1]):
        others = codes @ overlap[:, k] - codes[:, k] * overlap[k, k]
        codes[:, k] = signs(targets[:, k] - others)
    return codes


def fit_sdh(
    features: Features,
    labels: Labels,
    bits: int,
    seed: int,
    *,
    anchors: int = 1000,
    subset: int = 20_000,
    width: float = 0.5,
    iterations: int = 5,
    sweeps: int = 10,
    classifier_ridge: float = 1.0,
    fit_weight: float = 1e-5,
) -> KernelEncoder:
    r"""Supervised discrete hashing, Shen et al., CVPR 2015.

    $$\min_{B, W, P} \lVert Y - B W \rVert_F^2 + \lambda \lVert W \rVert_F^2
          + \nu \lVert B - \Phi(X) P \rVert_F^2 \quad \text{s.t. } B \in \{-1, +1\}^{n \times K}$$

    with $\lambda$ as `classifier_ridge`, $\nu$ as `fit_weight` and $\Phi$ a Gaussian kernel to
    anchors and a constant. $W$ and $P$ are ridge regressions, $B$ is solved bit by bit
    (`discrete_sweep`); new images get $\operatorname{sign}(\Phi(x) P)$.

    Departs from the paper: the kernel is $e^{-\lVert x - a \rVert^2 / w}$ with $w$ as `width` times
    the mean squared distance, for any features (there $w = 2 \cdot 0.4^2$ for normalized ones);
    $P$ has the authors' ridge of 0.01, which the objective then contains, so that no step can raise
    it; sweeps go on from the codes at hand where the authors' code starts again from zeros; at most
    `subset` images are used.
    """
    generator = torch.Generator().manual_seed(seed)
    mean = features.mean(0)
    points = features[draw_rows(len(features), anchors, generator)] - mean
    rows = draw_rows(len(features), subset, generator)
    squared = squared_distances(features[rows] - mean, points)
    scale = (width * squared.mean()).clamp(min=torch.finfo(squared.dtype).tiny)
    kernel = torch.nn.functional.pad((-squared / scale).exp(), (0, 1), value=1.0).double()
    start = signs(torch.randn(len(rows), bits, generator=generator).double())
    *_, (_, _, weight) = discrete_hashing(
        kernel, labels[rows].double(), start, iterations, sweeps, classifier_ridge, fit_weight
    )
    weight, bias = weight.to(mean.dtype).split([len(points), 1])
    return KernelEncoder(mean=mean, anchors=points, width=scale, weight=weight, bias=bias[0])


FIT_RIDGE = 1e-2
"""Ridge of SDH's regression from kernel to codes."""


def discrete_hashing(
    kernel: Float[Tensor, "n inputs"],
    labels: Float[Tensor, "n classes"],
    codes: Codes,
    iterations: int,
    sweeps: int,
    classifier_ridge: float,
    fit_weight: float,
) -> list[tuple[Tensor, Tensor, Tensor]]:
    """Return codes, classifier and kernel weights of SDH after each iteration; see `fit_sdh`."""
    anchors, bits = (torch.eye(n, dtype=kernel.dtype) for n in (kernel.shape[1], codes.shape[1]))
    factor = torch.linalg.cholesky(kernel.T @ kernel + FIT_RIDGE * anchors)
    weight = torch.cholesky_solve(kernel.T @ codes, factor)
    steps = []
    for _ in range(iterations):
        ridge = codes.T @ codes + classifier_ridge * bits
        classifier = torch.linalg.solve(ridge, codes.T @ labels)
        targets = labels @ classifier.T + fit_weight * (kernel @ weight)
        for _ in range(sweeps):
            before, codes = codes, discrete_sweep(codes, targets, classifier)
            if torch.equal(before, codes):
                break
        weight = torch.cholesky_solve(kernel.T @ codes, factor)
        steps.append((codes, classifier, weight))
    return steps
