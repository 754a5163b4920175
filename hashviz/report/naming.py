"""Name runs, methods, data sets and labels in words; find the pictures of a run."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Bool

from hashviz.data import DATASETS, Dataset, load_dataset
from hashviz.data.base import MissingData, fingerprint
from hashviz.methods import METHODS
from hashviz.runs import Run


def method_of(run: Run) -> tuple[str, str, str]:
    """Return title, paper and address of the method; of an unknown one the name alone."""
    row = METHODS.get(run.config.method)
    return (row.title, row.paper, row.url) if row else (run.config.method, "", "")


def data_title(run: Run) -> str:
    """Return the name of the data set, as a person would call it."""
    row = DATASETS.get(run.config.data.partition(":")[0].partition("?")[0])
    return run.config.data if row is None or row.takes_path else row.title


def run_labels(runs: Sequence[Run]) -> list[str]:
    """Return short names that tell the runs apart: the method, and whatever else differs."""
    parts = [
        (method_of(run)[0], data_title(run), f"{run.config.bits} bits", f"seed {run.config.seed}")
        for run in runs
    ]
    differs = [True, *(len({part[i] for part in parts}) > 1 for i in (1, 2, 3))]
    names = [", ".join(p for p, d in zip(part, differs, strict=True) if d) for part in parts]
    folders = [run.path.resolve().name for run in runs]
    # An option or a tag is all that is left to differ: the name of the folder has it.
    return [
        name if names.count(name) == 1 else f"{name}, {folder}"
        for name, folder in zip(names, folders, strict=True)
    ]


def label_names(run: Run, labels: Bool[np.ndarray, " classes"]) -> str:
    """Return the classes of one image, separated by commas."""
    return ", ".join(run.classes[i] for i in np.flatnonzero(labels)) or "no label"


def signed(value: float) -> str:
    """Return a number with its sign, with a true minus.

    >>> signed(-0.5)
    '−0.50'
    """
    return f"{value:+.2f}".replace("-", "−")


def pictures_of(
    run: Run, root: Path | str | None, dataset: Dataset | None = None
) -> tuple[Dataset | None, str]:
    """Return the data set as it was when the run was made, or None and the reason why not."""
    try:
        dataset = dataset or load_dataset(run.config.data, root)
    except (MissingData, ValueError, OSError) as error:
        return None, str(error)
    if not same_images(run, dataset):
        return None, "The data set has changed since this run was made."
    return dataset, ""


def same_images(run: Run, dataset: Dataset) -> bool:
    """Return whether the data set is still what the run saw, by its fingerprint.

    A run without a fingerprint is compared by the labels of its rows.
    """
    if "fingerprint" in run.data:
        return run.data["fingerprint"] == fingerprint(dataset)
    rows = np.concatenate([run.query_index, run.database_index])
    labels = np.concatenate([run.query_labels, run.database_labels])
    if len(rows) and rows.max() >= len(dataset):
        return False
    return np.array_equal(dataset.labels[rows], labels)


def method_title(name: str) -> str:
    """Return what a method is called, without its remark; an unknown name stays as it is."""
    return METHODS[name].title.partition(" (")[0] if name in METHODS else name
