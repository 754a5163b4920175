"""`hashviz list`: what there is."""

import json
from argparse import Namespace
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from hashviz.centers import CENTERS
from hashviz.cli.output import has_score, show, table
from hashviz.config import unknown
from hashviz.data import DATASETS
from hashviz.data.protocols import PROTOCOLS
from hashviz.methods import METHODS
from hashviz.runs import list_runs

Rows = list[dict[str, Any]]


def listing(arguments: Namespace) -> None:
    """List what there is: `hashviz list WHAT`."""
    if arguments.what not in LISTINGS:
        raise unknown("listing", arguments.what, LISTINGS)
    rows = LISTINGS[arguments.what](arguments.runs)
    if not rows:
        show(arguments, rows, [f"There are no {arguments.what} in {arguments.runs} yet."])
        return
    text = [[in_words(value) for value in row.values()] for row in rows]
    show(arguments, rows, table([list(rows[0]), *text]))


def in_words(value: Any) -> str:
    """Return a value as a cell of the table.

    >>> in_words({"margin": 0.5, "memory": False}), in_words(None)
    ('margin=0.5 memory=false', '-')
    """
    if isinstance(value, dict):
        words = (v if isinstance(v, str) else json.dumps(v) for v in value.values())
        return " ".join(f"{name}={word}" for name, word in zip(value, words, strict=True)) or "-"
    return "-" if value is None else str(value)


def _rows(table: Mapping[str, Any], *columns: str, **others: Callable[[Any], Any]) -> Rows:
    """Return the rows of a table: their names, these attributes, and what is made of them."""
    return [
        {
            "name": name,
            **{column: getattr(row, column) for column in columns},
            **{column: value(row) for column, value in others.items()},
        }
        for name, row in table.items()
    ]


def _settings(row: Any) -> dict[str, Any] | None:
    try:
        return row.settings()
    except ModuleNotFoundError:  # they are written in the code of the loss, which imports torch
        return None


def _backbones() -> Rows:
    from hashviz.models.networks import BACKBONES

    return _rows(BACKBONES, "about")


def _plots() -> Rows:
    from hashviz.report.registry import FIGURES

    return [
        {"name": name, "from": ", ".join(rows), "about": next(iter(rows.values())).about}
        for name, rows in FIGURES.items()
    ]


def _runs(runs: Path) -> Rows:
    return [
        {
            "name": run.name,
            "map": round(run.scores["map"]["expected"], 4) if has_score(run.scores) else None,
            "seconds": round(run.environment["seconds"], 2),
            "split": run.split,
            "folder": str(run.path),
        }
        for run in list_runs(runs)
    ]


SIDES = ("query", "train", "database")
LISTINGS: dict[str, Callable[[Path], Rows]] = {
    "methods": lambda runs: _rows(
        METHODS,
        *("title", "family", "supervision", "trained", "multi_label", "paper", "url"),
        settings=_settings,
    ),
    "datasets": lambda runs: _rows(
        DATASETS,
        *("title", "classes", "multi_label", "embedded"),
        protocol=lambda row: row.default_protocol,
        description=lambda row: row.description,
    ),
    "protocols": lambda runs: _rows(
        PROTOCOLS,
        *("metric", *SIDES, "queries_in_database", "train_in_database", "source"),
        dataset=lambda row: row.dataset or "any",
        sizes=lambda row: dict(zip(SIDES, row.sizes, strict=True)),
    ),
    "backbones": lambda runs: _backbones(),
    "centers": lambda runs: _rows(CENTERS, about=lambda row: row.description),
    "plots": lambda runs: _plots(),
    "runs": _runs,
}
