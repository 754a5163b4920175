"""One self-contained page about a run or several: what it scores and what its codes look like.

The page loads nothing from anywhere: figures are inline SVG that follows the reader's light or
dark theme, with a narrow version for phones. Numbers come from the run's scores and from
`hashviz.metrics`; every figure stands beside two plain sentences and what to look for in this run.
"""

import html
import itertools
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from hashviz import metrics
from hashviz.data import Dataset
from hashviz.files import write_file
from hashviz.report.centers import center_sections
from hashviz.report.codes import bit_section, code_section, distance_section, output_section
from hashviz.report.curves import curve_section, training_sections
from hashviz.report.drawings import Drawings
from hashviz.report.explaining import explaining_sections
from hashviz.report.look import PAGE, STYLE
from hashviz.report.maps import map_sections
from hashviz.report.naming import data_title, method_of, pictures, run_labels, same_images
from hashviz.report.page import (
    chapter,
    colophon,
    colophon_of_several,
    contents,
    header,
    header_of_several,
)
from hashviz.report.plates import Section
from hashviz.report.retrieval import retrieval_sections
from hashviz.report.several import shared_sections
from hashviz.runs import Run


def report(
    runs: Run | Sequence[Run],
    path: Path | str | None = None,
    *,
    root: Path | str | None = None,
    dataset: Dataset | None = None,
) -> Path:
    """Write the page about a run, or about several, to `path`; returns the path.

    Without `path` it goes into the folder of the (first) run. The pictures of the example queries
    come from `dataset`, or from the data set of the run's configuration below the data root;
    where it is missing the page says so and does without.
    """
    runs = [runs] if isinstance(runs, Run) else list(runs)
    if path is None:
        name = "report.html" if len(runs) == 1 else "comparison.html"
        path = runs[0].path / "derived" / name
    page = render(runs, root=root, dataset=dataset)
    write_file(Path(path), page.encode())
    return Path(path)


def render(
    runs: Run | Sequence[Run], *, root: Path | str | None = None, dataset: Dataset | None = None
) -> str:
    """The page as one string.

    Raises:
        ValueError: when there is no run.
    """
    runs = [runs] if isinstance(runs, Run) else list(runs)
    if not runs:
        raise ValueError("A report is about at least one run, got none.")
    dataset, excuse = pictures_of(runs[0], root, dataset)
    numbers, drawings = itertools.count(1), Drawings()
    if len(runs) == 1:
        run = runs[0]
        body, chapters = [header(run)], sections(run, dataset)
        title = f"{method_of(run)[0]}, {data_title(run)}, {run.config.bits} bits"
    else:
        names = run_labels(runs)
        body, chapters = [header_of_several(runs, names)], shared_sections(runs, dataset)
        title = " and ".join(names) if len(names) == 2 else f"{len(names)} runs side by side"
    if excuse:
        body.append(f'<p class="excuse">No example queries here: {html.escape(excuse)}</p>')
    body.append(contents(chapters))
    body += [chapter(section, drawings, numbers) for section in chapters]
    body.append(colophon(runs[0]) if len(runs) == 1 else colophon_of_several(runs))
    style = STYLE + drawings.style()
    return PAGE.substitute(
        title=html.escape(title), style=style, body="\n".join([drawings.letters(), *body])
    )


def pictures_of(
    run: Run, root: Path | str | None, dataset: Dataset | None = None
) -> tuple[Dataset | None, str]:
    """The data set of a run as it was when the run was made, or the reason why there is none."""
    dataset, excuse = (dataset, "") if dataset is not None else pictures(run, root)
    if dataset is not None and not same_images(run, dataset):
        return None, "The data set has changed since this run was made."
    return dataset, excuse


Chapter = Callable[[Run, metrics.DistanceCounts, Dataset | None], Iterable[Section]]

CHAPTERS: tuple[tuple[str, Chapter], ...] = (
    ("query_results", retrieval_sections),
    (
        "bit_agreement heat_on_both mutual_information bit_gallery attack bit_origins",
        explaining_sections,
    ),
    (
        "hash_centers center_distances minimum_distances majority_vote merged_distances "
        "codes_around_centers",
        lambda run, counts, dataset: center_sections(run),
    ),
    ("code_map thumbnail_map", lambda run, counts, dataset: map_sections(run, dataset)),
    ("code_matrix bucket_occupancy", lambda run, counts, dataset: [code_section(run)]),
    ("bit_balance useful_bits bit_correlation", lambda run, counts, dataset: [bit_section(run)]),
    ("output_violins", lambda run, counts, dataset: [output_section(run)]),
    (
        "distance_histogram ball_occupancy",
        lambda run, counts, dataset: [distance_section(run, counts)],
    ),
    (
        "precision_recall precision_at_n precision_recall_by_rank",
        lambda run, counts, dataset: [curve_section(run, counts)],
    ),
    ("training_terms bit_flips code_history", lambda run, counts, dataset: training_sections(run)),
)
"""The chapters about a run in their order, each behind the figures that it may hold."""


def sections(run: Run, dataset: Dataset | None, only: str = "") -> list[Section]:
    """The chapters that apply to a run, with their numbers and not yet drawn figures.

    With `only`, the name of a figure, those that may hold it: no others are computed.
    """
    counts = metrics.distance_counts(
        run.query_codes, run.query_labels, run.database_codes, run.database_labels
    )
    chosen = (build for names, build in CHAPTERS if not only or only in names.split())
    return [section for build in chosen for section in build(run, counts, dataset)]
