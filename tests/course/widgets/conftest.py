"""One small example of each widget, and how a visitor would move it."""

from collections.abc import Iterator

import numpy as np
import pytest

from hashviz_course.widgets import (
    BallTelescope,
    BitKeyboard,
    CenterDesigner,
    CoinToss,
    DrawBeforeYouSee,
    Hyperplanes,
    LabelStrip,
    LossSwitchboard,
    OutputHistogram,
    TieTheatre,
)


@pytest.fixture(autouse=True, scope="module")
def _coarse() -> Iterator[None]:
    """Draw pictures of few pixels: most tests ask what is drawn, and hundreds are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hashviz_course.widgets.base.DPI", 50)
        yield


CODES = np.where(np.random.default_rng(5).random((60, 12)) < 0.5, -1, 1).astype(np.int8)
IMAGES = np.random.default_rng(6).integers(0, 255, (60, 6, 6), dtype=np.uint8)
CLASSES = np.arange(60) % 3
POINTS = np.random.default_rng(7).normal(size=(40, 2))


def keyboard(**options):
    relevant = CLASSES[1:] == CLASSES[0]
    options = {"relevant": relevant, "k": 5, **options}
    return BitKeyboard(CODES[0], CODES[1:], IMAGES[0], IMAGES[1:], **options)


def telescope(**options):
    relevant = CLASSES[1:] == CLASSES[0]
    options = {"relevant": relevant, "radius": 4, **options}
    return BallTelescope(CODES[0], CODES[1:], IMAGES[0], IMAGES[1:], **options)


PARTS = ("pairs", "balance")
SWITCHES = [[True, True], [False, True], [True, False]]
SCORES = [[0.8, 0.9], [0.5, 0.7], [0.8, 0.8]]

EVERY = {
    "BallTelescope": telescope,
    "CenterDesigner": lambda: CenterDesigner(CODES[:4, :8]),
    "CoinToss": lambda: CoinToss(CODES[:5]),
    "DrawBeforeYouSee": lambda: DrawBeforeYouSee([4, 8, 16], [0.2, 0.5, 0.6], ylabel="mAP"),
    "LossSwitchboard": lambda: LossSwitchboard(PARTS, SWITCHES, SCORES),
    "OutputHistogram": lambda: OutputHistogram(np.random.default_rng(6).normal(size=(30, 8)), k=5),
    "BitKeyboard": keyboard,
    "LabelStrip": lambda: LabelStrip([True, False, True, False, False], k=4, elsewhere=2),
    "Hyperplanes": lambda: Hyperplanes(POINTS),
    "TieTheatre": lambda: TieTheatre(CODES[:9], CLASSES[:9], CODES[9:], CLASSES[9:]),
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
    "BallTelescope": lambda widget: slider(widget, "radius (bits)").set_trait("value", 6),
    "CenterDesigner": lambda widget: button(widget, "class 0, bit 0").click(),
    "CoinToss": lambda widget: button(widget, "class 2").click(),
    "DrawBeforeYouSee": lambda widget: slider(widget, "8").set_trait("value", 0.7),
    "LossSwitchboard": lambda widget: button(widget, "Turn balance off").click(),
    "OutputHistogram": lambda widget: slider(widget, "slope of the tanh").set_trait("value", 10.0),
    "BitKeyboard": lambda widget: button(widget, "Bit 0").click(),
    "LabelStrip": lambda widget: button(widget, "Rank 2").click(),
    "Hyperplanes": lambda widget: slider(widget, "line 0: angle (°)").set_trait("value", 30),
    "TieTheatre": lambda widget: button(widget, "Shuffle").click(),
}
"""One move of each widget, through its controls, that changes its value."""
