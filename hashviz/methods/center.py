"""Losses towards hash centers: every class has a code, and its images are pulled to it."""

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from hashviz.centers import make_centers
from hashviz.config import unknown
from hashviz.methods.base import Batch, HashLoss, Problem
from hashviz.methods.pairwise import signs

TIES = ("label-set", "shared")


class CSQ(HashLoss):
    r"""Central similarity quantization, Yuan et al., CVPR 2020, https://arxiv.org/abs/1908.00347

    $$L = \frac1{NK} \sum_{i,k} \operatorname{BCE}\Bigl(\frac{1 + h_{ik}}2, \frac{1 + c_{ik}}2\Bigr)
          + \lambda \frac1{NK} \sum_{i,k} (|h_{ik}| - 1)^2, \quad h = \tanh(u)$$

    where $c_i$ is the center of the image's class, or the bitwise majority of the centers of its
    classes. Since $(1 + \tanh u)/2 = \sigma(2u)$ the first term is a cross-entropy with logit $2u$,
    finite for every $u$.

    Departs from the paper: the second term is the square, not $\log\cosh$; `centers` are Hadamard
    rows without constant or repeated columns, where the paper takes the first rows
    (`centers="hadamard-first"`), and exist for 12, 20, 24, 28, 36 and 48 bits too; with `ties` =
    "label-set" a bit on which an image's centers disagree evenly is decided by the label set, where
    the paper fills it from one random vector for all images (`ties="shared"`), which draws images
    without a common label together.
    """

    centers: Tensor
    tie_breaker: Tensor

    def __init__(
        self,
        problem: Problem,
        *,
        quantization_weight: float = 0.05,
        centers: str = "auto",
        ties: str = "label-set",
    ) -> None:
        super().__init__()
        if ties not in TIES:
            raise unknown("rule for ties", ties, TIES)
        self.quantization_weight = quantization_weight
        placed = make_centers(centers, problem.classes, problem.bits, problem.seed)
        self.register_buffer("centers", torch.from_numpy(placed.astype(np.float32)))
        generator = torch.Generator().manual_seed(problem.seed)
        rows = problem.classes if ties == "label-set" else 1
        noise = torch.randn(rows, problem.bits, generator=generator).clamp(-3, 3)
        self.register_buffer("tie_breaker", noise.expand(problem.classes, -1).clone())

    def targets(self, labels: Bool[Tensor, "batch classes"]) -> Float[Tensor, "batch bits"]:
        """The code each image is pulled to: the majority of the centers of its classes.

        A vote is a whole number, so a nudge below 1/2 decides exactly the ties. An image without
        a label has no center; its target is 0, half-way between the codes.
        """
        y = labels.float()
        nudge = (y @ self.tie_breaker) / (6 * y.sum(1, keepdim=True).clamp(min=1) + 1)
        return signs(y @ self.centers + nudge) * labels.any(1, keepdim=True)

    def forward(self, batch: Batch) -> dict[str, Float[Tensor, ""]]:
        u = batch.outputs
        center = binary_cross_entropy_with_logits(2 * u, (self.targets(batch.labels) + 1) / 2)
        quantization = (torch.tanh(u).abs() - 1).square().mean()
        return {
            "center": center,
            "quantization": self.quantization_weight * quantization,
        }
