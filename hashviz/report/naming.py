"""What a run is about, in words; and whether its pictures are still there."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Bool

from hashviz.data import DATASETS, Dataset, load_dataset
from hashviz.data.base import MissingData, fingerprint
from hashviz.methods import METHODS
from hashviz.runs import Run


def method_of(run: Run) -> tuple[str, str, str]:
    """Title, paper and address; of a method that this version does not know, its name alone."""
    row = METHODS.get(run.config.method)
    return (row.title, row.paper, row.url) if row else (run.config.method, "", "")


def data_title(run: Run) -> str:
    """The data set of a run, as a person would call it."""
    row = DATASETS.get(run.config.data.partition(":")[0].partition("?")[0])
    return run.config.data if row is None or row.takes_path else row.title


def run_labels(runs: Sequence[Run]) -> list[str]:
    """Short names that tell the runs apart: the method, and whatever else differs among them."""
    parts = [
        (method_of(run)[0], data_title(run), f"{run.config.bits} bits", f"seed {run.config.seed}")
        for run in runs
    ]
    differs = [True, *(len({part[i] for part in parts}) > 1 for i in (1, 2, 3))]
    names = [", ".join(p for p, d in zip(part, differs, strict=True) if d) for part in parts]
    folders = [run.path.resolve().name for run in runs]
    # What is left to differ, an option or a tag, stands in the folder's name.
    return [
        name if names.count(name) == 1 else f"{name}, {folder}"
        for name, folder in zip(names, folders, strict=True)
    ]


def label_names(run: Run, labels: Bool[np.ndarray, " classes"]) -> str:
    """The classes of one image, with commas."""
    names = [run.classes[i] for i in np.flatnonzero(labels)]
    return ", ".join(names) or "no label"


def signed(value: float) -> str:
    """A number with its sign, as it is set in a text.

    >>> signed(-0.5)
    '−0.50'
    """
    return f"{value:+.2f}".replace("-", "−")


def far_and_equal(away: np.ndarray, rows: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Of some images of a database: the distance to the query, and how many images have that.

    >>> far_and_equal(np.array([2, 0, 2]), [0, 1])
    (array([2, 0]), array([2, 1]))
    """
    return away[rows], np.bincount(away)[away[rows]]


def pictures(run: Run, root: Path | str | None) -> tuple[Dataset | None, str]:
    """The data set of a run, or the reason why there is none."""
    try:
        return load_dataset(run.config.data, root), ""
    except (MissingData, ValueError, OSError) as error:
        return None, str(error)


def same_images(run: Run, dataset: Dataset) -> bool:
    """Whether the data set still is what the run saw, by its fingerprint.

    A run that keeps none is compared by the labels of its rows.
    """
    if "fingerprint" in run.data:
        return run.data["fingerprint"] == fingerprint(dataset)
    rows = np.concatenate([run.query_index, run.database_index])
    labels = np.concatenate([run.query_labels, run.database_labels])
    if len(rows) and rows.max() >= len(dataset):
        return False
    return dataset.labels.shape[1] == labels.shape[1] and bool(
        (dataset.labels[rows] == labels).all()
    )
