"""Single figures as files, for a page or a column of a paper; several beside each other."""

import io
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec
from matplotlib.text import Annotation, Text

from hashviz import plots
from hashviz.files import write_file
from hashviz.report.registry import NARROW, Plate, plate

FORMATS = ("png", "svg", "pdf")

INCHES = {"in": 1.0, "cm": 1 / 2.54, "mm": 1 / 25.4, "pt": 1 / 72.27}
"""Units of a width, in inches; a point is TeX's, of which `\\columnwidth` has so many."""


def inches(width: str) -> float:
    """Return a width with its unit in inches.

    Raises:
        ValueError: when the unit is missing or unknown, or the width no width of a figure.

    >>> inches("3.35in"), round(inches("85 mm"), 3)
    (3.35, 3.346)
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?|\.\d+)\s*(in|cm|mm|pt)", width.strip().lower())
    value = float(found[1]) * INCHES[found[2]] if found else 0.0
    if not 1 <= value <= 40:
        raise ValueError(
            "A width is a number with its unit, such as 3.35in, 8.5cm, 85mm or 242pt, and between "
            f"1 and 40 inches, got {width!r}."
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
        plate.draw(figure.subplots(), narrow=narrow)
        remarks = [] if caption else _remove_remarks(figure)
        figure.savefig(file, format=kind, metadata=dates.get(kind))
    write_file(path, file.getvalue())
    return remarks


def size_of(plate: Plate, width: float | None = None) -> tuple[tuple[float, float], bool]:
    """Return width and height in inches for the text in force, and whether to draw as on a phone.

    Between the width of a phone and the figure's own the height lies between those of the two;
    beyond, the proportions stay.
    """
    scale = plots.scaled(1.0)
    natural = plate.width if width is None else width / scale
    high, small = plate.heights
    if natural <= NARROW or plate.width <= NARROW:
        height = small * natural / NARROW
    elif natural >= plate.width:
        height = high * natural / plate.width
    else:
        height = float(np.interp(natural, [NARROW, plate.width], [small, high]))
    return (natural * scale, height * scale), natural < (NARROW + plate.width) / 2


def _remove_remarks(figure: Figure) -> list[str]:
    """Take the sentences out of a figure, and return them."""
    remarks = [text for text in figure.findobj(Text) if text.get_gid() == plots.REMARK]
    sentences = [" ".join(str(text.get_text()).split()) for text in remarks]
    for text in remarks:
        text.set_text("")
    return [sentence for sentence in sentences if sentence]


def side_by_side(plates: Sequence[Plate], caption: str) -> Plate:
    """Return several figures of one kind as one: a panel each, one legend if one does for all."""
    across = min(len(plates), 3)

    def draw_grid(ax: Axes, columns: int = across) -> Axes:
        ax.set_axis_off()
        spec = cast(SubplotSpec, ax.get_subplotspec())  # axes of `Figure.subplots` have one
        cells = spec.subgridspec(math.ceil(len(plates) / columns), columns)
        panels = [ax.figure.add_subplot(cells[divmod(k, columns)]) for k in range(len(plates))]
        for each, panel in zip(plates, panels, strict=True):
            each.draw(panel, narrow=columns > 1)
        _match_heights(panels)
        plots.shared_legend(panels)
        for each, panel in zip(plates, panels, strict=True):
            _name(panel, each.caption)
        return ax

    high = plates[0].heights[1]
    heights = math.ceil(len(plates) / across) * high + 0.3, len(plates) * high + 0.3
    options = {"width": across * NARROW, "narrow": {"columns": 1}}
    return plate(caption, heights, function=draw_grid, **options)


def _match_heights(panels: Sequence[Axes]) -> None:
    """Give one scale to what has one label: a bar is as high as an equal one beside it."""
    limits = np.array([panel.get_ylim() for panel in panels])
    one = len({(panel.get_ylabel(), panel.get_yscale()) for panel in panels}) == 1
    if one and panels[0].get_ylabel() and (limits[:, 0] < limits[:, 1]).all():
        for panel in panels:
            panel.set_ylim(limits[:, 0].min(), limits[:, 1].max())


def _name(panel: Axes, text: str) -> None:
    """Write the name of a panel, above its legend where it kept one."""
    legend, letters = panel.get_legend(), float(mpl.rcParams["font.size"])
    above = 0.5 * letters
    if legend is not None:
        remarks = (text for text in panel.texts if isinstance(text, Annotation))
        lines = math.ceil(len(legend.get_texts()) / getattr(legend, "_ncols", 1))
        above += 1.5 * letters * (lines + any(text.xy[1] == 1 for text in remarks))
    panel.set_title(text, loc="left", pad=above)
