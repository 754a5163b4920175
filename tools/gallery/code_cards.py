"""Figures about codes, bits, outputs and buckets."""

from collections.abc import Iterator

import numpy as np

from hashviz import metrics, plots
from tools.gallery.example import Card, Example


def codes(e: Example) -> Iterator[Card]:
    """The codes of one run."""
    yield (
        "code_matrix",
        (6.4, 5.0),
        lambda ax: plots.code_matrix(e.codes, e.labels, class_names=e.names, ax=ax),
    )
    balance = e.codes.mean(0, dtype=float)
    yield "bit_balance", (6.4, 3.4), lambda ax: plots.bit_balance(balance, images=e.n, ax=ax)
    centered = e.codes - balance
    norms = np.sqrt((centered**2).sum(0))
    with np.errstate(invalid="ignore"):
        correlation = centered.T @ centered / np.outer(norms, norms)
    yield "bit_correlation", (6.4, 4.7), lambda ax: plots.bit_correlation(correlation, ax=ax)
    runs = ("CSQ, 12 bits", "ITQ, 12 bits", "LSH, 12 bits")
    yield (
        "code_matrices",
        (7.4, plots.panels_height(3, 2, 4.0)),
        lambda ax: plots.code_matrices(
            dict.fromkeys(runs, (e.codes, e.labels)), class_names=e.names, ax=ax
        ),
    )
    yield (
        "distance_histograms",
        (7.4, plots.panels_height(3, 2)),
        lambda ax: plots.distance_histograms(dict.fromkeys(runs, (e.within, e.between)), ax=ax),
    )
    yield (
        "distance_histogram",
        (6.4, 3.6),
        lambda ax: plots.distance_histogram(e.within, e.between, ax=ax),
    )
    rng = np.random.default_rng(0)
    outputs = e.codes * np.abs(rng.normal(1, 0.35, e.codes.shape))
    edges = np.linspace(-2, 2, 41)
    counts = np.stack([np.histogram(column, edges)[0] for column in outputs.T])
    yield (
        "output_violins",
        (6.4, 3.8),
        lambda ax: plots.output_violins(counts, edges, error=0.12, ax=ax),
    )
    entropy, groups = metrics.bit_entropy(e.codes), metrics.bit_groups(e.centers)
    yield (
        "useful_bits",
        (6.4, 3.4),
        lambda ax: plots.useful_bits(entropy, groups, ax=ax),
    )
    found = metrics.buckets(e.codes, e.labels)
    chance = metrics.chance_sizes(e.n, e.bits, int(found.sizes.max()))
    yield (
        "bucket_occupancy",
        (6.4, 3.6),
        lambda ax: plots.bucket_occupancy(found.sizes, found.strangers, chance=chance, ax=ax),
    )
    balls = np.cumsum(e.within + e.between) / e.n
    yield (
        "ball_occupancy",
        (6.4, 3.8),
        lambda ax: plots.ball_occupancy(
            balls, database=e.n, cells=metrics.ball_cells(e.bits), ax=ax
        ),
    )
