"""What a figure needs of its runs: the reason why there is none, before anything is computed."""

from collections.abc import Callable, Sequence

import numpy as np

from hashviz.data import Dataset
from hashviz.report.explaining import gallery_rows, network_of
from hashviz.report.maps import MOST, PANELS
from hashviz.runs import Run


def _several_labels(run: Run) -> bool:
    counts = np.concatenate([run.query_labels, run.database_labels]).sum(1)
    return bool(((counts > 0) & (counts % 2 == 0)).any())


def _told_apart(run: Run) -> bool:
    shares = run.database_labels.mean(0) if len(run.database_labels) else np.zeros(0)
    return int(((shares > 0) & (shares < 1)).sum()) >= 2


def _epochs(run: Run) -> bool:
    history = run.codes_over_training
    return history is not None and len(history) >= 2


OF_A_RUN: dict[str, tuple[str, Callable[[Run], bool]]] = {
    "centers": ("it has no hash centers", lambda run: run.centers is not None),
    "several labels": ("no image has two labels, or another even number", _several_labels),
    "two classes": ("it has fewer than two classes", lambda run: len(run.classes) > 1),
    "four classes": ("it has fewer than four classes", lambda run: len(run.classes) > 3),
    "network": (
        "it was saved without its network, or torch is not installed",
        lambda run: network_of(run) is not None,
    ),
    "scales": (
        "its network does not fuse several scales",
        lambda run: bool(network_of(run).scales),
    ),
    "map": (
        f"its database is empty, or has more than {MOST:,} images",
        lambda run: 0 < len(run.database_index) <= MOST,
    ),
    "training": ("it was fitted without epochs", lambda run: bool(run.terms)),
    "epochs": ("the codes of its epochs were not kept", _epochs),
    "known": ("fewer than two of its classes divide the database", _told_apart),
    "outputs": ("its outputs were not kept", lambda run: gallery_rows(run) is not None),
}
"""Conditions on every single run: what is wrong where one fails, and the question."""


def _same(runs: Sequence[Run], key: str) -> bool:
    return all(np.array_equal(getattr(runs[0], key), getattr(run, key)) for run in runs[1:])


def _common(runs: Sequence[Run]) -> bool:
    shared = (np.intersect1d(runs[0].database_index, run.database_index) for run in runs)
    return all(len(rows) >= 2 for rows in shared)


OF_ALL: dict[str, tuple[str, Callable[[Sequence[Run]], bool]]] = {
    "lengths": ("all codes have one length", lambda runs: len({r.config.bits for r in runs}) > 1),
    "two runs": ("it compares exactly two runs", lambda runs: len(runs) == 2),
    "several runs": (
        f"it compares two to {PANELS} runs",
        lambda runs: 2 <= len(runs) <= PANELS,
    ),
    "one data set": (
        "the runs are of different data sets",
        lambda runs: len({run.config.data for run in runs}) == 1,
    ),
    "same images": (
        "the runs do not search the same images",
        lambda runs: _same(runs, "query_index") and _same(runs, "database_index"),
    ),
    "common images": ("the databases have no images in common", _common),
}
"""Conditions on all runs of a figure together."""

NEEDS: dict[str, tuple[str, ...]] = {
    "hash_centers": ("centers",),
    "center_distances": ("centers",),
    "minimum_distances": ("centers",),
    "majority_vote": ("centers", "several labels"),
    "merged_distances": ("centers", "several labels", "four classes"),
    "codes_around_centers": ("centers", "two classes"),
    "code_map": ("map",),
    "thumbnail_map": ("map",),
    "code_maps": ("several runs", "one data set", "common images", "map"),
    "heat_on_both": ("network",),
    "attack": ("network",),
    "bit_origins": ("network", "scales"),
    "mutual_information": ("known",),
    "bit_gallery": ("known", "outputs"),
    "training_terms": ("training",),
    "bit_flips": ("training", "epochs"),
    "code_history": ("training", "epochs"),
    "learning_curves": ("training", "epochs"),
    "map_by_bits": ("lengths",),
    "results_change": ("two runs", "one data set", "same images"),
}
"""What each figure needs; one that is not listed needs nothing but a run."""


def check_needs(
    name: str, runs: Sequence[Run], dataset: Dataset | None, pictured: bool, excuse: str = ""
) -> None:
    """Refuse a figure that these runs do not have, and say why.

    `pictured` says whether the figure shows images, `excuse` why they are not there.

    Raises:
        ValueError: with the first need that is not met.
    """
    names = ", ".join(run.name for run in runs)
    for need in NEEDS.get(name, ()):
        if need in OF_ALL:
            wrong, holds = OF_ALL[need]
            if not holds(runs):
                raise ValueError(f"There is no {name!r} of {names}: {wrong}.")
            continue
        wrong, holds_for = OF_A_RUN[need]
        for run in runs:
            if not holds_for(run):
                raise ValueError(f"There is no {name!r} of {run.name}: {wrong}.")
    if pictured and dataset is None:
        why = f": {excuse}" if excuse else "."
        raise ValueError(f"There is no {name!r} of {names}: the images are not here{why}")
