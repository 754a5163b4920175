"""Losses towards hash centers: every class has a code, and its images are pulled to it."""

from typing import Annotated, Literal

import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits

from hashviz.centers import make_centers, measure_centers
from hashviz.methods.base import Batch, HashLoss, Labels, Outputs, Terms
from hashviz.methods.classify import classification
from hashviz.methods.pairwise import cosines, signs
from hashviz.methods.settings import Positive, Rule, Weight
from hashviz.models.backbone import Backbone
from hashviz.models.networks import HashNetwork, norm


class Centered(HashLoss):
    """A loss with a hash center per class, placed by the scheme `centers`; see `hashviz.centers`.

    `codebook` holds the centers, a run keeps them.
    """

    centers: str = "auto"

    def set_up(self) -> None:
        problem = self.problem
        placed = make_centers(self.centers, problem.classes, problem.bits, problem.seed)
        self.codebook = nn.Buffer(torch.from_numpy(placed).float())


class Voted(Centered):
    """A loss that pulls an image to one code, the bitwise majority of the centers of its classes.

    A bit without majority is decided by the label set, or with `shared_ties` by one random vector.
    """

    shared_ties = False

    def set_up(self) -> None:
        super().set_up()
        problem = self.problem
        generator = torch.Generator().manual_seed(problem.seed)
        rows = 1 if self.shared_ties else problem.classes
        noise = torch.randn(rows, problem.bits, generator=generator).clamp(-3, 3)
        self.tie_breaker = nn.Buffer(noise.expand(problem.classes, -1).clone())

    def targets(self, labels: Labels) -> Outputs:
        """Return the code each image is pulled to: the majority of the centers of its classes.

        A vote is a whole number, so a nudge below 1/2 decides exactly the ties. An image without
        a label has no center; its target is 0, half-way between the codes.
        """
        y = labels.float()
        nudge = (y @ self.tie_breaker) / (6 * y.sum(1, keepdim=True).clamp(min=1) + 1)
        return signs(y @ self.codebook + nudge) * labels.any(1, keepdim=True)


class CSQ(Voted):
    r"""Central similarity quantization, Yuan et al., CVPR 2020, https://arxiv.org/abs/1908.00347

    $$L = \frac1{NK} \sum_{i,k} \operatorname{BCE}\Bigl(\frac{1 + h_{ik}}2, \frac{1 + c_{ik}}2\Bigr)
          + \lambda \frac1{NK} \sum_{i,k} (|h_{ik}| - 1)^2, \quad h = \tanh(u)$$

    where $c_i$ is the center of the image's class, or the bitwise majority of the centers of its
    classes. Since $(1 + \tanh u)/2 = \sigma(2u)$ the first term is a cross-entropy with logit $2u$,
    finite for every $u$.

    Departs from the paper: the second term is the square, not $\log\cosh$; `centers` are the
    farthest apart that the package can place, for any length and without constant or repeated
    columns, where the paper takes the first rows of a Hadamard matrix (`centers="hadamard-first"`);
    with `ties` = "label-set" a bit on which an image's centers disagree evenly is decided by the
    label set, where the paper fills it from one random vector for all images (`ties="shared"`),
    which draws images without a common label together.
    """

    quantization_weight: Weight = 0.05
    ties: Literal["label-set", "shared"] = "label-set"

    def set_up(self) -> None:
        self.shared_ties = self.ties == "shared"
        super().set_up()

    def forward(self, batch: Batch) -> Terms:
        u = batch.outputs
        center = binary_cross_entropy_with_logits(2 * u, (self.targets(batch.labels) + 1) / 2)
        quantization = (torch.tanh(u).abs() - 1).square().mean()
        return {"center": center, "quantization": self.quantization_weight * quantization}


class DPN(Centered):
    r"""Deep polarized network, Fan et al., IJCAI 2020, https://www.ijcai.org/Proceedings/2020/115

    $$L = \frac1N \sum_i \sum_k \max(0,\, m - u_{ik}\, c_{ik})
          + \lambda \frac1{NK} \sum_{i,k} u_{ik}^2$$

    where $c_i$ is the center of the image's class: every output has to be on the side of its bit by
    a margin $m$, and is then left alone. An image with several labels has the mean of the hinges of
    its centers; where they disagree evenly, every output within the margin costs the same.

    Departs from the paper: centers are the best of the package, where the paper draws random
    codes (`centers="random"`) or far-apart ones (`centers="greedy"`); the mean over own centers is
    a sum there; centers stay where they are (the paper's adaptive ones follow the codes); the small
    second term, optional in the authors' program, is on.
    """

    margin: Positive = 1.0
    regularization_weight: Weight = 0.01

    def forward(self, batch: Batch) -> Terms:
        u, y = batch.outputs, batch.labels.float()
        # A hinge depends on the bit alone, so each image needs the shares of +1 and -1 only.
        plus = y @ (self.codebook > 0).float() / y.sum(1, keepdim=True).clamp(min=1)
        minus = y @ (self.codebook < 0).float() / y.sum(1, keepdim=True).clamp(min=1)
        hinges = plus * (self.margin - u).clamp(min=0) + minus * (self.margin + u).clamp(min=0)
        return {
            "polarization": hinges.sum(1).mean(),
            "regularization": self.regularization_weight * u.square().mean(),
        }


def normalized_network(backbone: Backbone, image_channels: int, bits: int) -> HashNetwork:
    """Build the network of OrthoHash: a linear hash layer without bias, then batch norm.

    As in the authors' program, batch norm learns a scale and a shift per bit. Over a batch of
    training an output has the mean of its shift and the spread of its scale, 0 and 1 at the start:
    every bit begins balanced, and stays so only as far as the loss leaves its shift near 0.
    """
    linear = nn.Linear(backbone.features, bits, bias=False)
    nn.init.normal_(linear.weight, std=backbone.features**-0.5)
    momentum = norm(bits).momentum
    head = nn.Sequential(linear, nn.BatchNorm1d(bits, momentum=momentum))
    return HashNetwork(backbone, head, image_channels)


class OrthoHash(Centered):
    r"""One loss for all, Hoe et al., NeurIPS 2021, https://arxiv.org/abs/2109.14449

    $$L = -\frac1N \sum_i \log \frac{e^{s (\cos(u_i, c_{y_i}) - m)}}
          {e^{s (\cos(u_i, c_{y_i}) - m)} + \sum_{k \ne y_i} e^{s \cos(u_i, c_k)}}$$

    with fixed centers $c$, the scale $s$ and the margin $m$ on the own class alone. A cosine of 1
    means that the code *is* the center and nothing is lost in its sign; so there is no
    quantization term. Batch norm in the hash layer (`normalized_network`) starts with balanced
    bits. Images with several labels have the target $y / |y|$ and the margin on each own class.

    Departs from the paper: centers are the best of the package, where the paper draws random codes
    (`centers="random"`) and shows that Hadamard rows do as well.
    """

    scale: Positive = 8.0
    margin: float = 0.2

    def forward(self, batch: Batch) -> Terms:
        cosine = cosines(batch.outputs, self.codebook) - self.margin * batch.labels
        # Soft targets y / |y| for several labels too, hence never one cross-entropy per class.
        scores = self.scale * cosine
        return {"classification": classification(scores, batch.labels, multi_label=False)}


class HHF(HashLoss):
    r"""Hashing-guided hinge function on proxy anchors, Xu et al., TMM 2022, https://arxiv.org/abs/2112.02225

    $$L = \frac1{|P^+|} \sum_{p \in P^+} \log\Bigl(1 + \sum_{i \in p}
            \bigl(e^{\alpha [1 - \delta - \cos(u_i, p)]_+} - 1\bigr)\Bigr)
        + \frac1C \sum_p \log\Bigl(1 + \sum_{i \notin p}
            \bigl(e^{\alpha [\cos(u_i, p) - \zeta - \delta]_+} - 1\bigr)\Bigr)
        + \beta \frac BN \sum_i \lVert \operatorname{sign}(u_i) - u_i \rVert^2, \quad
      \zeta = 1 - \frac{2 d^*}K$$

    with one learned proxy $p$ per class; $P^+$ are those with an image in the batch. $d^*$ is how
    far apart so many codes can be: beyond that distance there is nothing to gain, and the hinges
    let go; without them the loss pushes on for ever, against itself. The authors' $\beta = 0.001$
    multiplies a sum over the bits and the B = 85 images of their batch; so it does here, for a
    batch of any size. As the weight of a mean over images and bits it is $85 \beta K$, 2 at 24
    bits.

    For single labels, though the authors ran it on MS-COCO as well. Nothing is at cosine
    $1 - \delta$ to several proxies that are themselves far apart (at most $1/\sqrt n$ to n
    orthogonal ones), so with several labels the first hinges never let go; on the drawn scenes, two
    labels per image, all codes become one and retrieval is at chance. The authors' sequel for
    several labels (HyP2) has another loss.

    Departs from the paper: $d^*$ is the smallest distance in this project's best code book for so
    many classes and bits, where the paper looks up the best known linear code with at least so many
    words; proxies start with variance 1 (theirs with 2/C) and learn at the rate of the network
    (theirs at ten times that); the last sum is scaled from the batch at hand to theirs (B/N).
    """

    BATCH = 85
    """Images in a batch of the authors, over which their last term is a sum."""

    alpha: Annotated[float, Rule("above 0 and at most 40", lambda x: 0 < x <= 40)] = 16.0
    delta: Annotated[float, Rule("a cosine from 0 to below 1", lambda x: 0 <= x < 1)] = 0.2
    quantization_weight: Weight = 0.001

    def set_up(self) -> None:
        problem = self.problem
        code_book = make_centers("auto", problem.classes, problem.bits, problem.seed)
        self.zeta = 1 - 2 * measure_centers(code_book).minimum / problem.bits
        generator = torch.Generator().manual_seed(problem.seed)
        self.proxies = nn.Parameter(torch.randn(problem.classes, problem.bits, generator=generator))

    def forward(self, batch: Batch) -> Terms:
        u, own = batch.outputs, batch.labels
        cosine = cosines(u, self.proxies)
        near = (1 - self.delta - cosine).clamp(min=0)
        far = (cosine - self.zeta - self.delta).clamp(min=0)
        # log(1 + sum(e^x - 1)): with x <= 2 alpha <= 80 nothing overflows.
        positive = torch.log1p((torch.expm1(self.alpha * near) * own).sum(0))
        negative = torch.log1p((torch.expm1(self.alpha * far) * ~own).sum(0))
        quantization = (signs(u) - u).square().sum(1).mean()
        return {
            "positive": positive.sum() / own.any(0).sum().clamp(min=1),
            "negative": negative.mean(),
            "quantization": self.quantization_weight * self.BATCH * quantization,
        }
