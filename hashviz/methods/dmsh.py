"""DMSH: features of several scales in a pyramid, fused into one code whose origin stays visible."""

from typing import Annotated, Literal

import torch
from jaxtyping import Bool, Float, Shaped
from torch import Tensor, nn
from torch.nn import functional

from hashviz.methods.base import Batch, HashLoss, Labels, Outputs, Scalar, Scores, Terms
from hashviz.methods.classify import linear_classifier
from hashviz.methods.pairwise import pairwise_nll, signs
from hashviz.methods.settings import Count, Rule, Weight
from hashviz.metrics.labels import similar
from hashviz.models.backbone import Backbone
from hashviz.models.networks import HashNetwork, linear_head, norm

GLOBAL = "global"
GRID = 2  # the global branch sees the last map in so many rows and columns


class DMSH(HashLoss):
    r"""Deep multi-scale hashing, Redaoui et al., ICAITA 2022, https://doi.org/10.1007/978-3-031-28540-0_4

    After the abstract of the paper; its equations could not be read, these are a reconstruction:

    $$L = \frac1{|S|} \sum_{i \ne j} w_{ij}
          \bigl(\log(1 + e^{\theta_{ij}}) - s_{ij}\theta_{ij}\bigr)
          + \alpha \frac1{NK} \sum_{i,k} (u_{ik} - \operatorname{sign} u_{ik})^2
          + \beta \, L_{\text{cls}}$$

    with $\theta_{ij} = \tfrac12 u_i^\top u_j$ and the pairs weighted as in HashNet,
    $w_{ij} = |S| / |S_1|$ for the similar and $|S| / |S_0|$ for the dissimilar ones: each kind is
    averaged by itself, and a batch without one kind has the other alone. $L_{\text{cls}}$ is the
    cross-entropy of a linear classifier on $\tanh(u)$, or one cross-entropy per class where images
    have several labels; with `focusing` $\gamma > 0$ it is the focal loss, weighted by
    $(1 - p)^\gamma$. The network is `MultiScaleNetwork`.

    Documented: features come from several convolution layers and not from the last alone, to add
    structure to its semantics; they are fused into one representation that is hashed; CIFAR-10 and
    NUS-WIDE; feature pyramids and the focal loss are cited. From DFPH, the sister paper of the same
    laboratory (Information 14(1):6): a top-down pyramid, a 3x3 and a 1x1 convolution per scale,
    and single-scale variants without the top-down path.
    Inferred (reconstruction): every equation above and every weight, the tapped layers, that this
    paper has the pyramid too, that features rather than codes are fused, the global branch (from
    the sequel MDFF-SH, J. Imaging 11(1):20), the widths.

    Departs from the paper: its backbone is unknown, any backbone of this project serves; batch norm
    inside the scales, so that the optimizers of this project train them; the loss has no term of a
    scale alone.
    """

    quantization_weight: Weight = 0.1
    classification_weight: Weight = 1.0
    balanced: bool = True
    focusing: Annotated[float, Rule("0 (cross-entropy) or more", lambda g: g >= 0)] = 0.0

    def set_up(self) -> None:
        self.classifier = linear_classifier(self.problem) if self.classification_weight else None

    def forward(self, batch: Batch) -> Terms:
        u = batch.outputs
        terms = {
            "similarity": self.similarity(u, similar(batch.labels, batch.labels)),
            "quantization": self.quantization_weight * (u - signs(u)).square().mean(),
        }
        if self.classifier is not None:
            classification = self.classification(self.classifier(torch.tanh(u)), batch.labels)
            terms["classification"] = self.classification_weight * classification
        return terms

    def similarity(self, u: Outputs, similar: Bool[Tensor, "batch batch"]) -> Scalar:
        """Average over all pairs, or with `balanced` add the averages of both kinds."""
        nll = pairwise_nll(u @ u.T / 2, similar)
        other = ~torch.eye(len(u), dtype=torch.bool, device=u.device)
        kinds = (similar & other, ~similar & other) if self.balanced else (other,)
        return torch.stack([(nll * kind).sum() / kind.sum().clamp(min=1) for kind in kinds]).sum()

    def classification(self, scores: Scores, labels: Labels) -> Scalar:
        """Average over labeled images, and over classes where they may have several."""
        y = labels.float()
        if self.problem.multi_label:
            nll = functional.binary_cross_entropy_with_logits(scores, y, reduction="none").mean(1)
            if self.focusing:
                each = functional.softplus(torch.where(labels, -scores, scores))
                nll = ((1 - torch.exp(-each)) ** self.focusing * each).mean(1)
        else:
            nll = -(torch.log_softmax(scores, 1) * y).sum(1)
            nll = (1 - torch.exp(-nll)) ** self.focusing * nll if self.focusing else nll
        labeled = labels.any(1)
        return (nll * labeled).sum() / labeled.sum().clamp(min=1)


class FeatureFusion(nn.Module):
    r"""Fusion before the hash layer: one linear layer over the features of all branches.

    $$u = W [q_1; \dots; q_B] + c = \sum_b \Bigl(W_b q_b + \frac cB\Bigr)$$
    """

    def __init__(self, branches: int, width: int, bits: int) -> None:
        super().__init__()
        self.branches = branches
        self.fuse = linear_head(branches * width, bits)

    def forward(self, features: Float[Tensor, "n _"]) -> Float[Tensor, "n bits"]:
        return self.fuse(features)

    def contributions(self, features: Float[Tensor, "n _"]) -> Float[Tensor, "n scales bits"]:
        """Return the summands of the outputs, one per branch; the bias in equal parts."""
        parts = features.unflatten(1, (self.branches, -1))
        weight = self.fuse.weight.unflatten(1, (self.branches, -1))
        return torch.einsum("nbw,kbw->nbk", parts, weight) + self.fuse.bias / self.branches


class CodeFusion(nn.Module):
    r"""Fusion behind the hash layers: every branch has relaxed codes, every bit is put to the vote.

    $$u_k = \sum_b a_{bk} h_{bk}, \quad h_b = \tanh(W_b q_b + c_b)$$

    Bit $k$ of the fused code is decided by bit $k$ of the branches alone. The votes $a_{bk}$ are
    learned and begin at $1/B$, the mean.
    """

    def __init__(self, branches: int, width: int, bits: int) -> None:
        super().__init__()
        self.hash_layers = nn.ModuleList(linear_head(width, bits) for _ in range(branches))
        self.votes = nn.Parameter(torch.full((branches, bits), 1 / branches))

    def forward(self, features: Float[Tensor, "n _"]) -> Float[Tensor, "n bits"]:
        return self.contributions(features).sum(1)

    def contributions(self, features: Float[Tensor, "n _"]) -> Float[Tensor, "n scales bits"]:
        """Return the weighted votes of every branch."""
        parts = features.unflatten(1, (len(self.hash_layers), -1)).unbind(1)
        codes = [torch.tanh(layer(q)) for layer, q in zip(self.hash_layers, parts, strict=True)]
        return self.votes * torch.stack(codes, 1)


FUSIONS = {"features": FeatureFusion, "codes": CodeFusion}


class MultiScaleNetwork(HashNetwork):
    r"""A backbone tapped at several stages, a top-down pyramid, one feature vector per scale.

    $$P_l = \operatorname{conv}_{1 \times 1}(C_l) + \operatorname{up}(P_{l+1}), \quad
      q_l = \operatorname{conv}_{1 \times 1}\bigl(\operatorname{mean}
            \operatorname{ReLU}(\operatorname{BN}(\operatorname{conv}_{3 \times 3}(P_l)))\bigr)$$

    $C_l$ is the map of stage $l$, and $l + 1$ the next coarser scale that is on: a scale alone has
    no top-down path. The mean over the map comes before the 1x1 convolution, which it commutes
    with. `embed` gives the vectors of all branches end to end, finest first; `head` fuses them.

    `scales` is "all", which takes every stage there is (a single one too), or the numbers of the
    stages that are on, such as "2,3" (a network with five is usually tapped at "3,4,5": its finest
    maps are large). `global_branch` adds the last map as a whole, in 2x2 parts.

    Raises:
        ValueError: when no scale is on or the backbone lacks one.
    """

    head: FeatureFusion | CodeFusion

    def __init__(
        self,
        backbone: Backbone,
        image_channels: int,
        bits: int,
        *,
        scales: str = "all",
        fusion: Literal["features", "codes"] = "features",
        global_branch: bool = False,
        width: Count = 64,
    ) -> None:
        on = self.on = scales_on(scales, len(backbone.channels))
        head = FUSIONS[fusion](len(on) + global_branch, width, bits)
        super().__init__(backbone, head, image_channels)
        self.laterals = nn.ModuleList(nn.Conv2d(backbone.channels[s], width, 1) for s in on)
        self.details = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(width, width, 3, padding=1, bias=False), norm(width), nn.ReLU(),
                nn.AdaptiveAvgPool2d(1), nn.Conv2d(width, width, 1), nn.Flatten(),
            )
            for _ in on
        )  # fmt: skip
        self.whole = None
        if global_branch:
            pooled = GRID**2 * backbone.channels[-1]
            self.whole = nn.Sequential(
                nn.AdaptiveMaxPool2d(GRID), nn.Flatten(), nn.Linear(pooled, width), nn.ReLU()
            )
        # "1" is the finest scale.
        self.scales = (*(str(s + 1) for s in on), *((GLOBAL,) if global_branch else ()))

    def contributions(self, features: Float[Tensor, "n _"]) -> Float[Tensor, "n scales bits"]:
        return self.head.contributions(features)

    def embed(self, images: Shaped[Tensor, "n ..."]) -> Float[Tensor, "n _"]:
        """Return the features of all branches; given features pass through."""
        if images.ndim == 2:
            return images
        maps = self.backbone.maps((images.float() - self.mean) / self.std)
        branches = [] if self.whole is None else [self.whole(maps[-1])]
        above = None
        layers = list(zip(self.on, self.laterals, self.details, strict=True))
        for stage, lateral, details in reversed(layers):
            level = lateral(maps[stage])
            if above is not None:
                level = level + functional.interpolate(above, size=level.shape[2:])
            branches.insert(0, details(level))
            above = level
        return torch.cat(branches, 1)


def scales_on(scales: str, stages: int) -> tuple[int, ...]:
    """Return the stages, counted from 0, that a setting such as "all" or "2,3" turns on.

    Raises:
        ValueError: when it switches on none, one twice, or one that there is not.

    >>> scales_on("all", 3), scales_on("2,3", 3)
    ((0, 1, 2), (1, 2))
    """
    if scales == "all":
        return tuple(range(stages))
    numbers = [word.strip() for word in scales.split(",")]
    known = [str(number + 1) for number in range(stages)]
    if len(set(numbers)) < len(numbers) or not set(numbers) <= set(known):
        raise ValueError(
            "At least one scale is on: 'all', or some of the backbone's stages "
            f"({', '.join(known)}; 1 is the finest) with commas between, got scales={scales!r}."
        )
    return tuple(sorted(known.index(number) for number in numbers))
