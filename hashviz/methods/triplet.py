"""Losses over triplets: an image is nearer to one that is similar than to one that is not."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import softplus

from hashviz.methods.base import Batch, HashLoss, Labels, Outputs, Scalar, Terms
from hashviz.methods.pairwise import signs, squared_distances
from hashviz.methods.pakdd2016 import GroupSize, guo_network
from hashviz.methods.settings import Positive, Weight
from hashviz.metrics.labels import similar
from hashviz.models.backbone import Backbone
from hashviz.models.networks import HashNetwork

BLOCK = 128  # 128 images have up to two million triplets; 500 would have 125 million


def mean_over_triplets(
    outputs: Outputs,
    labels: Labels,
    closeness: Callable[[Tensor], Tensor],
    penalty: Callable[[Tensor], Tensor],
) -> Scalar:
    r"""Average a penalty on the lead of the similar image over all triplets of the batch.

    $$\operatorname*{mean}_{(q,\, p,\, n)\,:\; s_{qp} = 1,\, s_{qn} = 0,\, p \ne q}
      \ell(c_{qp} - c_{qn})$$

    A batch of more than 128 images is cut into equal blocks, and triplets are those inside a block:
    their number grows with the cube of the images. It is 0 where there is no triplet.
    """
    total, count = outputs.sum() * 0, torch.zeros((), device=outputs.device)
    blocks = -(-len(outputs) // BLOCK)
    for u, y in zip(outputs.tensor_split(blocks), labels.tensor_split(blocks), strict=True):
        c, s = closeness(u), similar(y, y)
        positive = s & ~torch.eye(len(u), dtype=torch.bool, device=u.device)
        triplet = positive[:, :, None] & ~s[:, None, :]
        total = total + (penalty(c[:, :, None] - c[:, None, :]) * triplet).sum()
        count = count + triplet.sum()
    return total / count.clamp(min=1)


def divided_network(
    backbone: Backbone, image_channels: int, bits: int, *, group_size: GroupSize = 16
) -> HashNetwork:
    """Build the network of DNNH: `group_size` rectified units per bit, one bit per group.

    With `group_size=0` the backbone's own features are divided among the bits.
    """
    return guo_network(backbone, image_channels, bits, hash_layer="grouped", group_size=group_size)


class DNNH(HashLoss):
    r"""Deep neural network hashing, Lai et al., CVPR 2015, https://arxiv.org/abs/1504.03410

    $$L = \sum_{(q,\, p,\, n)} \max\bigl(0,\, 1 + \lVert f_q - f_p \rVert^2
          - \lVert f_q - f_n \rVert^2\bigr), \quad f = \sigma(u) \in (0, 1)^K$$

    over triplets in which p is similar to q and n is not. The network divides and encodes: each bit
    sees its own group of units (`divided_network`). A bit is 1 where $f > 1/2$, where $u > 0$.

    Departs from the paper: triplets are all those of the batch (in blocks of 128 images) and their
    loss is a mean; groups have 16 units, not 50, because backbones here are small; $f$ is not
    pressed to 0 and 1 by the piecewise threshold, beyond which no gradient passes; the backbone is
    that of the recipe, not a network in network.
    """

    margin: Positive = 1.0

    def forward(self, batch: Batch) -> Terms:
        triplets = mean_over_triplets(
            torch.sigmoid(batch.outputs),
            batch.labels,
            closeness=lambda f: -squared_distances(f),
            penalty=lambda lead: (self.margin - lead).clamp(min=0),
        )
        return {"triplet": triplets}


class DTSH(HashLoss):
    r"""Deep triplet-supervised hashing, Wang et al., ACCV 2016, https://arxiv.org/abs/1612.03900

    $$L = -\sum_{(q,\, p,\, n)} \bigl(\theta_{qp} - \theta_{qn} - \alpha
          - \log(1 + e^{\theta_{qp} - \theta_{qn} - \alpha})\bigr)
          + \eta \sum_i \lVert b_i - u_i \rVert^2$$

    with $\theta_{ij} = \tfrac12 u_i^\top u_j$, $b_i = \operatorname{sign}(u_i)$ and the margin
    $\alpha = K/2$: with codes, n is asked to have K/2 more different bits than p, as many as
    strangers have on average. A triplet costs $\log(1 + e^{\alpha - \theta_{qp} + \theta_{qn}})$,
    finite for all outputs.

    Departs from the paper: triplets are all those of the batch (in blocks of 128 images), not drawn
    from a memory of all images; both sums are means, the second over images and bits.
    """

    quantization_weight: Weight = 0.1

    def forward(self, batch: Batch) -> Terms:
        u = batch.outputs
        triplets = mean_over_triplets(
            u,
            batch.labels,
            closeness=lambda u: u @ u.T / 2,
            penalty=lambda lead: softplus(self.problem.bits / 2 - lead),
        )
        quantization = (u - signs(u)).square().mean()
        return {"triplet": triplets, "quantization": self.quantization_weight * quantization}
