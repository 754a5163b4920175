"""Deep hashing you can see: train the methods, measure codes honestly, draw what the bits do.

Every public name loads what it needs on first use, so that `import hashviz` is instant and runs are
read, scored, searched and drawn without torch.

Axis names in the types of every signature: batch, n, queries, database, ranks, bits, classes.
"""

import importlib as _importlib
import typing as _typing

if _typing.TYPE_CHECKING:
    from hashviz import centers as centers
    from hashviz import methods as methods
    from hashviz import metrics as metrics
    from hashviz import plots as plots
    from hashviz import search as search
    from hashviz.config import TrainConfig as TrainConfig
    from hashviz.data import load_dataset as load_dataset
    from hashviz.methods.networks import load_model as load_model
    from hashviz.metrics.evaluation import evaluate as evaluate
    from hashviz.models.encoding import encode as encode
    from hashviz.runs import Run as Run
    from hashviz.runs import list_runs as list_runs
    from hashviz.search import HammingIndex as HammingIndex
    from hashviz.training.estimator import Hasher as Hasher
    from hashviz.training.jobs import train as train

_HOME = {
    "HammingIndex": "hashviz.search",
    "Hasher": "hashviz.training.estimator",
    "Run": "hashviz.runs",
    "TrainConfig": "hashviz.config",
    "encode": "hashviz.models.encoding",
    "evaluate": "hashviz.metrics.evaluation",
    "list_runs": "hashviz.runs",
    "load_dataset": "hashviz.data",
    "load_model": "hashviz.methods.networks",
    "train": "hashviz.training.jobs",
}
_ROOMS = ("centers", "methods", "metrics", "plots", "search")

__all__ = sorted([*_HOME, *_ROOMS])  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> _typing.Any:
    if name not in __all__:
        raise AttributeError(f"module 'hashviz' has no attribute {name!r}")
    try:
        module = _importlib.import_module(_HOME.get(name, f"hashviz.{name}"))
    except ModuleNotFoundError as error:
        from hashviz.config import missing_package

        raise missing_package(error.name) from error
    return getattr(module, name) if name in _HOME else module


def __dir__() -> list[str]:
    return __all__
