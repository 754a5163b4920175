"""Figures of what `compare` and `ablate` found: rankings, times, parts of a method, its results."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hashviz import metrics, plots
from hashviz.methods import METHODS, look_of
from hashviz.metrics.comparison import shapley_values, subsets_of
from hashviz.report.figures.retrieval import first_results
from hashviz.report.figures.several import by_bits, intervals
from hashviz.report.naming import method_title
from hashviz.report.registry import Items, Result, Subject, figure, plate
from hashviz.runs import Run, RunError

SHOWN = 8
K = 10


@figure("ablate", about="differences of the variants, seed by seed, with intervals")
def ablation(result: Result) -> Items:
    """Show what every variant loses; a grid of switches where every set of parts was run."""
    rows, base = result.rows, result.rows[0]["maps"]
    variants = rows[1:] or rows
    scores = np.array([np.subtract(row["maps"], base) for row in variants], float)
    means, halves = intervals(scores.tolist())
    names = [row["name"] for row in variants]
    parts, on = subsets_of([row["options"] for row in variants])
    sets = subsets_of([row["options"] for row in rows])[1]
    grid = {}
    if len(rows) == len(set(sets)) == 2 ** len(parts):
        grid = {"switches": np.array([[p in s for p in parts] for s in on]), "parts": parts}
    title, high = f"Ablation of {result['method']} on {result['data']}", 1.9 + 0.42 * len(names)
    yield plate(title, high, names, scores, means=means, half_widths=halves, **grid)


@figure("ablate", about="score against the value of one setting")
def response_curve(result: Result) -> Items:
    """Show the setting that takes most numbers among the variants that change it alone."""
    found: dict[str, dict[float, list[float]]] = {}
    for row in result.rows:
        for key, value in row["options"].items() if len(row["options"]) == 1 else ():
            if isinstance(value, int | float) and not isinstance(value, bool):
                found.setdefault(key, {})[float(value)] = row["maps"]
    if not found:
        raise ValueError("A response curve needs variants that give one setting several numbers.")
    key = max(found, key=lambda k: len(found[k]))
    method = METHODS.get(result["method"])
    default = method.settings().get(key) if method else None
    default = float(default) if isinstance(default, int | float) else None
    if default is not None:
        found[key][default] = result.rows[0]["maps"]
    values = np.array(sorted(found[key]))
    scores = np.array([found[key][v] for v in values], float)
    means, halves = intervals(scores.tolist())
    options = {"name": key, "default": default, "chance": result["chance"]}
    title = f"Response of {result['method']} to {key}"
    yield plate(title, 3.8, values, scores, means=means, half_widths=halves, **options)


@figure("ablate", about="what each part adds, where all combinations were run")
def shapley(result: Result) -> Items:
    """Show the Shapley value of each part, seed by seed."""
    parts, subsets = subsets_of([row["options"] for row in result.rows])
    values = []
    for scores in zip(*(row["maps"] for row in result.rows), strict=True):
        found = shapley_values(parts, dict(zip(subsets, scores, strict=True)))
        values.append([found[part] for part in parts])
    table = np.array(values).T
    means, halves = intervals(table.tolist())
    title, high = f"Shapley values of the parts of {result['method']}", 1.7 + 0.42 * len(parts)
    yield plate(title, high, parts, table, means=means, half_widths=halves)


@figure("compare")
def map_by_bits(result: Result) -> Items:
    """Show scores of every method against the number of bits."""
    scores = {(row["name"], row["bits"]): row["maps"] for row in result.rows}
    title = f"Score against the number of bits, {result['data']}"
    yield from by_bits(title, 4.4, scores, result["chance"])


@figure("compare")
def ranking(result: Result) -> Items:
    """Show all rows of one code length, the longest: a ranking of several would mix their worth."""
    bits = max(row["bits"] for row in result.rows)
    rows = [row for row in result.rows if row["bits"] == bits]
    maps = [row["maps"] for row in rows]
    means, halves = intervals(maps)
    yield plate(
        f"Ranking, {result['data']}, {bits} bits",
        1.6 + 0.34 * len(rows),
        *([method_title(row["name"]) for row in rows], means),
        half_widths=halves,
        seeds=maps,
        styles=_styles(rows),
        chance=result["chance"],
        xlabel=f"Mean average precision, {bits} bits",
    )


@figure("compare")
def time_to_quality(result: Result) -> Items:
    """Show seconds of training and the score reached, for every row."""
    rows, several = result.rows, len({row["bits"] for row in result.rows}) > 1
    seconds = np.array([float(row["seconds"]) for row in rows])
    means, _ = intervals([row["maps"] for row in rows])
    names = [method_title(r["name"]) + (f", {r['bits']} bits" if several else "") for r in rows]
    options = {"styles": _styles(rows), "chance": result["chance"]}
    yield plate(f"Time and score, {result['data']}", 4.6, seconds, means, names, **options)


def _styles(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return plots.run_styles([look_of(row["name"]) for row in rows])


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
