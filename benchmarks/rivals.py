"""Other evaluators that pip installs, each called as its own documentation says.

    uv run --with torchmetrics --with pytorch-metric-learning python -m benchmarks evaluation

None of them is a dependency of this project; scikit-learn is here anyway. They are given what they
ask for: scores of every pair from one matrix product, or the codes as float32 themselves. Each
breaks ties by a rule of its own, so their values differ a little. Slower than all of
these on the same task: pytrec_eval (tried) and ranx (read: quadratic in the relevant items);
hashranking, a counting sort in C++, no longer compiles.
"""

import importlib.util
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Set = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Rival:
    """A row of `RIVALS`."""

    score: Callable[[Set], float]
    module: str

    @property
    def installed(self) -> bool:
        """Whether it can be imported here."""
        return importlib.util.find_spec(self.module) is not None


def scored(given: Set) -> tuple[np.ndarray, np.ndarray]:
    """Inner products of every pair of codes, and whether the pair shares a label."""
    query_codes, query_labels, database_codes, database_labels = given
    scores = query_codes.astype(np.float32) @ database_codes.astype(np.float32).T
    relevant = query_labels.astype(np.float32) @ database_labels.astype(np.float32).T > 0
    return scores, relevant


def scikit_learn(given: Set) -> float:
    """Mean over queries; equal scores share the worst rank among them."""
    from sklearn.metrics import label_ranking_average_precision_score

    scores, relevant = scored(given)
    return float(label_ranking_average_precision_score(relevant, scores))


def torchmetrics(given: Set) -> float:
    """Flat triples of query, score and relevance; it leaves out what scores 0 or less."""
    import torch
    from torchmetrics.retrieval import RetrievalMAP  # pyright: ignore[reportMissingImports]

    scores, relevant = scored(given)
    query = torch.arange(len(scores))[:, None].expand(scores.shape)
    above_zero = torch.from_numpy(scores + given[0].shape[1] + 1)
    metric = RetrievalMAP()
    metric.update(above_zero.flatten(), torch.from_numpy(relevant).flatten(), query.flatten())
    return float(metric.compute())


def pytorch_metric_learning(given: Set) -> float:
    """Euclidean neighbors of the codes, all of them, found by faiss; one label per image."""
    import torch
    from pytorch_metric_learning.utils.accuracy_calculator import (  # pyright: ignore[reportMissingImports]
        AccuracyCalculator,
    )

    codes = [torch.from_numpy(given[i].astype(np.float32)) for i in (0, 2)]
    labels = [torch.from_numpy(given[i].argmax(1)) for i in (1, 3)]
    name = "mean_average_precision"
    calculator = AccuracyCalculator(include=(name,), k=None, device=torch.device("cpu"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = calculator.get_accuracy(codes[0], labels[0], codes[1], labels[1], False)
    return float(found[name])


RIVALS = {
    "scikit-learn's label_ranking_average_precision_score": Rival(scikit_learn, "sklearn"),
    "torchmetrics' RetrievalMAP": Rival(torchmetrics, "torchmetrics"),
    "pytorch-metric-learning's AccuracyCalculator": Rival(
        pytorch_metric_learning, "pytorch_metric_learning"
    ),
}
"""Evaluators with one number in common with ours, by the name that their row shows."""
