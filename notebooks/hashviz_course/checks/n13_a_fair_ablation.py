"""Notebook 13: a bug hunt among ten evaluators, and a report card that hides nothing."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from hashviz import metrics
from hashviz.metrics.comparison import mean_interval
from hashviz_course.checks.exercise import Attempt, Exercise, Rule, Wrong
from hashviz_course.checks.n13_evaluators import SUSPECTS, Case, Evaluator, right_value
from hashviz_course.checks.values import shown

# ---------------------------------------------------------------- find_bugs

WANTED = 6
MOST_CASES, MOST_QUERIES, MOST_ITEMS, MOST_BITS, MOST_LABELS = 3, 2, 6, 24, 4
TOLERANCE = 1e-6
CASE_KEYS = ("query_outputs", "database_outputs", "query_labels", "database_labels", "k")

EVALUATORS: dict[int, Evaluator] = {
    number: suspect.evaluate for number, suspect in enumerate(SUSPECTS)
}
"""The suspects by their number."""


def convicted(case: Case) -> dict[int, tuple[float, float]]:
    """Return the evaluators that are wrong on a case, each with its own value and the right one.

    Raises:
        ValueError: when it is no case, or too large to be read.
    """
    require_case(case)
    right = right_value(case)
    values = {number: evaluate(case) for number, evaluate in EVALUATORS.items()}
    return {n: (value, right) for n, value in values.items() if abs(value - right) > TOLERANCE}


def require_case(case: Any) -> None:
    """Raise ValueError, with the reason, for what is no case of the hunt."""
    if not isinstance(case, dict) or sorted(case) != sorted(CASE_KEYS):
        raise ValueError(f"A case is a dictionary with {', '.join(CASE_KEYS)}, got {shown(case)}.")
    sizes = {}
    for key in CASE_KEYS[:4]:
        try:
            array = np.asarray(case[key], float)
        except (TypeError, ValueError):
            array = np.zeros(0)
        if array.ndim != 2 or not array.size or not np.isfinite(array).all():
            rows = f"{key} is a list of rows of equally many numbers"
            raise ValueError(f"{rows}, got {shown(case[key])}.")
        if key.endswith("labels") and not np.isin(array, (0, 1)).all():
            raise ValueError(f"{key} holds zeros and ones, got {shown(case[key])}.")
        sizes[key] = array.shape
    for kind, most in (("outputs", MOST_BITS), ("labels", MOST_LABELS)):
        width = sizes[f"query_{kind}"][1]
        if width != sizes[f"database_{kind}"][1]:
            raise ValueError(f"Queries and database have equally long rows of {kind}.")
        if width > most:
            raise ValueError(f"A case has at most {most} numbers in a row of {kind}, got {width}.")
    for side, most in (("query", MOST_QUERIES), ("database", MOST_ITEMS)):
        count = sizes[f"{side}_outputs"][0]
        if count != sizes[f"{side}_labels"][0]:
            raise ValueError(f"Every picture of the {side} has outputs and labels.")
        if count > most:
            raise ValueError(f"A case has at most {most} pictures as {side}, got {count}.")
    if not is_cut(case["k"]):
        raise ValueError(f"k is a whole number, 1 or more, got {shown(case['k'])}.")


def is_cut(k: Any) -> bool:
    """Return whether k is a whole number, 1 or more."""
    return isinstance(k, int) and not isinstance(k, bool) and k >= 1


def suspects() -> Iterator[tuple[dict[int, Evaluator]]]:
    """Make one case: all ten at once."""
    yield (EVALUATORS,)


def are_cases(attempt: Attempt, evaluators: dict[int, Evaluator]) -> None:
    """Judge: a short list of small cases."""
    came = attempt(evaluators)
    if not isinstance(came, list | tuple) or not came:
        raise Wrong(f"{attempt.name} gave {shown(came)}, expected a list of cases.")
    if len(came) > MOST_CASES:
        raise Wrong(f"{attempt.name} gave {len(came)} cases, expected {MOST_CASES} at most.")
    for number, case in enumerate(came):
        try:
            require_case(case)
        except ValueError as error:
            raise Wrong(f"Case {number}: {error}") from None


def convict_enough(attempt: Attempt, evaluators: dict[int, Evaluator]) -> None:
    """Judge: six suspects give a wrong value on at least one of the cases."""
    found = {number for case in attempt(evaluators) for number in convicted(case)}
    if len(found) < WANTED:
        names = ", ".join(map(str, sorted(found))) or "none"
        raise Wrong(f"Your cases convict {len(found)} of {len(EVALUATORS)} evaluators: {names}.")


find_bugs = Exercise(
    name="find_bugs",
    notebook="13",
    passed="find_bugs convicts six evaluators or more, and each counter-example is proven.",
    rules=(
        Rule("The result is a list of three small cases at most.", suspects, are_cases),
        Rule(f"Together the cases convict {WANTED} evaluators.", suspects, convict_enough),
    ),
    hints=(
        "Think of what is rare: an output of exactly 0, a query that finds nothing, a "
        "picture with two labels, k as large as the database, two equal distances.",
        "One case can hold several of these. Put a far picture that is relevant behind a tie, and "
        "use more than 8 bits, so that a code is more than one byte.",
        "A first case: {'query_outputs': [[1] * 16], 'database_outputs': [[1] * 16, [-1] * 3 + "
        "[1] * 13, [-1] + [1] * 7 + [-1] + [1] * 7], 'query_labels': [[0, 1]], "
        "'database_labels': [[1, 0], [1, 0], [1, 1]], 'k': 3}",
    ),
)

# ---------------------------------------------------------------- report_card

Runs = dict[int, dict[str, Any]]
Card = dict[str, Any]
TIE_ORDERS = {"mean": "expected", "best": "optimistic", "worst": "pessimistic"}
"""The words of a card, and those of `metrics.average_precision`."""
DENOMINATORS = ("hits", "relevant", "reachable")
CARD_KEYS = ("queries", "database", "shared", "k", "denominator", "ties", "seeds", "map", "mean",
             "half_width")  # fmt: skip
ROUNDED = 6e-4
"""Three digits are enough."""


def made(seeds: int, bits: int, classes: int, leaking: int = 0) -> Runs:
    """Make runs of a noisy method on 12 queries and 40 pictures, shared ones if it leaks."""
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
    """Make one seed, short codes with many ties."""
    yield (made(1, 2, 2),)
    yield (made(1, 8, 3),)


def several_runs() -> Iterator[tuple[Runs]]:
    """Make three seeds and five."""
    yield (made(3, 4, 2),)
    yield (made(5, 12, 4),)


def leaking_runs() -> Iterator[tuple[Runs]]:
    """Make runs with some queries in the database, too."""
    yield (made(2, 8, 3, leaking=5),)


def read(attempt: Attempt, runs: Runs) -> Card:
    """Judge: JSON or a dictionary with all entries; return it."""
    came = attempt(runs)
    try:
        card = json.loads(came if isinstance(came, str) else json.dumps(came))
    except (TypeError, ValueError) as error:
        raise Wrong(f"{attempt.name} gave {shown(came)}, which is no JSON ({error}).") from None
    if not isinstance(card, dict):
        raise Wrong(f"{attempt.name} gave {shown(came)}; a card is a dictionary.")
    missing = [key for key in CARD_KEYS if key not in card]
    if missing:
        raise Wrong(f"The card lacks {', '.join(missing)}.")
    return card


def states_the_split(attempt: Attempt, runs: Runs) -> None:
    """Judge: sizes, and how many pictures are on both sides."""
    card, run = read(attempt, runs), next(iter(runs.values()))
    queries, database = run["query_index"], run["database_index"]
    right = {"queries": len(queries), "database": len(database),
             "shared": int(np.isin(queries, database).sum()), "seeds": list(runs)}  # fmt: skip
    for key, value in right.items():
        if card[key] != value:
            raise Wrong(f"The card says {key}: {shown(card[key])}; the runs have {shown(value)}.")


def states_the_metric(attempt: Attempt, runs: Runs) -> None:
    """Judge: k, denominator and ties in words that are known."""
    card = read(attempt, runs)
    if card["k"] is not None and not is_cut(card["k"]):
        whole = "k is a whole number, or null for the whole database"
        raise Wrong(f"{whole}, got {shown(card['k'])}.")
    for key, known in (("denominator", DENOMINATORS), ("ties", TIE_ORDERS)):
        if card[key] not in known:
            raise Wrong(f"{key} is one of {', '.join(known)}, got {shown(card[key])}.")


def recomputed(attempt: Attempt, runs: Runs) -> None:
    """Judge: what the card states gives the scores that it states."""
    card = read(attempt, runs)
    if not isinstance(card["map"], list) or len(card["map"]) != len(runs):
        raise Wrong(f"map is a list with one value for each of {len(runs)} seeds.")
    for (seed, run), score in zip(runs.items(), card["map"], strict=True):
        counts = metrics.distance_counts(
            run["query_codes"], run["query_labels"], run["database_codes"], run["database_labels"]
        )
        order = TIE_ORDERS[card["ties"]]
        scores = metrics.average_precision(counts, card["k"], card["denominator"], order)
        right = float(scores.mean())
        if not is_close(score, right):
            how = f"with k={shown(card['k'])}, divided by {card['denominator']}"
            says = f"mAP is {right:.4f}; the card says {shown(score)}"
            raise Wrong(f"Seed {seed}: {how}, ties: {card['ties']}, {says}.")


def has_an_interval(attempt: Attempt, runs: Runs) -> None:
    """Judge: mean and 95 % interval of the scores of the card; one seed has none."""
    card = read(attempt, runs)
    right = mean_interval(card["map"])
    for key, value in (("mean", right.mean), ("half_width", right.half_width)):
        says = f"the card says {shown(card[key])}"
        if value is None and card[key] is not None:
            raise Wrong(f"One seed has no interval: {key} is null, {says}.")
        if value is not None and not is_close(card[key], value, 1 + 2 * value):
            raise Wrong(f"{key} of {len(runs)} seeds is {value:.4f}, {says}.")


def is_close(number: Any, right: float, factor: float = 1.0) -> bool:
    """Return whether something is a number that may be rounded to three digits."""
    return isinstance(number, int | float) and abs(number - right) <= ROUNDED * factor


report_card = Exercise(
    name="report_card",
    notebook="13",
    passed="report_card states split, k, denominator, ties and seeds, and can be recomputed.",
    rules=(
        Rule("The card is JSON with all ten entries.", one_run, read),
        Rule("It says how many queries and database pictures there are, and which seeds.", one_run, states_the_split),
        Rule("It says k, denominator and ties in the words of the course.", one_run,
             states_the_metric),
        Rule("Recomputed from the card, mAP is the same.", one_run, recomputed),
        Rule("The same holds for several seeds.", several_runs, recomputed),
        Rule("It says how many queries are in the database.", leaking_runs, states_the_split),
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
