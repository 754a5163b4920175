"""Single figures as files, for a page or a column of a paper; several beside each other."""

import io
import math
import re
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Annotation, Text

from hashviz import plots
from hashviz.files import write_file
from hashviz.report.plates import NARROW, Plate

FORMATS = ("png", "svg", "pdf")

INCHES = {"in": 1.0, "cm": 1 / 2.54, "mm": 1 / 25.4, "pt": 1 / 72.27}
"""Units of a width, in inches; a point is TeX's, of which `\\columnwidth` has so many."""

LIMITS = (1.0, 40.0)
"""The narrowest and the widest figure, in inches."""


def inches(width: str) -> float:
    """A width with its unit, in inches.

    Raises:
        ValueError: when the unit is missing or unknown, or the width no width of a figure.

    >>> inches("3.35in"), round(inches("85 mm"), 3)
    (3.35, 3.346)
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?|\.\d+)\s*([a-z]+)", width.strip().lower())
    if found is None or found[2] not in INCHES:
        raise ValueError(
            f"A width is a number with its unit, such as 3.35in, 8.5cm, 85mm or 242pt, "
            f"got {width!r}."
        )
    value = float(found[1]) * INCHES[found[2]]
    if not LIMITS[0] <= value <= LIMITS[1]:
        raise ValueError(
            f"A figure is between {LIMITS[0]:g} and {LIMITS[1]:g} inches wide, got {width!r}."
        )
    return value


def draw(
    plate: Plate,
    path: Path,
    *,
    theme: str = "light",
    width: float | None = None,
    caption: bool = True,
) -> list[str]:
    """Write one figure as the kind of file that the name ends in.

    `width` is in inches; by default a figure has its own, in the theme "paper" that of one column.
    Without `caption` the sentences inside the figure are left out; they are returned, for the
    caption of the paper.

    Raises:
        ValueError: when the name ends in something else, or there is no such theme.
    """
    kind = path.suffix.lower().lstrip(".")
    if kind not in FORMATS:
        raise ValueError(f"A figure is written as .png, .svg or .pdf, got {path.name!r}.")
    file = io.BytesIO()
    dates = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
    with plots.theme(theme):
        if width is None and theme == "paper":
            width = mpl.rcParams["figure.figsize"][0]
        size, narrow = size_of(plate, width)
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasAgg(figure)
        ((plate.narrow if narrow else None) or plate.draw)(figure.subplots())
        said = [] if caption else _without_remarks(figure)
        figure.savefig(file, format=kind, metadata=dates.get(kind))
    write_file(path, file.getvalue())
    return said


def size_of(plate: Plate, width: float | None = None) -> tuple[tuple[float, float], bool]:
    """Width and height in inches for the text in force, and whether that is a figure for phones.

    Between the width of a phone and the figure's own the height lies between those of the two;
    beyond, the proportions stay.
    """
    scale = plots.scaled(1.0)
    natural = plate.width if width is None else width / scale
    small = plate.narrow_height or plate.height * 0.8
    if natural <= NARROW or plate.width <= NARROW:
        height = small * natural / NARROW
    elif natural >= plate.width:
        height = plate.height * natural / plate.width
    else:
        height = float(np.interp(natural, [NARROW, plate.width], [small, plate.height]))
    return (natural * scale, height * scale), natural < (NARROW + plate.width) / 2


def _without_remarks(figure: Figure) -> list[str]:
    """Take the sentences out of a figure, and say what they were."""
    remarks = [
        text
        for text in figure.findobj(Text)
        if isinstance(text, Text) and text.get_gid() == plots.REMARK and text.get_text()
    ]
    said = [" ".join(text.get_text().split()) for text in remarks]
    for text in remarks:
        text.set_text("")
    return said


def side_by_side(plates: Sequence[Plate], caption: str) -> Plate:
    """Several figures of one kind as one: a panel each, and one legend if one does for all."""
    first = plates[0]
    across = min(len(plates), 3)
    rows = math.ceil(len(plates) / across)

    def grid(columns: int, ax: Axes) -> Axes:
        spec = ax.get_subplotspec()
        figure = ax.figure
        if spec is None or not isinstance(figure, Figure):
            raise ValueError("Panels are drawn into the axes of `Figure.subplots`.")
        ax.set_axis_off()
        cells = spec.subgridspec(math.ceil(len(plates) / columns), columns)
        panels = [figure.add_subplot(cells[k // columns, k % columns]) for k in range(len(plates))]
        for plate, panel in zip(plates, panels, strict=True):
            ((plate.narrow if columns > 1 else None) or plate.draw)(panel)
        _same_heights(panels)
        plots.shared_legend(panels)
        for plate, panel in zip(plates, panels, strict=True):
            _title(panel, plate.caption)
        return ax

    high = first.narrow_height or 0.8 * first.height
    return Plate(
        caption,
        lambda ax: grid(across, ax),
        rows * high + 0.3,
        lambda ax: grid(1, ax),
        len(plates) * high + 0.3,
        width=across * NARROW,
        name=first.name,
    )


def _same_heights(panels: Sequence[Axes]) -> None:
    """One scale for what has one label: a bar is as high as an equal one beside it."""
    limits = np.array([panel.get_ylim() for panel in panels])
    one = len({(panel.get_ylabel(), panel.get_yscale()) for panel in panels}) == 1
    if one and panels[0].get_ylabel() and (limits[:, 0] < limits[:, 1]).all():
        for panel in panels:
            panel.set_ylim(limits[:, 0].min(), limits[:, 1].max())


def _title(panel: Axes, text: str) -> None:
    """The name of a panel, above its legend where it kept one."""
    legend, letters = panel.get_legend(), float(mpl.rcParams["font.size"])
    above = 0.5 * letters
    if legend is not None:
        lines = math.ceil(len(legend.get_texts()) / getattr(legend, "_ncols", 1))
        above += 1.5 * letters * (lines + any(text.xy[1] == 1 for text in panel.texts
                                              if isinstance(text, Annotation)))  # fmt: skip
    panel.set_title(text, loc="left", pad=above)
