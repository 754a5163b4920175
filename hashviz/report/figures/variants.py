"""What an ablation changes in the results themselves: the runs behind a table, side by side."""

import numpy as np

from hashviz import metrics, plots
from hashviz.report.figures.retrieval import first_results
from hashviz.report.registry import Items, Subject, figure, plate
from hashviz.report.results import Result
from hashviz.runs import Run, RunError

SHOWN = 8
K = 10


def runs_of(result: Result) -> list[list[Run]]:
    """Load the runs of every row of an `ablate` result.

    Raises:
        ValueError: when one is not there any more, or the variants do not share their images.
    """
    try:
        found = [[Run.load(result.runs / name) for name in row["runs"]] for row in result.rows]
    except (RunError, KeyError) as error:
        raise ValueError(
            f"The pictures of an ablation need its runs, below {str(result.runs)!r} (--runs): "
            f"{error}"
        ) from None
    for row in found[1:]:
        for run, whole in zip(row, found[0], strict=True):
            if not np.array_equal(run.database_index, whole.database_index):
                raise ValueError(f"{run.name} and {whole.name} do not search the same images.")
    return found


@figure("ablate", about="how many of the first results each variant replaces")
def changed_results(result: Result) -> Items:
    """Show how many of the first results each variant replaces, beside what ties alone shuffle."""
    codes = [[(run.query_codes, run.database_codes) for run in row] for row in runs_of(result)]
    both = [
        [metrics.changed_results(*pair, K) for pair in zip(codes[0], row, strict=True)]
        for row in codes[1:]
    ]
    changed = np.array([[each.other.mean() for each in row] for row in both])
    ties = float(np.mean([each.itself.mean() for each in both[0]])) if both else None
    names = [row["name"] for row in result.rows[1:]]
    title = f"Results that the variants of {result['method']} replace, {result['data']}"
    high = 1.9 + 0.42 * max(len(names), 1)
    yield plate(title, high, names, changed, k=K, ties=ties)


@figure("ablate", about="the images that change, for the query that changes most")
def variants_results(result: Result) -> Items:
    """Show the first results of the query that changes most, the whole method first."""
    s = Subject([row[0] for row in runs_of(result)], root=result.root)
    if s.dataset is None:
        raise ValueError(f"The images are not here: {s.excuse}")
    quality = np.array([metrics.average_precision(counts) for counts in s.counts])
    query = int(np.nan_to_num(np.abs(quality - quality[0])).max(0).argmax())
    picture, pictures, found, relevant, far = first_results(s.runs, s.images, query, SHOWN)
    names = [row["name"] for row in result.rows]
    width, height = plots.variants_results_size(SHOWN, len(names))
    title = f"Query {query} in the variants of {result['method']}, {result['data']}"
    results, distances = dict(zip(names, found, strict=True)), dict(zip(names, far, strict=True))
    options = {"relevant": relevant, "far": distances}
    yield plate(title, height, picture, pictures, results, width=width, **options)
