"""Count code lines by package, without docstrings and comments: `python -m tools.lines`."""

import ast
import io
import sys
import tokenize
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HOUSES = {
    "library": "hashviz",
    "app": "demo",
    "course": "notebooks/hashviz_course",
    "tests": "tests",
    "tools": "tools",
    "benchmarks": "benchmarks",
}
"""Each with its folder; the notebooks themselves are text and not counted."""

SILENT = {
    *(tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.ENCODING),
    *(tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER),
}


def code_lines(source: str) -> int:
    """Lines of a Python text that hold code.

    >>> code_lines("# a comment\\n\\nx = 1  # one\\ny = (\\n    2\\n)\\n")
    4
    """
    told = set(docstring_lines(ast.parse(source)))
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    found = {
        line
        for token in tokens
        if token.type not in SILENT
        for line in range(token.start[0], token.end[0] + 1)
    }
    return len(found - told)


def docstring_lines(tree: ast.AST) -> Iterator[int]:
    """Lines of every string that stands as a statement: docstrings, and those of attributes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield from range(node.lineno, (node.end_lineno or node.lineno) + 1)


def count(folder: Path) -> Counter[str]:
    """Lines by room: a folder right below the house, or "hall" for files that stand in it."""
    counted: Counter[str] = Counter()
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).parts
        counted[parts[0] if len(parts) > 1 else "hall"] += code_lines(path.read_text("utf-8"))
    return counted


def table() -> str:
    """All houses and their rooms as a Markdown table."""
    rows = ["| | code lines |", "| --- | ---: |"]
    for house, folder in HOUSES.items():
        rooms = count(ROOT / folder)
        rows.append(f"| **{house}** (`{folder}/`) | **{rooms.total():,}** |")
        if house in ("library", "app", "course"):
            rows += [f"| {room} | {lines:,} |" for room, lines in rooms.most_common()]
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    sys.stdout.write(table())
