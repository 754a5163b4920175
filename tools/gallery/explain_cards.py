"""Figures that explain: agreement, heat, galleries, information, scales."""

from collections.abc import Iterator

import numpy as np

from hashviz import metrics, plots
from tools.gallery.example import Card, Example


def explanations(e: Example) -> Iterator[Card]:
    """Why two codes are near, where a bit looks, and what it knows."""
    rng = np.random.default_rng(5)
    other = int(e.found[5])
    agree = np.flatnonzero(e.codes[0] == e.codes[other])[1:4].tolist()
    lines = -(-e.bits // 32)
    yield (
        "bit_agreement",
        (6.4, 1.2 + 1.05 * lines),
        lambda ax: plots.bit_agreement(e.codes[0], e.codes[other], deciding=agree, ax=ax),
    )
    across, along = np.meshgrid(np.linspace(-1, 1, 36), np.linspace(-1, 1, 36))
    heat = np.exp(-((across - 0.3) ** 2 + along**2) * 9) - np.exp(
        -((across + 0.5) ** 2 + (along - 0.4) ** 2) * 14
    )
    yield (
        "heat_on_image",
        (4.0, 4.4),
        lambda ax: plots.heat_on_image(e.images[0], heat, bit=7, output=-0.83, ax=ax),
    )
    yield (
        "heat_on_both",
        (6.4, 4.2),
        lambda ax: plots.heat_on_both(
            (e.images[0], e.images[other]), (heat, 0.6 * heat[::-1]), bit=7, outputs=(0.7, 0.4),
            ax=ax,
        ),
    )  # fmt: skip
    rows = [[e.images[i] for i in rng.integers(0, e.n, 8)] for _ in range(3)]
    yield (
        "bit_gallery",
        (6.4, 3.6),
        lambda ax: plots.bit_gallery(rows[0], rows[1], rows[2], bit=7, ax=ax),
    )
    known = {name: e.labels[:, c] for c, name in enumerate(e.names)}
    found = metrics.mutual_information(e.codes, known, permutations=100)
    yield (
        "mutual_information",
        (6.4, max(2.8, min(1.3 + 0.22 * e.classes, 7.0))),
        lambda ax: plots.mutual_information(
            found.values, found.names, limit=found.table_limit, entropy=found.entropy, ax=ax
        ),
    )
    shares = rng.dirichlet((1.0, 1.2, 1.5), e.bits).T
    shares[:, 0] = -0.1, 0.4, 0.7
    yield (
        "bit_origins",
        (6.4, 3.6),
        lambda ax: plots.bit_origins(shares, ["scale 1", "scale 2", "scale 3"], ax=ax),
    )
