"""Asymmetric losses: the codes of the training images are learned directly, beside the network."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from hashviz.methods.base import Batch, HashLoss, Terms
from hashviz.methods.pairwise import signs
from hashviz.methods.settings import Count, Weight
from hashviz.metrics.labels import similar


def balanced_similarity(
    a: Bool[Tensor, "rows classes"], b: Bool[Tensor, "columns classes"]
) -> Float[Tensor, "rows columns"]:
    """Return 1 for similar pairs and -r for the others, so that they sum to 0.

    r is the number of similar pairs by that of the others, or 1 where one kind is missing.
    """
    s = similar(a, b)
    share = s.float().mean()
    ratio = torch.where((share > 0) & (share < 1), share / (1 - share), 1.0)
    return torch.where(s, 1.0, -ratio)


def best_codes(
    codes: Float[Tensor, "train bits"],
    outputs: Float[Tensor, "sample bits"],
    sample: Tensor,
    similarity: Float[Tensor, "sample train"],
    quantization_weight: float,
) -> Float[Tensor, "train bits"]:
    r"""Return codes with a smaller error, improved one bit of all images after the other.

    $$v_k = -\operatorname{sign}\bigl(2 V_{\bar k} U_{\bar k}^\top u_k + q_k\bigr), \quad
      Q = -2 K S^\top U - 2 \gamma \bar U$$

    $V_{\bar k}$ are all columns but $k$; $\bar U$ holds the outputs at the rows of the sample and 0
    elsewhere. Each column is the best one for the others, so the error of ADSH never rises.
    """
    codes = codes.clone()
    bits = codes.shape[1]
    q = -2 * bits * similarity.T @ outputs
    q[sample] -= 2 * quantization_weight * outputs
    products = outputs.T @ outputs
    for k in range(bits):
        others = torch.arange(bits, device=codes.device) != k
        codes[:, k] = -signs(2 * codes[:, others] @ products[others, k] + q[:, k])
    return codes


class ADSH(HashLoss):
    r"""Asymmetric deep supervised hashing, Jiang and Li, AAAI 2018, https://arxiv.org/abs/1707.08325

    $$J = \sum_{i \in \Omega} \sum_{j} \bigl(h_i^\top v_j - K s_{ij}\bigr)^2
          + \gamma \sum_{i \in \Omega} \lVert v_i - h_i \rVert^2, \quad
      h = \tanh(u), \; v \in \{-1, +1\}^K$$

    The codes $v_j$ of all training images are learned directly and the network learns to point at
    them, in alternation: an epoch of the network with the codes fixed, then new codes from the
    outputs of the sample $\Omega$ (`best_codes`). Similar pairs have $s = 1$ and the
    others $-r$, where $r$ is the number of similar pairs of $\Omega$ by that of the others.

    Codes learned from the labels of the database are no test of what the network makes of an image
    it has not seen. So hashviz does not search them: queries and database both pass the network, as
    for every other method, and the learned codes stay in the run's weights as `loss.codes`.

    Departs from the paper: there the database is searched by $v$, here by the network; the training
    set, not the database, has codes. $J$ is divided by $|\Omega| N K^2$; $\Omega$ is the batch for
    the network, and for the codes the last images of the epoch, 2,000 at most; an image's code
    starts as the sign of its first outputs, not at 0.
    """

    quantization_weight: Weight = 200.0
    alternate: bool = True
    sample_size: Count = 2000

    def set_up(self) -> None:
        size, bits, classes = self.problem.train_size, self.problem.bits, self.problem.classes
        self.codes = nn.Buffer(torch.zeros(size, bits, dtype=torch.int8))
        self.labels = nn.Buffer(torch.zeros(size, classes, dtype=torch.bool))
        self.seen = nn.Buffer(torch.zeros(size, dtype=torch.bool))
        self.recent: list[tuple[Tensor, Tensor]] = []

    def forward(self, batch: Batch) -> Terms:
        h, index = torch.tanh(batch.outputs), batch.index
        self.recent.append((index, h.detach()))
        first = ~self.seen[index]
        self.codes[index[first]] = signs(h.detach()[first]).to(torch.int8)
        self.labels[index] = batch.labels
        self.seen[index] = True
        v, bits = self.codes[self.seen].float(), h.shape[1]
        s = balanced_similarity(batch.labels, self.labels[self.seen])
        own = self.codes[index].float()
        weight = self.quantization_weight / (len(v) * bits)
        return {
            "similarity": (h @ v.T / bits - s).square().mean(),
            "quantization": weight * (own - h).square().mean(),
        }

    def end_of_epoch(self) -> None:
        """Do the other half of the alternation: new codes from the outputs of this epoch."""
        index, h = (torch.cat(parts) for parts in zip(*self.recent, strict=True))
        index, h = index[-self.sample_size :], h[-self.sample_size :]
        self.recent.clear()
        if self.alternate:
            s = balanced_similarity(self.labels[index], self.labels[self.seen])
            place = self.seen.cumsum(0)[index] - 1
            codes = self.codes[self.seen].float()
            found = best_codes(codes, h, place, s, self.quantization_weight)
            self.codes[self.seen] = found.to(torch.int8)
