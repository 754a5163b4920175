"""Several runs on one page: who is ahead, all curves under one legend, the same figure for each."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import numpy as np
from matplotlib.axes import Axes

from hashviz import metrics, plots
from hashviz.methods import look_of
from hashviz.metrics.comparison import mean_interval
from hashviz.report.figures.codes import pair_counts
from hashviz.report.figures.curves import EPOCHS, TRAINED, chance_of, radius_curve, rank_curves
from hashviz.report.figures.maps import SAME_DATA
from hashviz.report.figures.retrieval import first_results
from hashviz.report.naming import method_title, signed
from hashviz.report.registry import IMAGES, Items, Need, Subject, figure, full_plate, panels, plate
from hashviz.runs import Run

SHOWN = 8
AHEAD, CHANGES, CURVES = "Who is ahead", "What enters, what leaves", "Precision and recall"


def _search_alike(run: Run, s: Subject) -> bool:
    sides = [(r.query_index, r.database_index) for r in (run, s.run)]
    return len(sides[0][0]) > 0 and all(map(np.array_equal, *sides))


SAME_IMAGES = Need("the runs do not search the same images", _search_alike)
LENGTHS = Need("all codes have one length", lambda run, s: len({r.config.bits for r in s.runs}) > 1)


def common(levels: Sequence[float | None]) -> float | None:
    """Return the level of chance where it is the same for all runs."""
    known = [level for level in levels if level is not None]
    same = len(known) == len(levels) and max(known) - min(known) < 5e-4
    return known[0] if same else None


def _chance(s: Subject) -> float | None:
    return common([run.scores["map"]["chance"] for run in s.runs])


def _scores(s: Subject, key: str = "expected") -> np.ndarray:
    """Return one score of every run, nan where it is undefined."""
    return np.array([run.scores["map"][key] for run in s.runs], float)


@figure("runs", AHEAD, "scores from best to worst")
def ranking(s: Subject) -> Items:
    """Show scores of all runs, with the band of equal distances."""
    names, means = s.names, _scores(s)
    worst, best = _scores(s, "pessimistic"), _scores(s, "optimistic")
    rows = 0.34 * len(s.runs)
    title = "Scores, with the band of equal distances"
    options = {"bands": (worst, best), "styles": s.styles, "chance": _chance(s)}
    yield plate(title, (1.5 + rows, 1.7 + rows), names, means, **options)
    if np.isfinite(means).any():
        first = int(np.nanargmax(means))
        yield f"{names[first]} is ahead with {means[first]:.3f}."
        near = [i for i in range(len(names)) if i != first and best[i] >= worst[first]]
        if near:
            yield f"Their bands overlap: another order of ties could put {names[near[0]]} in front."
    if len({run.split for run in s.runs}) > 1:
        yield "The runs have different protocols; their scores are not comparable."
    pairs = {(run.config.method, run.config.seed) for run in s.runs}
    if len(pairs) == len({method for method, _ in pairs}):
        yield "Every method has only one seed here; `hashviz compare` gives intervals."


@figure("runs", AHEAD, "seconds of training against the score")
def time_to_quality(s: Subject) -> Items:
    """Show seconds of training and what they brought."""
    seconds = np.array([float(run.environment.get("seconds", math.nan)) for run in s.runs])
    title, options = "Time of training and what it brought", {"styles": s.styles}
    yield plate(title, (4.2, 4.0), seconds, _scores(s), s.names, chance=_chance(s), **options)


@figure("runs", AHEAD, "score against the number of bits", LENGTHS)
def map_by_bits(s: Subject) -> Items:
    """Show scores of every method against the number of bits, over whatever seeds there are."""
    scores: dict[tuple[str, int], list[float]] = {}
    for run, score in zip(s.runs, _scores(s), strict=True):
        scores.setdefault((run.config.method, run.config.bits), []).append(float(score))
    known = {key: values for key, values in scores.items() if np.isfinite(values).all()}
    yield from by_bits("Score against the number of bits", 4.0, known, _chance(s))


def by_bits(
    title: str, high: float, scores: Mapping[tuple[str, int], Any], chance: float | None
) -> Items:
    """Show scores by (method, bits): means with their intervals over seeds."""
    lengths = sorted({bits for _, bits in scores})
    means, halves, styles = {}, {}, {}
    for method in dict.fromkeys(method for method, _ in scores):
        name, rows = method_title(method), [scores.get((method, bits), ()) for bits in lengths]
        means[name], halves[name] = intervals(rows)
        styles[name] = plots.style_of(look_of(method))
    options = {"half_widths": halves, "styles": styles, "chance": chance}
    yield plate(title, high, np.array(lengths), means, **options)


def intervals(rows: Sequence[Sequence[float]]) -> tuple[np.ndarray, np.ndarray]:
    """Return means and half-widths of rows of scores; nan where too few seeds give none."""
    found = [mean_interval(list(row))[:2] if len(row) else (None, None) for row in rows]
    means, halves = np.array(found, float).reshape(-1, 2).T
    return means, halves


@figure("runs", CHANGES, "what enters and leaves the results of two runs", SAME_DATA, SAME_IMAGES,
        IMAGES, count=(2, 2))  # fmt: skip
def results_change(s: Subject) -> Items:
    """Show what the second run shows that the first does not, for the queries that change most."""
    gain = metrics.average_precision(s.counts[1]) - metrics.average_precision(s.counts[0])
    for verb, query in (("gains", int(gain.argmax())), ("loses", int(gain.argmin()))):
        if gain[query] == 0 or (gain[query] > 0) != (verb == "gains"):
            continue
        found = first_results(s.runs, s.images, query, SHOWN)
        picture, pictures, (before, after), relevant, far = found
        few = {"before": before[: SHOWN // 2], "after": after[: SHOWN // 2]}
        yield full_plate(
            f"Query {query} in two runs",
            [plots.results_change_size(len(row), ties=True) for row in (before, few["before"])],
            *(picture, pictures),
            narrow=few,
            before=before,
            after=after,
            relevant=relevant,
            far=far,
            names=tuple(s.names),
        )
        right = [int(relevant[rows].sum()) for rows in (before, after)]
        yield f"Of all queries this one {verb} most, {signed(gain[query])} in average precision."
        yield f"{right[0]} right results became {right[1]}."


@figure("runs", CURVES)
def precision_recall(s: Subject) -> Items:
    """Show all curves of precision against recall in one frame."""
    scores = [f"{n}: mAP {v:.3f}" for n, v in zip(s.names, _scores(s), strict=True)]
    title = "Precision and recall of the first N results; marks at N = 1, 10, 100, …"
    curves = [
        (plots.precision_recall_by_rank, (ranks, *mean), {"worst": worst, "best": best, "label": n})
        for (ranks, mean, worst, best), n in zip(rank_curves(s), scores, strict=True)
    ]
    yield plate(title, (4.2, 3.8), function=_together(s, curves))
    for name, run in zip(s.names[:6], s.runs, strict=False):
        precision, recall, empty = radius_curve(run)
        radius = min(2, len(recall) - 1)
        if empty[radius] < 1:
            inside = f"within {radius} bits, at a precision of {precision[radius]:.2f}"
            yield f"{name} finds {recall[radius]:.0%} of what is relevant {inside}."
            yield f"{empty[radius]:.0%} of its queries find nothing there."
        else:
            yield f"No query of {name} finds anything within {radius} bits."


@figure("runs", CURVES)
def precision_at_n(s: Subject) -> Items:
    """Show all curves of precision against the rank in one frame."""
    curves = []
    for (ranks, mean, worst, best), name in zip(rank_curves(s), s.names, strict=True):
        tens = np.isin(ranks, 10 ** np.arange(9)).nonzero()[0].tolist()
        marks = {"label": name, "markersize": 5, "markevery": tens}
        band = (worst[0], best[0])
        curves.append((plots.precision_at_n, (ranks, mean[0]), {"band": band, **marks}))
    yield plate("Precision among the first N results", (3.8, 3.6), function=_together(s, curves))


def _together(s: Subject, curves: Sequence[Any]) -> Callable[..., Axes]:
    """Return the drawing of a curve for each run, and of the chance where all have the same."""
    chance = common([chance_of(counts) for counts in s.counts])

    def together(ax: Axes) -> Axes:
        for (draw, arrays, options), style in zip(curves, s.styles, strict=True):
            last = options is curves[-1][2]
            draw(*arrays, ax=ax, chance=chance if last else None, **{**style, **options})
        return ax

    return together


@figure("runs", "The way there", "quality against seconds while training", TRAINED, EPOCHS)
def learning_curves(s: Subject) -> Items:
    """Show how good the codes of a few images were after so many seconds."""
    seconds, quality = {}, {}
    for run, name in zip(s.runs, s.names, strict=True):
        history = cast(np.ndarray, run.codes_over_training)
        clock = run.history.get("seconds", np.zeros(0))
        if len(history) == len(clock):
            labels = run.database_labels[: history.shape[1]]
            seconds[name], quality[name] = clock, metrics.map_over_training(history, labels)
    styles = dict(zip(s.names, s.styles, strict=True))
    yield plate("Quality against seconds of training", (4.0, 3.8), seconds, quality, styles=styles)


@figure("runs", "Distances, run by run")
def distance_histogram(s: Subject) -> Items:
    """Show the distances of pairs that share a label and of the others, for each run."""
    rows = [pair_counts(run) for run in s.runs]
    title = "Hamming distances of all pairs, on common scales"
    yield panels(s, title, rows, 2.9, function=plots.distance_histograms)


@figure("runs", "Codes, run by run")
def code_matrix(s: Subject) -> Items:
    """Show the codes of each run."""
    classes = s.run.classes if len({tuple(run.classes) for run in s.runs}) == 1 else None
    rows = [(run.database_codes, run.database_labels) for run in s.runs]
    options = {"function": plots.code_matrices, "class_names": classes}
    yield panels(s, "Codes of the databases", rows, 4.0, **options)
    for run, name in zip(s.runs, s.names, strict=True):
        useful, codes = (run.scores["bits"][key] for key in ("useful", "distinct_codes"))
        yield f"{name}: {useful} of {run.config.bits} bits useful, {codes:,} different codes."
