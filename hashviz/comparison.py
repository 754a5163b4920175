"""Means over seeds with their intervals: no comparison of methods without them."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from math import comb
from typing import Any, NamedTuple

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


def shapley_values(
    parts: Sequence[str], scores: Mapping[frozenset[str], float]
) -> dict[str, float]:
    r"""What each part adds to a score, averaged over all orders of switching the parts on.

    $$\phi_i = \sum_{S \not\ni i} \frac{1}{n \binom{n-1}{|S|}} \bigl(v(S \cup i) - v(S)\bigr)$$

    (Shapley, 1953). `scores` holds every subset of the parts that are on. The values add up to the
    score with all parts minus the score with none.

    Raises:
        ValueError: when a subset is missing.

    >>> on = [frozenset(), frozenset("a"), frozenset("b"), frozenset("ab")]
    >>> shapley_values("ab", dict(zip(on, [0.0, 1.0, 0.0, 3.0])))
    {'a': 2.0, 'b': 1.0}
    """
    n = len(parts)
    subsets = [frozenset(s) for size in range(n + 1) for s in combinations(parts, size)]
    missing = [sorted(s) for s in subsets if s not in scores]
    if missing:
        raise ValueError(
            f"Shapley values need the score of every combination of parts, {len(missing)} of "
            f"{len(subsets)} are missing, the first is {missing[0]}."
        )
    values = dict.fromkeys(parts, 0.0)
    for part in parts:
        for s in subsets:
            if part not in s:
                weight = 1 / (n * comb(n - 1, len(s)))
                values[part] += weight * (scores[s | {part}] - scores[s])
    return values


def subsets_of(options: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[frozenset[str]]]:
    """The parts of an ablation and which of them are on in each variant.

    A part is one setting; it is on where a variant leaves the setting as the method has it.

    >>> subsets_of([{}, {"a": 0}])
    (['a'], [frozenset({'a'}), frozenset()])
    """
    parts = list(dict.fromkeys(key for row in options for key in row))
    return parts, [frozenset(part for part in parts if part not in row) for row in options]
