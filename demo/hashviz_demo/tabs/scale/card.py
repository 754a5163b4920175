"""The calculator: what is asked, what it costs, and from where on; styles in static/scale.css."""

from html import escape
from math import log10

from hashviz_demo.tabs.scale.engines import Answered, Engines
from hashviz_demo.tabs.scale.measuring import Measurement, Rate
from hashviz_demo.tabs.scale.view import (
    DTYPES,
    HIGH,
    LOW,
    NOTICED,
    Answer,
    Question,
    Side,
    about,
    duration,
    number,
    size,
    verdicts,
)


def controls(question: Question) -> str:
    """What is asked; the browser sends it with every change."""
    types = "".join(
        f'<option value="{name}"{" selected" if name == question.dtype else ""}>{name}</option>'
        for name in DTYPES
    )
    fields = (
        _field("bits", "bits of a code", question.bits, 'min="1" max="1024" step="1"')
        + _field("dimensions", "floats of a vector", question.dimensions, 'min="1" max="65536"')
        + '<label for="hv-scale-dtype">stored as'
        f'<select id="hv-scale-dtype" data-ask="dtype">{types}</select></label>'
        + _field(
            "price",
            "your price of a GB, a month",
            f"{question.price:g}",
            'min="0" max="1000" step="any"',
        )
    )
    return (
        '<section class="hv hv-sheet hv-question"><h2>How many pictures?</h2>'
        '<div class="hv-slide"><label for="hv-scale-place">N</label>'
        f'<input id="hv-scale-place" type="range" min="{LOW}" max="{HIGH}" step="1" '
        f'value="{question.place}" data-ask="place"><output for="hv-scale-place">'
        f"{number(question.n)}</output></div>"
        '<div class="hv-bet" data-bet><p><b>Your bet first:</b> from how many pictures on does a '
        f"person notice ({duration(NOTICED)}) that floats are slower to search? Move N there.</p>"
        '<button type="button" class="hv-main" data-reveal>This is my bet: reveal</button>'
        '<button type="button" class="hv-more" data-skip>No bet</button></div>'
        '<p class="hv-verdict" data-verdict role="status"></p>'
        f'<div class="hv-fields">{fields}</div></section>'
    )


def _field(name: str, words: str, value: object, limits: str) -> str:
    return (
        f'<label for="hv-scale-{name}">{words}<input id="hv-scale-{name}" type="number" '
        f'value="{value}" data-ask="{name}" {limits}></label>'
    )


def answer(found: Answer) -> str:
    """The costs of both sides with their formulas, what they mean, and from where on."""
    asked = found.question
    n, scan, floats = asked.n, found.measurement.scan, found.measurement.floats
    words = -(-asked.bits // 64)
    rows = (
        _row(
            "memory",
            (size(found.codes.bytes), f"{n:,} · {asked.bits} / 8 bytes"),
            (
                size(found.floats.bytes),
                f"{n:,} · {asked.dimensions:,} · {DTYPES[asked.dtype]} bytes",
            ),
        )
        + _row(
            "one query",
            (
                duration(found.codes.seconds),
                f"{n:,} · {words} {'word' if words == 1 else 'words'} / "
                f"{_rate(scan.per_second)} words a second",
            ),
            (
                duration(found.floats.seconds),
                f"{n:,} · {asked.dimensions:,} / {_rate(floats.per_second)} products a second",
            ),
        )
        + _row(
            "a month",
            (_money(found.codes.price), f"{size(found.codes.bytes)} · {asked.price:g} a GB"),
            (_money(found.floats.price), f"{size(found.floats.bytes)} · {asked.price:g} a GB"),
        )
    )
    said = "".join(f"<p>{escape(sentence)}</p>" for sentence in verdicts(found))
    return (
        f'<section class="hv hv-sheet hv-bill" data-noticed="{found.floats.noticed:.0f}" '
        f'data-said="{escape(about(found.floats.noticed))}">'
        f'<table class="hv-table"><caption>{number(n)} pictures: codes need '
        f"<b>{found.ratio:,.3g} times</b> less memory</caption><thead><tr><td></td>"
        f'<th scope="col">codes of {asked.bits} bits</th><th scope="col">{asked.dimensions:,} '
        f"numbers, {asked.dtype}</th></tr></thead><tbody>{rows}</tbody></table>"
        f'<div class="hv-meaning" role="status">{said}</div>{_lanes(found)}'
        f'<p class="hv-note">{_honest(found.measurement)}</p></section>'
    )


def _row(name: str, codes: tuple[str, str], floats: tuple[str, str]) -> str:
    cells = "".join(
        f"<td><b>{value}</b><small>{how}</small></td>" for value, how in (codes, floats)
    )
    return f'<tr><th scope="row">{name}</th>{cells}</tr>'


def _rate(per_second: float) -> str:
    return f"{per_second / 1e9:.2g} billion"


def _money(value: float) -> str:
    """A price without a currency.

    >>> _money(0.0003), _money(12.5), _money(30720)
    ('below 0.01', '12.50', '30,720')
    """
    if 0 < value < 0.01:
        return "below 0.01"
    return f"{value:,.2f}" if value < 1000 else f"{value:,.0f}"


def _lanes(found: Answer) -> str:
    """Along N: where an answer is at once, where one waits, where memory ends."""
    at = _along(found.question.n)
    lanes = "".join(
        f'<div class="hv-lane"><b>{name}</b><div class="hv-road">{_parts(side)}'
        f'<i class="hv-needle" style="left:{at:.1f}%"></i></div></div>'
        for name, side in (("codes", found.codes), ("floats", found.floats))
    )
    ticks = "".join(
        f'<span style="left:{_along(n):.1f}%">{number(n)}</span>' for n in (1e3, 1e6, 1e9)
    )
    words = []
    for name, side in (("floats", found.floats), ("codes", found.codes)):
        text = f"{name} take {duration(NOTICED)} from {about(side.noticed)} pictures on"
        if side.full is not None:
            text += f" and fill this machine's memory at {about(side.full)}"
        words.append(text)
    label = escape("; ".join(words))
    return (
        f'<div class="hv-roads" role="img" aria-label="{label}">{lanes}'
        f'<p class="hv-decades">{ticks}</p></div><p class="hv-note">{label[:1].upper()}{label[1:]}'
        f". About {duration(NOTICED)} is what a person begins to notice.</p>"
    )


def _along(n: float) -> float:
    """Where a number of pictures lies on the road, in percent."""
    return min(100.0, max(0.0, 100 * (log10(max(n, 1)) - LOW / 10) / ((HIGH - LOW) / 10)))


def _parts(side: Side) -> str:
    full = 100.0 if side.full is None else _along(side.full)
    noticed = min(_along(side.noticed), full)
    parts = (("at once", 0.0, noticed), ("one waits", noticed, full), ("no room", full, 100.0))
    return "".join(
        f'<span class="hv-part hv-road{place}" style="left:{low:.1f}%;width:{high - low:.1f}%">'
        f"{words if high - low > 12 else ''}</span>"
        for place, (words, low, high) in enumerate(parts)
        if high > low
    )


def _honest(found: Measurement) -> str:
    when = f"measured here on {found.date}" if found.date else "not yet measured on this machine"
    return (
        f"Rates of {escape(found.where)}, {when}: one query at a time, everything in memory. "
        "Words are of 64 bits; shorter codes take a whole one. float16 and int8 are counted at "
        "the rate of float32. The price is yours to set."
    )


def machine(found: Measurement | None) -> str:
    """The button that measures, and what it measured."""
    if found is None:
        body = (
            '<p class="hv-words">So far the calculator uses the rates of another machine. A second '
            "is enough to measure this one; the very first time something is compiled, which takes "
            "a few more.</p>"
        )
    else:
        rows = "".join(map(_measured, (found.scan, found.fallback, found.floats)))
        body = (
            f'<table class="hv-table"><caption>{escape(found.where)}, {found.date}</caption><thead>'
            '<tr><th scope="col">search</th><th scope="col">one query</th>'
            '<th scope="col">a second</th></tr></thead>'
            f"<tbody>{rows}</tbody></table>"
        )
    again = "Measure again" if found else "Measure on this machine"
    return (
        '<section class="hv hv-sheet hv-machine"><h2>This machine</h2>'
        f'{body}<button type="button" class="hv-main" data-measure>{again}</button>'
        '<p class="hv-note" data-busy role="status"></p></section>'
    )


def _measured(rate: Rate) -> str:
    unit = "words" if rate.what.startswith("codes") else "products"
    return (
        f'<tr><th scope="row">{escape(rate.name)}<small>{rate.n:,} {escape(rate.what)}, k = '
        f"{rate.k}</small></th><td><b>{duration(rate.milliseconds / 1e3)}</b><small>median of "
        f"{rate.queries}</small></td><td>{_rate(rate.per_second)} {unit}</td></tr>"
    )


def engines(found: Engines | None, run: str, address: str | None) -> str:
    """The same search on every engine, and the commands that do it elsewhere."""
    body = (
        '<p class="hv-words">The query in the bar above, searched by every engine that is '
        "installed. All of them must give the same pictures in the same order: by distance, and "
        "among equal distances by number.</p>"
    )
    if found is not None:
        rows = "".join(map(_engine, found.rows))
        body = (
            f'<table class="hv-table"><caption>The {found.k} nearest of {found.database:,} codes '
            f"of {found.bits} bits; at the last distance, {found.last}, there are {found.tied:,}"
            '</caption><thead><tr><th scope="col">engine</th><th scope="col">one query</th>'
            f'<th scope="col">hits</th></tr></thead><tbody>{rows}</tbody></table>'
        )
    again = "Search again" if found else "Search on all engines"
    return (
        '<section class="hv hv-sheet hv-engines"><h2>The same search elsewhere</h2>'
        f'{body}<button type="button" class="hv-main" data-search>{again}</button>'
        f'<p class="hv-note" data-busy role="status"></p>{_commands(run, address)}</section>'
    )


def _engine(row: Answered) -> str:
    name = f'<th scope="row">{escape(row.name)}<small>{escape(row.about)}</small></th>'
    if row.milliseconds is None:
        return f'<tr class="hv-failed">{name}<td>–</td><td>no answer: {escape(row.note)}</td></tr>'
    same = "✓ the same, in the same order" if row.same else f"✗ others: {escape(row.note)}"
    kind = "hv-same" if row.same else "hv-other"
    return (
        f"<tr>{name}<td><b>{duration(row.milliseconds / 1e3)}</b></td>"
        f'<td class="{kind}">{same}</td></tr>'
    )


def _commands(run: str, address: str | None) -> str:
    there = address or "milvus://HOST:19530/NAME"
    lines = escape(
        f"hashviz index push {run} {there}\n"
        f"hashviz search {run} PICTURE --index {there}\n"
        f"hashviz demo --index {there}"
    )
    code = escape(
        "from hashviz.search import open_index\n"
        f'index = open_index("{there}")    # or the path of a saved file\n'
        "hits = index.search(packed, k=10)  # hits.ids, hits.distances"
    )
    started = (
        "This app was started with that engine; the row Milvus above is what it says."
        if address
        else "Start the app with --index and the engine is compared here. The address is taken "
        "from the command line only, never from this page."
    )
    return (
        '<details class="hv-details"><summary>More codes than one machine holds: the same lines on '
        f'Milvus</summary><p class="hv-words">{started}</p><pre>{lines}</pre><pre>{code}</pre>'
        "</details>"
    )
