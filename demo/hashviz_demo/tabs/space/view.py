"""The map of a run's database: bubbles of equal codes, a ball around the query, what was picked.

Every distinct code is one bubble. Where the query is no code of the database, its cross stands in
the middle of the codes that are nearest to it by bits.
"""

import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
from jaxtyping import Float, Int64

from hashviz.codes import distances, nearest
from hashviz.maps.projection import Projection, kept_map, project
from hashviz_demo.events import BadRequest, whole
from hashviz_demo.library import Library, Opened
from hashviz_demo.pictures import read_png
from hashviz_demo.scene import Scene, Step

LAYOUTS = {"pca": "PCA", "umap": "UMAP"}
SHOWN = 24
"""Pictures in the gallery."""
NEAR = 10
"""Codes by which the map is compared with the truth around the query."""
LARGEST = 12
"""Bubbles in the list that replaces the map for keyboards."""
GROWN = 0.5
"""The bet: how large the ball must be to hold this share of the right pictures."""


@dataclass(frozen=True, eq=False)
class Map:
    """A projection with the class of every bubble."""

    layout: str
    projection: Projection
    positions: Float[np.ndarray, "points 2"]
    """In the unit square, y downwards, the longer side from 0 to 1."""
    classes: Int64[np.ndarray, " points"]
    """The most frequent class of each bubble; of a center without pictures, its own."""

    @cached_property
    def shape(self) -> tuple[float, float]:
        """Width and height; the longer one is 1."""
        wide, high = self.positions.max(0)
        return max(float(wide), 0.3), max(float(high), 0.3)


@dataclass(frozen=True, eq=False)
class Around:
    """The map as the query sees it."""

    distances: Int64[np.ndarray, " points"]
    x: float
    y: float
    exact: bool
    """Whether the query's code is a code of the database."""
    total: tuple[int, ...]
    right: tuple[int, ...] | None
    """Pictures at each distance 0 to bits, and those that share a label with the query."""
    agreeing: int
    near: int
    """Of so many nearest codes on the map, how many are among the nearest by bits."""

    @property
    def half(self) -> int | None:
        """The smallest radius whose ball holds half of the right pictures."""
        if self.right is None or not sum(self.right):
            return None
        return int(np.searchsorted(np.cumsum(self.right), GROWN * sum(self.right)))


@dataclass(frozen=True)
class Picture:
    """A picture of the gallery."""

    position: int
    name: str
    image: str
    distance: int
    right: bool | None


@dataclass(frozen=True)
class Picked:
    """A part of the database: its pictures nearest to the query, and how far all of them are."""

    words: str
    pictures: tuple[Picture, ...]
    count: int
    codes: int
    """Distinct codes among them."""
    total: tuple[int, ...]
    right: tuple[int, ...] | None


@dataclass(frozen=True)
class Bubble:
    """One of the largest bubbles, in words."""

    point: int
    count: int
    name: str
    distance: int


@dataclass
class Drawing:
    """A map that another process draws; its result is the file in derived/."""

    started: float | None = None
    trouble: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def seconds(self) -> int:
        """How long it has been drawn so far."""
        return 0 if self.started is None else int(time.monotonic() - self.started)


BUSY = threading.Semaphore(1)
"""One map at a time: drawing takes a whole core."""
DRAW = (
    "import sys; from hashviz.maps.projection import project_run; from hashviz.runs import Run; "
    "project_run(Run.load(sys.argv[1]), method='umap')"
)


def the_map(library: Library, name: Any, layout: Any) -> Map | None:
    """The map of a run's database; None for a UMAP that nobody has drawn yet."""
    opened = library.open(name)
    if layout not in tuple(LAYOUTS):  # whatever it is: it need not be hashable
        raise BadRequest(f"A map is drawn by one of {', '.join(LAYOUTS)}.")
    return opened.kept(f"map {layout}", lambda: _made(opened, layout))


def around(library: Library, scene: Scene, made: Map) -> Around:
    """Where the query of the scene lies on the map, and what lies how far from it."""
    opened = library.open(scene.run)
    far, similar, others = _distances(opened, scene.step)
    projection, bins = made.projection, opened.run.config.bits + 1
    to_points = np.full(len(projection.positions), -1)
    to_points[projection.inverse] = far
    centers = opened.run.centers
    if centers is not None:
        packed, _ = _code(opened, scene.step)
        to_centers = distances(packed, np.packbits(centers > 0, axis=1))[0]
        to_points[projection.center_points] = to_centers
    shown = projection.counts > 0
    nearest = shown & (to_points == to_points[shown].min())
    x, y = made.positions[nearest].mean(0)
    agreeing, near = _agreement(made.positions[shown], to_points[shown], np.array([x, y]))
    right = None
    if similar is not None:
        right = tuple(np.bincount(far[others & similar], minlength=bins).tolist())
    return Around(
        distances=to_points,
        x=float(x),
        y=float(y),
        exact=bool(to_points[nearest].max() == 0),
        total=tuple(np.bincount(far[others], minlength=bins).tolist()),
        right=right,
        agreeing=agreeing,
        near=near,
    )


def pick(library: Library, scene: Scene, made: Map, what: Any) -> Picked:
    """The pictures of a bubble, a rectangle, a class, or a ball around the query.

    `what` is {"point": i}, {"box": [x0, y0, x1, y1]} in the coordinates of the map, {"class": i} or
    {"radius": r}.
    """
    opened = library.open(scene.run)
    run = opened.run
    far, similar, others = _distances(opened, scene.step)
    chosen, words = _chosen(opened, made, far, what)
    chosen &= others
    positions = np.flatnonzero(chosen)
    positions = positions[nearest(far[positions])]
    bins = run.config.bits + 1
    pictures = tuple(
        Picture(
            position=p,
            name=_names(opened, run.database_labels[p]),
            image=opened.thumbnail(int(run.database_index[p])),
            distance=int(far[p]),
            right=None if similar is None else bool(similar[p]),
        )
        for p in positions[:SHOWN].tolist()
    )
    right = None
    if similar is not None:
        right = tuple(np.bincount(far[chosen & similar], minlength=bins).tolist())
    return Picked(
        words=words,
        pictures=pictures,
        count=len(positions),
        codes=len(np.unique(made.projection.inverse[positions])),
        total=tuple(np.bincount(far[chosen], minlength=bins).tolist()),
        right=right,
    )


def bubbles(library: Library, scene: Scene, made: Map, seen: Around) -> list[Bubble]:
    """The largest bubbles, for those who do not use a mouse."""
    names = library.open(scene.run).run.classes
    counts = made.projection.counts
    largest = np.lexsort((np.arange(len(counts)), -counts))[:LARGEST]
    return [
        Bubble(p, int(counts[p]), names[made.classes[p]], int(seen.distances[p]))
        for p in largest.tolist()
        if counts[p]
    ]


def drawing(library: Library, name: Any) -> Drawing:
    """The state of the drawing of a run's UMAP."""
    return library.open(name).kept("drawing", Drawing)


def draw(library: Library, name: Any) -> Drawing:
    """Have the UMAP of a run drawn by another process; the app itself never imports umap."""
    opened, state = library.open(name), drawing(library, name)
    with state._lock:
        if state.started is not None:
            return state
        if not BUSY.acquire(blocking=False):
            raise BadRequest("Another map is being drawn; press again when it is done.")
        state.started, state.trouble = time.monotonic(), ""
    threading.Thread(target=_draw, args=(opened, state), daemon=True).start()
    return state


def _draw(opened: Opened, state: Drawing) -> None:
    path = opened.run.path
    try:
        done = subprocess.run(
            [sys.executable, "-c", DRAW, str(path)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["it stopped without a word"])[-1]
            state.trouble = f"The map was not drawn: {last[:300]}"
        elif kept_map(opened.run) is None:
            state.trouble = f"The map was drawn but could not be kept in {path}."
    except OSError as error:
        state.trouble = f"The map was not drawn: {error}"
    finally:
        state.started = None
        BUSY.release()


def _made(opened: Opened, layout: Literal["pca", "umap"]) -> Map | None:
    run = opened.run
    if layout == "umap":
        projection = kept_map(run)
        if projection is None:
            return None
    else:
        projection = project(run.database_codes, centers=run.centers, method="pca", judged=False)
    placed = projection.positions - projection.positions.min(0)
    placed = placed / max(float(placed.max()), 1e-9)
    placed[:, 1] = placed[:, 1].max() - placed[:, 1]
    classes = projection.class_counts(run.database_labels).argmax(1)
    bare = projection.counts[projection.center_points] == 0
    classes[projection.center_points[bare]] = np.flatnonzero(bare)
    return Map(layout, projection, placed, classes)


def _chosen(opened: Opened, made: Map, far: np.ndarray, what: Any) -> tuple[np.ndarray, str]:
    if not isinstance(what, dict) or len(what) != 1:
        raise BadRequest("A part of the map is a point, a box, a class or a radius.")
    (kind, value), run, inverse = *what.items(), opened.run, made.projection.inverse
    if kind == "point":
        point = whole(value, 0, len(made.positions) - 1, "A bubble")
        return inverse == point, "One bubble: pictures with the very same code"
    if kind == "class":
        label = whole(value, 0, len(run.classes) - 1, "A class")
        return run.database_labels[:, label].copy(), f"All pictures of {run.classes[label]}"
    if kind == "radius":
        radius = whole(value, 0, run.config.bits, "The radius")
        return far <= radius, f"The ball of radius {radius} around the query"
    if kind == "box":
        box = value if isinstance(value, list) and len(value) == 4 else None
        if box is None or not all(isinstance(v, int | float) for v in box):
            raise BadRequest("A box has four numbers: left, top, right, bottom.")
        low, high = np.sort(np.array(box, float).reshape(2, 2), axis=0)
        inside = np.all((made.positions >= low) & (made.positions <= high), axis=1)
        return inside[inverse], "The rectangle you drew"
    raise BadRequest("A part of the map is a point, a box, a class or a radius.")


def _code(opened: Opened, step: Step) -> tuple[np.ndarray, np.ndarray | None]:
    """Packed code and labels of the query; a picture of the visitor has no labels."""
    run = opened.run
    if step.kind == "picture":
        return opened.encode(read_png(step.picture)), None
    if step.kind == "query":
        return run.query_packed[step.position][None], run.query_labels[step.position]
    return run.database_packed[step.position][None], run.database_labels[step.position]


def _distances(opened: Opened, step: Step) -> tuple[np.ndarray, np.ndarray | None, np.ndarray]:
    """Distance of every picture of the database, whether it is right, whether it is another one."""
    packed, labels = _code(opened, step)
    far = distances(packed, opened.run.database_packed)[0].astype(np.int64)
    others = np.ones(len(far), bool)
    if step.kind == "database":
        others[step.position] = False
    if labels is None or not labels.any():
        return far, None, others
    return far, np.any(opened.run.database_labels[:, labels], axis=1), others


def _agreement(positions: np.ndarray, far: np.ndarray, query: np.ndarray) -> tuple[int, int]:
    """Of the nearest codes on the map, how many are as near by bits as the nearest there are."""
    near = min(NEAR, len(far))
    on_map = nearest(((positions - query) ** 2).sum(1), near)
    reach = np.partition(far, near - 1)[near - 1]
    return int((far[on_map] <= reach).sum()), near


def _names(opened: Opened, labels: np.ndarray) -> str:
    names = opened.run.classes
    return ", ".join(names[i] for i in np.flatnonzero(labels).tolist()) or "no class"
