"""Deep hashing you can see: train the methods, measure codes honestly, draw what the bits do.

The public names load what they need when they are first used, so that `import hashviz` is instant
and runs are read, scored and drawn without torch. Two verbs live in modules of their own name:
`from hashviz.train import train, fit` and `from hashviz.evaluate import evaluate`.

Axis names in the types of every signature: batch, n, queries, database, ranks, bits, classes.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hashviz.centers import make_centers as make_centers
    from hashviz.centers import measure_centers as measure_centers
    from hashviz.config import TrainConfig as TrainConfig
    from hashviz.data import load_dataset as load_dataset
    from hashviz.encoding import encode as encode
    from hashviz.encoding import load_model as load_model
    from hashviz.methods import METHODS as METHODS
    from hashviz.runs import Run as Run
    from hashviz.runs import list_runs as list_runs
    from hashviz.search import HammingIndex as HammingIndex

HOME = {
    "METHODS": "methods",
    "HammingIndex": "search",
    "Run": "runs",
    "TrainConfig": "config",
    "encode": "encoding",
    "list_runs": "runs",
    "load_dataset": "data",
    "load_model": "encoding",
    "make_centers": "centers",
    "measure_centers": "centers",
}
"""Where each public name lives."""

__all__ = [*HOME]  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name not in HOME:
        raise AttributeError(f"module 'hashviz' has no attribute {name!r}")
    return getattr(import_module(f"hashviz.{HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *HOME])
