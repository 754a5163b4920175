"""One self-contained page about a run or several: what it scores and what its codes look like.

The page loads nothing from anywhere: figures are inline SVG that follows the reader's light or
dark theme, with a narrow version for phones. Numbers come from the run's scores and from
`hashviz.metrics`; every figure stands beside two plain sentences and what to look for in this run.
"""

from collections.abc import Sequence
from pathlib import Path

from hashviz.data import Dataset
from hashviz.files import write_file
from hashviz.report import figures as figures  # imported for their rows
from hashviz.report.chapters import sections
from hashviz.report.page import page
from hashviz.report.registry import Subject
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
    text = render(runs, root=root, dataset=dataset)
    name = "report.html" if len(runs) == 1 else "comparison.html"
    path = runs[0].path / "derived" / name if path is None else Path(path)
    write_file(path, text.encode())
    return path


def render(
    runs: Run | Sequence[Run], *, root: Path | str | None = None, dataset: Dataset | None = None
) -> str:
    """Return the page as one string.

    Raises:
        ValueError: when there is no run.
    """
    runs = [runs] if isinstance(runs, Run) else list(runs)
    if not runs:
        raise ValueError("A report is about at least one run, got none.")
    subject = Subject(runs, dataset, root)
    return page(subject, sections(subject))
