"""Losses over histograms of distances: similar images and others should not overlap."""

from typing import Annotated

import torch
from jaxtyping import Float
from torch import Tensor

from hashviz.methods.base import Batch, HashLoss, Terms
from hashviz.methods.settings import Positive, Rule
from hashviz.metrics.labels import similar


def soft_bins(
    distances: Float[Tensor, "queries database"], bits: int, bins: int
) -> Float[Tensor, "queries database centers"]:
    r"""Return the share of each distance that falls into each bin, centered at 0, Δ, ..., K.

    $$\delta_l(d) = \max\Bigl(0,\, 1 - \frac{|d - l \Delta|}\Delta\Bigr), \quad
      \Delta = K / \text{bins}, \quad l = 0, \dots, \text{bins}$$

    A distance between two centers is split between both, so the shares of each add up to 1.

    >>> soft_bins(torch.tensor([[3.0, 4.0]]), bits=8, bins=2)
    tensor([[[0.2500, 0.7500, 0.0000],
             [0.0000, 1.0000, 0.0000]]])
    """
    width = bits / bins
    centers = width * torch.arange(bins + 1, device=distances.device)
    return (1 - (distances[:, :, None] - centers).abs() / width).clamp(min=0)


def entropy(p: Float[Tensor, "*n bins"]) -> Float[Tensor, "*n"]:
    """Return the entropy of histograms in nats; empty bins add nothing, with a finite slope."""
    return -(p * p.clamp(min=1e-12).log()).sum(-1)


class MIHash(HashLoss):
    r"""Hashing with mutual information, Cakir et al., TPAMI 2019, https://arxiv.org/abs/1803.00974

    $$L = -\frac1N \sum_i I_i, \quad I_i = H(p(d_i)) - p_+ H(p(d_i \mid +)) - p_- H(p(d_i \mid -))$$

    How much the distance of another image of the batch tells about whether it is similar: $p(d_i)$
    is the histogram of the distances from image i to all others, $p(d_i \mid \pm)$ to the similar
    and to the other ones, $p_\pm$ their shares. Distances are
    $d_{ij} = \tfrac12 (K - \varphi_i^\top \varphi_j)$ of $\varphi = 2 \sigma(\gamma u) - 1$; a
    histogram takes them softly (`soft_bins`). The loss is negative: 0 when the two histograms are
    the same, $-H(p_+, p_-)$ when they do not overlap.

    Departs from the paper: nothing in the loss; `bins=0` takes one bin per two bits of code.
    """

    bins: Annotated[int, Rule("1 or more, or 0 for half the bits", lambda n: n >= 0)] = 0
    slope: Positive = 1.0

    def forward(self, batch: Batch) -> Terms:
        phi, bits = 2 * torch.sigmoid(self.slope * batch.outputs) - 1, self.problem.bits
        bins = soft_bins((bits - phi @ phi.T) / 2, bits, self.bins or max(bits // 2, 1))
        other = ~torch.eye(len(phi), dtype=torch.bool, device=phi.device)
        positive = similar(batch.labels, batch.labels) & other
        h, h_positive, h_negative = (
            entropy((bins * kind[:, :, None]).sum(1) / kind.sum(1).clamp(min=1)[:, None])
            for kind in (other, positive, other & ~positive)
        )
        share = positive.sum(1) / other.sum(1).clamp(min=1)
        information = h - share * h_positive - (1 - share) * h_negative
        return {"information": -information.mean()}
