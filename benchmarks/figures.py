"""How long every figure takes, from arrays to pixels: one that makes wait is not looked at.

Each card of the gallery at 64 bits and 10 classes, and what depends on their number with 60,000
codes; the numbers in them are computed before.
"""

import time
from collections.abc import Callable, Iterator

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from benchmarks import evaluation
from benchmarks.measure import Row, spread
from hashviz import metrics, plots
from tools.gallery import Example, figures

Card = tuple[str, tuple[float, float], Callable[[Axes], Axes]]

BUDGET = 0.5
"""Seconds for one figure."""
BUDGETS = {"60,000 codes: code_map": 1.5, "60,000 codes: code_maps": 3.0}
"""Figures that may take longer."""


def many(n: int = 60_000) -> Iterator[Card]:
    """Figures of a database of the size of CIFAR-10."""
    rng = np.random.default_rng(0)
    kinds = rng.integers(0, 10, n)
    labels = np.arange(10) == kinds[:, None]
    codes = np.where(rng.random((n, 64)) < 0.5, -1, 1).astype(np.int8)
    at = 4 * rng.normal(size=(10, 2))[kinds] + rng.normal(size=(n, 2))
    counts, trust = np.ones(n, np.int64), rng.random(n)
    found = metrics.buckets(codes[:, :12], labels)
    yield (
        "code_map",
        (6.4, 6.8),
        lambda ax: plots.code_map(at, counts, labels, trust=trust, ax=ax),
    )
    panels = [plots.MapPanel(name, at, counts, labels, trust) for name in "abc"]
    yield "code_maps", plots.code_maps_size(3), lambda ax: plots.code_maps(panels, ax=ax)
    yield "code_matrix", (6.4, 5.0), lambda ax: plots.code_matrix(codes, labels, ax=ax)
    yield (
        "bucket_occupancy",
        (6.4, 3.6),
        lambda ax: plots.bucket_occupancy(found.sizes, found.strangers, ax=ax),
    )


def rows(quick: bool) -> Iterator[Row]:
    """All figures, the slowest first."""
    cards = [*figures(Example(64, 10))]
    if not quick:
        cards += [(f"60,000 codes: {name}", size, draw) for name, size, draw in many()]
    milliseconds(cards[0], 1)  # the first figure finds the fonts
    found = [
        spread(card[0], milliseconds(card, 1 if quick else 3), "ms",
               target=1e3 * BUDGETS.get(card[0], BUDGET))
        for card in cards
    ]  # fmt: skip
    yield from sorted(found, key=lambda row: -(row.value or 0))
    yield umap(6_000 if quick else 60_000)


def umap(codes: int) -> Row:
    """Where so many codes come to lie, neighbors and all; umap is imported and compiled before."""
    from hashviz.maps.projection import project

    _, _, given, _ = evaluation.clustered_set(1, codes, 48, 10)
    project(given[:500])
    spent = []
    for _ in range(3):
        started = time.perf_counter()
        project(given)
        spent.append(time.perf_counter() - started)
    return spread(f"{codes:,} codes, 48 bits: where UMAP puts them", spent, "s", target=10.0,
                  note=f"{len(np.unique(given, axis=0)):,} different ones")  # fmt: skip


def milliseconds(card: Card, repeats: int) -> list[float]:
    """Times from arrays to pixels."""
    _, size, draw = card
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        with plots.theme():
            figure = Figure(figsize=size, layout="constrained")
            canvas = FigureCanvasAgg(figure)
            draw(figure.subplots())
            canvas.draw()
        times.append(1e3 * (time.perf_counter() - started))
    return times
