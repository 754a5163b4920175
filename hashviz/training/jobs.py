"""From a configuration to a run: `prepare`, `learn`, `package`; `train` is the three in a row."""

import shutil
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float32, Int64

from hashviz.codes import pack, sign
from hashviz.config import TrainConfig
from hashviz.data import MEMORY, load_dataset, parse
from hashviz.data.base import Dataset, fingerprint
from hashviz.data.batches import Images, select, view
from hashviz.data.protocols import Split, split
from hashviz.data.twins import report_twins
from hashviz.files import check_room
from hashviz.methods import Method, method_named
from hashviz.methods.base import HashLoss, Problem
from hashviz.methods.networks import build_model, save_weights
from hashviz.models import distributed
from hashviz.models.encoding import encode
from hashviz.models.features import freeze
from hashviz.models.machine import environment, keep_torch_state, pick_threads
from hashviz.models.networks import HashNetwork, Standardize
from hashviz.models.weights import Weights, find_weights, load_weights
from hashviz.runs import Run, RunError, Side, save_run
from hashviz.training import checks
from hashviz.training.checkpoints import Checkpoint
from hashviz.training.events import Epoch, Listen, Progress, Remark, Watched, ignore
from hashviz.training.loop import Diverged, fit
from hashviz.training.recipes import require, settle

WATCHED = 200
"""How many images, the first of the database, have their codes kept after every epoch."""


@dataclass(eq=False)
class Job:
    """A training with everything it needs: made by `prepare`, advanced by `learn`."""

    config: TrainConfig
    """The configuration with every open choice made."""
    method: Method
    dataset: Dataset
    split: Split
    path: Path
    """Where the run will be saved."""
    checkpoint: Checkpoint
    """History and watched codes so far, from which a killed training resumes."""
    model: HashNetwork
    loss: HashLoss | None
    """None for a method that is fitted."""
    listen: Listen
    slim: bool
    data: dict[str, Any]
    """What the run will record about its data."""
    environment: dict[str, Any] = field(default_factory=dict)
    """What the run will record about time and machine."""
    features: Float32[np.ndarray, "n features"] | None = None
    """Features of a frozen backbone, for every image of the data set."""
    stopped: BaseException | None = None
    """What ended the training early, after at least one epoch."""

    def images(self, rows: Int64[np.ndarray, " n"]) -> Images:
        """Return what the model is shown of these images: pixels, or features."""
        return select(self.dataset.images if self.features is None else self.features, rows)

    def encode(self, rows: Int64[np.ndarray, " n"]) -> Float32[np.ndarray, "n bits"]:
        """Return real outputs of these images."""
        return encode(self.model, self.images(rows), precision=self.precision)

    def side(self, rows: Int64[np.ndarray, " n"]) -> Side:
        """Return queries or database as the run keeps them."""
        files = self.dataset.attributes.get("path")
        paths = None if files is None else files[rows]
        return Side(self.encode(rows), self.dataset.labels[rows], rows, paths)

    @property
    def precision(self) -> str:
        """The precision of the forward pass; cached features are in float32."""
        return self.config.precision if self.features is None else "float32"

    @property
    def centers(self) -> np.ndarray | None:
        """The hash centers of a loss that has any."""
        codebook = getattr(self.loss, "codebook", None)
        return None if codebook is None else codebook.cpu().numpy().astype(np.int8)


def train(
    config: TrainConfig,
    *,
    dataset: Dataset | None = None,
    root: Path | str | None = None,
    runs: Path | str = "runs",
    listen: Listen = ignore,
    watch: bool = False,
    slim: bool = False,
) -> Run:
    """Train or fit a method, encode queries and database, and save the run.

    `dataset` hands over pictures that no reader knows, which `config.data` names `memory:NAME`. A
    loss or a network of your own gets a row in `METHODS` or `BACKBONES` first.

    `listen` is called with every `Event`: `Progress` of slow preparations, a `Remark` about the
    data, every `Epoch`, and with `watch` also the `Watched` images before the first epoch and after
    every one. A slim run keeps neither weights nor real outputs.

    When interrupted (Ctrl-C) or diverged, the last complete epoch is saved under a name that ends
    in `-stopped`, and the exception is raised again. A training that was killed or interrupted
    resumes when the same one is started again, and ends with the same codes. Of several processes
    (`models.distributed`) all train, the first one saves, and the others read what it saved; each
    calls its own `listen`.

    Raises:
        ValueError: when the configuration does not fit the data; nothing has been trained then.
        RunError: in another process than the first that cannot see the folder of runs.
        Diverged: when the loss stopped being finite.
    """
    with keep_torch_state():
        job = prepare(config, dataset=dataset, root=root, runs=runs, listen=listen, slim=slim)
        learn(job, watch=watch)
        run = package(job)
    if job.stopped is not None:
        job.stopped.add_note(str(run.path))
        raise job.stopped
    return run


def prepare(
    config: TrainConfig,
    *,
    dataset: Dataset | None = None,
    root: Path | str | None = None,
    runs: Path | str = "runs",
    listen: Listen = ignore,
    slim: bool = False,
    parts: Split | None = None,
) -> Job:
    """Settle the configuration, read and check the data, build network and loss.

    Sets torch's seed and number of threads; everything else is in the job. `parts` replaces what
    the protocol would draw; the other arguments and the errors are those of `train`.
    """
    method = method_named(config.method)
    method.check(config.options)
    if distributed.world_size() > 1 and not method.trained:
        raise ValueError(f"{method.title} is fitted in one process; leave torchrun out.")
    asked, config = config, settle(config, method)
    dataset = read_dataset(config.data, dataset, root, listen)
    for sentence in checks.remarks(dataset, asked, config):
        listen(Remark(sentence))
    checks.check_labels(dataset, method, config.data)
    weights = find_weights(asked.weights, require(config.backbone))
    parts = parts or split(dataset, config.protocol, config.seed)
    content, path = fingerprint(dataset), Path(runs) / asked.name
    for place in (path, stopped_path(path)):
        checks.refuse_other_data(place, config.data, dataset, content)
    key = {**config.to_json(), "threads": asked.threads, "slim": slim, "data": content}
    key |= {"processes": distributed.world_size(), "state": 2}  # a file of 1 is of another training
    checkpoint = Checkpoint(path.with_name(f".{path.name}.training"), key)
    distributed.check_agreement(f"{key} {checkpoint.reached}")
    if checkpoint.history:
        config = replace(config, threads=checkpoint.threads)
    torch.manual_seed(config.seed)
    problem = Problem(
        config.bits, len(dataset.classes), len(parts.train), dataset.multi_label, config.seed
    )
    options = method.loss_options(config.options)
    loss = method.load()(problem, **options) if method.trained else None
    model = build_model(config, method, dataset.shape[2]).to(torch.device(config.device))
    threads = config.threads or choose_threads(config, model, loss)
    job = Job(
        config, method, dataset, parts, path, checkpoint, model, loss, listen, slim,
        data=checks.describe_data(dataset, parts, content, weights),
    )  # fmt: skip
    initialize(job, weights, content)
    check_room(
        path, needed_bytes(job), "The run and what is kept of its training take",
        "free some, or choose another disk with --runs.",
    )  # fmt: skip
    job.config = replace(config, threads=threads)
    checkpoint.threads = threads
    torch.set_num_threads(threads)
    return job


def learn(job: Job, *, watch: bool = False) -> None:
    """Train network and loss epoch by epoch, or fit the hash layer, in place.

    Raises:
        Diverged, KeyboardInterrupt: before an epoch is complete; after one, `job.stopped` holds it.
    """
    config, checkpoint = job.config, job.checkpoint
    labels = job.dataset.labels[job.split.train]
    if checkpoint.history:
        job.environment["resumed_after"] = checkpoint.reached[0]
    started, processor = time.perf_counter(), time.process_time()
    if job.loss is None:
        fit_closed_form(job, labels)
        job.environment["seconds"] = time.perf_counter() - started
    else:
        try:
            job.loss = job.loss.to(torch.device(config.device))
            each = 0 if job.dataset.multi_label else job.method.per_class
            settings = replace(config, precision=job.precision)
            images = job.images(job.split.train)
            epochs = fit(job.model, job.loss, images, labels, settings, each, checkpoint)
            if watch:
                look(job, None, watch)
            for epoch in epochs:
                checkpoint.history.append(epoch)
                look(job, epoch, watch)
                job.listen(epoch)
                if distributed.is_first():
                    checkpoint.save()
        except (Diverged, KeyboardInterrupt) as error:
            if not checkpoint.history:
                raise
            job.stopped, job.path = error, stopped_path(job.path)
            job.environment["stopped"] = str(error) or "interrupted"
            if isinstance(error, Diverged):
                checkpoint.clear()
        job.environment["seconds"] = checkpoint.reached[2]
    job.environment["cpu_seconds"] = time.process_time() - processor


def package(job: Job) -> Run:
    """Encode queries and database and save the run; the first process writes, the others read.

    If it cannot be written the training is not lost: its last state is saved, if there is room for
    that, and a note on the error says where.

    Raises:
        OSError: when the run cannot be written.
    """
    job.data["report"] += [
        *checks.short_classes(job.dataset, job.split, job.method),
        *report_twins(job.dataset, job.split),
        *job.checkpoint.trouble,
    ]
    content: dict[str, Any] = {
        "data": job.data,
        "environment": {
            **environment(torch.device(job.config.device)),
            **job.environment,
            "train_images": len(job.split.train),
            "processes": distributed.world_size(),
        },
        "history": [epoch.row for epoch in job.checkpoint.history],
        "centers": job.centers,
        "codes_over_training": np.stack(job.checkpoint.watched) if job.checkpoint.watched else None,
        "save_weights": lambda path: save_weights(path, job.model, job.loss),
        "query": job.side(job.split.query),
        "database": job.side(job.split.database),
    }
    if job.slim:
        content |= {"save_weights": None, "sample": None}
    try:
        run = distributed.write_once(
            lambda: save_run(job.path, job.config, **content), lambda: Run.load(job.path)
        )
    except OSError as error:
        if job.checkpoint.history:
            job.checkpoint.save(now=True)
        if job.checkpoint.path.is_file():
            error.add_note(f"{job.checkpoint.path}, from where the same command goes on.")
        raise
    if job.stopped is None:
        job.checkpoint.clear()
        if distributed.is_first():
            drop_stopped(run)
    return run


def read_dataset(
    data: str, dataset: Dataset | None, root: Path | str | None, listen: Listen
) -> Dataset:
    """Load the data set of that name, or take the one handed over.

    Raises:
        ValueError: when one is handed over and the name says otherwise.
    """
    if dataset is not None:
        if parse(data)[0] != MEMORY:
            raise ValueError(f"Pictures handed over are named memory:NAME, got data={data!r}.")
        return dataset
    with distributed.take_turns():
        return load_dataset(data, root, progress=lambda *done: listen(Progress("reading", *done)))


def choose_threads(config: TrainConfig, model: HashNetwork, loss: HashLoss | None) -> int:
    """Choose the number of CPU threads where none is given."""
    if distributed.world_size() > 1:
        return torch.get_num_threads()  # torchrun has chosen them, by OMP_NUM_THREADS
    if config.frozen or loss is None:
        return 1
    return pick_threads(model.backbone.core, torch.device(config.device))


def initialize(job: Job, weights: Weights | None, content: str) -> None:
    """Adapt the network to a sample of the images, load its weights, compute frozen features."""
    model, dataset, train_rows = job.model, job.dataset, job.split.train
    if model.left_out:
        sentence = (
            f"{job.method.title} learns without {model.left_out}: the features of a frozen "
            "backbone are kept, and it would have to see the pictures."
        )
        job.data["report"].append(sentence)
        job.listen(Remark(sentence))
    some = train_rows[: max(100, min(2000, 25_000_000 // dataset.images[0].size))]
    device = torch.device(job.config.device)
    if dataset.images.ndim == 4:
        model.prepare(view(dataset.images[some], torch.arange(len(some)), device))
    if weights is not None:
        load_weights(model, weights, job.config.backbone or "")
    if not job.config.frozen:
        return
    with distributed.take_turns():
        kept = freeze(
            model, dataset, content, job.config,
            lambda *done: job.listen(Progress("features", *done)),
        )  # fmt: skip
    job.features, job.environment["features_seconds"] = kept.values, kept.seconds
    sample = torch.from_numpy(job.images(train_rows)[:10_000]).to(device)
    for module in model.head.modules():
        if isinstance(module, Standardize):
            module.prepare(sample)


def look(job: Job, epoch: Epoch | None, watch: bool) -> None:
    """Encode the watched images, keep their codes after an epoch, and show them if `watch`."""
    if job.slim and not watch:
        return
    rows = job.split.database[:WATCHED]
    outputs = job.encode(rows)
    if epoch is not None and not job.slim:
        job.checkpoint.watched.append(pack(sign(outputs)))
    if watch:
        labels, classes = job.dataset.labels[rows], tuple(job.dataset.classes)
        job.listen(Watched(epoch, outputs, job.centers, labels, rows, classes))


def stopped_path(path: Path) -> Path:
    """Return where the run of a stopped training is saved."""
    return path.with_name(path.name + "-stopped")


def drop_stopped(run: Run) -> None:
    """Remove what the same training had reached when it was stopped: the run now has all of it."""
    try:
        stopped = Run.load(stopped_path(run.path))
    except RunError:
        return
    same = replace(stopped.config, threads=run.config.threads) == run.config
    if same and "stopped" in stopped.environment:
        shutil.rmtree(stopped.path)


def needed_bytes(job: Job) -> int:
    """Return how many bytes a run and the state of its training take at most."""
    modules = (job.model,) if job.loss is None else (job.model, job.loss)
    weights = sum(t.nbytes for module in modules for t in module.state_dict().values())
    bits, epochs = job.config.bits, job.config.epochs or 0
    codes = (len(job.split.query) + len(job.split.database)) * (bits + 64)
    # Weights and what the optimizer remembers of each, twice at most, while a file is replaced.
    state = 0 if job.loss is None else 6 * weights
    return codes + epochs * WATCHED * bits // 8 + (0 if job.slim else weights) + state


def fit_closed_form(job: Job, labels: Bool[np.ndarray, "train classes"]) -> None:
    """Fit the hash layer to the features of the training images."""
    config, images = job.config, job.images(job.split.train)
    features = torch.from_numpy(encode(job.model, images, features=True, precision=job.precision))
    fit_head = job.method.load()
    head = fit_head(features, torch.from_numpy(labels), config.bits, config.seed, **config.options)
    job.model.head = head.to(torch.device(config.device))
