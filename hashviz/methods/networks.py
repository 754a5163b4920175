"""The network of a method: built for a configuration, saved with its loss, loaded from a run."""

import errno
import os
from pathlib import Path

import torch

from hashviz.config import TrainConfig
from hashviz.methods import Method, method_named
from hashviz.methods.base import HashLoss
from hashviz.models.networks import HashNetwork, build_backbone
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
            head = method.load_encoder()(**{n.removeprefix("head."): t for n, t in buffers.items()})
        model = build_model(run.config, method, run.data["image"][2], head)
        model.load_state_dict(state)
    except (SafetensorError, RuntimeError, TypeError) as error:
        raise RunError(f"The weights of {run.path} do not fit its network: {error}") from None
    return model.to(device).eval()
