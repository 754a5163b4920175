"""Figures with pictures: results, changes, maps, explanations."""

from collections.abc import Iterator

import numpy as np

from hashviz import plots
from tools.gallery.example import Card, Example


def pictures(e: Example) -> Iterator[Card]:
    """A query, its results, and what changes between runs."""
    rows = np.bincount((e.bits - e.codes[0].astype(int) @ e.codes[1:].T.astype(int)) // 2)
    size = plots.query_results_size(len(e.found), e.bits)
    yield (
        "query_results",
        size,
        lambda ax: plots.query_results(
            e.images[0],
            [e.images[i] for i in e.found],
            e.found_distances,
            relevant=e.similar[0][e.found],
            captions=[e.names[e.labels[i].argmax()] for i in e.found],
            query_caption=e.names[e.labels[0].argmax()],
            equal=[int(rows[d]) for d in e.found_distances],
            query_code=e.codes[0],
            result_codes=e.codes[e.found],
            ax=ax,
        ),
    )
    after = [int(i) for i in np.random.default_rng(4).permutation(e.found)[:6]] + [3, 300]
    away = [np.random.default_rng(seed).integers(0, 4, len(e.images)) for seed in (7, 8)]
    for some, shown in zip(away, (e.found[:8], after), strict=True):
        some[:], some[list(shown)] = some + 4, np.sort(some[list(shown)])
    far = [(some, np.bincount(some)[some] + (some < 4)) for some in away]
    yield (
        "results_change",
        plots.results_change_size(8, ties=True),
        lambda ax: plots.results_change(
            e.images[0],
            e.images,
            [int(i) for i in e.found[:8]],
            after,
            relevant=e.similar[0],
            far=(far[0], far[1]),
            names=("CSQ, 12 bits", "ITQ, 12 bits"),
            ax=ax,
        ),
    )
    replaced = np.random.default_rng(6).uniform(0.1, 0.9, (4, 1)) + np.linspace(-0.05, 0.05, 5)
    yield (
        "changed_results",
        (6.4, 3.2),
        lambda ax: plots.changed_results(
            ["no similarity", "no quantization", "no balance", "as it stands, another seed"],
            replaced,
            k=10,
            ties=0.12,
            ax=ax,
        ),
    )
    variants = {
        "as it stands": e.found[:7],
        "contrastive only": [*e.found[2:6], 3, 300, 301],
        "contrastive + quantization": [*e.found[1:7], 500],
    }
    yield (
        "variants_results",
        plots.variants_results_size(7, 3),
        lambda ax: plots.variants_results(
            e.images[0],
            e.images,
            {name: [int(i) for i in row] for name, row in variants.items()},
            relevant=e.similar[0],
            ax=ax,
        ),
    )
