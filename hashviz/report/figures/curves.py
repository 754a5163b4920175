"""Curves: precision and recall, training."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from hashviz import metrics, plots
from hashviz.report.registry import Items, Need, Subject, figure, plate
from hashviz.runs import Run

CURVES, TRAINING = "Precision and recall", "Training"
TRAINED = Need("it was fitted without epochs", lambda run, s: bool(run.terms))
EPOCHS = Need(
    "the codes of its epochs were not kept",
    lambda run, s: run.codes_over_training is not None and len(run.codes_over_training) >= 2,
)


def chance_of(counts: metrics.DistanceCounts) -> float:
    """Return the precision of results in random order."""
    return float((counts.relevant.sum(1) / max(counts.database, 1)).mean())


@figure("run", CURVES, "precision against recall, of one run by radius, of several by rank")
def precision_recall(s: Subject) -> Items:
    """Show precision against recall by radius."""
    found, recall, empty = radius_curve(s.run)
    radii, radius = range(s.run.config.bits + 1), min(2, s.run.config.bits)
    options = {"empty": empty, "chance": chance_of(s.counts[0]), "radii": radii}
    yield plate("Precision and recall by radius", 4.0, found, recall, **options)
    if empty[radius] == 1:
        yield f"Within {radius} bits no query finds anything."
        return
    yield f"Within {radius} bits a query finds {recall[radius]:.0%} of what is relevant."
    yield f"The precision there is {found[radius]:.3f}."
    if empty[radius] > 0:
        yield f"{empty[radius]:.1%} of the queries find nothing there and are left out."
        zeros = (1 - empty[radius]) * found[radius]
        yield f"Counted as 0, as in many papers, they would make the precision {zeros:.3f}."


@figure("run", CURVES, "precision among the first N results")
def precision_at_n(s: Subject) -> Items:
    """Show precision among the first N."""
    (counts,), (curve,) = s.counts, rank_curves(s)
    band, chance = (curve.worst[0], curve.best[0]), chance_of(counts)
    title = "Precision among the first N results"
    yield plate(title, (3.4, 2.9), curve.ranks, curve.mean[0], band=band, chance=chance)
    few = min(100, counts.database)
    first = float(metrics.precision_at(counts, [few]).mean())
    yield f"Of the first {few} results {first:.0%} are relevant; chance would give {chance:.0%}."


@figure("run", CURVES, "precision against recall by rank, with ties")
def precision_recall_by_rank(s: Subject) -> Items:
    """Show precision against recall by rank, in the best and the worst order of ties too."""
    (curve,) = rank_curves(s)
    options = {"worst": curve.worst, "best": curve.best, "chance": chance_of(s.counts[0])}
    yield plate("Precision and recall by rank", 4.0, curve.ranks, *curve.mean, **options)


def radius_curve(run: Run) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return precision over balls that hold an image (nan if none does), recall, empty share.

    The scores of a run count an empty ball as precision 0; without them the mean is larger by the
    share of the others.
    """
    curve = {k: np.array(v, float) for k, v in run.scores["radius_curve"].items()}
    some = 1 - curve["empty"]
    precision = np.divide(curve["precision"], some, np.full(len(some), np.nan), where=some > 0)
    return precision, curve["recall"], curve["empty"]


def fine_ranks(counts: metrics.DistanceCounts, step: float = 0.02) -> np.ndarray:
    """Return ranks on a logarithmic scale, so many that no curve has a corner of its own.

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


class RankCurve(NamedTuple):
    """Precision and recall of the first N results, and both in the worst and best order of ties."""

    ranks: np.ndarray
    mean: plots.Curve
    worst: plots.Curve
    best: plots.Curve


@lru_cache(maxsize=1)
def rank_curves(s: Subject) -> list[RankCurve]:
    """Return the means over the queries of every run, at ranks that are fine enough."""
    curves = []
    for counts in s.counts:
        ranks = fine_ranks(counts)
        orders = [
            tuple(
                at(counts, ranks, ties).mean(0) for at in (metrics.precision_at, metrics.recall_at)
            )
            for ties in ("expected", "pessimistic", "optimistic")
        ]
        curves.append(RankCurve(ranks, *orders))
    return curves


@figure("run", TRAINING, "terms of the loss over the epochs", TRAINED)
def training_terms(s: Subject) -> Items:
    """Show the terms of the loss."""
    terms, epochs = s.run.terms, s.run.history.get("epoch", np.zeros(0))
    if not len(epochs):
        return
    yield plate("Terms of the loss", (3.4, 2.9), epochs, terms)
    total = np.sum(list(terms.values()), axis=0)
    largest = max(terms, key=lambda name: terms[name][-1])
    seconds = s.run.history.get("seconds")
    clock = "" if seconds is None else f" and {seconds[-1]:.1f} seconds"
    yield f"The loss went from {total[0]:.3g} to {total[-1]:.3g} in {len(epochs)} epochs{clock}."
    yield f"At the end '{largest}' weighs most, with {terms[largest][-1]:.3g}."


@figure("run", TRAINING, "bits that flip from epoch to epoch", TRAINED, EPOCHS)
def bit_flips(s: Subject) -> Items:
    """Show how many bits of a few images flip."""
    history, window = s.history, max(2, len(s.history) // 5)
    flips, quiet = metrics.bit_flips(history), metrics.quiet_share(history, window)
    title = f"Bits that flip, of {history.shape[1]} images of the database"
    yield plate(title, (3.6, 3.0), flips, quiet, window=window)
    yield f"From one epoch to the next {flips.mean():.1%} of the bits flip on average."
    yield f"At the end of the training {flips[-1].mean():.1%} flip."
    if np.isfinite(quiet[-1]):
        yield f"{quiet[-1]:.1%} have not flipped in the last {window} epochs."


@figure("run", TRAINING, "the code of one image, epoch by epoch", TRAINED, EPOCHS)
def code_history(s: Subject) -> Items:
    """Show the code of one image, and how far it is from the center of its class."""
    history, label, centers = s.history, s.run.database_labels[0], s.run.centers
    target = None if centers is None or label.sum() != 1 else centers[int(label.argmax())]
    high = min(1.7 + 0.16 * len(history), 5.4)
    title = "The code of one image, epoch by epoch"
    yield plate(title, (high, high), history[:, 0], target=target)
