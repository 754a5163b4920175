"""Example queries and what the search returns."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from hashviz import metrics, plots
from hashviz.codes import distances, nearest
from hashviz.report.naming import label_names
from hashviz.report.registry import IMAGES, Items, Need, Plate, Subject, figure, full_plate
from hashviz.runs import Run

RESULTS = 10
SEARCHED = Need(
    "it has no queries or an empty database",
    lambda run, s: len(run.query_index) > 0 and len(run.database_index) > 0,
)
SEARCH = "What the search returns"


@lru_cache(maxsize=1)
def best_first(s: Subject) -> tuple[np.ndarray, np.ndarray]:
    """Return the queries by average precision, the best first, and their values."""
    precision = metrics.average_precision(s.counts[0], s.run.data.get("k"))
    return np.argsort(-precision, kind="stable"), precision


@figure("run", SEARCH, "a query and its nearest images, ties in boxes", IMAGES, SEARCHED)
def query_results(s: Subject) -> Items:
    """Show the typical, a weak and the worst query, by average precision."""
    order, precision = best_first(s)
    last, seen = len(order) - 1, set()
    for kind, place, among in (
        ("A typical query", last // 2, "half of the queries do at least as well"),
        ("A weak query", last * 9 // 10, "nine in ten do at least as well"),
        ("The worst query", last, "no query does worse"),
    ):
        value = f"{precision[order[place]]:.3f}"
        if value not in seen:
            seen.add(value)
            found, sentence = _results_plate(s, int(order[place]), kind)
            yield found
            yield f"{kind} has an average precision of {value} ({among}); {sentence}."


def distances_from(run: Run, query: int) -> np.ndarray:
    """Return the distances of all database images from a query."""
    return distances(run.query_packed[query : query + 1], run.database_packed)[0]


def far_and_equal(away: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the distances of some images to the query, and how many images are at each.

    >>> far_and_equal(np.array([2, 0, 2]), np.array([0, 1]))
    (array([2, 0]), array([2, 1]))
    """
    return away[rows], np.bincount(away)[away[rows]]


def _results_plate(s: Subject, query: int, caption: str) -> tuple[Plate, str]:
    """Return the figure of one query, and how many of its results are right and how many tied."""
    run, images = s.run, s.images
    away = distances_from(run, query)
    order = nearest(away, RESULTS)
    far, equal = far_and_equal(away, order)
    relevant = (run.database_labels[order] & run.query_labels[query]).any(1)
    wide, narrow = min(5, len(order)), min(3, len(order))
    found = full_plate(
        caption,
        [plots.query_results_size(len(order), run.config.bits, c) for c in (wide, narrow)],
        images[run.query_index[query]],
        [images[i] for i in run.database_index[order]],
        far,
        narrow={"columns": narrow},
        columns=wide,
        relevant=relevant,
        captions=[label_names(run, row) for row in run.database_labels[order]],
        query_caption=label_names(run, run.query_labels[query]),
        equal=equal,
        query_code=run.query_codes[query],
        result_codes=run.database_codes[order],
    )
    sentence = f"{int(relevant.sum())} of its first {len(order)} results share a label with it"
    if equal[-1] > 1:
        sentence += f", and {equal[-1]:,} database images are as near as the last one shown"
    return found, sentence


def first_results(runs: Sequence[Run], images: np.ndarray, query: int, count: int) -> Any:
    """Return what several runs find first for one query.

    These are the picture of the query, the pictures that any of the runs shows, their positions in
    the order of each run, whether each is right, and `far_and_equal` of each run.
    """
    away = np.stack([distances_from(run, query) for run in runs])
    found, first = nearest(away, count), runs[0]
    shown = np.unique(found)
    relevant = (first.database_labels[shown] & first.query_labels[query]).any(1)
    return (
        images[first.query_index[query]],
        [images[first.database_index[row]] for row in shown],
        [np.searchsorted(shown, rows).tolist() for rows in found],
        relevant,
        tuple(far_and_equal(each, shown) for each in away),
    )
