"""From a run's weights back to a network, and from images to its real outputs."""

import errno
import math
import os
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float32

from hashviz import distributed
from hashviz.config import TrainConfig
from hashviz.data.batches import Images
from hashviz.machine import mixed
from hashviz.methods import Method, method_named
from hashviz.methods.base import HashLoss
from hashviz.models import HashNetwork, build_backbone
from hashviz.runs import WEIGHTS, Run, RunError


def build_model(
    config: TrainConfig, method: Method, image_channels: int, head: torch.nn.Module | None = None
) -> HashNetwork:
    """The network of a configuration, with fresh weights or with a fitted encoder as its head."""
    backbone = build_backbone(config.backbone or "small", image_channels)
    if head is None and method.trained:
        options = method.network_options(config.options)
        model = method.load_network()(backbone, image_channels, config.bits, **options)
    else:
        model = HashNetwork(backbone, head or torch.nn.Identity(), image_channels)
    if config.frozen:
        model.left_out = model.backbone.before
        model.backbone = model.backbone.core  # nothing that would have to learn before it
    return model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


@torch.inference_mode()
def encode(
    model: HashNetwork,
    images: Images,
    *,
    precision: str = "float32",
    features: bool = False,
    batch_size: int | None = None,
) -> Float32[np.ndarray, "n _"]:
    """Real outputs of the images (or the features before the hash layer), in their order.

    `images` are uint8 [n, height, width, channels], or features of the backbone [n, features], as
    an array or a `Subset` of one. Several processes share the work, and all get the outputs.
    """
    device = next(iter(model.buffers())).device
    model.eval()
    outputs = np.empty((0, 0), np.float32)
    step = batch_size or images_at_once(images.shape[1:3])
    # Whole batches go to a process, so that the numbers are those of one process, to the last bit.
    parts = distributed.parts(len(images), step)
    own = parts[distributed.rank() % len(parts)]
    for start in range(own.start, own.stop, step):
        # A copy, because a memory map may be read-only, which torch cannot promise to respect.
        pixels = torch.from_numpy(np.array(images[start : min(start + step, own.stop)]))
        pixels = pixels.to(device)
        pixels = pixels if pixels.ndim == 2 else pixels.permute(0, 3, 1, 2)
        with mixed(precision, device):
            part = (model.embed if features else model)(pixels).float().cpu().numpy()
        if start == own.start:
            outputs = np.empty((own.stop - own.start, part.shape[1]), np.float32)
        outputs[start - own.start : start - own.start + len(part)] = part
    if not len(images):
        raise ValueError("Encoding needs at least one image, got none.")
    if len(parts) == 1:
        return outputs
    lengths = [part.stop - part.start for part in parts]
    return distributed.gather(torch.from_numpy(outputs), lengths).numpy()


def images_at_once(size: tuple[int, ...]) -> int:
    """How many images (or features) are encoded together: caches like few of them.

    >>> images_at_once((32, 32)), images_at_once((224, 224)), images_at_once((1280,))
    (500, 15, 500)
    """
    return max(8, min(500, 800_000 // math.prod(size)))


def save_weights(path: Path, model: HashNetwork, loss: HashLoss | None) -> None:
    """Network and loss in one safetensors file, under `model.` and `loss.`.

    Raises:
        OSError: when it cannot be written.
    """
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    modules = {"model": model} if loss is None else {"model": model, "loss": loss}
    tensors = {
        f"{prefix}.{name}": tensor.detach().cpu().contiguous()
        for prefix, module in modules.items()
        for name, tensor in module.state_dict().items()
    }
    try:
        save_file(tensors, path)
    except SafetensorError as error:
        is_full = "No space left" in str(error) or "os error 28" in str(error)
        code = errno.ENOSPC if is_full else errno.EIO
        raise OSError(code, os.strerror(code) if is_full else str(error), str(path)) from error


def load_model(run: Run, device: str = "cpu") -> HashNetwork:
    """The network of a run, ready to encode.

    Raises:
        RunError: when the weights are missing, changed since they were written, or do not fit.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    run.verify(WEIGHTS)
    try:
        tensors = load_file(run.path / WEIGHTS)
        state = {n.removeprefix("model."): t for n, t in tensors.items() if n.startswith("model.")}
        method = method_named(run.config.method)
        head = None
        if not method.trained:
            buffers = {n: t for n, t in state.items() if n.startswith("head.")}
            encoder = method.load().__annotations__["return"]
            head = encoder(**{n.removeprefix("head."): t for n, t in buffers.items()})
        model = build_model(run.config, method, run.data["image"][2], head)
        model.load_state_dict(state)
    except (SafetensorError, RuntimeError, TypeError) as error:
        raise RunError(f"The weights of {run.path} do not fit its network: {error}") from None
    return model.to(device).eval()
