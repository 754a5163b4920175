"""Losses over pairs: similar images should have a large inner product, others a small one."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn.functional import softplus

from hashviz.labels import similar
from hashviz.methods.base import Batch, HashLoss, Problem


def pairwise_nll(
    theta: Float[Tensor, "rows columns"], similar: Bool[Tensor, "rows columns"]
) -> Float[Tensor, "rows columns"]:
    r"""Negative log-likelihood of each pair under $P(s = 1) = \sigma(\theta)$.

    $$-\log P(s \mid \theta) = \log(1 + e^\theta) - s\,\theta$$

    `softplus` keeps it finite for every $\theta$.
    """
    return softplus(theta) - similar * theta


def signs(outputs: Float[Tensor, "*n bits"]) -> Float[Tensor, "*n bits"]:
    """Codes in {-1, +1} as floats, with sign(0) = +1; no gradient passes."""
    return torch.where(outputs >= 0, 1.0, -1.0)


class DPSH(HashLoss):
    r"""Deep pairwise-supervised hashing, Li et al., IJCAI 2016, https://arxiv.org/abs/1511.03855

    $$J = \sum_{i,j} \bigl(\log(1 + e^{\theta_{ij}}) - s_{ij}\theta_{ij}\bigr)
          + \eta \sum_i \lVert b_i - u_i \rVert^2, \quad
      \theta_{ij} = \tfrac12 u_i^\top u_j,\; b_i = \operatorname{sign}(u_i)$$

    With `memory` each image of the batch is paired with the last known outputs of all training
    images seen so far, as in the authors' program; the gradient passes through the batch only.

    Departs from the paper: pairs are those of the batch unless `memory` is set, because in a run of
    a dozen epochs the memory is always one epoch late, and repulsion from where the others *were*
    swings to and fro; both sums are means (the second over images and bits), so that
    `quantization_weight` ($\eta$) depends neither on the size of the batch nor on the bits.
    """

    outputs: Tensor
    labels: Tensor
    seen: Tensor

    def __init__(
        self, problem: Problem, *, quantization_weight: float = 0.1, memory: bool = False
    ) -> None:
        super().__init__()
        self.quantization_weight = quantization_weight
        self.memory = memory
        size = problem.train_size if memory else 0
        self.register_buffer("outputs", torch.zeros(size, problem.bits), persistent=False)
        self.register_buffer(
            "labels", torch.zeros(size, problem.classes, dtype=torch.bool), persistent=False
        )
        self.register_buffer("seen", torch.zeros(size, dtype=torch.bool), persistent=False)

    def forward(self, batch: Batch) -> dict[str, Float[Tensor, ""]]:
        u, others, labels = batch.outputs, batch.outputs, batch.labels
        if self.memory:
            self.outputs[batch.index] = u.detach()
            self.labels[batch.index] = labels
            self.seen[batch.index] = True
            others, labels = self.outputs[self.seen], self.labels[self.seen]
        nll = pairwise_nll(u @ others.T / 2, similar(batch.labels, labels))
        quantization = (u - signs(u)).square().mean()
        return {
            "similarity": nll.mean(),
            "quantization": self.quantization_weight * quantization,
        }


class HashNet(HashLoss):
    r"""HashNet, Cao et al., ICCV 2017, https://arxiv.org/abs/1702.00758

    $$L = \sum_{s_{ij} \in S} w_{ij} \bigl(\log(1 + e^{\alpha h_i^\top h_j})
          - \alpha s_{ij} h_i^\top h_j\bigr), \quad h = \tanh(\beta u), \quad
      w_{ij} = c_{ij} \begin{cases} |S|/|S_1| & s_{ij} = 1 \\ |S|/|S_0| & s_{ij} = 0 \end{cases}$$

    with $c_{ij} = |y_i \cap y_j| / |y_i \cup y_j|$ for similar pairs and 1 otherwise. By
    continuation $\beta$ grows from 1, so that $\tanh(\beta u)$ approaches the sign.

    Departs from the paper: $\alpha = 10/K$ as in the authors' program; $\beta = \sqrt{1 + 50 p}$
    with the progress $p$ in [0, 1], which is their schedule at its end (10,000 steps); $S_1$ and
    $S_0$ are counted in the batch, without the pairs (i, i); the sum is a mean.
    """

    def __init__(
        self, problem: Problem, *, continuation: bool = True, balanced: bool = True
    ) -> None:
        super().__init__()
        self.alpha = 10 / problem.bits
        self.continuation = continuation
        self.balanced = balanced

    def forward(self, batch: Batch) -> dict[str, Float[Tensor, ""]]:
        beta = (1 + 50 * batch.progress) ** 0.5 if self.continuation else 1.0
        h = torch.tanh(beta * batch.outputs)
        other = ~torch.eye(len(h), dtype=torch.bool, device=h.device)
        s = similar(batch.labels, batch.labels)
        weight = other.float()
        if self.balanced:
            y = batch.labels.float()
            shared = y @ y.T
            union = y.sum(1)[:, None] + y.sum(1) - shared
            positive, negative = (s & other).sum(), (~s & other).sum()
            pairs = positive + negative
            jaccard = shared / union.clamp(min=1)
            weight = weight * torch.where(
                s, jaccard * pairs / positive.clamp(min=1), pairs / negative.clamp(min=1)
            )
        nll = pairwise_nll(self.alpha * (h @ h.T), s)
        return {"similarity": (weight * nll).sum() / other.sum().clamp(min=1)}
