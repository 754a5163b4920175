"""What a visitor has chosen, as one small value: how it changes, and the link that leads back."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal
from urllib.parse import urlencode

import numpy as np
from jaxtyping import UInt8

from hashviz.data.images import ImageError
from hashviz.runs import Run
from hashviz_demo.events import BadRequest, whole
from hashviz_demo.library import Library
from hashviz_demo.opening import first_run, opening
from hashviz_demo.pictures import data_uri, fit_query, png, read_drawing

K = range(1, 101)
"""Numbers of results that a visitor may request."""
STEPS = 8
"""Queries that the trail keeps."""


@dataclass(frozen=True)
class Step:
    """One query of the trail: a member of the query set or of the database, or a picture."""

    kind: Literal["query", "database", "picture"]
    position: int = -1
    picture: str = ""
    """A PNG as data URI, already in the size of the data set."""
    drawn: bool = False

    def of(self, run: Run, name: str) -> Any:
        """Return what a run keeps of this member: its `packed` code, `labels`, `index`, `paths`."""
        return getattr(run, f"{self.kind}_{name}")[self.position]


@dataclass(frozen=True)
class Scene:
    """Everything that a visitor has chosen; small and immutable, so it may live in a session."""

    run: str
    trail: tuple[Step, ...]
    mode: Literal["k", "radius"] = "k"
    k: int = 12
    radius: int = 2
    page: int = 0
    tab: str = "search"
    """The tab that is visible."""
    choices: tuple[tuple[str, str], ...] = ()
    """What tabs keep in the address under names of their own (`Tab.kept`)."""

    def choice(self, name: str) -> str:
        """Return what a tab keeps under that name, or the empty text."""
        return dict(self.choices).get(name, "")

    def choose(self, name: str, text: str) -> "Scene":
        """Keep a tab's own choice; the empty text removes it from the address."""
        others = {key: value for key, value in self.choices if key != name}
        return replace(self, choices=tuple((others | ({name: text} if text else {})).items()))

    @property
    def step(self) -> Step:
        """The query that is looked at."""
        return self.trail[-1]

    @property
    def link(self) -> str:
        """The part of the address behind the question mark that leads back here.

        >>> Scene("digits/csq/32bits/seed0", (Step("query", 3),), k=8).link
        'tab=search&run=digits%2Fcsq%2F32bits%2Fseed0&query=3&k=8'
        """
        parts: dict[str, Any] = {"tab": self.tab, "run": self.run}
        if self.step.kind == "query":
            parts["query"] = self.step.position
        elif self.step.kind == "database":
            parts["query"] = f"database:{self.step.position}"
        parts[self.mode] = self.k if self.mode == "k" else self.radius
        return urlencode(parts | dict(self.choices), safe=":,")


def first_scene(library: Library, address: Mapping[str, str]) -> tuple[Scene, list[str]]:
    """Read the scene of an address (`?run=&query=&k=` or `&radius=`); note what is unusable."""
    notes = []
    name = address["run"] if "run" in address else first_run(library)
    library.take(name)
    if name not in library.runs:
        notes.append(f"There is no run {name[:80]!r} here; another one is shown.")
        name = first_run(library)
    radius = opening(library.open(name)).radius
    scene = Scene(name, (_first_step(library, name),), radius=max(1, radius))
    for key in ("query", "k", "radius"):
        if key not in address:
            continue
        try:
            if key == "query":
                step = _linked_step(library.open(name).run, address[key])
                scene = replace(scene, trail=(step,))
            else:
                scene = with_amount(library, scene, key, address[key])
        except BadRequest as error:
            notes.append(str(error))
    return scene, notes


def with_run(library: Library, scene: Scene, name: Any) -> Scene:
    """Look at the same query in another run; if it lacks the picture, at one that shows much."""
    library.take(name)
    new, old = library.open(name).run, library.open(scene.run).run
    trail: tuple[Step, ...] = ()
    if old.config.data == new.config.data:
        moved = [same_picture(step, old, new) for step in scene.trail]
        if moved[-1]:
            trail = tuple(step for step in moved if step)
    return replace(
        scene,
        run=new.name,
        trail=trail or (_first_step(library, new.name),),
        radius=min(scene.radius, new.config.bits),
        page=0,
    )


def with_amount(library: Library, scene: Scene, mode: Any, value: Any) -> Scene:
    """Ask for k results, or for all results within a radius."""
    if mode == "k":
        return replace(scene, mode="k", k=whole(value, K[0], K[-1], "k"))
    if mode == "radius":
        bits = library.open(scene.run).run.config.bits
        return replace(scene, mode="radius", radius=whole(value, 0, bits, "The radius"))
    raise BadRequest(f"A search is limited by 'k' or by 'radius', got {repr(mode)[:40]}.")


def with_sample(library: Library, scene: Scene, position: Any) -> Scene:
    """Start again from a sample: a member of the query set, or any picture of one's own."""
    opened = library.open(scene.run)
    member = _query if opened.asks == "query" else _database
    return replace(scene, trail=(member(opened.run, position),))


def with_next(library: Library, scene: Scene) -> Scene:
    """Start again from the next sample; after the last comes the first."""
    opened, step = library.open(scene.run), scene.step
    samples = opened.samples
    place = samples.index(step.position) + 1 if step.kind == opened.asks else 0
    return with_sample(library, scene, samples[place % len(samples)])


def with_hit(library: Library, scene: Scene, position: Any) -> Scene:
    """Make a result the next query of the trail."""
    step = _database(library.open(scene.run).run, position)
    if step == scene.step:
        return scene
    return replace(scene, trail=(*scene.trail, step)[-STEPS:])


def with_earlier(scene: Scene, place: Any) -> Scene:
    """Go back along the trail."""
    return replace(scene, trail=scene.trail[: whole(place, 0, len(scene.trail) - 1, "A step") + 1])


def with_picture(
    library: Library, scene: Scene, rgb: UInt8[np.ndarray, "height width 3"], *, drawn: bool = False
) -> Scene:
    """Make an uploaded or drawn picture the query; strokes of one drawing replace each other."""
    try:
        image = fit_query(rgb, library.open(scene.run).dataset, drawn=drawn)
    except ImageError as error:
        raise BadRequest(str(error)) from None
    return replace(scene, trail=(Step("picture", picture=data_uri(png(image)), drawn=drawn),))


def with_kept_picture(library: Library, scene: Scene, address: Any, *, drawn: bool) -> Scene:
    """Bring back a picture that the browser kept: it already looks as in the data set."""
    from hashviz.data.images import fit_image

    try:
        rgb = read_drawing(address)
    except ImageError as error:
        raise BadRequest(str(error)) from None
    dataset = library.open(scene.run).dataset
    image = fit_image(rgb, dataset.size, dataset.images.shape[3])
    return replace(scene, trail=(Step("picture", picture=data_uri(png(image)), drawn=drawn),))


def with_drawing(library: Library, scene: Scene, address: Any) -> Scene:
    """Make a drawing the query; it arrives as the data URI of a PNG."""
    try:
        rgb = read_drawing(address)
    except ImageError as error:
        raise BadRequest(str(error)) from None
    return with_picture(library, scene, rgb, drawn=True)


def _first_step(library: Library, name: str) -> Step:
    opened = library.open(name)
    return _query(opened.run, opening(opened).position)


def _linked_step(run: Run, text: str) -> Step:
    kind, colon, position = text.rpartition(":")
    if colon and kind == "database":
        return _database(run, position)
    return _query(run, text)


def _query(run: Run, position: Any) -> Step:
    step = Step("query", whole(position, 0, len(run.query_index) - 1, "A query"))
    return same_picture(step, run, run) or step


def _database(run: Run, position: Any) -> Step:
    last = len(run.database_index) - 1
    return Step("database", whole(position, 0, last, "A database position"))


def same_picture(step: Step, old: Run, new: Run) -> Step | None:
    """Find the same picture in another run, in its database if it is there; None without it."""
    if step.kind == "picture":
        return step
    row = step.of(old, "index")
    query, database = (np.flatnonzero(i == row) for i in (new.query_index, new.database_index))
    if len(database):
        return Step("database", int(database[0]))
    return Step("query", int(query[0])) if len(query) else None
