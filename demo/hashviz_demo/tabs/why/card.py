"""Query and result side by side, their bits, and what would part them; styles in static/why.css."""

import json
from html import escape

from hashviz_demo.tabs.search.view import Hit, Item
from hashviz_demo.tabs.why.view import FIRST, Pair, Reasons


def pair(found: Pair) -> str:
    """The first results to choose from, then the chosen one beside the query, bit by bit."""
    bits = len(found.query.code)
    hit = found.hit
    return (
        f'<div class="hv hv-why" data-hit="{hit.position}">'
        f'<ul class="hv-chooser" aria-label="The first {len(found.hits)} results: which one is '
        f'explained">{"".join(_choice(each, each == hit) for each in found.hits)}</ul>'
        f'<div class="hv-whypair">{_side(found.query, "query", "the query")}'
        f'<div class="hv-middle"><p class="hv-agreeing"><b>{bits - hit.distance} of {bits}</b> '
        f"bits agree: distance {hit.distance}</p>{_strip(found.query, hit)}"
        '<p class="hv-looked" data-looked role="status">Point at a bit to see where it looks.</p>'
        f"</div>{_side(hit, 'hit', 'the result')}</div></div>"
    )


def _choice(hit: Hit, chosen: bool) -> str:
    words = {True: ", shares a label", False: ", shares no label", None: ""}[hit.right]
    label = escape(f"{hit.name}, distance {hit.distance}{words}. Explain this result.")
    kind = {True: "right", False: "wrong", None: "open"}[hit.right]
    return (
        f'<li><button type="button" class="hv-hitchoice hv-{kind}" data-choose="{hit.position}" '
        f'aria-pressed="{"true" if chosen else "false"}" aria-label="{label}">'
        f'<img src="{escape(hit.image)}" alt=""><span>{escape(hit.name)}</span>'
        f"<small>d {hit.distance}</small></button></li>"
    )


def _side(item: Item, key: str, what: str) -> str:
    return (
        f'<figure class="hv-whyside"><div class="hv-whystage"><img src="{escape(item.image)}" '
        f'alt="{escape(f"{what}: {item.name}")}"><img class="hv-heat" data-map="{key}" alt="" '
        f"hidden></div><figcaption><b>{escape(item.name)}</b><small>{what}</small></figcaption></figure>"
    )


def _strip(query: Item, hit: Hit) -> str:
    """One column per bit: the query's above, the result's below, a cross where they differ."""
    differing = set(hit.differing)
    columns = []
    for bit, (mine, other) in enumerate(zip(query.code, hit.code, strict=True)):
        apart = bit in differing
        tones = ["p" if each == "1" else "n" for each in (mine, other)]
        signs = ["+1" if each == "1" else "−1" for each in (mine, other)]
        label = f"Bit {bit}: query {signs[0]}, result {signs[1]}, "
        label += "they differ" if apart else "they agree"
        columns.append(
            f'<button type="button" class="hv-pairbit{" hv-apart" if apart else ""}" '
            f'data-look="{bit}" aria-label="{label}" tabindex="{0 if bit == 0 else -1}">'
            f'<i class="{tones[0]}"></i><em>{"✗" if apart else ""}</em><i class="{tones[1]}"></i>'
            f"<span>{bit}</span></button>"
        )
    return (
        '<div class="hv-pairbits" role="group" aria-label="The bits of both; arrow keys move">'
        f"{''.join(columns)}</div>"
    )


def reasons(found: Reasons) -> str:
    """The counterfactual behind a bet, and the maps that the pair above shows."""
    shown = ""
    if found.heat:
        maps = {
            "query": found.heat.query,
            "hit": found.heat.hit,
            "outputs": [[round(value, 2) for value in side] for side in found.heat.outputs],
            "loudest": found.heat.loudest,
        }
        shown = f" data-maps='{escape(json.dumps(maps))}'"
        note = (
            '<p class="hv-note">Orange speaks for +1, blue for −1: what each place adds to the '
            "output of the bit. Both pictures have the same bit for reasons that may differ.</p>"
        )
    else:
        note = (
            f'<p class="hv-absent" role="note">No heat maps: {escape(found.note)} The bits and the '
            "flips need the codes only.</p>"
        )
    flips = "" if found.flips is None else ",".join(map(str, found.flips))
    return (
        f'<section class="hv hv-reasons" data-reasons="{found.hit}" data-flips="{flips}"{shown} '
        f'aria-label="What would drive it away">{note}<h2>What would drive it out of the first '
        f"{FIRST}?</h2>{_counterfactual(found)}</section>"
    )


def _counterfactual(found: Reasons) -> str:
    if found.flips is None:
        return (
            '<p class="hv-meter">Nothing: whatever bits of the query are flipped, fewer than '
            f"{FIRST} others can pass it. Too many pictures share its code.</p>"
        )
    count = len(found.flips)
    bits = ", ".join(map(str, found.flips))
    these = f"bit {bits}" if count == 1 else f"these {count} bits: {bits}"
    sure = "" if found.smallest else " Fewer may do; there were too many sets to try them all."
    after = "".join(
        f'<li><img src="{escape(hit.image)}" alt="{escape(hit.name)}"><span>{escape(hit.name)} '
        f"<small>d {hit.distance}</small></span></li>"
        for hit in found.after
    )
    return (
        '<form class="hv-guess" data-guess><label for="hv-flips">Your bet first: how many of the '
        "query's bits must flip until this result leaves?</label>"
        '<input id="hv-flips" type="number" min="1" max="64" required>'
        '<button type="submit" class="hv-main">Reveal</button></form>'
        f'<div data-shown data-count="{count}" hidden><p class="hv-answer" data-answer '
        f'role="status"></p><p class="hv-meter">Flip {these}, and it is gone.{sure} The first '
        f'{len(found.after)} would be:</p><ul class="hv-would">{after}</ul></div>'
    )
