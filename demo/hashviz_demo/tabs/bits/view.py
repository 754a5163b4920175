"""The bits of a run: other bits for the query, what the bits of all codes are worth, and one bit.

A pattern has one character per bit: 1 for +1, 0 for -1, and * for a bit that is not compared.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from hashviz import metrics
from hashviz.runs import RunError
from hashviz_demo.events import BadRequest, whole
from hashviz_demo.items import Hit, Item, code_of, item, rank
from hashviz_demo.library import Library, Opened
from hashviz_demo.scene import Scene, Step

FIRST = 20
"""Results that are sorted again at every press."""
SHOWN = 8
"""Pictures at either end of a bit."""


@dataclass(frozen=True)
class Keyboard:
    """The query's code as keys."""

    query: Item
    leaving: tuple[int, ...]
    """Per bit: how many of the first results leave when it alone is flipped."""
    twins: tuple[int, ...]
    """Per bit: the first bit that always says the same or the opposite; itself when alone."""
    first: int = FIRST


@dataclass(frozen=True)
class Sorted:
    """The first results for a pattern, compared with those for the query's own code."""

    pattern: str
    flipped: int
    """Compared bits that differ from the query's own."""
    asked: int
    """Bits that are compared."""
    hits: tuple[Hit, ...]
    before: tuple[int | None, ...]
    """The place that each hit had for the query's own code, from 0; None when it is new."""
    left: int
    """How many of the first results for the query's own code are no longer among them."""
    exact: int
    """Database items with exactly the pattern."""
    database: int


@dataclass(frozen=True)
class XRay:
    """What the bits of the whole database are worth."""

    bits: int
    useful: int
    rank: int
    distinct: int
    database: int
    constant: tuple[int, ...]
    groups: tuple[tuple[int, ...], ...]
    plus: tuple[float, ...]
    """Share of +1 of each bit."""
    entropy: tuple[float, ...]
    balance: Float[np.ndarray, " bits"]
    correlation: Float[np.ndarray, "bits bits"]

    @property
    def twins(self) -> tuple[int, ...]:
        """Per bit, the first bit that always says the same or the opposite; itself when alone."""
        first = {bit: group[0] for group in self.groups for bit in group}
        return tuple(first.get(bit, bit) for bit in range(self.bits))


@dataclass(frozen=True)
class OneBit:
    """One bit: which pictures have +1 and which -1, and which bits resemble it."""

    bit: int
    plus: tuple[Item, ...]
    minus: tuple[Item, ...]
    outputs: tuple[tuple[float, ...], tuple[float, ...]] | None
    """The real outputs of both ends; None when the run kept none, and the ends are any members."""
    share: float
    entropy: float
    classes: tuple[tuple[str, float], ...]
    """Share of +1 in each class, the largest first."""
    alike: tuple[tuple[int, float], ...]
    """Other bits by correlation, the strongest first."""


def keyboard(library: Library, scene: Scene) -> Keyboard:
    """Return the keys of the query, and how much depends on each."""
    opened = library.open(scene.run)
    code = code_of(opened, scene.step)
    others = opened.run.database_codes
    if scene.step.kind == "database":  # the query is not a result of itself
        others = np.delete(others, scene.step.position, axis=0)
    return Keyboard(
        query=item(opened, scene.step, code),
        leaving=tuple(metrics.leaving_results([int(bit) for bit in code], others, FIRST).tolist()),
        twins=xray(library, scene.run).twins,
    )


def check_pattern(library: Library, scene: Scene, pattern: Any) -> str:
    """Return the pattern that a browser sent.

    Raises:
        BadRequest: when it is none for this run.
    """
    bits = library.open(scene.run).run.config.bits
    if not isinstance(pattern, str) or len(pattern) != bits or not set(pattern) <= set("01*"):
        raise BadRequest(
            f"A pattern has {bits} characters 0, 1 or *, got {repr(pattern)[:40]}; reload the page."
        )
    return pattern


def resort(library: Library, scene: Scene, pattern: str) -> Sorted:
    """Sort the database by the number of compared bits in which it differs from the pattern."""
    opened, step = library.open(scene.run), scene.step
    own = code_of(opened, step)
    ranking = rank(opened, step, pattern)
    was, now = rank(opened, step, own).nearest(FIRST), ranking.nearest(FIRST)
    places = {position: place for place, position in enumerate(was)}
    return Sorted(
        pattern=pattern,
        flipped=sum(a not in ("*", b) for a, b in zip(pattern, own, strict=True)),
        asked=len(pattern) - pattern.count("*"),
        hits=tuple(ranking.hit(position) for position in now),
        before=tuple(places.get(position) for position in now),
        left=len(set(was) - set(now)),
        exact=ranking.count()[0],
        database=int(ranking.others.sum()),
    )


def xray(library: Library, name: str) -> XRay:
    """Measure what the bits of a run are worth, once per run."""
    opened = library.open(name)

    def measure() -> XRay:
        codes = opened.run.database_codes
        balance = metrics.bit_balance(codes)
        return XRay(
            bits=codes.shape[1],
            useful=metrics.useful_bits(codes),
            rank=metrics.correlation_rank(codes),
            distinct=metrics.distinct_codes(codes),
            database=len(codes),
            constant=tuple(np.flatnonzero(metrics.constant_bits(codes)).tolist()),
            groups=tuple(tuple(group) for group in metrics.bit_groups(codes)),
            plus=tuple(((1 + balance) / 2).tolist()),
            entropy=tuple(metrics.bit_entropy(codes).tolist()),
            balance=balance,
            correlation=metrics.bit_correlation(codes),
        )

    return opened.kept("xray", measure)


def one_bit(library: Library, name: str, sent: Any) -> OneBit:
    """Describe one bit: pictures at both ends, its share in each class, and bits like it.

    Raises:
        BadRequest: when the run has no such bit.
    """
    opened = library.open(name)
    run, seen = opened.run, xray(library, name)
    bit = whole(sent, 0, seen.bits - 1, "A bit")
    plus = run.database_codes[:, bit] > 0
    labels = run.database_labels
    members = labels.sum(0)
    shares = (labels & plus[:, None]).sum(0) / np.maximum(members, 1)
    order = [c for c in np.argsort(-shares, kind="stable").tolist() if members[c]]
    row = seen.correlation[bit]
    others = [b for b in np.argsort(-np.abs(row), kind="stable").tolist() if b != bit]
    ends, outputs = _ends(opened, bit, plus)
    return OneBit(
        bit=bit,
        plus=tuple(item(opened, Step("database", p)) for p in ends[0]),
        minus=tuple(item(opened, Step("database", p)) for p in ends[1]),
        outputs=outputs,
        share=seen.plus[bit],
        entropy=seen.entropy[bit],
        classes=tuple((run.classes[c], float(shares[c])) for c in order),
        alike=tuple((b, float(row[b])) for b in others[:4] if row[b]),
    )


def _ends(
    opened: Opened, bit: int, plus: Bool[np.ndarray, " database"]
) -> tuple[list[list[int]], tuple[tuple[float, ...], tuple[float, ...]] | None]:
    """Return positions at both ends of a bit, and their outputs where the run kept some."""
    try:
        column = opened.run.database_outputs[:, bit]
        sample = opened.run.database_sample
    except (KeyError, RunError):
        halves = [np.flatnonzero(plus), np.flatnonzero(~plus)]
        spread = [np.linspace(0, len(h) - 1, min(SHOWN, len(h))).astype(int) for h in halves]
        return [h[s].tolist() for h, s in zip(halves, spread, strict=True)], None
    loudest = [
        [place for place in np.argsort(-side, kind="stable")[:SHOWN] if plus[sample[place]] == up]
        for side, up in ((column, True), (-column, False))
    ]
    values = tuple(tuple(float(column[place]) for place in end) for end in loudest)
    return [[int(sample[place]) for place in end] for end in loudest], (values[0], values[1])
