"""What a visitor may train: the plan, its faders and switches, and its form in a link.

A plan becomes a `TrainConfig`; the training itself is in `hashviz_demo.tabs.train.trainings`.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from hashviz.config import TrainConfig, slug
from hashviz.data import DATASETS, parse
from hashviz.methods import METHODS, Method
from hashviz_demo.events import BadRequest, whole
from hashviz_demo.library import Library
from hashviz_demo.tabs.train.trainings import Job, Trainings

FIRST = ("csq", "dpsh", "hashnet", "orthohash", "dfeh", "hybrid-centers")
"""Methods at the top of the menu: one or two of each family."""
DATA = {"digits": "Digits", "scenes": "Scenes"}
BITS = (8, 12, 16, 24, 32, 48, 64)
EPOCHS = {"digits": 25, "scenes": 10}
MOST_EPOCHS = 60
SEEDS = 10_000
NOTCHES = (0.0, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 10.0)
"""Positions of a fader, as multiples of the method's own value."""
NOTHING: Mapping[str, Any] = MappingProxyType({})
WATCHABLE = 0.45
"""Seconds an epoch takes at least when it is to be watched."""


def own_pictures(library: Library) -> dict[str, TrainConfig]:
    """Return what all trainings on the folders of the app share, by the folders' names in links.

    Folders without labels are left out: every method that is trained learns from them. A pretrained
    network that made codes of a folder stays frozen here, too: its features are there already, and
    an epoch takes a moment.
    """
    from hashviz.training.recipes import FROZEN, RECIPES  # imports torch

    found: dict[str, TrainConfig] = {}
    for name, run in library.runs.items():
        if library.open(name).pictures.own and run.database_labels.any():
            old = run.config
            same = {"method": old.method, "data": old.data, "epochs": RECIPES["folder"]["epochs"]}
            if old.frozen:
                weights = {"backbone": old.backbone, "weights": str(run.path.resolve())}
                same |= {"frozen": True, "epochs": FROZEN["epochs"], **weights}
            found.setdefault(slug(old.data), TrainConfig(**same))
    return found


def folder_name(data: str) -> str:
    """Return what a page calls a data set: of a folder its name, not where it lies.

    >>> folder_name("folder:/home/me/album?size=96"), folder_name("digits")
    ('album', 'digits')
    """
    return Path(parse(data)[1]).name or data


@dataclass(frozen=True)
class Plan:
    """What is to be trained; `options` are those that differ from the method's own values."""

    method: str = "csq"
    data: str = "digits"
    bits: int = 32
    seed: int = 0
    epochs: int = EPOCHS["digits"]
    options: tuple[tuple[str, float | bool], ...] = ()
    own: TrainConfig | None = None

    @property
    def config(self) -> TrainConfig:
        """The configuration; the usual number of epochs is left open, as in any run."""
        base = self.own or TrainConfig(method="csq", data=self.data, epochs=EPOCHS.get(self.data))
        chosen: dict[str, Any] = {"epochs": None if self.epochs == base.epochs else self.epochs}
        chosen |= {name: getattr(self, name) for name in ("method", "bits", "seed")}
        return replace(base, options=dict(self.options), **chosen)


@dataclass(frozen=True)
class Fader:
    """A weight or margin of a method, and the notch it is at."""

    name: str
    words: str
    values: tuple[float, ...]
    """What each notch stands for."""
    notch: int

    @property
    def usual(self) -> int:
        """The notch of the method's own value."""
        return NOTCHES.index(1.0)


@dataclass(frozen=True)
class Switch:
    """Something a method either does or does not do."""

    name: str
    words: str
    on: bool


def short_title(row: Method) -> str:
    """Return the title of a method without what is in parentheses."""
    return row.title.partition(" (")[0]


def controls(plan: Plan) -> tuple[list[Fader], list[Switch]]:
    """Return the faders and switches of the method; imports torch."""
    chosen: dict[str, Any] = dict(plan.options)
    faders, switches = [], []
    for name, usual in METHODS[plan.method].settings().items():
        words = words_of(name)
        if isinstance(usual, bool):
            switches.append(Switch(name, words, bool(chosen.get(name, usual))))
        elif _fades(name, usual):
            values = tuple(usual * notch for notch in NOTCHES)
            now = float(chosen.get(name, usual))
            notch = min(range(len(values)), key=lambda i: abs(values[i] - now))
            faders.append(Fader(name, words, values, notch))
    return faders, switches


def read_sent(content: Any, own: Mapping[str, TrainConfig] = NOTHING) -> Plan:
    """Return the plan that the browser sent; `own` are the folders that it may name.

    Raises:
        BadRequest: when a part of it is not something that the form offers.
    """
    content = content if isinstance(content, dict) else {}
    method, data = content.get("method"), content.get("data")
    if not isinstance(method, str) or method not in METHODS or not METHODS[method].trained:
        raise BadRequest(f"{repr(method)[:40]} is not a method that can be trained.")
    if not isinstance(data, str) or data not in {*DATA, *own}:
        known = " or ".join([*DATA, *own])
        raise BadRequest(f"Training goes on {known}, got {repr(data)[:40]}.")
    bits = whole(content.get("bits"), BITS[0], BITS[-1], "The length of the codes")
    seed = whole(content.get("seed"), 0, SEEDS, "A seed")
    epochs = whole(content.get("epochs"), 1, MOST_EPOCHS, "The number of epochs")
    options = content.get("options", {})
    if not isinstance(options, dict):
        raise BadRequest("The settings of a method have names.")
    return with_options(Plan(method, data, bits, seed, epochs, own=own.get(data)), options)


def with_options(plan: Plan, options: dict[Any, Any]) -> Plan:
    """Return the plan with settings of its method, without those that have their usual value.

    Raises:
        BadRequest: for a name without a control, or a value out of its range.
    """
    known, taken = METHODS[plan.method].settings(), []
    title = short_title(METHODS[plan.method])
    for name, value in options.items():
        usual: Any = known.get(name) if isinstance(name, str) else None
        if isinstance(usual, bool):
            if not isinstance(value, bool):
                raise BadRequest(f"{name} of {title} is on or off, got {repr(value)[:40]}.")
        elif _fades(name, usual):
            number = isinstance(value, int | float) and not isinstance(value, bool)
            most = NOTCHES[-1] * usual
            if not number or not math.isfinite(value) or not 0 <= value <= most:
                raise BadRequest(
                    f"{name} of {title} is a number from 0 to {most:g}, got {repr(value)[:40]}."
                )
            value = float(value)
        else:
            raise BadRequest(f"{title} has no control {repr(name)[:40]} here.")
        if value != usual:
            taken.append((name, value))
    return replace(plan, options=tuple(taken))


def check(plan: Plan) -> Plan:
    """Return the plan if its method can learn its data.

    Raises:
        BadRequest: when it cannot.
    """
    row = METHODS[plan.method]
    several = plan.own is None and DATASETS[plan.data].multi_label  # a folder's are seen later
    if several and not row.multi_label:
        raise BadRequest(
            f"{short_title(row)} is for pictures with one label each, and {plan.data} have "
            "several; choose digits or another method."
        )
    return plan


def write_link(plan: Plan) -> str:
    """Return the plan as a short text for an address.

    >>> write_link(Plan(bits=16, options=(("quantization_weight", 0.0),)))
    'csq:digits:16:0:25:quantization_weight=0.0'
    """
    options = [f"{name}={value}" for name, value in plan.options]
    return ":".join(map(str, (plan.method, plan.data, plan.bits, plan.seed, plan.epochs, *options)))


def read_link(text: str, own: Mapping[str, TrainConfig] = NOTHING) -> Plan:
    """Return the plan of an address; what is missing takes its usual value.

    Raises:
        BadRequest: as `read_sent` does.

    >>> read_link("dpsh:scenes:16").epochs
    10
    """
    words = text.split(":") if text else []
    content: dict[str, Any] = {"method": "csq", "data": "digits", "bits": 32, "seed": 0}
    content.update(zip(("method", "data", "bits", "seed", "epochs"), words, strict=False))
    usual = EPOCHS | {key: each.epochs for key, each in own.items()}
    content.setdefault("epochs", usual.get(content["data"], 1))
    options: dict[str, Any] = {}
    for word in words[5:]:
        name, _, value = word.partition("=")
        try:
            options[name] = {"True": True, "False": False}.get(value, value)
            if isinstance(options[name], str):
                options[name] = float(value)
        except ValueError:
            pass  # refused below, with its name
    return read_sent(content | {"options": options}, own)


def bet(content: Any) -> int | None:
    """Return how many codes a visitor expects at the end; None is no bet."""
    return None if content is None else whole(content, 1, 200, "A bet")


def title(job: Job) -> str:
    """Describe a training in a few words."""
    config = job.config
    pictures = folder_name(config.data)
    words = f"{short_title(METHODS[config.method])} on {pictures}, {config.bits} bits"
    if config.seed:
        words += f", seed {config.seed}"
    changed = [
        f"{words_of(name)} {value if value and value is not True else 'on' if value else 'off'}"
        for name, value in config.options.items()
    ]
    return ", ".join([words, *changed])


def words_of(name: str) -> str:
    """Return the name of a setting in words.

    >>> words_of("quantization_weight")
    'quantization'
    """
    return name.removesuffix("_weight").replace("_", " ")


def news(trainings: Trainings, key: Any, since: int) -> dict[str, Any]:
    """Return what a page polls while it shows a training: its news, and the list of all."""
    try:
        found = trainings.job(key).news(max(0, since))
    except BadRequest as error:
        found = {"key": key, "state": "gone", "message": str(error), "frames": []}
    jobs = [
        {"key": job.key, "title": title(job), "state": job.state, "ahead": job.ahead}
        for job in trainings.jobs()
    ]
    return found | {"jobs": jobs}


def _fades(name: Any, usual: Any) -> bool:
    """Return whether a setting has a fader: a weight or a margin above 0."""
    is_number = isinstance(usual, float) and usual > 0
    return is_number and (str(name).endswith("_weight") or "margin" in str(name))
