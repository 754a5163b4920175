"""Hybrid centers: as many hash centers per image as labels, as anchors of triplets and as votes."""

from math import comb
from typing import Literal

import torch
from torch.nn.functional import binary_cross_entropy_with_logits, relu

from hashviz.methods.base import Batch, Labels, Outputs, Scalar, Terms
from hashviz.methods.center import CSQ
from hashviz.methods.pairwise import partly_similar
from hashviz.methods.settings import Weight, need_one
from hashviz.metrics.labels import label_cosine, similar


class HybridCenters(CSQ):
    r"""Hybrid loss of global center and local alignment, Liu et al., ICANN 2023, https://doi.org/10.1007/978-3-031-44204-9_27

    After the abstract of the paper (Y. Liu, Y. Pan, J. Yin); its equations could not be read, these
    are a reconstruction. Image $i$ owns the centers of its labels, $A_i = \{c_k : y_{ik} = 1\}$;
    $h = \tanh(u)$, and distances are shares of the bits, $D(a, h) = (1 - a^\top h / K) / 2$.

    $$L = \lambda_T L_T + \lambda_P L_P + \lambda_G L_G + \lambda_Q L_Q$$
    $$L_T = \operatorname*{mean}_{i,\; c \in A_i,\; j : y_i^\top y_j = 0}
            \bigl[m + D(c, h_i) - D(c, h_j)\bigr]_+$$
    $$L_P = \operatorname*{mean}_{i \ne j : 0 < r_{ij} < 1}
            \bigl(1 - D(h_i, h_j) - t(r_{ij})\bigr)^2, \quad
      r_{ij} = \frac{y_i^\top y_j}{\lVert y_i \rVert \lVert y_j \rVert}$$

    $L_T$ (local): nearer to each own center than any image of the batch without a common label is.
    $L_P$: images that share a part of their labels are as alike as their labels. $L_G$ (global):
    CSQ's cross-entropy towards the bitwise majority of $A_i$. $L_Q$: mean of $(|h| - 1)^2$. An
    average over nothing is 0; an image with one label has one center and no partial pairs with its
    like.

    Geometry. Centers are K/2 apart, and a code cannot be near several of them: that nearest to $n$
    centers on average is their majority, at `majority_distance` from each,

    | labels | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 |
    |---|---|---|---|---|---|---|---|---|
    | distance / K | 0 | .25 | .25 | .3125 | .3125 | .34375 | .34375 | .36328 |

    while a stranger is at 1/2. So the gap that a margin can ask for is 1/2 for single labels, 1/4
    for two, and .137 for eight: $m = 1/8$ (K/8 bits) is feasible up to eight labels, and a margin
    above 1/4 (1/2 for single labels) is refused, because triplets would stay active for ever. The
    share of active triplets is noted in the history.

    Documented: as many binary centers per image as labels; they anchor triplets made with
    dissimilar images; a loss of partial similarity for pairs that share some labels; a hybrid of
    global and local parts; multi-label data sets.
    Inferred (reconstruction): every equation above, the distance, the margin, which negatives (all
    of the batch), all weights, that $L_G$ stands beside $L_T$, its majority target, the placement
    of the centers.

    Departs from the paper: $t(r) = (1 + r)/2$ (`partial_target="angle"`), the cosine of the
    codes is that of the labels. IDHN, which the paper cites, has $t(r) = r$ ("product"): there
    two images {a, b} and {a, c}, $r = 1/2$, are sent to distance K/2, where strangers are, and
    {a, b, c} and {a, d, e} beyond. Centers and ties are those of this project's CSQ.
    """

    triplet_weight: Weight = 1.0
    partial_weight: Weight = 1.0
    global_weight: Weight = 1.0
    quantization_weight: Weight = 0.1
    margin: float = 0.125
    partial_target: Literal["angle", "product"] = "angle"

    def set_up(self) -> None:
        super().set_up()
        need_one(self, "triplet_weight", "partial_weight", "global_weight")
        bits, near = self.problem.bits, majority_distance(2 if self.problem.multi_label else 1)
        if not 0 <= self.margin <= 0.5 - near:
            raise ValueError(
                f"A margin is a share of the bits from 0 to {0.5 - near}: the best code for an "
                f"image is {near * bits:g} of {bits} bits from each of its centers, and strangers "
                f"are {bits / 2:g} bits away; got margin={self.margin:g}, use margin=0.125."
            )

    def forward(self, batch: Batch) -> Terms:
        u, y = batch.outputs, batch.labels
        h = torch.tanh(u)
        terms = {}
        if self.triplet_weight:
            triplets, self.notes["active triplets"] = self.triplets(h, y)
            terms["triplet"] = self.triplet_weight * triplets
        if self.partial_weight:
            terms["partial"] = self.partial_weight * self.partial(h, y)
        if self.global_weight:
            aims = (self.targets(y) + 1) / 2
            terms["global"] = self.global_weight * binary_cross_entropy_with_logits(2 * u, aims)
        terms["quantization"] = self.quantization_weight * (h.abs() - 1).square().mean()
        return terms

    def triplets(self, h: Outputs, labels: Labels) -> tuple[Scalar, Scalar]:
        """Return the mean violation of the triplets, and the share of them that is violated."""
        distance = (1 - h @ self.codebook.T / h.shape[1]) / 2
        stranger = ~similar(labels, labels)
        image, center = labels.nonzero(as_tuple=True)
        own = distance[image, center]
        violation = relu(self.margin + own[:, None] - distance.T[center]) * stranger[image]
        count = stranger[image].sum().clamp(min=1)
        return violation.sum() / count, (violation.detach() > 0).sum() / count

    def partial(self, h: Outputs, labels: Labels) -> Scalar:
        """Return the mean squared gap between likeness of codes and labels over partial pairs."""
        some = partly_similar(labels)
        r = label_cosine(labels, labels)
        target = (1 + r) / 2 if self.partial_target == "angle" else r
        likeness = (1 + h @ h.T / h.shape[1]) / 2
        return ((likeness - target).square() * some).sum() / some.sum().clamp(min=1)


def majority_distance(labels: int) -> float:
    r"""Return the distance of a majority of centers from each of them, as a share of the bits.

    $$\frac12 - \binom{2m}{m} 2^{-2m-1}, \quad m = \lfloor n/2 \rfloor$$

    Expected for centers with independent bits, ties decided at random. A bit of one center differs
    from the majority only when the others outvote it; an even number of labels gains nothing over
    the odd number above it.

    >>> [majority_distance(n) for n in (1, 2, 3, 4, 5)]
    [0.0, 0.25, 0.25, 0.3125, 0.3125]
    """
    half = labels // 2
    return 0.5 - comb(2 * half, half) / 2 ** (2 * half + 1)
