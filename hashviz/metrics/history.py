"""Codes while they are learned: which bits flip, which are quiet, how good the codes are by then.

A history is the codes of the same images after every epoch, [epochs, images, bits]; -1/+1, 0/1 or
bool. Row 0 is the first epoch that is known, not necessarily the state before training.
"""

from typing import Any

import numpy as np
from jaxtyping import Float, Int8

from hashviz.codes import as_codes, as_numpy
from hashviz.metrics.counts import DistanceCounts, distance_counts
from hashviz.metrics.ranking import average_precision


def as_history(codes: Any) -> Int8[np.ndarray, "epochs images bits"]:
    """Return anybody's codes over training as int8 in {-1, +1}.

    Raises:
        ValueError: when the array is not [epochs, images, bits] or holds other values.

    >>> as_history([[[0, 1]], [[1, 1]]]).tolist()
    [[[-1, 1]], [[1, 1]]]
    """
    codes = as_numpy(codes)
    if codes.ndim != 3 or not codes.size:
        raise ValueError(
            f"Codes over training have axes [epochs, images, bits], got shape {codes.shape}."
        )
    return as_codes(codes.reshape(-1, codes.shape[2])).reshape(codes.shape)


def bit_flips(codes: Any) -> Float[np.ndarray, "steps bits"]:
    """Return the share of images whose bit differs from an epoch before; one row per step.

    >>> bit_flips([[[1, 1], [1, 1]], [[-1, 1], [1, 1]]])
    array([[0.5, 0. ]])
    """
    history = as_history(codes)
    return (history[1:] != history[:-1]).mean(1)


def quiet_share(codes: Any, epochs: int = 1) -> Float[np.ndarray, " epochs"]:
    """Return the share of bits that have not flipped in the last few epochs, after each one.

    It looks back only, so that it need not end at 1. nan before that many epochs have passed.

    Raises:
        ValueError: when it is to look back by less than one epoch.

    >>> quiet_share([[[1, 1]], [[-1, 1]], [[-1, 1]], [[1, -1]]], epochs=2)
    array([nan, nan, 0.5, 0. ])
    """
    history = as_history(codes)
    if epochs < 1:
        raise ValueError(f"Bits are quiet for at least one epoch, got epochs={epochs}.")
    flips = np.concatenate([history[:1] != history[:1], history[1:] != history[:-1]])
    before = np.cumsum(flips, 0, dtype=np.int64)
    share = np.full(len(history), np.nan)
    share[epochs:] = (before[epochs:] == before[:-epochs]).mean((1, 2))
    return share


def own_counts(codes: Any, labels: Any) -> DistanceCounts:
    """Count distances with every image as the query of all others, without the image itself.

    Raises:
        ValueError: when there are fewer than two images, or the arrays do not fit together.

    >>> own_counts([[1, 1], [1, 1], [1, -1]], [0, 0, 1]).total
    array([[1, 1, 0],
           [1, 1, 0],
           [0, 2, 0]])
    """
    if len(as_numpy(codes)) < 2:
        raise ValueError("Images search each other, which takes at least two codes; give more.")
    counts = distance_counts(codes, labels, codes, labels)
    counts.total[:, 0] -= 1
    counts.relevant[:, 0] -= counts.relevant.any(1)  # who has no label is not relevant to itself
    return DistanceCounts(counts.total, counts.relevant, counts.database - 1)


def map_over_training(codes: Any, labels: Any) -> Float[np.ndarray, " epochs"]:
    """Return mAP after every epoch, each image of the sample searching the others.

    Only to watch how training goes: a sample is easier to search than a database, and a sample of
    training images has been memorized.

    >>> map_over_training([[[1], [1], [1]], [[1], [1], [-1]]], [0, 0, 1]).round(3)
    array([0.5  , 0.667])
    """
    history = as_history(codes)
    return np.array([average_precision(own_counts(epoch, labels)).mean() for epoch in history])
