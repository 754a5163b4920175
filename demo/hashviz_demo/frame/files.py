"""Templates, scripts and styles of the page; each stands in the folder of its tab."""

import re
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

APP = Path(__file__).parents[1]


@cache
def environment() -> Environment:
    """Templates below the package; every value is escaped, and a missing one is an error."""
    return Environment(
        loader=FileSystemLoader(APP), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip


def render(template: str, **values: Any) -> str:
    """Render a template named by its path, such as `tabs/bits/page.html`, with its values.

    A line break between two tags is layout of the template and would only show as a gap.
    """
    return re.sub(r">\s*\n\s*<", "><", environment().get_template(template).render(values)).strip()


def static(name: str) -> str:
    """Read a script or style of the app; their names are unique."""
    (path,) = APP.rglob(name)
    return path.read_text(encoding="utf-8")


def styles() -> str:
    """Join the styles of the frame and then those of all tabs."""
    names = sorted(path.name for path in APP.rglob("*.css"))
    return "\n".join(static(name) for name in sorted(names, key="frame.css".__ne__))
