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
    """Build the network of a configuration, with fresh weights or a fitted encoder as its head."""
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
    """Save network and loss in one safetensors file, under `model.` and `loss.`.

    Raises:
        OSError: when it cannot be written.
    """
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    parts = {"model": model} if loss is None else {"model": model, "loss": loss}
    state = torch.nn.ModuleDict(parts).state_dict()
    tensors = {name: tensor.cpu().contiguous() for name, tensor in state.items()}
    try:
        save_file(tensors, path)
    except SafetensorError as error:
        is_full = "No space left" in str(error) or "os error 28" in str(error)
        code = errno.ENOSPC if is_full else errno.EIO
        raise OSError(code, os.strerror(code) if is_full else str(error), str(path)) from error


def part_of(tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    """Return the tensors of one module, by their names in it."""
    return {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}


def load_model(run: Run, device: str = "cpu") -> HashNetwork:
    """Load the network of a run, ready to encode.

    Raises:
        RunError: when the weights are missing, changed since they were written, or do not fit.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    run.verify(WEIGHTS)
    try:
        tensors = load_file(run.path / WEIGHTS)
        state = part_of(tensors, "model.")
        method = method_named(run.config.method)
        head = None
        if not method.trained:
            head = method.load_encoder()(**part_of(tensors, "model.head."))
        model = build_model(run.config, method, run.data["image"][2], head)
        model.load_state_dict(state)
    except (SafetensorError, RuntimeError, TypeError) as error:
        raise RunError(f"The weights of {run.path} do not fit its network: {error}") from None
    return model.to(device).eval()
