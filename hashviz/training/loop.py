"""The one loop: `fit` trains network and loss in place, and yields every epoch."""

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn.modules.batchnorm import _BatchNorm

from hashviz.config import TrainConfig
from hashviz.data.batches import Images, ahead, batches, resident, view
from hashviz.methods.base import Batch, HashLoss
from hashviz.models import distributed
from hashviz.models.machine import autocast
from hashviz.models.networks import HashNetwork
from hashviz.training.checkpoints import Checkpoint
from hashviz.training.events import Epoch
from hashviz.training.optimizers import make_optimizers
from hashviz.training.parallel import in_parallel
from hashviz.training.recipes import require


class Diverged(ValueError):
    """A loss term stopped being finite; the model holds the state of the last good epoch."""


def fit(
    model: HashNetwork,
    loss: HashLoss,
    images: Images,
    labels: Bool[np.ndarray, "train classes"],
    config: TrainConfig,
    per_class: int = 0,
    checkpoint: Checkpoint | None = None,
) -> Iterator[Epoch]:
    """Train `model` and `loss` in place, yielding each epoch so that the caller can log or stop.

    `images` are uint8 [train, height, width, channels], or the features [train, features] of a
    frozen backbone; then the hash layer alone is trained. With `per_class` every batch holds that
    many images of each class. With a `checkpoint` training resumes where it was. Several processes
    split every batch, but the loss sees all of it (`hashviz.models.distributed`).

    Raises:
        Diverged: when a term is NaN or infinite; model and loss are back at the last good epoch.
    """
    device = next(model.parameters()).device
    generator = torch.Generator().manual_seed(config.seed)
    pixels, targets = resident(images, device), torch.from_numpy(labels).to(device)
    size, epochs = len(images), require(config.epochs)
    batch_size = min(require(config.batch_size), size)
    lr, decay = require(config.learning_rate), require(config.weight_decay)
    draw = batches(labels, batch_size, per_class, generator)
    slower = 1.0 if config.backbone_rate is None else config.backbone_rate
    optimizers = make_optimizers(require(config.optimizer), model, loss, lr, decay, slower)
    peaks = [[group["lr"] for group in o.param_groups] for o in optimizers]
    loss.prepare(targets)
    kept = checkpoint.begin(model, loss, optimizers, generator) if checkpoint else (0, 0, 0.0)
    done, step, seconds = kept
    network = in_parallel(model)
    both = torch.nn.ModuleList((model, loss))
    good = _snapshot(both)
    for number in range(done + 1, epochs + 1):
        started = time.perf_counter()
        model.train()
        if config.weights not in (None, "none"):
            keep_statistics(model.backbone.core)
        sums: dict[str, Tensor] = {}
        noted: dict[str, Tensor] = {}
        order = draw()
        steps, shard = len(order), distributed.own_shard(order.shape[1])
        for rows, source, places in distributed.until_interrupted(ahead(pixels, order, shard)):
            progress = step / (steps * epochs)
            for optimizer, peak in zip(optimizers, peaks, strict=True):
                for group, lr in zip(optimizer.param_groups, peak, strict=True):
                    group["lr"] = lr * warmup_then_linear(progress)
            pictures = view(source, places, device, require(config.augment), generator, shard)
            with autocast(config.precision, device):
                features, outputs = network(pictures, len(rows))
            index = rows.to(device)
            batch = Batch(outputs.float(), targets[index], index, progress, features.float())
            terms = check_terms(loss, loss(batch))
            torch.stack(list(terms.values())).sum().backward()
            for optimizer in optimizers:
                optimizer.step()
                optimizer.zero_grad(set_to_none=True)
            for totals, figures in ((sums, terms), (noted, loss.notes)):
                for name, figure in figures.items():
                    totals[name] = totals.get(name, torch.zeros_like(figure)) + figure.detach()
            step += 1
        means = {name: float(total) / steps for name, total in sums.items()}
        wrong = [name for name, mean in means.items() if not np.isfinite(mean)]
        trained = [p for p in model.parameters() if p.requires_grad]
        broken = bool(wrong) or not all(bool(p.isfinite().all()) for p in trained)
        if distributed.any_process(broken):
            both.load_state_dict(good, strict=False)
            term = f"the term {wrong[0]!r}" if wrong else "a weight"
            raise Diverged(
                f"In epoch {number} {term} was no longer finite; the state of epoch {number - 1} "
                "is kept. A lower --learning-rate or smaller weights usually help."
            )
        loss.end_of_epoch()
        distributed.broadcast(both)
        good = _snapshot(both)
        seconds += (spent := time.perf_counter() - started)
        notes = {name: float(total) / steps for name, total in noted.items()}
        if checkpoint is not None:
            checkpoint.reached = (number, step, seconds)
        yield Epoch(number, epochs, means, seconds, order.numel() / spent, notes)


def check_terms(loss: HashLoss, terms: Any) -> dict[str, Float[Tensor, ""]]:
    """Return the terms of a batch, if they are what a loss promises.

    Raises:
        TypeError: when they are anything but scalars by name.
    """
    if isinstance(terms, dict) and all(torch.is_tensor(t) and t.ndim == 0 for t in terms.values()):
        return terms
    raise TypeError(
        f"forward of {type(loss).__name__} returns its terms as a dict of scalar tensors by name, "
        f"such as {{'pull': pull.mean()}}, got {terms!r:.200}"
    )


def keep_statistics(backbone: torch.nn.Module) -> None:
    """Freeze the statistics of pretrained batch norms: batches here are few and small.

    Where a file has its norms folded into the filters, a batch's own statistics would even change
    the function that the network computes.
    """
    for module in backbone.modules():
        if isinstance(module, _BatchNorm):
            module.eval()


def warmup_then_linear(progress: float, warmup: float = 0.15) -> float:
    """Return the learning rate as a share of its peak: up linearly, then down to zero.

    >>> [warmup_then_linear(p, 0.5) for p in (0.0, 0.25, 0.5, 0.75, 1.0)]
    [0.0, 0.5, 1.0, 0.5, 0.0]
    """
    return progress / warmup if progress < warmup else (1 - progress) / (1 - warmup)


def _snapshot(module: torch.nn.Module) -> dict[str, Tensor]:
    fixed = {name for name, p in module.named_parameters() if not p.requires_grad}
    return {name: t.clone() for name, t in module.state_dict().items() if name not in fixed}
