"""Notebook 07: weights of two terms, tried by training three small hash layers with them."""

from collections.abc import Iterator
from functools import cache

import numpy as np

from hashviz_course.check.asking import Asked, call
from hashviz_course.check.core import Exercise, Rule
from hashviz_course.check.words import shown

BALANCE, SCORE = 0.95, 0.5
"""What every seed has to pass: the entropy of its worst bit, and mAP."""
SEEDS = (0, 1, 2)
STEPS = 60


def lengths() -> Iterator[tuple[int]]:
    """Codes of 12 bits."""
    yield (12,)


def weights_of(ask: Asked, bits: int) -> tuple[float, float] | str:
    """The learner's two weights, or a sentence about what came instead."""
    came = ask(bits)
    try:
        weights = np.asarray(came, dtype=float)
    except (TypeError, ValueError):
        weights = np.array(np.nan)
    if weights.shape != (2,) or not np.isfinite(weights).all() or (weights < 0).any():
        return f"{call(ask.name, (bits,))} gave {shown(came)}, expected two numbers, 0 or more."
    return float(weights[0]), float(weights[1])


def two_weights(ask: Asked, bits: int) -> str | None:
    """Judge: two finite numbers, none below 0."""
    came = weights_of(ask, bits)
    return came if isinstance(came, str) else None


def balanced(ask: Asked, bits: int) -> str | None:
    """Judge: with every seed the worst bit is balanced."""
    came = weights_of(ask, bits)
    if isinstance(came, str):
        return came
    for seed in SEEDS:
        worst = trained(*came, bits, seed)[0]
        if worst <= BALANCE:
            return f"With {shown(came)} and seed {seed} the worst bit has {worst:.2f}."
    return None


def searches_well(ask: Asked, bits: int) -> str | None:
    """Judge: with every seed mAP is above the line."""
    came = weights_of(ask, bits)
    if isinstance(came, str):
        return came
    for seed in SEEDS:
        score = trained(*came, bits, seed)[1]
        if score <= SCORE:
            return f"With {shown(came)} and seed {seed} mAP is {score:.2f}."
    return None


@cache
def trained(quantization: float, balance: float, bits: int, seed: int) -> tuple[float, float]:
    """Entropy of the worst bit and mAP on digits, after training as in the notebook."""
    import torch

    from hashviz import metrics
    from hashviz.codes import sign
    from hashviz.data import load_dataset
    from hashviz.methods.base import Batch, Problem
    from hashviz.methods.dfeh import DFEH

    digits = load_dataset("digits")
    classes, labels = digits.labels.argmax(1), torch.from_numpy(digits.labels)
    queries, database = np.arange(359), np.arange(359, 1797)
    pixels = torch.from_numpy(digits.images[:, 2::4, 2::4].reshape(1797, 64) / np.float32(255))
    members = [torch.from_numpy(database[classes[database] == c]) for c in range(10)]
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = torch.nn.Sequential(
                torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, bits)
            )
            loss = DFEH(
                Problem(bits, 10, len(database), False, seed),
                quantization_weight=quantization,
                balance_weight=balance,
            )
            optimizer = torch.optim.Adam(network.parameters(), 0.01)
            for step in range(STEPS):
                rows = torch.cat([m[torch.randperm(len(m))[:20]] for m in members])
                batch = Batch(network(pixels[rows]), labels[rows], rows, step / STEPS)
                torch.stack(list(loss(batch).values())).sum().backward()
                optimizer.step()
                optimizer.zero_grad()
            with torch.no_grad():
                codes = sign(network(pixels).numpy())
    finally:
        torch.set_num_threads(threads)
    counts = metrics.distance_counts(
        codes[queries], classes[queries], codes[database], classes[database]
    )
    worst = metrics.bit_entropy(codes[database]).min()
    return float(worst), float(metrics.average_precision(counts).mean())


balanced_weights = Exercise(
    name="balanced_weights",
    notebook="07",
    passed="balanced_weights gives balanced bits and a good search, with each of three seeds.",
    rules=(
        Rule("It gives two weights: of quantization and of balance.", lengths, two_weights),
        Rule(f"Even the worst bit has a balance above {BALANCE}.", lengths, balanced),
        Rule(f"mAP is above {SCORE}.", lengths, searches_well),
    ),
    hints=(
        "Look at the row of 0.01 in both tables: without balance the worst bit fails, with 0.5 mAP "
        "does. Try weights of balance in between.",
        "Weights differ by factors, not by steps: try 0.1, 0.03 and 0.01 for the balance, and keep "
        "that of quantization small.",
        "return 0.01, 0.03",
    ),
)
"""The check of `balanced_weights(bits)`."""
