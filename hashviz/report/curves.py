"""The chapters of curves: precision and recall, training."""

from collections.abc import Callable, Iterator

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
            rank_plate(counts, ranks, chance),
        ],
        "Above, everything within a Hamming radius r is returned: a larger radius finds more "
        "(recall) of which less is relevant (precision). Below, the first N results are returned; "
        "inside equal distances the value is the mean over all orders.",
        look,
    )


def rank_plate(counts: metrics.DistanceCounts, ranks: np.ndarray, chance: float) -> Plate:
    """Precision against recall by rank, with what the best and the worst order of ties give."""

    def mean(metric: Callable[..., np.ndarray]) -> np.ndarray:
        return metric(counts, ranks).mean(0)

    return Plate(
        "Precision and recall by rank",
        lambda ax: plots.precision_recall_by_rank(
            ranks,
            mean(metrics.precision_at),
            mean(metrics.recall_at),
            worst=(mean(metrics.pessimistic_precision_at), mean(metrics.pessimistic_recall_at)),
            best=(mean(metrics.optimistic_precision_at), mean(metrics.optimistic_recall_at)),
            chance=chance,
            ax=ax,
        ),
        4.0,
        narrow_height=3.2,
        name="precision_recall_by_rank",
    )


def history_plates(run: Run) -> tuple[list[Plate], list[str]]:
    """What the codes of a few images did over training, and what to look for."""
    history = run.codes_over_training
    if history is None or len(history) < 2:
        return [], []
    flips, settled = metrics.bit_flips(history), metrics.settled_share(history)
    labels = run.database_labels[: history.shape[1]]
    centers = run.centers
    target = None
    if centers is not None and labels[0].sum() == 1:
        target = centers[int(labels[0].argmax())]
    height = min(1.7 + 0.16 * len(history), 5.4)
    plates = [
        Plate(
            f"Bits that flip, of {history.shape[1]} images of the database",
            lambda ax: plots.bit_flips(flips, settled, ax=ax),
            3.6,
            narrow_height=3.0,
            name="bit_flips",
        ),
        Plate(
            "The code of one image, epoch by epoch",
            lambda ax: plots.code_history(history[:, 0], target=target, ax=ax),
            height,
            narrow_height=height,
            name="code_history",
        ),
    ]
    half = int(np.argmax(settled >= 0.5)) + 1
    return plates, [
        f"In the last epoch {flips[-1].mean():.1%} of the bits still flip; half of all bits have "
        f"their last value from epoch {half} on."
    ]


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
    plates, sentences = history_plates(run)
    look += sentences
    yield Section(
        "Training",
        [
            Plate(
                "Terms of the loss",
                lambda ax: plots.training_terms(epochs, terms, ax=ax),
                3.4,
                narrow_height=2.9,
                name="training_terms",
            ),
            *plates,
        ],
        "The loss is a sum of named terms, drawn with the weight they have in it. The last epoch "
        "is what is scored above, not the best one.",
        look,
    )
