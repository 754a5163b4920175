"""Means over seeds with their intervals: no comparison of methods without them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Interval(NamedTuple):
    """A mean and the half-width of its confidence interval; None when one value gives no spread."""

    mean: float
    half_width: float | None


def mean_interval(values: Sequence[float], level: float = 0.95) -> Interval:
    r"""Student's interval for the mean of a few independent values.

    $$\bar x \pm t_{n-1,(1+\text{level})/2} \frac{s}{\sqrt n}$$

    >>> mean_interval([0.5])
    Interval(mean=0.5, half_width=None)
    """
    from scipy.special import stdtrit

    x = np.asarray(values, float)
    if x.ndim != 1 or not len(x):
        raise ValueError(f"A mean needs at least one value, got shape {x.shape}.")
    if len(x) == 1:
        return Interval(float(x[0]), None)
    t = stdtrit(len(x) - 1, (1 + level) / 2)
    return Interval(float(x.mean()), float(t * x.std(ddof=1) / len(x) ** 0.5))


def paired_difference(
    values: Sequence[float], reference: Sequence[float], level: float = 0.95
) -> Interval:
    """The interval of the differences seed by seed: what both share through the seed cancels."""
    if len(values) != len(reference):
        raise ValueError(
            "A paired difference needs equally many values, "
            f"got {len(values)} and {len(reference)}."
        )
    return mean_interval(np.subtract(values, reference).tolist(), level)
