"""The page: its header, its chapters, how it was made."""

import html
import json
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Any

from hashviz.methods import METHODS
from hashviz.report.drawings import Drawings
from hashviz.report.naming import data_title, method_of, run_labels
from hashviz.report.plates import NARROW, WIDE, Section
from hashviz.runs import Run

TRAINING = ("epochs", "batch_size", "optimizer", "learning_rate", "weight_decay", "augment")
"""Settings that say nothing about a method that is fitted."""


def header(run: Run) -> str:
    """What was run, and what it scores."""
    title, paper, url = method_of(run)
    link = html.escape(paper)
    if url.startswith(("https://", "http://")):
        link = f'<a href="{html.escape(url)}">{link}</a>'
    scores = run.scores["map"]
    known = scores.get("expected") is not None
    number = f"{scores['expected']:.3f}" if known else "undefined"
    metric = "mAP" if run.data.get("k") is None else f"mAP@{run.data['k']:,}"
    sentence = "No query has a relevant image in the database, so there is nothing to average."
    if known:
        sentence = (
            f"{metric}, the mean over all orders of equal distances. The luckiest order gives "
            f"{scores['optimistic']:.4f}, the unluckiest {scores['pessimistic']:.4f}; "
            f"chance gives {scores['chance']:.3f}."
        )
    stopped = run.environment.get("stopped")
    warning = (
        f'<p class="excuse">Training stopped early ({html.escape(str(stopped))}); '
        "these are the codes of the last good epoch.</p>"
        if stopped
        else ""
    )
    data = html.escape(data_title(run))
    return f"""<header>
<p class="eyebrow">{html.escape(run.name)}</p>
<h1>{html.escape(title)} <span>on {data}, {run.config.bits} bits</span></h1>
<p class="byline">{link}</p>
<div class="headline">
<p class="number">{number}</p>
<div>{_scale(scores) if known else ""}<p>{sentence}</p></div>
</div>
<p class="protocol">{html.escape(run.split)}</p>
{warning}</header>"""


def header_of_several(runs: Sequence[Run], names: Sequence[str]) -> str:
    """The runs of the page, their scores, and how they were split."""
    rows = [
        (name, _number(run.scores["map"]["expected"]), run.name)
        for name, run in zip(names, runs, strict=True)
    ]
    cells = "".join(
        f"<tr><th scope=row>{html.escape(name)}</th><td>{value}</td>"
        f"<td>{html.escape(folder)}</td></tr>"
        for name, value, folder in rows
    )
    splits = "".join(
        f'<p class="protocol">{html.escape(split)}</p>'
        for split in dict.fromkeys(run.split for run in runs)
    )
    data = html.escape(", ".join(dict.fromkeys(data_title(run) for run in runs)))
    return f"""<header>
<h1>{len(runs)} runs <span>on {data}</span></h1>
<table class="runs"><caption>Mean average precision, the mean over all orders of equal distances
</caption>{cells}</table>
{splits}</header>"""


def _number(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3f}"


def _scale(scores: dict[str, float]) -> str:
    """The headline on a line from 0 to 1: chance as a tick, the tie band, the expectation."""

    def x(value: float) -> float:
        return round(4 + 392 * min(max(value, 0.0), 1.0), 2)

    low, high = x(scores["pessimistic"]), x(scores["optimistic"])
    middle, chance = x(scores["expected"]), x(scores["chance"])
    anchor = "start" if chance < 40 else "end" if chance > 360 else "middle"
    return f"""<svg class="scale" viewBox="0 0 400 40" role="img" aria-hidden="true">
<line x1="4" x2="396" y1="16" y2="16" class="rail"/>
<rect x="{low}" width="{max(round(high - low, 2), 1)}" y="11" height="10" rx="2" class="band"/>
<line x1="{chance}" x2="{chance}" y1="9" y2="23" class="tick"/>
<circle cx="{middle}" cy="16" r="5.5" class="dot"/>
<text x="{chance}" y="36" text-anchor="{anchor}">chance</text>
</svg>"""


def contents(sections: Sequence[Section]) -> str:
    """The chapters of the page, each a link."""
    links = "".join(
        f'<li><a href="#{_anchor(section)}">{html.escape(section.title)}</a></li>'
        for section in sections
    )
    return f'<nav aria-label="Contents"><ol>{links}</ol></nav>'


def _anchor(section: Section) -> str:
    return re.sub(r"[^a-z]+", "-", section.title.lower()).strip("-")


def chapter(section: Section, drawings: Drawings, numbers: Iterator[int]) -> str:
    """A section with its figures drawn: in two columns, what is made wider across both."""
    figures, half = [], 0
    for plate in section.plates:
        number = next(numbers)
        missing = f"; without {', '.join(plate.missing)}" if plate.missing else ""
        caption = html.escape(plate.caption + missing)
        small = (NARROW, plate.narrow_height or plate.height * 0.8)
        wide = drawings.svg(plate.draw, (plate.width, plate.height), "wide")
        file = drawings.file()
        narrow = drawings.svg(plate.narrow or plate.draw, small, "narrow")
        half += plate.width <= WIDE
        kind = "" if plate.width <= WIDE else ' class="full"'
        link = f' <a download="{plate.name}.pdf" href="{file}">PDF</a>' if file else ""
        figures.append(
            f'<figure id="figure-{number}"{kind}><div role="img" aria-label="{caption}">{wide}'
            f"{narrow}</div><figcaption><b>Figure {number}.</b> {caption}{link}"
            "</figcaption></figure>"
        )
    look = "".join(f"<li>{html.escape(sentence)}</li>" for sentence in section.look)
    # The words fill the place that an odd number of figures leaves, or stand above them.
    kind = "" if half % 2 else ' class="full"'
    return f"""<section id="{_anchor(section)}">
<h2>{html.escape(section.title)}</h2>
<div class="plates"><aside{kind}><p>{html.escape(section.seeing)}</p><ul>{look}</ul></aside>
{"".join(figures)}</div>
</section>"""


def colophon(run: Run) -> str:
    """The commands, the settings and the machine."""
    row = METHODS.get(run.config.method)
    unused = () if row is None or row.trained else TRAINING
    settings = [
        (f.name.replace("_", " "), getattr(run.config, f.name))
        for f in fields(run.config)
        if f.name not in unused and getattr(run.config, f.name) not in (None, "", {})
    ]
    made = [(key.replace("_", " "), value) for key, value in run.environment.items() if value]
    name = shlex.quote(run.name)
    again = f"hashviz plot code_matrix {name} -o code_matrix.pdf"
    commands = f"{_command(run)}\nhashviz report {name}\n{again}"
    return f"""<footer>
<h2>How this was made</h2>
<pre>{html.escape(commands)}</pre>
<div class="tables">{_table("Settings", settings)}{_table("Environment", made)}</div>
</footer>"""


def colophon_of_several(runs: Sequence[Run]) -> str:
    """The commands that make the page again."""
    commands = [_command(run) for run in runs]
    commands.append("hashviz report " + " ".join(shlex.quote(run.name) for run in runs))
    return f"""<footer>
<h2>How this was made</h2>
<pre>{html.escape(chr(10).join(commands))}</pre>
{_settings_beside(runs)}
</footer>"""


def _settings_beside(runs: Sequence[Run]) -> str:
    """The settings of all runs, a column each; what differs is marked and stands first."""
    rows = []
    for f in fields(runs[0].config):
        values = [getattr(run.config, f.name) for run in runs]
        if any(value not in (None, "", {}) for value in values):
            rows.append((f.name.replace("_", " "), [_plain(v) or "none" for v in values]))
    machine = {"seconds": "seconds", "device": "machine", "torch": "torch", "commit": "commit"}
    for name, title in machine.items():
        rows.append((title, [_plain(run.environment.get(name, "unknown")) for run in runs]))
    rows.sort(key=lambda row: len(set(row[1])) == 1)
    heads = "".join(f"<th scope=col>{html.escape(name)}</th>" for name in run_labels(runs))
    body = ""
    for name, values in rows:
        mark = ' class="differs"' if len(set(values)) > 1 else ""
        cells = "".join(f"<td>{html.escape(value)}</td>" for value in values)
        body += f"<tr{mark}><th scope=row>{html.escape(name)}</th>{cells}</tr>"
    return (
        '<div class="sideways"><table class="settings"><caption>Settings, what differs first'
        f"</caption><tr><td></td>{heads}</tr>{body}</table></div>"
    )


def _table(caption: str, rows: list[tuple[str, Any]]) -> str:
    cells = "".join(
        f"<tr><th scope=row>{html.escape(name)}</th><td>{html.escape(_plain(value))}</td></tr>"
        for name, value in rows
    )
    return f"<table><caption>{caption}</caption>{cells}</table>"


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} = {_plain(item)}" for key, item in value.items())
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _command(run: Run) -> str:
    """The command line that makes the run again; short where the folder's name says it suffices."""
    config = run.config
    ordinary = run.path.resolve().name == f"seed{config.seed}"
    words = ["hashviz", "train", config.method]
    for f in fields(config):
        value = getattr(config, f.name)
        told = (
            not ordinary and f.name not in ("method", "options") and value not in (f.default, None)
        )
        if told or f.name in ("data", "bits", "seed"):
            words += ["--" + f.name.replace("_", "-"), str(value)]
    for name, value in sorted(config.options.items()):
        text = value if isinstance(value, str) else json.dumps(value)
        words += ["--set", f"{name}={text}"]
    return shlex.join(words)
