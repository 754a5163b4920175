"""Losses over pairs: the codes of similar images should be near, those of others far apart."""

from math import log

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn.functional import normalize, softplus, softsign

from hashviz.methods.base import Batch, HashLoss, Labels, Outputs, Scalar, Terms
from hashviz.methods.settings import Positive, Weight
from hashviz.metrics.labels import label_cosine, shared_labels, similar

Pairs = Float[Tensor, "batch batch"]


def pairwise_nll(
    theta: Float[Tensor, "rows columns"], similar: Bool[Tensor, "rows columns"]
) -> Float[Tensor, "rows columns"]:
    r"""Return the negative log-likelihood of each pair under $P(s = 1) = \sigma(\theta)$.

    $$-\log P(s \mid \theta) = \log(1 + e^\theta) - s\,\theta$$

    `softplus` keeps it finite for every $\theta$.
    """
    return softplus(theta) - similar * theta


def signs(outputs: Float[Tensor, "*n bits"]) -> Float[Tensor, "*n bits"]:
    """Return codes in {-1, +1} as floats, with sign(0) = +1; no gradient passes."""
    return torch.where(outputs >= 0, 1.0, -1.0).to(outputs.dtype)


def contrastive(outputs: Outputs, similar: Bool[Tensor, "batch batch"], margin: float) -> Pairs:
    r"""Return the contrastive loss of each pair, on squared Euclidean distances $d_{ij}$.

    $$s_{ij}\, d_{ij} + (1 - s_{ij}) \max(0, m - d_{ij}), \quad
      d_{ij} = \lVert u_i - u_j \rVert^2$$

    On codes $d$ is four times the Hamming distance.
    """
    d = squared_distances(outputs)
    return torch.where(similar, d, (margin - d).clamp(min=0))


def squared_distances(outputs: Outputs) -> Pairs:
    """Return the squared Euclidean distance of each pair, never below 0."""
    norms = outputs.square().sum(1)
    return (norms[:, None] + norms - 2 * outputs @ outputs.T).clamp(min=0)


def cosines(
    a: Float[Tensor, "rows bits"], b: Float[Tensor, "columns bits"]
) -> Float[Tensor, "rows columns"]:
    """Return the cosine of each row of `a` with each row of `b`; 0 where one of them is 0."""
    return normalize(a) @ normalize(b).T


def log_cosh(x: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
    r"""$\log\cosh x$, finite for every $x$: like $x^2/2$ near 0 and like $|x|$ far away."""
    return x.abs() + softplus(-2 * x.abs()) - log(2)


def pair_weights(labels: Labels, balanced: bool = True, graded: bool = True) -> Pairs:
    r"""Return HashNet's weights of pairs, 0 for (i, i): both kinds count alike.

    $$w_{ij} = \begin{cases} c_{ij} |S|/|S_1| & s_{ij} = 1 \\ |S|/|S_0| & s_{ij} = 0
               \end{cases}, \quad c_{ij} = \frac{|y_i \cap y_j|}{|y_i \cup y_j|}$$

    $S_1$ and $S_0$ are the similar and the other pairs of the batch, $S$ both; without `graded`
    $c_{ij} = 1$, without `balanced` every pair weighs 1.
    """
    other = ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    if not balanced:
        return other.float()
    y = labels.float()
    shared = y @ y.T
    union = y.sum(1)[:, None] + y.sum(1) - shared
    s = shared > 0
    positive, negative = (s & other).sum(), (~s & other).sum()
    pairs = positive + negative
    degree = shared / union.clamp(min=1) if graded else 1.0
    weight = torch.where(s, degree * pairs / positive.clamp(min=1), pairs / negative.clamp(min=1))
    return weight * other


def mean_over_pairs(values: Pairs) -> Scalar:
    """Sum over all pairs of two images, divided by their number."""
    n, itself = len(values), torch.eye(len(values), dtype=torch.bool, device=values.device)
    return values.masked_fill(itself, 0).sum() / max(n * (n - 1), 1)


def partly_similar(labels: Labels) -> Bool[Tensor, "batch batch"]:
    """Return which pairs share some of their labels, and not all."""
    shared, sizes = shared_labels(labels, labels), labels.float().sum(1)
    return (shared > 0) & (shared**2 < sizes[:, None] * sizes)  # exact, unlike a cosine below 1


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

    quantization_weight: Weight = 0.1
    memory: bool = False

    def set_up(self) -> None:
        size, labels = self.problem.train_size if self.memory else 0, self.problem.classes
        self.outputs = nn.Buffer(torch.zeros(size, self.problem.bits), persistent=False)
        self.labels = nn.Buffer(torch.zeros(size, labels, dtype=torch.bool), persistent=False)
        self.seen = nn.Buffer(torch.zeros(size, dtype=torch.bool), persistent=False)

    def forward(self, batch: Batch) -> Terms:
        u, others, labels = batch.outputs, batch.outputs, batch.labels
        if self.memory:
            self.outputs[batch.index] = u.detach()
            self.labels[batch.index] = labels
            self.seen[batch.index] = True
            others, labels = self.outputs[self.seen], self.labels[self.seen]
        nll = pairwise_nll(u @ others.T / 2, similar(batch.labels, labels))
        quantization = self.quantization_weight * (u - signs(u)).square().mean()
        return {"similarity": nll.mean(), "quantization": quantization}


class HashNet(HashLoss):
    r"""HashNet, Cao et al., ICCV 2017, https://arxiv.org/abs/1702.00758

    $$L = \sum_{s_{ij} \in S} w_{ij} \bigl(\log(1 + e^{\alpha h_i^\top h_j})
          - \alpha s_{ij} h_i^\top h_j\bigr), \quad h = \tanh(\beta u), \quad
      w_{ij} = c_{ij} \begin{cases} |S|/|S_1| & s_{ij} = 1 \\ |S|/|S_0| & s_{ij} = 0 \end{cases}$$

    with $c_{ij} = |y_i \cap y_j| / |y_i \cup y_j|$ for similar pairs and 1 otherwise. By
    continuation $\beta$ grows from 1, so that $\tanh(\beta u)$ approaches the sign.

    $c_{ij}$ is in the paper's equation; the authors' PyTorch program weighs similar pairs alike.

    Departs from the paper: $\alpha = 10/K$ as in the authors' program; $\beta = \sqrt{1 + 50 p}$
    with the progress $p$ in [0, 1], which is their schedule at its end (10,000 steps); $S_1$ and
    $S_0$ are counted in the batch, without the pairs (i, i); the sum is a mean.
    """

    continuation: bool = True
    balanced: bool = True

    def forward(self, batch: Batch) -> Terms:
        beta = (1 + 50 * batch.progress) ** 0.5 if self.continuation else 1.0
        h = torch.tanh(beta * batch.outputs)
        nll = pairwise_nll(10 / self.problem.bits * (h @ h.T), similar(batch.labels, batch.labels))
        return {"similarity": mean_over_pairs(pair_weights(batch.labels, self.balanced) * nll)}


class DSH(HashLoss):
    r"""Deep supervised hashing, Liu et al., CVPR 2016, https://doi.org/10.1109/CVPR.2016.227

    $$L = \frac1{N(N-1)} \sum_{i<j} \bigl(s_{ij} \lVert u_i - u_j \rVert^2
          + (1 - s_{ij}) \max(0,\, m - \lVert u_i - u_j \rVert^2)\bigr)
          + \alpha \frac1N \sum_i \bigl\lVert |u_i| - 1 \bigr\rVert_1, \quad m = 2K$$

    The margin grows with the code length: 2K on squared distances asks for K/2 different bits.
    There is no squashing; only the second term keeps the outputs near the codes.

    Departs from the paper: one weight counts both images of a pair in the second term once each,
    as the authors' program does, not once per pair; batches are those of the recipe.
    """

    quantization_weight: Weight = 0.01

    def forward(self, batch: Batch) -> Terms:
        u = batch.outputs
        pairs = contrastive(u, similar(batch.labels, batch.labels), 2.0 * self.problem.bits)
        return {
            "contrastive": mean_over_pairs(pairs) / 2,
            "quantization": self.quantization_weight * (u.abs() - 1).abs().sum(1).mean(),
        }


class DHN(HashLoss):
    r"""Deep hashing network, Zhu et al., AAAI 2016, https://ojs.aaai.org/index.php/AAAI/article/view/10235

    $$L = \sum_{i \ne j} \bigl(\log(1 + e^{h_i^\top h_j}) - s_{ij}\, h_i^\top h_j\bigr)
          + \lambda \sum_i \sum_k \log\cosh(|h_{ik}| - 1), \quad h = \tanh(u)$$

    The second term is the likelihood of a distribution with one peak at -1 and one at +1.

    Departs from the paper: both sums are means, the second over images and bits.
    """

    quantization_weight: Weight = 0.2

    def forward(self, batch: Batch) -> Terms:
        h = torch.tanh(batch.outputs)
        nll = pairwise_nll(h @ h.T, similar(batch.labels, batch.labels))
        return {
            "similarity": mean_over_pairs(nll),
            "quantization": self.quantization_weight * log_cosh(h.abs() - 1).mean(),
        }


class DCH(HashLoss):
    r"""Deep Cauchy hashing, Cao et al., CVPR 2018, https://openaccess.thecvf.com/content_cvpr_2018/html/Cao_Deep_Cauchy_Hashing_CVPR_2018_paper.html

    $$L = \sum_{i \ne j} w_{ij} \Bigl(s_{ij} \log\frac{d_{ij}}{\gamma}
          + \log\bigl(1 + \frac{\gamma}{d_{ij}}\bigr)\Bigr)
          + \lambda \sum_i \log\Bigl(1 + \frac{d(|h_i|, \mathbf 1)}{\gamma}\Bigr), \quad
      d(a, b) = \frac K2 (1 - \cos(a, b))$$

    with $h = \tanh(u)$ and $w_{ij} = |S|/|S_1|$ for similar pairs, $|S|/|S_0|$ for others, so that
    both kinds count as much. It is the likelihood under the Cauchy probability
    $P(s = 1) = \gamma / (\gamma + d)$: the smaller $\gamma$, the harder similar images are
    pressed into a small Hamming ball.

    For a similar pair the two logarithms are $\log(1 + d/\gamma)$, which is 0 at distance 0 where
    the formula as written has $-\infty + \infty$.

    Departs from the paper: K/200 is added to the distance of a pair that is not similar, so that
    the loss is finite when its two codes coincide; pairs are counted in the batch, without the
    pairs (i, i); both sums are means, the second over images. With `graded` a similar pair weighs
    $|y_i \cap y_j| / |y_i \cup y_j|$ of that, as in HashNet; neither the authors' program nor
    DeepHash-pytorch does so.
    """

    gamma: Positive = 20.0
    quantization_weight: Weight = 0.1
    balanced: bool = True
    graded: bool = False

    def forward(self, batch: Batch) -> Terms:
        h, half_bits = torch.tanh(batch.outputs), self.problem.bits / 2
        d = half_bits * (1 - cosines(h, h)).clamp(min=0)
        similarity = torch.where(
            similar(batch.labels, batch.labels),
            torch.log1p(d / self.gamma),
            torch.log1p(self.gamma / (d + half_bits / 100)),
        )
        # The distance of |h| to the vector of ones.
        q = half_bits * (1 - cosines(h.abs(), torch.ones_like(h[:1]))).clamp(min=0)
        weight = pair_weights(batch.labels, self.balanced, self.graded)
        return {
            "similarity": mean_over_pairs(weight * similarity),
            "quantization": self.quantization_weight * torch.log1p(q / self.gamma).mean(),
        }


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
        some = partly_similar(y)
        hard = pairwise_nll(5 * product, similar(y, y))
        weight = self.partial_weight * self.problem.bits
        soft = weight * ((product + 1) / 2 - label_cosine(y, y)).square()
        return {
            "similarity": mean_over_pairs(hard.masked_fill(some, 0)),
            "partial": mean_over_pairs(soft.masked_fill(~some, 0)),
            "quantization": self.quantization_weight * (h.abs() - 1).abs().mean(),
        }
