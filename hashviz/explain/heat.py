"""Why this hit: where on an image a bit looks, which bits decide, and how to fool them.

Outputs decide bits by their sign, so every explanation is of real outputs: positive speaks for +1,
negative for -1.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import combinations, islice
from math import comb

import numpy as np
import torch
from jaxtyping import Bool, Float, Float32, Int8, Int64, UInt8
from torch import Tensor
from torch.nn import functional

from hashviz.codes import sign
from hashviz.data.scenes import COLORS, SHAPES
from hashviz.metrics.information import binned
from hashviz.models.networks import Backbone, HashNetwork

SETS_AT_ONCE = 4096
MOST_SETS = 200_000


def bit_agreement(
    first: Int8[np.ndarray, " bits"], second: Int8[np.ndarray, " bits"]
) -> Bool[np.ndarray, " bits"]:
    """Whether two codes agree, bit by bit; the Hamming distance counts where they do not.

    >>> bit_agreement(np.array([1, -1, 1], np.int8), np.array([1, 1, 1], np.int8))
    array([ True, False,  True])
    """
    return first == second


# ---------------------------------------------------------------- where a bit looks


def heat_maps(
    model: HashNetwork,
    images: UInt8[np.ndarray, "n height width channels"],
    *,
    bits: Sequence[int] | None = None,
    stage: int | None = None,
    reference: UInt8[np.ndarray, "height width channels"] | None = None,
    samples: int = 1,
    noise: float = 16.0,
    seed: int = 0,
) -> Float32[np.ndarray, "n maps height width"]:
    r"""What every place of an image adds to the outputs of `bits`, by default of all.

    $$H_k(p) = \sum_c \frac{\partial u_k}{\partial A_c(p)} \bigl(A_c(p) - A^0_c(p)\bigr)$$

    With `stage=None`, A are the pixels: gradient times input. With `samples` the gradient is the
    mean over copies with pixel `noise` (Smilkov et al., 2017, SmoothGrad). With a `stage` of the
    backbone, such as -1 for the last, A is its map, and the result is enlarged to the image: the
    product place by place of HiResCAM (Draelos and Carin, 2020), which unlike Grad-CAM's mean
    gradient is exact when only linear layers follow. For a linear network the map adds up to the
    output's difference to that of the `reference` image; without one, $A^0$ is 0 (in pixels: the
    mean of the training images).

    Raises:
        ValueError: when the network's outputs do not depend on the stages of its backbone, or there
            are fewer samples than one.
    """
    if samples < 1:
        raise ValueError(f"A gradient needs at least one sample, got samples={samples}.")
    device = next(iter(model.buffers())).device
    model.eval()
    pixels = _pixels(images, device)
    generator = torch.Generator().manual_seed(seed)
    gradients = torch.zeros(())
    for _ in range(samples):
        noisy = pixels
        if samples > 1:
            noisy = pixels + noise * torch.randn(pixels.shape, generator=generator).to(device)
        activations, outputs = _activations(model, noisy, stage)
        chosen = range(outputs.shape[1]) if bits is None else bits
        each = [
            torch.autograd.grad(outputs[:, bit].sum(), activations, retain_graph=True)[0]
            for bit in chosen
        ]
        gradients = gradients + torch.stack(each, 1) / samples
    here, base = pixels, _zero(model, pixels)
    if stage is not None:
        here = _activations(model, pixels, stage)[0].detach()
        base = torch.zeros_like(here[:1])
    if reference is not None:
        base = _pixels(reference[None], device)
        base = base if stage is None else _activations(model, base, stage)[0].detach()
    heat = (gradients * (here - base)[:, None]).sum(2)
    if stage is not None:
        heat = _enlarged(heat, images.shape[1:3])
    return heat.float().cpu().numpy()


def _pixels(
    images: UInt8[np.ndarray, "n height width channels"], device: torch.device
) -> Float[Tensor, "n channels height width"]:
    pixels = torch.from_numpy(np.ascontiguousarray(images)).to(device)
    return pixels.permute(0, 3, 1, 2).float()


def _zero(model: HashNetwork, pixels: Float[Tensor, "n channels height width"]) -> Tensor:
    same = model.mean.shape[1] == pixels.shape[1]  # a gray image meets three means
    return model.mean if same else model.mean.mean(1, keepdim=True)


def _activations(
    model: HashNetwork, pixels: Float[Tensor, "n channels height width"], stage: int | None
) -> tuple[Tensor, Float[Tensor, "n bits"]]:
    """The pixels or a stage's map, and the outputs that were computed from them."""
    if stage is None:
        pixels = pixels.detach().requires_grad_()
        return pixels, model(pixels)
    with _watched(model) as seen, torch.enable_grad():
        outputs = model(pixels.detach().requires_grad_())
        if seen and -len(seen[-1]) <= stage < len(seen[-1]):
            return seen[-1][stage], outputs
    if seen:
        raise ValueError(f"The backbone has {len(seen[-1])} stages, got stage={stage}.")
    raise ValueError(
        "This network's outputs do not come from the stages of its backbone; "
        "use stage=None, the gradient at the pixels."
    )


@contextmanager
def _watched(model: HashNetwork) -> Iterator[list[list[Tensor]]]:
    """The maps that backbones compute inside the `with`; the last are those nearest to the head."""
    seen: list[list[Tensor]] = []
    backbones = [module for module in model.modules() if isinstance(module, Backbone)]

    def watch(backbone: Backbone) -> None:
        stages = backbone.stages

        def watched(images: Tensor) -> list[Tensor]:
            maps = stages(images)
            seen.append(maps)
            return maps

        object.__setattr__(backbone, "stages", watched)

    for backbone in backbones:
        watch(backbone)
    try:
        yield seen
    finally:
        for backbone in backbones:
            object.__delattr__(backbone, "stages")


def _enlarged(heat: Float[Tensor, "n maps h w"], size: tuple[int, int]) -> Tensor:
    """The map at the size of the image, adding up to about the same."""
    share = heat.shape[2] * heat.shape[3] / (size[0] * size[1])
    if share > 1:
        return functional.adaptive_avg_pool2d(heat, size) * share
    return functional.interpolate(heat, size, mode="bilinear") * share


# ---------------------------------------------------------------- which bits decide


@dataclass(frozen=True)
class Decision:
    """Bits of the query whose flips drive a hit out of the first k; None when nothing can.

    Without `smallest` a smaller set may exist: there were too many sets to try them all.
    """

    bits: tuple[int, ...] | None
    smallest: bool


def deciding_bits(
    query_code: Int8[np.ndarray, " bits"],
    database_codes: Int8[np.ndarray, "database bits"],
    hit: int,
    k: int,
) -> Decision:
    """The fewest bits of the query to flip so that item `hit` is not among its k nearest.

    Equal distances are ordered by the smaller id, as in the search. Only bits in which query and
    hit agree can help: a flip elsewhere brings the hit nearer and no other item ahead of it. A flip
    in one of them gains two on every item that differs from the hit there, so item x passes the hit
    once (lead of the hit) / 2 of the flips lie where x differs from it. A greedy set comes first,
    then all smaller sets are tried, as long as they are not too many.

    Raises:
        ValueError: when there is no such item, or k < 1.
    """
    if not 0 <= hit < len(database_codes) or k < 1:
        raise ValueError(
            f"A hit is one of the {len(database_codes)} items and k is at least 1, "
            f"got hit={hit} and k={k}."
        )
    target = database_codes[hit]
    apart = (database_codes != query_code).sum(1, dtype=np.int64)
    lead = apart - apart[hit] + (np.arange(len(apart)) > hit)
    need = np.maximum((lead + 1) // 2, 0)  # flips that it takes to come ahead
    need[hit] = len(query_code) + 1
    missing = k - int((need == 0).sum())
    if missing <= 0:
        return Decision((), True)
    agree = np.flatnonzero(query_code == target)
    differs = database_codes[:, agree] != target[agree]
    able = (need > 0) & (need <= differs.sum(1))
    if able.sum() < missing:
        return Decision(None, True)
    rows, again = np.unique(
        np.column_stack([differs[able], need[able]]).astype(np.int16), axis=0, return_counts=True
    )
    differs, need = rows[:, :-1], rows[:, -1]
    useful = np.flatnonzero(differs.any(0))
    differs, agree = differs[:, useful].astype(np.float32), agree[useful]
    found = _greedy(differs, need, again, missing)
    for size in range(1, len(found)):
        if comb(len(agree), size) > MOST_SETS:
            return Decision(_sorted(agree, found), False)
        reach = need <= size
        sets = combinations(range(len(agree)), size)
        while some := list(islice(sets, SETS_AT_ONCE)):
            flips = np.zeros((len(some), len(agree)), np.float32)
            np.put_along_axis(flips, np.array(some), 1, axis=1)
            ahead = (differs[reach] @ flips.T >= need[reach, None]) * again[reach, None]
            enough = np.flatnonzero(ahead.sum(0) >= missing)
            if len(enough):
                return Decision(_sorted(agree, some[enough[0]]), True)
    return Decision(_sorted(agree, found), True)


def _greedy(
    differs: np.ndarray, need: np.ndarray, again: np.ndarray, missing: int
) -> tuple[int, ...]:
    """Flip by flip the bit that brings most items ahead, those nearest to it counting most."""
    chosen: list[int] = []
    need = need.astype(np.float64)
    while again[need <= 0].sum() < missing:
        # An item that wants one flip less is worth far more than several that want many.
        worth = (again * 16.0 ** -np.minimum(need, 60))[need > 0] @ differs[need > 0]
        worth[chosen] = -1
        best = int(worth.argmax())
        chosen.append(best)
        need = need - differs[:, best]
    return tuple(chosen)


def _sorted(agree: np.ndarray, chosen: Sequence[int]) -> tuple[int, ...]:
    return tuple(sorted(int(agree[i]) for i in chosen))


# ---------------------------------------------------------------- what a bit stands for


@dataclass(frozen=True)
class Extremes:
    """Images at the ends and at the middle of one bit's outputs, the clearest first."""

    plus: Int64[np.ndarray, " plus"]
    minus: Int64[np.ndarray, " minus"]
    undecided: Int64[np.ndarray, " undecided"]


def bit_extremes(outputs: Float[np.ndarray, "images bits"], bit: int, count: int = 8) -> Extremes:
    """The images that say +1 loudest, those that say -1 loudest, and those that hardly decide.

    No image is at both ends: an end holds only images of its sign, and may be empty.
    """
    column = outputs[:, bit]
    order = np.argsort(column, kind="stable")
    minus = order[: int((column < 0).sum())]
    plus = np.argsort(-column, kind="stable")[: int((column >= 0).sum())]
    undecided = np.argsort(np.abs(column), kind="stable")
    return Extremes(plus[:count], minus[:count], undecided[:count])


def scene_variables(attributes: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What is known of generated scenes, one whole number per image, for `mutual_information`.

    Every shape and every color (present or not), the number of objects, and of the object on top
    its size and place in quarters, from small to large, left to right, top to bottom.
    """
    shape, color = attributes["shape"], attributes["color"]
    count = attributes["count"].astype(np.int64)
    rows, top = np.arange(len(count)), count - 1  # the lowest object comes first
    known: dict[str, np.ndarray] = {}
    known |= {name: (shape == i).any(1) for i, name in enumerate(SHAPES)}
    known |= {name: (color == i).any(1) for i, name in enumerate(COLORS)}
    known["objects"] = count
    for name, key in (("size of top", "size"), ("x of top", "x"), ("y of top", "y")):
        known[name] = binned(attributes[key][rows, top])
    return known


# ---------------------------------------------------------------- how to fool a code


@dataclass(frozen=True, eq=False)
class Attack:
    """A picture that looks like another one and has another code."""

    image: UInt8[np.ndarray, "height width channels"]
    code: Int8[np.ndarray, " bits"]
    outputs: Float32[np.ndarray, " bits"]
    flipped: Int64[np.ndarray, " steps"]
    """Bits that differ from the picture's own code, before the first step and after each."""
    to_target: Int64[np.ndarray, " steps"] | None
    """Bits that differ from the code aimed at."""


def adversarial_query(
    model: HashNetwork,
    image: UInt8[np.ndarray, "height width channels"],
    *,
    epsilon: int = 8,
    steps: int = 20,
    target: Int8[np.ndarray, " bits"] | None = None,
) -> Attack:
    r"""The picture with no pixel changed by more than `epsilon`, and a code far from its own.

    $$x \leftarrow \Pi_{\epsilon} \bigl(x - \alpha \operatorname{sign} \nabla_x \textstyle\sum_k
      \log(1 + e^{t_k u_k(x) / s})\bigr)$$

    Projected gradient descent (Madry et al., ICLR 2018) with t the picture's own code; with a
    `target`, t is minus that code, and the picture comes to collide with it. The result is the best
    of all steps, rounded to whole pixel values before it is judged; s is the mean size of an
    output.

    Raises:
        ValueError: when epsilon or steps are negative.
    """
    if epsilon < 0 or steps < 0:
        raise ValueError(
            f"An attack has epsilon >= 0 and steps >= 0, got epsilon={epsilon} and steps={steps}."
        )
    device = next(iter(model.buffers())).device
    model.eval()
    start = _pixels(image[None], device)
    low, high = (start - epsilon).clamp(min=0), (start + epsilon).clamp(max=255)
    outputs = model(start).detach()
    own = sign(outputs[0].float().cpu().numpy())
    wish = torch.from_numpy(own if target is None else -target).to(outputs)
    scale = outputs.abs().mean().clamp(min=1e-6)
    flipped, to_target = [], []
    best, x = start, start
    score, voices = len(own) + 1, np.zeros(len(own), np.float32)
    for step in range(steps + 1):
        if step:
            x = x.detach().requires_grad_()
            loss = functional.softplus(wish * model(x) / scale).sum()
            slope = torch.autograd.grad(loss, x)[0].sign()
            x = (x - 2.5 * epsilon / steps * slope).clamp(low, high).detach()
        with torch.no_grad():
            rounded = x.round()
            seen = model(rounded)[0].float().cpu().numpy()
        code = sign(seen)
        flipped.append(int((code != own).sum()))
        if target is not None:
            to_target.append(int((code != target).sum()))
        now = -flipped[-1] if target is None else to_target[-1]
        if now < score:
            score, best, voices = now, rounded, seen
    return Attack(
        best[0].permute(1, 2, 0).byte().cpu().numpy(),
        sign(voices),
        voices,
        np.array(flipped),
        None if target is None else np.array(to_target),
    )
