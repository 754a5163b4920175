"""What an ablation changes in the results themselves: the runs behind a table, side by side."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from hashviz import metrics, plots
from hashviz.codes import distances, nearest
from hashviz.data import Dataset
from hashviz.report.naming import far_and_equal
from hashviz.report.plates import Plate
from hashviz.runs import Run, RunError

SHOWN = 8
K = 10


def runs_of(result: Mapping[str, Any], root: Path) -> list[list[Run]]:
    """The runs of every row of an `ablate` result, below the folder of runs.

    Raises:
        ValueError: when one is not there any more, or the variants do not share their images.
    """
    try:
        found = [[Run.load(root / name) for name in row["runs"]] for row in result["rows"]]
    except (RunError, KeyError) as error:
        raise ValueError(
            f"The pictures of an ablation need its runs, below {str(root)!r} (--runs): {error}"
        ) from None
    for row in found[1:]:
        for run, whole in zip(row, found[0], strict=True):
            if not np.array_equal(run.database_index, whole.database_index):
                raise ValueError(f"{run.name} and {whole.name} do not search the same images.")
    return found


def changed_plate(result: Mapping[str, Any], found: list[list[Run]]) -> Plate:
    """How many of the first results each variant replaces, beside what ties alone shuffle."""
    codes = [[(run.query_codes, run.database_codes) for run in row] for row in found]
    both = [
        [metrics.changed_results(*pair, K) for pair in zip(codes[0], row, strict=True)]
        for row in codes[1:]
    ]
    changed = np.array([[each.other.mean() for each in row] for row in both])
    ties = float(np.mean([each.itself.mean() for each in both[0]])) if both else None
    names = [row["name"] for row in result["rows"][1:]]
    return Plate(
        f"Results that the variants of {result['method']} replace, {result['data']}",
        lambda ax: plots.changed_results(names, changed, k=K, ties=ties, ax=ax),
        1.9 + 0.42 * max(len(names), 1),
        name="changed_results",
    )


def results_plate(result: Mapping[str, Any], found: list[list[Run]], dataset: Dataset) -> Plate:
    """The first results of the query that changes most, the whole method first."""
    first = [row[0] for row in found]
    whole = first[0]
    quality = np.array(
        [
            metrics.average_precision(
                metrics.distance_counts(
                    r.query_codes, r.query_labels, r.database_codes, r.database_labels
                )
            )
            for r in first
        ]
    )
    query = int(np.nan_to_num(np.abs(quality - quality[0])).max(0).argmax())
    away = {
        row["name"]: distances(run.query_packed[query : query + 1], run.database_packed)[0]
        for row, run in zip(result["rows"], first, strict=True)
    }
    shown = {name: nearest(far, SHOWN).tolist() for name, far in away.items()}
    rows = sorted({i for found_rows in shown.values() for i in found_rows})
    place = {row: k for k, row in enumerate(rows)}
    relevant = (whole.database_labels[rows] & whole.query_labels[query]).any(1)
    width, height = plots.variants_results_size(SHOWN, len(shown))
    return Plate(
        f"Query {query} in the variants of {result['method']}, {result['data']}",
        lambda ax: plots.variants_results(
            dataset.images[whole.query_index[query]],
            [dataset.images[whole.database_index[row]] for row in rows],
            {name: [place[i] for i in found_rows] for name, found_rows in shown.items()},
            relevant=relevant,
            far={name: far_and_equal(far, rows) for name, far in away.items()},
            ax=ax,
        ),
        height,
        width=width,
        name="variants_results",
    )
