"""Notebook 13: a bug hunt among ten evaluators, with as few cases as possible."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from hashviz_course.check.asking import Asked
from hashviz_course.check.core import Exercise, Rule
from hashviz_course.check.evaluators import SUSPECTS, Case, Evaluator, right_value
from hashviz_course.check.words import shown

WANTED = 6
MOST_CASES, MOST_QUERIES, MOST_ITEMS, MOST_BITS, MOST_LABELS = 3, 2, 6, 24, 4
TOLERANCE = 1e-6
KEYS = ("query_outputs", "database_outputs", "query_labels", "database_labels", "k")

EVALUATORS: dict[int, Evaluator] = {
    number: suspect.evaluate for number, suspect in enumerate(SUSPECTS)
}
"""The suspects by their number."""


def convicted(case: Case) -> dict[int, tuple[float, float]]:
    """Evaluators that are wrong on a case, each with its own value and the right one.

    Raises:
        ValueError: when it is no case, or too large to be read.
    """
    wrong = no_case(case)
    if wrong:
        raise ValueError(wrong)
    right = right_value(case)
    values = {number: evaluate(case) for number, evaluate in EVALUATORS.items()}
    return {n: (value, right) for n, value in values.items() if abs(value - right) > TOLERANCE}


def no_case(case: Any) -> str | None:
    """Why something is no case of the hunt; None when it is one."""
    if not isinstance(case, dict) or sorted(case) != sorted(KEYS):
        return f"A case is a dictionary with {', '.join(KEYS)}, got {shown(case)}."
    sizes = {}
    for key in KEYS[:4]:
        try:
            array = np.asarray(case[key], float)
        except (TypeError, ValueError):
            array = np.zeros(0)
        if array.ndim != 2 or not array.size or not np.isfinite(array).all():
            return f"{key} is a list of rows of equally many numbers, got {shown(case[key])}."
        if key.endswith("labels") and not np.isin(array, (0, 1)).all():
            return f"{key} holds zeros and ones, got {shown(case[key])}."
        sizes[key] = array.shape
    for kind in ("outputs", "labels"):
        if sizes[f"query_{kind}"][1] != sizes[f"database_{kind}"][1]:
            return f"Queries and database have equally long rows of {kind}."
    for side, most in (("query", MOST_QUERIES), ("database", MOST_ITEMS)):
        if sizes[f"{side}_outputs"][0] != sizes[f"{side}_labels"][0]:
            return f"Every picture of the {side} has outputs and labels."
        if sizes[f"{side}_outputs"][0] > most:
            return (
                f"A case has at most {most} pictures as {side}, got {sizes[f'{side}_labels'][0]}."
            )
    if sizes["query_outputs"][1] > MOST_BITS or sizes["query_labels"][1] > MOST_LABELS:
        return f"A case has at most {MOST_BITS} bits and {MOST_LABELS} labels."
    if isinstance(case["k"], bool) or not isinstance(case["k"], int) or case["k"] < 1:
        return f"k is a whole number, 1 or more, got {shown(case['k'])}."
    return None


def suspects() -> Iterator[tuple[dict[int, Evaluator]]]:
    """All ten at once."""
    yield (EVALUATORS,)


def are_cases(ask: Asked, evaluators: dict[int, Evaluator]) -> str | None:
    """Judge: a short list of small cases."""
    came = ask(evaluators)
    if not isinstance(came, list | tuple) or not came:
        return f"{ask.name} gave {shown(came)}, expected a list of cases."
    if len(came) > MOST_CASES:
        return f"{ask.name} gave {len(came)} cases, expected {MOST_CASES} at most."
    for number, case in enumerate(came):
        wrong = no_case(case)
        if wrong:
            return f"Case {number}: {wrong}"
    return None


def convict_enough(ask: Asked, evaluators: dict[int, Evaluator]) -> str | None:
    """Judge: six suspects give a wrong value on one of the cases at least."""
    found = {number for case in ask(evaluators) for number in convicted(case)}
    if len(found) >= WANTED:
        return None
    names = ", ".join(map(str, sorted(found))) or "none"
    return f"Your cases convict {len(found)} of {len(EVALUATORS)} evaluators: {names}."


find_bugs = Exercise(
    name="find_bugs",
    notebook="13",
    passed="find_bugs convicts six evaluators or more, and each counter-example is proven.",
    rules=(
        Rule("What comes back is a list of three small cases at most.", suspects, are_cases),
        Rule(f"Together the cases convict {WANTED} evaluators.", suspects, convict_enough),
    ),
    hints=(
        "Think of what happens seldom: an output of exactly 0, a query that finds nothing, a "
        "picture with two labels, k as large as the database, two equal distances.",
        "One case can hold several of these. Put a far picture that is relevant behind a tie, and "
        "use more than 8 bits, so that a code is more than one byte.",
        "A first case: {'query_outputs': [[1] * 16], 'database_outputs': [[1] * 16, [-1] * 3 + "
        "[1] * 13, [-1] + [1] * 7 + [-1] + [1] * 7], 'query_labels': [[0, 1]], "
        "'database_labels': [[1, 0], [1, 0], [1, 1]], 'k': 3}",
    ),
)
