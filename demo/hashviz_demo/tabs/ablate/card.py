"""The switchboard as HTML: switches, scores with a dot for each seed, bars, pictures.

Numbers of variants are in it only after the bet. The styles are in static/ablate.css.
"""

from collections.abc import Mapping
from html import escape

from hashviz.metrics.comparison import Interval
from hashviz.training.ablation import NOT_TRAINED
from hashviz_demo.tabs.ablate.changes_card import pictures
from hashviz_demo.tabs.ablate.view import Board, Measured, Share

LANE = 15
"""Pixels between the dots of two seeds."""


def page(board: Board, *, shown: bool, bet: str = "", free: bool = False) -> str:
    """Everything of a choice; what variants are worth only if `shown`."""
    known = [share for share in board.alone if share.mean is not None]
    shown = shown or free or len(known) < 2
    return (
        f'<div class="hv hv-ablate" data-shown="{"yes" if shown else "no"}">{_head(board)}'
        f'<div class="hv-columns">{_switches(board, free)}'
        f'<section class="hv-sheet" id="hv-worth" aria-labelledby="hv-worth-head">'
        f'<h2 id="hv-worth-head">{escape(_title(board))}</h2>'
        f"{_bet(board, shown, bet)}{_worth(board, shown)}</section>"
        f"{_bars(board) if shown else ''}</div>{pictures(board)}</div>"
    )


def nothing() -> str:
    """What stands there when no ablation is at hand."""
    return (
        '<div class="hv hv-ablate"><section class="hv-sheet">'
        "<h2>No ablation is at hand yet</h2>"
        '<p class="hv-words">An ablation is a method trained as it stands and again with a part '
        "turned off, with the same seeds. Compute one below, here and now, or run "
        "<code>hashviz ablate dfeh --data digits</code> in the folder of the runs and open the app "
        "again.</p></section></div>"
    )


def _head(board: Board) -> str:
    chosen = board.choice.ablation
    options = "".join(
        f'<option value="{escape(each.key)}"{" selected" if each is chosen else ""}>'
        f"{escape(each.title)}{'' if each.whole.runs else ', numbers only'}</option>"
        for each in board.all
    )
    seeds = len(chosen.whole.seeds)
    return (
        '<div class="hv-which" id="hv-ablation"><label for="hv-ablation-menu">Ablation</label>'
        f'<select id="hv-ablation-menu" data-ablation data-chosen="{escape(chosen.key)}">{options}'
        f'</select><span class="hv-note">{seeds} {"seed" if seeds == 1 else "seeds"}, '
        f"{len(chosen.variants)} variants; all differences are taken seed by seed</span></div>"
    )


def _switches(board: Board, free: bool) -> str:
    choice = board.choice
    always = "".join(
        f'<li class="hv-always"><span class="hv-switch" aria-hidden="true"><i></i></span>'
        f"<span><b>{escape(term.replace('_', ' '))}</b> is always on</span></li>"
        for term in board.always
    )
    rows = []
    for place, switch in enumerate(choice.ablation.switches):
        on = not switch.off <= choice.off
        meaning = f'<p class="hv-note">off: {escape(switch.meaning)}</p>' if switch.meaning else ""
        rows.append(
            f'<li><button type="button" class="hv-switch" role="switch" data-flip="{place}" '
            f'aria-checked="{"true" if on else "false"}"><i></i>'
            f"<span>{escape(switch.title)}</span></button>{meaning}</li>"
        )
    checked = " checked" if free else ""
    return (
        '<section class="hv-sheet" id="hv-switchboard" aria-labelledby="hv-switchboard-head">'
        '<h2 id="hv-switchboard-head">Switchboard</h2>'
        f'<ul class="hv-parts">{"".join(rows)}{always}</ul>{_others(board)}'
        f'<label class="hv-free"><input type="checkbox" data-free{checked}> Numbers at once, '
        "without a bet</label></section>"
    )


def _others(board: Board) -> str:
    """Variants with other values, one of which may be chosen."""
    others = board.choice.ablation.others
    if not others:
        return ""
    names = ["none of them", *(variant.title for variant in others)]
    chosen = [variant.off for variant in others]
    at = chosen.index(board.choice.off) + 1 if board.choice.off in chosen else 0
    labels = "".join(
        f'<label><input type="radio" name="hv-other" data-other="{place}"'
        f"{' checked' if place == at else ''}><span>{escape(name)}</span></label>"
        for place, name in enumerate(names)
    )
    return f'<fieldset class="hv-choice hv-others"><legend>Other values</legend>{labels}</fieldset>'


def _title(board: Board) -> str:
    if not board.choice.off:
        return "The whole method, as it stands"
    return board.choice.ablation.named(board.choice.off)


def _bet(board: Board, shown: bool, bet: str) -> str:
    """The question before the numbers, and how the bet went."""
    if not shown:
        chips = "".join(
            f'<label><input type="radio" name="hv-part" data-part="{place}">'
            f"<span>{escape(share.switch.title)}</span></label>"
            for place, share in enumerate(board.alone)
            if share.mean is not None
        )
        return (
            '<div class="hv-bet" id="hv-ablate-bet"><fieldset class="hv-choice"><legend>Your bet: '
            "which part costs most mAP when it alone is off?</legend>"
            f'{chips}</fieldset><button type="button" class="hv-main" data-show>Show</button></div>'
        )
    dearest = board.dearest
    if not bet or dearest is None or dearest.mean is None:
        return ""
    half = dearest.mean.half_width
    cost = f"{dearest.mean.mean:.3f}" + ("" if half is None else f" ± {half:.3f}")
    if dearest.mean.mean <= 0:
        text = f"You bet {bet}, but on the mean no part costs anything"
    elif bet == dearest.switch.title:
        text = f"You bet {bet}, and that is the one: it costs {cost}"
    else:
        text = f"You bet {bet}; it is {dearest.switch.title}, which costs {cost}"
    sure = dearest.mean.half_width is not None and dearest.mean.mean > dearest.mean.half_width
    luck = "" if sure else " The interval touches zero: these seeds may have been luck."
    return f'<p class="hv-verdict" role="status"><b>{escape(text)}.</b>{luck}</p>'


def _worth(board: Board, shown: bool) -> str:
    """Scores of all seeds on one line, differences on another, and what they come to."""
    rows = [("as it stands", board.whole)]
    if shown and board.here is not None and board.choice.off:
        rows.append((board.here.variant.title, board.here))
    values = [value for _, each in rows for value in each.quality.values()]
    low, high = min([board.chance, *values]), max(values)
    low, high = max(0.0, low - 0.06 * (high - low)), high + 0.06 * (high - low) or 1.0
    drawn = "".join(
        _track(board, name, each.quality, each.mean, low, high, board.chance, "mAP")
        for name, each in rows
    )
    if not shown:
        return f'<p class="hv-words">{_waiting(board)}</p>{drawn}'
    if not board.choice.off:
        return f"{drawn}{_facts(board, board.whole)}{_hint()}"
    if board.here is None:
        return (
            f'{drawn}<p class="hv-words" role="status">This combination was never trained: '
            "there are no numbers. Below, it can be trained on digits.</p>"
        )
    return f"{drawn}{_difference(board, board.here)}{_facts(board, board.here)}{_claims(board)}"


def _waiting(board: Board) -> str:
    if board.choice.off and board.changed is not None:
        return "The pictures below are free; the numbers come after the bet."
    return "Turn parts off and look at the pictures that change; the numbers come after the bet."


def _hint() -> str:
    return '<p class="hv-note">Turn a part off to see what it was worth.</p>'


def _difference(board: Board, here: Measured) -> str:
    """The paired differences around zero, and the verdict."""
    half = here.difference.half_width or 0.0
    edges = [abs(value) for value in here.paired.values()] + [abs(here.difference.mean) + half]
    reach = 1.12 * max(edges) or 0.01
    name = "difference to it, seed by seed"
    drawn = _track(board, name, here.paired, here.difference, -reach, reach, None, "difference")
    text = {
        "holds": "<b>holds</b>: the interval of the difference lies below zero.",
        "does not hold": "<b>does not hold</b>: without it the score is higher, and the interval "
        "lies above zero.",
        "undecided": "is <b>undecided</b>: the interval includes zero.",
    }[here.verdict]
    if here.difference.half_width is None:
        text = "is <b>undecided</b>: one common seed gives no interval."
    number = _signed(here.difference.mean, here.difference.half_width)
    return (
        f'{drawn}<p class="hv-verdict" role="status"><b>{number} mAP.</b> '
        f"“What is off adds to mAP” {text}</p>"
    )


def _track(
    board: Board,
    name: str,
    values: Mapping[int, float],
    mean: Interval,
    low: float,
    high: float,
    chance: float | None,
    what: str,
) -> str:
    """A dot for each seed and the interval of their mean, between two ends."""

    def at(value: float) -> float:
        return 100 * (value - low) / (high - low)

    signed = chance is None
    number = (lambda v: f"{v:+.3f}".replace("-", "−")) if signed else (lambda v: f"{v:.3f}")
    dots = "".join(
        f'<button type="button" class="hv-seed" data-seed="{seed}" '
        f'aria-pressed="{"true" if seed == board.choice.seed else "false"}" '
        f'style="left:{at(value):.2f}%;top:{lane * LANE}px" '
        f'title="seed {seed}: {number(value)}" '
        f'aria-label="seed {seed}, {what} {number(value)}: show its pictures"></button>'
        for lane, (seed, value) in enumerate(values.items())
    )
    half = mean.half_width
    band = ""
    if half is not None:
        left, right = max(0.0, at(mean.mean - half)), min(100.0, at(mean.mean + half))
        band = f'<i class="hv-interval" style="left:{left:.2f}%;width:{right - left:.2f}%"></i>'
    line = at(chance) if chance is not None else at(0.0)
    word = f"chance {chance:.3f}" if chance is not None else "0: as it stands"
    ends = "" if not signed else f"<span>{number(low)}</span><span>{number(high)}</span>"
    spread = f" ± {half:.3f}" if half is not None else ""
    return (
        f'<div class="hv-seeds" role="group" aria-label="{escape(name)}, {what} by seed">'
        f"<p><span>{escape(name)}</span><b>{number(mean.mean)}{spread}</b></p>"
        f'<div class="hv-lanes" style="height:{LANE * len(values) + 8}px">{band}'
        f'<i class="hv-mean" style="left:{at(mean.mean):.2f}%"></i>'
        f'<i class="hv-level" style="left:{line:.2f}%"></i>{dots}</div>'
        f'<p class="hv-ends"><span style="left:{min(line, 82):.2f}%">{word}</span>{ends}</p></div>'
    )


def _facts(board: Board, here: Measured) -> str:
    """Bit health beside the score."""
    bits = board.choice.ablation.config.bits
    other = here is not board.whole and board.choice.off

    def against(value: str, whole: str) -> str:
        return f"{value} <small>whole {whole}</small>" if other else value

    correlation = against(f"{here.correlation.mean:.3f}", f"{board.whole.correlation.mean:.3f}")
    if here.useful is None:
        useful = "no codes kept"
    else:
        useful = against(f"{here.useful:g} of {bits}", f"{board.whole.useful or 0:g}")
    return (
        '<dl class="hv-facts">'
        f"<div><dt>useful bits, mean</dt><dd>{useful}</dd></div>"
        f"<div><dt>bit correlation, mean |r|</dt><dd>{correlation}</dd></div>"
        f"<div><dt>chance</dt><dd>{board.chance:.3f}</dd></div></dl>"
    )


VERDICTS = {"undecided": "is undecided", NOT_TRAINED: "is open: too little is learned"}


def _claims(board: Board) -> str:
    """What the paper says, and the verdict of these runs."""
    return "".join(
        f'<p class="hv-claim">The paper’s claim “{escape(each.claim)}” <b>'
        f"{VERDICTS.get(each.verdict, each.verdict)} here</b>: gain in "
        f"{escape(each.measure)} {_signed(each.gain.mean, each.gain.half_width)}.</p>"
        for each in board.claims
    )


def _bars(board: Board) -> str:
    """What each part adds, averaged over all orders; else what it costs alone."""
    if not board.alone:
        return ""
    alone = {share.switch.title: share for share in board.alone}
    if board.shapley is not None:
        head = "What each part adds"
        words = (
            "Shapley values: the gain in mAP when the part is switched on, averaged over all "
            "orders of switching on. They add up to everything on minus everything off."
        )
        if board.choice.ablation.lists:
            words += " Without any of them there is no network: that counts as chance."
        shares = board.shapley
    else:
        head = "mAP lost when a part alone is off"
        words = ""
        if board.missing:
            some, more = board.missing[:6], len(board.missing) - 6
            listed = "; ".join(some) + (f"; and {more} more" if more > 0 else "")
            words = (
                f"For Shapley values, {len(board.missing)} variants are missing: {escape(listed)}."
            )
        shares = board.alone
    edges = [abs(each.mean.mean) + (each.mean.half_width or 0.0) for each in shares if each.mean]
    edges += [abs(value) for share in shares for value in share.values.values()]
    reach = max(edges, default=0.0) or 0.01
    rows = "".join(
        _bar(share, reach, alone[share.switch.title] if board.shapley else None) for share in shares
    )
    return (
        '<section class="hv-sheet hv-shares" id="hv-shares" aria-labelledby="hv-shares-head">'
        f'<h2 id="hv-shares-head">{head}</h2><p class="hv-words">{words}</p>'
        f"<ul>{rows}</ul></section>"
    )


def _bar(share: Share, reach: float, alone: Share | None) -> str:
    title = escape(share.switch.title)
    if share.mean is None:
        return f"<li><p><span>{title}</span><b>not run</b></p></li>"

    def at(value: float) -> float:
        return 50 + 48 * value / reach

    mean, half = share.mean
    left, right = sorted((at(0), at(mean)))
    kind = "hv-gains" if mean > 0 else "hv-costs"
    whisker = ""
    if half is not None:
        whisker = (
            f'<i class="hv-whisker" style="left:{at(mean - half):.2f}%;'
            f'width:{at(mean + half) - at(mean - half):.2f}%"></i>'
        )
    ticks = "".join(
        f'<i class="hv-tick" style="left:{at(value):.2f}%"></i>' for value in share.values.values()
    )
    more = ""
    if alone is not None and alone.mean is not None:
        more = f"<small>off alone: {_signed(-alone.mean.mean, alone.mean.half_width)} mAP</small>"
    return (
        f"<li><p><span>{title}</span><b>{_signed(mean, half)}</b>{more}</p>"
        f'<div class="hv-rail" aria-hidden="true">'
        f'<i class="hv-stretch {kind}" style="left:{left:.2f}%;width:{right - left:.2f}%"></i>'
        f'{ticks}{whisker}<i class="hv-zero"></i></div></li>'
    )


def _signed(value: float, half: float | None) -> str:
    text = f"{value:+.3f}".replace("-", "−")
    return text if half is None else f"{text} ± {half:.3f}"
