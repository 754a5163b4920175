"""Figures of `hashviz.plots` as HTML: inline SVG that follows light and dark, kept by content."""

import hashlib
import re
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from hashviz_demo.frame.files import macros
from hashviz_demo.tabs.bits.view import XRay

KEPT = 64
"""Figures that stay; a figure has about 20 to 80 kB."""

_figures: OrderedDict[str, str] = OrderedDict()
_lock = threading.Lock()


def drawing(
    plot: Callable[..., Any],
    *content: Any,
    label: str,
    size: tuple[float, float] = (6.0, 3.6),
    **named: Any,
) -> str:
    """Draw `plot(*content, ax=..., **named)` as a figure named `label` for screen readers.

    `size` is in inches at 72 dots; the figure is as wide as its place on the page. The same
    function with equal arrays, numbers and texts is drawn once.
    """
    key = _key(plot, content, named, size)
    # One at a time: the style of a figure is a setting of the whole process.
    with _lock:
        if key not in _figures:
            _figures[key] = _draw(key, plot, content, named, size)
            while len(_figures) > KEPT:
                _figures.popitem(last=False)
        _figures.move_to_end(key)
        svg = _figures[key]
    return macros("frame/parts.html").figure(key, label, svg)


def xray_figures(seen: XRay) -> str:
    """Draw the correlation and the balance of the bits of a run."""
    from hashviz import plots

    return drawing(
        plots.bit_correlation,
        seen.correlation,
        label="Correlation of any two bits: dark fields off the diagonal are bits that repeat",
        size=(5.6, 4.6),
    ) + drawing(
        plots.bit_balance,
        seen.balance,
        images=seen.database,
        label="Mean of each bit: 0 where half of the pictures have +1",
        size=(5.6, 4.6),
    )


def _draw(key: str, plot: Callable, content: tuple, named: dict, size: tuple[float, float]) -> str:
    from hashviz.report.drawings import Drawings

    drawings = Drawings()
    svg = drawings.svg(lambda ax: plot(*content, ax=ax, **named), size, "hv-svg")
    # A page holds many figures: what they name for themselves is told apart by the key.
    svg = re.sub(r'( id="|#)(?=(?:f1-|DejaVuSans))', rf"\g<1>{key}-", drawings.letters() + svg)
    svg = re.sub(r'class="(light|dark)"', r'class="hv-on-\1"', svg)
    light, dark = (
        "".join(f"{name}:{pair[place]};" for pair, name in drawings.colors.items())
        for place in (0, 1)
    )
    return f"<style>.hv-{key}{{{light}}}.dark .hv-{key}{{{dark}}}</style>{svg}"


def _key(*content: Any) -> str:
    """Name the content: equal content, equal name."""
    digest = hashlib.sha256()

    def add(value: Any) -> None:
        if hasattr(value, "tobytes"):  # an array
            add((str(value.dtype), *value.shape))
            digest.update(value.tobytes())
        elif callable(value):
            add((value.__module__, value.__qualname__))
        elif isinstance(value, dict):
            add(tuple(value.items()))
        elif isinstance(value, (list, tuple)):
            digest.update(f"{type(value).__name__}{len(value)}".encode())
            for each in value:
                add(each)
        else:
            digest.update(f"{type(value).__name__}:{value!r};".encode())

    add(content)
    return "d" + digest.hexdigest()[:12]
