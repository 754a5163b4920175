"""The tab Ablate: parts of a method on and off, over results that are kept."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from hashviz_demo.events import sent, told
from hashviz_demo.library import Library
from hashviz_demo.scene import Scene, with_next, with_run, with_sample
from hashviz_demo.tabs import QUICK, Pane, html
from hashviz_demo.tabs.ablate import card as cards
from hashviz_demo.tabs.ablate import grids_card as grid_cards
from hashviz_demo.tabs.ablate import grids_view as computing
from hashviz_demo.tabs.ablate import view as views
from hashviz_demo.tabs.ablate.grids import grids_of
from hashviz_demo.tabs.ablate.view import Choice


@dataclass(frozen=True)
class Asked:
    """What the page of one visitor shows."""

    seen: tuple[Any, ...] = ()
    """Run and trail that were drawn."""
    ablation: str = ""
    bet: str = ""
    """The part that was bet on."""
    shown: bool = False
    free: bool = False
    """Numbers without bets."""
    runs: int = 0
    """Runs that there were."""


def ablate_tab(app: gr.Blocks, library: Library, scene: gr.State) -> Pane:
    """Lay the tab out and wire it; what is off is in the address, the bet in the session only."""
    del app
    asked = gr.State(Asked())
    page = html("", "ablate.js", elem_id="hv-ablate")
    work = html("", "grids.js", elem_id="hv-ablate-work")

    def show(scene: Scene, asked: Asked) -> tuple[Any, ...]:
        choice = views.chosen(library, scene)
        asked = replace(asked, seen=(scene.run, scene.trail), runs=len(library.runs))
        trained = grid_cards.work(computing.work(library, choice))
        if choice is None:
            return asked, cards.nothing(), trained
        if asked.ablation != choice.ablation.key:  # another bet
            asked = replace(asked, ablation=choice.ablation.key, bet="", shown=False)
        board = views.board(library, scene, choice)
        drawn = cards.page(board, shown=asked.shown, bet=asked.bet, free=asked.free)
        return asked, drawn, trained

    def follow(scene: Scene, asked: Asked) -> tuple[Any, ...]:
        """Another run or query in the scene, or the tab was opened."""
        if scene.tab != "ablate" or (scene.run, scene.trail) == asked.seen:
            return gr.skip(), gr.skip(), gr.skip()
        with told():
            return show(scene, asked)

    def changed(change: Callable[[Scene, gr.EventData], Scene]) -> Callable[..., Any]:
        def answered(scene: Scene, asked: Asked, event: gr.EventData) -> tuple[Any, ...]:
            with told():
                scene = change(scene, event)
                return scene, *show(scene, asked)

        return answered

    def chosen(change: Callable[[Choice, Any], Choice], name: str) -> Callable[..., Any]:
        def moved(scene: Scene, event: gr.EventData) -> Scene:
            choice = change(views.present(library, scene), sent(event, name))
            return views.written(choice, scene)

        return changed(moved)

    def query(scene: Scene, event: gr.EventData) -> Scene:
        """Another query of the whole method's query set."""
        scene = with_run(library, scene, views.run_of(library, scene, whole=True))
        if sent(event, "query") == "next":
            return with_next(library, scene)
        return with_sample(library, scene, sent(event, "query"))

    def take(scene: Scene, event: gr.EventData) -> Scene:
        """The run of the variant becomes that of the scene."""
        del event
        return with_run(library, scene, views.run_of(library, scene, whole=False))

    def bet(scene: Scene, asked: Asked, event: gr.EventData) -> tuple[Any, ...]:
        """A bet on a part, or the wish to see numbers without one."""
        with told():
            if sent(event, "part") is None:
                asked = replace(asked, free=sent(event, "free") is True)
            else:
                part = views.part(views.present(library, scene), sent(event, "part"))
                asked = replace(asked, bet=part, shown=True)
            return show(scene, asked)

    def compute(scene: Scene, asked: Asked, event: gr.EventData) -> tuple[Any, ...]:
        with told():
            choice = views.chosen(library, scene)
            wanted = computing.wanted(library, choice, sent(event, "what"), sent(event, "method"))
            grids_of(library).start(wanted)
            return show(scene, asked)

    def stop(scene: Scene, asked: Asked) -> tuple[Any, ...]:
        grids_of(library).stop()
        with told():
            return show(scene, asked)

    def again(scene: Scene, asked: Asked) -> tuple[Any, ...]:
        """The browser asks while something is trained; a new run changes the whole page."""
        with told():
            if len(library.runs) != asked.runs:
                return show(scene, asked)
            trained = grid_cards.work(computing.work(library, views.chosen(library, scene)))
            return gr.skip(), gr.skip(), trained

    inputs, outputs = [scene, asked], [asked, page, work]
    scene.change(follow, inputs, outputs, **QUICK)
    for event, answer in (
        (page.flip, chosen(views.switched, "off")),
        (page.other, chosen(views.with_other, "place")),
        (page.seed, chosen(views.with_seed, "seed")),
        (page.ablation, chosen(lambda _, key: views.with_ablation(library, key), "key")),
        (work.look, chosen(lambda _, key: views.with_ablation(library, key), "key")),
        (page.query, changed(query)),
        (page.take, changed(take)),
    ):
        event(answer, inputs, [scene, *outputs], **QUICK)
    page.bet(bet, inputs, outputs, **QUICK)
    work.compute(compute, inputs, outputs, **QUICK)
    work.stop(stop, inputs, outputs, **QUICK)
    work.again(again, inputs, outputs, **QUICK)
    return Pane([page], lambda scene: (gr.skip(),))  # `follow` renders, it knows more
