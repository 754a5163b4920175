"""One self-contained page about a run: what it is, what it scores, and what its codes look like.

The page loads nothing from anywhere: figures are inline SVG that follows the reader's light or
dark theme, with a narrow version for phones. Numbers come from the run's scores and from
`hashviz.metrics`; every figure stands beside two plain sentences and what to look for in this run.
"""

import html
import itertools
from pathlib import Path

from hashviz import metrics
from hashviz.data import Dataset
from hashviz.files import write_file
from hashviz.report.codes import bit_section, center_sections, code_section, distance_section
from hashviz.report.curves import curve_section, training_sections
from hashviz.report.drawings import Drawings
from hashviz.report.look import PAGE, STYLE
from hashviz.report.naming import data_title, method_of, pictures, same_images
from hashviz.report.page import chapter, colophon, header
from hashviz.report.plates import Section
from hashviz.report.retrieval import retrieval_sections
from hashviz.runs import Run


def report(
    run: Run,
    path: Path | str | None = None,
    *,
    root: Path | str | None = None,
    dataset: Dataset | None = None,
) -> Path:
    """Write the page about a run to `path`, by default into its folder; returns the path.

    The pictures of the example queries come from `dataset`, or from the data set of the run's
    configuration below the data root; where it is missing the page says so and does without.
    """
    path = run.path / "derived" / "report.html" if path is None else Path(path)
    write_file(path, render(run, root=root, dataset=dataset).encode())
    return path


def render(run: Run, *, root: Path | str | None = None, dataset: Dataset | None = None) -> str:
    """The page about a run as one string."""
    dataset, excuse = (dataset, "") if dataset is not None else pictures(run, root)
    if dataset is not None and not same_images(run, dataset):
        dataset, excuse = None, "The data set has changed since this run was made."
    numbers, drawings = itertools.count(1), Drawings()
    body = [header(run)]
    if excuse:
        body.append(f'<p class="excuse">No example queries here: {html.escape(excuse)}</p>')
    body += [chapter(section, drawings, numbers) for section in sections(run, dataset)]
    body.append(colophon(run))
    title = html.escape(f"{method_of(run)[0]}, {data_title(run)}, {run.config.bits} bits")
    style = STYLE + drawings.style()
    return PAGE.substitute(title=title, style=style, body="\n".join([drawings.letters(), *body]))


def sections(run: Run, dataset: Dataset | None) -> list[Section]:
    """The chapters that apply to a run, with their numbers and not yet drawn figures."""
    counts = metrics.distance_counts(
        run.query_codes, run.query_labels, run.database_codes, run.database_labels
    )
    return [
        *retrieval_sections(run, counts, dataset),
        *center_sections(run),
        code_section(run),
        bit_section(run),
        distance_section(run),
        curve_section(run, counts),
        *training_sections(run),
    ]
