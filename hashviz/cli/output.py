"""How results are shown: lines for a person, one JSON value for a program."""

import json
from argparse import Namespace
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hashviz.runs import Run


def show(arguments: Namespace, result: Any, lines: Iterable[str]) -> None:
    """Print lines for a person, or with --json one JSON value as the last line of stdout."""
    if arguments.json:
        print(json.dumps(result, allow_nan=False))
    else:
        for line in lines:
            print(line)


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Pad columns to the widest cell.

    >>> table([["a", "bc"], ["def", "g"]])
    ['a    bc', 'def  g']
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def result_of(run: Run, seconds: float | None = None) -> dict[str, Any]:
    """Return what --json says about a run."""
    return {
        "run": str(run.path),
        "method": run.config.method,
        "data": run.config.data,
        "bits": run.config.bits,
        "seed": run.config.seed,
        "seconds": run.environment["seconds"] if seconds is None else seconds,
        "protocol": run.split,
        "scores": run.scores if has_score(run.scores) else None,
    }


def has_score(scores: Mapping[str, Any]) -> bool:
    """Return whether any query has something to find; a score of 0 would be wrong without labels.

    >>> has_score({"queries": 5, "queries_without_relevant": 5})
    False
    """
    return scores.get("queries_without_relevant", 0) < scores.get("queries", 1)


def headline(scores: Mapping[str, Any]) -> str:
    """Return tie-aware mAP with its bounds and the chance level, where there are labels.

    >>> headline({"map": dict(expected=0.5, pessimistic=0.4, optimistic=0.6, chance=0.1)})
    'mAP 0.5000 (ties broken worst 0.4000, best 0.6000; chance 0.1000)'
    """
    if not has_score(scores):
        return "No score: no query shares a label with any image in the database."
    m = scores["map"]
    return (
        f"mAP {m['expected']:.4f} (ties broken worst {m['pessimistic']:.4f}, "
        f"best {m['optimistic']:.4f}; chance {m['chance']:.4f})"
    )


def score_lines(scores: Mapping[str, Any]) -> list[str]:
    """Return every score but the headline, one line each."""
    rows, known = [], has_score(scores)
    for name, value in scores.items():
        if name == "map" or (isinstance(value, Mapping) and name != "bits" and not known):
            continue
        parts = value.items() if isinstance(value, Mapping) else [("", value)]
        for part, number in parts:
            if isinstance(number, int | float):
                text = str(number) if isinstance(number, int) else f"{number:.4f}"
                rows.append([f"{name} {part}".strip(), text])
    return table(rows) if rows else []
