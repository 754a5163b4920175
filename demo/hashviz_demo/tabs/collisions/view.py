"""The buckets of a run's database: which pictures share a code, and how much of that is chance."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from hashviz import metrics
from hashviz.metrics import Buckets
from hashviz_demo.events import BadRequest, whole
from hashviz_demo.items import Item, item
from hashviz_demo.library import Library, Opened
from hashviz_demo.scene import Scene, Step

ORDERS = {"strangers": "pairs of strangers", "size": "pictures"}
"""How buckets can be sorted."""
LISTED = 10
SHOWN = 24
"""Pictures that an open bucket shows at most."""


@dataclass(frozen=True)
class Bucket:
    """A code shared by several pictures."""

    number: int
    """Rank by size, from 0 for the fullest."""
    size: int
    strange: int | None
    """Pairs of its pictures that share no label; None without labels."""
    classes: tuple[tuple[str, int], ...]
    """Classes with their numbers of pictures, the most frequent first."""
    code: str


@dataclass(frozen=True)
class Browser:
    """All collisions of a database in numbers, and the first buckets in some order."""

    database: int
    bits: int
    codes: int
    """Distinct codes."""
    inside: int
    """Pictures that share their code with another picture."""
    pairs: int
    strange: int | None
    expected: float
    """Pairs to expect if the codes were drawn uniformly."""
    chance: float
    """The probability that any of those would collide."""
    order: str
    listed: tuple[Bucket, ...]


@dataclass(frozen=True)
class Inside:
    """An open bucket: its pictures, class by class, and two of them that share no label."""

    bucket: Bucket
    pictures: tuple[Item, ...]
    worst: tuple[Item, Item] | None


def found(opened: Opened) -> Buckets:
    """Return the collisions of a run's database; they are computed on first use and kept."""
    run = opened.run
    return opened.kept("buckets", lambda: metrics.buckets(run.database_codes, run.database_labels))


def browser(library: Library, name: Any, order: Any = "strangers") -> Browser:
    """Summarize the collisions of a run.

    Raises:
        BadRequest: when the order is none of `ORDERS`.
    """
    if order not in tuple(ORDERS):
        raise BadRequest(f"Buckets are sorted by one of {', '.join(ORDERS)}.")
    opened = library.open(name)
    run, made = opened.run, found(opened)
    several = np.flatnonzero(made.sizes > 1)
    if order == "strangers":
        several = several[np.argsort(-made.strange_pairs[several], kind="stable")]
    labeled = bool(run.database_labels.any())
    n, bits = len(made.bucket), run.config.bits
    return Browser(
        database=n,
        bits=bits,
        codes=len(made.sizes),
        inside=int(made.sizes[several].sum()),
        pairs=made.pairs,
        strange=int(made.strange_pairs.sum()) if labeled else None,
        expected=metrics.expected_pairs(n, bits),
        chance=metrics.collision_chance(n, bits),
        order=order,
        listed=tuple(_bucket(opened, made, number) for number in several[:LISTED].tolist()),
    )


def inside(library: Library, name: Any, number: Any) -> Inside:
    """Return the pictures of one bucket.

    Raises:
        BadRequest: when there is no such bucket.
    """
    opened = library.open(name)
    made = found(opened)
    number = whole(number, 0, len(made.sizes) - 1, "A bucket")
    members = np.flatnonzero(made.bucket == number)
    labels = opened.run.database_labels[members]
    often = labels.sum(0)
    # The rarest class of the bucket first, so that a surprise does not drown among the many.
    rarity = np.where(labels, often, len(members) + 1).min(1)
    order = members[np.argsort(rarity, kind="stable")]
    return Inside(
        bucket=_bucket(opened, made, number),
        pictures=tuple(item(opened, Step("database", p)) for p in order[:SHOWN].tolist()),
        worst=_worst(opened, order) if labels.any() else None,
    )


def linked(library: Library, scene: Scene) -> int | None:
    """Return the bucket that the address names, if this run has it."""
    text = scene.choice("bucket")
    try:
        last = len(found(library.open(scene.run)).sizes) - 1
        return whole(text, 0, last, "A bucket") if text else None
    except BadRequest:  # another run's
        return None


def _bucket(opened: Opened, made: Buckets, number: int) -> Bucket:
    members = np.flatnonzero(made.bucket == number)
    run, first = opened.run, item(opened, Step("database", int(members[0])))
    often = run.database_labels[members].sum(0)
    order = [c for c in np.argsort(-often, kind="stable").tolist() if often[c]]
    return Bucket(
        number=number,
        size=len(members),
        strange=int(made.strange_pairs[number]) if run.database_labels.any() else None,
        classes=tuple((run.classes[c], int(often[c])) for c in order),
        code=first.code,
    )


def _worst(opened: Opened, order: np.ndarray) -> tuple[Item, Item] | None:
    """Return a picture of the rarest class, and one of the most frequent that shares no label."""
    labels = opened.run.database_labels
    for rare in order.tolist():
        strangers = order[~np.any(labels[order] & labels[rare], axis=1)]
        strangers = strangers[strangers != rare]
        if len(strangers):
            first, second = rare, int(strangers[-1])
            return item(opened, Step("database", first)), item(opened, Step("database", second))
    return None
