"""The frame of the page: head, bar of run and query, and all panels, of which one is rendered."""

import contextlib
import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

import gradio as gr

from hashviz_demo.events import BadRequest, read_sent, show_refusal
from hashviz_demo.frame.files import macros
from hashviz_demo.frame.pane import QUICK, Pane, anew, html
from hashviz_demo.gradio_patches import open_stream
from hashviz_demo.items import item
from hashviz_demo.lessons.lessons import lessons
from hashviz_demo.library import Library
from hashviz_demo.scene import Scene, first_scene, with_kept_picture, with_next, with_run
from hashviz_demo.tabs import MENU, TABS

page = macros("frame/page.html")
OWNED = ("tab", "run", "query", "k", "radius")
"""Names in the address that are the scene's; the others are the visitor's or a tab's."""
KEPT = tuple(name for tab in TABS for name in tab.kept)
LONGEST = 400
"""Characters that a tab may keep in the address under one of its names."""
LONGEST_ADDRESS = 8000


def frame(app: gr.Blocks, library: Library) -> None:
    """Lay out everything that is on the page, and wire what concerns all tabs."""
    head = html(page.head(MENU), "frame.js", first=open_stream(), elem_id="hv-head")
    scene = gr.State(first_scene(library, {})[0])
    # Empty until the address was read: the first bar must not overwrite it.
    bar = html("", "bar.js", elem_id="hv-bar")
    lessons(library)
    panes: dict[str, Pane] = {}
    for panels in itertools.chain(*MENU.values()):
        for tab in panels:
            with gr.Column(elem_id=f"hv-pane-{tab.key}", elem_classes="hv-pane"):
                html(page.lead(tab, panels))
                panes[tab.key] = tab.build(app, library, scene)
    everything = [output for pane in panes.values() for output in pane.outputs]

    def render_visible(scene: Scene) -> tuple[Any, ...]:
        """Return values for all panes; those that are not visible stay as they are."""
        values: list[Any] = []
        for key, pane in panes.items():
            shown = key == scene.tab
            values.extend(pane.render(scene) if shown else [gr.skip()] * len(pane.outputs))
        return tuple(values)

    def render_or_warn(scene: Scene) -> tuple[Any, ...]:
        try:
            return render_visible(scene)
        except BadRequest as error:
            gr.Warning(str(error))
            return (gr.skip(),) * len(everything)

    def visit(event: gr.EventData) -> tuple[Any, ...]:
        """Open the address of the page, when it loads and for Back and Forward."""
        address = read_sent(event, "address")
        parts = parse_qsl(address[:LONGEST_ADDRESS]) if isinstance(address, str) else ()
        scene, notes = linked_scene(library, dict(parts))
        if picture := read_sent(event, "picture"):
            drawn = read_sent(event, "drawn") is True
            with contextlib.suppress(BadRequest):  # the query of the address is shown instead
                scene = with_kept_picture(library, scene, picture, drawn=drawn)
        for note in notes:
            gr.Warning(note)
        bar = show_bar(library, scene, str(read_sent(event, "visit"))[:9])
        return scene, anew(bar), *render_or_warn(scene)

    def view(scene: Scene, event: gr.EventData) -> tuple[Any, ...]:
        key = read_sent(event, "tab")
        scene = replace(scene, tab=key if isinstance(key, str) and key in panes else scene.tab)
        return scene, *render_or_warn(scene)

    def move(change: Callable[[Scene, gr.EventData], Scene]) -> Callable[..., Any]:
        def answer(scene: Scene, event: gr.EventData) -> tuple[Any, ...]:
            with show_refusal():
                seen = read_sent(event, "tab")
                tab = seen if isinstance(seen, str) and seen in panes else scene.tab
                scene = replace(change(scene, event), tab=tab)
                return scene, *render_visible(scene)

        return answer

    # See gradio.js. Each at once: one that was lost must not hold up the next.
    head.wake(lambda: None, None, None, **{**QUICK, "trigger_mode": "multiple"})
    head.visit(visit, None, [scene, bar, *everything], **QUICK)
    head.view(view, scene, [scene, *everything], **QUICK)
    scene.change(lambda scene: show_bar(library, scene), scene, bar, **QUICK)
    bar.choose(
        move(lambda scene, event: with_run(library, scene, read_sent(event, "run"))),
        scene,
        [scene, *everything],
        **QUICK,
    )
    bar.another(
        move(lambda scene, _: with_next(library, scene)), scene, [scene, *everything], **QUICK
    )


def linked_scene(library: Library, address: Mapping[str, str]) -> tuple[Scene, list[str]]:
    """Read the scene of an address (see `first_scene`) with `?tab=`, and note what is unusable."""
    scene, notes = first_scene(library, address)
    keys = [tab.key for tab in TABS]
    tab = address.get("tab", keys[0])
    if tab not in keys:
        notes.append(f"There is no tab {tab[:40]!r}; choose from {', '.join(keys)}.")
        tab = keys[0]
    if tab == "break" and "bucket" in address:  # where the buckets were once
        tab = "collisions"
    for name in KEPT:
        scene = scene.choose(name, address.get(name, "")[:LONGEST])
    return replace(scene, tab=tab), notes


def show_bar(library: Library, scene: Scene, visit: str = "") -> str:
    """Render the bar of a scene, and tell which visit of an address it answers."""
    opened = library.open(scene.run)
    shown, labeled = item(opened, scene.step), bool(opened.run.database_labels.any())
    return page.bar(shown, library.facts(), scene, (*OWNED, *KEPT), visit, labeled)
