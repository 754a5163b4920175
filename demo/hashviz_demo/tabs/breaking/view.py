"""How little of a picture must change before its code, and its results, become others.

With an aim, the code is to become that of another picture: the two collide.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import UInt8

from hashviz.codes import nearest
from hashviz_demo.events import BadRequest, whole
from hashviz_demo.items import Hit, Item, apart, code_of, item, pixels_of
from hashviz_demo.library import Library, Opened
from hashviz_demo.pictures import data_uri, jpeg, png
from hashviz_demo.scene import Scene, Step
from hashviz_demo.tabs.bits.view import resort

FIRST = 10
"""Results that are shown for each size of change."""
AIMS = 9
"""Pictures of other classes that are offered as an aim."""
FINE = (0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 40, 48, 64)
ROUGH = (0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
"""Sizes of change, of 255, that are tried: the fine ones for small pictures."""
STEPS = {True: 20, False: 8}
SMALL = 40 * 40
"""Pixels up to which a picture is attacked thoroughly; larger ones would take too long."""
LOSSLESS = 96 * 96
"""Pixels up to which a picture is sent as a PNG."""
KEPT = 40
"""Attacks that are kept; a class looks at the same pictures."""


@dataclass(frozen=True)
class Bench:
    """The query, and the pictures it may be aimed at."""

    query: Item
    aims: tuple[Hit, ...]
    aim: Hit | None
    labeled: bool
    """Whether the classes are known, so that the aims are of other classes."""


@dataclass(frozen=True)
class Level:
    """The best change within one size, and its effects."""

    epsilon: int
    image: str
    """A data URI."""
    change: str
    """The difference to the query around a middle gray."""
    times: int
    """The factor by which it is magnified there."""
    code: str
    flipped: tuple[int, ...]
    to_aim: int | None
    hits: tuple[Hit, ...]
    right: int | None
    """First results that share a label with the query; None when its labels are not known."""


@dataclass(frozen=True)
class Attack:
    """The best change within each size, ascending."""

    query: Item
    aim: Hit | None
    code: str
    """The query's own."""
    levels: tuple[Level, ...]
    steps: int
    """Steps of gradient descent for each size."""

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
    """Return the query, its aim, and the nearest picture of every other class to choose from."""
    opened = library.open(scene.run)
    code = code_of(opened, scene.step)
    query = item(opened, scene.step, code)
    at = aimed(library, scene)
    aims = [_as_aim(opened, p, code) for p in _nearest_others(opened, scene.step, code)]
    chosen = None if at is None else _as_aim(opened, at, code)
    if chosen is not None and chosen.position not in [each.position for each in aims]:
        aims = [chosen, *aims][:AIMS]
    return Bench(query, tuple(aims), chosen, bool(opened.run.database_labels.any()))


def aimed(library: Library, scene: Scene) -> int | None:
    """Return the database position that the scene aims at; None without one that this run knows."""
    run, text = library.open(scene.run).run, scene.choice("aim")
    if not text:
        return None
    try:
        position = whole(text, 0, len(run.database_index) - 1, "A picture to collide with")
    except BadRequest:  # another run's
        return None
    return position if _distance_to(library, scene, position) else None


def _distance_to(library: Library, scene: Scene, position: int) -> int:
    opened = library.open(scene.run)
    return int(apart(opened, code_of(opened, scene.step))[position])


def with_aim(library: Library, scene: Scene, sent: Any) -> Scene:
    """Return the scene with another aim; None only leads away from the query's code.

    Raises:
        BadRequest: when the database has no such picture, or it has the query's code already.
    """
    if sent is None:
        return scene.choose("aim", "")
    last = len(library.open(scene.run).run.database_index) - 1
    position = whole(sent, 0, last, "A database position")
    if not _distance_to(library, scene, position):
        raise BadRequest("The two have the same code: they collide without any change.")
    return scene.choose("aim", str(position))


def attack(library: Library, scene: Scene) -> Attack:
    """Attack the query with all sizes of change at once; imports torch.

    Raises:
        BadRequest: when the run has no weights, or its network gives no direction.
    """
    opened = library.open(scene.run)
    _ = opened.model  # raises before anything is looked up if weights are missing
    at = aimed(library, scene)
    key = (opened.pictures.key, scene.run, scene.step, at)
    with _LOCK:  # one at a time: an attack uses the whole machine
        if key not in _KEPT:
            _KEPT[key] = _attack(library, scene, opened, at)
            while len(_KEPT) > KEPT:
                _KEPT.popitem(last=False)
        _KEPT.move_to_end(key)
        return _KEPT[key]


_KEPT: OrderedDict[Any, Attack] = OrderedDict()
_LOCK = threading.Lock()


def _attack(library: Library, scene: Scene, opened: Opened, at: int | None) -> Attack:
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
                image=_data_uri(found.images[place]),
                change=_data_uri(change),
                times=times,
                code=now,
                flipped=tuple(np.flatnonzero(found.codes[place] != found.own).tolist()),
                to_aim=None if at is None else int(found.to_target[place]),
                hits=hits,
                right=sum(known) if known else None,
            )
        )
    return Attack(
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
    """Return the difference of two pictures around a middle gray, and its magnification."""
    difference = image.astype(np.int16) - original
    times = max(1, 120 // max(1, int(np.abs(difference).max())))
    return np.clip(128 + times * difference, 0, 255).astype(np.uint8), times


def _data_uri(image: UInt8[np.ndarray, "h w c"]) -> str:
    small = image[..., 0].size <= LOSSLESS
    return data_uri(png(image)) if small else data_uri(jpeg(image), "jpeg")


def _nearest_others(opened: Opened, step: Step, code: str) -> list[int]:
    """Return the nearest picture with another code of every other class, nearest first.

    The class of a picture from outside is taken to be that of most of its first results.
    """
    run, far = opened.run, apart(opened, code)
    own = np.zeros(len(run.classes), bool)
    if step.kind != "picture":
        own = step.of(run, "labels")
    elif run.database_labels.any():
        own[run.database_labels[nearest(far, FIRST)].sum(0).argmax()] = True
    free = (far > 0) & ~np.any(run.database_labels[:, own], axis=1)
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
