"""DFEH: a layer that enhances the picture before the network sees it, and a loss of three terms."""

from typing import Annotated, Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from hashviz.methods.base import Batch, HashLoss, Terms, plain_network
from hashviz.methods.pairwise import contrastive, mean_over_pairs
from hashviz.methods.settings import Rule, Weight, need_one
from hashviz.metrics.labels import similar
from hashviz.models.backbone import Backbone
from hashviz.models.networks import HashNetwork, norm

Pictures = Float[Tensor, "n channels height width"]
Enhancement = Literal["none", "channel", "spatial", "both"]


class FeatureEnhancement(nn.Module):
    r"""A picture of the same shape, with what matters amplified by gates.

    $$x' = x + P\,\operatorname{ReLU}\bigl(\ell + \text{up}(a \odot g \odot z)\bigr), \quad
      \ell = \text{conv}(x), \; z = r(r(\text{down}(\ell))), \;
      r(\cdot) = \operatorname{ReLU}(\operatorname{BN}(\text{conv}(\cdot)))$$

    with 3x3 convolutions to 16 channels, a gate per channel $g = \sigma(W_2 \operatorname{GELU}(W_1
    \operatorname{mean}_{hw} z))$, a gate per position $a = \sigma(\text{conv}_{7\times7}
    [\operatorname{mean}_c gz; \max_c gz])$ and a 1x1 convolution $P$ back to the channels of the
    picture. A gate that is off is 1. What is gated has half the resolution, which takes a quarter
    of the time.
    """

    def __init__(self, image_channels: int, kind: str, width: int = 16, reduction: int = 4) -> None:
        super().__init__()

        def conv(inputs: int, outputs: int, size: int, bias: bool = True) -> nn.Conv2d:
            return nn.Conv2d(inputs, outputs, size, padding=size // 2, bias=bias)

        self.lift = conv(image_channels, width, 3)
        self.body = nn.Sequential(
            conv(width, width, 3, bias=False), norm(width), nn.ReLU(),
            conv(width, width, 3, bias=False), norm(width), nn.ReLU(),
        )  # fmt: skip
        self.channel_gate = None
        if kind in ("channel", "both"):
            squeezed = width // reduction
            self.channel_gate = nn.Sequential(
                nn.AdaptiveAvgPool2d(1), conv(width, squeezed, 1), nn.GELU(),
                conv(squeezed, width, 1), nn.Sigmoid(),
            )  # fmt: skip
        self.spatial_gate = None
        if kind in ("spatial", "both"):
            self.spatial_gate = nn.Sequential(conv(2, 1, 7), nn.Sigmoid())
        self.project = conv(width, image_channels, 1)

    def forward(self, images: Pictures) -> Pictures:
        lifted = self.lift(images)
        z = self.body(functional.avg_pool2d(lifted, 2, ceil_mode=True))
        if self.channel_gate is not None:
            z = self.channel_gate(z) * z
        if self.spatial_gate is not None:
            z = self.spatial_gate(torch.cat([z.mean(1, True), z.amax(1, True)], 1)) * z
        z = functional.interpolate(z, lifted.shape[2:])
        return images + self.project(functional.relu(lifted + z))


class Enhanced(Backbone):
    """Any backbone, looking through the feature enhancement layer; stages and features are its."""

    before = "its feature enhancement layer"

    def __init__(self, backbone: Backbone, enhance: nn.Module) -> None:
        super().__init__()
        self.enhance = enhance
        self.extract = backbone
        self.features = backbone.features
        self.channels = backbone.channels
        self.normalization = backbone.normalization

    @property
    def core(self) -> Backbone:
        """The backbone behind the enhancement."""
        return self.extract

    def stages(self, images: Pictures) -> list[Tensor]:
        return self.extract.stages(self.enhance(images))

    def forward(self, images: Pictures) -> Float[Tensor, "n _"]:
        return self.extract(self.enhance(images))

    @torch.no_grad()
    def prepare(self, images: Pictures) -> None:
        """Adapt the backbone to what it will be shown: enhanced pictures."""
        self.extract.prepare(torch.cat([self.enhance(part) for part in images.split(250)]))


def dfeh_network(
    backbone: Backbone,
    image_channels: int,
    bits: int,
    *,
    enhancement: Enhancement = "both",
    hidden: int = 0,
) -> HashNetwork:
    """Build enhancement layer, feature extractor and hash layer; "none" omits the first.

    "channel" has a gate per channel, "spatial" one per position, "both" one after the other.
    Features of a frozen backbone go to the hash layer as they are: there is no picture to enhance.
    `hidden` units stand before the hash layer if more than 0.
    """
    if enhancement != "none":
        # Published weights want three channels, and a gray picture has become one of three.
        channels = len(backbone.normalization[0]) if backbone.normalization else image_channels
        backbone = Enhanced(backbone, FeatureEnhancement(channels, enhancement))
    return plain_network(backbone, image_channels, bits, hidden=hidden)


class DFEH(HashLoss):
    r"""Deep feature enhancement hashing, after the abstract, headings and tables of Zhao and Liu,
    Electronics 2022, https://doi.org/10.3390/electronics11152391

    $$L = \frac{w_c}{K} \operatorname*{mean}_{i<j} \tfrac12 \Bigl(s_{ij} \lVert u_i - u_j \rVert^2
          + (1 - s_{ij}) \max(0,\, mK - \lVert u_i - u_j \rVert^2)\Bigr)
          + \alpha \operatorname*{mean}_{i,k} \bigl||u_{ik}| - 1\bigr|
          + \beta \operatorname*{mean}_k \Bigl(\frac1N \sum_i u_{ik}\Bigr)^2$$

    On codes the squared distance is four times Hamming's, so the margin $mK$ with $m = 2$
    (`margin_per_bit`, at most 4: two opposite bits) asks for a distance of K/2 between images
    without a common label.
    `quantization="l2"` takes the square $(|u_{ik}| - 1)^2$, `balance="code"` the other reading of
    balance, $\operatorname{mean}_i (\frac1K \sum_k u_{ik})^2$. A term with weight 0 is left out.
    A batch without pairs has a contrastive term of 0.

    Documented: the order enhancement layer, extractor, hash layer, loss layer; the names of the
    three terms; that the enhancement layer helps extraction and removes redundant features;
    batches of 20 random images of each class (told of SVHN); a best regularization weight of 0.01
    among 0, 0.001, 0.01, 0.1; an ablation over the terms.
    Inferred: every equation here and in `FeatureEnhancement`; the contrastive term, its margin and
    the quantization term are those of DSH (Liu et al., CVPR 2016), whose code lengths, baselines
    and batches the paper shares; that the regularization weight is $\alpha$ as in DSH; $\beta$;
    batches of 20 per class on other data sets with one label per image, and ordinary batches where
    images have several (drawn by class, those with many labels come too often: of the pairs of
    `scenes` 62 % share a label then, and all outputs collapse to one); the backbone.
    Departs from the paper: it is open access (CC BY), but only its abstract, headings and tables
    could be read here, not its equations, so this is a reconstruction; the contrastive term is a
    mean over bits too, so that no weight depends on the code length; optimizer, epochs and backbone
    are those that suit the data set.
    """

    contrastive_weight: Weight = 1.0
    quantization_weight: Weight = 0.01
    balance_weight: Weight = 0.01
    margin_per_bit: Annotated[float, Rule("above 0 and at most 4", lambda m: 0 < m <= 4)] = 2.0
    quantization: Literal["l1", "l2"] = "l1"
    balance: Literal["bit", "code"] = "bit"

    def set_up(self) -> None:
        need_one(self, "contrastive_weight", "quantization_weight", "balance_weight")

    def forward(self, batch: Batch) -> Terms:
        u, bits = batch.outputs, self.problem.bits
        terms = {}
        if self.contrastive_weight:
            margin = self.margin_per_bit * bits
            pairs = contrastive(u, similar(batch.labels, batch.labels), margin)
            terms["contrastive"] = self.contrastive_weight * mean_over_pairs(pairs) / (2 * bits)
        if self.quantization_weight:
            distance = (u.abs() - 1).abs() ** (1 if self.quantization == "l1" else 2)
            terms["quantization"] = self.quantization_weight * distance.mean()
        if self.balance_weight:
            means = u.mean(0 if self.balance == "bit" else 1)
            terms["balance"] = self.balance_weight * means.square().mean()
        return terms
