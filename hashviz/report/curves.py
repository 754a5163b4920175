"""The chapters of curves: precision and recall, training."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from hashviz import metrics, plots
from hashviz.report.plates import Plate, Section
from hashviz.runs import Run


def curve_section(run: Run, counts: metrics.DistanceCounts) -> Section:
    """Precision against recall by radius, precision among the first N."""
    found, recall, empty = radius_curve(run)
    chance = float((counts.relevant.sum(1) / max(counts.database, 1)).mean())
    ranks = fine_ranks(counts)
    precision = metrics.precision_at(counts, ranks).mean(0)
    band = (
        metrics.precision_at(counts, ranks, "pessimistic").mean(0),
        metrics.precision_at(counts, ranks, "optimistic").mean(0),
    )
    radius = min(2, run.config.bits)
    hundred = min(100, counts.database)
    first = float(metrics.precision_at(counts, [hundred]).mean())
    within = f"Within {radius} bits a query finds {recall[radius]:.0%} of what is relevant"
    if empty[radius] == 1:
        within += ": no query finds anything there."
    else:
        within += f", at a precision of {found[radius]:.3f}."
    if 0 < empty[radius] < 1:
        within += (
            f" {empty[radius]:.1%} of the queries find nothing there and are left out; counted as "
            f"0, as in many papers, they would make it {(1 - empty[radius]) * found[radius]:.3f}."
        )
    look = [
        within,
        f"Of the first {hundred} results {first:.0%} are relevant; chance would give {chance:.0%}.",
    ]
    return Section(
        "Precision and recall",
        [
            Plate(
                "Precision and recall by radius",
                lambda ax: plots.precision_recall(
                    found,
                    recall,
                    empty=empty,
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
        "By radius, everything within a Hamming radius r is returned: a larger radius finds more "
        "(recall) of which less is relevant (precision). By rank, the first N are returned; "
        "inside equal distances the value is the mean over all orders.",
        look,
    )


def radius_curve(run: Run) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Precision of the balls that hold an image (nan if none does), recall, share of empty balls.

    The scores of a run count an empty ball as precision 0; without them the mean is larger by the
    share of the others.
    """
    curve = {k: np.array(v, float) for k, v in run.scores["radius_curve"].items()}
    some = 1 - curve["empty"]
    precision = np.divide(curve["precision"], some, np.full(len(some), np.nan), where=some > 0)
    return precision, curve["recall"], curve["empty"]


def fine_ranks(counts: metrics.DistanceCounts, step: float = 0.02) -> np.ndarray:
    """Ranks on a logarithmic scale, and between them as many that no curve has a corner of its own.

    From one to the next neither mean precision nor mean recall changes by more than `step`, except
    where they are neighbors.
    """
    ranks = np.geomspace(1, counts.database, 30)
    ranks = np.unique(np.r_[10.0 ** np.arange(5), ranks].clip(1, counts.database).round())
    while True:
        at = ranks.astype(int)
        means = [metric(counts, at).mean(0) for metric in (metrics.precision_at, metrics.recall_at)]
        wide = (np.abs(np.diff(means)).max(0) > step) & (np.diff(ranks) > 1)
        if not wide.any():
            return at
        middle = np.sqrt(ranks[1:] * ranks[:-1]).round()
        ranks = np.unique(np.r_[ranks, middle[wide]])


@dataclass(frozen=True)
class RankCurve:
    """Precision and recall of the first N results, and both in the worst and best order of ties."""

    ranks: np.ndarray
    mean: plots.Curve
    worst: plots.Curve
    best: plots.Curve

    @classmethod
    def of(cls, counts: metrics.DistanceCounts, ranks: np.ndarray) -> "RankCurve":
        """Means over the queries at these ranks."""

        def curve(ties: str) -> plots.Curve:
            return (
                metrics.precision_at(counts, ranks, ties).mean(0),
                metrics.recall_at(counts, ranks, ties).mean(0),
            )

        return cls(ranks, curve("expected"), curve("pessimistic"), curve("optimistic"))

    def draw(self, ax: Axes, **options: Any) -> Axes:
        """Draw it; `options` are those of `plots.precision_recall_by_rank`."""
        return plots.precision_recall_by_rank(
            self.ranks, *self.mean, worst=self.worst, best=self.best, ax=ax, **options
        )


def rank_plate(counts: metrics.DistanceCounts, ranks: np.ndarray, chance: float) -> Plate:
    """Precision against recall by rank, with what the best and the worst order of ties give."""
    curve = RankCurve.of(counts, ranks)
    return Plate(
        "Precision and recall by rank",
        lambda ax: curve.draw(ax, chance=chance),
        4.0,
        narrow_height=3.2,
        name="precision_recall_by_rank",
    )


def history_plates(run: Run) -> tuple[list[Plate], list[str]]:
    """What the codes of a few images did over training, and what to look for."""
    history = run.codes_over_training
    if history is None or len(history) < 2:
        return [], []
    window = max(2, len(history) // 5)
    flips, quiet = metrics.bit_flips(history), metrics.quiet_share(history, window)
    labels = run.database_labels[: history.shape[1]]
    centers = run.centers
    target = None
    if centers is not None and labels[0].sum() == 1:
        target = centers[int(labels[0].argmax())]
    height = min(1.7 + 0.16 * len(history), 5.4)
    plates = [
        Plate(
            f"Bits that flip, of {history.shape[1]} images of the database",
            lambda ax: plots.bit_flips(flips, quiet, window=window, ax=ax),
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
    sentence = (
        f"From one epoch to the next {flips.mean():.1%} of the bits flip on average over the "
        f"training, {flips[-1].mean():.1%} at its end"
    )
    if np.isfinite(quiet[-1]):
        sentence += f"; {quiet[-1]:.1%} have not flipped in the last {window} epochs"
    return plates, [sentence + "."]


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
