"""The scores of a run and the tricks as HTML; the styles are in static/scores.css."""

import base64
import json
from collections.abc import Sequence
from html import escape
from math import isnan

from hashviz_demo.tabs.scores.view import NAMES, Card, Trial, as_csv, as_json

TRICKS = {
    "sorted": (
        "Sort the database by class",
        "A stable sort keeps that order inside every tie, so the right pictures stand in one "
        "block: early for some classes, late for others.",
    ),
    "inside": (
        "Leave the queries in the database",
        "Every query finds itself at distance 0, a right answer that nobody had to look for; the "
        "other queries join the database as well.",
    ),
    "cut": (
        "Stop early: mAP@k",
        "Only the first k ranks count. That is where every method looks best; what it loses "
        "further down is not told.",
    ),
    "divisor": (
        "Choose the denominator",
        "The same list, divided by the right items that were found, by all R that exist, or by "
        "the smaller of R and k. They differ only after a cut.",
    ),
    "dropped": (
        "Drop the queries without a hit",
        "Queries that find nothing in the first k leave the mean, as if nobody had asked them. It "
        "needs a cut: without one, every query finds something.",
    ),
}
DIVISORS = {"hits": "found in top k", "reachable": "min(k, R)", "relevant": "all relevant, R"}


def page(card: Card) -> str:
    """The run's own numbers: the band of ties, chance, precision and recall by radius."""
    part = ""
    if card.queries < card.of_queries:
        part = (
            f" Counted over {card.queries:,} of the {card.of_queries:,} queries, evenly spread, so "
            "the last digit may differ from that of <code>hashviz evaluate</code>."
        )
    k = f"@{card.k}" if card.k else ""
    width = card.optimistic - card.pessimistic
    wide = (
        f"Order alone is worth {width:.3f}: a paper could report anything in the band."
        if width >= 0.0005
        else "Ties do not matter here: whatever the order of equals, the score is the same."
    )
    return (
        '<div class="hv hv-scores"><section class="hv-sheet" aria-labelledby="hv-map-head">'
        f'<h2 id="hv-map-head">mAP{k}<b class="hv-number">{card.expected:.3f}</b></h2>'
        f"{band(card)}"
        f'<p class="hv-words">{wide} Random codes would get {card.chance:.3f}.</p>'
        f'<p class="hv-note">{escape(card.run)} · {escape(card.split)}.{part}</p></section>'
        '<section class="hv-sheet" aria-labelledby="hv-curve-head">'
        '<h2 id="hv-curve-head">Precision and recall, radius by radius</h2>'
        f"{curve(card)}{numbers(card)}</section></div>"
    )


def band(card: Card) -> str:
    """The scale from 0 to 1 with the worst, mean and best order of ties, and chance."""
    low, high = 100 * card.pessimistic, 100 * card.optimistic
    text = (
        f"Mean average precision: unluckiest order {card.pessimistic:.3f}, mean over all orders "
        f"{card.expected:.3f}, luckiest order {card.optimistic:.3f}, chance {card.chance:.3f}"
    )
    return (
        f'<div class="hv-track" role="img" aria-label="{text}">'
        f'<i class="hv-band" style="left:{low:.2f}%;width:{high - low:.2f}%"></i>'
        f'<i class="hv-chance" style="left:{100 * card.chance:.2f}%"></i>'
        f'<i class="hv-point" style="left:{100 * card.expected:.2f}%"></i></div>'
        '<dl class="hv-facts">'
        f"<div><dt>unluckiest order</dt><dd>{card.pessimistic:.3f}</dd></div>"
        f"<div><dt>mean of all orders</dt><dd>{card.expected:.3f}</dd></div>"
        f"<div><dt>luckiest order</dt><dd>{card.optimistic:.3f}</dd></div>"
        f"<div><dt>chance</dt><dd>{card.chance:.3f}</dd></div></dl>"
    )


LEFT, TOP, WIDE, HIGH = 44.0, 12.0, 380.0, 230.0


def curve(card: Card) -> str:
    """Precision against recall, one dot per radius; dots that would cover each other are bare."""

    def at(recall: float, precision: float) -> tuple[float, float]:
        return LEFT + WIDE * recall, TOP + HIGH * (1 - precision)

    parts = []
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        x, y = at(tick, tick)
        parts.append(
            f'<line class="grid" x1="{LEFT}" x2="{LEFT + WIDE}" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{tick:g}</text>'
            f'<text x="{x:.1f}" y="{TOP + HIGH + 18}" text-anchor="middle">{tick:g}</text>'
        )
    _, chance = at(0, card.share)
    parts.append(
        f'<line class="chance" x1="{LEFT}" x2="{LEFT + WIDE}" y1="{chance:.1f}" y2="{chance:.1f}"/>'
        f'<text x="{LEFT + 6}" y="{chance - 6:.1f}">chance {card.share:.2f}</text>'
    )
    spots = [at(r, p) for r, p in zip(card.recall, card.precision, strict=True)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
    parts.append(f'<polyline points="{line}"/>')
    last = (-99.0, -99.0)
    for radius, (x, y) in enumerate(spots):
        apart = abs(x - last[0]) + abs(y - last[1])
        told = (
            f"radius {radius}: precision {card.precision[radius]:.3f}, "
            f"recall {card.recall[radius]:.3f}"
        )
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4"><title>{told}</title></circle>')
        if apart > 34 and x < LEFT + WIDE - 8:
            parts.append(f'<text class="radius" x="{x + 6:.1f}" y="{y - 8:.1f}">{radius}</text>')
            last = (x, y)
    return (
        f'<svg class="hv-curve" viewBox="0 0 {LEFT + WIDE + 12:.0f} {TOP + HIGH + 40:.0f}" '
        'role="img" aria-label="Precision against recall as the radius grows; the numbers are in '
        f'the table below">{"".join(parts)}'
        f'<text x="{LEFT + WIDE / 2}" y="{TOP + HIGH + 36}" text-anchor="middle">recall</text>'
        f'<text transform="translate(12 {TOP + HIGH / 2}) rotate(-90)" text-anchor="middle">'
        "precision</text></svg>"
        '<p class="hv-note">The number at a dot is the radius of the ball around the query. A ball '
        "without any picture counts as precision 0: that is why short radii may look bad.</p>"
    )


def numbers(card: Card) -> str:
    """The curve as a table, for those who cannot see it and those who want the digits."""
    rows = "".join(
        f'<tr><th scope="row">{radius}</th><td>{p:.3f}</td><td>{r:.3f}</td><td>{100 * e:.0f} %</td>'
        "</tr>"
        for radius, (p, r, e) in enumerate(
            zip(card.precision, card.recall, card.empty, strict=True)
        )
    )
    return (
        '<details class="hv-details"><summary>The numbers of the curve</summary>'
        '<div class="hv-scroll" tabindex="0" role="region" aria-label="Precision and recall by '
        'radius"><table><thead><tr><th scope="col">radius</th><th scope="col">precision</th>'
        '<th scope="col">recall</th><th scope="col">empty balls</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div></details>"
    )


def cheat(trial: Trial, *, shown: bool, bet: float | None = None, free: bool = False) -> str:
    """The switches, and the number they give: hidden until a bet is made, unless `free`."""
    rows = "".join(_trick(trial, name, shown) for name in NAMES)
    checked = " checked" if free else ""
    return (
        '<section class="hv hv-sheet hv-cheat" aria-labelledby="hv-cheat-head">'
        '<h2 id="hv-cheat-head">Cheat the benchmark</h2>'
        '<p class="hv-words">Raise the score without touching a single code. Every switch is '
        "something that published evaluations did; not every one pays.</p>"
        f"{_board(trial, shown, bet)}"
        f'<ul class="hv-tricks">{rows}</ul>'
        f'<label class="hv-free"><input type="checkbox" data-free{checked}> Answers at once, '
        'without bets</label> <button type="button" class="hv-more" data-reset>Honest again'
        "</button></section>"
    )


def _board(trial: Trial, shown: bool, bet: float | None) -> str:
    """The honest number beside the other, or the bet that comes before it."""
    tricks = len(trial.protocol.tricks)
    marks = (
        f'<i class="hv-chance" style="left:{100 * trial.chance:.2f}%"></i>'
        f'<i class="hv-point hv-hollow" style="left:{100 * trial.honest:.2f}%"></i>'
    )
    value = "?"
    if not tricks:
        value, text = f"{trial.honest:.3f}", "No trick is on. Press a switch, then bet."
    elif not shown:
        text = ""
    elif isnan(trial.value):
        value, text = "none", "No query is left: there is nothing to take the mean of."
    else:
        value, gain = f"{trial.value:.3f}", trial.value - trial.honest
        low, high = sorted((100 * trial.honest, 100 * trial.value))
        marks += (
            f'<i class="hv-gain" style="left:{low:.2f}%;width:{high - low:.2f}%"></i>'
            f'<i class="hv-point" style="left:{100 * trial.value:.2f}%"></i>'
        )
        text = f"{_signed(gain)} against the honest number, and not one code has changed."
        if trial.protocol.dropped:
            text += f" {trial.left:,.0f} of {trial.queries:,} queries are left in the mean."
        if bet is not None:
            marks += f'<i class="hv-betted" style="left:{100 * bet:.2f}%"></i>'
            away = abs(bet - trial.value)
            verdict = "spot on" if away < 0.015 else f"{away:.2f} off"
            text = f"You bet {bet:.2f}: {verdict}. {text}"
    asking = ""
    if tricks and not shown:
        start = f"{trial.honest:.2f}"
        asking = (
            '<div class="hv-bet"><label for="hv-bet">Your bet: what will the score be now?</label>'
            f'<input id="hv-bet" type="range" min="0" max="1" step="0.01" value="{start}">'
            f'<output for="hv-bet">{start}</output>'
            '<button type="button" class="hv-main" data-show>Show</button></div>'
        )
    mood = "hv-shown" if shown and tricks else ""
    spoken = f"honest {trial.honest:.3f}, with tricks {value}, chance {trial.chance:.3f}"
    return (
        f'<div class="hv-board {mood}" data-run="{escape(trial.run)}" '
        f'data-shown="{"yes" if shown else "no"}">'
        f'<p class="hv-pair"><span>honest <b>{trial.honest:.3f}</b></span>'
        f'<span>with your tricks <b class="hv-number">{value}</b></span></p>'
        f'<div class="hv-track" role="img" aria-label="{spoken}">{marks}</div>{asking}'
        f'<p class="hv-verdict" role="status">{text}</p></div>'
    )


def _trick(trial: Trial, name: str, shown: bool) -> str:
    title, words = TRICKS[name]
    on = name in trial.protocol.tricks
    alone = ""
    if on and shown and name in trial.alone and not isnan(trial.alone[name]):
        value = trial.alone[name]
        gain = value - trial.honest
        kind = "up" if gain > 0.0005 else "down" if gain < -0.0005 else "same"
        with_cut = name in ("divisor", "dropped") and trial.protocol.cut
        label = "with the cut" if with_cut else "alone"
        alone = (
            f'<span class="hv-alone hv-{kind}">{label} <b>{value:.3f}</b> {_signed(gain)}</span>'
        )
    if name == "cut":
        choices = [("", f"k = {trial_k(trial)}"), *((str(c), f"k = {c}") for c in trial.cuts)]
        chosen = "" if trial.protocol.cut is None else str(trial.protocol.cut)
        control = _choice("cut", title, choices, chosen)
    elif name == "divisor":
        control = _choice("divisor", title, list(DIVISORS.items()), trial.protocol.divisor)
    else:
        control = (
            f'<button type="button" class="hv-switch" role="switch" data-trick="{name}" '
            f'aria-checked="{"true" if on else "false"}" aria-describedby="hv-trick-{name}">'
            f"<i></i><span>{title}</span></button>"
        )
    return (
        f'<li class="{"hv-on" if on else ""}">{control}{alone}'
        f'<p id="hv-trick-{name}" class="hv-note">{words}</p></li>'
    )


def _choice(name: str, title: str, choices: Sequence[tuple[str, str]], chosen: str) -> str:
    options = "".join(
        f'<label><input type="radio" name="hv-{name}" data-choice="{name}" value="{value}"'
        f"{' checked' if value == chosen else ''}><span>{text}</span></label>"
        for value, text in choices
    )
    return f'<fieldset class="hv-choice"><legend>{title}</legend>{options}</fieldset>'


def trial_k(trial: Trial) -> str:
    """The cut of the run's own protocol, in words."""
    return f"{trial.k:,}" if trial.k else "all"


def exports(card: Card, trial: Trial) -> str:
    """Two links that save the numbers; their content is in the address, so no file is written."""
    name = escape(card.run.replace("/", "-"))
    content = {
        "json": ("application/json", json.dumps(as_json(card, trial), indent=1)),
        "csv": ("text/csv", as_csv(card)),
    }
    links = " ".join(
        f'<a class="hv-more" download="{name}.{kind}" '
        f'href="data:{mime};base64,{base64.b64encode(text.encode()).decode()}">Save as '
        f"{kind.upper()}</a>"
        for kind, (mime, text) in content.items()
    )
    return f'<p class="hv hv-exports">{links}</p>'


def _signed(gain: float) -> str:
    return f"{'+' if gain >= 0 else '−'}{abs(gain):.3f}"
