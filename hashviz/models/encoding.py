"""From images to a network's real outputs."""

import math

import numpy as np
import torch
from jaxtyping import Float32

from hashviz.data.batches import Images
from hashviz.models import distributed
from hashviz.models.machine import autocast
from hashviz.models.networks import HashNetwork


@torch.inference_mode()
def encode(
    model: HashNetwork,
    images: Images,
    *,
    precision: str = "float32",
    features: bool = False,
    batch_size: int | None = None,
) -> Float32[np.ndarray, "n _"]:
    """Return real outputs of the images (or the features before the hash layer), in order.

    `images` are uint8 [n, height, width, channels], or features of the backbone [n, features], as
    an array or a `Subset` of one. Several processes share the work, and all get the outputs.
    """
    if not len(images):
        raise ValueError("Encoding needs at least one image, got none.")
    model.eval()
    device, outputs = model.mean.device, []
    step = batch_size or images_at_once(images.shape[1:3])
    # Whole batches go to a process, so that the numbers are those of one process, to the last bit.
    parts = distributed.batch_shards(len(images), step)
    own = parts[distributed.rank() % len(parts)]
    for start in range(own.start, own.stop, step):
        # A copy, because a memory map may be read-only, which torch cannot promise to respect.
        pixels = torch.from_numpy(np.array(images[start : min(start + step, own.stop)])).to(device)
        pixels = pixels if pixels.ndim == 2 else pixels.permute(0, 3, 1, 2)
        with autocast(precision, device):
            outputs.append((model.embed if features else model)(pixels).float().cpu())
    lengths = [part.stop - part.start for part in parts]
    mine = torch.cat(outputs)
    return (mine if len(parts) == 1 else distributed.all_gather(mine, lengths)).numpy()


def images_at_once(size: tuple[int, ...]) -> int:
    """Return how many images (or features) are encoded together; small batches fit in caches.

    >>> images_at_once((32, 32)), images_at_once((224, 224)), images_at_once((1280,))
    (500, 15, 500)
    """
    return max(8, min(500, 800_000 // math.prod(size)))
