"""Linear projections, then a rotation: LSH, ITQ and CCA-ITQ."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from hashviz.methods.pairwise import signs

Features = Float[Tensor, "train features"]
Labels = Bool[Tensor, "train classes"]
"""What a fit function learns from."""


class Encoder(nn.Module):
    """What a fit function returns: buffers by name, from which a run rebuilds it."""

    def __init__(self, **buffers: Tensor) -> None:
        super().__init__()
        for name, tensor in buffers.items():
            self.register_buffer(name, tensor.contiguous())


class LinearEncoder(Encoder):
    r"""$u = (x - \mu) W$: the sign of each output tells the side of one hyperplane."""

    mean: Float[Tensor, " features"]
    weight: Float[Tensor, "features bits"]

    def forward(self, features: Float[Tensor, "n features"]) -> Float[Tensor, "n bits"]:
        return (features - self.mean) @ self.weight


def fit_lsh(features: Features, labels: Labels, bits: int, seed: int) -> LinearEncoder:
    r"""Locality-sensitive hashing with random hyperplanes, Charikar, STOC 2002.

    $$b_k = \operatorname{sign}(w_k^\top (x - \mu)), \quad w_k \sim \mathcal N(0, I), \qquad
      P(b_k(x) = b_k(y)) = 1 - \frac{\angle(x - \mu,\, y - \mu)}{\pi}$$

    Departs from the paper: features are centered first; without it the bits of non-negative
    features are nearly constant.
    """
    del labels
    generator = torch.Generator().manual_seed(seed)
    weight = torch.randn(features.shape[1], bits, generator=generator)
    return LinearEncoder(mean=features.mean(0), weight=weight / features.shape[1] ** 0.5)


def principal_directions(centered: Features, bits: int) -> Float[Tensor, "features {bits}"]:
    """Return the directions of largest variance; where the data have fewer, the rest are zero."""
    covariance = centered.double().T @ centered.double()
    values, vectors = torch.linalg.eigh(covariance)
    top = vectors.flip(1)[:, :bits] * (values.flip(0)[:bits] > 1e-10 * values[-1])
    missing = bits - top.shape[1]
    return torch.nn.functional.pad(top, (0, max(missing, 0))).to(centered.dtype)


def rotation_step(
    projected: Float[Tensor, "train bits"], rotation: Float[Tensor, "bits bits"]
) -> Float[Tensor, "bits bits"]:
    r"""One alternation of ITQ: $B = \operatorname{sign}(VR)$, then the best orthogonal $R$ for it.

    With $B^\top V = P S Q^\top$ the minimum of $\lVert B - VR \rVert_F^2$ is at $R = Q P^\top$;
    neither half of the step can raise the error.
    """
    codes = signs(projected @ rotation)
    p, _, q = torch.linalg.svd(codes.T @ projected)
    return q.T @ p.T


def learn_rotation(
    projected: Float[Tensor, "train bits"], seed: int, iterations: int
) -> Float[Tensor, "bits bits"]:
    """Learn ITQ's rotation from a random start; return the identity without iterations."""
    bits = projected.shape[1]
    if iterations == 0:
        return torch.eye(bits, dtype=projected.dtype)
    generator = torch.Generator().manual_seed(seed)
    rotation = torch.linalg.qr(torch.randn(bits, bits, generator=generator)).Q
    for _ in range(iterations):
        rotation = rotation_step(projected, rotation)
    return rotation


def fit_itq(
    features: Features, labels: Labels, bits: int, seed: int, *, iterations: int = 50
) -> LinearEncoder:
    r"""Iterative quantization, Gong and Lazebnik, CVPR 2011.

    $$\min_{B, R} \lVert B - V R \rVert_F^2 \quad \text{s.t. } R^\top R = I, \quad V = (X - \mu) W$$

    $W$ holds the first `bits` principal directions; $R$ starts as a random rotation. With
    `iterations=0` the codes are the signs of the plain principal components.

    Departs from the paper: nothing. Data with fewer directions than bits repeat information: the
    rotation spreads what there is over all bits.
    """
    del labels
    mean = features.mean(0)
    directions = principal_directions(features - mean, bits)
    rotation = learn_rotation((features - mean) @ directions, seed, iterations)
    return LinearEncoder(mean=mean, weight=directions @ rotation)


def canonical_directions(
    centered: Features, labels: Labels, bits: int, ridge: float
) -> tuple[Float[Tensor, "features {bits}"], Float[Tensor, " {bits}"]]:
    r"""Directions whose projections correlate most with the labels, and those correlations $r$.

    $$C_{xy} C_{yy}^{-1} C_{yx} w = r^2 C_{xx} w, \qquad w^\top C_{xx} w = 1$$

    With Cholesky factors $C_{xx} = L L^\top$ and $C_{yy} = M M^\top$ the correlations are the
    singular values of $L^{-1} C_{xy} M^{-\top}$. There are no more of them than classes, and one
    fewer where the labels of an image add up to one; where there are fewer than bits, direction and
    correlation are zero.
    """
    x, y = centered.double(), labels.double()
    y = y - y.mean(0)

    def factor(z: Tensor) -> Tensor:
        covariance = z.T @ z / len(z)
        lift = ridge * covariance.diagonal().mean() + torch.finfo(z.dtype).tiny ** 0.5
        return torch.linalg.cholesky(covariance + lift * torch.eye(z.shape[1], dtype=z.dtype))

    left, right = factor(x), factor(y)
    cross = torch.linalg.solve_triangular(left, x.T @ y / len(x), upper=False)
    cross = torch.linalg.solve_triangular(right, cross.T, upper=False).T
    u, correlations, _ = torch.linalg.svd(cross, full_matrices=False)
    real = correlations > 1e-6
    directions = torch.linalg.solve_triangular(left.T, u * real, upper=True)
    missing = (0, max(bits - len(correlations), 0))
    directions = torch.nn.functional.pad(directions[:, :bits], missing)
    correlations = torch.nn.functional.pad((correlations * real)[:bits], missing)
    return directions.to(centered.dtype), correlations.to(centered.dtype)


def fit_cca_itq(
    features: Features,
    labels: Labels,
    bits: int,
    seed: int,
    *,
    iterations: int = 50,
    ridge: float = 1e-4,
) -> LinearEncoder:
    r"""Canonical correlation analysis and iterative quantization, Gong and Lazebnik, CVPR 2011.

    $$C_{xy} (C_{yy} + \rho_y I)^{-1} C_{yx} w_k = r_k^2 (C_{xx} + \rho_x I) w_k, \qquad
      V = (X - \mu)\, [r_1 w_1, \dots, r_K w_K]$$

    then ITQ on $V$. $C$ classes have at most $C - 1$ directions with $r_k > 0$ (one per label where
    an image may carry several): with more bits, the rotation spreads those over all of them.

    Departs from the paper: `ridge` is a share of the mean variance, so that the scale of the
    features does not matter ($\rho_x$ and $\rho_y$ are absolute there); directions beyond the last
    real one are zero instead of noise times $r_k \approx 0$.
    """
    mean = features.mean(0)
    directions, correlations = canonical_directions(features - mean, labels, bits, ridge)
    scaled = directions * correlations
    rotation = learn_rotation((features - mean) @ scaled, seed, iterations)
    return LinearEncoder(mean=mean, weight=scaled @ rotation)
