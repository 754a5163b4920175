"""Figures of maps: bubbles, thumbnails, several runs."""

from collections.abc import Iterator

import numpy as np

from hashviz import plots
from tools.gallery.example import Card, Example


def maps(e: Example) -> Iterator[Card]:
    """A made-up plane in which classes are islands."""
    rng = np.random.default_rng(3)
    rows = np.arange(0, e.n, 2)
    n = len(rows)
    hearts = 3 * rng.normal(size=(e.classes, 2))
    at = hearts[e.labels[rows].argmax(1)] + 0.4 * rng.normal(size=(n, 2))
    counts = np.maximum(1, rng.geometric(0.3, n)).astype(np.int64)
    labels = e.labels[rows] * counts[:, None]
    trust = rng.uniform(0.82, 1, n)
    first = [int(np.flatnonzero(e.labels[rows][:, c])[0]) for c in range(e.classes)]
    stars = np.array(first, np.int64)
    style = {"class_names": e.names, "centers": stars, "trust": trust}
    yield (
        "code_map",
        (6.4, 6.4),
        lambda ax: plots.code_map(at, counts, labels, **style, ax=ax),
    )
    yield (
        "code_map_only",
        (6.4, 6.4),
        lambda ax: plots.code_map(at, counts, labels, only=1, class_names=e.names, ax=ax),
    )
    pictures = np.stack([e.images[i] for i in rows])
    yield (
        "thumbnail_map",
        (6.4, 6.4),
        lambda ax: plots.thumbnail_map(at, pictures, kinds=plots.bubble_classes(labels), ax=ax),
    )
    panels = [
        plots.MapPanel(f"CSQ, {e.bits} bits, seed {i}", at + i * rng.normal(size=at.shape), counts,
                       labels, trust, stars, None if i == 0 else 1 / (1 + i))
        for i in range(3)
    ]  # fmt: skip
    yield (
        "code_maps",
        plots.code_maps_size(3),
        lambda ax: plots.code_maps(panels, class_names=e.names, ax=ax),
    )
