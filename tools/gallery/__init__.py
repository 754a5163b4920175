"""Every figure of `hashviz.plots` on made-up codes: for the contact sheet and for the tests."""

from collections.abc import Iterator

from tools.gallery.center_cards import centers
from tools.gallery.code_cards import codes
from tools.gallery.curve_cards import by_rank, comparisons, curves
from tools.gallery.example import Card, Example
from tools.gallery.explain_cards import explanations
from tools.gallery.history_cards import histories
from tools.gallery.lesson_cards import lessons
from tools.gallery.map_cards import maps
from tools.gallery.picture_cards import pictures

__all__ = ["Card", "Example", "figures"]

CHAPTERS = (
    *(centers, codes, histories, curves, by_rank, comparisons),
    *(pictures, maps, explanations, lessons),
)


def figures(e: Example) -> Iterator[Card]:
    """Name, size in inches and drawing of every figure on one example."""
    for chapter in CHAPTERS:
        yield from chapter(e)
