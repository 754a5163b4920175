"""Values as a learner reads them, and whether two of them are the same."""

from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np

from hashviz.codes import as_numpy

SHORT = 24
"""Longer arrays are named by their shape."""


def shown(value: Any) -> str:
    """Return a value as it stands in a sentence: short, floats with four digits.

    >>> shown(np.array([[1.0, 2 / 3]])), shown(np.uint8(3)), shown(np.zeros((9, 9)))
    ('[[1, 0.6667]]', '3', 'an array of shape (9, 9)')
    """
    if isinstance(value, np.bool_):
        value = bool(value)
    if isinstance(value, str | bool) or value is None:
        return repr(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{shown(k)}: {shown(v)}" for k, v in value.items()) + "}"
    array = _numbers(value)
    if array is not None:
        return (
            _digits(array.tolist()) if array.size <= SHORT else f"an array of shape {array.shape}"
        )
    if isinstance(value, list | tuple) and len(value) <= SHORT:
        inside = ", ".join(map(shown, value))
        return f"({inside})" if isinstance(value, tuple) else f"[{inside}]"
    name, kind = getattr(value, "__name__", ""), type(value).__name__
    if callable(value) and name.isidentifier():
        return f"the function {name}"
    return f"{'an' if kind[0] in 'aeiouAEIOU' else 'a'} {kind}"


def same(came: Any, right: Any, within: float = 0.0) -> bool:
    """Return whether two values hold the same numbers in the same shape, be it a list or an array.

    What is neither numbers nor text is the same when it is of the same type.

    >>> same([1, 2], np.array([1.0, 2.0])), same(0.5, 0.51), same(0.5, 0.51, within=0.02)
    (True, False, True)
    """
    if isinstance(right, dict):
        return (
            isinstance(came, dict)
            and came.keys() == right.keys()
            and all(same(came[key], right[key], within) for key in right)
        )
    a, b = _numbers(came), _numbers(right)
    if a is not None and b is not None:
        return a.shape == b.shape and np.allclose(
            a.astype(float), b.astype(float), rtol=0, atol=within, equal_nan=True
        )
    if isinstance(came, list | tuple) and isinstance(right, list | tuple):
        pairs = zip(came, right, strict=False)
        return len(came) == len(right) and all(same(x, y, within) for x, y in pairs)
    if came is None or isinstance(came, str) or isinstance(right, str):
        return bool(came is right or came == right)
    return a is None and b is None and type(came) is type(right)


def difference(came: Any, right: Any) -> float:
    """Return the largest difference of two arrays of one shape; nan where there is none.

    >>> difference([1.0, 2.0], [1.0, 2.5])
    0.5
    """
    a, b = _numbers(came), _numbers(right)
    if a is None or b is None or a.shape != b.shape or not a.size:
        return float("nan")
    return float(np.abs(a.astype(float) - b.astype(float)).max())


def _numbers(value: Any) -> np.ndarray | None:
    """Return the value as an array of numbers or truth values; None when it holds anything else.

    Fractions and decimals are numbers as well; NumPy alone would keep them as objects.
    """
    try:
        array = as_numpy(value)
    except (ValueError, TypeError, RuntimeError):  # lists of unequal lengths, among others
        return None
    if array.dtype.kind == "O" and all(isinstance(one, Real | Decimal) for one in array.flat):
        array = array.astype(float)
    return array if array.dtype.kind in "biuf" else None


def _digits(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(_digits, value)) + "]"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
