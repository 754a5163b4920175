"""A `Found` as HTML: query, trail, results in boxes of equal distance. Every text is escaped here.

The styles are in static/search.css, the few lines that run in the browser in static/*.js.
"""

from collections.abc import Sequence
from html import escape
from math import sqrt

from hashviz_demo.library import RunFacts
from hashviz_demo.tabs.search.view import Found, Hit, Item, Ties


def page(found: Found) -> str:
    """Everything to the right of the controls, but for the times (see `times`)."""
    return (
        f'<div class="hv">{trail(found)}{query(found)}'
        '<p class="hv-lost" role="alert" hidden>The pictures of this run cannot be read. '
        "Are the data still where they were? --data-root says where to look.</p>"
        f'<p class="hv-status" role="status">{status(found)}</p>'
        f'<div class="hv-groups">{"".join(group(g) for g in found.groups)}</div></div>'
    )


def trail(found: Found) -> str:
    """The queries that led here; each but the last is a way back."""
    if len(found.trail) < 2:
        return ""
    steps = []
    for place, item in enumerate(found.trail):
        inside = f'<img src="{escape(item.image)}" alt=""><span>{escape(item.name)}</span>'
        if place == len(found.trail) - 1:
            steps.append(f'<li aria-current="step"><span class="hv-step">{inside}</span></li>')
        else:
            label = escape(f"Back to query {place + 1}: {item.name}")
            steps.append(
                f'<li><button type="button" class="hv-step" data-back="{place}" '
                f'aria-label="{label}">{inside}</button></li>'
            )
    return f'<nav class="hv-trail" aria-label="Trail of queries"><ol>{"".join(steps)}</ol></nav>'


def query(found: Found) -> str:
    """The query, large, with its code and where the database lies around it."""
    item = found.query
    origin = {
        "query": f"query {item.position} of the query set",
        "database": f"database item {item.position}",
        "picture": "not in the data set: nobody knows its label",
    }[item.kind]
    bits = len(item.code)
    return (
        f'<section class="hv-query" tabindex="-1" aria-label="The query">'
        f'<img src="{escape(item.image)}" alt="{escape("Query: " + item.name)}">'
        f'<div class="hv-about"><h2>{escape(item.name)}<small>{escape(origin)}</small></h2>'
        f'{strip(item.code, big=True)}<p class="hv-note">{bits} bits: '
        f"filled is +1, hollow is −1</p></div>"
        f'<div class="hv-around">{ruler(found)}</div></section>'
    )


def strip(code: str, differing: Sequence[int] = (), *, big: bool = False) -> str:
    """A code, one cell per bit; bits that differ from the query's are taller and colored."""
    odd = set(differing)
    cells = "".join(
        f'<i class="{"p" if bit == "1" else "n"}{" d" if place in odd else ""}"></i>'
        for place, bit in enumerate(code)
    )
    if big:
        label = f"code {code}"
    elif odd:
        label = "differs in bit " + ", ".join(str(place) for place in sorted(odd))
    else:
        label = "the same code"
    size = "hv-bits hv-big" if big else "hv-bits"
    columns = min(32, len(code)) if len(code) % 32 == 0 or len(code) < 32 else len(code) // 2
    columns = columns if columns <= 32 else 32
    return (
        f'<span class="{size}" style="--columns:{columns}" role="img" '
        f'aria-label="{label}">{cells}</span>'
    )


def ruler(found: Found) -> str:
    """How many of the database lie at each distance, and where the search stopped."""
    bits = len(found.total) - 1
    highest = sqrt(max(found.total) or 1)
    wide, high = 300.0, 64.0
    step = wide / (bits + 1)
    bars = []
    for distance, count in enumerate(found.total):
        if not count:
            continue
        tall = max(1.0, high * sqrt(count) / highest)
        x, y = distance * step, high - tall
        bars.append(
            f'<rect class="other" x="{x:.1f}" y="{y:.1f}" width="{step * 0.82:.2f}" '
            f'height="{tall:.1f}"/>'
        )
        if found.right is not None and found.right[distance]:
            tall *= found.right[distance] / count
            bars.append(
                f'<rect class="same" x="{x:.1f}" y="{high - tall:.1f}" width="{step * 0.82:.2f}" '
                f'height="{tall:.1f}"/>'
            )
    scene = found.scene
    if scene.mode == "radius":
        last = scene.radius
    else:
        last = found.groups[-1].distance if found.groups else 0
    x = (last + 1) * step - step * 0.09
    stop = f'<line x1="{x:.1f}" x2="{x:.1f}" y1="-6" y2="{high:.0f}"/>'
    meaning = ", blue: shares a label" if found.right is not None else ""
    return (
        f'<svg viewBox="0 -8 {wide:.0f} {high + 10:.0f}" preserveAspectRatio="none" role="img" '
        f'aria-label="Number of database items at each distance from 0 to {bits}; '
        f'the search stops at {last}">{"".join(bars)}{stop}</svg>'
        f'<p class="hv-axis"><span>0</span><span>all {found.database:,} by distance{meaning}'
        f"</span><span>{bits}</span></p>"
    )


def status(found: Found) -> str:
    """What was found, in one sentence."""
    shown = len(found.hits)
    if not shown:
        return (
            f"Nothing lies within radius {found.scene.radius}: the ball is empty. "
            "Make the radius larger."
        )
    if found.scene.mode == "k":
        text = f"The {shown} nearest of {found.database:,}"
    elif shown < found.found:
        text = f"{found.found:,} within radius {found.scene.radius}, the first {shown} shown"
    else:
        text = f"{found.found:,} of {found.database:,} within radius {found.scene.radius}"
    if found.right is not None:
        right = sum(bool(hit.right) for hit in found.hits)
        text += f": {right} of {shown} share a label with the query"
    return text + "."


def tie_caption(ties: Ties) -> str:
    """What the box says about the order of its results."""
    shown, total = len(ties.hits), ties.total
    if shown < total:
        return f"{shown} of {total:,} shown; another order would show others"
    if total == 1:
        return "alone"
    return f"these {total} are equal"


def group(ties: Ties) -> str:
    """Results at one distance in one box; a cut box has an open edge."""
    cards = "".join(card(hit) for hit in ties.hits)
    cut = " hv-cut" if len(ties.hits) < ties.total else ""
    name = f"hv-distance-{ties.distance}"
    return (
        f'<section class="hv-group{cut}" aria-labelledby="{name}">'
        f'<h3 id="{name}"><b>distance {ties.distance}</b><span>: </span>{tie_caption(ties)}</h3>'
        f"<ul>{cards}</ul></section>"
    )


MARKS = {
    True: ("right", "✓", "shares a label"),
    False: ("wrong", "✗", "shares no label"),
    None: ("open", "", "label of the query unknown"),
}


def card(hit: Hit, note: str = "") -> str:
    """One result: a button that makes it the query; `note` is HTML beside its name."""
    kind, mark, words = MARKS[hit.right]
    label = escape(f"{hit.name}, distance {hit.distance}, {words}. Search with this picture.")
    badge = f'<span class="hv-mark" aria-hidden="true">{mark}</span>' if mark else ""
    return (
        f'<li><button type="button" class="hv-card hv-{kind}" data-pick="{hit.position}" '
        f'aria-label="{label}"><span class="hv-picture"><img src="{escape(hit.image)}" alt="">'
        f'<span class="hv-chip">d {hit.distance}</span></span>{badge}'
        f'<span class="hv-line"><span class="hv-name">{escape(hit.name)}</span>{note}</span>'
        f"{strip(hit.code, hit.differing)}</button></li>"
    )


def times(encode: float | None, search: float, draw: float) -> str:
    """Where the milliseconds went; the browser fills in the whole way from click to picture."""
    first = "encode: code stored" if encode is None else f"encode {encode:.1f} ms"
    return (
        f'<p class="hv-times">{first} · search {search:.1f} ms · draw {draw:.1f} ms'
        '<span class="hv-whole"></span></p>'
    )


def samples(items: Sequence[Item], chosen: int, page: int) -> str:
    """Queries to choose from; `chosen` is the position of the present one, or -1."""
    buttons = "".join(
        f'<li><button type="button" data-sample="{item.position}" '
        f'aria-pressed="{"true" if item.position == chosen else "false"}" '
        f'aria-label="{escape(f"Query {item.position}: {item.name}")}">'
        f'<img src="{escape(item.image)}" alt=""></button></li>'
        for item in items
    )
    return (
        f'<div class="hv hv-samples"><ul aria-label="Sample queries, page {page + 1}">{buttons}'
        '</ul><button type="button" class="hv-more" data-more>Other samples</button></div>'
    )


def run_menu(runs: Sequence[RunFacts], chosen: str) -> str:
    """A native menu of runs: works by keyboard, by screen reader and on a phone."""
    split = next((run.split for run in runs if run.name == chosen), "")
    return (
        '<div class="hv hv-runs"><label for="hv-run">Run</label>'
        f'<select id="hv-run" data-chosen="{escape(chosen)}">{run_options(runs, chosen)}</select>'
        f'<p class="hv-note">{escape(split)}</p></div>'
    )


def run_options(runs: Sequence[RunFacts], chosen: str) -> str:
    """The lines of a menu of runs, by data set."""
    groups: dict[str, list[str]] = {}
    for run in runs:
        text = f"{run.method}, {run.bits} bits, seed {run.seed}"
        text += f", {run.variant}" if run.variant else ""
        selected = " selected" if run.name == chosen else ""
        groups.setdefault(run.data, []).append(
            f'<option value="{escape(run.name)}"{selected}>{escape(text)}</option>'
        )
    return "".join(
        f'<optgroup label="{escape(data)}">{"".join(rows)}</optgroup>'
        for data, rows in groups.items()
    )


INKS = {
    "vermilion": "#d55e00",
    "orange": "#e69f00",
    "yellow": "#f0e442",
    "green": "#009e73",
    "sky blue": "#56b4e9",
    "blue": "#0072b2",
    "purple": "#cc79a7",
    "black": "#000000",
}


def pad(color: bool) -> str:
    """A pad to draw a query on: white ink on black, or with `color` many inks on gray."""
    inks = INKS if color else {"white": "#ffffff"}
    buttons = "".join(
        f'<button type="button" class="hv-ink" data-ink="{ink}" style="--pen:{ink}" '
        f'aria-label="Ink: {name}" aria-pressed="false"></button>'
        for name, ink in inks.items()
    )
    paper = "#d8d8d8" if color else "#000000"
    shown = "" if color else " hidden"
    return (
        f'<div class="hv hv-pad" data-paper="{paper}"><canvas width="256" height="256" '
        'tabindex="0" role="img" '
        'aria-label="Drawing pad: draw with mouse, pen or finger; results follow each stroke">'
        f'</canvas><div class="hv-tools"><span class="hv-inks"{shown}>{buttons}</span>'
        '<button type="button" class="hv-more" data-clear>Clear</button></div>'
        '<p class="hv-note">Draw; the results follow every stroke.</p></div>'
    )
