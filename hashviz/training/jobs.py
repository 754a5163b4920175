"""From a configuration to a run: `train`; the loop itself is `hashviz.training.loop.fit`."""

import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float32, Int8, Int64

from hashviz.codes import pack, sign
from hashviz.config import TrainConfig
from hashviz.data import MEMORY, load_dataset, parse
from hashviz.data.base import Dataset, fingerprint
from hashviz.data.batches import Images, select, view
from hashviz.data.overview import summary
from hashviz.data.protocols import Split, split
from hashviz.data.twins import report_twins
from hashviz.files import check_room
from hashviz.methods import Method, method_named
from hashviz.methods.base import HashLoss, Problem
from hashviz.methods.networks import build_model, save_weights
from hashviz.models import distributed
from hashviz.models.encoding import encode
from hashviz.models.features import freeze
from hashviz.models.machine import environment, pick_threads
from hashviz.models.networks import HashNetwork, Standardize
from hashviz.models.weights import find_weights, load_weights
from hashviz.runs import Run, RunError, Side, save_run
from hashviz.training.checkpoints import Checkpoint
from hashviz.training.loop import Diverged, Epoch, fit, settled
from hashviz.training.recipes import settle

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
    dataset: Dataset | None = None,
    root: Path | str | None = None,
    runs: Path | str = "runs",
    on_epoch: Callable[[Epoch], None] | None = None,
    on_read: Callable[[int, int], None] | None = None,
    on_features: Callable[[int, int], None] | None = None,
    on_watched: Callable[[Watched], None] | None = None,
    on_told: Callable[[str], None] | None = None,
    slim: bool = False,
) -> Run:
    """Train or fit a method, encode queries and database, and save the run.

    `dataset` hands over pictures that no reader knows, which `config.data` names `memory:NAME`. A
    loss or a network of one's own gets a row in `METHODS` or `BACKBONES` first.

    `on_epoch` hears of every epoch, `on_read(done, total)` of many files being read,
    `on_features(done, total)` of images going through a frozen backbone, `on_watched` of the
    watched images before the first epoch and after every one, `on_told` in sentences of what is
    worth knowing about the pictures before anything is trained. Interrupted (Ctrl-C) or diverged,
    the last complete epoch is saved under a name that ends in `-stopped`; the exception goes on.
    A training that was killed or interrupted goes on where it was when the same one is asked for
    again, and ends with the same codes. Of several processes (`models.distributed`) all train, the
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
    path = Path(runs) / config.name
    given, config = config, settle(config, method)
    if dataset is None:
        with distributed.in_turn():
            dataset = load_dataset(config.data, root, progress=on_read)
    elif parse(config.data)[0] != MEMORY:
        raise ValueError(f"Pictures handed over are named memory:NAME, got data={config.data!r}.")
    if on_told is not None:
        for sentence in told_before(dataset, given, config):
            on_told(sentence)
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
    weights = find_weights(given.weights, settled(config.backbone))
    parts = split(dataset, config.protocol, config.seed)
    device = torch.device(config.device)
    labels = dataset.labels[parts.train]
    content = fingerprint(dataset)
    for place in (path, path.with_name(path.name + "-stopped")):
        keep_others(place, config.data, dataset, content)
    pictures, precision = dataset.images, config.precision
    spent: dict[str, float] = {}
    left_out: list[str] = []
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
            if model.left_out:
                left_out.append(
                    f"{method.title} learns without {model.left_out}: the features of a frozen "
                    "backbone are kept, and it would have to see the pictures."
                )
                if on_told is not None:
                    on_told(left_out[0])
            some = parts.train[: max(100, min(2000, 25_000_000 // dataset.images[0].size))]
            sample = view(dataset.images[some], torch.arange(len(some)), device)
            model.prepare(sample)
            if weights is not None:
                load_weights(model, weights, config.backbone or "")
            if config.frozen:
                with distributed.in_turn():
                    kept = freeze(model, dataset, content, config, on_features)
                pictures, precision = kept.values, "float32"
                spent["features_seconds"] = kept.seconds
            elif config.threads is None and loss is not None and processes == 1:
                config = replace(config, threads=pick_threads(model.backbone.core, device))
            # torchrun has chosen the threads of each process already, in OMP_NUM_THREADS.
            config = replace(config, threads=config.threads or (1 if processes == 1 else threads))
            check_room(
                path, room_of(model, loss, config, parts, slim), "The run and what is kept of its "
                "training take", "free some, or choose another disk with --runs.",
            )  # fmt: skip
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

            def keep(*, now: bool = False) -> None:
                if distributed.is_first():
                    rows, used = [asdict(each) for each in history], settled(config.threads)
                    checkpoint.save(checkpoint.reached, rows, watched_codes, used, now=now)

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
                        keep()
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
                files = dataset.attributes.get("path")
                named = None if files is None else files[rows]
                return Side(outputs, dataset.labels[rows], rows, named)

            run = saved(
                checkpoint,
                keep,
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
                        *left_out,
                        *short_classes(labels, dataset, method),
                        *report_twins(dataset, parts),
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
    if distributed.is_first():
        drop_stopped(path.with_name(path.name + "-stopped"), run)
    return run


def told_before(dataset: Dataset, given: TrainConfig, config: TrainConfig) -> list[str]:
    """What is worth knowing before training: of pictures in files what there is, and their size."""
    found = [summary(dataset), *dataset.report] if "path" in dataset.attributes else []
    if config.data != given.data:
        height, width = dataset.size
        found.append(
            f"{height}x{width} pixels, because {config.backbone} learned from such photographs; "
            "?size=64 after the data set takes less time, and finds less"
        )
    return found


def keep_others(path: Path, data: str, dataset: Dataset, content: str) -> None:
    """Refuse to put a run in the place of one that was made from other pictures or labels.

    Raises:
        ValueError: when there is such a run.
    """
    try:
        there = Run.load(path).data
    except RunError:
        return
    made = there.get("fingerprint", content)
    if made != content:
        old, new = (
            f"{images:,} of {height}x{width} pixels, checksum {checksum[:8]}"
            for images, (height, width, *_), checksum in (
                (there["images"], there["image"], made), (len(dataset), dataset.size, content)
            )
        )  # fmt: skip
        raise ValueError(
            f"The run {path} was made from other pictures or labels ({old}) than {data} has "
            f"now ({new}), and is not replaced; name the new one with --tag, choose another folder "
            "with --runs, or delete the old one."
        )


def drop_stopped(path: Path, run: Run) -> None:
    """Remove what a training had reached when it was stopped: the run now has all of it."""
    try:
        stopped = Run.load(path)
    except RunError:
        return
    same = replace(stopped.config, threads=run.config.threads) == run.config
    if same and "stopped" in stopped.environment:
        shutil.rmtree(path)


def saved(
    checkpoint: Checkpoint, keep: Callable[..., None], path: Path, *arguments: Any, **content: Any
) -> Run:
    """The run that the first process writes (see `save_run`) and every other one reads.

    Where it cannot be written the training is not lost: its last state is kept, if there is room
    for that, and a note of the error says where.
    """
    try:
        return distributed.once(
            lambda: save_run(path, *arguments, **content), lambda: Run.load(path)
        )
    except OSError as error:
        if checkpoint.reached[0]:
            keep(now=True)
        if checkpoint.path.is_file():
            error.add_note(f"{checkpoint.path}, from where the same command goes on.")
        raise


def room_of(
    model: HashNetwork, loss: HashLoss | None, config: TrainConfig, parts: Split, slim: bool
) -> int:
    """Bytes that a run and the kept state of its training take at most."""
    modules = (model,) if loss is None else (model, loss)
    weights = sum(t.nbytes for module in modules for t in module.state_dict().values())
    coded = len(parts.query) + len(parts.database)
    codes = coded * (config.bits + 64) + (config.epochs or 0) * WATCHED * config.bits // 8
    # Weights and what the optimizer remembers of each, twice at most, while a file is replaced.
    return codes + (0 if slim else weights) + (0 if loss is None else 6 * weights)


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
