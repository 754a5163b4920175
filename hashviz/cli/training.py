"""`hashviz train`: from a configuration to a run, with a progress bar."""

import sys
from argparse import Namespace
from contextlib import closing
from dataclasses import fields, replace
from typing import Any

from hashviz.cli.output import headline, result_of, show
from hashviz.config import TrainConfig, parse_options
from hashviz.methods import METHODS
from hashviz.runs import Run, RunError
from hashviz.training.events import Epoch, Event, Progress, Remark, ignore


def config_of(arguments: Namespace, **fixed: Any) -> TrainConfig:
    """Return the configuration that the options on the command line describe."""
    names = {f.name for f in fields(TrainConfig)}
    values = {name: value for name, value in vars(arguments).items() if name in names}
    values["options"] = parse_options(arguments.options)
    if arguments.features:
        values |= {"weights": arguments.features, "frozen": True}
    config = TrainConfig(**{**values, **fixed})
    method = METHODS.get(config.method)
    return replace(config, options=method.word_texts(config.options)) if method else config


class Bar:
    """A bar on stderr: files being read, features, then one tick per epoch with its terms."""

    def __init__(self, title: str, said: set[str]) -> None:
        self.title = title
        self.said = said
        """Remarks that were printed already: each is printed once."""
        self.bar: Any = None

    def listen(self, event: Event) -> None:
        """Show what a training tells."""
        match event:
            case Progress(what, done, total):
                self.advance(what, done, total)
            case Remark(sentence):
                self.tell(sentence)
            case Epoch():
                self.advance(self.title, event.number, event.epochs)
                shown = {**event.terms, **event.notes}
                terms = "".join(f"{name} {value:.4f}, " for name, value in shown.items())
                self.bar.set_postfix_str(f"{terms}{event.images_per_second:,.0f} images/s")

    def tell(self, sentence: str) -> None:
        """Print a remark, once."""
        from hashviz.data.overview import brief

        if sentence not in self.said:
            self.close()
            print(brief(sentence), file=sys.stderr)
        self.said.add(sentence)

    def advance(self, title: str, done: int, total: int) -> None:
        """Show how far something is: what `Progress` tells, or the epochs under the own title."""
        from tqdm import tqdm

        unit = {"reading": "picture", "features": "image"}.get(title, "epoch")
        if self.bar is None or self.bar.unit != unit:
            self.close()
            self.bar = tqdm(desc=title, total=total, unit=unit, file=sys.stderr)
        self.bar.update(done - self.bar.n)  # some may have been done before

    def close(self) -> None:
        """Leave the bar as it is."""
        if self.bar is not None:
            self.bar.close()
            self.bar = None


def find_or_train(config: TrainConfig, arguments: Namespace, *, reuse: bool = False) -> Run:
    """Return the run of a configuration: an existing one if `reuse`, else a new one with a bar.

    Raises:
        ValueError: when several processes were started for several runs.
    """
    from hashviz.models import distributed
    from hashviz.training.jobs import train
    from hashviz.training.recipes import same_settings

    path = arguments.runs / config.name
    if reuse and distributed.torchrun_size() > 1:
        raise ValueError("Several processes train one run; for this command leave torchrun out.")
    if reuse and path.is_dir():
        run = Run.load(path)
        if same_settings(run.config, config) and same_pictures(run, arguments):
            return run
    said: set[str] = vars(arguments).setdefault("said", set())
    with closing(Bar(config.name, said)) as bar:
        first = distributed.is_first()
        run = train(
            config,
            root=arguments.data_root,
            runs=arguments.runs,
            slim=arguments.slim,
            listen=bar.listen if first else ignore,
        )
        for sentence in run.data["report"] if first else ():
            bar.tell(sentence)
    return run


def same_pictures(run: Run, arguments: Namespace) -> bool:
    """Return whether a folder still holds what a run was made from; a command reads it once."""
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
    """Train one run: `hashviz train METHOD --data D`, in one process or in those of torchrun."""
    from hashviz.models import distributed

    config = config_of(arguments)
    with distributed.process_group(config.device):
        try:
            run = find_or_train(config, arguments)
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
        [run.split, headline(run.scores), f"{seconds:.2f} s of training, saved in {run.path}"],
    )
