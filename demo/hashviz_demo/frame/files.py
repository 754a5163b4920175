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


def styles() -> tuple[str, str]:
    """Join the styles of the frame and then those of all tabs; rules for narrow pages are apart.

    Gradio drops rules about containers, so these go into the head of the page, nested in what
    Gradio puts before every other selector, and one class stronger since they come first.
    """
    names = sorted(path.name for folder in FOLDERS for path in folder.rglob("*.css"))
    sheet = "\n".join(scalable(static(name)) for name in sorted(names, key="frame.css".__ne__))
    narrow = "\n".join(re.findall(CONTAINER, sheet))
    return re.sub(CONTAINER, "", sheet), f"{3 * '.gradio-container'} .contain {{ {narrow} }}"


CONTAINER = r"@container[^{]*\{(?:[^{}]*\{[^{}]*\})*\s*\}"


def scalable(sheet: str) -> str:
    """Make a style sheet follow the size of the page's text, which a projector enlarges.

    A sheet is written for a desk. Its pixels become rem, of which 16 pixels are one; text is never
    smaller than `--least`; and what depends on the width of the window depends on how much text
    fits into the page. Capital PX stay, for text in a drawing that grows as a whole.

    >>> scalable("p { font-size: 12px; margin: 8px 2px; }")
    'p { font-size: max(var(--least), 0.75rem); margin: 0.5rem 0.125rem; }'
    >>> scalable("@media (max-width: 760px) { a { top: 0; } }")
    '@container page (max-width: 47.5em) { a { top: 0; } }'
    """

    def relative(found: re.Match[str]) -> str:
        return f"{float(found[1]) / 16:.6g}rem"

    sheet = re.sub(
        r"@media \((m\w+-width): (\d+)px\)",
        lambda found: f"@container page ({found[1]}: {int(found[2]) / 16:.6g}em)",
        sheet,
    )
    sheet = re.sub(r"(-?\d*\.?\d+)px\b", relative, sheet)
    return re.sub(r"font-size: ([\d.]+rem)", r"font-size: max(var(--least), \1)", sheet)
