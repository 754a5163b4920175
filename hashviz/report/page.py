"""The page: what its template, `page.html`, is filled with."""

import itertools
import json
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
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

    def drawn(self, drawings: Drawings, numbers: Iterator[int]) -> dict[str, Any]:
        """Return the chapter as the template needs it, with its figures drawn."""
        return {
            "title": self.title,
            "anchor": re.sub(r"[^a-z]+", "-", self.title.lower()).strip("-"),
            "seeing": self.seeing,
            "look": self.look,
            "even": sum(plate.width <= WIDE for plate in self.plates) % 2 == 0,
            "figures": [_drawn(plate, drawings, next(numbers)) for plate in self.plates],
        }


def _drawn(plate: Plate, drawings: Drawings, number: int) -> dict[str, Any]:
    """Return a figure as the template needs it: what is made wider stands across both columns."""
    wide = drawings.svg(plate.draw, (plate.width, plate.heights[0]), "wide")
    file = drawings.file()
    narrow = drawings.svg(
        lambda ax: plate.draw(ax, narrow=True), (NARROW, plate.heights[1]), "narrow"
    )
    missing = f"; without {', '.join(plate.missing)}" if plate.missing else ""
    return {
        "number": number,
        "name": plate.name,
        "caption": plate.caption + missing,
        "full": plate.width > WIDE,
        "wide": wide,
        "narrow": narrow,
        "file": file,
    }


def page(subject: Subject, sections: Sequence[Section]) -> str:
    """Return the page of these chapters, as one string of HTML."""
    runs, names, drawings, numbers = subject.runs, subject.names, Drawings(), itertools.count(1)
    one = len(runs) == 1
    chapters = [section.drawn(drawings, numbers) for section in sections]
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
        chapters=chapters,
        commands=commands,
        tables=_tables(runs[0]) if one else {},
        settings=[] if one else _settings(runs),
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


def _tables(run: Run) -> dict[str, list[tuple[str, str]]]:
    """Return the settings and the machine of a run."""
    row = METHODS.get(run.config.method)
    unused = () if row is None or row.trained else TRAINING
    settings = {f.name: getattr(run.config, f.name) for f in fields(run.config)}
    used = {key: v for key, v in settings.items() if key not in unused and v not in (None, "", {})}
    made = {key: value for key, value in run.environment.items() if value}
    return {
        caption: [(key.replace("_", " "), _plain(value)) for key, value in table.items()]
        for caption, table in (("Settings", used), ("Environment", made))
    }


def _settings(runs: Sequence[Run]) -> list[tuple[str, list[str]]]:
    """Return the settings of all runs, a column each; what differs stands first."""
    rows = []
    for f in fields(runs[0].config):
        values = [getattr(run.config, f.name) for run in runs]
        if any(value not in (None, "", {}) for value in values):
            rows.append((f.name.replace("_", " "), [_plain(v) or "none" for v in values]))
    machine = {"seconds": "seconds", "device": "machine", "torch": "torch", "commit": "commit"}
    for name, title in machine.items():
        rows.append((title, [_plain(run.environment.get(name, "unknown")) for run in runs]))
    return sorted(rows, key=lambda row: len(set(row[1])) == 1)


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} = {_plain(item)}" for key, item in value.items())
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
