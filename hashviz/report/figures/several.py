"""Several runs on one page: who is ahead, all curves under one legend, the same figure for each."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from hashviz import metrics, plots
from hashviz.codes import nearest
from hashviz.methods import look_of
from hashviz.metrics.comparison import mean_interval
from hashviz.report.figures.codes import pair_counts
from hashviz.report.figures.curves import (
    EPOCHS,
    TRAINED,
    RankCurve,
    chance_of,
    radius_curve,
    rank_curves,
)
from hashviz.report.figures.maps import SAME_DATA
from hashviz.report.figures.retrieval import distances_from
from hashviz.report.naming import far_and_equal, method_title
from hashviz.report.registry import IMAGES, NARROW, Need, Plate, Subject, figure, plate, present
from hashviz.runs import Run

SHOWN = 8
AHEAD, CURVES = "Who is ahead", "Precision and recall"

SAME_IMAGES = Need(
    "the runs do not search the same images",
    lambda run, s: (
        np.array_equal(run.query_index, s.run.query_index)
        and np.array_equal(run.database_index, s.run.database_index)
        and len(run.query_index) > 0
    ),
)
LENGTHS = Need("all codes have one length", lambda run, s: len(_lengths(s.runs)) > 1)


def _lengths(runs: Sequence[Run]) -> list[int]:
    return sorted({run.config.bits for run in runs})


def common(levels: Sequence[float | None]) -> float | None:
    """Return the level of chance where it is the same for all runs."""
    known = [level for level in levels if level is not None]
    same = len(known) == len(levels) and max(known) - min(known) < 5e-4
    return known[0] if same else None


def _chance(s: Subject) -> float | None:
    return common([run.scores["map"]["chance"] for run in s.runs])


def scores_of(runs: Sequence[Run], key: str = "expected") -> np.ndarray:
    """Return one score of every run, nan where it is undefined."""
    values = [run.scores["map"][key] for run in runs]
    return np.array([math.nan if value is None else value for value in values], float)


@figure("runs", AHEAD, "scores from best to worst")
def ranking(s: Subject) -> Iterator[Plate | str]:
    """Show scores of all runs, with the band of equal distances."""
    names, means = s.names, scores_of(s.runs)
    worst, best = scores_of(s.runs, "pessimistic"), scores_of(s.runs, "optimistic")
    rows = 0.34 * len(s.runs)
    draw = partial(plots.ranking, names, means, bands=(worst, best), styles=s.styles)
    title = "Scores, with the band of equal distances"
    yield plate(title, (1.5 + rows, 1.7 + rows), draw, chance=_chance(s))
    if np.isfinite(means).any():
        first = int(np.nanargmax(means))
        yield f"{names[first]} is ahead with {means[first]:.3f}."
        near = [i for i in range(len(names)) if i != first and best[i] >= worst[first]]
        if near:
            yield (
                f"Another order of equal distances could put {names[near[0]]} in front: the two "
                "bands overlap."
            )
    if len({run.split for run in s.runs}) > 1:
        yield "The runs have different protocols; their scores are not comparable."
    pairs = {(run.config.method, run.config.seed) for run in s.runs}
    if len(pairs) == len({method for method, _ in pairs}):
        yield "Every method has only one seed here; `hashviz compare` gives intervals."


@figure("runs", AHEAD, "seconds of training against the score")
def time_to_quality(s: Subject) -> Iterator[Plate | str]:
    """Show seconds of training and what they brought."""
    seconds = np.array([float(run.environment.get("seconds", math.nan)) for run in s.runs])
    draw = partial(plots.time_to_quality, seconds, scores_of(s.runs), s.names, styles=s.styles)
    yield plate("Time of training and what it brought", (4.2, 4.0), draw, chance=_chance(s))


@figure("runs", AHEAD, "score against the number of bits", LENGTHS)
def map_by_bits(s: Subject) -> Iterator[Plate | str]:
    """Show scores of every method against the number of bits, over whatever seeds there are."""
    scores: dict[tuple[str, int], list[float]] = {}
    for run, score in zip(s.runs, scores_of(s.runs), strict=True):
        scores.setdefault((run.config.method, run.config.bits), []).append(float(score))
    known = {key: values for key, values in scores.items() if np.isfinite(values).all()}
    title = "Score against the number of bits"
    yield plate(title, 4.0, by_bits(known, _lengths(s.runs), _chance(s)))


def by_bits(
    scores: Mapping[tuple[str, int], Sequence[float]], lengths: list[int], chance: float | None
) -> Callable[..., Axes]:
    """Return the drawing of scores by (method, bits): means with their intervals over seeds."""
    means, halves, styles = {}, {}, {}
    for (method, bits), values in scores.items():
        title, place = method_title(method), lengths.index(bits)
        for table, value in zip((means, halves), _interval(values), strict=True):
            table.setdefault(title, np.full(len(lengths), np.nan))[place] = value
        styles[title] = plots.style_of(look_of(method))
    options = {"half_widths": halves, "styles": styles, "chance": chance}
    return partial(plots.map_by_bits, np.array(lengths), means, **options)


def _interval(values: Sequence[float]) -> tuple[float, float]:
    interval = mean_interval(list(values))
    return interval.mean, math.nan if interval.half_width is None else interval.half_width


def intervals(rows: Sequence[Sequence[float]]) -> tuple[np.ndarray, np.ndarray]:
    """Return means and half-widths of rows of scores; nan where one seed gives no interval."""
    means, halves = np.array([_interval(row) for row in rows], float).reshape(-1, 2).T
    return means, halves


@figure("runs", "What enters, what leaves", "what enters and leaves the results of two runs",
        SAME_DATA, SAME_IMAGES, IMAGES, count=(2, 2))  # fmt: skip
def results_change(s: Subject) -> Iterator[Plate | str]:
    """Show what the second run shows that the first does not, for the queries that change most."""
    gain = metrics.average_precision(s.counts[1]) - metrics.average_precision(s.counts[0])
    for verb, query in (("gains", int(gain.argmax())), ("loses", int(gain.argmin()))):
        if gain[query] == 0 or (gain[query] > 0) != (verb == "gains"):
            continue
        found, right = _change(s, query)
        yield found
        yield (
            f"Of all queries this one {verb} most, {gain[query]:+.3f} in average precision: "
            f"{right[0]} right results became {right[1]}."
        ).replace("-", "−", 1)


def _change(s: Subject, query: int) -> tuple[Plate, list[int]]:
    """Return one query in two runs, and how many results are right in each."""
    first, images = s.run, s.images
    away = np.stack([distances_from(run, query) for run in s.runs])
    found = nearest(away, SHOWN)
    shown = np.unique(found)
    relevant = (first.database_labels[shown] & first.query_labels[query]).any(1)
    before, after = (np.searchsorted(shown, rows).tolist() for rows in found)
    sizes = [plots.results_change_size(len(before[:n]), ties=True) for n in (SHOWN, SHOWN // 2)]
    (width, height), (width_, height_) = sizes

    def draw(count: int = SHOWN, **options: Any) -> Axes:
        rows = before[:count], after[:count]
        pictures = [images[first.database_index[row]] for row in shown]
        return plots.results_change(images[first.query_index[query]], pictures, *rows, **options)

    drawn = plate(
        f"Query {query} in two runs",
        (7.4 * height / width, NARROW * height_ / width_),
        draw,
        width=7.4,
        narrow={"count": SHOWN // 2},
        relevant=relevant,
        far=tuple(far_and_equal(far, shown) for far in away),
        names=tuple(s.names),
    )
    return drawn, [int(relevant[rows].sum()) for rows in (before, after)]


@figure("runs", CURVES)
def precision_recall(s: Subject) -> Iterator[Plate | str]:
    """Show all curves of precision against recall in one frame."""
    scores = [f"{n}: mAP {v:.3f}" for n, v in zip(s.names, scores_of(s.runs), strict=True)]
    title = "Precision and recall of the first N results; marks at N = 1, 10, 100, …"
    yield plate(title, (4.2, 3.8), _all_curves(s, RankCurve.by_recall, scores))
    for name, run in zip(s.names[:6], s.runs, strict=False):
        precision, recall, empty = radius_curve(run)
        radius = min(2, len(recall) - 1)
        if empty[radius] < 1:
            yield (
                f"{name} finds {recall[radius]:.0%} of what is relevant within {radius} bits, at a "
                f"precision of {precision[radius]:.2f}; {empty[radius]:.0%} of its queries find "
                "nothing there."
            )
        else:
            yield f"No query of {name} finds anything within {radius} bits."


@figure("runs", CURVES)
def precision_at_n(s: Subject) -> Iterator[Plate | str]:
    """Show all curves of precision against the rank in one frame."""
    drawing = _all_curves(s, RankCurve.by_rank, s.names, marked=True)
    yield plate("Precision among the first N results", (3.8, 3.6), drawing)


def _all_curves(
    s: Subject, draw: Callable[..., Axes], labels: Sequence[str], marked: bool = False
) -> Callable[..., Axes]:
    """Return the drawing of the curves of all runs; `marked` has marks at powers of ten."""
    chance = common([chance_of(counts) for counts in s.counts])
    looks = list(zip(rank_curves(s), s.styles, labels, strict=True))

    def together(ax: Axes) -> Axes:
        for curve, style, label in looks:
            if marked:
                tens = np.isin(curve.ranks, 10 ** np.arange(9)).nonzero()[0].tolist()
                style = {**style, "markersize": 5, "markevery": tens}
            last = curve is looks[-1][0]
            draw(curve, ax=ax, chance=chance if last else None, label=label, **style)
        return ax

    return together


@figure("runs", "The way there", "quality against seconds while training", TRAINED, EPOCHS)
def learning_curves(s: Subject) -> Iterator[Plate | str]:
    """Show how good the codes of a few images were after so many seconds."""
    seconds, quality = {}, {}
    for run, name in zip(s.runs, s.names, strict=True):
        history, clock = present(run.codes_over_training), run.history.get("seconds", np.zeros(0))
        if len(history) == len(clock):
            labels = run.database_labels[: history.shape[1]]
            seconds[name], quality[name] = clock, metrics.map_over_training(history, labels)
    styles = dict(zip(s.names, s.styles, strict=True))
    draw = partial(plots.learning_curves, seconds, quality, styles=styles)
    yield plate("Quality against seconds of training", (4.0, 3.8), draw)


def _panels(s: Subject, title: str, function: Callable[..., Axes], rows: Sequence[Any],
            each: float = 2.9, **options: Any) -> Plate:  # fmt: skip
    """Return a plate with a panel for each run, two beside each other or one on a phone."""
    named = dict(zip(s.names, rows, strict=True))
    heights = plots.panels_height(len(rows), 2, each), plots.panels_height(len(rows), 1, each)
    options = {"columns": 2, **options}
    return plate(title, heights, function, named, width=7.4, narrow={"columns": 1}, **options)


@figure("runs", "Distances, run by run")
def distance_histogram(s: Subject) -> Iterator[Plate | str]:
    """Show the distances of pairs that share a label and of the others, for each run."""
    rows = [pair_counts(run) for run in s.runs]
    title = "Hamming distances of all pairs, on common scales"
    yield _panels(s, title, plots.distance_histograms, rows)


@figure("runs", "Codes, run by run")
def code_matrix(s: Subject) -> Iterator[Plate | str]:
    """Show the codes of each run."""
    classes = s.run.classes if len({tuple(run.classes) for run in s.runs}) == 1 else None
    rows = [(run.database_codes, run.database_labels) for run in s.runs]
    title = "Codes of the databases"
    yield _panels(s, title, plots.code_matrices, rows, 4.0, class_names=classes)
    for run, name in zip(s.runs, s.names, strict=True):
        yield (
            f"{name}: {run.scores['bits']['useful']} of {run.config.bits} bits useful, "
            f"{run.scores['bits']['distinct_codes']:,} different codes."
        )
