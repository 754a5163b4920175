"""Where on an image a bit looks.

Outputs decide bits by their sign, so every map explains a real output: positive values speak for
+1, negative ones for -1.
"""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float, Float32, UInt8
from torch import Tensor
from torch.nn import functional

from hashviz.models.backbone import Backbone
from hashviz.models.networks import HashNetwork


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
    r"""Return what every place of an image adds to the outputs of `bits`, by default of all.

    $$H_k(p) = \sum_c \frac{\partial u_k}{\partial A_c(p)} \bigl(A_c(p) - A^0_c(p)\bigr)$$

    With `stage=None`, A are the pixels: gradient times input. With `samples` the gradient is the
    mean over copies with pixel `noise` (Smilkov et al., 2017, SmoothGrad). With a `stage` of the
    backbone, such as -1 for the last, A is its map, and the result is enlarged to the image: the
    product place by place of HiResCAM (Draelos and Carin, 2020), which unlike Grad-CAM's mean
    gradient is exact when only linear layers follow. For a linear network the map adds up to the
    output's difference to that of the `reference` image; without one, $A^0$ is 0 (in pixels: the
    mean of the training images).

    Raises:
        ValueError: when samples < 1, there is no such stage, or the outputs do not depend on the
            stages of a backbone.
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
    """Return the pixels or the map of a stage, and the outputs that were computed from them."""
    if stage is None:
        pixels = pixels.detach().requires_grad_()
        return pixels, model(pixels)
    backbones = [module for module in model.modules() if isinstance(module, Backbone)]
    seen: list[list[Tensor]] = []
    try:
        for backbone in backbones:
            backbone.seen = seen
        with torch.enable_grad():
            outputs = model(pixels.detach().requires_grad_())
    finally:
        for backbone in backbones:
            backbone.seen = None
    if not seen:
        raise ValueError(
            "The outputs of this network do not come from the stages of its backbone; "
            "use stage=None, the gradient at the pixels."
        )
    stages = seen[-1]  # those nearest to the head
    if not -len(stages) <= stage < len(stages):
        raise ValueError(f"The backbone has {len(stages)} stages, got stage={stage}.")
    return stages[stage], outputs


def _enlarged(heat: Float[Tensor, "n maps h w"], size: tuple[int, int]) -> Tensor:
    """Return the map at the size of the image; its sum stays about the same."""
    share = heat.shape[2] * heat.shape[3] / (size[0] * size[1])
    if share > 1:
        return functional.adaptive_avg_pool2d(heat, size) * share
    return functional.interpolate(heat, size, mode="bilinear") * share
