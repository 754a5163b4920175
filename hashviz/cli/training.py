"""`hashviz train`: from a configuration to a run, under a progress bar."""

import sys
from argparse import Namespace
from contextlib import closing
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from hashviz.cli.output import headline, result_of, show
from hashviz.config import TrainConfig, parse_options
from hashviz.methods import METHODS

if TYPE_CHECKING:
    from hashviz.runs import Run
    from hashviz.training.jobs import Epoch


def config_of(arguments: Namespace, **fixed: Any) -> TrainConfig:
    """The configuration that the options spell out."""
    names = {f.name for f in fields(TrainConfig)}
    values = {name: value for name, value in vars(arguments).items() if name in names}
    values["options"] = parse_options(arguments.options)
    config = TrainConfig(**{**values, **fixed})
    method = METHODS.get(config.method)
    return replace(config, options=method.worded(config.options)) if method else config


class Progress:
    """A bar on stderr: files being read, features, then one tick per epoch with its terms."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.bar: Any = None

    def _start(self, title: str, total: int, unit: str) -> None:
        from tqdm import tqdm

        if self.bar is None or self.bar.unit != unit:
            self.close()
            self.bar = tqdm(desc=title, total=total, unit=unit, file=sys.stderr)

    def read(self, done: int, total: int) -> None:
        """So many of the pictures have been read."""
        self._start("reading", total, "picture")
        self.bar.update(done - self.bar.n)

    def features(self, done: int, total: int) -> None:
        """So many pictures went through the frozen backbone."""
        self._start("features", total, "image")
        self.bar.update(done - self.bar.n)

    def told(self, sentence: str) -> None:
        """Something to know before training."""
        self.close()
        print(sentence, file=sys.stderr)

    def epoch(self, epoch: "Epoch") -> None:
        """Another epoch is over."""
        self._start(self.title, epoch.epochs, "epoch")
        shown = {**epoch.terms, **epoch.notes}
        terms = ", ".join(f"{name} {value:.4f}" for name, value in shown.items())
        self.bar.set_postfix_str(f"{terms}, {epoch.images_per_second:,.0f} images/s", refresh=False)
        self.bar.update(epoch.number - self.bar.n)  # some may have been done before

    def close(self) -> None:
        """Leave the bar as it stands."""
        if self.bar is not None:
            self.bar.close()
            self.bar = None


def trained(config: TrainConfig, arguments: Namespace, *, reuse: bool = False) -> "Run":
    """The run of a configuration: an existing one if `reuse`, else a new one with a bar.

    Raises:
        ValueError: when several processes are to look after one run after the other.
    """
    from hashviz.data.overview import brief
    from hashviz.models import distributed
    from hashviz.runs import Run
    from hashviz.training.jobs import train
    from hashviz.training.recipes import same_settings

    path = arguments.runs / config.name
    if reuse and distributed.launched() > 1:
        raise ValueError(
            "Several processes train one run, with `hashviz train`; for this command leave "
            "torchrun out."
        )
    if reuse and path.is_dir():
        run = Run.load(path)
        if same_settings(run.config, config) and same_pictures(run, arguments):
            return run
    said: set[str] = vars(arguments).setdefault("said", set())  # of many trainings only once
    with closing(Progress(config.name)) as bar:

        def tell(sentence: str) -> None:
            if sentence not in said:
                bar.told(brief(sentence))
            said.add(sentence)

        told = {
            "on_epoch": bar.epoch, "on_read": bar.read, "on_features": bar.features,
            "on_told": tell,
        }  # fmt: skip
        run = train(
            config,
            root=arguments.data_root,
            runs=arguments.runs,
            slim=arguments.slim,
            **(told if distributed.is_first() else {}),
        )
        for sentence in run.data["report"] if distributed.is_first() else ():
            tell(sentence)
    return run


def same_pictures(run: "Run", arguments: Namespace) -> bool:
    """Whether a folder still holds what a run was made from; it is read once for a command."""
    from hashviz.data import DATASETS, load_dataset, parse
    from hashviz.data.base import fingerprint

    spec = run.config.data
    if not DATASETS[parse(spec)[0]].takes_path:
        return True
    known: dict[str, str] = vars(arguments).setdefault("contents", {})
    if spec not in known:
        known[spec] = fingerprint(load_dataset(spec, arguments.data_root))
    return known[spec] == run.data.get("fingerprint")


def train(arguments: Namespace) -> None:
    """`hashviz train METHOD --data D`, in one process or in those that torchrun starts."""
    from hashviz.models import distributed
    from hashviz.runs import RunError

    config = config_of(arguments)
    with distributed.joined(config.device):
        try:
            run = trained(config, arguments)
        except RunError:
            if distributed.is_first():
                raise
            return  # the run is on the machine of the first process
        if not distributed.is_first():
            return
    seconds = run.environment["seconds"]
    show(
        arguments,
        result_of(run),
        [run.split, headline(run.scores), f"{seconds:.2f} s of training, kept in {run.path}"],
    )
