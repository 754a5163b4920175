"""`hashviz demo`: train what is missing, then serve the app; over your own pictures too."""

import sys
from argparse import Namespace
from collections.abc import Callable
from contextlib import closing
from importlib.metadata import entry_points
from pathlib import Path

from hashviz.cli.training import Bar, find_or_train
from hashviz.config import TrainConfig

DEFAULT_RUNS = (
    TrainConfig(method="csq", data="digits"),
    TrainConfig(method="csq", data="scenes"),
    TrainConfig(method="itq", data="digits"),
    TrainConfig(method="lsh", data="digits"),
)
"""What `hashviz demo` trains when it is missing."""

KNOWN_NETWORKS = ("mobilenet_v2", "mobilenet_v3_large", "resnet18", "squeezenet1_1", "resnet50")
"""Whose published weights are looked for on this machine, the most useful on a laptop first."""


def demo(arguments: Namespace) -> None:
    """`hashviz demo [--data D]`: train what is missing, then serve the app until Ctrl-C."""
    from hashviz.runs import list_runs

    if arguments.index:  # a wrong address is told before anything is trained
        from hashviz.search.milvus import checked_address

        checked_address(arguments.index)
    if arguments.data:
        wanted = own_runs(arguments)
    else:
        wanted = [c for c in DEFAULT_RUNS if not (arguments.runs / c.name).is_dir()]
        if wanted:
            print(f"Training {len(wanted)} small models, once:", file=sys.stderr)
    given = Namespace(**{**vars(arguments), "slim": False})
    first = [find_or_train(config, given, reuse=bool(arguments.data)).name for config in wanted]
    runs = list_runs(arguments.runs)
    if arguments.data:
        runs.sort(key=lambda run: first.index(run.name) if run.name in first else len(first))
    app_launch()(
        runs,
        root=arguments.runs,
        data_root=arguments.data_root,
        lan=arguments.lan,
        index=arguments.index,
        port=arguments.port,
        open_browser=not arguments.no_browser,
    )


def app_launch() -> Callable[..., None]:
    """The app, found by the entry point of whatever package brings one.

    Raises:
        ModuleNotFoundError: when none is installed.
    """
    for found in entry_points(group="hashviz.app", name="demo"):
        return found.load()
    raise ModuleNotFoundError("No module named 'gradio'", name="gradio")


def own_runs(arguments: Namespace) -> list[TrainConfig]:
    """What makes somebody's pictures searchable: from labels if there are any, else without.

    With weights on this machine a frozen network looks at the pictures; without, a small one is
    trained from their labels, or their pixels are hashed as they are. One sentence says which.

    Raises:
        ValueError: when the weights named are of no network that is known.
    """
    from hashviz.data import load_dataset
    from hashviz.models.weights import find_weights, suited

    network, weights = known_weights(arguments.weights, arguments.backbone)
    spec = arguments.data
    spec = suited(spec, find_weights(weights, network or ""), network or "")
    with closing(Bar(spec, set())) as bar:
        dataset = load_dataset(spec, arguments.data_root, progress=bar.read)
    classes = int(dataset.labels.any(0).sum())
    methods = ("csq", "itq") if classes > 1 else ("itq", "lsh")
    told = f"{classes} classes" if classes > 1 else "no labels to learn from"
    seen = f"features of {network} ({Path(weights).name})" if weights else "pixels"
    if classes <= 1:
        learned = f"ITQ and LSH, unsupervised, on {seen}"
    elif weights:
        learned = f"CSQ, from the labels, and ITQ on {seen}"
    else:
        learned = "CSQ, a small network that learns the labels, and ITQ on pixels"
    print(f"{len(dataset):,} pictures, {told}: {learned}.", file=sys.stderr)
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
        for method in methods
    ]


def known_weights(given: str | None, backbone: str | None) -> tuple[str | None, str | None]:
    """The network and its weights: those named, or published ones that are on this machine.

    Raises:
        ValueError: when it cannot be told of which network a file is.
    """
    from hashviz.models.weights import find_imagenet, find_weights, fitting_backbone

    if given == "none":
        return None, None
    if given and given != "imagenet":
        found = find_weights(given, backbone or "")
        if backbone is None and found is not None:
            backbone = fitting_backbone(found, None)
            if backbone is None:
                raise ValueError(
                    f"The name {found.name!r} does not tell of which network the weights are; give "
                    "--backbone."
                )
        return backbone, given
    for name in (backbone,) if backbone else KNOWN_NETWORKS:
        try:
            return name, str(find_imagenet(name).path)
        except ValueError:
            if given:
                raise
    return None, None
