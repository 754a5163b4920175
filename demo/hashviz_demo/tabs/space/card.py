"""What the browser draws of a map, and the HTML around it.

The arrays of a map travel once per run and layout, base64 in an attribute; a new query brings only
its distances.
"""

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np

from hashviz.plots.palette import DARK_COLORS, LIGHT_COLORS, MORE
from hashviz_demo.frame.bars import WIDE, bars
from hashviz_demo.frame.files import macros
from hashviz_demo.tabs.space.view import Around, Bubble, Drawing, Map, Picked

COLORS = (
    (*LIGHT_COLORS, *(pair[0] for pair in MORE)),
    (*DARK_COLORS, *(pair[1] for pair in MORE)),
)
"""Colors of classes on light and on dark; after the last they begin again."""
HIGH = 70.0

page = macros("tabs/space/page.html")


def points(run: str, made: Map) -> str:
    """Render all that the browser needs to draw the bubbles."""
    x, y = np.round(made.positions * 65535).T
    content = {
        "key": f"{made.layout}:{run}",
        "x": _packed(x, "<u2"),
        "y": _packed(y, "<u2"),
        "counts": _packed(made.projection.counts, "<u4"),
        "classes": _packed(made.classes, "<u2"),
        "centers": made.projection.center_points.tolist(),
        "shape": made.shape,
    }
    return page.points(content)


def stage(
    run: str,
    classes: Sequence[str],
    made: Map,
    seen: Around,
    listed: Sequence[Bubble],
    radius: int,
    umap: Drawing | None,
) -> str:
    """Render the map with its legend and telescope; `umap` is None when there is one to look at."""
    content: dict[str, Any] = {
        "key": f"{made.layout}:{run}",
        "classes": list(classes),
        "colors": {"light": COLORS[0], "dark": COLORS[1]},
        "distances": _packed(seen.distances, "<u2"),
        "x": seen.x,
        "y": seen.y,
        "total": seen.total,
        "right": seen.right,
        "half": seen.half,
    }
    return page.stage(content, classes, COLORS, made, seen, listed, radius, umap, _curves(seen))


def gallery(picked: Picked) -> str:
    """Render what was picked."""
    return page.gallery(picked, bars(picked.total, picked.right, HIGH))


def _curves(seen: Around) -> dict[str, str]:
    """Precision and recall by radius as points of a line; nothing where they are not known."""
    if seen.half is None or seen.right is None:
        return {}
    inside, right = np.cumsum(seen.total), np.cumsum(seen.right)
    values = {"precision": right / np.maximum(inside, 1), "recall": right / right[-1]}
    x = np.linspace(0, WIDE, len(inside))
    return {
        name: " ".join(f"{a:.1f},{HIGH * (1 - b):.1f}" for a, b in zip(x, line, strict=True))
        for name, line in values.items()
    }


def _packed(array: np.ndarray, kind: str) -> str:
    return base64.b64encode(array.astype(kind).tobytes()).decode()
