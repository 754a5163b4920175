"""Every figure on one page, for human eyes: 12 and 64 bits, 2, 10 and 80 classes, light and dark.

    uv run python tools/contact_sheet.py FOLDER [--only NAME] [--bits 12 64] [--classes 2 10 80]

writes one PNG per figure and theme, and `index.html` that shows them all. The arrays are made
up: codes scattered around random centers.
"""

import argparse
import html
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hashviz import metrics, plots
from hashviz.centers import (
    gilbert_varshamov,
    make_centers,
    measure_centers,
    merge_centers,
    plotkin,
)
from hashviz.hamming import sign
from hashviz.methods import METHODS


class Example:
    """Codes around centers and what the metrics would say of them."""

    def __init__(self, bits: int, classes: int, several: bool = False, n: int = 600):
        rng = np.random.default_rng(bits * 1000 + classes)
        self.bits, self.classes, self.n = bits, classes, n
        self.centers = sign(rng.normal(size=(classes, bits)))
        self.centers[:, 0] = 1
        self.centers[:, bits // 2] = self.centers[:, 1]
        first = np.arange(n) * classes // n
        self.labels = np.arange(classes) == first[:, None]
        if several:
            self.labels |= rng.random(self.labels.shape) < 1.2 / classes
        votes = self.labels @ self.centers.astype(float) + 0.9 * rng.normal(size=(n, bits))
        self.codes = sign(votes)
        self.codes[:, 0] = 1
        self.names = [f"class {i:02d}" for i in range(classes)]
        if classes == 10:
            self.names = [
                "airplane",
                "automobile",
                "bird",
                "cat",
                "deer",
                "dog",
                "frog",
                "horse",
                "ship",
                "truck",
            ]
        distances = (bits - self.codes.astype(int) @ self.codes.T.astype(int)) // 2
        similar = (self.labels.astype(int) @ self.labels.T.astype(int)) > 0
        apart = ~np.eye(n, dtype=bool)
        self.within = np.bincount(distances[similar & apart], minlength=bits + 1)
        self.between = np.bincount(distances[~similar], minlength=bits + 1)
        found = np.cumsum(self.within)
        self.precision = found / np.maximum(np.cumsum(self.within + self.between), 1)
        self.precision = np.where(found > 0, self.precision, np.nan)
        self.recall = found / found[-1]
        self.chance = float(similar[apart].mean())
        shade = rng.integers(0, 256, (classes, 6, 6, 3))
        self.images = [np.kron(shade[c], np.ones((6, 6, 1))).astype(np.uint8) for c in first]
        order = np.argsort(distances[0], kind="stable")[1:11]
        self.found, self.found_distances = order, distances[0][order]
        self.similar = similar


def figures(e: Example) -> Iterator[tuple[str, tuple[float, float], Callable[[Axes], Axes]]]:
    """Name, size in inches and drawing of every figure on one example."""
    tall = min(2.3 + 0.17 * e.classes, 6.4)
    yield (
        "hash_centers",
        (6.4, tall),
        lambda ax: plots.hash_centers(e.centers, class_names=e.names, ax=ax),
    )
    distances = (e.bits - e.centers.astype(int) @ e.centers.T.astype(int)) // 2
    bound = e.bits / 2 * e.classes / max(e.classes - 1, 1)
    yield (
        "center_distances",
        (6.4, 4.7),
        lambda ax: plots.center_distances(
            distances, bits=e.bits, plotkin=float(int(bound)), class_names=e.names, ax=ax
        ),
    )
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
    yield (
        "distance_histogram",
        (6.4, 3.6),
        lambda ax: plots.distance_histogram(e.within, e.between, ax=ax),
    )
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
    band = (e.precision * 0.93, np.minimum(1, e.precision * 1.04))
    yield (
        "precision_recall",
        (6.4, 4.0),
        lambda ax: plots.precision_recall(
            e.precision, e.recall, band=band, chance=e.chance, radii=range(e.bits + 1), ax=ax
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
    yield from placements(e)
    yield from distributions(e)
    yield from comparisons(e)


def placements(
    e: Example,
) -> Iterator[tuple[str, tuple[float, float], Callable[[Axes], Axes]]]:
    """Figures about hash centers and what becomes of them."""
    sizes = np.array([2, 4, 8, 16, 32, 64, 128])
    schemes = {}
    for scheme in ("hadamard", "greedy", "random"):
        schemes[scheme] = np.array([minimum(scheme, int(c), e.bits) for c in sizes])
    bounds = {
        "plotkin": np.array([plotkin(int(c), e.bits) for c in sizes]),
        "gilbert_varshamov": np.array([gilbert_varshamov(int(c), e.bits) for c in sizes]),
    }
    yield (
        "minimum_distances",
        (6.4, 4.0),
        lambda ax: plots.minimum_distances(sizes, schemes, bits=e.bits, **bounds, ax=ax),
    )
    count = min(4, e.classes)
    own = e.centers[:count]
    merged = merge_centers(np.ones((1, count), bool), own)[0]
    yield (
        "majority_vote",
        (6.4, 2.1 + 0.28 * (count + 2)),
        lambda ax: plots.majority_vote(own, merged, names=e.names, ax=ax),
    )
    pairs = ["{a, b} and {a}", "{a, b} and {a, c}", "{a, b} and {c, d}"]
    apart = {
        "label-set": e.bits * np.array([1 / 4, 1 / 3, 1 / 2]),
        "shared": e.bits * np.array([1 / 4, 1 / 4, 3 / 8]),
        "first-label": e.bits * np.array([0, 0, 1 / 2]),
    }
    yield (
        "merged_distances",
        (6.4, 3.1),
        lambda ax: plots.merged_distances(apart, pairs, bits=e.bits, ax=ax),
    )
    far = (e.bits - e.codes.astype(int) @ e.centers.T.astype(int)) // 2
    nearest = np.where(e.labels, far, e.bits).min(1)
    other = np.where(e.labels, e.bits, far).min(1)
    yield (
        "codes_around_centers",
        (6.4, 4.6),
        lambda ax: plots.codes_around_centers(nearest, other, bits=e.bits, ax=ax),
    )


def distributions(
    e: Example,
) -> Iterator[tuple[str, tuple[float, float], Callable[[Axes], Axes]]]:
    """Figures about outputs, bits and buckets."""
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


def comparisons(
    e: Example,
) -> Iterator[tuple[str, tuple[float, float], Callable[[Axes], Axes]]]:
    """Figures about several runs; with more classes come more runs."""
    rng = np.random.default_rng(1)
    keys = list(METHODS)[: {2: 2, 10: 6}.get(e.classes, 14)]
    styles = {key: plots.style_of(key) for key in keys}
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
    after = [int(i) for i in np.random.default_rng(4).permutation(e.found)[:6]] + [3, 300]
    yield (
        "results_change",
        plots.results_change_size(8),
        lambda ax: plots.results_change(
            e.images[0],
            e.images,
            [int(i) for i in e.found[:8]],
            after,
            relevant=e.similar[0],
            names=("CSQ, 12 bits", "ITQ, 12 bits"),
            ax=ax,
        ),
    )


def minimum(scheme: str, classes: int, bits: int) -> float:
    """Distance of the closest centers; nan where the scheme cannot place so many classes."""
    try:
        return float(measure_centers(make_centers(scheme, classes, bits)).minimum)
    except ValueError:
        return float("nan")


def main() -> None:
    """Draw and write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("--only", default="", help="draw only figures whose name holds this")
    parser.add_argument("--bits", type=int, nargs="+", default=[12, 64])
    parser.add_argument("--classes", type=int, nargs="+", default=[2, 10, 80])
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    cards = []
    for bits in args.bits:
        for classes in args.classes:
            example = Example(bits, classes, several=classes == 10 and bits == 12)
            for name, size, draw in figures(example):
                if args.only not in name:
                    continue
                for dark in (False, True):
                    shade = "dark" if dark else "light"
                    file = f"{name}-{bits}-{classes}-{shade}.png"
                    with plots.theme(dark):
                        figure = Figure(figsize=size, layout="constrained")
                        draw(figure.subplots())
                        figure.savefig(args.folder / file, dpi=100)
                    caption = html.escape(f"{name}, {bits} bits, {classes} classes")
                    cards.append(
                        f'<figure class="{shade}"><img src="{file}" alt="">'
                        f"<figcaption>{caption}</figcaption></figure>"
                    )
    page = (
        "<!doctype html><meta charset=utf-8><title>Contact sheet</title><style>"
        "body{display:flex;flex-wrap:wrap;gap:16px;margin:16px;font:13px system-ui}"
        "figure{margin:0;padding:12px;border:1px solid #ccc}.dark{background:#15181d;color:#ccc}"
        "</style>" + "\n".join(cards)
    )
    (args.folder / "index.html").write_text(page)
    print(args.folder / "index.html")


if __name__ == "__main__":
    main()
