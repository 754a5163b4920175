"""The tab Scores: how well a run retrieves, and what other protocols would make of it."""

from typing import Any

import gradio as gr

from hashviz_demo.events import BadRequest, read_sent, show_refusal
from hashviz_demo.frame.files import render
from hashviz_demo.frame.pane import QUICK, Pane, html
from hashviz_demo.library import Library
from hashviz_demo.scene import Scene
from hashviz_demo.tabs.scores import card as cards
from hashviz_demo.tabs.scores import view as views


def scores_tab(app: gr.Blocks, library: Library, scene: gr.State) -> Pane:
    """Lay out and wire the tab; the page and the address hold what is switched on."""
    del app
    seen = gr.State("")
    with gr.Row(elem_id="hv-scores", elem_classes="hv-two-columns"):
        with gr.Column(min_width=300):
            page = html("", None, elem_id="hv-score-page")
            saved = html("", None, elem_id="hv-save")
        with gr.Column(min_width=300):
            board = html("", "scores.js", elem_id="hv-cheat")

    def follow(scene: Scene, seen: str) -> tuple[Any, ...]:
        """Render another run; another query changes nothing here."""
        if scene.tab != "scores" or scene.run == seen:
            return (gr.skip(),) * 4
        with show_refusal():
            if not views.labeled(library, scene.run):
                said = views.without_labels(library, scene.run)
                return scene.run, render("tabs/scores/unlabeled.html", **said), "", ""
            card = views.card(library, scene.run)
            honest = views.trial(library, scene.run, views.HONEST)
            try:  # a link with tricks asks for the bet first
                linked = views.read_link(scene.choice("protocol"))
            except BadRequest as error:
                gr.Warning(str(error))
                linked = views.HONEST
            trial = views.trial(library, scene.run, linked)
        board = cards.cheat(trial, shown=linked == views.HONEST)
        return scene.run, cards.page(card), board, cards.exports(card, honest)

    def attempt(scene: Scene, event: gr.EventData) -> tuple[Any, ...]:
        """Score the switches as they stand now, after a bet or before one."""
        with show_refusal():
            protocol = views.read_sent(read_sent(event, "protocol"))
            bet, shown, free = (read_sent(event, name) for name in ("bet", "shown", "free"))
            if not isinstance(bet, int | float | None) or not 0 <= (bet or 0) <= 1:
                raise BadRequest("A bet is a score from 0 to 1.")
            trial = views.trial(library, scene.run, protocol)
            shown = shown is True or free is True
            return (
                scene.choose("protocol", views.write_link(protocol)),
                cards.cheat(trial, shown=shown, bet=bet, free=free is True),
                cards.exports(views.card(library, scene.run), trial) if shown else gr.skip(),
            )

    scene.change(follow, [scene, seen], [seen, page, board, saved], **QUICK)
    board.attempt(attempt, scene, [scene, board, saved], **QUICK)
    return Pane([page], lambda scene: (gr.skip(),))  # `follow` renders: it has the link
