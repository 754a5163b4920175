"""Notebook 07: a loss that pulls similar pictures together, and the weights of its other terms."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np

from hashviz_course.checks.exercise import Attempt, Exercise, Rule, Wrong, same_as, same_slope_as
from hashviz_course.checks.values import shown

Case = tuple[Any, Any, float]
TOLERANCE = 1e-4
BALANCE, SCORE = 0.95, 0.5
"""What every seed has to pass: the entropy of its worst bit, and mAP."""
SEEDS = (0, 1, 2)
STEPS = 60

# ---------------------------------------------------------------- contrastive_hash_loss


def together() -> Iterator[Case]:
    """Make similar pictures only: the margin plays no part."""
    import torch

    yield torch.tensor([[1.0], [-1.0]]), torch.ones(2, 2, dtype=torch.bool), 2.0
    yield torch.tensor([[0.5, 2.0], [0.5, -1.0]]), torch.ones(2, 2, dtype=torch.bool), 4.0
    yield torch.tensor([[1.0], [0.0], [-2.0]]), torch.ones(3, 3, dtype=torch.bool), 2.0


def apart() -> Iterator[Case]:
    """Make pictures of different classes: within the margin, on it and beyond."""
    import torch

    other = torch.eye(2, dtype=torch.bool)
    for u, margin in (([[0.0], [1.0]], 2.0), ([[0.0, 1.0], [1.0, 1.0]], 4.0),
                      ([[1.0], [-1.0]], 4.0), ([[3.0], [-3.0]], 2.0)):  # fmt: skip
        yield torch.tensor(u), other, margin


def batches() -> Iterator[Case]:
    """Make outputs of several pictures with classes, two of them equal."""
    import torch

    generator = torch.Generator().manual_seed(4)
    for n, bits in ((3, 1), (3, 2), (6, 3), (20, 8)):
        u = torch.randn(n, bits, generator=generator)
        classes = torch.arange(n) % 2
        if n > 3:
            u[2] = u[0]  # of the same class, and the distance is 0
        yield u, classes[:, None] == classes, 2.0 * bits


def by_definition(u: Any, similar: Any, margin: float) -> float:
    """Sum the cost of one pair at a time."""
    rows, total = u.double().tolist(), 0.0
    n, bits = len(rows), len(rows[0])
    for i in range(n):
        for j in range(n):
            d = sum((a - b) ** 2 for a, b in zip(rows[i], rows[j], strict=True))
            if i != j:
                total += d if similar[i, j] else max(0.0, margin - d)
    return total / (n * (n - 1)) / (2 * bits)


def library_loss(u: Any, similar: Any, margin: float) -> Any:
    """Return the library's loss."""
    from hashviz.methods.pairwise import contrastive, mean_over_pairs

    return mean_over_pairs(contrastive(u, similar, margin)) / (2 * u.shape[1])


agrees = same_as(by_definition, TOLERANCE)

contrastive_hash_loss = Exercise(
    name="contrastive_hash_loss",
    notebook="07",
    passed="contrastive_hash_loss pulls and pushes as the formula says, and a network can learn.",
    rules=(
        Rule("Similar pictures cost their squared distance.", together, agrees),
        Rule("Others cost what they lack of the margin, and nothing beyond it.", apart, agrees),
        Rule("It is a mean over all pairs of different pictures, divided by twice the bits.",
             batches, agrees),
        Rule("Its gradient is right.", batches, same_slope_as(by_definition)),
    ),
    hints=(
        "All squared distances at once: u[:, None] - u has a row for each pair; square it and sum "
        "over the last axis. No root is needed.",
        "torch.where(similar, d, (margin - d).clamp(min=0)) is the cost of each pair. The pairs "
        "(i, i) cost 0, so they may stay in the sum, but not in the number of pairs.",
        "return cost.sum() / (n * (n - 1)) / (2 * bits)",
    ),
    library=library_loss,
)  # fmt: skip
"""The check of `contrastive_hash_loss(u, similar, margin)`."""

# ---------------------------------------------------------------- balanced_weights


def lengths() -> Iterator[tuple[int]]:
    """Make a code length: 12 bits."""
    yield (12,)


def weights_of(attempt: Attempt, bits: int) -> tuple[float, float]:
    """Judge: two finite numbers, none below 0; return them."""
    try:
        weights = np.asarray(attempt(bits), dtype=float)
    except (TypeError, ValueError):
        weights = np.array(np.nan)
    if weights.shape != (2,) or not np.isfinite(weights).all() or (weights < 0).any():
        raise Wrong(f"{attempt.gave}, expected two numbers, 0 or more.")
    return float(weights[0]), float(weights[1])


def balanced(attempt: Attempt, bits: int) -> None:
    """Judge: with every seed the worst bit is balanced."""
    weights = weights_of(attempt, bits)
    for seed in SEEDS:
        worst, _ = trained(*weights, bits, seed)
        if not worst > BALANCE:
            raise Wrong(f"With {shown(weights)} and seed {seed} the worst bit has {worst:.2f}.")


def searches_well(attempt: Attempt, bits: int) -> None:
    """Judge: with every seed mAP is high enough."""
    weights = weights_of(attempt, bits)
    for seed in SEEDS:
        _, score = trained(*weights, bits, seed)
        if not score > SCORE:
            raise Wrong(f"With {shown(weights)} and seed {seed} mAP is {score:.2f}.")


@cache
def trained(quantization: float, balance: float, bits: int, seed: int) -> tuple[float, float]:
    """Return the entropy of the worst bit and mAP on digits, after training as in the notebook."""
    import torch

    from hashviz import load_dataset, metrics
    from hashviz.codes import sign
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
            problem = Problem(bits, 10, len(database), False, seed)
            loss = DFEH(problem, quantization_weight=quantization, balance_weight=balance)
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
        Rule("It gives two weights: of quantization and of balance.", lengths, weights_of),
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
    library=lambda bits: (0.01, 0.03),
)
"""The check of `balanced_weights(bits)`."""
