"""A small ablation over the real digits, as runs that need no training."""

from pathlib import Path
from typing import Any

import numpy as np

from hashviz.config import TrainConfig
from hashviz.data import load_dataset
from hashviz.data.base import fingerprint
from hashviz.methods import method_named
from hashviz.runs import Run, Side, save_run
from hashviz.training.recipes import settle

NOISE: dict[str, dict[str, Any]] = {
    "as it stands": {},
    "no quantization": {"quantization_weight": 0.0},
    "no balance": {"balance_weight": 0.0},
    "neither": {"quantization_weight": 0.0, "balance_weight": 0.0},
}
BITS = 12


def variant_run(
    folder: Path,
    options: dict[str, Any],
    seed: int,
    *,
    method: str = "ssdh",
    noise: float = 0.0,
    **more: Any,
) -> Run:
    """A run whose outputs are noisy projections; 40 queries, 300 in the database, no weights."""
    digits = load_dataset("digits")
    rng = np.random.default_rng(seed)
    pixels = digits.images.reshape(len(digits.images), -1) / 255.0
    outputs = (pixels - pixels.mean(0)) @ rng.normal(size=(pixels.shape[1], BITS))
    outputs = outputs + noise * rng.normal(size=outputs.shape) * outputs.std()
    rows = rng.permutation(len(pixels))[:340]

    def side(index: np.ndarray) -> Side:
        return Side(outputs[index].astype("f4"), digits.labels[index], index.astype(np.int64))

    config = TrainConfig(
        method=method, data="digits", bits=BITS, epochs=1, seed=seed, options=options, **more
    )
    return save_run(
        folder / config.name,
        settle(config, method_named(method)),
        data={
            "classes": list(digits.classes),
            "image": list(digits.images.shape[1:]),
            "split": "small, 40 queries, 300 database",
            "fingerprint": fingerprint(digits),
        },
        environment={"seconds": 1.0},
        history=[{"epoch": 1, "seconds": 1.0, "images_per_second": 1.0, "classification": 1.0,
                  "quantization": 0.1, "balance": 0.1}],
        query=side(rows[:40]),
        database=side(rows[40:]),
    )  # fmt: skip


def small_ablation(folder: Path, seeds: int = 3) -> list[Run]:
    """Whole, two parts off alone and together; noise grows with what is off, so that it costs."""
    return [
        variant_run(folder, options, seed, noise=0.6 * len(options))
        for options in NOISE.values()
        for seed in range(seeds)
    ]
