"""The panel of lessons: walks and steps are data (`steps.json`), the page does the walking."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from hashviz_demo.frame.files import macros, static
from hashviz_demo.frame.pane import html
from hashviz_demo.library import Library
from hashviz_demo.tabs import TABS

PARTS = {
    "runs": "the menu of runs", "samples": "the samples", "upload": "the upload",
    "mode": "k or radius", "xray": "the X-ray of the bits", "cheat": "the tricks of a score",
    "train-weights": "the terms of the loss",
}  # fmt: skip
"""Controls that a teacher may hide, as `?hide=` names them; tabs may be hidden as well."""


def lessons(library: Library) -> Any:
    """Lay out the panel, closed; whatever is in it comes from `steps.json`."""
    panel = macros("lessons/lessons.html").panel
    hideable = {tab.key: tab.title for tab in TABS} | PARTS
    return html(panel(walks(library), hideable), "lessons.js", elem_id="hv-lessons")


def walks(library: Library) -> list[dict[str, Any]]:
    """Return the walks, each step with a link to a scene that this app has."""
    content = json.loads(static("steps.json"))
    steps = {name: step | resolve(step["link"], library) for name, step in content["steps"].items()}
    return [walk | {"steps": [steps[name] for name in walk["steps"]]} for walk in content["walks"]]


def resolve(link: str, library: Library) -> Mapping[str, Any]:
    """Point a link to runs that are there, and tell whether it shows what was meant.

    In the place of a run that is not there stands one of the same method, else the first.
    """
    parts, meant = dict(parse_qsl(link)), True
    for key in ("run", "with"):
        name = parts.get(key)
        if name is None or name in library.runs:
            continue
        meant, method = False, name.split("/")[1]
        alike = [run.name for run in library.runs.values() if run.config.method == method]
        parts[key] = next(iter(alike), next(iter(library.runs)))
    if not meant:
        parts.pop("query", None)
    return {"link": urlencode(parts, safe=":,"), "meant": meant}
