"""The tab Train: a form for what to train, and the stage on which a training is watched."""

from typing import Any

import gradio as gr

from hashviz.config import slug
from hashviz_demo.events import BadRequest, read_sent, show_refusal
from hashviz_demo.frame.pane import QUICK, Pane, html
from hashviz_demo.library import Library
from hashviz_demo.scene import Scene, with_run
from hashviz_demo.tabs.train import card as cards
from hashviz_demo.tabs.train import view as views
from hashviz_demo.tabs.train.trainings import Job, trainings_of
from hashviz_demo.tabs.train.view import Plan


def train_tab(app: gr.Blocks, library: Library, scene: gr.State) -> Pane:
    """Lay out and wire the tab; the page itself polls the server for news of a training."""
    del app
    rendered = gr.State("")  # then "form", and "stage" once there is a training to show
    with gr.Row(elem_id="hv-train", elem_classes="hv-two-columns"):
        with gr.Column(scale=1, min_width=280):
            form = html("", "trainform.js", elem_id="hv-train-form")
        with gr.Column(scale=3, min_width=300):
            stage = html("", "train.js", elem_id="hv-train-stage")
            with gr.Row(elem_classes="hv-two-columns"):
                html("", "traincurves.js", elem_id="hv-train-curves")
                html("", "trainone.js", elem_id="hv-train-one")

    def show_stage(job: Job | None, **begun: Any) -> str:
        if job is None:
            return cards.empty()
        pictures = library.pictures(job.config.data)
        return cards.stage(job.key, views.title(job), f"/thumbnails/{pictures.key}/", **begun)

    def follow(scene: Scene, rendered: str) -> tuple[Any, ...]:
        """Render an opened tab; the page keeps its stage up to date by itself."""
        if scene.tab != "train" or rendered == "stage":
            return (gr.skip(),) * 3
        first = next(iter(trainings_of(library).jobs()), None)  # the current one, else the last
        now, stage = "stage" if first else "form", show_stage(first)
        if rendered:
            return now, gr.skip(), stage if first else gr.skip()
        own = views.own_pictures(library)
        here = slug(library.open(scene.run).run.config.data)
        text = f"csq:{here}" if here in own else ""
        try:
            plan = views.read_link(scene.choice("train") or text, own)
        except BadRequest as error:
            gr.Warning(str(error))
            plan = Plan()
        filled = cards.form(plan, own)
        trainings_of(library).warm()
        return now, filled, stage

    def change(scene: Scene, event: gr.EventData) -> tuple[Any, ...]:
        """Render the controls of another method or other data."""
        with show_refusal():
            own = views.own_pictures(library)
            plan = views.read_sent(read_sent(event, "plan"), own)
            return scene.choose("train", views.write_link(plan)), cards.form(plan, own)

    def start(scene: Scene, event: gr.EventData) -> tuple[Any, ...]:
        with show_refusal():
            own = views.own_pictures(library)
            plan = views.check(views.read_sent(read_sent(event, "plan"), own))
            bet = views.bet(read_sent(event, "bet"))
            pace = views.WATCHABLE if read_sent(event, "watchable") is True else 0.0
            job = trainings_of(library).submit(plan.config, pace=pace)
            scene = scene.choose("train", views.write_link(plan))
            return scene, "stage", show_stage(job, begun=True, bet=bet)

    def tell(scene: Scene, event: gr.EventData) -> None:
        del scene
        with show_refusal():
            trainings_of(library).tell(read_sent(event, "key"), read_sent(event, "word"))

    def visit(scene: Scene, event: gr.EventData) -> str:
        del scene
        with show_refusal():
            return show_stage(trainings_of(library).job(read_sent(event, "key")))

    def use(scene: Scene, event: gr.EventData) -> Scene:
        with show_refusal():
            name = trainings_of(library).use(read_sent(event, "key"))
            gr.Info("All tabs now show these codes, and the menu of runs lists them for everybody.")
            return with_run(library, scene, name)

    page = [rendered, form, stage]
    scene.change(follow, [scene, rendered], page, **QUICK)
    form.plan(change, scene, [scene, form], **QUICK)
    form.start(start, scene, [scene, rendered, stage], **(QUICK | {"trigger_mode": "once"}))
    stage.tell(tell, scene, None, **(QUICK | {"trigger_mode": "multiple"}))
    stage.visit(visit, scene, stage, **QUICK)
    stage.use(use, scene, scene, **QUICK)
    return Pane([stage], lambda scene: (gr.skip(),))  # `follow` renders: it has the link
