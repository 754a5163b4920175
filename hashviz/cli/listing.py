"""`hashviz list`: what there is."""

import json
from argparse import Namespace
from pathlib import Path
from typing import Any

from hashviz.cli.output import show, table
from hashviz.config import unknown


def listing(arguments: Namespace) -> None:
    """List what there is: `hashviz list WHAT`."""
    listings = {
        "methods": _methods,
        "datasets": _datasets,
        "protocols": _protocols,
        "backbones": _backbones,
        "centers": _centers,
        "plots": _plots,
        "runs": lambda: _runs(arguments.runs),
    }
    if arguments.what not in listings:
        raise unknown("listing", arguments.what, listings)
    rows = listings[arguments.what]()
    if not rows:
        show(arguments, rows, [f"There are no {arguments.what} in {arguments.runs} yet."])
        return
    columns = list(rows[0])
    text = [[in_words(row[key]) for key in columns] for row in rows]
    show(arguments, rows, table([columns, *text]))


def in_words(value: Any) -> str:
    """Return a value as a cell of the table.

    >>> in_words({"margin": 0.5, "memory": False}), in_words(None)
    ('margin=0.5 memory=false', '-')
    """
    if isinstance(value, dict):
        words = (v if isinstance(v, str) else json.dumps(v) for v in value.values())
        return " ".join(f"{name}={word}" for name, word in zip(value, words, strict=True)) or "-"
    return "-" if value is None else str(value)


def _columns(row: Any, *columns: str) -> dict[str, Any]:
    return {column: getattr(row, column) for column in columns}


def _methods() -> list[dict[str, Any]]:
    from hashviz.methods import METHODS

    columns = ("title", "family", "supervision", "trained", "multi_label", "paper", "url")
    return [
        {"name": name, **_columns(row, *columns), "settings": _settings(row)}
        for name, row in METHODS.items()
    ]


def _settings(row: Any) -> dict[str, Any] | None:
    try:
        return row.settings()
    except ModuleNotFoundError:  # they are written in the code of the loss, which imports torch
        return None


def _datasets() -> list[dict[str, Any]]:
    from hashviz.data import DATASETS

    return [
        {
            "name": name,
            "title": row.title,
            "classes": row.classes,
            "multi_label": row.multi_label,
            "protocol": row.default_protocol,
            "embedded": row.embedded,
            "description": row.description,
        }
        for name, row in DATASETS.items()
    ]


def _protocols() -> list[dict[str, Any]]:
    from hashviz.data.protocols import PROTOCOLS

    columns = (
        *("metric", "query", "train", "database"),
        *("queries_in_database", "train_in_database", "source"),
    )
    return [
        {
            "name": name,
            "dataset": row.dataset or "any",
            **_columns(row, *columns),
            "sizes": dict(zip(("query", "train", "database"), row.sizes, strict=True)),
        }
        for name, row in PROTOCOLS.items()
    ]


def _backbones() -> list[dict[str, Any]]:
    from hashviz.models.networks import BACKBONES

    return [{"name": name, "about": row.about} for name, row in BACKBONES.items()]


def _centers() -> list[dict[str, Any]]:
    from hashviz.centers import CENTERS

    return [{"name": name, "about": row.description} for name, row in CENTERS.items()]


def _plots() -> list[dict[str, Any]]:
    from hashviz.report.figures import FIGURES

    return [
        {"name": name, "from": source, "about": about} for name, (source, about) in FIGURES.items()
    ]


def _runs(root: Path) -> list[dict[str, Any]]:
    from hashviz.cli.output import has_score
    from hashviz.runs import list_runs

    return [
        {
            "name": run.name,
            "map": round(run.scores["map"]["expected"], 4) if has_score(run.scores) else None,
            "seconds": round(run.environment["seconds"], 2),
            "split": run.split,
            "folder": str(run.path),
        }
        for run in list_runs(root)
    ]
