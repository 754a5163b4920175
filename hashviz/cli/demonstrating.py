"""`hashviz demo`: train what is missing, then serve the app; over your own pictures too."""

import importlib.util
import sys
from argparse import Namespace
from collections.abc import Callable
from contextlib import closing
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
        wanted = own_runs(arguments)
    else:
        wanted = [c for c in DEFAULT_RUNS if not (arguments.runs / c.name).is_dir()]
        if wanted:
            print(f"Training {len(wanted)} small models, once:", file=sys.stderr)
    given = Namespace(**{**vars(arguments), "slim": False})
    first = [find_or_train(config, given, reuse=bool(arguments.data)).name for config in wanted]
    runs = sorted(list_runs(arguments.runs), key=in_gray)
    if arguments.data:
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
    for module, is_there in (
        ("hashviz_demo", bool(apps)),
        ("gradio", importlib.util.find_spec("gradio") is not None),
    ):
        if not is_there:
            raise missing_package(module)
    return next(iter(apps)).load()


def own_runs(arguments: Namespace) -> list[TrainConfig]:
    """Return the runs that make somebody's pictures searchable, and say in a sentence which.

    With weights on this machine a frozen network looks at the pictures; without, a small one is
    trained from their labels, or their pixels are hashed as they are.

    Raises:
        ValueError: when the network of the weights is unknown.
    """
    from hashviz.data import load_dataset
    from hashviz.models.weights import find_weights, with_usual_size

    network, weights = known_weights(arguments.weights, arguments.backbone)
    spec = with_usual_size(arguments.data, find_weights(weights, network or ""), network or "")
    with closing(Bar(spec, set())) as bar:
        dataset = load_dataset(spec, arguments.data_root, progress=bar.read)
    classes = int(dataset.labels.any(0).sum())
    labeled = f"{classes} classes" if classes > 1 else "no labels to learn from"
    seen = f"features of {network} ({Path(weights).name})" if weights else "pixels"
    if classes <= 1:
        learned = f"ITQ and LSH, unsupervised, on {seen}"
    elif weights:
        learned = f"CSQ, from the labels, and ITQ on {seen}"
    else:
        learned = "CSQ, a small network that learns the labels, and ITQ on pixels"
    print(f"{len(dataset):,} pictures, {labeled}: {learned}.", file=sys.stderr)
    if not weights:
        print(
            "With ImageNet weights on this machine (--weights FILE) it would find what looks alike "
            "to a trained eye.",
            file=sys.stderr,
        )
    return [
        TrainConfig(
            method=method,
            data=spec,
            bits=arguments.bits,
            backbone=network if weights else None,
            weights=weights,
            frozen=weights is not None,
        )
        for method in (("csq", "itq") if classes > 1 else ("itq", "lsh"))
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
        if backbone is None and found is not None:
            backbone = matching_backbone(found, None)
            if backbone is None:
                raise ValueError(
                    f"The name {found.name!r} does not say which network the weights belong to; "
                    "give --backbone."
                )
        return backbone, given
    for name in (backbone,) if backbone else KNOWN_NETWORKS:
        try:
            return name, str(find_imagenet(name).path)
        except ValueError:
            if given:
                raise
    return None, None
