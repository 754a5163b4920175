"""Two stages: first the best codes for the labels, without looking; then a network learns them."""

from typing import Annotated, Literal

import numpy as np
import torch
from jaxtyping import Bool, Float, Shaped
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from hashviz.methods.base import Batch, Terms
from hashviz.methods.center import Voted
from hashviz.methods.pairwise import signs
from hashviz.methods.settings import Rule
from hashviz.metrics.labels import similar

Codes = Float[np.ndarray, "sets bits"]
LabelSets = Bool[np.ndarray, "sets classes"]
Counts = Shaped[np.ndarray, " sets"]
"""Images with the same labels have the same code: a row each, and how many images carry them."""


def improve_codes(codes: Codes, labels: LabelSets, counts: Counts, sweeps: int) -> Codes:
    r"""Lower the error of codes by setting one bit after the other to its best value.

    $$\lVert H H^\top - K S \rVert_F^2 = \sum_{a,b} n_a n_b (h_a^\top h_b - K s_{ab})^2, \quad
      s_{ab} = \pm 1$$

    is the error over all pairs of images, as a sum over sets of labels with $n_a$ images each. With
    all others fixed the best value of one bit is known, so the error never rises; a sweep visits
    every bit of every label set, and sweeps end early when one changes nothing.
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


def relax_codes(
    codes: Codes, labels: LabelSets, counts: Counts, sweeps: int, rng: np.random.Generator
) -> Codes:
    r"""Lower the same error of real codes in [-1, 1] by Newton steps on one entry at a time.

    $$\delta = \operatorname{clip}\Bigl(-\frac{f'}{f''},\, -1 - h_{ak},\, 1 - h_{ak}\Bigr), \quad
      f' = 4 \sum_b n_b l_{ab} h_{bk}, \quad
      f'' = 4 \sum_b n_b h_{bk}^2 + 4 n_a (h_{ak}^2 + l_{aa})$$

    with $L = H H^\top - K S$, up to a common factor: where no two images have the same labels, the
    steps of Xia et al. A sweep visits all rows and their bits in random order. Where
    $f'' \le 0$ there is no minimum to step to, and the entry goes downhill to its bound.
    """
    columns = codes.T.astype(np.float64)
    bits, rows = columns.shape
    similarity = bits * (2.0 * similar(labels, labels) - 1)
    for _ in range(sweeps):
        for a in rng.permutation(rows):
            residual = columns[:, a] @ columns - similarity[a]
            for k in rng.permutation(bits):
                column = columns[k]
                h, weighted = column[a], counts * column
                slope = weighted @ residual
                curvature = weighted @ column + counts[a] * (h * h + residual[a])
                step = -slope / curvature if curvature > 0 else -2 * np.sign(slope)
                step = min(max(step, -1 - h), 1 - h)
                residual += step * column
                column[a] += step
                residual[a] += step * column[a]
    return columns.T


class CNNH(Voted):
    r"""Convolutional neural network hashing, Xia et al., AAAI 2014, https://doi.org/10.1609/aaai.v28i1.8952

    $$\min_{H \in [-1, 1]^{N \times K}} \Bigl\lVert S - \frac1K H H^\top \Bigr\rVert_F^2, \qquad
      L = -\frac1{NK} \sum_{i,k} \log\sigma(b_{ik} u_{ik}), \quad b = \operatorname{sign}(h)$$

    First stage: codes of the training images, from the similarities $s_{ij} = \pm 1$ alone, by
    Newton steps on one entry of the relaxed H after the other (`relax_codes`). Second stage: a
    network whose sigmoid units regress the signs.

    The sum rewards every bit beyond K/2 between strangers. C codes (C even) can be so far apart on
    average that it falls $1 - (\frac{C-2}{C-1})^2$ below that of orthogonal codes, 36 % with six
    classes and 21 % with ten. The nearest two classes pay: of ten at 24 bits, 12 bits apart become
    10 or 11.

    `first_stage="centers"` is not the paper's: it takes hash centers, a closed form. Single labels
    have one center per class; label sets start at the bitwise majority of their centers and go
    downhill one bit at a time (`improve_codes`). `centers` names the code book, which the default
    does not use.

    Departs from the paper: images with the same labels are one row of H, counted as often as they
    occur. The paper gives every image a row with a start of its own; on one-label sets of 600 and
    1,438 images such rows were the same after ten sweeps, at the same sum within 2 %. An image
    without labels has no code, and its target is half-way. Without class units beside the bits (the
    paper's CNNH+). Trained without having seen all labels before (`prepare`), the majority of
    centers is the target.
    """

    first_stage: Literal["relaxation", "centers"] = "relaxation"
    sweeps: Annotated[int, Rule("0 (where it starts) or more", lambda n: n >= 0)] = 10

    def set_up(self) -> None:
        super().set_up()
        # Follows from labels and settings, so it is not kept with the weights.
        empty = torch.zeros(self.problem.train_size, self.problem.bits, dtype=torch.int8)
        self.codes: Tensor = nn.Buffer(empty, persistent=False)

    def prepare(self, labels: Bool[Tensor, "train classes"]) -> None:
        """Run the first stage; after a relaxation a center is the majority of its class's codes."""
        sets, which, counts = labels.cpu().unique(dim=0, return_inverse=True, return_counts=True)
        # An image without labels is similar to none, not even to its like: it has no target.
        labeled = sets.any(1)
        found = torch.zeros(len(sets), self.problem.bits)
        given = sets[labeled].numpy(), counts[labeled].numpy(), self.sweeps
        if self.first_stage == "relaxation":
            rng = np.random.default_rng(self.problem.seed)
            start = rng.uniform(-1, 1, (int(labeled.sum()), self.problem.bits))
            found[labeled] = signs(torch.from_numpy(relax_codes(start, *given, rng)).float())
            votes = sets.T.float() @ (found * counts[:, None])
            seen = labels.any(0)
            self.codebook[seen] = signs(votes).to(self.codebook)[seen]
        else:
            start = self.targets(sets[labeled].to(self.codebook.device)).cpu().numpy()
            several = bool((sets.sum(1) > 1).any())
            found[labeled] = torch.from_numpy(improve_codes(start, *given) if several else start)
        self.codes = found[which].to(self.codes)

    def forward(self, batch: Batch) -> Terms:
        target = self.codes[batch.index].float()
        target = torch.where(target == 0, self.targets(batch.labels), target)
        loss = binary_cross_entropy_with_logits(batch.outputs, (target + 1) / 2)
        return {"regression": loss}
