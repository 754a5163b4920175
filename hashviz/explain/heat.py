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

NOISE = 16.0
"""Standard deviation of the noise of a sample, in gray values."""


def heat_maps(
    model: HashNetwork,
    images: UInt8[np.ndarray, "n height width channels"],
    *,
    bits: Sequence[int] | None = None,
    stage: int | None = None,
    samples: int = 1,
) -> Float32[np.ndarray, "n maps height width"]:
    r"""Return what every place of an image adds to the outputs of `bits`, by default of all.

    $$H_k(p) = \sum_c \frac{\partial u_k}{\partial A_c(p)} \bigl(A_c(p) - A^0_c(p)\bigr)$$

    With `stage=None`, A are the pixels, and $A^0$ the mean of the training images: gradient times
    input. With several `samples` the gradient is the mean over copies with noise on their pixels
    (Smilkov et al., 2017, SmoothGrad). With a `stage` of the backbone, such as -1 for the last, A
    is its map, $A^0$ is 0, and the result is enlarged to the image: the product place by place of
    HiResCAM (Draelos and Carin, 2020), which unlike Grad-CAM's mean gradient is exact when only
    linear layers follow. For a linear network the map adds up to the output's difference to $A^0$.

    Raises:
        ValueError: when samples < 1, there is no such stage, or the outputs do not depend on the
            stages of a backbone.
    """
    if samples < 1:
        raise ValueError(f"A gradient needs at least one sample, got samples={samples}.")
    device = next(iter(model.buffers())).device
    model.eval()
    pixels = torch.from_numpy(np.ascontiguousarray(images)).to(device).permute(0, 3, 1, 2).float()
    generator = torch.Generator().manual_seed(0)
    gradients = torch.zeros(())
    for _ in range(samples):
        noisy = pixels
        if samples > 1:
            noisy = pixels + NOISE * torch.randn(pixels.shape, generator=generator).to(device)
        activations, outputs = _activations(model, noisy, stage)
        chosen = range(outputs.shape[1]) if bits is None else bits
        each = [
            torch.autograd.grad(outputs[:, bit].sum(), activations, retain_graph=True)[0]
            for bit in chosen
        ]
        gradients = gradients + torch.stack(each, 1) / samples
    if stage is None:
        same = model.mean.shape[1] == pixels.shape[1]  # a gray image meets three means
        away = pixels - (model.mean if same else model.mean.mean(1, keepdim=True))
        heat = (gradients * away[:, None]).sum(2)
    else:
        away = _activations(model, pixels, stage)[0].detach()
        heat = _enlarged((gradients * away[:, None]).sum(2), images.shape[1:3])
    return heat.float().cpu().numpy()


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
        raise ValueError("The outputs do not come from stages of the backbone; use stage=None.")
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
