"""The pictures of an ablation as HTML: who leaves the first results, and who enters."""

from collections.abc import Sequence
from html import escape

from hashviz_demo.tabs.ablate.changes import FIRST, Changed, Moved
from hashviz_demo.tabs.ablate.view import Board


def pictures(board: Board) -> str:
    """The rows of pictures, or why there are none."""
    if board.changed is None:
        note = board.note or "Without a trained variant there are no pictures to compare."
        return _section(f'<p class="hv-words">{escape(note)}</p>')
    changed = board.changed
    if board.choice.off:
        rows = _row("leave", "Leave when it is off", changed.leave) + _row(
            "enter", "Enter instead", changed.enter
        )
        note = (
            "d: distance with the whole method → distance here. Every network trained anew changes "
            "some results, also one with nothing turned off."
        )
    else:
        rows = _row("stay", f"The first {FIRST} of the whole method", changed.stay)
        note = "d: distance in bits. Turn a part off to see who leaves and who enters."
    return _section(
        f'{_query(board, changed)}<div class="hv-two-lists">{rows}</div>'
        f'<p class="hv-note">{note}</p>'
    )


def _query(board: Board, changed: Changed) -> str:
    """The query, what happens to its results, and other queries."""
    query = changed.query
    most = ""
    if board.choice.off:
        most = (
            f'<button type="button" class="hv-more" data-query="{changed.most}">The one that '
            "changes most</button>"
        )
    told = (
        _told(changed)
        if board.choice.off
        else f"Looked for in the run of seed {board.choice.seed}."
    )
    return (
        f'<header><img src="{escape(query.image)}" alt="{escape("Query: " + query.name)}">'
        f"<div><h2>{escape(query.name)}<small>the query, seed {board.choice.seed}</small></h2>"
        f'<p class="hv-words" role="status">{told}</p></div>'
        '<div class="hv-buttons"><button type="button" class="hv-more" data-query="next">Another '
        f'query</button>{most}<button type="button" class="hv-more" data-take>Take this run to the '
        "other tabs</button></div></header>"
    )


def _section(inside: str) -> str:
    return (
        '<section class="hv-sheet hv-swaps" id="hv-swaps" aria-label="Pictures that leave and '
        f'enter the first {FIRST}">{inside}</section>'
    )


def _told(changed: Changed) -> str:
    here = f"All of the first {FIRST} stay."
    if changed.leave:
        here = f"{len(changed.stay)} of the first {FIRST} stay."
    return (
        f"{here} Over all queries {changed.average:.1f} of {FIRST} change on the mean; shuffling "
        f"ties of the whole method alone would change {changed.ties:.1f}."
    )


def _row(kind: str, title: str, moved: Sequence[Moved]) -> str:
    cards = "".join(_card(kind, each) for each in moved)
    inside = f"<ol>{cards}</ol>" if moved else '<p class="hv-note">nobody</p>'
    return f'<div class="hv-{kind}"><h3>{title}<small>{len(moved)}</small></h3>{inside}</div>'


def _card(kind: str, each: Moved) -> str:
    sign, mark, words = {
        True: ("right", "✓", "shares a label"),
        False: ("wrong", "✗", "shares no label"),
        None: ("open", "", "label of the query unknown"),
    }[each.right]
    verb = {"leave": "leaves", "enter": "enters", "stay": "is found"}[kind]
    both = kind != "stay"
    here = f" with the whole method, {each.here} here" if both else ""
    told = f"{each.name} {verb}: distance {each.whole}{here}, "
    chip = f"d {each.whole} → {each.here}" if both else f"d {each.whole}"
    badge = f'<span class="hv-mark" aria-hidden="true">{mark}</span>' if mark else ""
    return (
        f'<li><div class="hv-hit hv-{sign}" role="img" aria-label="{escape(told + words)}" '
        f'title="{escape(told + words)}"><span class="hv-picture">'
        f'<img src="{escape(each.image)}" alt="">'
        f'<span class="hv-chip">{chip}</span></span>{badge}'
        f'<span class="hv-name">{escape(each.name)}</span></div></li>'
    )
