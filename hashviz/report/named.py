"""Single figures by name: of a run, of several runs, or of the result of `compare` or `ablate`."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from hashviz.data import Dataset
from hashviz.report.export import side_by_side
from hashviz.report.registry import FIGURES, Plate, Result, Subject, rows_of
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
        hint = f"; several runs are drawn by {', '.join(many)}" if several else ""
        raise ValueError(f"{_drawn_from(name)}, got {len(runs)} runs{hint}.")
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
    """Return the figure of that name from one result file, or a panel for each of several.

    The figures of images need the runs themselves, below the folder `runs`.

    Raises:
        ValueError: when the name is unknown, a file is no such result, or it lacks what is drawn.
    """
    rows, plates, data = rows_of(name), [], []
    for path in paths:
        result = Result(_read_result(path), runs, root)
        if result.kind not in rows:
            raise ValueError(f"{_drawn_from(name)}; {path} is a result of {result.kind!r}.")
        (found,) = rows[result.kind].build(result)
        plates.append(replace(found, name=name))  # type: ignore[type-var]  # a plate, not a sentence
        data.append(str(result["data"] or path.stem))
    if len(plates) == 1:
        return plates[0]
    names = data if len(set(data)) == len(data) else [path.stem for path in paths]
    panels = [replace(plate, caption=name) for plate, name in zip(plates, names, strict=True)]
    return side_by_side(panels, "; ".join(plate.caption for plate in plates))


def _drawn_from(name: str) -> str:
    kinds = " or ".join(KINDS[source] for source in rows_of(name))
    return f"The figure {name!r} is drawn from {kinds}"


def _read_result(path: Path) -> dict[str, Any]:
    """Read what `hashviz compare --json` or `ablate --json` said, alone or after all they printed.

    Raises:
        ValueError: when the file holds no JSON, or none of these.
    """
    try:
        text = path.read_text()
        try:
            result = json.loads(text)
        except json.JSONDecodeError:
            # Lines for a person may stand before; the value is the last line.
            result = json.loads((text.strip().splitlines() or [""])[-1])
    except FileNotFoundError:
        raise ValueError(f"There is no file {str(path)!r}.") from None
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} is not JSON: {error}.") from None
    wrong = f"{path} does not hold what `hashviz compare --json` or `ablate --json` prints"
    if not (isinstance(result, dict) and isinstance(result.get("rows"), list) and result["rows"]):
        raise ValueError(f"{wrong}: it has no rows.")
    for row in result["rows"]:
        try:
            maps = row["map"]["values"] if "method" in result else row["maps"]
            row["maps"] = [float(value) for value in maps]
        except (KeyError, TypeError, ValueError):
            row["maps"] = []
        if not row["maps"] or "name" not in row:
            raise ValueError(f"{wrong}: a row lacks its name or its scores.")
    return result
