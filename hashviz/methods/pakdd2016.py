"""Guo, Zhang and Li 2016: codes learned by classification, bits kept independent by two layers."""

from typing import Annotated, Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from hashviz.methods.base import Batch, HashLoss, Outputs, Scalar, Terms
from hashviz.methods.classify import classification
from hashviz.methods.settings import Count, Rule, Weight
from hashviz.models.backbone import Backbone
from hashviz.models.networks import HashNetwork, linear_head

HashLayer = Literal["linear", "grouped", "maxout"]
GroupSize = Annotated[int, Rule("0 (the features are divided) or more", lambda n: n >= 0)]


class Grouped(nn.Module):
    r"""Divide and encode: bit k is a linear unit over its own group of features.

    $$u_k = w_k^\top x^{(k)} + c_k$$

    The features are cut into K runs of equal length, or of lengths that differ by one.
    """

    group: Tensor

    def __init__(self, features: int, bits: int) -> None:
        super().__init__()
        owner = torch.arange(features) * bits // features
        self.register_buffer("group", owner == torch.arange(bits)[:, None], persistent=False)
        self.weight = nn.Parameter(torch.randn(bits, features) * (bits / features) ** 0.5)
        self.bias = nn.Parameter(torch.zeros(bits))

    def forward(self, features: Float[Tensor, "n features"]) -> Float[Tensor, "n bits"]:
        return functional.linear(features, self.weight * self.group, self.bias)


class Maxout(nn.Module):
    r"""The difference of two maxima of linear units, so that a bit takes both signs.

    $$u_k = \max_{j \le m} (w_{kj}^\top x + c_{kj}) - \max_{j \le m} (v_{kj}^\top x + e_{kj})$$
    """

    def __init__(self, features: int, bits: int, pieces: int) -> None:
        super().__init__()
        self.shape = (2, bits, pieces)
        self.units = linear_head(features, 2 * bits * pieces)

    def forward(self, features: Float[Tensor, "n features"]) -> Float[Tensor, "n bits"]:
        upper, lower = self.units(features).unflatten(1, self.shape).amax(3).unbind(1)
        return upper - lower


def guo_network(
    backbone: Backbone,
    image_channels: int,
    bits: int,
    *,
    hash_layer: HashLayer = "grouped",
    group_size: GroupSize = 16,
    pieces: Count = 2,
) -> HashNetwork:
    """Build a backbone and one of three hash layers; outputs are not rectified.

    "linear" has one unit per bit over all features. In "grouped" each bit sees its own group: of
    `group_size` rectified units per bit, as in DNNH (Lai et al., CVPR 2015, 50 per bit), or with
    `group_size=0` of the backbone's own features. In "maxout" it is the difference of two maxima
    of `pieces` linear units.

    Raises:
        ValueError: for more bits than features to divide.
    """
    features = backbone.features
    if hash_layer == "linear":
        head = linear_head(features, bits)
    elif hash_layer == "maxout":
        head = Maxout(features, bits, pieces)
    elif group_size:
        units = group_size * bits
        head = nn.Sequential(nn.Linear(features, units), nn.ReLU(), Grouped(units, bits))
    elif features < bits:
        raise ValueError(
            f"Each bit needs a feature of its own, got {features} features for {bits} bits; "
            "set group_size to 1 or more, or take fewer bits or a wider backbone."
        )
    else:
        head = Grouped(features, bits)
    return HashNetwork(backbone, head, image_channels)


class Guo2016(HashLoss):
    r"""Hash learning by classification, after the abstract of Guo, Zhang and Li, PAKDD 2016,
    https://doi.org/10.1007/978-3-319-31753-3_19 (not CNNH, which learns from pairs)

    $$L = \operatorname{CE}(\operatorname{softmax}(V h), y)
          + \frac{\lambda_1}K \Bigl\lVert \frac1N \sum_i \bar h_i \bar h_i^\top - I \Bigr\rVert_F^2
          + \lambda_2 \operatorname*{mean}_k \Bigl(\frac1N \sum_i h_{ik}\Bigr)^2
          + \lambda_3 \operatorname*{mean}_{i,k} (|h_{ik}| - 1)^2, \quad h = \tanh(u)$$

    where $\bar h = h - \frac1N \sum_i h_i$. The second term is 0 for bits that are independent,
    balanced and saturated. With `classifier="hinge"` the first one is
    $\sum_c \max(0, 1 - t_c (Vh)_c)^2$ with $t_c = \pm 1$; images with several labels have a binary
    cross-entropy per class instead of the softmax, summed over classes. A term with weight 0 is
    left out. An image without a label is not classified by the softmax. One code per class has
    C - 1 independent bits at most, so what decorrelates more of them varies within classes:
    $\lambda_1$ trades independence for retrieval, and is small.

    Documented: supervision by classification (no pairs); a new loss layer and a new hash layer,
    compared with baselines that lack one or both; independent bits; CIFAR-10 and SVHN; maxout,
    dropout and deeply-supervised nets (hence the squared hinge) among the references. In the
    authors' earlier arXiv 1509.01354 the code is a threshold at 0 of a classifier's activations.
    Inferred: both layers with all their equations and weights. The grouped hash layer is DNNH's;
    the loss layer asks for what independence means, uncorrelated balanced bits.
    Departs from the paper: its layers could not be read here, so this is a reconstruction;
    activations are not rectified before the threshold, since a rectified one is never below it.
    """

    decorrelation_weight: Weight = 0.01
    balance_weight: Weight = 0.1
    quantization_weight: Weight = 0.01
    classifier: Literal["softmax", "hinge"] = "softmax"

    def set_up(self) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.problem.seed)
            self.classify = nn.Linear(self.problem.bits, self.problem.classes)

    def forward(self, batch: Batch) -> Terms:
        h = torch.tanh(batch.outputs)
        scores, labels = self.classify(h), batch.labels
        if self.classifier == "hinge":
            hinges = (1 - (2 * labels.float() - 1) * scores).clamp(min=0)
            terms = {"classification": hinges.square().sum(1).mean()}
        else:
            terms = {"classification": classification(scores, labels, self.problem.multi_label)}
        if self.decorrelation_weight:
            terms["decorrelation"] = self.decorrelation_weight * decorrelation(h)
        if self.balance_weight:
            terms["balance"] = self.balance_weight * h.mean(0).square().mean()
        if self.quantization_weight:
            terms["quantization"] = self.quantization_weight * (h.abs() - 1).square().mean()
        return terms


def decorrelation(h: Outputs) -> Scalar:
    r"""Return the squared distance of the bits' covariance from the identity, per bit.

    $$\frac1K \Bigl\lVert \frac1N \sum_i \bar h_i \bar h_i^\top - I \Bigr\rVert_F^2$$
    """
    n, bits = h.shape
    centered = h - h.mean(0)
    covariance = centered.T @ centered / n
    return (covariance - torch.eye(bits, device=h.device)).square().sum() / bits
