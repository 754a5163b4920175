"""Spectral hashing: the smoothest functions on a box around the data."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from hashviz.methods.fitted.projections import Encoder, Features, Labels, principal_directions


class WaveEncoder(Encoder):
    r"""$u_k = \cos(\omega_k (w_k^\top (x - \mu) - a_k))$: every bit is one wave along one line."""

    mean: Float[Tensor, " features"]
    weight: Float[Tensor, "features bits"]
    low: Float[Tensor, " bits"]
    frequency: Float[Tensor, " bits"]

    def forward(self, features: Float[Tensor, "n features"]) -> Float[Tensor, "n bits"]:
        return (((features - self.mean) @ self.weight - self.low) * self.frequency).cos()


def smoothest_modes(
    widths: Float[Tensor, " directions"], bits: int
) -> tuple[Int[Tensor, " {bits}"], Int[Tensor, " {bits}"]]:
    r"""Direction $j$ and number $m \ge 1$ of the half waves with the smallest $(m / R_j)^2$.

    In ascending order, ties by the direction. A direction of width $R_j$ needs to be looked at up
    to $m = \lceil (K + 1) R_j / \max R \rceil$; one of no width has no waves.
    """
    widest = widths.max()
    if widest == 0:
        zeros = torch.zeros(bits, dtype=torch.long)
        return zeros, zeros
    most = ((bits + 1) * widths / widest).ceil().long()
    direction = torch.arange(len(widths)).repeat_interleave(most)
    number = torch.cat([torch.arange(1, int(m) + 1) for m in most])
    order = (number / widths[direction]).argsort(stable=True)[:bits]
    return direction[order], number[order]


def fit_sh(
    features: Features, labels: Labels, bits: int, seed: int, *, outliers: float = 0.0
) -> WaveEncoder:
    r"""Spectral hashing, Weiss et al., NIPS 2008.

    $$u_k(x) = \sin\!\Big(\frac{\pi}{2} + \frac{m_k \pi}{R_j}\, (p_j - a_j)\Big), \qquad
      p = P^\top (x - \mu), \quad \lambda_k = \Big(\frac{m_k \pi}{R_j}\Big)^2$$

    $P$ holds the first `bits` principal directions, $[a_j, a_j + R_j]$ is the range of the training
    images along direction $j$; the bits are the modes $(j, m_k)$ with the smallest eigenvalues
    $\lambda_k$, that is, the smoothest ones. The same formula encodes images never seen. Products
    of several directions are left out: their signs follow from those of their factors.

    Departs from the paper: nothing. `outliers` leaves that share of the images out at either end of
    each range, as 0.05 would, which the authors' code computes and then overwrites.
    """
    del labels, seed
    mean = features.mean(0)
    directions = principal_directions(features - mean, min(bits, features.shape[1]))
    projected = ((features - mean) @ directions).double().sort(0).values
    skipped = int(outliers * len(projected))
    low, high = projected[skipped], projected[-1 - skipped]
    width = (high - low) * (high - low > 1e-6 * (high - low).max())
    direction, number = smoothest_modes(width, bits)
    frequency = number * torch.pi / width[direction].clamp(min=torch.finfo(torch.double).tiny)
    return WaveEncoder(
        mean=mean,
        weight=directions[:, direction],
        low=low[direction].to(mean.dtype),
        frequency=torch.where(number > 0, frequency, 0.0).to(mean.dtype),
    )
