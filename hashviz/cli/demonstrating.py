"""`hashviz demo`: train what is missing, then serve the app; over your own pictures too."""

import importlib.util
import sys
from argparse import Namespace
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

from hashviz.cli.training import Bar, find_or_train
from hashviz.config import TrainConfig, missing_package

if TYPE_CHECKING:
    from hashviz.runs import Run

DEFAULT_RUNS = (
    TrainConfig(method="csq", data="digits"),
    TrainConfig(method="csq", data="scenes"),
    TrainConfig(method="lsh", data="scenes"),
    TrainConfig(method="itq", data="digits"),
    TrainConfig(method="lsh", data="digits"),
)
"""What `hashviz demo` trains when it is missing."""

WITHOUT_WEIGHTS = (
    "With ImageNet weights on this machine (--weights FILE) it would find what looks alike to a "
    "trained eye."
)
PHOTOGRAPHS = TrainConfig(
    method="csq", data="cifar10", protocol="cifar10-official", bits=48, backbone="conv24", epochs=5
)
"""Real photographs and a network worth looking at: mAP 0.829, five to six minutes of two cores."""

KNOWN_NETWORKS = ("mobilenet_v2", "mobilenet_v3_large", "resnet18", "squeezenet1_1", "resnet50")
"""Networks whose published weights are looked for on this machine, best for a laptop first."""


def demo(arguments: Namespace) -> None:
    """Train what is missing, then serve the app until Ctrl-C: `hashviz demo [--data D]`."""
    from hashviz.runs import list_runs

    launch = load_app()  # what cannot work is said before anything is trained
    if arguments.index:
        from hashviz.search.milvus import parse_address

        parse_address(arguments.index)
    if arguments.data:
        fetch_missing(arguments)
        wanted = own_runs(arguments)
    else:
        offered = photographs_at_hand(arguments)
        missing = [c for c in DEFAULT_RUNS if not (arguments.runs / c.name).is_dir()]
        if missing:
            print(f"Training {len(missing)} small models, once:", file=sys.stderr)
        wanted = offered + missing
    given = Namespace(**{**vars(arguments), "slim": False})
    for config in wanted:
        find_or_train(config, given, reuse=True)
    runs = sorted(list_runs(arguments.runs), key=in_gray)
    first = [config.name for config in wanted if arguments.data or config.data == PHOTOGRAPHS.data]
    runs.sort(key=lambda run: first.index(run.name) if run.name in first else len(first))
    launch(
        runs,
        root=arguments.runs,
        data_root=arguments.data_root,
        lan=arguments.lan,
        index=arguments.index,
        port=arguments.port,
        open_browser=not arguments.no_browser,
    )


def in_gray(run: "Run") -> bool:
    """Return whether the pictures of a run are gray; the app opens on colored ones if it can."""
    return run.data["image"][2] == 1


def load_app() -> Callable[..., None]:
    """Return the function that serves the app, by the entry point of the package that brings one.

    Raises:
        ModuleNotFoundError: when none is installed, or Gradio is not; the message names the extra.
    """
    apps = entry_points(group="hashviz.app", name="demo")
    if not apps:
        raise missing_package("hashviz_demo")
    if importlib.util.find_spec("gradio") is None:
        raise missing_package("gradio")
    return next(iter(apps)).load()


def agree(question: str, arguments: Namespace) -> bool:
    """Ask the person at the terminal; `--yes` agrees, and where nobody is there, nobody does."""
    if arguments.yes or not sys.stdin.isatty():
        return arguments.yes
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def fetch_missing(arguments: Namespace) -> None:
    """Download the data set if it is not there and the person agrees, told how much and whence.

    Raises:
        MissingData: when they do not, or the download fails.
    """
    from hashviz.data import DATASETS, MissingData, data_root, parse
    from hashviz.data.releases import download, is_there

    release, root = DATASETS[parse(arguments.data)[0]].release, data_root(arguments.data_root)
    if release is None or is_there(release, root):
        return
    what = f"{release.title} is not in {str(root)!r}: {release.size}, from {release.url}."
    print(what, file=sys.stderr)
    if not agree("Download it?", arguments):
        raise MissingData(
            f"Nothing was downloaded. `hashviz demo --data {arguments.data} --yes` downloads "
            f"{release.title} without asking; or put its files into {str(root / release.folder)!r}."
        )
    download(release, root)


def photographs_at_hand(arguments: Namespace) -> list[TrainConfig]:
    """Return the training on CIFAR-10 where its files are and it is done or wanted."""
    from hashviz.data import DATASETS, data_root
    from hashviz.data.releases import is_there

    release, root = DATASETS[PHOTOGRAPHS.data].release, data_root(arguments.data_root)
    if release is None or not is_there(release, root):
        return []
    if not (arguments.runs / PHOTOGRAPHS.name).is_dir():
        where = f"{release.title}, 60,000 real photographs, is in {str(root)!r}"
        if not agree(f"{where}. Train a network on it first? (some minutes)", arguments):
            if not sys.stdin.isatty():
                print(f"{where}: `hashviz demo --data cifar10` shows it.", file=sys.stderr)
            return []
    return [PHOTOGRAPHS]


def own_runs(arguments: Namespace) -> list[TrainConfig]:
    """Return the runs that make somebody's pictures searchable, and say in a sentence which.

    First what needs no labels, ITQ. With weights on this machine it sees what a frozen network
    makes of the pictures; without, their pixels. Labels, where there are any, are learned second.
    CIFAR-10 has a recipe of its own.

    Raises:
        ValueError: when the network of the weights is unknown.
    """
    from hashviz.data import load_dataset
    from hashviz.models.weights import find_weights, with_usual_size

    if arguments.data == PHOTOGRAPHS.data and not (arguments.weights or arguments.backbone):
        config = replace(PHOTOGRAPHS, bits=arguments.bits)
        if not (arguments.runs / config.name).is_dir():
            print("Training on 50,000 photographs, once: some minutes.", file=sys.stderr)
        return [config]
    network, weights = known_weights(arguments.weights, arguments.backbone)
    spec = with_usual_size(arguments.data, find_weights(weights, network or ""), network or "")
    with closing(Bar(spec, set())) as bar:
        read = lambda *done: bar.advance("reading", *done)
        dataset = load_dataset(spec, arguments.data_root, progress=read)
    classes = int(dataset.labels.any(0).sum())
    labeled = f"{classes} classes" if classes > 1 else "no labels to learn from"
    seen = f"features of {network} ({Path(weights).name})" if weights else "pixels"
    if classes <= 1:
        learned = f"ITQ and LSH, unsupervised, on {seen}"
    elif weights:
        learned = f"ITQ, without the labels, and CSQ, from them, on {seen}"
    else:
        learned = "ITQ on pixels, without the labels, and CSQ, a small network that learns them"
    print(f"{len(dataset):,} pictures, {labeled}: {learned}.", file=sys.stderr)
    if not weights:
        print(WITHOUT_WEIGHTS, file=sys.stderr)
    looks = {"backbone": network, "weights": weights, "frozen": True} if weights else {}
    return [
        TrainConfig(method=method, data=spec, bits=arguments.bits, **looks)
        for method in (("itq", "csq") if classes > 1 else ("itq", "lsh"))
    ]


def known_weights(given: str | None, backbone: str | None) -> tuple[str | None, str | None]:
    """Return a network and its weights: those named, or published ones on this machine.

    Raises:
        ValueError: when the name of a file does not say which network its weights are of.
    """
    from hashviz.models.weights import find_imagenet, find_weights, matching_backbone

    if given == "none":
        return None, None
    if given and given != "imagenet":
        found = find_weights(given, backbone or "")
        backbone = backbone or matching_backbone(found, None)
        if backbone is None and found is not None:
            raise ValueError(f"{found.name!r} does not say which network it is; give --backbone.")
        return backbone, given
    for name in (backbone,) if backbone else KNOWN_NETWORKS:
        try:
            return name, str(find_imagenet(name).path)
        except ValueError:
            if given:
                raise
    return None, None
