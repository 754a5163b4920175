"""The chapters of curves: precision and recall, training."""

from collections.abc import Iterator

import numpy as np

from hashviz import metrics, plots
from hashviz.report.plates import Plate, Section
from hashviz.runs import Run


def curve_section(run: Run, counts: metrics.DistanceCounts) -> Section:
    """Precision against recall by radius, precision among the first N."""
    scores = run.scores
    curve = {k: np.array(v, float) for k, v in scores["radius_curve"].items()}
    chance = float((counts.relevant.sum(1) / max(counts.database, 1)).mean())
    ranks = np.unique(np.geomspace(1, counts.database, 30).round().astype(int))
    precision = metrics.precision_at(counts, ranks).mean(0)
    band = (
        metrics.pessimistic_precision_at(counts, ranks).mean(0),
        metrics.optimistic_precision_at(counts, ranks).mean(0),
    )
    radius = min(2, run.config.bits)
    hundred = min(100, counts.database)
    first = float(metrics.precision_at(counts, [hundred]).mean())
    look = [
        f"Within {radius} bits a query finds {curve['recall'][radius]:.0%} of what is relevant, at "
        f"a precision of {curve['precision'][radius]:.3f}; {curve['empty'][radius]:.1%} of the "
        "queries find nothing there, which counts as 0.",
        f"Of the first {hundred} results {first:.0%} are relevant; chance would give {chance:.0%}.",
    ]
    return Section(
        "Precision and recall",
        [
            Plate(
                "Precision and recall by radius",
                lambda ax: plots.precision_recall(
                    curve["precision"],
                    curve["recall"],
                    chance=chance,
                    radii=range(run.config.bits + 1),
                    ax=ax,
                ),
                4.0,
                narrow_height=3.2,
                name="precision_recall",
            ),
            Plate(
                "Precision among the first N results",
                lambda ax: plots.precision_at_n(ranks, precision, band=band, chance=chance, ax=ax),
                3.4,
                narrow_height=2.9,
                name="precision_at_n",
            ),
        ],
        "Above, everything within a Hamming radius r is returned: a larger radius finds more "
        "(recall) of which less is relevant (precision). Below, the first N results are returned; "
        "inside equal distances the value is the mean over all orders.",
        look,
    )


def training_sections(run: Run) -> Iterator[Section]:
    """The loss terms, for a method that is trained."""
    terms = run.terms
    epochs = run.history.get("epoch", np.zeros(0))
    if not len(epochs) or not terms:
        return
    total = np.sum(list(terms.values()), axis=0)
    largest = max(terms, key=lambda name: terms[name][-1])
    seconds = run.history["seconds"][-1] if "seconds" in run.history else None
    clock = "" if seconds is None else f" and {seconds:.1f} seconds"
    look = [
        f"The loss went from {total[0]:.3g} to {total[-1]:.3g} in {len(epochs)} epochs{clock}.",
        f"At the end '{largest}' weighs most, with {terms[largest][-1]:.3g}.",
    ]
    yield Section(
        "Training",
        [
            Plate(
                "Terms of the loss",
                lambda ax: plots.training_terms(epochs, terms, ax=ax),
                3.4,
                narrow_height=2.9,
                name="training_terms",
            )
        ],
        "The loss is a sum of named terms, drawn with the weight they have in it. The last epoch "
        "is what is scored above, not the best one.",
        look,
    )
