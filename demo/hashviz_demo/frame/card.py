"""Head, lead and bar of the page; the styles are in static/frame.css."""

from collections.abc import Sequence
from html import escape

from hashviz_demo.library import RunFacts
from hashviz_demo.scene import Scene
from hashviz_demo.tabs.search.card import run_options
from hashviz_demo.tabs.search.view import Item


def head() -> str:
    """The name of the app, and the switches that concern the whole page."""
    return (
        '<header class="hv hv-head"><h1>hashviz</h1><p>deep hashing you can see</p>'
        '<div class="hv-switches">'
        '<button type="button" data-light aria-pressed="false">Dark</button>'
        '<button type="button" data-projector aria-pressed="false" '
        'aria-label="Projector: larger, with fewer controls">Projector</button>'
        "</div></header>"
    )


def lead(about: str) -> str:
    """What is seen on a tab."""
    return f'<p class="hv hv-lead">{escape(about)}</p>'


OWNED = ("tab", "run", "query", "k", "radius")
"""Names in the address that are the scene's; the others are the visitor's."""


def bar(item: Item, runs: Sequence[RunFacts], scene: Scene, kept: Sequence[str] = ()) -> str:
    """Query and run in one line, with the link that leads back here; tabs own `kept` names."""
    origin = {
        "query": f"query {item.position}",
        "database": f"database item {item.position}",
        "picture": "not in the data set",
    }[item.kind]
    return (
        f'<div class="hv hv-bar" role="group" aria-label="Query and run" '
        f'data-link="{escape(scene.link)}" data-tab="{escape(scene.tab)}" '
        f'data-owned="{escape(",".join((*OWNED, *kept)))}">'
        f'<img src="{escape(item.image)}" alt="{escape("Query: " + item.name)}">'
        f"<p><b>{escape(item.name)}</b><small>{escape(origin)}</small></p>"
        '<button type="button" class="hv-more" data-another>Another query</button>'
        f'<label for="hv-bar-run">Run</label><select id="hv-bar-run" '
        f'data-chosen="{escape(scene.run)}">{run_options(runs, scene.run)}</select></div>'
    )
