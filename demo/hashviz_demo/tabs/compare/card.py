"""Runs side by side as HTML; while the veil is down, nothing in it says which list is whose.

The styles are in static/compare.css.
"""

from collections.abc import Sequence
from html import escape

from hashviz_demo.library import RunFacts
from hashviz_demo.tabs.compare.view import (
    FIRST,
    LETTERS,
    ROWS,
    Compared,
    Found,
    Row,
    Vote,
    share_interval,
)


def page(compared: Compared) -> str:
    """What to do, what a vote gave, and a row for each run."""
    comparison = compared.comparison
    kind = "hv-veiled" if comparison.veiled else "hv-open"
    rows = "".join(_row(compared, row) for row in compared.rows)
    return (
        f'<div class="hv hv-compare {kind}">{_head(compared)}{_verdict(compared)}'
        f'<div class="hv-rows">{rows}</div>{_another(compared)}</div>'
    )


def _head(compared: Compared) -> str:
    comparison = compared.comparison
    if comparison.veiled:
        words = (
            "Names, classes and marks are hidden and the rows are shuffled. Which list would you "
            "want to get for this picture?"
        )
    elif len(compared.rows) == 1:
        way = "choose a second one below" if len(compared.choices) > 1 else "train a second one"
        words = f"One run has nothing to be compared with: {way} on the same pictures."
    else:
        words = (
            "Point at a picture to find it in the other rows; a folded corner marks one that the "
            "first row does not show. Where a list is cut inside a tie, another order of the "
            "database would show others."
        )
    blind = "true" if comparison.blind else "false"
    return (
        f'<section class="hv-ask" tabindex="-1"><p class="hv-words" role="status">{words}</p>'
        f'<button type="button" class="hv-switch" role="switch" data-blind aria-checked="{blind}">'
        "<i></i><span>Blind test: hide the names</span></button></section>"
    )


def _row(compared: Compared, row: Row) -> str:
    veiled = compared.comparison.veiled
    lists = len(compared.rows)
    cards = "".join(_card(hit, veiled, row.place, lists) for hit in row.found)
    inside = f"<ol>{cards}</ol>"
    if row.note:
        inside = f'<p class="hv-nothing">{escape(row.note)}</p>'
    letter = LETTERS[row.place]
    label = f"List {letter}" + ("" if veiled else f": {escape(_title(row.facts))}")
    voted = " hv-voted" if compared.comparison.vote == row.place else ""
    return (
        f'<section class="hv-run{voted}" aria-label="{label}"><header>'
        f'<b class="hv-letter" aria-hidden="true">{letter}</b>{_who(compared, row)}</header>'
        f"{inside}</section>"
    )


def _who(compared: Compared, row: Row) -> str:
    """What stands beside a list: a vote, or its run and what it is worth."""
    comparison = compared.comparison
    if comparison.veiled:
        return (
            f'<button type="button" class="hv-main" data-vote="{row.place}">List '
            f"{LETTERS[row.place]} is the best</button>"
        )
    if comparison.blind or row.place == 0:
        who = f"<h2>{escape(_title(row.facts))}</h2>"
    else:
        who = _menu(compared.choices, row.facts.name, row.place)
    facts = []
    if row.precision is not None:
        crown = " ★" if row.place in compared.best and len(compared.rows) > 1 else ""
        facts += [
            f"<div><dt>AP here</dt><dd>{row.precision:.3f}{crown}</dd></div>",
            f"<div><dt>right here</dt><dd>{row.right} of {len(row.found)}</dd></div>",
        ]
    if row.place and row.found:
        new = sum(0 in hit.missing for hit in row.found)
        facts.append(f"<div><dt>not in A</dt><dd>{new} of {len(row.found)}</dd></div>")
    half = row.score.half_width
    spread = f" ± {half:.3f}" if half is not None else ""
    seeds = f"{row.seeds} seeds" if row.seeds > 1 else "one seed"
    facts.append(
        f'<div class="hv-mean"><dt>mAP, {seeds}</dt><dd>{row.score.mean:.3f}{spread}</dd></div>'
    )
    shown, there = row.cut
    if shown < there:
        facts.append(f"<div><dt>cut in a tie</dt><dd>{shown} of {there:,}</dd></div>")
    return f'<div class="hv-who">{who}<dl class="hv-facts">{"".join(facts)}</dl></div>'


def _card(hit: Found, veiled: bool, place: int, lists: int) -> str:
    if veiled:
        return (
            f'<li><div class="hv-hit" data-same="{hit.row}"><img src="{escape(hit.image)}" '
            'alt="a result"></div></li>'
        )
    kind, mark, words = {
        True: ("right", "✓", "shares a label"),
        False: ("wrong", "✗", "shares no label"),
        None: ("open", "", "label of the query unknown"),
    }[hit.right]
    gone = [LETTERS[p] for p in hit.missing]
    enters = place > 0 and 0 in hit.missing
    told = f"{hit.name}, distance {hit.distance}, {words}"
    if gone:
        told += f", not in {' '.join(gone)}"
    badge = f'<span class="hv-mark" aria-hidden="true">{mark}</span>' if mark else ""
    leaves = ""
    if place == 0 and gone:
        leaves = "only here" if len(gone) == lists - 1 else f"not in {' '.join(gone)}"
    note = "enters" if enters else leaves
    corner = " hv-new" if enters else ""
    return (
        f'<li><div class="hv-hit hv-{kind}{corner}" data-same="{hit.row}" tabindex="0" role="img" '
        f'aria-label="{escape(told)}" title="{escape(told)}">'
        f'<span class="hv-picture"><img src="{escape(hit.image)}" alt="">'
        f'<span class="hv-chip">d {hit.distance}</span></span>{badge}'
        f'<span class="hv-name">{escape(hit.name)}</span>'
        f'<span class="hv-leaves">{note}</span></div></li>'
    )


def _menu(choices: Sequence[RunFacts], chosen: str, place: int) -> str:
    """A native menu of the runs on the same pictures."""
    groups: dict[str, list[str]] = {}
    for facts in choices:
        selected = " selected" if facts.name == chosen else ""
        groups.setdefault(facts.method, []).append(
            f'<option value="{escape(facts.name)}"{selected}>{escape(_title(facts))}</option>'
        )
    options = "".join(
        f'<optgroup label="{escape(method)}">{"".join(rows)}</optgroup>'
        for method, rows in groups.items()
    )
    nothing = '<option value="">no run</option>'
    return (
        f'<select data-place="{place}" data-chosen="{escape(chosen)}" '
        f'aria-label="Run of list {LETTERS[place]}">{nothing}{options}</select>'
    )


def _another(compared: Compared) -> str:
    """The menu that adds a row, where there is room and a run for it."""
    place = len(compared.rows)
    if compared.comparison.blind or place >= ROWS or place >= len(compared.choices):
        return ""
    return f'<div class="hv-add"><span>Add a row</span>{_menu(compared.choices, "", place)}</div>'


def _verdict(compared: Compared) -> str:
    """After a vote: what average precision says, and how often the two agreed so far."""
    comparison = compared.comparison
    if comparison.vote is None:
        tally = _tally(comparison.votes) if comparison.veiled else ""
        return f'<p class="hv-tally">{tally}</p>' if tally else ""
    if not compared.best:
        return (
            '<div class="hv-told" role="status"><p>Nobody knows the label of this picture, so no '
            "average precision can agree with you.</p></div>"
        )
    mine = compared.rows[comparison.vote]
    best = " and ".join(LETTERS[p] for p in compared.best)
    if comparison.vote in compared.best:
        text = f"You and average precision agree: {LETTERS[comparison.vote]}"
    else:
        text = f"You took {LETTERS[comparison.vote]}, average precision takes {best}"
    return (
        f'<div class="hv-told" role="status"><p><b>{text}.</b> Your list is '
        f"{escape(_title(mine.facts))}, with an AP of {mine.precision or 0:.3f} for this query. AP "
        f"looks at the whole ranking, you saw the first {FIRST}.</p>"
        f'<p>{_tally(comparison.votes)}</p><button type="button" class="hv-main" data-next>Next '
        "query</button></div>"
    )


def _tally(votes: Sequence[Vote]) -> str:
    if not votes:
        return ""
    agreed = sum(vote.agreed for vote in votes)
    low, high = share_interval(agreed, len(votes))
    guess = sum(vote.guess for vote in votes) / len(votes)
    times = "vote agrees" if len(votes) == 1 else "votes agree"
    return (
        f"So far {agreed} of {len(votes)} {times} with AP: {100 * agreed / len(votes):.0f} % "
        f"(95 % interval {100 * low:.0f} to {100 * high:.0f} %); voting without looking would "
        f"agree in {100 * guess:.0f} %."
    )


def _title(facts: RunFacts) -> str:
    text = f"{facts.method}, {facts.bits} bits, seed {facts.seed}"
    return f"{text}, {facts.variant}" if facts.variant else text
