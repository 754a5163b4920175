"""Several runs on one page: who is ahead, all curves under one legend, the same figure for each."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from hashviz import metrics, plots
from hashviz.codes import distances, nearest
from hashviz.data import Dataset
from hashviz.methods import METHODS, look_of
from hashviz.metrics.comparison import mean_interval
from hashviz.report.curves import RankCurve, fine_ranks, radius_curve
from hashviz.report.maps import shared_maps
from hashviz.report.naming import far_and_equal, run_labels
from hashviz.report.plates import NARROW, Plate, Section
from hashviz.runs import Run

SHOWN = 8
Drawing = Callable[[Axes], Axes]


def shared_sections(runs: Sequence[Run], dataset: Dataset | None, only: str = "") -> list[Section]:
    """The chapters that show several runs together; with `only`, those that may hold a figure."""
    counts = [
        metrics.distance_counts(r.query_codes, r.query_labels, r.database_codes, r.database_labels)
        for r in runs
    ]
    chapters: tuple[tuple[str, Callable[[], Iterable[Section]]], ...] = (
        ("ranking time_to_quality map_by_bits", lambda: [_ahead(runs)]),
        ("results_change", lambda: _changes(runs, counts, dataset)),
        ("precision_recall precision_at_n", lambda: [_curves(runs, counts)]),
        ("learning_curves", lambda: _learning(runs)),
        ("code_maps", lambda: shared_maps(runs)),
        ("distance_histogram code_matrix", lambda: _beside(runs)),
    )
    chosen = (build for names, build in chapters if not only or only in names.split())
    return [section for build in chosen for section in build()]


def _styles(runs: Sequence[Run]) -> list[dict[str, Any]]:
    return plots.run_styles([look_of(run.config.method) for run in runs])


def _chance(runs: Sequence[Run]) -> float | None:
    """The level of chance where it is the same for all."""
    levels = [run.scores["map"]["chance"] for run in runs]
    known = [level for level in levels if level is not None]
    same = len(known) == len(runs) and max(known) - min(known) < 5e-4
    return known[0] if same else None


def _scores(runs: Sequence[Run], key: str) -> np.ndarray:
    values = [run.scores["map"][key] for run in runs]
    return np.array([math.nan if value is None else value for value in values], float)


def _ahead(runs: Sequence[Run]) -> Section:
    """Scores and times of all runs."""
    names, styles, chance = run_labels(runs), _styles(runs), _chance(runs)
    means = _scores(runs, "expected")
    bands = _scores(runs, "pessimistic"), _scores(runs, "optimistic")
    seconds = np.array([float(run.environment.get("seconds", math.nan)) for run in runs])
    look = []
    if np.isfinite(means).any():
        best = int(np.nanargmax(means))
        look.append(f"{names[best]} is ahead with {means[best]:.3f}.")
        near = [i for i in range(len(runs)) if i != best and bands[1][i] >= bands[0][best]]
        if near:
            look.append(
                f"Another order of equal distances could put {names[near[0]]} in front: the two "
                "bands overlap."
            )
    if len({run.split for run in runs}) > 1:
        look.append("The runs have different protocols; their scores are not comparable.")
    seeds: dict[str, set[int]] = {}
    for run in runs:
        seeds.setdefault(run.config.method, set()).add(run.config.seed)
    if max(map(len, seeds.values())) == 1:
        look.append("Every method stands here with one seed; `hashviz compare` gives intervals.")
    plates = [
        Plate(
            "Scores, with the band of equal distances",
            lambda ax: plots.ranking(
                names, means, bands=bands, styles=styles, chance=chance, ax=ax
            ),
            1.5 + 0.34 * len(runs),
            narrow_height=1.7 + 0.34 * len(runs),
            name="ranking",
        ),
        Plate(
            "Time of training and what it brought",
            lambda ax: plots.time_to_quality(
                seconds, means, names, styles=styles, chance=chance, ax=ax
            ),
            4.2,
            narrow_height=4.0,
            name="time_to_quality",
        ),
    ]
    lengths = sorted({run.config.bits for run in runs})
    if len(lengths) > 1:
        plates.append(_by_bits(runs, lengths, chance))
    return Section(
        "Who is ahead",
        plates,
        "A point is the mean over all orders of equal distances, the bar what the unluckiest and "
        "the luckiest order would give. The steps join the runs that nobody beats in time "
        "and score at once.",
        look,
    )


def _by_bits(runs: Sequence[Run], lengths: list[int], chance: float | None) -> Plate:
    """Scores of every method against the number of bits, over whatever seeds there are."""
    methods = list(dict.fromkeys(run.config.method for run in runs))
    means: dict[str, np.ndarray] = {m: np.full(len(lengths), np.nan) for m in methods}
    halves: dict[str, np.ndarray] = {m: np.full(len(lengths), np.nan) for m in methods}
    for method in methods:
        for place, bits in enumerate(lengths):
            mine = [r for r in runs if (r.config.method, r.config.bits) == (method, bits)]
            scores = _scores(mine, "expected")
            if len(scores) and np.isfinite(scores).all():
                interval = mean_interval(scores.tolist())
                means[method][place] = interval.mean
                halves[method][place] = np.nan if (h := interval.half_width) is None else h
    titles = {method: METHODS[method].title.partition(" (")[0] for method in methods}
    styles = {titles[method]: plots.style_of(look_of(method)) for method in methods}
    means, halves = ({titles[m]: row for m, row in table.items()} for table in (means, halves))
    return Plate(
        "Score against the number of bits",
        lambda ax: plots.map_by_bits(
            np.array(lengths), means, half_widths=halves, styles=styles, chance=chance, ax=ax
        ),
        4.0,
        name="map_by_bits",
    )


def _curves(runs: Sequence[Run], counts: list[metrics.DistanceCounts]) -> Section:
    """All curves of precision in one frame."""
    names, styles = run_labels(runs), _styles(runs)
    levels = [float((c.relevant.sum(1) / max(c.database, 1)).mean()) for c in counts]
    chance = levels[0] if max(levels) - min(levels) < 5e-4 else None
    curves = [RankCurve.of(c, fine_ranks(c)) for c in counts]
    scores = [f"mAP {score:.3f}" for score in _scores(runs, "expected")]

    def by_recall(ax: Axes) -> Axes:
        for curve, style, name, score in zip(curves, styles, names, scores, strict=True):
            last = curve is curves[-1]
            curve.draw(ax, chance=chance if last else None, label=f"{name}: {score}", **style)
        return ax

    def by_rank(ax: Axes) -> Axes:
        for curve, style, name in zip(curves, styles, names, strict=True):
            last = curve is curves[-1]
            tens = np.isin(curve.ranks, 10 ** np.arange(9)).nonzero()[0].tolist()
            plots.precision_at_n(
                curve.ranks, curve.mean[0], band=(curve.worst[0], curve.best[0]),
                chance=chance if last else None, ax=ax,
                **{**style, "markersize": 5, "markevery": tens, "label": name},
            )  # fmt: skip
        return ax

    look = []
    for name, run in zip(names[:6], runs, strict=False):
        precision, recall, empty = radius_curve(run)
        radius = min(2, len(recall) - 1)
        if empty[radius] < 1:
            look.append(
                f"{name} finds {recall[radius]:.0%} of what is relevant within {radius} bits, at a "
                f"precision of {precision[radius]:.2f}; {empty[radius]:.0%} of its queries find "
                "nothing there."
            )
        else:
            look.append(f"No query of {name} finds anything within {radius} bits.")
    return Section(
        "Precision and recall",
        [
            Plate("Precision and recall of the first N results; marks at N = 1, 10, 100, …",
                  by_recall, 4.2, narrow_height=3.8, name="precision_recall"),
            Plate("Precision among the first N results", by_rank, 3.8, narrow_height=3.6,
                  name="precision_at_n"),
        ],
        "A method has one color in every figure; a second run of it has another line and marker. "
        "The higher a curve lies, the fewer wrong results stand among those returned; its band is "
        "what the worst and the best order of equal distances give.",
        look,
    )  # fmt: skip


def _learning(runs: Sequence[Run]) -> Iterator[Section]:
    """How good the codes of a few images were after so many seconds."""
    names, styles = run_labels(runs), _styles(runs)
    seconds, quality = {}, {}
    for run, name in zip(runs, names, strict=True):
        history = run.codes_over_training
        clock = run.history.get("seconds", np.zeros(0))
        if history is not None and len(history) == len(clock):
            seconds[name] = clock
            quality[name] = metrics.map_over_training(
                history, run.database_labels[: history.shape[1]]
            )
    if not seconds:
        return
    looks = {name: style for name, style in zip(names, styles, strict=True) if name in seconds}
    yield Section(
        "The way there",
        [
            Plate(
                "Quality against seconds of training",
                lambda ax: plots.learning_curves(seconds, quality, styles=looks, ax=ax),
                4.0,
                narrow_height=3.8,
                name="learning_curves",
                missing=tuple(name for name in names if name not in seconds),
            )
        ],
        "After every epoch a few images of the database search each other. That is easier than "
        "what is scored above: read the shape and the time, not the height.",
        [],
    )


def _beside(runs: Sequence[Run]) -> Iterator[Section]:
    """The same figure for each run, on common axes."""
    names = run_labels(runs)
    histograms = {
        name: (
            np.array(run.scores["distances"]["similar"], np.int64),
            np.array(run.scores["distances"]["dissimilar"], np.int64),
        )
        for run, name in zip(runs, names, strict=True)
    }
    codes = {
        name: (run.database_codes, run.database_labels)
        for run, name in zip(runs, names, strict=True)
    }
    classes = runs[0].classes if len({tuple(run.classes) for run in runs}) == 1 else None

    def draw(function: Callable[..., Axes], columns: int, *arrays: Any, **style: Any) -> Drawing:
        return lambda ax: function(*arrays, columns=columns, ax=ax, **style)

    look = [
        f"{name}: {run.scores['bits']['useful']} of {run.config.bits} bits useful, "
        f"{run.scores['bits']['distinct_codes']:,} different codes."
        for run, name in zip(runs, names, strict=True)
    ]
    yield Section(
        "Distances, run by run",
        [
            Plate(
                "Hamming distances of all pairs, on common scales",
                draw(plots.distance_histograms, 2, histograms),
                plots.panels_height(len(runs), 2),
                draw(plots.distance_histograms, 1, histograms),
                plots.panels_height(len(runs), 1),
                width=7.4,
                name="distance_histogram",
            )
        ],
        "Pairs that share a label against pairs that share none. The less the two hills lie over "
        "each other, the better a radius can separate them.",
        [],
    )
    yield Section(
        "Codes, run by run",
        [
            Plate(
                "Codes of the databases",
                draw(plots.code_matrices, 2, codes, class_names=classes),
                plots.panels_height(len(runs), 2, 4.0),
                draw(plots.code_matrices, 1, codes, class_names=classes),
                plots.panels_height(len(runs), 1, 4.0),
                width=7.4,
                name="code_matrix",
            )
        ],
        "Rows are images, grouped by class. Codes that know the classes show as blocks.",
        look,
    )


def _changes(
    runs: Sequence[Run], counts: list[metrics.DistanceCounts], dataset: Dataset | None
) -> Iterator[Section]:
    """What the second run shows that the first does not, for the query that changes most."""
    if dataset is None or len(runs) < 2:
        return
    first, second = runs[0], runs[1]
    same = all(
        np.array_equal(getattr(first, key), getattr(second, key))
        for key in ("query_index", "database_index")
    )
    if not same or first.config.data != second.config.data or not len(first.query_index):
        return
    gain = metrics.average_precision(counts[1]) - metrics.average_precision(counts[0])
    names, plates, look = run_labels(runs), [], []
    chosen = {"gains": int(gain.argmax()), "loses": int(gain.argmin())}
    for what, query in chosen.items():
        if (gain[query] > 0) != (what == "gains") or gain[query] == 0:
            continue
        plate, sentence = _change(first, second, dataset, query, (names[0], names[1]), names[2:])
        plates.append(plate)
        look.append(
            f"Of all queries this one {what} most, {gain[query]:+.3f} in average precision: "
            f"{sentence}".replace("-", "−", 1)
        )
    if plates:
        yield Section(
            "What enters, what leaves",
            plates,
            f"The first {SHOWN} results of {names[0]} above, of {names[1]} below. Lines join the "
            "images that both show. A box holds results at one distance, whose order says nothing; "
            "what another order could have kept out or let in is called a tie, not a change.",
            look,
        )


def _change(
    first: Run,
    second: Run,
    dataset: Dataset,
    query: int,
    names: tuple[str, str],
    missing: Sequence[str],
) -> tuple[Plate, str]:
    """One query in two runs, and the difference in words."""
    away = [distances(r.query_packed[query : query + 1], r.database_packed)[0]
            for r in (first, second)]  # fmt: skip
    found = [nearest(far, SHOWN).tolist() for far in away]
    shown = sorted({*found[0], *found[1]})
    place = {row: i for i, row in enumerate(shown)}
    before, after = ([place[row] for row in rows] for rows in found)
    relevant = (first.database_labels[shown] & first.query_labels[query]).any(1)
    right = [int(relevant[rows].sum()) for rows in (before, after)]
    far = (far_and_equal(away[0], shown), far_and_equal(away[1], shown))

    def draw(count: int) -> Callable[[Axes], Axes]:
        return lambda ax: plots.results_change(
            dataset.images[first.query_index[query]],
            [dataset.images[first.database_index[row]] for row in shown],
            before[:count],
            after[:count],
            relevant=relevant,
            far=far,
            names=names,
            ax=ax,
        )

    width, height = plots.results_change_size(len(before), ties=True)
    width_, height_ = plots.results_change_size(len(before[: SHOWN // 2]), ties=True)
    plate = Plate(
        f"Query {query} in two runs",
        draw(SHOWN),
        7.4 * height / width,
        draw(SHOWN // 2),
        NARROW * height_ / width_,
        width=7.4,
        name="results_change",
        missing=tuple(missing),
    )
    return plate, f"{right[0]} right results became {right[1]}."
