"""The frame of the page: head, bar of run and query, and all tabs, of which one is rendered."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import gradio as gr

from hashviz_demo.events import BadRequest, sent, told
from hashviz_demo.frame import card as cards
from hashviz_demo.library import Library
from hashviz_demo.scene import Scene, first_scene, with_next, with_run
from hashviz_demo.tabs import QUICK, TABS, Pane, html
from hashviz_demo.tabs.search import view as views

KEPT = tuple(name for tab in TABS for name in tab.kept)
LONGEST = 400
"""Characters that a tab may keep in the address under one of its names, which are `KEPT`."""


def frame(app: gr.Blocks, library: Library) -> None:
    """Lay out everything that is on the page, and wire what concerns all tabs."""
    head = html(cards.head(), "frame.js", elem_id="hv-head")
    scene = gr.State(first_scene(library, {})[0])
    # Empty until the address was read: the first bar must not overwrite it.
    bar = html("", "bar.js", elem_id="hv-bar")
    panes: dict[str, Pane] = {}
    items: dict[str, gr.Tab] = {}
    with gr.Tabs(elem_id="hv-tabs", overflow_behavior="wrap") as tabs:
        for tab in TABS:
            with gr.Tab(tab.title, id=tab.key) as items[tab.key]:
                html(cards.lead(tab.about))
                panes[tab.key] = tab.build(app, library, scene)
    everything = [output for pane in panes.values() for output in pane.outputs]

    def visible_only(scene: Scene) -> tuple[Any, ...]:
        """The values of all panes: what is not visible stays as it is."""
        values: list[Any] = []
        for key, pane in panes.items():
            shown = key == scene.tab
            values.extend(pane.render(scene) if shown else [gr.skip()] * len(pane.outputs))
        return tuple(values)

    def shown_bar(scene: Scene) -> str:
        return show_bar(library, scene)

    def open_link(request: gr.Request) -> tuple[Any, ...]:
        scene, notes = linked_scene(library, dict(request.query_params))
        for note in notes:
            gr.Warning(note)
        try:
            rendered = visible_only(scene)
        except BadRequest as error:
            gr.Warning(str(error))
            rendered = (gr.skip(),) * len(everything)
        return scene, shown_bar(scene), gr.Tabs(selected=scene.tab), *rendered

    def selected(key: str) -> Callable[[Scene], tuple[Any, ...]]:
        def answered(scene: Scene) -> tuple[Any, ...]:
            if scene.tab == key:  # the page loaded with this tab, which is no choice of a visitor
                return gr.skip(), *(gr.skip() for _ in panes[key].outputs)
            scene = replace(scene, tab=key)
            try:
                return scene, *panes[key].render(scene)
            except BadRequest as error:
                gr.Warning(str(error))
                return scene, *(gr.skip() for _ in panes[key].outputs)

        return answered

    def moved(change: Callable[[Scene, gr.EventData], Scene]) -> Callable[..., Any]:
        def answered(scene: Scene, event: gr.EventData) -> tuple[Any, ...]:
            with told():
                seen = sent(event, "tab")
                tab = seen if isinstance(seen, str) and seen in panes else scene.tab
                scene = replace(change(scene, event), tab=tab)
                return scene, *visible_only(scene)

        return answered

    # See the end of static/frame.js. Each at once: one that was lost must not hold the next.
    head.wake(lambda: None, None, None, **{**QUICK, "trigger_mode": "multiple"})
    app.load(open_link, None, [scene, bar, tabs, *everything], **QUICK)
    scene.change(shown_bar, scene, bar, **QUICK)
    for key, item in items.items():
        item.select(selected(key), scene, [scene, *panes[key].outputs], **QUICK)
    bar.choose(
        moved(lambda scene, event: with_run(library, scene, sent(event, "run"))),
        scene,
        [scene, *everything],
        **QUICK,
    )
    bar.another(
        moved(lambda scene, _: with_next(library, scene)), scene, [scene, *everything], **QUICK
    )


def linked_scene(library: Library, address: Mapping[str, str]) -> tuple[Scene, list[str]]:
    """The scene of an address (see `first_scene`) with `?tab=`, and what was not usable."""
    scene, notes = first_scene(library, address)
    keys = [tab.key for tab in TABS]
    tab = address.get("tab", keys[0])
    if tab not in keys:
        notes.append(f"There is no tab {tab[:40]!r}; choose from {', '.join(keys)}.")
        tab = keys[0]
    for name in KEPT:
        scene = scene.choose(name, address.get(name, "")[:LONGEST])
    return replace(scene, tab=tab), notes


def show_bar(library: Library, scene: Scene) -> str:
    """The bar of a scene."""
    item = views.item(library.open(scene.run), scene.step)
    return cards.bar(item, library.facts(), scene, KEPT)
