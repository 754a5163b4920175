"""Labels are multi-hot everywhere; two images are similar when they share at least one label.

Every function takes NumPy arrays or torch tensors, and returns what it was given.
"""

from typing import Any

import numpy as np
from jaxtyping import Bool

from hashviz.codes import as_numpy


def multi_hot(labels: Any, classes: int | None = None) -> Bool[np.ndarray, "n classes"]:
    """Return multi-hot labels from class indices [n] or any multi-hot matrix [n, classes].

    Raises:
        ValueError: when the labels are neither, or an index is outside the classes.

    >>> multi_hot([0, 2]).astype(int)
    array([[1, 0, 0],
           [0, 0, 1]])
    """
    labels = as_numpy(labels)
    if labels.ndim == 2:
        present = labels == 1
        if np.count_nonzero(present) + np.count_nonzero(labels == 0) != labels.size:
            raise ValueError("Multi-hot labels hold 0 and 1 only; -1 or counts are not labels.")
        return present
    if labels.ndim != 1 or not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(
            "Labels are integer class indices [n] or multi-hot [n, classes], "
            f"got shape {labels.shape} and dtype {labels.dtype}."
        )
    classes = (int(labels.max()) + 1 if labels.size else 0) if classes is None else classes
    if labels.size and (labels.min() < 0 or labels.max() >= classes):
        raise ValueError(
            f"Class indices lie in 0..{classes - 1}, found {labels.min()} to {labels.max()}."
        )
    return np.arange(classes) == labels[:, None]


def shared_labels(a: Any, b: Any) -> Any:
    """Return how many labels each row of `a` shares with each row of `b`, as float [na, nb]."""
    if hasattr(a, "detach"):
        return a.float() @ b.float().T
    return a.astype(np.float32) @ b.astype(np.float32).T


def similar(a: Any, b: Any) -> Any:
    """Return whether each row of `a` shares a label with each row of `b`, bool [na, nb]."""
    return shared_labels(a, b) > 0


def label_cosine(a: Any, b: Any) -> Any:
    r"""Return the cosine of label vectors, 0 where a row has no label.

    $$r_{ij} = \frac{y_i^\top y_j}{\lVert y_i \rVert \lVert y_j \rVert}$$
    """
    shared = shared_labels(a, b)
    norms = (a.sum(1)[:, None] * b.sum(1)[None, :]) ** 0.5
    return shared / (norms + (norms == 0))
