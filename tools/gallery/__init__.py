"""Every figure of `hashviz.plots` on made-up codes: for the contact sheet and for the tests."""

from collections.abc import Iterator

from gallery.center_cards import centers
from gallery.code_cards import codes
from gallery.curve_cards import comparisons, curves
from gallery.example import Card, Example
from gallery.picture_cards import pictures

__all__ = ["Card", "Example", "figures"]


def figures(e: Example) -> Iterator[Card]:
    """Name, size in inches and drawing of every figure on one example."""
    for chapter in (centers, codes, curves, comparisons, pictures):
        yield from chapter(e)
