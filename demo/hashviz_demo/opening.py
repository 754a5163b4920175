"""The scene an app opens on: a query whose first screen shows distances, a cut tie and a mistake.

Nothing is fixed by hand: of every query it is counted what its first results show.
"""

from dataclasses import dataclass

import numpy as np

from hashviz import metrics
from hashviz_demo.library import Library, Opened

FIRST = 12
"""Results of a first screen."""
DISTANCES = 3
"""Distances among them that make a screen worth reading."""
MOST_WRONG = 4
"""Mistakes among them, in the cut tie as expected; with more, a run looks worse than it is."""
PAIRS = 6_000_000
"""Pairs of query and database item that are compared in one run."""


@dataclass(frozen=True)
class Opening:
    """A query of a run, and how much its first results show."""

    position: int
    """In the query set of the run as it was saved."""
    radius: int
    """The distance of the last of the first results: the ball that holds them."""
    merit: int
    """How many of three are there: several distances, a cut tie, and a mistake before it."""


def opening(opened: Opened) -> Opening:
    """Choose the query of a run that shows most on its first screen; counted once, and kept."""
    return opened.kept("opening", lambda: _choose(opened))


def first_run(library: Library) -> str:
    """Choose the run that an app opens on: on the data that comes first, one that shows all three.

    Runs that need no learning show ties as well, so that a perfect run never opens an app alone.
    """
    runs = list(library.runs.values())
    alike = [run.name for run in runs if run.config.data == runs[0].config.data]
    best = alike[0]
    for name in alike:
        if opening(library.open(name)).merit > opening(library.open(best)).merit:
            best = name
        if opening(library.open(best)).merit == 3:
            break
    return best


def _choose(opened: Opened) -> Opening:
    run = opened.judged
    most = max(20, PAIRS // len(run.database_packed))
    samples = opened.samples if opened.asks == "query" else range(len(run.query_index))
    some = np.array(samples[:most])
    counts = metrics.distance_counts(
        run.query_codes[some], run.query_labels[some], run.database_codes, run.database_labels
    )
    inside = counts.total.cumsum(1)
    k = min(FIRST, counts.database)
    last = (inside >= k).argmax(1)[:, None]
    before = np.arange(counts.total.shape[1]) < last
    tied = np.take_along_axis(counts.total, last, 1)[:, 0]
    distances = ((counts.total > 0) & before).sum(1) + 1
    wrong = ((counts.total - counts.relevant) * before).sum(1)
    shown = np.take_along_axis(counts.relevant, last, 1)[:, 0] / np.maximum(tied, 1)
    expected = wrong + (k - (counts.total * before).sum(1)) * (1 - shown)
    unknown = not run.query_labels.any()
    merit = (
        (distances >= DISTANCES).astype(int)
        + (np.take_along_axis(inside, last, 1)[:, 0] > k)
        + (unknown | ((wrong >= 1) & (expected <= MOST_WRONG)))
    )
    many = ~unknown & (expected > MOST_WRONG)  # a perfect first screen is better than a bad one
    # Among equals a small tie, then a query that comes early: samples begin with one of each class.
    best = int(np.lexsort((np.arange(len(some)), tied > 5 * FIRST, -merit, many))[0])
    return Opening(int(some[best]), int(last[best, 0]), int(merit[best]))
