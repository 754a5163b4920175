"""The chapter of example queries."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from hashviz import metrics, plots
from hashviz.codes import distances, nearest
from hashviz.data import Dataset
from hashviz.report.naming import label_names
from hashviz.report.plates import NARROW, Plate, Section
from hashviz.runs import Run

RESULTS = 10


def retrieval_sections(
    run: Run, counts: metrics.DistanceCounts, dataset: Dataset | None
) -> Iterator[Section]:
    """The typical, a weak and the worst query, by average precision."""
    if dataset is None:
        return
    precision = metrics.average_precision(counts, run.data.get("k"))
    order = np.argsort(-precision, kind="stable")
    last = len(order) - 1
    chosen = {
        "A typical query": (last // 2, "half of the queries do at least as well"),
        "A weak query": (last * 9 // 10, "nine in ten do at least as well"),
        "The worst query": (last, "no query does worse"),
    }
    plates, look, seen = [], [], set()
    for kind, (place, among) in chosen.items():
        query = int(order[place])
        value = f"{precision[query]:.3f}"
        if value in seen:
            continue
        seen.add(value)
        plate, right, shown, tied = results_plate(run, dataset, query, kind)
        plates.append(plate)
        sentence = (
            f"{kind} has an average precision of {value} ({among}); "
            f"{right} of its first {shown} results share a label with it"
        )
        if tied > 1:
            sentence += f", and {tied:,} database images are as near as the last one shown"
        look.append(sentence + ".")
    yield Section(
        "What the search returns",
        plates,
        "At the left stands a query, at the right the images whose codes are nearest to its own. "
        "Images in one box lie at the same distance: the code cannot say which of them is nearer, "
        "and their order here is that of the data set.",
        look,
    )


def results_plate(
    run: Run, dataset: Dataset, query: int, caption: str
) -> tuple[Plate, int, int, int]:
    """The figure of one query, and: how many results are right, shown, and equal to the last."""
    far = distances(run.query_packed[query : query + 1], run.database_packed)[0]
    order = nearest(far, RESULTS)
    equal = np.bincount(far)[far[order]]
    relevant = (run.database_labels[order] & run.query_labels[query]).any(1)
    options: dict[str, Any] = {
        "relevant": relevant,
        "captions": [label_names(run, row) for row in run.database_labels[order]],
        "query_caption": label_names(run, run.query_labels[query]),
        "equal": equal,
        "query_code": run.query_codes[query],
        "result_codes": run.database_codes[order],
    }

    def draw(columns: int) -> Callable[[Axes], Axes]:
        return lambda ax: plots.query_results(
            dataset.images[run.query_index[query]],
            [dataset.images[i] for i in run.database_index[order]],
            far[order],
            columns=columns,
            ax=ax,
            **options,
        )

    wide, narrow = min(5, len(order)), min(3, len(order))
    sizes = [plots.query_results_size(len(order), run.config.bits, c) for c in (wide, narrow)]
    (width, height), (width_, height_) = sizes
    scale = 7.4 / width
    plate = Plate(
        caption,
        draw(wide),
        height * scale,
        draw(narrow),
        height_ * NARROW / width_,
        width=7.4,
        name="query_results",
    )
    return plate, int(relevant.sum()), len(order), int(equal[-1]) if len(order) else 0
