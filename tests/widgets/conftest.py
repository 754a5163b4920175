"""One small example of each widget, and how a visitor would move it."""

import numpy as np

from hashviz.widgets import BitKeyboard, LabelStrip

RNG = np.random.default_rng(5)
CODES = np.where(RNG.random((60, 12)) < 0.5, -1, 1).astype(np.int8)
IMAGES = RNG.integers(0, 255, (60, 6, 6), dtype=np.uint8)
CLASSES = np.arange(60) % 3


def keyboard(**options):
    relevant = CLASSES[1:] == CLASSES[0]
    options = {"relevant": relevant, "k": 5, **options}
    return BitKeyboard(CODES[0], CODES[1:], IMAGES[0], IMAGES[1:], **options)


EVERY = {
    "BitKeyboard": keyboard,
    "LabelStrip": lambda: LabelStrip([True, False, True, False, False], k=4, elsewhere=2),
}
"""A small example of each widget."""


def button(widget, tip):
    """The one button of a widget whose tooltip starts with these words."""
    found = [each for each in buttons(widget.show()) if each.tooltip.startswith(tip)]
    assert len(found) == 1, f"{len(found)} buttons start with {tip!r}"
    return found[0]


def buttons(view):
    """Every button inside a view."""
    if hasattr(view, "click"):
        yield view
    for child in getattr(view, "children", ()):
        yield from buttons(child)


def slider(widget, label):
    """The slider, list or box with this label inside a widget."""

    def search(view):
        if getattr(view, "description", None) == label:
            yield view
        for child in getattr(view, "children", ()):
            yield from search(child)

    return next(search(widget.show()))


PRESSES = {
    "BitKeyboard": lambda widget: button(widget, "Bit 0").click(),
    "LabelStrip": lambda widget: button(widget, "Rank 2").click(),
}
"""One move of each widget, through its controls, that changes its value."""
