"""Figures of the widgets: what a learner moves."""

from collections.abc import Iterator

import numpy as np

from gallery.example import Card, Example
from hashviz import plots


def lessons(e: Example) -> Iterator[Card]:
    """The pictures that answer to keys and sliders."""
    relevant = e.similar[0][e.found]
    ranks = np.arange(1, len(relevant) + 1)
    hits = np.cumsum(relevant)
    yield (
        "label_strip",
        (6.4, 3.4),
        lambda ax: plots.label_strip(
            relevant, hits / ranks, hits / max(int(hits[-1]), 1), k=8, ax=ax
        ),
    )
    yield (
        "divisors",
        (6.4, 2.1),
        lambda ax: plots.divisors(
            ["hits", "relevant", "answered"],
            np.array([0.8, 0.3, np.nan]),
            ["(1/1 + 2/3) / 2", "(1/1 + 2/3) / 6", "none found"],
            ax=ax,
        ),
    )
