"""The words and links of the tab Scores; the page around them is in the templates."""

import base64
import json
from math import isnan

from hashviz_demo.frame.files import render
from hashviz_demo.tabs.scores.view import Card, Trial, as_csv, as_json

DIVISORS = {"hits": "found in top k", "reachable": "min(k, R)", "relevant": "all relevant, R"}
WIDE, HIGH = 380, 230
"""Pixels of the curve from 0 to 1."""


def page(card: Card) -> str:
    """Render the run's own numbers: the band of ties, chance, precision and recall by radius."""
    radii, last = [], (-99.0, -99.0)
    for precision, recall, empty in zip(card.precision, card.recall, card.empty, strict=True):
        spot = WIDE * recall, HIGH * precision
        # Dots too near the last number, or too near the edge, carry none of their own.
        named = abs(spot[0] - last[0]) + abs(spot[1] - last[1]) > 34 and spot[0] < WIDE - 8
        last = spot if named else last
        radii.append((precision, recall, empty, named))
    return render("tabs/scores/page.html", card=card, radii=radii)


def cheat(trial: Trial, *, shown: bool, bet: float | None = None, free: bool = False) -> str:
    """Render the switches and their score, which stays hidden until a bet is made."""
    value, verdict = judge(trial, bet) if shown or not trial.protocol.tricks else ("?", "")
    own = f"{trial.k:,}" if trial.k else "all"
    return render(
        "tabs/scores/cheat.html",
        trial=trial,
        tricks=trial.protocol.tricks,
        shown=shown,
        bet=bet,
        free=free,
        value=value,
        empty=isnan(trial.value),
        verdict=verdict,
        alone={n: v for n, v in trial.alone.items() if shown and not isnan(v)},
        gained=gained,
        cuts=[("", f"k = {own}"), *((cut, f"k = {cut}") for cut in trial.cuts)],
        divisors=DIVISORS.items(),
    )


def judge(trial: Trial, bet: float | None) -> tuple[str, str]:
    """Return the score in digits, and the sentence about it and the bet."""
    if not trial.protocol.tricks:
        return f"{trial.honest:.3f}", "No trick is on. Press a switch, then bet."
    if isnan(trial.value):
        return "none", "No query is left: there is nothing to take the mean of."
    gain = gained(trial.value, trial.honest)
    text = f"{gain} against the honest number, and not one code has changed."
    if trial.protocol.dropped:
        text += f" {trial.left:,.0f} of {trial.queries:,} queries are left in the mean."
    if bet is not None:
        away = abs(bet - trial.value)
        text = f"You bet {bet:.2f}: {'spot on' if away < 0.015 else f'{away:.2f} off'}. {text}"
    return f"{trial.value:.3f}", text


def exports(card: Card, trial: Trial) -> str:
    """Render two links that save the numbers; the content is in the address, not in a file."""
    saved = json.dumps(as_json(card, trial), indent=1), as_csv(card)
    contents = [base64.b64encode(text.encode()).decode() for text in saved]
    kinds = zip(("json", "csv"), ("application/json", "text/csv"), contents, strict=True)
    return render("tabs/scores/exports.html", run=card.run, files=list(kinds))


def gained(value: float, honest: float) -> str:
    """Return the difference of two scores as they are shown, with its sign.

    >>> gained(0.75, 0.5), gained(0.4, 0.5), gained(0.5214, 0.5206)
    ('+0.250', '−0.100', '±0.000')
    """
    gain = round(value, 3) - round(honest, 3)
    return f"{gain:+.3f}".replace("-", "−") if abs(gain) > 1e-9 else "±0.000"
