"""Training: `fit` is the one loop, a generator; `train` goes from a configuration to a run."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float32, Int8, Int64
from torch import Tensor

from hashviz.config import TrainConfig
from hashviz.data import load_dataset
from hashviz.data.base import Dataset, fingerprint
from hashviz.data.batches import Images, ahead, batches, resident, select, view
from hashviz.data.protocols import split
from hashviz.data.twins import twins_told
from hashviz.encoding import build_model, encode, save_weights
from hashviz.features import freeze
from hashviz.hamming import pack, sign
from hashviz.machine import environment, mixed, pick_threads
from hashviz.methods import Method, method_named
from hashviz.methods.base import Batch, HashLoss, Problem
from hashviz.models import HashNetwork, Standardize
from hashviz.optim import make_optimizers
from hashviz.recipes import settle
from hashviz.runs import NOTE, Run, Side, save_run
from hashviz.weights import find_weights, load_weights


@dataclass(frozen=True)
class Epoch:
    """What `fit` yields: the weighted terms as means over the epoch, and how fast it went."""

    number: int
    epochs: int
    terms: dict[str, float]
    seconds: float
    """Training time since the start, without imports, evaluation or the caller's own work."""
    images_per_second: float
    notes: dict[str, float] = field(default_factory=dict)
    """What the loss noted without adding it to its terms, as means over the epoch."""

    @property
    def row(self) -> dict[str, float | int]:
        """The line of history.csv."""
        return {
            "epoch": self.number,
            "seconds": self.seconds,
            "images_per_second": self.images_per_second,
            **self.terms,
            **{NOTE + name: value for name, value in self.notes.items()},
        }


WATCHED = 200
"""Database images, the first of them, whose codes are kept after every epoch."""


@dataclass(frozen=True, eq=False)
class Watched:
    """The watched images after an epoch; before the first one, `epoch` is None."""

    epoch: Epoch | None
    outputs: Float32[np.ndarray, "images bits"]
    centers: Int8[np.ndarray, "classes bits"] | None
    labels: Bool[np.ndarray, "images classes"]
    index: Int64[np.ndarray, " images"]
    """Row of each image in the data set."""
    classes: tuple[str, ...]


class Diverged(ValueError):
    """A loss term stopped being finite; the model holds the state of the last good epoch."""


def fit(
    model: HashNetwork,
    loss: HashLoss,
    images: Images,
    labels: Bool[np.ndarray, "train classes"],
    config: TrainConfig,
    per_class: int = 0,
) -> Iterator[Epoch]:
    """Train `model` and `loss` in place, yielding each epoch so that the caller can log or stop.

    `images` are uint8 [train, height, width, channels], or the features [train, features] of a
    frozen backbone; then the hash layer alone is trained. With `per_class` every batch holds so
    many images of each class.

    Raises:
        Diverged: when a term is NaN or infinite; model and loss are back at the last good epoch.
    """
    device = next(model.parameters()).device
    generator = torch.Generator().manual_seed(config.seed)
    pixels, targets = resident(images, device), torch.from_numpy(labels).to(device)
    size, epochs = len(images), _set(config.epochs)
    batch_size = min(_set(config.batch_size), size)
    lr, decay = _set(config.learning_rate), _set(config.weight_decay)
    draw = batches(labels, batch_size, per_class, generator)
    slower = 1.0 if config.backbone_rate is None else config.backbone_rate
    optimizers = make_optimizers(_set(config.optimizer), model, loss, lr, decay, slower)
    peaks = [[group["lr"] for group in o.param_groups] for o in optimizers]
    loss.prepare(targets)
    good = [_snapshot(model), _snapshot(loss)]
    step, seconds = 0, 0.0
    for number in range(1, epochs + 1):
        started = time.perf_counter()
        model.train()
        if config.weights not in (None, "none"):
            keep_statistics(model.backbone.core)
        sums: dict[str, Tensor] = {}
        noted: dict[str, Tensor] = {}
        order = draw()
        steps = len(order)
        for rows, source, places in ahead(pixels, order):
            progress = step / (steps * epochs)
            for optimizer, peak in zip(optimizers, peaks, strict=True):
                for group, lr in zip(optimizer.param_groups, peak, strict=True):
                    group["lr"] = lr * warmup_then_linear(progress)
            pictures = view(source, places, device, _set(config.augment), generator)
            with mixed(config.precision, device):
                features = model.embed(pictures)
                outputs = model.head(features)
            index = rows.to(device)
            batch = Batch(outputs.float(), targets[index], index, progress, features.float())
            terms = loss(batch)
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
        if wrong or not all(bool(p.isfinite().all()) for p in trained):
            model.load_state_dict(good[0], strict=False)
            loss.load_state_dict(good[1], strict=False)
            term = f"the term {wrong[0]!r}" if wrong else "a weight"
            raise Diverged(
                f"In epoch {number} {term} was no longer finite; the state of epoch {number - 1} "
                "is kept. A lower --learning-rate or smaller weights usually help."
            )
        loss.end_of_epoch()
        good = [_snapshot(model), _snapshot(loss)]
        seconds += (spent := time.perf_counter() - started)
        notes = {name: float(total) / steps for name, total in noted.items()}
        yield Epoch(number, epochs, means, seconds, order.numel() / spent, notes)


def keep_statistics(backbone: torch.nn.Module) -> None:
    """Batch norms that come with weights go on with what they know: batches are few and small.

    Where a file has its norms folded into the filters, a batch's own statistics would even make
    another network of it.
    """
    for module in backbone.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.eval()


def warmup_then_linear(progress: float, warmup: float = 0.15) -> float:
    """Learning rate as a share of its peak: up in a straight line, then down to zero.

    >>> [warmup_then_linear(p, 0.5) for p in (0.0, 0.25, 0.5, 0.75, 1.0)]
    [0.0, 0.5, 1.0, 0.5, 0.0]
    """
    return progress / warmup if progress < warmup else (1 - progress) / (1 - warmup)


def train(
    config: TrainConfig,
    *,
    root: Path | str | None = None,
    runs: Path | str = "runs",
    on_epoch: Callable[[Epoch], None] | None = None,
    on_read: Callable[[int, int], None] | None = None,
    on_features: Callable[[int, int], None] | None = None,
    on_watched: Callable[[Watched], None] | None = None,
    slim: bool = False,
) -> Run:
    """Train or fit a method, encode queries and database, and save the run.

    `on_epoch` hears of every epoch, `on_read(done, total)` of many files being read,
    `on_features(done, total)` of images going through a frozen backbone, `on_watched` of the
    watched images before the first epoch and after every one. Interrupted (Ctrl-C) or diverged, the
    last complete epoch is saved under a name that ends in `-stopped`, and the exception goes on.

    Raises:
        ValueError: when the configuration does not fit the data; nothing has been trained then.
        Diverged: when the loss stopped being finite.
    """
    method = method_named(config.method)
    method.check(config.options)
    dataset = load_dataset(config.data, root, progress=on_read)
    if dataset.multi_label and not method.multi_label and dataset.labels.any():
        raise ValueError(
            f"{method.title} is for images with one label each, and {config.data} has several; "
            "its docstring says why. Methods for several labels: `hashviz list methods`."
        )
    if method.supervision != "none" and not dataset.labels.any():
        raise ValueError(
            f"{method.title} learns from labels, and {config.data} has none; "
            "use a method without supervision (itq, lsh), or put the pictures in class folders."
        )
    path = Path(runs) / config.name
    given, config = config, settle(config, method)
    weights = find_weights(given.weights, _set(config.backbone))
    parts = split(dataset, config.protocol, config.seed)
    device = torch.device(config.device)
    labels = dataset.labels[parts.train]
    content = fingerprint(dataset)
    pictures, precision = dataset.images, config.precision
    spent: dict[str, float] = {}
    history: list[Epoch] = []
    watched_codes: list[np.ndarray] = []
    stopped: BaseException | None = None
    threads = torch.get_num_threads()
    try:
        with torch.random.fork_rng(devices=[], enabled=True):
            torch.manual_seed(config.seed)
            problem = Problem(
                config.bits, len(dataset.classes), len(labels), dataset.multi_label, config.seed
            )
            options = method.loss_options(config.options)
            loss = method.load()(problem, **options) if method.trained else None
            model = build_model(config, method, dataset.images.shape[3]).to(device)
            some = parts.train[: max(100, min(2000, 25_000_000 // dataset.images[0].size))]
            sample = view(dataset.images[some], torch.arange(len(some)), device)
            model.prepare(sample)
            if weights is not None:
                load_weights(model, weights)
            if config.frozen:
                kept = freeze(model, dataset, content, sample, config, on_features)
                pictures, precision = kept.values, "float32"
                spent["features_seconds"] = kept.seconds
            elif config.threads is None and loss is not None:
                config = replace(config, threads=pick_threads(model, sample, config.precision))
            config = replace(config, threads=config.threads or 1)
            torch.set_num_threads(_set(config.threads))
            images = select(pictures, parts.train)
            watched = select(pictures, parts.database[:WATCHED])

            def look(epoch: Epoch | None = None) -> None:
                seen = encode(model, watched, precision=precision)
                if epoch is not None and not slim:
                    watched_codes.append(pack(sign(seen)))
                if on_watched is not None:
                    rows, classes = parts.database[:WATCHED], tuple(dataset.classes)
                    centers, these = centers_of(loss), dataset.labels[rows]
                    on_watched(Watched(epoch, seen, centers, these, rows, classes))

            for module in model.head.modules() if config.frozen else ():
                if isinstance(module, Standardize):
                    module.prepare(torch.from_numpy(images[:10_000]).to(device))
            started, processor = time.perf_counter(), time.process_time()
            if loss is None:
                model = fit_closed_form(model, method, images, labels, config)
            else:
                try:
                    settings = replace(config, precision=precision)
                    steps = fit(model, loss.to(device), images, labels, settings, method.per_class)
                    if on_watched is not None:
                        look()
                    for epoch in steps:
                        history.append(epoch)
                        if on_watched is not None or not slim:
                            look(epoch)
                        if on_epoch is not None:
                            on_epoch(epoch)
                except (Diverged, KeyboardInterrupt) as error:
                    if not history:
                        raise
                    stopped = error
                    path = path.with_name(path.name + "-stopped")
            seconds = history[-1].seconds if history else time.perf_counter() - started
            spent["cpu_seconds"] = time.process_time() - processor

            def side(rows: Int64[np.ndarray, " n"]) -> Side:
                outputs = encode(model, select(pictures, rows), precision=precision)
                return Side(outputs, dataset.labels[rows], rows)

            run = save_run(
                path,
                config,
                data={
                    "classes": list(dataset.classes),
                    "multi_label": dataset.multi_label,
                    "image": list(dataset.images.shape[1:]),
                    "images": len(dataset),
                    "fingerprint": content,
                    "split": parts.describe(),
                    "report": [
                        *dataset.report,
                        *short_classes(labels, dataset, method),
                        *twins_told(dataset.images, parts),
                    ],
                    "k": parts.protocol.k,
                    **({"weights": weights.about} if weights else {}),
                },
                environment={
                    **environment(device),
                    "seconds": seconds,
                    **spent,
                    "train_images": len(labels),
                    **({"stopped": str(stopped) or "interrupted"} if stopped else {}),
                },
                history=[epoch.row for epoch in history],
                query=side(parts.query),
                database=side(parts.database),
                centers=centers_of(loss),
                codes_over_training=np.stack(watched_codes) if watched_codes else None,
                save_weights=None if slim else lambda path: save_weights(path, model, loss),
                sample=None if slim else 2000,
            )
    finally:
        torch.set_num_threads(threads)
    if stopped is not None:
        stopped.add_note(str(run.path))
        raise stopped
    return run


def short_classes(
    labels: Bool[np.ndarray, "train classes"], dataset: Dataset, method: Method
) -> list[str]:
    """A sentence about classes that have fewer images than a class-aware batch asks for."""
    found = [
        f"{name!r} ({count})"
        for name, count in zip(dataset.classes, labels.sum(0), strict=True)
        if 0 < count < method.per_class
    ]
    if not found:
        return []
    return [
        f"A batch holds {method.per_class} images of every class; some have fewer and repeat "
        f"within it: {', '.join(found)}."
    ]


def fit_closed_form(
    model: HashNetwork,
    method: Method,
    images: Images,
    labels: Bool[np.ndarray, "train classes"],
    config: TrainConfig,
) -> HashNetwork:
    """The model with its hash layer fitted to the features of the training images."""
    features = torch.from_numpy(encode(model, images, features=True, precision=config.precision))
    head = method.load()(
        features, torch.from_numpy(labels), config.bits, config.seed, **config.options
    )
    model.head = head.to(next(iter(model.buffers())).device)
    return model


def centers_of(loss: HashLoss | None) -> np.ndarray | None:
    """The hash centers of a loss that has any."""
    centers = getattr(loss, "centers", None)
    return None if centers is None else centers.detach().cpu().numpy().astype(np.int8)


def _snapshot(module: torch.nn.Module) -> dict[str, Tensor]:
    fixed = {name for name, p in module.named_parameters() if not p.requires_grad}
    state = module.state_dict()
    return {name: tensor.detach().clone() for name, tensor in state.items() if name not in fixed}


def _set(value: Any) -> Any:
    """A setting that `settle` has filled in."""
    if value is None:
        raise ValueError("A configuration is settled before training; call `settle` first.")
    return value
