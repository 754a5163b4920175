"""How an answer looks, one file a tab: strings of HTML from plain values, every text escaped."""

from pathlib import Path

STATIC = Path(__file__).parents[1] / "static"


def static(name: str) -> str:
    """A file of the static folder."""
    return (STATIC / name).read_text(encoding="utf-8")


def styles() -> str:
    """The styles of the frame, then those of all tabs."""
    names = sorted(path.name for path in STATIC.glob("*.css"))
    return "\n".join(static(name) for name in sorted(names, key="frame.css".__ne__))
