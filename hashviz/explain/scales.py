"""Which scale of a fused network decides which bit.

A scale is a branch of the network and not a stage of the backbone: in a pyramid its map also holds
what came down from the coarser stages. Silencing a stage shows what the stage itself contributes
(notebook 08).
"""

import numpy as np
import torch
from jaxtyping import Float, Float32, Shaped

from hashviz.models.encoding import encode
from hashviz.models.networks import HashNetwork


@torch.inference_mode()
def scale_contributions(
    model: HashNetwork, images: Shaped[np.ndarray, "n ..."]
) -> Float32[np.ndarray, "n scales bits"]:
    """Return what each scale adds to each output; their sum is what `encode` gives.

    The axis follows `model.scales`.

    Raises:
        ValueError: when the network has no scales.
    """
    if not model.scales:
        raise ValueError(
            "This network does not fuse several scales; methods that do have a setting scales."
        )
    features = torch.from_numpy(encode(model, images, features=True))
    parts = [
        model.contributions(block.to(model.mean.device)).float().cpu()
        for block in features.split(500)
    ]
    return torch.cat(parts).numpy()


def origin_of_bits(
    contributions: Float[np.ndarray, "n scales bits"],
) -> Float[np.ndarray, "scales bits"]:
    r"""Return the share of each scale in the variance of each output over the images.

    $$\frac{\operatorname{cov}(x_{bk}, u_k)}{\operatorname{var}(u_k)}, \quad
      u_k = \sum_b x_{bk}$$

    What a scale adds to every image alike does not count. The shares of a bit sum to 1, and one is
    negative where a scale works against the others; they are 0 for an output that never changes.

    >>> origin_of_bits(np.array([[[3.0], [5.0]], [[-3.0], [5.0]]]))
    array([[1.],
           [0.]])
    """
    centered = contributions - contributions.mean(0)
    total = centered.sum(1, keepdims=True)
    variance = (total**2).sum(0)
    return (centered * total).sum(0) / np.where(variance > 0, variance, 1)
