"""What the templates of the tab Train need: choices, colors, and the drawing of an empty stage."""

import json
from collections.abc import Mapping
from math import cos, pi, sin
from typing import Any

from hashviz.config import TrainConfig
from hashviz.methods import METHODS
from hashviz_demo.frame.files import render
from hashviz_demo.tabs.space.card import COLORS
from hashviz_demo.tabs.train.view import (
    BITS,
    DATA,
    EPOCHS,
    FIRST,
    MOST_EPOCHS,
    NOTHING,
    SEEDS,
    Plan,
    controls,
    folder_name,
    short_title,
)


def form(plan: Plan, own: Mapping[str, TrainConfig] = NOTHING) -> str:
    """Render what may be chosen before a training, with its bet and its button."""
    data = DATA | {key: folder_name(each.data) for key, each in own.items()}
    usual = EPOCHS | {key: each.epochs for key, each in own.items()}
    titles = {name: short_title(row) for name, row in METHODS.items() if row.trained}
    faders, switches = controls(plan)
    return render(
        "tabs/train/form.html",
        plan=plan,
        method=METHODS[plan.method],
        methods=[
            ("A few to begin with", [(name, titles[name]) for name in FIRST]),
            ("All others", [row for row in titles.items() if row[0] not in FIRST]),
        ],
        faders=faders,
        switches=switches,
        data=data,
        lengths=sorted({*BITS, plan.bits}),
        seeds=SEEDS,
        most_epochs=MOST_EPOCHS,
        usual_epochs=json.dumps(usual),
    )


def empty() -> str:
    """Render the stage before anything was trained: ten stars, each with a few dots around it."""
    stars = []
    for place, colors in enumerate(zip(*COLORS, strict=True)):
        turn = 2 * pi * place / 10 - pi / 2
        dots = [
            ((8 + 2.1 * k) * cos(2.4 * k + place), (8 + 2.1 * k) * sin(2.4 * k + place))
            for k in range(3 + place * 7 % 5)
        ]
        stars.append((*colors, (cos(turn), sin(turn)), dots))
    return render("tabs/train/empty.html", stars=stars[:10])


def stage(key: str, title: str, pictures: str, *, begun: bool = False, bet: Any = None) -> str:
    """Render where a training is watched; `begun` when this visitor has just pressed the button."""
    colors = {"light": COLORS[0], "dark": COLORS[1]}
    training = {"key": key, "pictures": pictures, "begun": begun, "bet": bet, "colors": colors}
    return render("tabs/train/stage.html", title=title, training=json.dumps(training))
