"""Figures of curves: training, precision and recall, several runs, ablations."""

from collections.abc import Iterator

import numpy as np

from hashviz import metrics, plots
from hashviz.methods import METHODS
from tools.gallery.example import Card, Example


def curves(e: Example) -> Iterator[Card]:
    """Training and retrieval of one run."""
    epochs = np.arange(1, 31)
    terms = {
        "similarity": 0.7 * np.exp(-epochs / 6) + 0.05,
        "quantization": 0.1 * np.exp(-epochs / 12) + 0.03,
        "balance": 0.02 + 0 * epochs,
    }
    yield "training_terms", (6.4, 3.6), lambda ax: plots.training_terms(epochs, terms, ax=ax)
    yield (
        "training_terms_stacked",
        (6.4, 3.6),
        lambda ax: plots.training_terms(epochs, terms, stacked=True, ax=ax),
    )
    empty = 0.3 * np.exp(-np.arange(e.bits + 1) / 3)
    yield (
        "precision_recall",
        (6.4, 4.0),
        lambda ax: plots.precision_recall(
            e.precision, e.recall, empty=empty, chance=e.chance, radii=range(e.bits + 1), ax=ax
        ),
    )
    ranks = np.unique(np.logspace(0, np.log10(e.n), 25).astype(int))
    values = e.chance + (1 - e.chance) / (1 + ranks / 150)
    yield (
        "precision_at_n",
        (6.4, 3.6),
        lambda ax: plots.precision_at_n(
            ranks,
            values,
            band=(values * 0.95, np.minimum(values * 1.03, 1)),
            chance=e.chance,
            ax=ax,
        ),
    )


def by_rank(e: Example) -> Iterator[Card]:
    """Precision and recall by rank, from real counts."""
    every = [*np.geomspace(1, e.n - 1, 30).round().astype(int), 1, 10, 100]
    ranks = np.unique(np.array(every, np.int64))

    def curve(ties: str) -> plots.Curve:
        return (
            metrics.precision_at(e.counts, ranks, ties).mean(0),
            metrics.recall_at(e.counts, ranks, ties).mean(0),
        )

    yield (
        "precision_recall_by_rank",
        (6.4, 4.0),
        lambda ax: plots.precision_recall_by_rank(
            ranks,
            *curve("expected"),
            worst=curve("pessimistic"),
            best=curve("optimistic"),
            chance=e.chance,
            ax=ax,
        ),
    )


def comparisons(e: Example) -> Iterator[Card]:
    """Figures about several runs; with more classes come more runs."""
    rng = np.random.default_rng(1)
    keys = list(METHODS)[: {2: 2, 10: 6}.get(e.classes, 14)]
    styles = {key: plots.style_of(METHODS[key].look) for key in keys}
    bits = np.array([12, 24, 36, 48])
    means = {k: np.clip(0.3 + i / 20 + bits / 200, 0, 0.99) for i, k in enumerate(keys)}
    halves = {k: rng.uniform(0.01, 0.06, 4) for k in keys}
    yield (
        "map_by_bits",
        (6.4, 4.4),
        lambda ax: plots.map_by_bits(
            bits, means, half_widths=halves, styles=styles, chance=e.chance, ax=ax
        ),
    )
    bands = {k: (v - 1.5 / bits, np.minimum(v + 1.0 / bits, 1)) for k, v in means.items()}
    few = {k: means[k] for k in keys[:3]}
    yield (
        "map_by_bits_bands",
        (6.4, 4.4),
        lambda ax: plots.map_by_bits(bits, few, bands=bands, styles=styles, chance=e.chance, ax=ax),
    )
    size = (2.2, 1.8)
    yield (
        "spotlight",
        size,
        lambda ax: plots.spotlight(
            keys[0], bits, means, half_widths=halves[keys[0]], chance=e.chance, ax=ax
        ),
    )
    epochs = np.arange(1, 21)
    times = {k: epochs * 0.4 * 1.7**i for i, k in enumerate(keys[:6])}
    rising = {k: 0.95 - 0.8 * np.exp(-epochs / (3 + i)) for i, k in enumerate(times)}
    yield (
        "learning_curves",
        (6.4, 4.0),
        lambda ax: plots.learning_curves(
            times, rising, styles=styles, goal=0.8, chance=e.chance, ax=ax
        ),
    )
    middle = np.array([means[k][1] for k in keys])
    half = np.array([halves[k][1] for k in keys])
    yield (
        "ranking",
        (6.4, 1.5 + 0.34 * len(keys)),
        lambda ax: plots.ranking(
            keys,
            middle,
            half_widths=half,
            bands=(middle - 0.1, np.minimum(middle + 0.08, 1)),
            styles=list(styles.values()),
            chance=e.chance,
            ax=ax,
        ),
    )
    seconds = np.exp(rng.uniform(-3, 4, len(keys)))
    yield (
        "time_to_quality",
        (6.4, 4.4),
        lambda ax: plots.time_to_quality(
            seconds, middle, keys, styles=list(styles.values()), chance=e.chance, ax=ax
        ),
    )
    parts = ["similarity", "quantization", "balance"]
    on = np.array([[bool(i >> j & 1) for j in range(3)] for i in range(8)])
    seeds = on @ np.array([[0.2], [0.05], [0.0]]) - 0.25 + rng.normal(0, 0.02, (8, 5))
    mean, spread = seeds.mean(1), 2.8 * seeds.std(1, ddof=1) / 5**0.5
    names = ["no similarity", "no quantization", "no balance", "ties shared by all images"]
    yield (
        "ablation",
        (6.4, 3.4),
        lambda ax: plots.ablation(names, seeds[:4], means=mean[:4], half_widths=spread[:4], ax=ax),
    )
    yield (
        "ablation_grid",
        (6.4, 5.0),
        lambda ax: plots.ablation(
            [str(i) for i in range(8)],
            seeds,
            means=mean,
            half_widths=spread,
            switches=on,
            parts=parts,
            ax=ax,
        ),
    )
    weights = np.array([0, 0.01, 0.1, 1, 10])
    curve = np.array([0.6, 0.7, 0.8, 0.75, 0.4])[:, None] + rng.normal(0, 0.02, (5, 3))
    yield (
        "response_curve",
        (6.4, 3.6),
        lambda ax: plots.response_curve(
            weights,
            curve,
            means=curve.mean(1),
            half_widths=np.full(5, 0.05),
            name="quantization_weight",
            default=0.1,
            chance=e.chance,
            ax=ax,
        ),
    )
    worth = np.array([0.2, 0.05, -0.01])[:, None] + rng.normal(0, 0.02, (3, 5))
    yield (
        "shapley",
        (6.4, 2.8),
        lambda ax: plots.shapley(
            parts, worth, means=worth.mean(1), half_widths=np.full(3, 0.03), ax=ax
        ),
    )
