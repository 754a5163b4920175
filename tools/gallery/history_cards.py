"""Figures of codes over training and under attack."""

from collections.abc import Iterator

import numpy as np

from hashviz import metrics, plots
from hashviz.codes import sign
from tools.gallery.example import Card, Example


def histories(e: Example) -> Iterator[Card]:
    """What bits do from epoch to epoch, and what a few gradient steps do to them."""
    rng = np.random.default_rng(2)
    epochs = 18
    way = np.linspace(0, 1.4, epochs)[:, None, None]
    drift = np.cumsum(rng.normal(size=(epochs, 200, e.bits)), 0) * 0.3
    history = sign(way * 4 * e.codes[:200] + drift * (1.5 - way))
    flips, quiet = metrics.bit_flips(history), metrics.quiet_share(history, 3)
    yield "bit_flips", (6.4, 3.6), lambda ax: plots.bit_flips(flips, quiet, window=3, ax=ax)
    target = e.centers[e.labels[0].argmax()]
    yield (
        "code_history",
        (6.4, 4.2),
        lambda ax: plots.code_history(history[:, 0], target=target, ax=ax),
    )
    picture = e.images[0]
    noise = rng.integers(-6, 7, picture.shape)
    changed = np.clip(picture.astype(int) + noise, 0, 255).astype(np.uint8)
    code = np.where(rng.random(e.bits) < 0.3, -e.codes[0], e.codes[0])
    size = (5.6, 3.9 + 0.9 * (e.bits > 32))
    yield (
        "attack",
        size,
        lambda ax: plots.attack(picture, changed, e.codes[0], code, target=target, ax=ax),
    )
    toward = np.round(e.bits * (1 - np.exp(-np.arange(11) / 3)) * 0.4)
    yield (
        "attack_steps",
        (6.4, 3.2),
        lambda ax: plots.attack_steps(toward, e.bits / 2 - toward, bits=e.bits, ax=ax),
    )
