"""The attack on a query: what it is aimed at, the slider, and what follows from where it stands.

The browser moves the slider; everything it can show is sent with the page. Styles are in
static/breaking.css.
"""

import json
from html import escape

from hashviz_demo.items import Hit
from hashviz_demo.tabs.breaking.view import Bench, Level, Path

WIDE, HIGH = 300.0, 70.0


def bench(found: Bench) -> str:
    """What the change of the query shall do: lead its code away, or to that of another picture."""
    aim = found.aim.position if found.aim else ""
    choices = "".join(_choice(hit, hit.position == aim) for hit in found.aims)
    away = (
        '<li><button type="button" class="hv-hitchoice hv-away" data-aim="" '
        f'aria-pressed="{"false" if found.aim else "true"}"><i aria-hidden="true">↗</i>'
        "<span>away</span><small>any other code</small></button></li>"
    )
    return (
        f'<div class="hv hv-bench" data-aimed="{aim}"><h2>Which code shall it get?</h2>'
        '<p class="hv-words">Away from its own, or exactly the code of one of these pictures'
        f"{' of other classes' if found.labeled else ''}: then the two collide.</p>"
        f'<ul class="hv-chooser" aria-label="What the change aims at">{away}{choices}</ul></div>'
    )


def _choice(hit: Hit, chosen: bool) -> str:
    label = escape(f"Collide with {hit.name}, distance {hit.distance}")
    return (
        f'<li><button type="button" class="hv-hitchoice" data-aim="{hit.position}" '
        f'aria-pressed="{"true" if chosen else "false"}" aria-label="{label}">'
        f'<img src="{escape(hit.image)}" alt=""><span>{escape(hit.name)}</span>'
        f"<small>d {hit.distance}</small></button></li>"
    )


def waiting() -> str:
    """While the attack runs."""
    return (
        '<p class="hv hv-note hv-working" role="status">Looking for the changes that do most: all '
        "sizes at once …</p>"
    )


def absent(why: str) -> str:
    """Why there is no slider."""
    return (
        f'<p class="hv hv-absent" role="note">No attack on this run: {escape(why)} The collisions '
        "below need the codes only.</p>"
    )


def attack(found: Path) -> str:
    """The slider with a bet before it, the picture, its change, its bits, and what it finds."""
    aim, bits = found.aim, len(found.code)
    held = {
        "key": f"{found.query.kind}{found.query.position}:{aim.position if aim else ''}",
        "code": found.code,
        "aim": aim.code if aim else None,
        "goal": _goal(found),
        "levels": [_level(each) for each in found.levels],
        "pictures": {
            hit.position: [hit.name, hit.image] for each in found.levels for hit in each.hits
        },
    }
    picture = escape(f"The picture with its change: {found.query.name}")
    third = ""
    if aim:
        third = (
            f'<figure><img src="{escape(aim.image)}" alt="{escape("Aim: " + aim.name)}">'
            f"<figcaption><b>{escape(aim.name)}</b>the aim, left as it is</figcaption></figure>"
        )
    return (
        f'<section class="hv hv-sheet hv-attack" data-attack="{escape(json.dumps(held))}" '
        'aria-labelledby="hv-attack-title"><h2 id="hv-attack-title">How little must change?</h2>'
        '<div class="hv-slide"><label for="hv-epsilon">largest change of a pixel value, ε</label>'
        f'<input id="hv-epsilon" type="range" min="0" max="{len(found.levels) - 1}" step="1" '
        'value="0"><output for="hv-epsilon"></output></div>'
        f'<div class="hv-attacked"><div class="hv-changed{" hv-three" if aim else ""}">'
        f'<figure><img data-picture alt="{picture}"><figcaption><b>{escape(found.query.name)}</b>'
        "what the network is shown</figcaption></figure>"
        '<figure><img data-change alt="The change alone, around gray"><figcaption><b>the change'
        f"</b><span data-times></span></figcaption></figure>{third}</div>"
        f'<div class="hv-outcome">{_bet(found)}'
        '<p class="hv-verdict" data-verdict role="status"></p><div class="hv-seen" data-seen '
        f'hidden><p class="hv-words" data-told role="status"></p>{_bits(found)}{_curves(found)}'
        '</div></div></div><div class="hv-seen" data-seen hidden>'
        f'<h3>The first {len(found.levels[0].hits)} results</h3><ul class="hv-drift" data-drift>'
        f'</ul><p class="hv-note">{_honest(found, bits)}</p></div></section>'
    )


def _level(level: Level) -> dict[str, object]:
    return {
        "epsilon": level.epsilon,
        "image": level.image,
        "change": level.change,
        "times": level.times,
        "code": level.code,
        "apart": level.to_aim,
        "right": level.right,
        "hits": [[hit.position, hit.distance, hit.right] for hit in level.hits],
    }


def _goal(found: Path) -> int | None:
    """The size of change that is bet on: of the collision, of other results, of the first bit."""
    if found.aim:
        return found.collides
    return found.turned if found.levels[0].right else found.first


def _bet(found: Path) -> str:
    if found.aim:
        asked = f"its code is exactly that of {found.aim.name}"
    elif found.levels[0].right:
        asked = "most of its first results share no label with it"
    else:
        asked = "the first of its bits flips"
    return (
        '<div class="hv-bet" data-bet><p><b>Your bet first:</b> move the slider to the smallest '
        f"change at which {escape(asked)}. You see what the network sees.</p>"
        '<button type="button" class="hv-main" data-reveal>This is my bet: reveal</button>'
        '<button type="button" class="hv-more" data-never>I bet it never does</button>'
        '<button type="button" class="hv-more" data-skip>No bet</button></div>'
    )


def _bits(found: Path) -> str:
    """A column per bit: the query's own, what it is now, and that of the aim."""
    aim = found.aim.code if found.aim else None
    columns = "".join(
        f'<span class="hv-flipbit" data-column="{bit}"><i class="{_tone(own)}"></i><em></em>'
        f'<i data-now class="{_tone(own)}"></i>'
        + (f'<i class="hv-goal {_tone(aim[bit])}"></i>' if aim else "")
        + f"<small>{bit}</small></span>"
        for bit, own in enumerate(found.code)
    )
    rows = "its own code, its code now" + (", the code of the aim" if aim else "")
    return (
        f'<div class="hv-flipbits" role="img" data-bits aria-label="{rows}">{columns}</div>'
        f'<p class="hv-note">From above: {rows}.</p>'
    )


def _tone(bit: str) -> str:
    return "p" if bit == "1" else "n"


def _curves(found: Path) -> str:
    """Distance to the own code, to the aim, and right results, over the places of the slider."""
    levels = found.levels
    flipped = [len(each.flipped) for each in levels]
    top = max(1, *flipped, *((each.to_aim or 0) for each in levels))
    lines = {"precision": [count / top for count in flipped]}
    names = {"precision": f"bits that differ from its own, up to {top}"}
    if found.aim:
        lines["recall"] = [(each.to_aim or 0) / top for each in levels]
        names["recall"] = "bits that differ from the aim's"
    elif levels[0].right:
        lines["recall"] = [(each.right or 0) / len(each.hits) for each in levels]
        names["recall"] = "share of results with a label in common"
    step = WIDE / max(1, len(levels) - 1)
    paths = "".join(
        f'<polyline class="{name}" points="'
        + " ".join(f"{i * step:.1f},{HIGH * (1 - value):.1f}" for i, value in enumerate(values))
        + '"/>'
        for name, values in lines.items()
    )
    legend = "".join(
        f"<span><i{' class=recall' if name == 'recall' else ''}></i>{words}</span>"
        for name, words in names.items()
    )
    return (
        f'<svg class="hv-two" viewBox="0 -3 {WIDE:.0f} {HIGH + 6:.0f}" preserveAspectRatio="none" '
        f'role="img" aria-label="{escape(" and ".join(names.values()))}, by the size of change">'
        f'{paths}<line data-at y1="-3" y2="{HIGH + 3:.0f}" x1="0" x2="0"/></svg>'
        f'<p class="hv-lines">{legend}</p>'
    )


def _honest(found: Path, bits: int) -> str:
    """What was looked for, and what it proves."""
    how = (
        f"Found by projected gradient descent on the network, {found.steps} steps for each size. "
        "It proves that such a change exists; a longer search may need less. "
    )
    if found.aim is None:
        return how + f"Two unrelated pictures differ in about {bits // 2} of {bits} bits."
    if found.collides is not None:
        return how + (
            f"The smallest change found that collides moves no pixel value by more than "
            f"{found.collides} of 255."
        )
    nearest = min(each.to_aim or 0 for each in found.levels)
    return how + (
        f"With up to {found.levels[-1].epsilon} of 255 the code came as near as {nearest} "
        f"{'bit' if nearest == 1 else 'bits'} to the aim's, and no nearer."
    )
