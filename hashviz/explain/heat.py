"""Where on an image a bit looks, and how to fool it.

Outputs decide bits by their sign, so every explanation is of real outputs: positive speaks for +1,
negative for -1.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float32, Int8, Int64, UInt8
from torch import Tensor
from torch.nn import functional

from hashviz.codes import sign
from hashviz.models.networks import Backbone, HashNetwork


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
