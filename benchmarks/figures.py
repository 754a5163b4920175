"""How long every figure takes, against a budget: figures that make one wait are not looked at.

    uv run python benchmarks/figures.py [--repeats 3] [-o benchmarks/figures.md]

draws each card of the gallery at 64 bits and 10 classes, and what depends on their number with
60,000 codes; from arrays to pixels, numbers already computed. Ends with 1 when a median is over
its budget.
"""

import argparse
import platform
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))

from gallery import Example, figures  # pyright: ignore[reportMissingImports]

from hashviz import metrics, plots

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


def seconds(card: Card, repeats: int) -> float:
    """Median time from arrays to pixels."""
    _, size, draw = card
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        with plots.theme():
            figure = Figure(figsize=size, layout="constrained")
            canvas = FigureCanvasAgg(figure)
            draw(figure.subplots())
            canvas.draw()
        times.append(time.perf_counter() - started)
    return median(times)


def main() -> int:
    """Measure, print the table, and say whether all budgets are kept."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("-o", "--output", type=Path, help="write the table here as well")
    arguments = parser.parse_args()
    cards = [*figures(Example(64, 10))]
    seconds(cards[0], 1)  # the first figure finds the fonts
    rows = [(card[0], seconds(card, arguments.repeats)) for card in cards]
    rows += [(f"60,000 codes: {c[0]}", seconds(c, arguments.repeats)) for c in many()]
    rows.sort(key=lambda row: -row[1])
    lines = ["| figure | milliseconds | budget |", "|---|---|---|"]
    over = []
    for name, spent in rows:
        budget = BUDGETS.get(name, BUDGET)
        lines.append(f"| {name} | {1000 * spent:.0f} | {1000 * budget:.0f} |")
        over += [name] if spent > budget else []
    lines += ["", f"Median of {arguments.repeats}, one core, Python {platform.python_version()}."]
    print("\n".join(lines))
    if arguments.output:
        arguments.output.write_text(
            "# Figures, from arrays to pixels\n\n" + "\n".join(lines) + "\n"
        )
    if over:
        print(f"Over budget: {', '.join(over)}", file=sys.stderr)
    return bool(over)


if __name__ == "__main__":
    sys.exit(main())
