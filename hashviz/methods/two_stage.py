"""Two stages: first the best codes for the labels, without looking; then a network learns them."""

import numpy as np
import torch
from jaxtyping import Bool, Float, Shaped
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from hashviz.labels import similar
from hashviz.methods.base import Batch, Problem
from hashviz.methods.center import CSQ


def code_error(
    codes: Float[np.ndarray, "sets bits"],
    labels: Bool[np.ndarray, "sets classes"],
    counts: Shaped[np.ndarray, " sets"],
) -> float:
    r"""How far the products of codes are from similarity, over all pairs of images.

    $$\lVert H H^\top - K S \rVert_F^2 = \sum_{a,b} n_a n_b (h_a^\top h_b - K s_{ab})^2, \quad
      s_{ab} = \pm 1$$

    Images with the same labels have the same code, so the sum is over sets of labels, each with the
    number of images that carry it.
    """
    residual = codes @ codes.T - codes.shape[1] * (2.0 * similar(labels, labels) - 1)
    return float(counts @ residual**2 @ counts)


def improve_codes(
    codes: Float[np.ndarray, "sets bits"],
    labels: Bool[np.ndarray, "sets classes"],
    counts: Shaped[np.ndarray, " sets"],
    sweeps: int,
) -> Float[np.ndarray, "sets bits"]:
    """Codes with a smaller `code_error`, by setting one bit after the other to its best value.

    With all others fixed the best value of one bit is known, so the error never rises; a sweep
    visits every bit of every label set, and sweeps end early when one changes nothing.
    """
    columns = codes.T.astype(np.float64)
    for _ in range(sweeps):
        changed = False
        for a in range(len(codes)):
            # The product of a code with itself is K whatever its bits are.
            weight = counts * (np.arange(len(codes)) != a)
            s = 2.0 * similar(labels[a : a + 1], labels)[0] - 1
            residual = columns[:, a] @ columns - len(columns) * s
            for column in columns:
                rest = residual - column[a] * column
                if column[a] * ((weight * column) @ rest) > 0:
                    column[a] *= -1
                    residual = rest + column[a] * column
                    changed = True
        if not changed:
            break
    return columns.T.astype(codes.dtype)


class CNNH(CSQ):
    r"""Convolutional neural network hashing, Xia et al., AAAI 2014, https://doi.org/10.1609/aaai.v28i1.8952

    $$\min_{H \in \{-1, +1\}^{N \times K}} \lVert H H^\top - K S \rVert_F^2, \qquad
      L = -\frac1{NK} \sum_{i,k} \log\sigma(h_{ik} u_{ik})$$

    First stage: codes of the training images, from the similarities $s_{ij} = \pm 1$ alone. Second
    stage: a network whose sigmoid units regress them.

    For single labels the first stage is a code book, one center per class: similar images have the
    same code, and no two classes can be much farther apart. To go on downhill from there lowers the
    sum by up to a fifth, because it rewards every bit beyond K/2, but at the cost of the nearest
    two classes: 12 bits apart become 9 of 24. For several labels it starts at the bitwise majority
    of the centers and goes downhill one bit at a time (`improve_codes`).

    Departs from the paper: there the first stage relaxes the codes to [-1, 1], starts at random and
    takes Newton steps over all N images; here codes stay codes and images with the same labels are
    one row, which is the same sum. Without class units beside the bits (the paper's CNNH+). Trained
    without having seen all labels before (`prepare`), the majority itself is the target.
    """

    codes: Tensor

    def __init__(self, problem: Problem, *, sweeps: int = 10, centers: str = "auto") -> None:
        super().__init__(problem, centers=centers)
        if sweeps < 0:
            raise ValueError(f"sweeps of CNNH are 0 (majority only) or more, got sweeps={sweeps}.")
        self.sweeps = sweeps
        # Follows from labels and settings, so it is not kept with the weights.
        empty = torch.zeros(problem.train_size, problem.bits, dtype=torch.int8)
        self.register_buffer("codes", empty, persistent=False)

    def prepare(self, labels: Bool[Tensor, "train classes"]) -> None:
        """The first stage."""
        sets, which, counts = labels.cpu().unique(dim=0, return_inverse=True, return_counts=True)
        found = self.targets(sets.to(self.centers.device)).cpu()
        if (sets.sum(1) > 1).any():
            improved = improve_codes(found.numpy(), sets.numpy(), counts.numpy(), self.sweeps)
            # An image without labels is similar to none, not even to its like: it has no target.
            found = torch.from_numpy(improved) * sets.any(1, keepdim=True)
        self.codes = found[which].to(self.codes)

    def forward(self, batch: Batch) -> dict[str, Float[Tensor, ""]]:
        target = self.codes[batch.index].float()
        target = torch.where(target == 0, self.targets(batch.labels), target)
        loss = binary_cross_entropy_with_logits(batch.outputs, (target + 1) / 2)
        return {"regression": loss}
