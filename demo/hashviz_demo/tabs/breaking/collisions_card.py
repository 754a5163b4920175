"""Buckets that several pictures share, and the pictures of one; styles in static/breaking.css."""

from html import escape

from hashviz_demo.frame.files import macros
from hashviz_demo.items import Item
from hashviz_demo.tabs.breaking.collisions import ORDERS, SHOWN, Browser, Bucket, Inside


def browser(found: Browser, chosen: int | None) -> str:
    """The collisions in numbers beside those of chance, and the buckets to open."""
    if not found.listed:
        body = (
            f'<p class="hv-words">No two of the {found.database:,} pictures have the same code.</p>'
        )
    else:
        rows = "".join(_row(each, each.number == chosen) for each in found.listed)
        body = f'{_orders(found)}<ol class="hv-buckets">{rows}</ol>'
    return (
        '<section class="hv hv-sheet hv-collisions" aria-labelledby="hv-collisions-title">'
        '<h2 id="hv-collisions-title">Who already collides?</h2>'
        f"{_numbers(found)}{body}</section>"
    )


def _numbers(found: Browser) -> str:
    facts = [
        ("pictures", f"{found.database:,}"),
        ("distinct codes", f"{found.codes:,}"),
        ("colliding pairs", f"{found.pairs:,}"),
        ("expected by chance", number(found.expected)),
    ]
    if found.strange is not None:
        facts.insert(3, ("of strangers", f"{found.strange:,}"))
    shown = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in facts)
    n, bits = found.database, found.bits
    return (
        f'<dl class="hv-facts">{shown}</dl><p class="hv-note">Codes drawn uniformly at random '
        f"would make n(n−1)/2 · 2<sup>−K</sup> = {n:,} · {n - 1:,} / 2 · 2<sup>−{bits}</sup> = "
        f"{number(found.expected)} pairs with the same code, and at least one with probability "
        f"1 − exp(−n(n−1)/2<sup>K+1</sup>) ≈ {share(found.chance)}: the birthday problem. A good "
        "hash for search collides far more often, but among pictures of one class; pairs of "
        "strangers, which share no label, are its mistakes.</p>"
    )


def number(value: float) -> str:
    """A count that may be far below one.

    >>> number(1234.5), number(0.25), number(3.2e-9)
    ('1,234', '0.25', '3.2 · 10⁻⁹')
    """
    if value >= 100:
        return f"{value:,.0f}"
    if value >= 0.01 or value == 0:
        return f"{value:.3g}"
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{mantissa} · 10{str(int(exponent)).translate(RAISED)}"


RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def share(chance: float) -> str:
    """A probability: no certainty is claimed that there is not.

    >>> share(0.5), share(0.99999), share(1e-12)
    ('50 %', 'more than 99.9 %', 'less than 0.1 %')
    """
    if chance > 0.999:
        return "more than 99.9 %"
    return "less than 0.1 %" if chance < 0.001 else f"{100 * chance:.3g} %"


def _orders(found: Browser) -> str:
    choices = "".join(
        f'<label><input type="radio" name="hv-order" value="{key}"'
        f"{' checked' if key == found.order else ''}><span>{words}</span></label>"
        for key, words in ORDERS.items()
    )
    return f'<fieldset class="hv-choice"><legend>Buckets by their</legend>{choices}</fieldset>'


def _row(bucket: Bucket, chosen: bool) -> str:
    parts = "".join(
        f'<i class="hv-part{place % 5}" style="flex:{count}"></i>'
        for place, (_, count) in enumerate(bucket.classes)
    )
    names = ", ".join(f"{name}: {count:,}" for name, count in bucket.classes[:4])
    if len(bucket.classes) > 4:
        names += f" and {len(bucket.classes) - 4} more classes"
    strange = ""
    if bucket.strange is not None:
        strange = f"{bucket.strange:,} {'pair' if bucket.strange == 1 else 'pairs'} of strangers"
    label = escape(
        f"Open the bucket of {bucket.size:,} pictures: {names or 'no labels'}. {strange}"
    )
    quiet = "" if bucket.strange else " class=hv-none"
    return (
        f'<li><button type="button" class="hv-bucket" data-bucket="{bucket.number}" '
        f'aria-pressed="{"true" if chosen else "false"}" aria-label="{label}">'
        f'<b>{bucket.size:,}</b><span class="hv-mixed">{parts}</span>'
        f"<small>{escape(names)}</small><em{quiet}>{strange}</em>{macros('frame/parts.html').strip(bucket.code)}</button></li>"
    )


def opened(found: Inside) -> str:
    """The pictures of a bucket, the rarest class first, and its worst neighbors above them."""
    bucket = found.bucket
    worst = ""
    if found.worst:
        pair = "".join(
            f'<figure><img src="{escape(each.image)}" alt="{escape(each.name)}">'
            f"<figcaption>{escape(each.name)}</figcaption></figure>"
            for each in found.worst
        )
        names = " and ".join(escape(each.name) for each in found.worst)
        worst = (
            f'<div class="hv-worst"><div>{pair}</div><p class="hv-words">The worst neighbors: '
            f"{names}. No search in these codes can ever tell them apart: their distance is 0."
            "</p></div>"
        )
    first = f", {SHOWN} of them" if bucket.size > len(found.pictures) else ""
    alone = " It is alone in it." if bucket.size == 1 else ""
    cards = "".join(map(_card, found.pictures))
    return (
        f'<section class="hv hv-sheet hv-inside" aria-live="polite"><h2>One bucket: '
        f"{bucket.size:,} {'picture' if bucket.size == 1 else 'pictures'} with one code</h2>{worst}"
        f'<p class="hv-note">The rarest class first{first}. A press makes a picture the query.'
        f'{alone}</p><ul class="hv-gallery">{cards}</ul></section>'
    )


def _card(item: Item) -> str:
    label = escape(f"{item.name}. Make it the query.")
    return (
        f'<li><button type="button" class="hv-card" data-query="{item.position}" '
        f'aria-label="{label}"><span class="hv-picture"><img src="{escape(item.image)}" alt="">'
        f'</span><span class="hv-name">{escape(item.name)}</span></button></li>'
    )


def story() -> str:
    """Where this happened outside of a lecture."""
    return (
        '<p class="hv hv-note hv-story">This has happened to systems in use. In August 2021 the '
        "weights of Apple's NeuralHash, which was meant to recognize forbidden pictures on "
        "telephones, were taken out of one; within a day a picture of a dog and a patch of gray "
        "noise had the same hash, by the same kind of descent as above. Later work did the same "
        "to other perceptual hashes. A code that is learned for likeness is no secret and no "
        "signature: where somebody gains from a collision, somebody will make one.</p>"
    )
