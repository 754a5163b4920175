"""Which scale of a fused network decides which bit.

A scale is a branch of the pyramid, and no stage of the backbone: its map holds what came down from
the coarser stages as well. What a stage brings is seen when it is silenced (notebook 08).
"""

import numpy as np
import torch
from jaxtyping import Float, Float32, Int64, Shaped

from hashviz.methods.dmsh import MultiScaleNetwork
from hashviz.models.encoding import encode
from hashviz.models.networks import HashNetwork


@torch.inference_mode()
def scale_contributions(
    model: HashNetwork, images: Shaped[np.ndarray, "n ..."], *, precision: str = "float32"
) -> Float32[np.ndarray, "n scales bits"]:
    """What each scale adds to each output; the sum over the scales is what `encode` gives.

    Exact for both fusions, since both end in a sum. The axis follows `model.scales`.

    Raises:
        ValueError: when the network has no scales.
    """
    if not isinstance(model, MultiScaleNetwork):
        raise ValueError(
            f"Only the network of DMSH has scales, got {type(model).__name__}; train method 'dmsh'."
        )
    features = torch.from_numpy(encode(model, images, precision=precision, features=True))
    parts = [
        model.head.contributions(block.to(model.mean.device)).float().cpu()
        for block in features.split(500)
    ]
    return torch.cat(parts).numpy()


def deciding_scales(
    contributions: Float[np.ndarray, "n scales bits"],
) -> Int64[np.ndarray, "n bits"]:
    """For every bit of every image the scale that adds most on the side of the bit's sign.

    >>> deciding_scales(np.array([[[1.0, 1.0], [2.0, -4.0]]]))
    array([[1, 1]])
    """
    side = np.where(contributions.sum(1, keepdims=True) >= 0, 1, -1)
    return (contributions * side).argmax(1)


def origin_of_bits(
    contributions: Float[np.ndarray, "n scales bits"],
) -> Float[np.ndarray, "scales bits"]:
    r"""The share of each scale in what each output tells about the images.

    $$\frac{\operatorname{cov}(x_{bk}, u_k)}{\operatorname{var}(u_k)}, \quad
      u_k = \sum_b x_{bk}$$

    What a scale adds to every image alike does not count. The shares of a bit add up to 1, and one
    is negative where a scale works against the others; an output that never changes has none (0).

    >>> origin_of_bits(np.array([[[3.0], [5.0]], [[-3.0], [5.0]]]))
    array([[1.],
           [0.]])
    """
    centered = contributions - contributions.mean(0)
    total = centered.sum(1, keepdims=True)
    variance = (total**2).sum(0)
    return (centered * total).sum(0) / np.where(variance > 0, variance, 1)
