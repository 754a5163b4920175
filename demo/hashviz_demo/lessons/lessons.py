"""The panel of lessons: walks and steps are data (`steps.json`), the page does the walking."""

import json
from typing import Any

from hashviz_demo.frame.files import macros, static
from hashviz_demo.frame.pane import html
from hashviz_demo.library import Library
from hashviz_demo.tabs import TABS


def lessons(library: Library) -> Any:
    """Lay out the panel, closed, with the names of the runs that its links may lead to."""
    content = json.loads(static("steps.json"))
    hideable = {tab.key: tab.title for tab in TABS} | content.pop("parts")
    runs = [(name, run.config.method) for name, run in library.runs.items()]
    panel = macros("lessons/lessons.html").panel(content, runs, hideable)
    return html(panel, "lessons.js", elem_id="hv-lessons")
