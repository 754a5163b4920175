"""The page: what its template, `page.html`, is filled with."""

import itertools
import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hashviz.methods import METHODS
from hashviz.report.drawings import Drawings
from hashviz.report.naming import data_title, method_of
from hashviz.report.registry import NARROW, WIDE, Plate, Subject
from hashviz.runs import Run

TRAINING = ("epochs", "batch_size", "optimizer", "learning_rate", "weight_decay", "augment")
"""Settings that say nothing about a method that is fitted."""

TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True)
class Section:
    """A chapter of the page: what the reader sees, and what to look for in these runs."""

    title: str
    plates: list[Plate]
    seeing: str
    look: list[str]


def _draw(plate: Plate, drawings: Drawings, number: int) -> dict[str, Any]:
    """Return a figure as the template needs it: what is made wider stands across both columns."""
    wide = drawings.svg(plate.draw, (plate.width, plate.heights[0]), "wide")
    file, narrow = drawings.file(), partial(plate.draw, narrow=True)
    drawn = wide + drawings.svg(narrow, (NARROW, plate.heights[1]), "narrow")
    full = plate.width > WIDE
    return {"plate": plate, "number": number, "full": full, "drawn": drawn, "file": file}


def page(subject: Subject, sections: Sequence[Section]) -> str:
    """Return the page of these chapters, as one string of HTML."""
    runs, names, drawings, numbers = subject.runs, subject.names, Drawings(), itertools.count(1)
    one = len(runs) == 1
    figures = [[_draw(p, drawings, next(numbers)) for p in section.plates] for section in sections]
    title = " and ".join(names) if len(names) == 2 else f"{len(names)} runs side by side"
    shown = " ".join(shlex.quote(run.name) for run in runs)
    commands = [*map(command, runs), f"hashviz report {shown}"]
    if one:
        title = f"{names[0]}, {data_title(runs[0])}, {runs[0].config.bits} bits"
        commands.append(f"hashviz plot code_matrix {shown} -o code_matrix.pdf")
    return TEMPLATES.get_template("page.html").render(
        title=title,
        drawings=drawings,
        runs=runs,
        names=names,
        head=_head(runs[0]) if one else None,
        data=dict.fromkeys(data_title(run) for run in runs),
        splits=dict.fromkeys(run.split for run in runs),
        excuse=subject.excuse,
        chapters=list(zip(sections, figures, strict=True)),
        commands=commands,
        settings=_settings(runs),
    )


def _head(run: Run) -> dict[str, Any]:
    """Return what was run, and what it scores."""
    method, paper, url = method_of(run)
    scores, k = run.scores["map"], run.data.get("k")
    return {
        "method": method,
        "paper": paper,
        "url": url if url.startswith(("https://", "http://")) else "",
        "data": data_title(run),
        "metric": "mAP" if k is None else f"mAP@{k:,}",
        "scores": scores,
        "scale": None if scores.get("expected") is None else _scale(scores),
    }


def _scale(scores: dict[str, float]) -> dict[str, Any]:
    """Return the headline on a line from 0 to 1: chance, the tie band, the expectation."""
    keys = ("pessimistic", "expected", "optimistic", "chance")
    at = {key: round(4 + 392 * min(max(scores[key], 0.0), 1.0), 2) for key in keys}
    anchor = "start" if at["chance"] < 40 else "end" if at["chance"] > 360 else "middle"
    width = max(round(at["optimistic"] - at["pessimistic"], 2), 1)
    return {**at, "width": width, "anchor": anchor}


def _settings(runs: Sequence[Run]) -> list[tuple[str, list[str]]]:
    """Return settings and environments of the runs, a column each; what differs stands first."""
    tables: list[dict[str, Any]] = []
    for run in runs:
        row = METHODS.get(run.config.method)
        unused = () if row is None or row.trained else TRAINING
        used = {f.name: getattr(run.config, f.name) for f in fields(run.config)}
        tables.append({k: v for k, v in {**used, **run.environment}.items() if k not in unused})
    rows = []
    for name in dict.fromkeys(name for table in tables for name in table):
        values = [table.get(name) for table in tables]
        if any(value not in (None, "", {}) for value in values):
            rows.append((name.replace("_", " "), [_plain(value) for value in values]))
    return sorted(rows, key=lambda row: len(set(row[1])) == 1)


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        value = ", ".join(f"{key} = {_plain(item)}" for key, item in value.items())
    if value in (None, ""):
        return "none"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def command(run: Run) -> str:
    """Return the command that makes the run again, short where the name of the folder suffices."""
    config = run.config
    ordinary = run.path.resolve().name == f"seed{config.seed}"
    words = ["hashviz", "train", config.method]
    for f in fields(config):
        value = getattr(config, f.name)
        special = f.name not in ("method", "options") and value not in (f.default, None)
        if f.name in ("data", "bits", "seed") or (special and not ordinary):
            words += ["--" + f.name.replace("_", "-"), str(value)]
    for name, value in sorted(config.options.items()):
        text = value if isinstance(value, str) else json.dumps(value)
        words += ["--set", f"{name}={text}"]
    return shlex.join(words)
