"""Digits of 16x16 pixels, handed over from Python: a training takes a quarter of the time."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from hashviz.config import TrainConfig
from hashviz.data import Dataset, load_dataset
from hashviz.methods import METHODS
from hashviz.runs import Run
from hashviz.training.jobs import train


@cache
def small_digits(images: int = 1000) -> Dataset:
    """Every second pixel of the first digits: the scans have 8x8, so nothing is lost."""
    digits = load_dataset("digits")
    small = digits.images[:images, ::2, ::2].copy()
    return Dataset("small", small, digits.labels[:images], digits.classes)


def several_labels() -> Dataset:
    """The same digits, each with its own label and that of its kind, even or odd."""
    digits = small_digits()
    kinds = np.stack([digits.labels[:, kind::2].any(1) for kind in (0, 1)], 1)
    labels = np.concatenate([digits.labels, kinds], 1)
    return Dataset("small", digits.images, labels, (*digits.classes, "even", "odd"))


def small(method: str = "csq", **changes: Any) -> TrainConfig:
    """What suits digits, for these."""
    settings = {
        "data": "memory:small", "bits": 16, "epochs": 2, "batch_size": 64, "optimizer": "adamw",
        "learning_rate": 0.005, "augment": "shift", "device": "cpu", "threads": 1,
        "backbone": "small" if METHODS[method].trained else "pixels",
    }  # fmt: skip
    return TrainConfig(method=method, **{**settings, **changes})


def train_small(config: TrainConfig, runs: Path, images: int = 1000, **options: Any) -> Run:
    return train(config, dataset=small_digits(images), runs=runs, **options)
