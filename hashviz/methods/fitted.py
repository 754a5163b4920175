"""Methods that are fitted to features in closed form or by a short iteration, without gradients.

`fit(features, labels, bits, seed) -> encoder`: an encoder is a module from features to real outputs
whose buffers are its constructor's arguments, so that a run can rebuild it from its weights.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn


class LinearEncoder(nn.Module):
    r"""$u = (x - \mu) W$: the sign of each output tells the side of one hyperplane."""

    mean: Tensor
    weight: Tensor

    def __init__(
        self, mean: Float[Tensor, " features"], weight: Float[Tensor, "features bits"]
    ) -> None:
        super().__init__()
        self.register_buffer("mean", mean.contiguous())
        self.register_buffer("weight", weight.contiguous())

    def forward(self, features: Float[Tensor, "n features"]) -> Float[Tensor, "n bits"]:
        return (features - self.mean) @ self.weight


def fit_lsh(
    features: Float[Tensor, "train features"],
    labels: Bool[Tensor, "train classes"],
    bits: int,
    seed: int,
) -> LinearEncoder:
    r"""Locality-sensitive hashing with random hyperplanes, Charikar, STOC 2002.

    $$b_k = \operatorname{sign}(w_k^\top (x - \mu)), \quad w_k \sim \mathcal N(0, I), \qquad
      P(b_k(x) = b_k(y)) = 1 - \frac{\angle(x - \mu,\, y - \mu)}{\pi}$$

    Departs from the paper: features are centered first; without it the bits of non-negative
    features are nearly constant.
    """
    del labels
    generator = torch.Generator().manual_seed(seed)
    weight = torch.randn(features.shape[1], bits, generator=generator)
    return LinearEncoder(features.mean(0), weight / features.shape[1] ** 0.5)


def principal_directions(
    centered: Float[Tensor, "train features"], bits: int
) -> Float[Tensor, "features {bits}"]:
    """Directions of largest variance; where the data have fewer, the rest are zero."""
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
    codes = torch.where(projected @ rotation >= 0, 1.0, -1.0).to(projected.dtype)
    p, _, q = torch.linalg.svd(codes.T @ projected)
    return q.T @ p.T


def fit_itq(
    features: Float[Tensor, "train features"],
    labels: Bool[Tensor, "train classes"],
    bits: int,
    seed: int,
    *,
    iterations: int = 50,
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
    if iterations == 0:
        return LinearEncoder(mean, directions)
    projected = (features - mean) @ directions
    generator = torch.Generator().manual_seed(seed)
    rotation = torch.linalg.qr(torch.randn(bits, bits, generator=generator)).Q
    for _ in range(iterations):
        rotation = rotation_step(projected, rotation)
    return LinearEncoder(mean, directions @ rotation)
