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


def mean_interval(values: Sequence[float]) -> Interval:
    r"""Student's 95 % interval for the mean of a few independent values.

    $$\bar x \pm t_{n-1,\,0.975} \frac{s}{\sqrt n}$$

    >>> mean_interval([0.5])
    Interval(mean=0.5, half_width=None)
    """
    from scipy.special import stdtrit

    x = np.asarray(values, float)
    if x.ndim != 1 or not len(x):
        raise ValueError(f"A mean needs at least one value, got shape {x.shape}.")
    if len(x) == 1:
        return Interval(float(x[0]), None)
    t = stdtrit(len(x) - 1, (1 + 0.95) / 2)
    return Interval(float(x.mean()), float(t * x.std(ddof=1) / len(x) ** 0.5))


def paired_difference(values: Sequence[float], reference: Sequence[float]) -> Interval:
    """Return the interval of the differences by seed: what both share through a seed cancels."""
    if len(values) != len(reference):
        raise ValueError(
            f"A paired difference needs pairs, got {len(values)} and {len(reference)} values."
        )
    return mean_interval(np.subtract(values, reference).tolist())


def paired_p_value(values: Sequence[float], reference: Sequence[float]) -> float | None:
    r"""Two-sided p-value of Student's test that the differences seed by seed have mean 0.

    $$p = 2 F_{n-1}\Bigl(-\frac{|\bar d|}{s / \sqrt n}\Bigr)$$

    with the distribution function $F$ of Student's t. It is below 0.05 exactly where the 95 %
    interval of `paired_difference` leaves zero out. None for a single seed; 1 where all differences
    are 0.
    """
    from scipy.special import stdtr

    paired_difference(values, reference)  # checks the lengths
    d = np.subtract(values, reference)
    if len(d) < 2:
        return None
    if not d.any():
        return 1.0
    with np.errstate(divide="ignore"):
        t = abs(d.mean()) / (d.std(ddof=1) / len(d) ** 0.5)
    return float(2 * stdtr(len(d) - 1, -t))


def holm(p_values: Sequence[float]) -> list[float]:
    r"""p-values corrected for being several, in the order given: Holm, 1979.

    $$\tilde p_{(i)} = \min\bigl(1, \max_{j \le i} (m - j + 1)\, p_{(j)}\bigr)$$

    where $p_{(1)} \le \dots \le p_{(m)}$. Calling significant what stays below 0.05 errs with
    probability 0.05 at most in the whole family, whatever the tests have in common.

    >>> holm([0.01, 0.04, 0.02])
    [0.03, 0.04, 0.04]
    """
    p = np.asarray(p_values, float)
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(np.arange(len(p), 0, -1) * p[order])
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(stepped, 1)
    return corrected.tolist()


class Beside(NamedTuple):
    """One row beside the best of its group: paired difference, and p-value by Holm."""

    difference: Interval
    p: float | None


def groups(values: Mapping[str, Sequence[float]], level: float = 0.05) -> list[dict[str, Beside]]:
    """Return what cannot be told apart, best first: names with differences to the first.

    The best mean leads a group, with all that cannot be told from it: paired t-tests over the
    seeds, Holm's correction over all rows that are compared with this leader. The best of what is
    left leads the next group. Members of a group are not shown to be equal, and two of them may
    differ from each other; a single seed tells nothing apart.

    >>> seeds = {"a": [0.9, 0.8, 0.7], "b": [0.3, 0.2, 0.1], "c": [0.9, 0.7, 0.8]}
    >>> [list(group) for group in groups(seeds)]
    [['a', 'c'], ['b']]
    """
    left = sorted(values, key=lambda name: -float(np.mean(values[name])))
    found = []
    while left:
        first, *others = left
        beside = against(first, {name: values[name] for name in left})
        group = {n: b for n, b in beside.items() if b.p is None or b.p >= level}
        found.append({first: Beside(Interval(0.0, None), None), **group})
        left = [name for name in others if name not in group]
    return found


def against(first: str, values: Mapping[str, Sequence[float]]) -> dict[str, Beside]:
    """Compare every other row with one, seed by seed; p-values by Holm over all of them."""
    others = {name: seeds for name, seeds in values.items() if name != first}
    raw = [paired_p_value(seeds, values[first]) for seeds in others.values()]
    known = [p for p in raw if p is not None]
    ps = holm(known) if len(known) == len(raw) else [None] * len(raw)
    return {
        name: Beside(paired_difference(seeds, values[first]), p)
        for (name, seeds), p in zip(others.items(), ps, strict=True)
    }


def shapley_values(
    parts: Sequence[str], scores: Mapping[frozenset[str], float]
) -> dict[str, float]:
    r"""Return what each part adds to a score, averaged over all orders of switching the parts on.

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
            f"Shapley values need every combination of parts; {missing[0]} is missing."
        )
    values = dict.fromkeys(parts, 0.0)
    for part in parts:
        for s in subsets:
            if part not in s:
                weight = 1 / (n * comb(n - 1, len(s)))
                values[part] += weight * (scores[s | {part}] - scores[s])
    return values


def subsets_of(options: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[frozenset[str]]]:
    """Return the parts of an ablation and which of them are on in each variant.

    A part is one setting; it is on where a variant leaves the setting as the method has it.

    >>> subsets_of([{}, {"a": 0}])
    (['a'], [frozenset({'a'}), frozenset()])
    """
    parts = list(dict.fromkeys(key for row in options for key in row))
    return parts, [frozenset(part for part in parts if part not in row) for row in options]
