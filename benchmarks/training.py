"""Training on this machine's processor: how long until the codes of the digits are good.

Wall time of training, after imports and reading; scores are tie-aware mAP over the whole database.
"""

import time
from collections.abc import Iterator
from dataclasses import replace

import torch

from benchmarks.measure import Row, spread
from hashviz import metrics
from hashviz.codes import sign
from hashviz.config import TrainConfig
from hashviz.data import load_dataset
from hashviz.data.batches import select, view
from hashviz.data.protocols import split
from hashviz.methods import method_named
from hashviz.methods.base import Problem
from hashviz.methods.networks import build_model
from hashviz.models.encoding import encode
from hashviz.training.loop import fit
from hashviz.training.recipes import settle

DIGITS_SEEDS = 5


def rows(quick: bool) -> Iterator[Row]:
    """Digits, which come with scikit-learn."""
    yield digits(1 if quick else DIGITS_SEEDS)


def digits(seeds: int) -> Row:
    """Seconds until the codes of the queries pass 0.95; each epoch is evaluated, which counts."""
    spent = []
    for seed in range(seeds):
        config = TrainConfig(method="csq", data="digits", bits=32, seed=seed)
        method = method_named(config.method)
        config = replace(settle(config, method), threads=1)
        torch.set_num_threads(1)
        torch.manual_seed(seed)
        dataset = load_dataset("digits")
        parts = split(dataset, config.protocol, seed)
        labels = dataset.labels[parts.train]
        problem = Problem(config.bits, len(dataset.classes), len(labels), False, seed)
        model, loss = build_model(config, method, 1), method.load()(problem)
        model.prepare(view(dataset.images[parts.train], torch.arange(1000), torch.device("cpu")))
        started = time.perf_counter()
        for _ in fit(model, loss, select(dataset.images, parts.train), labels, config):
            codes = [sign(encode(model, select(dataset.images, rows)))
                     for rows in (parts.query, parts.database)]  # fmt: skip
            counts = metrics.distance_counts(
                codes[0], dataset.labels[parts.query], codes[1], dataset.labels[parts.database]
            )
            if metrics.average_precision(counts).mean() > 0.95:
                break
        else:
            raise AssertionError(f"The digits of seed {seed} never passed 0.95.")
        spent.append(time.perf_counter() - started)
    return spread("digits, 32 bits, to mAP > 0.95", spent, "s", target=3.0,
                  note=f"CSQ, {seeds} seeds, one thread")  # fmt: skip
