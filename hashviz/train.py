"""From a configuration to a run: `train`; the loop itself is `hashviz.fit.fit`."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float32, Int8, Int64

from hashviz import distributed
from hashviz.checkpoints import Checkpoint
from hashviz.config import TrainConfig
from hashviz.data import load_dataset
from hashviz.data.base import Dataset, fingerprint
from hashviz.data.batches import Images, select, view
from hashviz.data.protocols import split
from hashviz.data.twins import twins_told
from hashviz.encoding import build_model, encode, save_weights
from hashviz.features import freeze
from hashviz.fit import Diverged, Epoch, fit, settled
from hashviz.hamming import pack, sign
from hashviz.machine import environment, pick_threads
from hashviz.methods import Method, method_named
from hashviz.methods.base import HashLoss, Problem
from hashviz.models import HashNetwork, Standardize
from hashviz.recipes import settle
from hashviz.runs import Run, Side, save_run
from hashviz.weights import find_weights, load_weights

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
    A training that was killed or interrupted goes on where it was when the same one is asked for
    again, and ends with the same codes. Of several processes (`hashviz.distributed`) all train, the
    first one saves, and the others read what it saved; each calls its own functions.

    Raises:
        ValueError: when the configuration does not fit the data; nothing has been trained then.
        RunError: in another process than the first that cannot see the folder of runs.
        Diverged: when the loss stopped being finite.
    """
    method = method_named(config.method)
    method.check(config.options)
    processes = distributed.size()
    if processes > 1 and not method.trained:
        raise ValueError(
            f"{method.title} is fitted in one go, which needs one process, got {processes}; leave "
            "torchrun out."
        )
    with distributed.in_turn():
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
    weights = find_weights(given.weights, settled(config.backbone))
    parts = split(dataset, config.protocol, config.seed)
    device = torch.device(config.device)
    labels = dataset.labels[parts.train]
    content = fingerprint(dataset)
    pictures, precision = dataset.images, config.precision
    spent: dict[str, float] = {}
    about = {**config.to_json(), "threads": given.threads, "slim": slim, "data": content}
    about["processes"] = processes
    checkpoint = Checkpoint(path.with_name(f".{path.name}.training"), about)
    distributed.agree(f"{about} {checkpoint.reached}")
    history = [Epoch(**row) for row in checkpoint.history]
    watched_codes = list(checkpoint.watched)
    if history:
        spent["resumed_after"] = checkpoint.reached[0]
        config = replace(config, threads=checkpoint.threads)
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
                with distributed.in_turn():
                    kept = freeze(model, dataset, content, sample, config, on_features)
                pictures, precision = kept.values, "float32"
                spent["features_seconds"] = kept.seconds
            elif config.threads is None and loss is not None and processes == 1:
                config = replace(config, threads=pick_threads(model, sample, config.precision))
            # torchrun has chosen the threads of each process already, in OMP_NUM_THREADS.
            config = replace(config, threads=config.threads or (1 if processes == 1 else threads))
            torch.set_num_threads(settled(config.threads))
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
                    loss = loss.to(device)
                    each = method.images_per_class(dataset.multi_label)
                    steps = fit(model, loss, images, labels, settings, each, checkpoint)
                    if on_watched is not None:
                        look()
                    for epoch in steps:
                        history.append(epoch)
                        if on_watched is not None or not slim:
                            look(epoch)
                        if on_epoch is not None:
                            on_epoch(epoch)
                        rows = [asdict(each) for each in history]
                        if distributed.is_first():
                            checkpoint.save(
                                checkpoint.reached, rows, watched_codes, settled(config.threads)
                            )
                except (Diverged, KeyboardInterrupt) as error:
                    if not history:
                        raise
                    stopped = error
                    if isinstance(error, Diverged):
                        checkpoint.clear()
                    path = path.with_name(path.name + "-stopped")
            seconds = history[-1].seconds if history else time.perf_counter() - started
            spent["cpu_seconds"] = time.process_time() - processor

            def side(rows: Int64[np.ndarray, " n"]) -> Side:
                outputs = encode(model, select(pictures, rows), precision=precision)
                return Side(outputs, dataset.labels[rows], rows)

            run = saved(
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
                        *checkpoint.trouble,
                    ],
                    "k": parts.protocol.k,
                    **({"weights": weights.about} if weights else {}),
                },
                environment={
                    **environment(device),
                    "seconds": seconds,
                    **spent,
                    "train_images": len(labels),
                    "processes": processes,
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
    checkpoint.clear()
    return run


def saved(path: Path, *arguments: Any, **content: Any) -> Run:
    """The run that the first process writes (see `save_run`) and every other one reads."""
    return distributed.once(lambda: save_run(path, *arguments, **content), lambda: Run.load(path))


def short_classes(
    labels: Bool[np.ndarray, "train classes"], dataset: Dataset, method: Method
) -> list[str]:
    """A sentence about classes that have fewer images than a class-aware batch asks for."""
    each = method.images_per_class(dataset.multi_label)
    found = [
        f"{name!r} ({count})"
        for name, count in zip(dataset.classes, labels.sum(0), strict=True)
        if 0 < count < each
    ]
    if not found:
        return []
    return [
        f"A batch holds {each} images of every class; some have fewer and repeat "
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
