"""The error axis: 1 - score on a logarithmic scale, for scores that are all near 1."""

from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from numpy.typing import ArrayLike

SATURATED = 0.95
"""A best score above this leaves no room to tell rows apart on a scale from 0 to 1."""


def least_error(scores: ArrayLike) -> float:
    """Return where an error of 0 is drawn: at half the smallest positive error of these scores.

    >>> least_error([0.5, 0.99, 1.0])
    0.005
    """
    errors = 1 - np.asarray(scores, float)
    errors = errors[np.isfinite(errors) & (errors > 1e-9)]
    return round(float(errors.min()) / 2, 12) if len(errors) else 0.0005


def error_axis(ax: Axes, least: float, axis: Literal["x", "y"]) -> None:
    """Make an axis one of errors from 1 down to `least`, the smallest at the right or above."""
    limits = (1.0, least)
    if axis == "x":
        ax.set_xscale("log")
        ax.set_xlim(*limits)
    else:
        ax.set_yscale("log")
        ax.set_ylim(*limits)
    scale = ax.xaxis if axis == "x" else ax.yaxis
    decades = 10.0 ** np.arange(0, np.floor(np.log10(least)), -1)
    scale.set_major_locator(FixedLocator(decades.tolist()))
    scale.set_minor_locator(NullLocator())
    scale.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
