"""What a method quantizes: the relaxed bits h of its outputs u, which the code replaces by signs.

A loss that squashes its outputs brings h = tanh(u) near -1 and +1, never u; a method that uses only
signs or angles gives its outputs no scale. A row of `METHODS` names its entry here.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from jaxtyping import Float

Relaxed = tuple[Float[np.ndarray, "n bits"], str]
"""The relaxed bits, and their formula."""


def sigmoid(outputs: np.ndarray, options: Mapping[str, Any]) -> Relaxed:
    r"""Return $h = 2 \sigma(\gamma u) - 1 = \tanh(\gamma u / 2)$ with $\gamma$ = `slope`."""
    slope = options.get("slope", 1.0)
    return np.tanh(slope * outputs / 2), f"2σ({'' if slope == 1 else f'{slope:g}'}u) − 1"


def annealed_tanh(outputs: np.ndarray, options: Mapping[str, Any]) -> Relaxed:
    r"""Return $h = \tanh(\beta u)$; $\beta = \sqrt{51}$ where HashNet's continuation ends, or 1."""
    beta = 51**0.5 if options.get("continuation", True) else 1.0
    return np.tanh(beta * outputs), f"tanh({'' if beta == 1 else f'{beta:.2f}'}u)"


def direction(outputs: np.ndarray, options: Mapping[str, Any]) -> Relaxed:
    r"""Return $h = \sqrt K\, u / \lVert u \rVert$: signs and cosines ignore the length of u.

    Its mean squared gap to the signs is $2 - 2 \cos(u, \operatorname{sign}(u))$.
    """
    del options
    length = np.linalg.norm(outputs, axis=1, keepdims=True)
    return outputs * (outputs.shape[1] ** 0.5 / np.where(length > 0, length, 1)), "√K·u / ‖u‖"


RELAXATIONS: dict[str, Callable[[np.ndarray, Mapping[str, Any]], Relaxed]] = {
    "identity": lambda u, _: (u, "u"),
    "tanh": lambda u, _: (np.tanh(u), "tanh(u)"),
    "sigmoid": sigmoid,
    "annealed tanh": annealed_tanh,
    "softsign": lambda u, _: (u / (1 + np.abs(u)), "u / (1 + |u|)"),
    "direction": direction,
}
"""By name: functions of the outputs and the options of a run."""
