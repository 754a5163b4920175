"""What a scene answers, as plain functions of plain values: no server, no layout, no gradio."""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float32, Int64

from hashviz.runs import RunError
from hashviz_demo.events import BadRequest
from hashviz_demo.items import Hit, Item, Ranking, code_of, item, rank, reach, row_of
from hashviz_demo.library import Library, Opened
from hashviz_demo.scene import K, Scene, Step

MOST = K[-1]
"""Cards that a radius search shows at most; the rest is counted."""
SAMPLES = 20


@dataclass(frozen=True)
class Ties:
    """The results at one distance: an order among them would be arbitrary."""

    distance: int
    hits: tuple[Hit, ...]
    total: int
    """How many of the database lie at that distance, shown or not."""
    order: str = ""
    """Which of them are shown: the first ones as stored, of a shuffle, or by confidence."""
    ranked: bool = False
    """Whether the outputs of the network are kept, so that confidence can order them."""


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
    reach: int
    """See `items.reach`."""
    path: str
    """Where the query lies, for whoever sits at that machine; empty for all others."""

    @property
    def far(self) -> bool:
        """Whether the nearest picture is farther than those of the collection are apart."""
        return not any(self.total[: self.reach + 1])

    @property
    def hits(self) -> tuple[Hit, ...]:
        """All results in order."""
        return tuple(hit for group in self.groups for hit in group.hits)

    @property
    def last(self) -> int:
        """The distance at which the search stopped."""
        if self.scene.mode == "radius":
            return self.scene.radius
        return self.groups[-1].distance if self.groups else 0


def samples(library: Library, scene: Scene) -> list[Item]:
    """Return one page of queries to choose from; after the last page comes the first."""
    opened = library.open(scene.run)
    start = scene.page * SAMPLES % len(opened.samples)
    return [item(opened, Step(opened.asks, p)) for p in opened.samples[start : start + SAMPLES]]


def look(library: Library, scene: Scene) -> Found:
    """Search with the last query of the trail."""
    opened, step = library.open(scene.run), scene.step
    start = time.perf_counter()
    code = code_of(opened, step)
    encoded = time.perf_counter()
    ranking = rank(opened, step, code)
    total = ranking.count()
    found = min(scene.k, sum(total)) if scene.mode == "k" else sum(total[: scene.radius + 1])
    near, ranked = reorder(ranking, step, ranking.nearest(min(found, MOST)), scene.choice("ties"))
    searched = time.perf_counter()
    hits = [ranking.hit(position) for position in near]
    groups = tuple(
        Ties(
            distance,
            tuple(hit for hit in hits if hit.distance == distance),
            total[distance],
            scene.choice("ties"),
            ranked,
        )
        for distance in sorted({hit.distance for hit in hits})
    )
    return Found(
        scene=scene,
        query=item(opened, step, code),
        groups=groups,
        database=sum(total),
        found=found,
        total=total,
        right=ranking.count_right(),
        milliseconds=Milliseconds(
            encode=1e3 * (encoded - start) if step.kind == "picture" else None,
            search=1e3 * (searched - encoded),
        ),
        trail=tuple(item(opened, each) for each in scene.trail),
        reach=reach(opened),
        path=path_of(library, opened, step),
    )


def reorder(ranking: Ranking, step: Step, near: list[int], order: str) -> tuple[list[int], bool]:
    """Choose which of the last, cut tie are shown, and say whether confidence could order it.

    `order` is the number of a shuffle, "confidence", or anything else for the stored order.
    """
    if not near:
        return near, False
    last = ranking.far[near[-1]]
    inside = [position for position in near if ranking.far[position] < last]
    tied = np.flatnonzero(ranking.others & (ranking.far == last))
    room = len(near) - len(inside)
    doubt = confidence(ranking, step, tied) if room < len(tied) else None
    if order == "confidence" and doubt is not None:
        tied = tied[np.argsort(doubt, kind="stable")]
    elif order.isascii() and order.isdigit():
        tied = np.random.default_rng(int(order)).permutation(tied)
    return [*inside, *tied[:room].tolist()], doubt is not None


def confidence(
    ranking: Ranking, step: Step, places: Int64[np.ndarray, " places"]
) -> Float32[np.ndarray, " places"] | None:
    r"""Weigh the bits in which items differ from the query by the outputs behind both, u and v.

    $$\sum_{b:\; u_b v_b < 0} |u_b v_b|$$

    It is small where the network was unsure of these bits; None where outputs were not kept.
    """
    run = ranking.opened.run
    try:
        sample = run.database_sample
        if step.kind != "query" or not np.isin(places, sample).all():
            return None
        rows = np.searchsorted(sample, places)
        return np.maximum(-run.query_outputs[step.position] * run.database_outputs[rows], 0).sum(1)
    except RunError:
        return None


def with_order(library: Library, scene: Scene, wish: Any) -> Scene:
    """Shuffle the tie that is cut once more, order it by confidence, or as it is stored."""
    if wish == "shuffle":
        now = scene.choice("ties")
        return scene.choose("ties", str(1 + int(now) % 999 if now.isdigit() else 1))
    if wish not in ("confidence", "stored"):
        raise BadRequest("A tie is shuffled, or ordered by confidence or as it is stored.")
    return scene.choose("ties", wish if wish == "confidence" else "")


def path_of(library: Library, opened: Opened, step: Step) -> str:
    """Return where a picture of one's own lies; nothing for visitors from other machines."""
    return str(library.file(opened.pictures.key, row_of(opened, step)) or "")


def as_json(library: Library, found: Found) -> dict[str, Any]:
    """Return an answered query as the API gives it, with the files of one's own pictures."""
    scene, query = found.scene, found.query
    opened = library.open(scene.run)

    def files(hit: Hit) -> dict[str, str]:
        path = path_of(library, opened, Step("database", hit.position))
        return {name: text for name, text in (("file", hit.file), ("path", path)) if text}

    return {
        "run": scene.run,
        "query": {
            "kind": query.kind, "position": query.position, "class": query.name, "code": query.code,
        },
        scene.mode: scene.k if scene.mode == "k" else scene.radius,
        "database": found.database,
        "found": found.found,
        "far_from_everything": found.far,
        "results": [
            {
                "position": hit.position,
                "class": hit.name,
                "distance": hit.distance,
                "right": hit.right,
                **files(hit),
            }
            for hit in found.hits
        ],
        "ties": [
            {"distance": g.distance, "shown": len(g.hits), "total": g.total} for g in found.groups
        ],
        "milliseconds": vars(found.milliseconds),
    }  # fmt: skip
