"""Form and stage of a training as HTML; static/train.js draws what the server tells of it."""

import json
from collections.abc import Sequence
from html import escape
from math import cos, pi, sin
from typing import Any

from hashviz.methods import METHODS
from hashviz_demo.tabs.space.card import COLORS
from hashviz_demo.tabs.train.view import (
    BITS,
    DATA,
    EPOCHS,
    MOST_EPOCHS,
    SEEDS,
    Fader,
    Plan,
    Switch,
    short_title,
)


def form(
    plan: Plan,
    faders: Sequence[Fader],
    switches: Sequence[Switch],
    first: Sequence[str],
    others: Sequence[str],
) -> str:
    """What may be chosen before a training, with its bet and its button."""
    data = "".join(
        f'<label><input type="radio" name="hv-train-data" value="{name}"'
        f"{' checked' if name == plan.data else ''}><span>{words}</span></label>"
        for name, words in DATA.items()
    )
    methods = (
        f'<optgroup label="A handful to begin with">{_methods(first, plan)}</optgroup>'
        f'<optgroup label="All others that are trained">{_methods(others, plan)}</optgroup>'
    )
    bits = "".join(
        f'<option value="{bits}"{" selected" if bits == plan.bits else ""}>{bits} bits</option>'
        for bits in sorted({*BITS, plan.bits})
    )
    row = METHODS[plan.method]
    return (
        f'<form class="hv hv-plan" data-usual="{escape(json.dumps(EPOCHS))}">'
        f'<fieldset class="hv-choice"><legend>Pictures</legend>{data}</fieldset>'
        f'<p class="hv-field"><label for="hv-train-method">Method</label>'
        f'<select id="hv-train-method">{methods}</select>'
        f'<span class="hv-note">{escape(row.paper)}: {escape(row.family)}</span></p>'
        f'<p class="hv-field hv-train-pair"><span><label for="hv-train-bits">Length</label>'
        f'<select id="hv-train-bits">{bits}</select></span>'
        f'<span><label for="hv-train-seed">Seed</label><input id="hv-train-seed" type="number" '
        f'min="0" max="{SEEDS}" step="1" value="{plan.seed}"></span></p>'
        '<div class="hv-slide"><label for="hv-train-epochs">Epochs</label>'
        f'<input id="hv-train-epochs" type="range" min="1" max="{MOST_EPOCHS}" '
        f'value="{plan.epochs}"><output for="hv-train-epochs">{plan.epochs}</output></div>'
        f"{_weights(faders, switches)}"
        f"{_switch('', 'slow enough to watch', True, 'data-watchable')}"
        f"{_bet()}"
        '<button type="button" class="hv-main" data-start>Train</button></form>'
    )


def _methods(names: Sequence[str], plan: Plan) -> str:
    return "".join(
        f'<option value="{name}"{" selected" if name == plan.method else ""}>'
        f"{escape(short_title(METHODS[name]))}</option>"
        for name in names
    )


def _weights(faders: Sequence[Fader], switches: Sequence[Switch]) -> str:
    """The terms of the loss: how much each of them counts."""
    rows = "".join(
        f'<div class="hv-slide hv-fader" data-values="{escape(json.dumps(fader.values))}" '
        f'data-name="{fader.name}" data-usual="{fader.usual}">'
        f'<label for="hv-{fader.name}">{escape(fader.words)}</label>'
        f'<input id="hv-{fader.name}" type="range" min="0" max="{len(fader.values) - 1}" '
        f'value="{fader.notch}"><output for="hv-{fader.name}"></output></div>'
        for fader in faders
    ) + "".join(_switch(s.name, s.words, s.on, "data-switch") for s in switches)
    if not rows:
        rows = '<p class="hv-note">This loss has one term and nothing to weigh.</p>'
    return (
        f'<fieldset class="hv-weights" id="hv-train-weights"><legend>Terms of the loss</legend>'
        f"{rows}</fieldset>"
    )


def _switch(name: str, words: str, on: bool, mark: str) -> str:
    return (
        f'<button type="button" class="hv-switch" role="switch" aria-checked="{str(on).lower()}" '
        f'{mark} data-name="{name}"><i></i>{escape(words)}</button>'
    )


def _bet() -> str:
    return (
        '<div class="hv-bet" id="hv-train-bet"><label for="hv-train-codes">Bet first: how many '
        "different codes will 200 pictures have at the end?</label>"
        '<input id="hv-train-codes" type="range" min="1" max="200" value="100">'
        '<output for="hv-train-codes">no bet</output></div>'
    )


def empty() -> str:
    """The stage before anything was trained."""
    stars = "".join(
        f'<g transform="translate({150 + 120 * cos(turn):.1f} {75 + 58 * sin(turn):.1f})" '
        f'style="--light:{COLORS[0][place]};--dark:{COLORS[1][place]}">{_flock(place)}'
        '<use href="#hv-train-star"/></g>'
        for place, turn in enumerate(2 * pi * k / 10 - pi / 2 for k in range(10))
    )
    return (
        '<div class="hv hv-train hv-sheet hv-train-empty" data-empty>'
        '<svg viewBox="0 0 300 150" aria-hidden="true"><defs><path id="hv-train-star" d="M0-7 1.7'
        '-2.3 6.7-2.2 2.7.9 4.1 5.7 0 2.8-4.1 5.7-2.7.9-6.7-2.2-1.7-2.3z"/></defs>'
        f"{stars}</svg><div><h2>Nothing is being trained</h2>"
        '<p class="hv-words">Choose what, make your bet, and press <b>Train</b>: 200 pictures '
        "become dots, each class a star, and epoch by epoch you see the codes find their places."
        "</p></div></div>"
    )


def _flock(place: int) -> str:
    """A few dots around a star, others at every star."""
    return "".join(
        f'<circle cx="{(8 + 2.1 * k) * cos(2.4 * k + place):.1f}" '
        f'cy="{(8 + 2.1 * k) * sin(2.4 * k + place):.1f}" r="1.6"/>'
        for k in range(3 + place * 7 % 5)
    )


def stage(key: str, title: str, pictures: str, *, begun: bool = False, bet: Any = None) -> str:
    """Where a training is seen; `begun` when this visitor has just pressed the button."""
    content = {
        "key": key,
        "pictures": pictures,
        "begun": begun,
        "bet": bet,
        "colors": {"light": COLORS[0], "dark": COLORS[1]},
    }
    return (
        f'<div class="hv hv-train" data-training="{escape(json.dumps(content))}">'
        f'<div class="hv-jobs" data-jobs></div>'
        f'<div class="hv-now"><div><h2>{escape(title)}</h2>'
        '<p class="hv-words" role="status" data-status>…</p></div>'
        '<button type="button" class="hv-main" data-use hidden>Use these codes</button></div>'
        '<div class="hv-canvas"><canvas tabindex="0" role="img" data-plane aria-label="The watched '
        "pictures as dots around the stars of their classes. Arrow keys go from dot to dot."
        '"></canvas><p class="hv-tip" hidden></p></div>'
        '<div class="hv-transport" role="group" aria-label="Training">'
        '<button type="button" class="hv-main" data-play>Pause</button>'
        '<button type="button" class="hv-more" data-step>Step</button>'
        '<button type="button" class="hv-more" data-stop>Stop</button>'
        '<span class="hv-scrub"><label for="hv-epoch">epoch</label><input id="hv-epoch" '
        'type="range" min="0" max="1" value="0"><output for="hv-epoch">0</output></span></div>'
        '<dl class="hv-facts" data-facts></dl>'
        '<p class="hv-verdict" role="status" data-verdict></p>'
        '<div class="hv-tools"><fieldset class="hv-choice"><legend>Dots are</legend>'
        '<label><input type="radio" name="hv-kind" value="codes" checked><span>codes</span></label>'
        '<label><input type="radio" name="hv-kind" value="outputs"><span>outputs before the sign'
        "</span></label></fieldset>"
        '</div><ul class="hv-legend" aria-label="Classes" data-legend></ul>'
        '<p class="hv-note" data-caption></p></div>'
    )
