"""The panel Ablate: parts of a method on and off, over results that are kept."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from hashviz_demo.events import read_sent, show_refusal
from hashviz_demo.frame.files import render
from hashviz_demo.frame.pane import QUICK, Pane, html
from hashviz_demo.library import Library
from hashviz_demo.scene import Scene, with_next, with_run, with_sample
from hashviz_demo.tabs.ablate import card as cards
from hashviz_demo.tabs.ablate import grids_view as computing
from hashviz_demo.tabs.ablate import view as views
from hashviz_demo.tabs.ablate.grids import grids_of
from hashviz_demo.tabs.ablate.view import Choice


@dataclass(frozen=True)
class Shown:
    """The state of one visitor's page."""

    seen: tuple[Any, ...] = ()
    """Run and trail as last drawn."""
    ablation: str = ""
    bet: str = ""
    """The part that the visitor bet on."""
    shown: bool = False
    free: bool = False
    """Numbers without bets."""
    runs: int = 0
    """Number of runs when the page was drawn."""


def ablate_tab(app: gr.Blocks, library: Library, scene: gr.State) -> Pane:
    """Lay out and wire the panel; what is off is in the address, the bet only in the session."""
    del app
    asked = gr.State(Shown())
    page = html("", "ablate.js", elem_id="hv-ablate")
    work = html("", "grids.js", elem_id="hv-ablate-work")

    def computable(scene: Scene, choice: Choice | None) -> str:
        settings = computing.settings_for(library, scene.run)
        return cards.work(computing.work(library, choice, settings))

    def show(scene: Scene, asked: Shown) -> tuple[Any, ...]:
        choice = views.read_link(library, scene)
        asked = replace(asked, seen=(scene.run, scene.trail), runs=len(library.runs))
        trained = computable(scene, choice)
        if choice is None:
            return asked, render("tabs/ablate/nothing.html"), trained
        if asked.ablation != choice.ablation.key:  # another bet
            asked = replace(asked, ablation=choice.ablation.key, bet="", shown=False)
        board = views.board(library, scene, choice)
        drawn = cards.page(board, shown=asked.shown, bet=asked.bet, free=asked.free)
        return asked, drawn, trained

    def follow(scene: Scene, asked: Shown) -> tuple[Any, ...]:
        """Draw another run or query, or the tab when it is opened."""
        if scene.tab != "ablate" or (scene.run, scene.trail) == asked.seen:
            return gr.skip(), gr.skip(), gr.skip()
        with show_refusal():
            return show(scene, asked)

    def on(change: Callable[[Scene, gr.EventData], Scene]) -> Callable[..., Any]:
        def answered(scene: Scene, asked: Shown, event: gr.EventData) -> tuple[Any, ...]:
            with show_refusal():
                scene = change(scene, event)
                return scene, *show(scene, asked)

        return answered

    def choose(change: Callable[[Choice, Any], Choice], name: str) -> Callable[..., Any]:
        def moved(scene: Scene, event: gr.EventData) -> Scene:
            choice = change(views.present(library, scene), read_sent(event, name))
            return views.write_link(choice, scene)

        return on(moved)

    def query(scene: Scene, event: gr.EventData) -> Scene:
        """Choose another query of the whole method's query set."""
        scene = with_run(library, scene, views.run_of(library, scene, whole=True))
        if read_sent(event, "query") == "next":
            return with_next(library, scene)
        return with_sample(library, scene, read_sent(event, "query"))

    def take(scene: Scene, event: gr.EventData) -> Scene:
        """Make the run of the variant that of the scene."""
        del event
        return with_run(library, scene, views.run_of(library, scene, whole=False))

    def bet(scene: Scene, asked: Shown, event: gr.EventData) -> tuple[Any, ...]:
        """Take a bet on a part, or the wish to see numbers without one."""
        with show_refusal():
            if read_sent(event, "part") is None:
                asked = replace(asked, free=read_sent(event, "free") is True)
            else:
                part = views.part(views.present(library, scene), read_sent(event, "part"))
                asked = replace(asked, bet=part, shown=True)
            return show(scene, asked)

    def compute(scene: Scene, asked: Shown, event: gr.EventData) -> tuple[Any, ...]:
        with show_refusal():
            choice = views.read_link(library, scene)
            wanted = computing.wanted(
                library, choice, read_sent(event, "what"), read_sent(event, "method"),
                computing.settings_for(library, scene.run),
            )  # fmt: skip
            grids_of(library).start(wanted)
            return show(scene, asked)

    def stop(scene: Scene, asked: Shown) -> tuple[Any, ...]:
        grids_of(library).stop()
        with show_refusal():
            return show(scene, asked)

    def again(scene: Scene, asked: Shown) -> tuple[Any, ...]:
        """Answer the browser, which asks while something is trained; a new run redraws the page."""
        with show_refusal():
            if len(library.runs) != asked.runs:
                return show(scene, asked)
            trained = computable(scene, views.read_link(library, scene))
            return gr.skip(), gr.skip(), trained

    inputs, outputs = [scene, asked], [asked, page, work]
    scene.change(follow, inputs, outputs, **QUICK)
    for event, answer in (
        (page.flip, choose(views.with_switches, "off")),
        (page.other, choose(views.with_other, "place")),
        (page.seed, choose(views.with_seed, "seed")),
        (page.ablation, choose(lambda _, key: views.with_ablation(library, key), "key")),
        (work.look, choose(lambda _, key: views.with_ablation(library, key), "key")),
        (page.query, on(query)),
        (page.take, on(take)),
    ):
        event(answer, inputs, [scene, *outputs], **QUICK)
    page.bet(bet, inputs, outputs, **QUICK)
    work.compute(compute, inputs, outputs, **QUICK)
    work.stop(stop, inputs, outputs, **QUICK)
    work.again(again, inputs, outputs, **QUICK)
    return Pane([page], lambda scene: (gr.skip(),))  # `follow` renders: it has the link
