"""Losses by classification: codes from which a linear classifier reads the labels."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from hashviz.methods.base import Batch, HashLoss, Labels, Outputs, Problem, Scalar, Scores, Terms
from hashviz.methods.pairwise import signs
from hashviz.methods.settings import Weight


def linear_classifier(problem: Problem) -> nn.Linear:
    """Build one linear unit per class on the bits; the first weights follow the seed alone."""
    classifier = nn.Linear(problem.bits, problem.classes)
    generator = torch.Generator().manual_seed(problem.seed)
    nn.init.normal_(classifier.weight, std=problem.bits**-0.5, generator=generator)
    nn.init.zeros_(classifier.bias)
    return classifier


def classification(scores: Scores, labels: Labels, multi_label: bool) -> Scalar:
    r"""Return the mean cross-entropy of the images, from logits.

    $$-\frac1N \sum_i \sum_c \frac{y_{ic}}{|y_i|} \log\operatorname{softmax}(s_i)_c
      \quad\text{or}\quad
      -\frac1N \sum_i \sum_c \bigl(y_{ic} \log\sigma(s_{ic})
      + (1 - y_{ic}) \log\sigma(-s_{ic})\bigr)$$

    The second form is for data with several labels per image. An image without a label adds
    nothing to the first.
    """
    y = labels.float()
    if multi_label:
        return binary_cross_entropy_with_logits(scores, y, reduction="none").sum(1).mean()
    y = y / y.sum(1, keepdim=True).clamp(min=1)
    return -(y * scores.log_softmax(1)).sum(1).mean()


def straight_through_sign(outputs: Float[Tensor, "*n bits"]) -> Float[Tensor, "*n bits"]:
    """Return exact codes in {-1, +1}; the gradient passes unchanged, as if through the identity."""
    return signs(outputs) + (outputs - outputs.detach())


class Classifying(HashLoss):
    """A loss with a linear classifier on the bits."""

    def set_up(self) -> None:
        self.classifier = linear_classifier(self.problem)

    def classify(self, codes: Outputs, labels: Labels) -> Scalar:
        """Return the mean cross-entropy of images with such codes."""
        return classification(self.classifier(codes), labels, self.problem.multi_label)


class DLBHC(Classifying):
    r"""Deep learning of binary hash codes, Lin et al., CVPRW 2015, https://doi.org/10.1109/CVPRW.2015.7301269

    $$L = -\frac1N \sum_i \log\operatorname{softmax}(V a_i + c)_{y_i}, \quad a = \sigma(u)$$

    A classifier on a latent layer of K sigmoid units, and nothing else: a bit is 1 where
    $a > 1/2$, where $u > 0$.

    Departs from the paper: first weights are those of this project's layers, and the classifier
    learns at the same rate; images with several labels have one cross-entropy per class. The
    paper's second, finer search among the candidates by real features is not part of a code.
    """

    def forward(self, batch: Batch) -> Terms:
        return {"classification": self.classify(torch.sigmoid(batch.outputs), batch.labels)}


class SSDH(Classifying):
    r"""Supervised semantics-preserving deep hashing, Yang et al., TPAMI 2018, https://arxiv.org/abs/1507.00101

    $$L = \frac\alpha N \sum_i \operatorname{CE}(V a_i + c, y_i)
          - \frac\beta{2NK} \sum_{i,k} \bigl(a_{ik} - \tfrac12\bigr)^2
          + \frac\gamma{2N} \sum_i \Bigl(\frac1K \sum_k a_{ik} - \tfrac12\Bigr)^2, \quad
      a = \sigma(u)$$

    The second term drives units away from 1/2; it is negative, and so the loss can be. The third is
    called a firing rate of 50 %, but it averages over the bits of one image: half of the bits of
    every *code* are 1, and a single bit may still be constant.

    Departs from the paper: $\alpha = 1$ always; images with several labels have one cross-entropy
    per class.
    """

    quantization_weight: Weight = 1.0
    balance_weight: Weight = 1.0

    def forward(self, batch: Batch) -> Terms:
        a = torch.sigmoid(batch.outputs)
        forced = -(a - 0.5).square().mean() / 2
        balance = (a.mean(1) - 0.5).square().mean() / 2
        return {
            "classification": self.classify(a, batch.labels),
            "quantization": self.quantization_weight * forced,
            "balance": self.balance_weight * balance,
        }


class GreedyHash(Classifying):
    r"""Greedy hash, Su et al., NeurIPS 2018, https://papers.nips.cc/paper/7360-greedy-hash-towards-fast-optimization-for-accurate-hash-coding-in-cnn

    $$L = \frac1N \sum_i \operatorname{CE}(V b_i + c, y_i)
          + \alpha \frac1{NK} \sum_{i,k} \bigl| |u_{ik}| - 1 \bigr|^3, \quad
      b = \operatorname{sign}(u), \quad \frac{\partial b}{\partial u} := 1$$

    The classifier sees exact codes in training too. The gradient passes the sign as if it were not
    there; the cubic term keeps $u$ near its sign, so that this is nearly true.

    Departs from the paper: the classifier has a bias $c$, that of the authors' program has none;
    sign(0) = +1, where a program's sign leaves 0 as a third value; images with several labels have
    one cross-entropy per class.
    """

    quantization_weight: Weight = 0.1

    def forward(self, batch: Batch) -> Terms:
        u = batch.outputs
        return {
            "classification": self.classify(straight_through_sign(u), batch.labels),
            "quantization": self.quantization_weight * ((u.abs() - 1).abs() ** 3).mean(),
        }
