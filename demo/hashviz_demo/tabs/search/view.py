"""What a scene answers, as plain functions of plain values: no server, no layout, no gradio.

`look` turns a `Scene` into a `Found`, which `card.py` beside it draws. Positions count inside the
query set or the database of a run; rows count inside the data set.
"""

import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Bool, UInt8

from hashviz.codes import distances, unpack
from hashviz.runs import Run
from hashviz_demo.library import Library, Opened
from hashviz_demo.pictures import read_png
from hashviz_demo.scene import K, Scene, Step

MOST = K[-1]
"""Cards that a radius search shows at most; the rest is counted."""
SAMPLES = 20


@dataclass(frozen=True)
class Item:
    """A picture as it is shown: where it lies, what it is called, its code."""

    kind: str
    position: int
    name: str
    image: str
    """An address or a data URI."""
    code: str
    """One character per bit, 1 for +1 and 0 for -1."""


@dataclass(frozen=True)
class Hit(Item):
    """A result: how far it is, in which bits it differs, whether it shares a label."""

    distance: int
    differing: tuple[int, ...]
    right: bool | None
    """None where the labels of the query are not known."""


@dataclass(frozen=True)
class Ties:
    """The results at one distance: an order among them would be arbitrary."""

    distance: int
    hits: tuple[Hit, ...]
    total: int
    """How many of the database lie at that distance, shown or not."""


@dataclass(frozen=True)
class Milliseconds:
    """Where the time went; `encode` is None when the code was stored in the run."""

    encode: float | None
    search: float


@dataclass(frozen=True)
class Found:
    """One answered query."""

    scene: Scene
    query: Item
    groups: tuple[Ties, ...]
    database: int
    found: int
    """How many the search returned; more than the cards when a radius holds very many."""
    total: tuple[int, ...]
    """Database items per distance, 0 to bits."""
    right: tuple[int, ...] | None
    """Those among them that share a label with the query."""
    milliseconds: Milliseconds
    trail: tuple[Item, ...]

    @property
    def hits(self) -> tuple[Hit, ...]:
        """All results in order."""
        return tuple(hit for group in self.groups for hit in group.hits)


def samples(library: Library, scene: Scene) -> list[Item]:
    """One page of queries to choose from; pages follow each other in a circle."""
    opened = library.open(scene.run)
    start = scene.page * SAMPLES % len(opened.samples)
    return [item(opened, Step("query", p)) for p in opened.samples[start : start + SAMPLES]]


def look(library: Library, scene: Scene) -> Found:
    """Search with the last query of the trail."""
    opened = library.open(scene.run)
    run, step, bits = opened.run, scene.step, opened.run.config.bits
    start = time.perf_counter()
    if step.kind == "picture":
        packed, similar = opened.encode(read_png(step.picture)), None
    else:
        packed, similar = _stored(run, step)[0], similar_to(run, step)
    encoded = time.perf_counter()

    # What is looked for is not a result of itself: one more is asked for, and it is left out.
    itself = step.position if step.kind == "database" else -1
    if scene.mode == "k":
        answered = opened.index.search(packed, scene.k + (itself >= 0))
    else:
        answered = opened.index.search(packed, None, radius=scene.radius)
    near = answered.ids[0, : answered.found[0]]
    near = near[near != itself]
    if scene.mode == "k":
        near = near[: scene.k]
    far = distances(packed, run.database_packed)[0]
    others = np.arange(len(far)) != itself
    searched = time.perf_counter()

    def by_distance(chosen: np.ndarray) -> tuple[int, ...]:
        return tuple(np.bincount(far[chosen], minlength=bits + 1).tolist())

    query = replace(item(opened, step), code=_text(packed, bits))
    shown = near[:MOST].tolist()
    total = by_distance(others)
    groups = []
    for distance in sorted({int(far[p]) for p in shown}):
        members = [p for p in shown if far[p] == distance]
        hits = tuple(_hit(opened, p, distance, query.code, similar) for p in members)
        groups.append(Ties(distance, hits, total[distance]))
    return Found(
        scene=scene,
        query=query,
        groups=tuple(groups),
        database=int(others.sum()),
        found=len(near),
        total=total,
        right=None if similar is None else by_distance(others & similar),
        milliseconds=Milliseconds(
            encode=1e3 * (encoded - start) if step.kind == "picture" else None,
            search=1e3 * (searched - encoded),
        ),
        trail=tuple(item(opened, s) for s in scene.trail),
    )


def as_json(found: Found, files: np.ndarray | None = None) -> dict[str, Any]:
    """A found query as the API tells it, with the files of the database where there are any."""
    scene = found.scene
    return {
        "run": scene.run,
        "query": {
            "kind": found.query.kind,
            "position": found.query.position,
            "class": found.query.name,
            "code": found.query.code,
        },
        scene.mode: scene.k if scene.mode == "k" else scene.radius,
        "database": found.database,
        "found": found.found,
        "results": [
            {
                "position": hit.position,
                "class": hit.name,
                "distance": hit.distance,
                "right": hit.right,
                **({} if files is None else {"file": str(files[hit.position])}),
            }
            for hit in found.hits
        ],
        "ties": [
            {"distance": g.distance, "shown": len(g.hits), "total": g.total} for g in found.groups
        ],
        "milliseconds": {
            "encode": found.milliseconds.encode,
            "search": found.milliseconds.search,
        },
    }


def _stored(run: Run, step: Step) -> tuple[np.ndarray, np.ndarray, int]:
    """Packed code, labels, and row in the data set of a member of the run."""
    if step.kind == "query":
        packed, labels, rows = run.query_packed, run.query_labels, run.query_index
    else:
        packed, labels, rows = run.database_packed, run.database_labels, run.database_index
    return packed[step.position][None], labels[step.position], int(rows[step.position])


def code_of(opened: Opened, step: Step) -> str:
    """The code of a step, one character per bit; a picture is encoded."""
    if step.kind == "picture":
        return _text(opened.encode(read_png(step.picture)), opened.run.config.bits)
    return _text(_stored(opened.run, step)[0], opened.run.config.bits)


def pixels_of(opened: Opened, step: Step) -> UInt8[np.ndarray, "height width channels"]:
    """The picture of a step as the network sees it."""
    if step.kind == "picture":
        return read_png(step.picture)
    return opened.dataset.images[_stored(opened.run, step)[2]]


def similar_to(run: Run, step: Step) -> Bool[np.ndarray, " database"] | None:
    """Who of the database shares a label with a step; None where it has none that is known."""
    if step.kind == "picture":
        return None
    labels = _stored(run, step)[1]
    return np.any(run.database_labels[:, labels], axis=1) if labels.any() else None


def item(opened: Opened, step: Step, code: str = "") -> Item:
    """The picture of a step as it is shown; the code of a picture from outside is `code`."""
    if step.kind == "picture":
        name = "your drawing" if step.drawn else "your picture"
        return Item("picture", -1, name, step.picture, code)
    packed, labels, row = _stored(opened.run, step)
    names = [opened.run.classes[i] for i in np.flatnonzero(labels).tolist()]
    return Item(
        kind=step.kind,
        position=step.position,
        name=", ".join(names) or _file_name(opened, row) or "no class",
        image=opened.thumbnail(row),
        code=_text(packed, opened.run.config.bits),
    )


def _file_name(opened: Opened, row: int) -> str:
    """What a picture without a label is called on disk; nothing where it is no file."""
    paths = opened.dataset.attributes.get("path")
    return "" if paths is None else str(paths[row]).rpartition("/")[2]


def _hit(
    opened: Opened, position: int, distance: int, code: str, similar: np.ndarray | None
) -> Hit:
    found = item(opened, Step("database", position))
    pairs = enumerate(zip(found.code, code, strict=True))
    return Hit(
        **vars(found),
        distance=distance,
        differing=tuple(place for place, (mine, other) in pairs if mine != other),
        right=None if similar is None else bool(similar[position]),
    )


def _text(packed: np.ndarray, bits: int) -> str:
    return "".join("1" if bit > 0 else "0" for bit in unpack(packed, bits)[0])
