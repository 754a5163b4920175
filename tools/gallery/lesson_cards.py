"""Figures of the widgets: what a learner moves."""

from collections.abc import Iterator

import numpy as np

from hashviz import plots
from hashviz.centers import measure_centers
from hashviz.codes import nearest, sign
from hashviz.metrics import ball_cells
from tools.gallery.example import Card, Example


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
    lengths = np.array([4, 8, 16, 32])
    mean = np.linspace(0.3, 0.7, 4)
    apart = np.array([0.25, 0.15, 0.06, 0.02])
    yield (
        "tie_band",
        (6.4, 3.6),
        lambda ax: plots.tie_band(
            lengths, mean - apart, mean, mean + apart, chosen=8, score=0.5, chance=0.1, ax=ax
        ),
    )
    yield (
        "tie_orders",
        (6.4, 3.6),
        lambda ax: plots.tie_orders(
            np.arange(12), 0.43 + 0.03 * np.sin(np.arange(12.0)),
            worst=0.28, expected=0.43, best=0.58, ax=ax,
        ),
    )  # fmt: skip
    angle = np.deg2rad([0, 60, 120])
    normals = np.stack([np.cos(angle), np.sin(angle)], 1)
    points = np.random.default_rng(e.bits).normal(size=(80, 2))
    sides = sign(points @ normals.T)
    kinds, counts = np.unique(sides, axis=0, return_counts=True)
    yield (
        "plane_cells",
        (5.0, 5.0),
        lambda ax: plots.plane_cells(points, sides, normals, np.zeros(3), pair=(0, 1), ax=ax),
    )
    yield "cell_counts", (4.0, 3.0), lambda ax: plots.cell_counts(kinds, counts, ax=ax)
    quality = measure_centers(e.centers)
    yield (
        "distance_meter",
        (6.4, 1.4),
        lambda ax: plots.distance_meter(
            quality.minimum, bits=e.bits, plotkin=quality.plotkin,
            gilbert_varshamov=quality.gilbert_varshamov, ax=ax,
        ),
    )  # fmt: skip
    away = (e.codes[0] != e.codes).sum(1)
    shown = nearest(away, 25)[1:]
    yield (
        "hamming_rings",
        (5.0, 5.0),
        lambda ax: plots.hamming_rings(
            e.images[0], [e.images[i] for i in shown], away[shown], int(away[shown[12]]),
            relevant=e.similar[0][shown], ax=ax,
        ),
    )  # fmt: skip
    law = np.diff(ball_cells(e.bits), prepend=0.0) * e.n / 2.0**e.bits
    yield (
        "ring_population",
        (6.4, 3.4),
        lambda ax: plots.ring_population(
            np.bincount(away, minlength=e.bits + 1), law, e.bits // 4, ax=ax
        ),
    )
    outputs = np.tanh(np.random.default_rng(e.bits).normal(size=4000) * 1.6)
    yield (
        "output_histogram",
        (6.4, 3.4),
        lambda ax: plots.output_histogram(*np.histogram(outputs, 41, (-1, 1)), error=0.21, ax=ax),
    )
    yield (
        "rank_changes",
        (4.0, 3.6),
        lambda ax: plots.rank_changes(
            [*range(8)], [2, 0, 1, 3, 9, 5, 7, 4], names=("by outputs", "by codes"),
            notes=["0", "1", "1", "2", "2", "2", "3", "4"], ax=ax,
        ),
    )  # fmt: skip
    yield (
        "guess_and_truth",
        (6.4, 3.6),
        lambda ax: plots.guess_and_truth(
            lengths, np.array([0.2, 0.4, 0.6, 0.8]), mean, xlabel="Length of the code (bits)",
            ylabel="mAP", ax=ax,
        ),
    )  # fmt: skip
