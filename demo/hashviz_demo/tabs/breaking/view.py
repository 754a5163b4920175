"""How little of a picture must change until its code, and what it finds, are others.

With an aim the code shall become that of another picture: the two collide.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import UInt8

from hashviz.codes import nearest
from hashviz_demo.events import BadRequest, whole
from hashviz_demo.library import Library, Opened
from hashviz_demo.pictures import data_uri, jpeg, png
from hashviz_demo.scene import Scene, Step
from hashviz_demo.tabs.bits.view import apart, resort
from hashviz_demo.tabs.search.view import Hit, Item, code_of, item, pixels_of

FIRST = 10
"""Results whose drifting is shown."""
AIMS = 9
"""Pictures of other classes that are offered as an aim."""
FINE = (0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 40, 48, 64)
ROUGH = (0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
"""Sizes of change, of 255, that are tried: the fine ones for small pictures."""
STEPS = {True: 20, False: 8}
SMALL = 40 * 40
"""Pixels up to which a picture is attacked thoroughly; larger ones would keep a visitor waiting."""
LOSSLESS = 96 * 96
"""Pixels up to which a picture is sent as a PNG."""
KEPT = 40
"""Attacks that stay; a class looks at the same picture."""


@dataclass(frozen=True)
class Bench:
    """The query, and what it may be aimed at."""

    query: Item
    aims: tuple[Hit, ...]
    aim: Hit | None
    labeled: bool
    """Whether the aims are of other classes, or classes are not known."""


@dataclass(frozen=True)
class Level:
    """What the best picture within one size of change does."""

    epsilon: int
    image: str
    """A data URI."""
    change: str
    """The difference to the query around a middle gray."""
    times: int
    """How many times it is enlarged there."""
    code: str
    flipped: tuple[int, ...]
    to_aim: int | None
    hits: tuple[Hit, ...]
    right: int | None
    """How many of the first results share a label with the query; None when nobody knows."""


@dataclass(frozen=True)
class Path:
    """All sizes of change, ascending."""

    query: Item
    aim: Hit | None
    code: str
    """The query's own."""
    levels: tuple[Level, ...]
    steps: int
    """Steps of the search for each picture."""

    @property
    def first(self) -> int | None:
        """The smallest change at which a bit flips."""
        return next((each.epsilon for each in self.levels if each.flipped), None)

    @property
    def turned(self) -> int | None:
        """The smallest change at which most of the first results share no label with the query."""
        known = ((each.epsilon, each.right, len(each.hits)) for each in self.levels)
        return next((e for e, right, n in known if right is not None and 2 * right < n), None)

    @property
    def collides(self) -> int | None:
        """The smallest change at which the query has the code of the aim."""
        return next((each.epsilon for each in self.levels if each.to_aim == 0), None)


def bench(library: Library, scene: Scene) -> Bench:
    """The query with the picture aimed at, and the nearest of every other class to choose from."""
    opened = library.open(scene.run)
    code = code_of(opened, scene.step)
    query = item(opened, scene.step, code)
    at = aimed(library, scene)
    aims = []
    for position in _nearest_others(opened, scene.step, code):
        aims.append(_as_aim(opened, position, code))
    chosen = None if at is None else _as_aim(opened, at, code)
    if chosen is not None and chosen.position not in [each.position for each in aims]:
        aims = [chosen, *aims][:AIMS]
    return Bench(query, tuple(aims), chosen, bool(opened.run.database_labels.any()))


def aimed(library: Library, scene: Scene) -> int | None:
    """The database position that the scene aims at; None where it has none that this run knows."""
    run, text = library.open(scene.run).run, scene.choice("aim")
    if not text:
        return None
    try:
        position = whole(text, 0, len(run.database_index) - 1, "A picture to collide with")
    except BadRequest:  # another run's
        return None
    return None if scene.step == Step("database", position) else position


def with_aim(library: Library, scene: Scene, sent: Any) -> Scene:
    """The scene with another aim; None aims at nothing in particular.

    Raises:
        BadRequest: when the database has no such picture, or it is the query itself.
    """
    if sent is None:
        return scene.choose("aim", "")
    last = len(library.open(scene.run).run.database_index) - 1
    position = whole(sent, 0, last, "A database position")
    if scene.step == Step("database", position):
        raise BadRequest("A picture collides with itself without any change; choose another one.")
    return scene.choose("aim", str(position))


def path(library: Library, scene: Scene) -> Path:
    """All sizes of change at once; imports torch.

    Raises:
        BadRequest: when the run has no weights, or its network gives no direction.
    """
    opened = library.open(scene.run)
    _ = opened.model  # says what is missing before anything is looked up
    at = aimed(library, scene)
    key = (opened.pictures.key, scene.run, scene.step, at)
    with _LOCK:  # one at a time: an attack takes all that the machine has
        if key not in _PATHS:
            _PATHS[key] = _attacked(library, scene, opened, at)
            while len(_PATHS) > KEPT:
                _PATHS.popitem(last=False)
        _PATHS.move_to_end(key)
        return _PATHS[key]


_PATHS: OrderedDict[Any, Path] = OrderedDict()
_LOCK = threading.Lock()


def _attacked(library: Library, scene: Scene, opened: Opened, at: int | None) -> Path:
    from hashviz.explain.attacks import attack_path, collision_path

    pixels = pixels_of(opened, scene.step)
    small = pixels[..., 0].size <= SMALL
    sizes, steps = FINE if small else ROUGH, STEPS[small]
    code = code_of(opened, scene.step)
    try:
        if at is None:
            found = attack_path(opened.model, pixels, sizes, steps=steps)
        else:
            target = opened.run.database_codes[at]
            found = collision_path(opened.model, pixels, target, sizes, steps=steps)
    except ValueError as error:
        raise BadRequest(str(error)) from None
    levels = []
    for place, epsilon in enumerate(found.epsilons.tolist()):
        change, times = magnified(found.images[place], pixels)
        now = "".join("1" if bit > 0 else "0" for bit in found.codes[place])
        hits = resort(library, scene, now).hits[:FIRST]
        known = [hit.right for hit in hits if hit.right is not None]
        levels.append(
            Level(
                epsilon=epsilon,
                image=_shown(found.images[place]),
                change=_shown(change),
                times=times,
                code=now,
                flipped=tuple(np.flatnonzero(found.codes[place] != found.own).tolist()),
                to_aim=None if at is None else int(found.to_target[place]),
                hits=hits,
                right=sum(known) if known else None,
            )
        )
    return Path(
        query=item(opened, scene.step, code),
        aim=None if at is None else _as_aim(opened, at, code),
        code=levels[0].code,
        levels=tuple(levels),
        steps=steps,
    )


def magnified(
    image: UInt8[np.ndarray, "height width channels"],
    original: UInt8[np.ndarray, "height width channels"],
) -> tuple[UInt8[np.ndarray, "height width channels"], int]:
    """The difference of two pictures around a middle gray, and how many times it was enlarged."""
    difference = image.astype(np.int16) - original
    times = max(1, 120 // max(1, int(np.abs(difference).max())))
    return np.clip(128 + times * difference, 0, 255).astype(np.uint8), times


def _shown(image: UInt8[np.ndarray, "h w c"]) -> str:
    small = image[..., 0].size <= LOSSLESS
    return data_uri(png(image)) if small else data_uri(jpeg(image), "jpeg")


def _nearest_others(opened: Opened, step: Step, code: str) -> list[int]:
    """Positions of the nearest picture of every class that the query is not of, nearest first."""
    run, far = opened.run, apart(opened, code)
    own = np.zeros(len(run.classes), bool)
    if step.kind == "query":
        own = run.query_labels[step.position]
    elif step.kind == "database":
        own = run.database_labels[step.position]
    free = ~np.any(run.database_labels[:, own], axis=1)
    if step.kind == "database":
        free[step.position] = False
    found: list[tuple[int, int]] = []
    for label in np.flatnonzero(~own).tolist():
        members = np.flatnonzero(free & run.database_labels[:, label])
        if len(members):
            position = int(members[far[members].argmin()])
            found.append((int(far[position]), position))
    if not found:  # no labels: spread over the distances
        order = nearest(far)
        order = order[free[order]]
        spread = np.unique(np.linspace(0, max(0, len(order) - 1), AIMS).astype(int))
        found = [(int(far[p]), int(p)) for p in order[spread].tolist()] if len(order) else []
    positions = [position for _, position in sorted(found)]
    return list(dict.fromkeys(positions))[:AIMS]


def _as_aim(opened: Opened, position: int, code: str) -> Hit:
    found = item(opened, Step("database", position))
    pairs = enumerate(zip(found.code, code, strict=True))
    differing = tuple(place for place, (mine, other) in pairs if mine != other)
    return Hit(**vars(found), distance=len(differing), differing=differing, right=None)
