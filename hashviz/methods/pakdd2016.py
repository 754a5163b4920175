"""Guo, Zhang and Li 2016: codes learned by classification, bits kept independent by two layers."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional

from hashviz.config import unknown
from hashviz.methods.base import Batch, HashLoss, Problem, check_weights
from hashviz.methods.classify import classification
from hashviz.models.backbone import Backbone
from hashviz.models.networks import HashNetwork, linear_head

HASH_LAYERS = {
    "linear": "one linear unit per bit over all features",
    "grouped": "divide and encode: each bit sees its own group of features",
    "maxout": "each bit is the difference of two maxima of linear units",
}
CLASSIFIERS = {
    "softmax": "cross-entropy; with several labels per image one binary cross-entropy per class",
    "hinge": "squared hinge, one class against the rest",
}


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
    hash_layer: str = "grouped",
    group_size: int = 16,
    pieces: int = 2,
) -> HashNetwork:
    """Build a backbone and one of three hash layers; outputs are not rectified.

    "grouped" has a layer of `group_size` rectified units per bit before the groups, as in DNNH (Lai
    et al., CVPR 2015, 50 per bit); with `group_size=0` the backbone's own features are divided.
    "maxout" has 2 x `pieces` linear units per bit.

    Raises:
        ValueError: for an unknown layer, for groups or maxima of nothing, or for more bits than
            features to divide.
    """
    features = backbone.features
    if hash_layer not in HASH_LAYERS:
        raise unknown("hash layer", hash_layer, HASH_LAYERS)
    if pieces < 1:
        raise ValueError(f"A maximum is over 1 or more linear units, got pieces={pieces}.")
    if group_size < 0:
        raise ValueError(
            "group_size is the number of units per bit, or 0 to divide the backbone's own "
            f"features, got group_size={group_size}."
        )
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

    Raises:
        ValueError: for a negative weight or an unknown classifier.
    """

    def __init__(
        self,
        problem: Problem,
        *,
        decorrelation_weight: float = 0.01,
        balance_weight: float = 0.1,
        quantization_weight: float = 0.01,
        classifier: str = "softmax",
    ) -> None:
        super().__init__()
        self.weights = {
            "decorrelation": decorrelation_weight,
            "balance": balance_weight,
            "quantization": quantization_weight,
        }
        check_weights("Guo 2016", self.weights)
        if classifier not in CLASSIFIERS:
            raise unknown("classifier", classifier, CLASSIFIERS)
        self.hinge = classifier == "hinge"
        self.multi_label = problem.multi_label
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(problem.seed)
            self.classify = nn.Linear(problem.bits, problem.classes)

    def forward(self, batch: Batch) -> dict[str, Float[Tensor, ""]]:
        h, weights = torch.tanh(batch.outputs), self.weights
        terms = {"classification": self._classification(self.classify(h), batch.labels)}
        if weights["decorrelation"]:
            terms["decorrelation"] = weights["decorrelation"] * decorrelation(h)
        if weights["balance"]:
            terms["balance"] = weights["balance"] * h.mean(0).square().mean()
        if weights["quantization"]:
            terms["quantization"] = weights["quantization"] * (h.abs() - 1).square().mean()
        return terms

    def _classification(
        self, scores: Float[Tensor, "batch classes"], labels: Bool[Tensor, "batch classes"]
    ) -> Float[Tensor, ""]:
        if self.hinge:
            return (1 - (2 * labels.float() - 1) * scores).clamp(min=0).square().sum(1).mean()
        return classification(scores, labels, self.multi_label)


def decorrelation(h: Float[Tensor, "batch bits"]) -> Float[Tensor, ""]:
    r"""Return the squared distance of the bits' covariance from the identity, per bit.

    $$\frac1K \Bigl\lVert \frac1N \sum_i \bar h_i \bar h_i^\top - I \Bigr\rVert_F^2$$
    """
    n, bits = h.shape
    centered = h - h.mean(0)
    covariance = centered.T @ centered / n
    return (covariance - torch.eye(bits, device=h.device)).square().sum() / bits
