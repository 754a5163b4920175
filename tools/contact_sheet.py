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

from hashviz import plots
from hashviz.hamming import sign


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
    plotkin = e.bits / 2 * e.classes / max(e.classes - 1, 1)
    yield (
        "center_distances",
        (6.4, 4.7),
        lambda ax: plots.center_distances(
            distances, bits=e.bits, plotkin=float(int(plotkin)), class_names=e.names, ax=ax
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
