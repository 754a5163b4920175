"""Keyboard, sorted results, X-ray and the page of one bit as HTML; styles in static/bits.css."""

from html import escape

from hashviz_demo.tabs.bits.drawing import drawing
from hashviz_demo.tabs.bits.view import FIRST, Item, Keyboard, OneBit, Sorted, XRay
from hashviz_demo.tabs.search.card import card


def keyboard(keys: Keyboard, run: str) -> str:
    """The query's bits as keys; static/bits.js holds the pattern and sends it at every press."""
    item = keys.query
    most = max(max(keys.leaving), 1)
    buttons = []
    for bit, (own, gone, twin) in enumerate(zip(item.code, keys.leaving, keys.twins, strict=True)):
        known = f' data-twin="{twin}"' if twin != bit else ""
        buttons.append(
            f'<button type="button" class="hv-key" data-bit="{bit}" data-own="{own}" '
            f'data-leaving="{gone}" style="--gone:{gone / most:.3f}"{known}>'
            f"<i></i><span>{bit}</span></button>"
        )
    return (
        f'<div class="hv hv-keyboard" data-run="{escape(run)}" data-code="{item.code}">'
        '<div class="hv-modes" role="radiogroup" aria-label="What the keys do">'
        '<button type="button" role="radio" data-mode="flip" aria-checked="true">Flip the '
        "query's bits</button>"
        '<button type="button" role="radio" data-mode="ask" aria-checked="false">Ask for single '
        "bits</button></div>"
        '<p class="hv-say" data-say role="status"></p>'
        f'<div class="hv-keys" {_grid(len(item.code))} role="group" '
        f'aria-label="The query\'s {len(item.code)} bits; arrow keys move, space flips">'
        f"{''.join(buttons)}</div>"
        '<div class="hv-under"><p class="hv-keylegend"><i class="on"></i> +1 <i></i> −1 '
        '<i class="free"></i> nobody asks <i class="moved"></i> not the query\'s '
        f'<span data-legend hidden><i class="bar"></i> of the first {FIRST}, how many leave when '
        "this bit alone is flipped</span></p>"
        '<p class="hv-acts"><button type="button" class="hv-more" data-reset>The query\'s own code'
        "</button></p></div>"
        '<div class="hv-names" data-names hidden><h3>Named bits</h3><ul></ul></div></div>'
    )


def _grid(bits: int) -> str:
    """How many bits stand beside each other, on a desk and on a phone."""
    wide = next((each for each in (32, 24, 16) if bits % each == 0), 32)
    return f'style="--wide:{min(wide, bits)};--few:{8 if bits <= 32 else 16}"'


def resorted(found: Sorted) -> str:
    """The first results for the pattern, each with the place it had before."""
    cards = "".join(
        card(hit, _moved(place, before))
        for place, (hit, before) in enumerate(zip(found.hits, found.before, strict=True))
    )
    return (
        f'<div class="hv hv-resorted"><p class="hv-status" role="status">{_status(found)}</p>'
        f"<ul>{cards}</ul></div>"
    )


def _moved(place: int, before: int | None) -> str:
    if before is None:
        return '<span class="hv-moved hv-entered">new</span>'
    if before == place:
        return ""
    up = before > place
    word = "up" if up else "down"
    return (
        f'<span class="hv-moved" title="{word} {abs(before - place)}">'
        f"{'▲' if up else '▼'}{abs(before - place)}</span>"
    )


def _status(found: Sorted) -> str:
    if found.asked < len(found.pattern):
        if not found.asked:
            return "Nobody asks for a bit, so all pictures are equal. Press a key."
        return (
            f"{found.exact:,} of {found.database:,} have {_bits(found.asked)} as asked; the first "
            f"{len(found.hits)} are shown, those with fewest differences first."
        )
    if not found.flipped:
        return f"The query's own code: the {len(found.hits)} nearest of {found.database:,}."
    return (
        f"{_bits(found.flipped).capitalize()} flipped: {found.left} of the first "
        f"{len(found.hits)} have left, {found.exact:,} of {found.database:,} have exactly this "
        "code."
    )


def _bits(count: int) -> str:
    return "1 bit" if count == 1 else f"{count} bits"


def xray(seen: XRay, run: str) -> str:
    """A bet on the useful bits, then the X-ray that the bet had veiled."""
    return (
        f'<section class="hv hv-xray" data-xray="{escape(run)}" data-useful="{seen.useful}" '
        f'aria-label="X-ray of the bits"><h2>X-ray: what are the {seen.bits} bits worth?</h2>'
        '<form class="hv-guess" data-bet><label for="hv-guess">Your bet first: how many of the '
        f"{seen.bits} bits say something of their own?</label>"
        f'<input id="hv-guess" type="number" min="0" max="{seen.bits}" required>'
        '<button type="submit" class="hv-main">Reveal</button></form>'
        f'<div data-revealed hidden><p class="hv-answer" data-verdict role="status"></p>'
        f'<p class="hv-meter">{_meter(seen)}</p>{_columns(seen)}<div class="hv-plates">'
        f"{_figures(seen)}</div></div></section>"
    )


def _meter(seen: XRay) -> str:
    text = (
        f"<b>{seen.bits} stored, {seen.useful} useful.</b> {seen.database:,} pictures have "
        f"{seen.distinct:,} different codes; {seen.rank} bits are no weighted sum of the others."
    )
    if seen.constant:
        text += f" Constant: bit {_listed(seen.constant)}."
    for group in seen.groups[:4]:
        text += f" The same or opposite: bits {_listed(group)}."
    if len(seen.groups) > 4:
        text += f" And {len(seen.groups) - 4} more such groups."
    return text


def _listed(bits: tuple[int, ...]) -> str:
    return ", ".join(str(bit) for bit in bits)


def _columns(seen: XRay) -> str:
    """One column per bit, filled by its share of +1: a click opens the page of the bit."""
    twins = {bit: group[0] for group in seen.groups for bit in group[1:]}
    columns = []
    for bit, (share, entropy) in enumerate(zip(seen.plus, seen.entropy, strict=True)):
        label = f"Bit {bit}: {share:.0%} are +1, entropy {entropy:.2f}"
        kind = ""
        if bit in seen.constant:
            kind, label = " hv-constant", label + ", constant"
        elif bit in twins:
            kind, label = " hv-twin", label + f", says the same as bit {twins[bit]}"
        columns.append(
            f'<button type="button" class="hv-column{kind}" data-open="{bit}" '
            f'style="--share:{share:.3f}" aria-label="{label}. Open." title="{label}"><i></i>'
            f"<span>{bit}</span></button>"
        )
    return (
        '<p class="hv-note">Filled: the share of +1, best at the line in the middle. Hatched: '
        "constant. Pale: another bit says the same. Press one to see its pictures.</p>"
        f'<div class="hv-bitcolumns" {_grid(seen.bits)}>{"".join(columns)}</div>'
    )


def _figures(seen: XRay) -> str:
    from hashviz import plots

    return drawing(
        plots.bit_correlation,
        seen.correlation,
        label="Correlation of any two bits: dark fields off the diagonal are bits that repeat",
        size=(5.6, 4.6),
    ) + drawing(
        plots.bit_balance,
        seen.balance,
        images=seen.database,
        label="Mean of each bit: 0 where half of the pictures have +1",
        size=(5.6, 4.6),
    )


def one_bit(seen: OneBit) -> str:
    """Both ends of a bit with a field for the name that it deserves."""
    ends = (
        ("+1", "p", seen.plus, seen.outputs[0] if seen.outputs else ()),
        ("−1", "n", seen.minus, seen.outputs[1] if seen.outputs else ()),
    )
    order = "the loudest first" if seen.outputs else "any members: this run kept no real outputs"
    rows = "".join(
        f'<div class="hv-end"><h3><i class="{tone}"></i> bit = {sign} <small>{order}</small></h3>'
        f"<ul>{_end(items, values)}</ul></div>"
        for sign, tone, items, values in ends
    )
    classes = "".join(
        f'<li><span>{escape(name)}</span><i style="--share:{share:.3f}"></i><b>{share:.0%}</b></li>'
        for name, share in _ends_of(seen.classes)
    )
    alike = ", ".join(f"bit {bit} ({value:+.2f})" for bit, value in seen.alike)
    alike = alike.replace("-", "−")
    return (
        f'<section class="hv hv-onebit" data-one="{seen.bit}" tabindex="-1" '
        f'aria-label="Bit {seen.bit}"><header><h2>Bit {seen.bit}</h2>'
        f'<form data-name><label for="hv-name">What does +1 stand for?</label>'
        '<input id="hv-name" maxlength="24" autocomplete="off" placeholder="round, dark, left ...">'
        '<button type="submit" class="hv-main">Name it</button></form></header>'
        f'<p class="hv-note">{seen.share:.0%} are +1, entropy {seen.entropy:.2f} of 1'
        f"{f'; most alike: {alike}' if alike else ''}.</p>"
        f'<div class="hv-both">{rows}<div class="hv-classes"><h3>Share of +1 by class</h3>'
        f"<ul>{classes}</ul></div></div></section>"
    )


def _ends_of(classes: tuple[tuple[str, float], ...]) -> tuple[tuple[str, float], ...]:
    """All classes, or of very many those at both ends."""
    return classes if len(classes) <= 12 else (*classes[:6], *classes[-6:])


def _end(items: tuple[Item, ...], values: tuple[float, ...]) -> str:
    if not items:
        return '<li class="hv-note">No picture has this sign.</li>'
    texts = [f"{value:+.2f}".replace("-", "−") for value in values] or [""] * len(items)
    return "".join(
        f'<li><img src="{escape(item.image)}" alt="{escape(item.name)}">'
        f"<span>{escape(item.name)} <small>{text}</small></span></li>"
        for item, text in zip(items, texts, strict=True)
    )
