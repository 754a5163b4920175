"""Hyperplanes learned from pairs of images: MLH and BRE."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from hashviz.methods.base import Outputs
from hashviz.methods.fitted.kernel import draw_rows
from hashviz.methods.fitted.projections import Features, Labels, LinearEncoder
from hashviz.methods.pairwise import signs
from hashviz.metrics.labels import similar

Pairs = Int[Tensor, "2 pairs"]


def hinge_losses(bits: int, radius: int) -> Float[Tensor, "2 _"]:
    r"""Return the loss of each Hamming distance $d$, for dissimilar (row 0) and similar pairs.

    $$\ell(d, 0) = \frac{\max(\rho + 1 - d, 0)}{\rho + 1}, \qquad
      \ell(d, 1) = \frac{\max(d - \rho + 1, 0)}{K - \rho + 1}$$
    """
    distance = torch.arange(bits + 1, dtype=torch.double)
    dissimilar = (radius + 1 - distance).clamp(min=0) / (radius + 1)
    return torch.stack([dissimilar, (distance - radius + 1).clamp(min=0) / (bits - radius + 1)])


def worst_codes(
    a: Outputs, b: Outputs, losses: Float[Tensor, "batch _"]
) -> tuple[Outputs, Outputs]:
    r"""Return codes $g, h \in \{-1, +1\}^K$ that maximize $\ell(d(g, h)) + g^\top a + h^\top b$.

    For a given number of differing bits it is best to let those differ where that costs least, so
    one sort replaces the search over $4^K$ pairs of codes.
    """
    together, apart = a + b, a - b
    gain, order = (apart.abs() - together.abs()).sort(1, descending=True)
    reached = torch.nn.functional.pad(gain.cumsum(1), (1, 0)) + losses
    first = torch.arange(a.shape[1]) < reached.argmax(1, keepdim=True)
    differs = torch.empty_like(first).scatter_(1, order, first)
    shared, opposed = signs(together), signs(apart)
    return torch.where(differs, opposed, shared), torch.where(differs, -opposed, shared)


def fit_mlh(
    features: Features,
    labels: Labels,
    bits: int,
    seed: int,
    *,
    subset: int = 2000,
    radius: float = 0.35,
    similar_share: float = 0.5,
    iterations: int = 20_000,
    batch: int = 100,
    learning_rate: float = 0.1,
    momentum: float = 0.9,
    decay: float = 1e-3,
) -> LinearEncoder:
    r"""Minimal loss hashing, Norouzi and Fleet, ICML 2011.

    $$\min_W \sum_{i,j} \max_{g, h} \big[ \ell(d(g, h), s_{ij}) + g^\top W x_i + h^\top W x_j \big]
          - \lVert W x_i \rVert_1 - \lVert W x_j \rVert_1 \;\ge\; \sum_{i,j} \ell(d_{ij}, s_{ij})$$

    with codes $g, h \in \{-1, +1\}^K$ and a hinge on the Hamming distance (`hinge_losses`) at
    `radius` times the bits. The maximum is exact (`worst_codes`); $W$ follows by stochastic
    gradient descent with momentum. `similar_share` of each batch are pairs that share a label.

    Departs from the paper: as in the authors' code, each half of the hinge is divided by its
    largest value, weight decay replaces unit-length rows of $W$, and there are no offsets. Pairs
    come from at most `subset` images; the learning rate falls linearly to zero. `iterations`
    batches of 100 pairs take seconds; the authors' experiments take 50,000 such steps on small data
    sets and up to two millions on 22,000 images (50 and 2,000 rounds of 1,000).
    """
    generator = torch.Generator().manual_seed(seed)
    mean = features.mean(0)
    rows = draw_rows(len(features), subset, generator)
    x = (features[rows] - mean).float()
    norm = x.norm(dim=1).mean().clamp(min=1e-12)
    share = similar(labels[rows], labels[rows]).fill_diagonal_(True).flatten()
    pools = [(~share).nonzero()[:, 0], share.nonzero()[:, 0]]
    weight = descend(
        x / norm,
        pools,
        hinge_losses(bits, max(round(radius * bits), 1)).float(),
        0.1 * torch.randn(x.shape[1], bits, generator=generator),
        [batch - round(similar_share * batch), round(similar_share * batch)],
        iterations,
        (learning_rate, momentum, decay),
        generator,
    )
    return LinearEncoder(mean=mean, weight=(weight / norm).to(mean.dtype))


def descend(
    points: Float[Tensor, "n features"],
    pools: list[Int[Tensor, " _"]],
    losses: Float[Tensor, "2 _"],
    weight: Float[Tensor, "features bits"],
    drawn_from: list[int],
    iterations: int,
    rates: tuple[float, float, float],
    generator: torch.Generator,
) -> Float[Tensor, "features bits"]:
    """Descend on MLH's bound by stochastic gradients; see `fit_mlh`.

    The pools hold the dissimilar and the similar pairs as $i n + j$; so many are drawn from each.
    """
    learning_rate, momentum, decay = rates
    sizes = [size * (len(pool) > 0) for size, pool in zip(drawn_from, pools, strict=True)]
    size, block = sum(sizes), 1000
    table = losses.repeat_interleave(torch.tensor(sizes), 0)
    velocity = torch.zeros_like(weight)
    for begin in range(0, iterations, block):
        pairs = torch.cat([
            pool[torch.randint(len(pool), (block, size), generator=generator)]
            for size, pool in zip(sizes, pools, strict=True)
            if size
        ], 1)  # fmt: skip
        drawn_points = torch.cat([pairs // len(points), pairs % len(points)], 1)
        for step, rows in enumerate(drawn_points[: iterations - begin], begin):
            x = points[rows]
            outputs = x @ weight
            codes = torch.cat(worst_codes(outputs[:size], outputs[size:], table))
            rate = learning_rate * (1 - step / iterations)
            velocity.mul_(momentum).sub_(weight, alpha=rate * decay)
            velocity.addmm_(x.T, codes - signs(outputs), alpha=-rate / size)
            weight = weight + velocity
    return weight


def reconstruction_error(
    codes: Float[Tensor, "n bits"], pairs: Pairs, targets: Float[Tensor, " pairs"]
) -> Float[Tensor, ""]:
    r"""BRE's objective: $\frac12 \sum_{ij} (\hat d_{ij} - d_{ij})^2$ over the pairs."""
    distance = (codes[pairs[0]] != codes[pairs[1]]).double().mean(1)
    return (distance - targets).square().sum() / 2


def best_coordinate(
    slope: Float[Tensor, " n"],
    rest: Float[Tensor, " n"],
    pairs: Pairs,
    price: Float[Tensor, " pairs"],
) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
    r"""Return the $w$ that minimizes $\sum_{ij} p_{ij} [b_i \ne b_j]$, and that sum.

    With $b_i = \operatorname{sign}(w c_i + r_i)$ every point changes sides once, at $-r_i / c_i$,
    and a pair disagrees differently only between the thresholds of its two points: all intervals
    are summed in one pass over the sorted thresholds.
    """
    moving = slope != 0
    thresholds = torch.where(moving, -rest / torch.where(moving, slope, 1.0), torch.inf)
    ordered, order = thresholds.sort()
    rank = torch.empty_like(order).scatter_(0, order, torch.arange(len(order)))
    first = torch.where(moving, slope < 0, rest >= 0)
    differs = first[pairs[0]] != first[pairs[1]]
    change = torch.where(differs, -price, price)
    a, b = rank[pairs[0]], rank[pairs[1]]
    steps = torch.zeros(len(slope) + 2, dtype=price.dtype)
    steps.index_add_(0, torch.minimum(a, b) + 1, change)
    steps.index_add_(0, torch.maximum(a, b) + 1, -change)
    sums = (price * differs).sum() + steps.cumsum(0)[: int(moving.sum()) + 1]
    ordered = ordered[: len(sums) - 1]
    edges = torch.cat([ordered[:1] - 2, ordered, ordered[-1:] + 2])
    gaps = edges.diff()
    sums = torch.where(gaps > 1e-9 * edges[1:].abs(), sums, torch.inf)
    best = sums.argmin()
    return edges[best] + gaps[best] / 2, sums[best]


def reconstruct(
    kernels: Float[Tensor, "bits n anchors"],
    weight: Float[Tensor, "bits anchors"],
    pairs: Pairs,
    targets: Float[Tensor, " pairs"],
    sweeps: int,
) -> tuple[Float[Tensor, "bits anchors"], list[float]]:
    """Find the weights of BRE by exact coordinate descent, and the objective of each sweep.

    It stops when a sweep gains less than a thousandth.
    """
    weight = weight.clone()
    bits, anchors = weight.shape
    codes = signs((kernels @ weight[:, :, None])[:, :, 0].T)
    errors = [float(reconstruction_error(codes, pairs, targets))]
    for _ in range(sweeps):
        distance = (codes[pairs[0]] != codes[pairs[1]]).double().mean(1)
        for k in range(bits):
            differs = codes[pairs[0], k] != codes[pairs[1], k]
            left = distance - differs.double() / bits - targets
            price = left / bits + 0.5 / bits**2
            current = (price * differs).sum()
            for anchor in range(anchors):
                slope = kernels[k, :, anchor]
                rest = kernels[k] @ weight[k] - weight[k, anchor] * slope
                if not slope.any():
                    continue
                value, reached = best_coordinate(slope, rest, pairs, price)
                if reached < current - 1e-9:
                    weight[k, anchor], current = value, reached
            codes[:, k] = signs(kernels[k] @ weight[k])
            differs = codes[pairs[0], k] != codes[pairs[1], k]
            distance = left + targets + differs.double() / bits
        errors.append(float(reconstruction_error(codes, pairs, targets)))
        if errors[-2] - errors[-1] < 1e-3 * errors[-2]:
            break
    return weight, errors


def fit_bre(
    features: Features,
    labels: Labels,
    bits: int,
    seed: int,
    *,
    supervised: bool = True,
    subset: int = 1000,
    anchors: int = 20,
    pairs: float = 0.05,
    sweeps: int = 20,
) -> LinearEncoder:
    r"""Binary reconstructive embeddings, Kulis and Darrell, NIPS 2009.

    $$\min_W \frac12 \sum_{(i,j)} (\hat d_{ij} - d_{ij})^2, \qquad
      \hat d_{ij} = \frac1K \sum_k [b_{ik} \ne b_{jk}], \quad
      b_{ik} = \operatorname{sign}\Big(\sum_q W_{kq}\, x_{kq}^\top x_i\Big)$$

    over a random share `pairs` of all pairs of a `subset`; $x_{kq}$ are `anchors` images drawn for
    bit $k$. Supervised, $d_{ij}$ is 0 for images that share a label and 1 for others; else it is
    $\lVert x_i - x_j \rVert^2 / 2$ of the centered images of length one, divided by the largest.
    Every $W_{kq}$ in turn is set to its exact optimum (`best_coordinate`).

    Departs from the paper: the kernel is linear, as in the authors' experiments, so that a bit is
    one hyperplane through the mean; it stops when a sweep over all coordinates gains less than a
    thousandth.
    """
    generator = torch.Generator().manual_seed(seed)
    mean = features.mean(0)
    rows = draw_rows(len(features), subset, generator)
    x = torch.nn.functional.normalize((features[rows] - mean).double())
    size = len(rows)
    both = torch.triu_indices(size, size, 1)
    both = both[:, draw_rows(both.shape[1], max(round(pairs * both.shape[1]), 1), generator)]
    if supervised:
        targets = 1 - similar(labels[rows], labels[rows])[both[0], both[1]].double()
    else:
        targets = 1 - (x[both[0]] * x[both[1]]).sum(1)
        targets = targets / targets.max().clamp(min=torch.finfo(x.dtype).tiny)
    points = torch.stack([x[draw_rows(size, anchors, generator)] for _ in range(bits)])
    start = 0.001 * torch.randn(bits, points.shape[1], generator=generator).double()
    weight, _ = reconstruct(x @ points.transpose(1, 2), start, both, targets, sweeps)
    hyperplanes = (weight[:, :, None] * points).sum(1).T
    return LinearEncoder(mean=mean, weight=hyperplanes.to(mean.dtype))
