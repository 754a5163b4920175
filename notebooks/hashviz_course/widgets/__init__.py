"""Widgets for the notebooks: play with a picture, and read the numbers that follow.

    from hashviz_course.widgets import LabelStrip

    strip = LabelStrip([True, False, True, False])
    strip                                   # the last line of a cell shows it

In Jupyter a widget has keys and sliders, reached by mouse or tab key. GitHub, a PDF or a kernel
without ipywidgets shows its static picture (`strip.png()`) with the same sentence, because both
are in one output. All take plain arrays, and a widget has

- `value`, its state, to read, to set and to observe: `strip.value = (True, True, False, False)`;
  `strip.observe(print, "value")`. Some have a second trait of the state; see their docstring;
- `numbers`, what the picture shows, by name: `assert strip.numbers["precision"] == 2 / 4`. They are
  computed by the library and are up to date when an assignment to `value` returns.

So a cell can build a widget, a later cell can set it to the state that a sentence talks about and
show it again, and an assertion can tie the sentence to the numbers.

- `BallTelescope(query_code, database_codes, query_image, database_images, relevant=None)`
- `BitKeyboard(query_code, database_codes, query_image, database_images, relevant=None, k=8)`
- `CenterDesigner(centers, names=None)`
- `CoinToss(centers, chosen=(0, 1), names=None)`
- `DrawBeforeYouSee(x, truth, xlabel="", ylabel="", start=0.5, limits=(0, 1))`
- `Hyperplanes(points, lines=((0, 0), (60, 0), (120, 0)), pair=(0, 1), seed=0)`
- `LabelStrip(relevant, k=None, elsewhere=0)`
- `LossSwitchboard(parts, on, scores)`, or `LossSwitchboard.from_table(json of hashviz ablate)`
- `OutputHistogram(outputs, k=8, beta=1)`
- `TieTheatre(query_codes, query_labels, database_codes, database_labels, lengths=None, seed=0)`
"""

try:
    import traitlets as _traitlets  # noqa: F401 - only to name what is missing
except ImportError as error:
    raise ImportError("Widgets need Jupyter: `pip install 'hashviz[notebooks]'`.") from error

from hashviz_course.widgets.ball_telescope import BallTelescope
from hashviz_course.widgets.base import Interactive
from hashviz_course.widgets.bit_keyboard import BitKeyboard
from hashviz_course.widgets.center_designer import CenterDesigner
from hashviz_course.widgets.coin_toss import CoinToss
from hashviz_course.widgets.draw_before_you_see import DrawBeforeYouSee
from hashviz_course.widgets.hyperplanes import Hyperplanes
from hashviz_course.widgets.label_strip import LabelStrip
from hashviz_course.widgets.loss_switchboard import LossSwitchboard
from hashviz_course.widgets.output_histogram import OutputHistogram
from hashviz_course.widgets.tie_theatre import TieTheatre

__all__ = [
    "BallTelescope",
    "BitKeyboard",
    "CenterDesigner",
    "CoinToss",
    "DrawBeforeYouSee",
    "Hyperplanes",
    "Interactive",
    "LabelStrip",
    "LossSwitchboard",
    "OutputHistogram",
    "TieTheatre",
]
