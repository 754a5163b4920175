"""The map, its telescope and what was picked as HTML; static/space.js draws the bubbles.

The arrays of the map travel once per run and layout, base64 in an attribute; a new query brings
its distances only.
"""

import base64
import json
from collections.abc import Sequence
from html import escape
from math import sqrt

import numpy as np

from hashviz.plots.palette import DARK_COLORS, LIGHT_COLORS, MORE
from hashviz_demo.tabs.space.view import LAYOUTS, Around, Bubble, Drawing, Map, Picked, Picture

COLORS = (
    (*LIGHT_COLORS, *(pair[0] for pair in MORE)),
    (*DARK_COLORS, *(pair[1] for pair in MORE)),
)
"""Colors of classes on light and on dark; after the last they begin again."""


def points(run: str, made: Map) -> str:
    """All that the browser needs to draw the bubbles, in an element that nobody sees."""
    projection = made.projection
    x, y = (np.round(made.positions * 65535)).astype("<u2").T
    content = {
        "key": key(run, made.layout),
        "x": _packed(x),
        "y": _packed(y),
        "counts": _packed(projection.counts.astype("<u4")),
        "classes": _packed(made.classes.astype("<u2")),
        "centers": projection.center_points.tolist(),
        "shape": made.shape,
    }
    return f'<div hidden data-points="{escape(json.dumps(content))}"></div>'


def key(run: str, layout: str) -> str:
    """What tells one map from another."""
    return f"{layout}:{run}"


def stage(
    run: str,
    classes: Sequence[str],
    made: Map,
    seen: Around,
    listed: Sequence[Bubble],
    radius: int,
    umap: Drawing | None,
) -> str:
    """The map with its legend and telescope; `umap` is None when there is one to look at."""
    content = {
        "key": key(run, made.layout),
        "classes": list(classes),
        "colors": {"light": COLORS[0], "dark": COLORS[1]},
        "distances": _packed(seen.distances.astype("<u2")),
        "x": seen.x,
        "y": seen.y,
        "total": seen.total,
        "right": seen.right,
        "half": seen.half,
    }
    bubbles = int((made.projection.counts > 0).sum())
    pictures = int(made.projection.counts.sum())
    return (
        f'<div class="hv hv-space" data-scene="{escape(json.dumps(content))}">'
        f"{_layouts(made.layout, umap)}"
        '<div class="hv-canvas"><canvas tabindex="0" role="img" aria-label="Map of '
        f"{pictures:,} pictures in {bubbles:,} bubbles of equal codes. Classes and the largest "
        'bubbles are buttons below."></canvas><p class="hv-tip" hidden></p></div>'
        f"{_legend(classes, made)}"
        f'<p class="hv-beware">{_beware(made, seen)}</p>'
        f"{_telescope(seen, radius)}{_listed(listed)}</div>"
    )


def _layouts(layout: str, umap: Drawing | None) -> str:
    choices = "".join(
        f'<label><input type="radio" name="hv-layout" value="{name}"'
        f"{' checked' if name == layout else ''}{' disabled' if _missing(name, umap) else ''}>"
        f"<span>{title}</span></label>"
        for name, title in LAYOUTS.items()
    )
    asked = ""
    if umap is not None and umap.started is not None:
        asked = (
            f'<p class="hv-drawing" role="status" data-drawing><progress aria-label="UMAP is being '
            f'drawn"></progress> UMAP is being drawn by another process, {umap.seconds} s so far; '
            "the map comes by itself.</p>"
        )
    elif umap is not None:
        trouble = f'<span class="hv-trouble">{escape(umap.trouble)}</span>' if umap.trouble else ""
        asked = (
            '<p class="hv-drawing"><button type="button" class="hv-more" data-draw>Draw the UMAP'
            f'</button> <span class="hv-note">once, by another process</span>{trouble}</p>'
        )
    return (
        '<div class="hv-tools"><fieldset class="hv-choice"><legend>Map by</legend>'
        f"{choices}</fieldset>{asked}</div>"
    )


def _missing(layout: str, umap: Drawing | None) -> bool:
    return layout == "umap" and umap is not None


def _legend(classes: Sequence[str], made: Map) -> str:
    """The classes as buttons: what is colored how, and a way to pick without a mouse."""
    stars = len(made.projection.center_points) > 0
    buttons = "".join(
        f'<li><button type="button" data-class="{place}" aria-pressed="false">'
        f'<i style="--light:{COLORS[0][place % len(COLORS[0])]};'
        f'--dark:{COLORS[1][place % len(COLORS[1])]}"></i>{escape(name)}</button></li>'
        for place, name in enumerate(classes)
    )
    star = " · ★ hash center" if stars else ""
    return (
        f'<ul class="hv-legend" aria-label="Classes">{buttons}</ul>'
        f'<p class="hv-note">✚ the query{star} · a bubble is one code, its area the number of '
        "pictures that have it, its color their most frequent class. Click a bubble, drag a "
        "rectangle, or press a class.</p>"
    )


def _beware(made: Map, seen: Around) -> str:
    """What must not be read from the map, with the proof around this query."""
    settings = made.projection.settings
    if made.projection.method == "umap":
        text = (
            "that far islands differ more than near ones, or that a large one holds more: UMAP "
            "keeps neighborhoods and invents the rest"
        )
    elif made.projection.method == "pca":
        share = 100 * settings.get("variance", 0.0)
        text = (
            "that what lies together is alike. It is a shadow: two directions hold "
            f"{share:.0f} % of the variance of all bits"
        )
    else:
        text = "exact distances: a plane has no room for all of them"
    note = f" {escape(made.projection.note)}" if made.projection.note else ""
    place = (
        "" if seen.exact else " The cross stands amid the nearest codes: no picture has its own."
    )
    return (
        f"<b>What you must not read from this map:</b> {text}. Of the {seen.near} codes nearest to "
        f"the query on the map, {seen.agreeing} are among its nearest by bits.{place}{note}"
    )


def _telescope(seen: Around, radius: int) -> str:
    """The slider that grows the ball, after a bet where the right answer is known."""
    bits = len(seen.total) - 1
    bet = ""
    if seen.half is not None and seen.right is not None:
        bet = (
            '<div class="hv-bet" data-bet><p class="hv-words">Bet first: which radius holds half '
            f"of the {sum(seen.right):,} right pictures? Set it, then lock it.</p>"
            '<button type="button" class="hv-main" data-lock>Lock the bet</button> '
            '<button type="button" class="hv-more" data-skip>No bet</button></div>'
        )
    return (
        '<section class="hv-sheet hv-telescope" aria-labelledby="hv-ball"><h2 id="hv-ball">The '
        'ball around the query</h2><div class="hv-slide"><label for="hv-ball-radius">radius, in '
        f'bits</label><input id="hv-ball-radius" type="range" min="0" max="{bits}" step="1" '
        f'value="{min(radius, bits)}"><output for="hv-ball-radius"></output></div>{bet}'
        f'<p class="hv-verdict" role="status"></p><div class="hv-seen" data-seen>'
        f'{_curves(seen)}<dl class="hv-facts" aria-live="polite"></dl></div></section>'
    )


WIDE, HIGH = 300.0, 70.0


def _curves(seen: Around) -> str:
    """Precision and recall by radius; the browser moves the line with the slider."""
    if seen.right is None or not sum(seen.right):
        return ""
    inside, right = np.cumsum(seen.total), np.cumsum(seen.right)
    x = np.linspace(0, WIDE, len(inside))
    lines = {
        "precision": right / np.maximum(inside, 1),
        "recall": right / right[-1],
    }
    paths = "".join(
        f'<polyline class="{name}" points="'
        + " ".join(f"{a:.1f},{HIGH * (1 - b):.1f}" for a, b in zip(x, values, strict=True))
        + '"/>'
        for name, values in lines.items()
    )
    return (
        f'<svg class="hv-two" viewBox="0 -3 {WIDE:.0f} {HIGH + 6:.0f}" preserveAspectRatio="none" '
        'role="img" aria-label="Precision and recall of the ball by its radius">'
        f'{paths}<line data-at y1="-3" y2="{HIGH + 3:.0f}" x1="0" x2="0"/></svg>'
        '<p class="hv-lines"><span><i></i>precision</span><span><i class="recall"></i>recall</span>'
        "</p>"
    )


def _listed(listed: Sequence[Bubble]) -> str:
    rows = "".join(
        f'<li><button type="button" class="hv-more" data-point="{bubble.point}">'
        f"{bubble.count:,} {'picture' if bubble.count == 1 else 'pictures'}, most of "
        f"{escape(bubble.name)}, distance {bubble.distance}</button></li>"
        for bubble in listed
    )
    return (
        '<details class="hv-details"><summary>The largest bubbles as a list</summary>'
        f'<ul class="hv-bubbles">{rows}</ul></details>'
    )


def gallery(picked: Picked) -> str:
    """What was picked: how far all of it is from the query, and the nearest of it."""
    shown = len(picked.pictures)
    if not picked.count:
        body = '<p class="hv-words">There is no picture in it.</p>'
    else:
        first = f"; the {shown} nearest to the query" if shown < picked.count else ""
        right = ""
        if picked.right is not None:
            right = f", {sum(picked.right):,} share a label with the query"
        kinds = "code" if picked.codes == 1 else "codes"
        pictures = "picture" if picked.count == 1 else "pictures"
        body = (
            f'<p class="hv-words">{picked.count:,} {pictures} with {picked.codes:,} {kinds}{right}'
            f"{first}.</p>{_bars(picked)}"
            f'<ul class="hv-gallery">{"".join(map(_card, picked.pictures))}</ul>'
        )
    return (
        f'<section class="hv hv-picked" aria-live="polite"><h2>{escape(picked.words)}</h2>'
        f"{body}</section>"
    )


def _bars(picked: Picked) -> str:
    """How many of what was picked lie at each distance from the query."""
    bits = len(picked.total) - 1
    highest, step = sqrt(max(picked.total) or 1), WIDE / (bits + 1)
    bars = []
    for distance, count in enumerate(picked.total):
        if not count:
            continue
        tall = max(1.5, HIGH * sqrt(count) / highest)
        spot = f'x="{distance * step:.1f}" width="{0.82 * step:.2f}"'
        bars.append(f'<rect class="other" {spot} y="{HIGH - tall:.1f}" height="{tall:.1f}"/>')
        if picked.right is not None and picked.right[distance]:
            part = tall * picked.right[distance] / count
            bars.append(f'<rect class="same" {spot} y="{HIGH - part:.1f}" height="{part:.1f}"/>')
    blue = "; blue shares a label" if picked.right is not None else ""
    return (
        f'<div class="hv-around"><svg viewBox="0 0 {WIDE:.0f} {HIGH:.0f}" '
        'preserveAspectRatio="none" role="img" aria-label="Number of these pictures at each '
        f'distance from the query">{"".join(bars)}</svg><p class="hv-axis"><span>0</span>'
        f"<span>distance from the query{blue}</span><span>{bits}</span></p></div>"
    )


def _card(picture: Picture) -> str:
    kind, mark, words = {
        True: ("right", "✓", "shares a label"),
        False: ("wrong", "✗", "shares no label"),
        None: ("open", "", "label of the query unknown"),
    }[picture.right]
    told = escape(f"{picture.name}, distance {picture.distance}, {words}. Make it the query.")
    badge = f'<span class="hv-mark" aria-hidden="true">{mark}</span>' if mark else ""
    return (
        f'<li><button type="button" class="hv-card hv-{kind}" data-query="{picture.position}" '
        f'aria-label="{told}"><span class="hv-picture"><img src="{escape(picture.image)}" alt="">'
        f'<span class="hv-chip">d {picture.distance}</span></span>{badge}'
        f'<span class="hv-name">{escape(picture.name)}</span></button></li>'
    )


def _packed(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
