"""Templates, scripts and styles of the page; each stands in the folder of its tab."""

import re
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

FOLDERS = [Path(__file__).parents[1]]
"""Where templates, scripts and styles are found, at any depth."""


@cache
def environment() -> Environment:
    """Prepare all templates; every value is escaped, and a missing one is an error."""
    made = Environment(
        loader=FileSystemLoader(FOLDERS), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    made.filters |= {"number": format, "plural": plural}
    return made


def plural(count: int, word: str) -> str:
    """Count things in words; `{{ 1200|plural("bit") }}` in a template.

    >>> plural(1, "bit"), plural(1200, "bit")
    ('1 bit', '1,200 bits')
    """
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def power_of_ten(value: float) -> str:
    """Write a very large or very small number.

    >>> power_of_ten(2**64), power_of_ten(3.2e-9)
    ('1.8 · 10¹⁹', '3.2 · 10⁻⁹')
    """
    mantissa, exponent = f"{value:.1e}".split("e")
    raised = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
    return f"{mantissa} · 10{str(int(exponent)).translate(raised)}"


def render(template: str, **values: Any) -> str:
    """Render a template named by its path, such as `tabs/bits/page.html`, with its values.

    A line break between two tags is layout of the template and would only show as a gap.
    """
    return re.sub(r">\s*\n\s*<", "><", environment().get_template(template).render(values)).strip()


def macros(template: str) -> Any:
    """Load a template whose macros are called like functions of Python.

    Each piece of a tab is a macro of its page.html: after `page = macros("tabs/bits/page.html")`,
    `page.keyboard(keys, run)` is HTML in which every value is escaped.
    """
    return environment().get_template(template).module


def static(name: str) -> str:
    """Read a script or style of the app; their names are unique."""
    (path,) = (path for folder in FOLDERS for path in folder.rglob(name))
    return path.read_text(encoding="utf-8")


def styles() -> str:
    """Join the styles of the frame and then those of all tabs."""
    names = sorted(path.name for folder in FOLDERS for path in folder.rglob("*.css"))
    return "\n".join(static(name) for name in sorted(names, key="frame.css".__ne__))
