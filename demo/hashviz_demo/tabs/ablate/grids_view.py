"""What a visitor can compute on the tab Ablate, and its progress."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hashviz.config import slug
from hashviz_demo.events import BadRequest
from hashviz_demo.library import Library
from hashviz_demo.tabs.ablate.ablations import at_hand
from hashviz_demo.tabs.ablate.grids import (
    SETTINGS,
    Grid,
    Wanted,
    anew,
    fresh,
    grids_of,
    lacking,
    offered,
    whole_grid,
)
from hashviz_demo.tabs.ablate.view import Choice
from hashviz_demo.tabs.train.view import folder_name, own_pictures

Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Work:
    """What a visitor can ask for: numbers of trainings, 0 where nothing is left to do."""

    pictures: str = "digits"
    """What a grid is computed on."""
    variant: str = ""
    """The variant that is shown; empty for the whole method."""
    anew: int = 0
    lacking: int = 0
    methods: Mapping[str, int] = field(default_factory=dict)
    grid: Grid | None = None
    pace: float | None = None
    """Seconds of one training on this machine; None before one was measured."""
    made: str = ""
    """The key of an ablation that the latest grid belongs to."""


def settings_for(library: Library, run: str) -> Mapping[str, Any]:
    """Return what all trainings of a grid share: on one's own pictures where they have labels."""
    own = own_pictures(library).get(slug(library.open(run).run.config.data))
    names = ("data", "backbone", "weights", "frozen")
    return {**SETTINGS, **({name: getattr(own, name) for name in names} if own else {})}


def wanted(
    library: Library, choice: Choice | None, what: Any, method: Any, settings: Settings = SETTINGS
) -> list[Wanted]:
    """Return the trainings that a visitor asks for: a variant, the rest of a grid, or a grid.

    Raises:
        BadRequest: when there is nothing to do.
    """
    if what == "grid":
        return fresh(library, whole_grid(method, settings))
    if choice is None:
        raise BadRequest("There is no ablation here yet; compute one on digits.")
    if what == "lacking":
        return fresh(library, lacking(choice.ablation))
    return fresh(library, anew(choice.ablation, choice.off))


def work(library: Library, choice: Choice | None, settings: Settings = SETTINGS) -> Work:
    """Return what can be computed, and its progress."""
    grid = grids_of(library).grid
    names = {each.config.name for each in grid.wanted} if grid is not None else set()
    made = [a for a in at_hand(library) if any(names & {*v.runs.values()} for v in a.variants)]
    other = [a.key for a in made if choice is None or a.key != choice.ablation.key]
    counted = {"anew": 0, "lacking": 0}
    if choice is not None:
        for what in counted if choice.off else ["lacking"]:
            with contextlib.suppress(BadRequest):
                counted[what] = len(wanted(library, choice, what, None))
    return Work(
        variant=choice.ablation.named(choice.off) if choice is not None and choice.off else "",
        anew=counted["anew"],
        lacking=counted["lacking"],
        methods={name: len(fresh(library, whole_grid(name, settings))) for name in offered()},
        pictures=folder_name(settings["data"]),
        grid=grid,
        pace=grids_of(library).pace,
        made=other[0] if other else "",
    )
