"""How an answer looks, one file a tab: strings of HTML from plain values, every text escaped."""

from pathlib import Path

STATIC = Path(__file__).parents[1] / "static"


def static(name: str) -> str:
    """A file of the static folder."""
    return (STATIC / name).read_text(encoding="utf-8")
