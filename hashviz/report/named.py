"""Single figures by name: of a run, of several runs, or of the result of `compare` or `ablate`."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from hashviz.data import Dataset
from hashviz.report.export import side_by_side
from hashviz.report.registry import FIGURES, Plate, Subject, rows_of
from hashviz.report.results import Result, read_result
from hashviz.runs import Run

KINDS = {
    "run": "one run",
    "runs": "runs",
    "compare": "`hashviz compare --json`",
    "ablate": "`hashviz ablate --json`",
}
"""What figures are drawn from, in words."""


def figure_named(
    name: str,
    runs: Sequence[Run],
    dataset: Dataset | None = None,
    root: Path | None = None,
    *,
    patient: bool = False,
) -> Plate:
    """Return the figure of that name about a run, or about several: all of them are in it.

    Raises:
        ValueError: when the name is unknown or the runs have no such figure.
    """
    rows, several = rows_of(name), len(runs) > 1
    row = rows.get("runs") if several else rows.get("run", rows.get("runs"))
    if row is None:
        many = [other for other, known in FIGURES.items() if "runs" in known]
        wanted = " or ".join(KINDS[source] for source in rows)
        hint = f"; several runs are drawn by {', '.join(many)}" if several else ""
        raise ValueError(f"The figure {name!r} is drawn from {wanted}, got {len(runs)} runs{hint}.")
    subject = Subject(runs, dataset, root, patient)
    row.check(subject)
    found = [item for item in row.items(subject) if isinstance(item, Plate)]
    if not found:
        names = ", ".join(run.name for run in runs)
        raise ValueError(f"There is no {name!r} of {names}: they have nothing to show in it.")
    return found[0]


def figure_of_results(
    name: str, paths: Sequence[Path], runs: Path = Path("runs"), root: Path | None = None
) -> Plate:
    """Return the figure of that name from one result, or a panel for each of several.

    Raises:
        ValueError: as `figure_of_result`.
    """
    plates = [figure_of_result(name, path, runs, root) for path in paths]
    if len(plates) == 1:
        return plates[0]
    data = [str(read_result(path).get("data", path.stem)) for path in paths]
    names = data if len(set(data)) == len(data) else [path.stem for path in paths]
    panels = [replace(plate, caption=name) for plate, name in zip(plates, names, strict=True)]
    return side_by_side(panels, "; ".join(plate.caption for plate in plates))


def figure_of_result(
    name: str, path: Path, runs: Path = Path("runs"), root: Path | None = None
) -> Plate:
    """Return the figure of that name from what `hashviz compare --json` or `ablate --json` printed.

    The figures of images need the runs themselves, below the folder `runs`.

    Raises:
        ValueError: when the name is unknown, the file is no such result, or it lacks what is drawn.
    """
    rows = rows_of(name)
    result = Result(read_result(path), runs, root)
    if result.kind not in rows:
        wanted = " or ".join(KINDS[source] for source in rows)
        raise ValueError(
            f"The figure {name!r} is drawn from {wanted}; {path} is a result of {result.kind!r}."
        )
    (found,) = rows[result.kind].build(result)
    if not isinstance(found, Plate):
        raise TypeError(f"The row {name!r} of {result.kind!r} yields one plate.")
    return replace(found, name=name)
