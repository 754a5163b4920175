"""Losses for several labels per image: pairs are not just similar or not, but to a degree."""

import torch
from torch.nn.functional import softsign

from hashviz.methods.base import Batch, HashLoss, Terms
from hashviz.methods.pairwise import mean_over_pairs, pair_weights, pairwise_nll
from hashviz.methods.settings import Weight
from hashviz.metrics.labels import label_cosine, shared_labels


class IDHN(HashLoss):
    r"""Improved deep hashing network, Zhang et al., TMM 2020, https://arxiv.org/abs/1803.02987

    $$L = \sum_{i \ne j} \begin{cases}
            \log(1 + e^{t_{ij}}) - r_{ij} t_{ij} & r_{ij} \in \{0, 1\} \\
            \gamma K \Bigl(\dfrac{h_i^\top h_j + K}{2K} - r_{ij}\Bigr)^2 & \text{else}
          \end{cases}
          \; + \; \alpha \sum_i \bigl\lVert |h_i| - 1 \bigr\rVert_1, \quad
      t_{ij} = \frac5K h_i^\top h_j, \quad h = \frac{u}{1 + |u|}$$

    where $r_{ij}$ is the cosine of the label vectors. Two images that share some of their labels
    are brought to the distance $(1 - r_{ij}) K$, which codes can reach for every $r$. With single
    labels only the first line is left.

    Departs from the paper: both sums are means, the second over images and bits; pairs (i, i) are
    left out.
    """

    partial_weight: Weight = 0.1
    quantization_weight: Weight = 0.1

    def forward(self, batch: Batch) -> Terms:
        h, y = softsign(batch.outputs), batch.labels
        product = h @ h.T / h.shape[1]
        shared, sizes = shared_labels(y, y), y.float().sum(1)
        some = (shared > 0) & (shared**2 < sizes[:, None] * sizes)  # exact, unlike a cosine below 1
        hard = pairwise_nll(5 * product, shared > 0)
        weight = self.partial_weight * self.problem.bits
        soft = weight * ((product + 1) / 2 - label_cosine(y, y)).square()
        other = pair_weights(y, balanced=False)
        zero = torch.zeros_like(hard)
        return {
            "similarity": mean_over_pairs(torch.where(some, zero, hard) * other),
            "partial": mean_over_pairs(torch.where(some, soft, zero) * other),
            "quantization": self.quantization_weight * (h.abs() - 1).abs().mean(),
        }
