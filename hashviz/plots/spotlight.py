"""One of many: a small panel that shows one row in color and all others behind it in gray."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Num
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, MultipleLocator

from hashviz.plots.errors import error_axis, least_error
from hashviz.plots.marks import halo, horizontal_reference, note, nothing, plain
from hashviz.plots.palette import class_color, faint, ink, muted, new_axes

__all__ = ["best_first", "spotlight"]


def spotlight(
    name: str,
    bits: Num[np.ndarray, " lengths"],
    means: Mapping[str, Num[np.ndarray, " lengths"]],
    *,
    half_widths: Num[np.ndarray, " lengths"] | None = None,
    printed: Num[np.ndarray, " lengths"] | None = None,
    title: str = "",
    style: Mapping[str, Any] | None = None,
    chance: float | int | None = None,
    error: bool = False,
    ax: Axes | None = None,
    **line: Any,
) -> Axes:
    """Draw mean average precision against the number of bits of `name`, in front of all others.

    Made for small multiples: same frame for all, the name inside, the last value at its end.
    `half_widths` are those of the intervals of `name`; `printed` are numbers of a paper, drawn as
    open squares without a line (nan where there is none), because their protocol is another one.
    With `error` the scale is 1 - score, logarithmic, the best still above: for scores near 1.
    `line` goes to the `Axes.plot` of `name`.

    Raises:
        ValueError: when `name` is not in `means`.
    """
    ax = new_axes(2.2, 1.8) if ax is None else ax
    if name not in means:
        raise ValueError(f"The light falls on one of {', '.join(means)}, got {name!r}.")
    values = np.asarray(means[name], float)
    if not len(bits) or not np.isfinite(values).any():
        return nothing(ax, f"{plain(title or name)}\nno score")
    x = np.arange(len(bits), dtype=float)
    least = least_error(np.concatenate([np.ravel(theirs) for theirs in means.values()]))

    def at(score: Any) -> Any:
        return np.maximum(1 - np.asarray(score, float), least) if error else np.clip(score, 0, 1)

    for other, theirs in means.items():
        if other != name:
            ax.plot(x, at(theirs), color=faint(), linewidth=1.0, zorder=1)
    if chance is not None:
        horizontal_reference(ax, float(at(chance)))
    look = {"color": class_color(0), **(style or {}), "linestyle": "-", "markersize": 4, **line}
    if half_widths is not None:
        some = np.isfinite(values) & np.isfinite(half_widths)
        low, high = (at(values + sign * half_widths)[some] for sign in (-1, 1))
        ax.vlines(x[some], low, high, color=look["color"], linewidth=1.4, zorder=3)
    if printed is not None:
        ax.plot(x, at(printed), linestyle="none", marker="s", markersize=4,
                markerfacecolor="none", markeredgecolor=muted(), zorder=2)  # fmt: skip
    ax.plot(x, at(values), **look, zorder=4)
    last = int(np.flatnonzero(np.isfinite(values))[-1])
    end = (x[last], float(at(values[last])))
    note(ax, _short(values[last]), end, (5, 0), va="center", color=ink())
    ax.text(0.03, 1.0, plain(title or name, 24), transform=ax.transAxes, size="small",
            weight="bold", color=ink(), va="bottom", path_effects=halo())  # fmt: skip
    ax.set(xlim=(-0.25, len(bits) - 0.75))
    ax.xaxis.set_major_locator(FixedLocator(x.tolist()))
    ax.set_xticklabels([f"{b:g}" for b in bits], size="small")
    if error:
        error_axis(ax, least, "y")
    else:
        ax.set_ylim(0, 1)
        ax.yaxis.set_major_locator(MultipleLocator(0.5))
    ax.tick_params(labelsize="small")
    return ax


def best_first(means: Mapping[str, Sequence[float] | np.ndarray]) -> list[str]:
    """Return the names ordered by their last known value, the highest first.

    >>> best_first({"a": [0.1, 0.2], "b": [0.3, float("nan")], "c": [0.9, 0.1]})
    ['b', 'a', 'c']
    """
    known = {name: np.asarray(v, float)[np.isfinite(v)] for name, v in means.items()}
    return sorted((n for n, v in known.items() if len(v)), key=lambda name: -known[name][-1])


def _short(value: float) -> str:
    return f"{value:.3f}".replace("0.", ".", 1) if value < 1 else "1"
