"""Notebook 13: a card that says all that a score hides, and stands a recomputation."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from hashviz import metrics
from hashviz.metrics.comparison import mean_interval
from hashviz_course.check.asking import Asked
from hashviz_course.check.core import Exercise, Rule
from hashviz_course.check.words import shown

Runs = dict[int, dict[str, Any]]
Card = dict[str, Any]
TIE_ORDERS = {"mean": "expected", "best": "optimistic", "worst": "pessimistic"}
"""The words of a card, and those of `metrics.average_precision`."""
DENOMINATORS = ("hits", "relevant", "reachable")
KEYS = ("queries", "database", "shared", "k", "denominator", "ties", "seeds", "map", "mean",
        "half_width")  # fmt: skip
ROUNDED = 6e-4
"""Three digits are enough."""


def made(seeds: int, bits: int, classes: int, leaking: int = 0) -> Runs:
    """Runs of a noisy method on 12 queries and 40 pictures, with shared ones if it leaks."""
    runs = {}
    for seed in range(seeds):
        rng = np.random.default_rng([15, seed, bits])
        order = rng.permutation(60)
        labels = rng.integers(0, classes, 60)
        centers = rng.choice([-1, 1], (classes, bits))
        codes = centers[labels] * rng.choice([-1, 1], (60, bits), p=(0.3, 0.7))
        query, database = order[:12], order[12 - leaking : 52 - leaking]
        runs[seed] = {
            "query_index": query, "query_codes": codes[query], "query_labels": labels[query],
            "database_index": database, "database_codes": codes[database],
            "database_labels": labels[database],
        }  # fmt: skip
    return runs


def one_run() -> Iterator[tuple[Runs]]:
    """One seed, short codes with many ties."""
    yield (made(1, 2, 2),)
    yield (made(1, 8, 3),)


def several_runs() -> Iterator[tuple[Runs]]:
    """Three seeds and five."""
    yield (made(3, 4, 2),)
    yield (made(5, 12, 4),)


def leaking_runs() -> Iterator[tuple[Runs]]:
    """Some queries lie in the database, too."""
    yield (made(2, 8, 3, leaking=5),)


def read(ask: Asked, runs: Runs) -> Card:
    """The card as a dictionary, be it one or its JSON."""
    came = ask(runs)
    card = json.loads(came) if isinstance(came, str) else json.loads(json.dumps(came))
    if not isinstance(card, dict):
        raise TypeError("a card is a dictionary")
    return card


def is_a_card(ask: Asked, runs: Runs) -> str | None:
    """Judge: JSON with all entries."""
    try:
        card = read(ask, runs)
    except (TypeError, ValueError) as error:
        return f"{ask.name} gave {shown(ask.answer)}, which is no JSON of a card ({error})."
    missing = [key for key in KEYS if key not in card]
    return f"The card lacks {', '.join(missing)}." if missing else None


def states_the_split(ask: Asked, runs: Runs) -> str | None:
    """Judge: sizes, and how many pictures are on both sides."""
    card, run = read(ask, runs), next(iter(runs.values()))
    shared = np.isin(run["query_index"], run["database_index"]).sum()
    right = {"queries": len(run["query_index"]), "database": len(run["database_index"]),
             "shared": int(shared)}  # fmt: skip
    for key, value in right.items():
        if card[key] != value:
            return f"The card says {key}: {shown(card[key])}, counted: {value}."
    if card["seeds"] != list(runs):
        return f"The card says seeds: {shown(card['seeds'])}, the runs have {list(runs)}."
    return None


def states_the_metric(ask: Asked, runs: Runs) -> str | None:
    """Judge: k, denominator and ties in words that are known."""
    card = read(ask, runs)
    whole = isinstance(card["k"], int) and not isinstance(card["k"], bool) and card["k"] >= 1
    if card["k"] is not None and not whole:
        return f"k is a whole number, or null for the whole database, got {shown(card['k'])}."
    for key, known in (("denominator", DENOMINATORS), ("ties", TIE_ORDERS)):
        if card[key] not in known:
            return f"{key} is one of {', '.join(known)}, got {shown(card[key])}."
    return None


def recomputed(ask: Asked, runs: Runs) -> str | None:
    """Judge: what the card states gives the scores that it states."""
    card = read(ask, runs)
    if not isinstance(card["map"], list) or len(card["map"]) != len(runs):
        return f"map is a list with one value for each of {len(runs)} seeds."
    for (seed, run), said in zip(runs.items(), card["map"], strict=True):
        arrays = [run[f"{side}_{kind}"] for side in ("query", "database")
                  for kind in ("codes", "labels")]  # fmt: skip
        counts = metrics.distance_counts(*arrays)
        order = TIE_ORDERS[card["ties"]]
        right = float(
            metrics.average_precision(counts, card["k"], card["denominator"], order).mean()
        )
        if not isinstance(said, int | float) or abs(said - right) > ROUNDED:
            return (
                f"Seed {seed}: with k={shown(card['k'])}, divided by {card['denominator']}, ties: "
                f"{card['ties']}, mAP is {right:.4f}; the card says {shown(said)}."
            )
    return None


def has_an_interval(ask: Asked, runs: Runs) -> str | None:
    """Judge: mean and 95 % interval of the scores of the card; one seed has none."""
    card = read(ask, runs)
    right = mean_interval(card["map"])
    for key, value in (("mean", right.mean), ("half_width", right.half_width)):
        said = card[key]
        if value is None and said is not None:
            return f"One seed has no interval: {key} is null, the card says {shown(said)}."
        if value is not None and (
            not isinstance(said, int | float) or abs(said - value) > ROUNDED * (1 + 2 * value)
        ):
            return f"{key} of {len(runs)} seeds is {value:.4f}, the card says {shown(said)}."
    return None


report_card = Exercise(
    name="report_card",
    notebook="13",
    passed="report_card states split, k, denominator, ties and seeds, and stands recomputation.",
    rules=(
        Rule("The card is JSON with all ten entries.", one_run, is_a_card),
        Rule("It says who asked, who answered, and with which seeds.", one_run, states_the_split),
        Rule("It says k, denominator and ties in the words of the course.", one_run,
             states_the_metric),
        Rule("Recomputed from the card, mAP is the same.", one_run, recomputed),
        Rule("The same holds for several seeds.", several_runs, recomputed),
        Rule("It says how many queries lie in the database.", leaking_runs, states_the_split),
        Rule("One seed has no interval.", one_run, has_an_interval),
        Rule("Several seeds have a mean and a 95 % interval.", several_runs, has_an_interval),
    ),
    hints=(
        "Count first: len of the indices, and how many of query_index are in database_index. Then "
        "one mAP per seed, by metrics.distance_counts and metrics.average_precision.",
        'The library takes the mean over all orders of ties ("mean") and divides by "relevant" '
        "when you ask for it: average_precision(counts, None, \"relevant\"). k = None means all.",
        "interval = comparison.mean_interval(scores); then mean is interval.mean and half_width is "
        "interval.half_width, which is None for one seed.",
    ),
)  # fmt: skip
