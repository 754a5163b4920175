"""The bits of a run: other bits for the query, what the bits of all codes are worth, and one bit.

A pattern has one character per bit: 1 for +1, 0 for -1, and * for a bit that nobody asks for.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int64, UInt64

from hashviz import metrics
from hashviz.codes import nearest, pack, words
from hashviz.runs import RunError
from hashviz_demo.events import BadRequest, whole
from hashviz_demo.library import Library, Opened
from hashviz_demo.scene import Scene, Step
from hashviz_demo.tabs.search.view import Hit, Item, code_of, item, similar_to

FIRST = 20
"""Results that are sorted again under the hand."""
SHOWN = 8
"""Pictures at either end of a bit."""


@dataclass(frozen=True)
class Keyboard:
    """The query's code as keys."""

    query: Item
    leaving: tuple[int, ...]
    """Per bit: how many of the first results leave them when it alone is flipped."""
    twins: tuple[int, ...]
    """Per bit: the first bit that always says the same or the opposite; itself when alone."""


@dataclass(frozen=True)
class Sorted:
    """The first results for a pattern, beside those for the query's own code."""

    pattern: str
    flipped: int
    """Bits that differ from the query's own, those nobody asks for not counted."""
    asked: int
    """Bits that are asked for."""
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


@dataclass(frozen=True)
class OneBit:
    """One bit: who has +1 and who has -1, and which bits resemble it."""

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
    """The keys of the query, and how much hangs on each."""
    opened = library.open(scene.run)
    code = code_of(opened, scene.step)
    twins = list(range(len(code)))
    for group in xray(library, scene.run).groups:
        for bit in group:
            twins[bit] = group[0]
    return Keyboard(
        query=item(opened, scene.step, code),
        leaving=leaving(opened, scene.step, code),
        twins=tuple(twins),
    )


def asked(library: Library, scene: Scene, pattern: Any) -> str:
    """The pattern that a browser sent.

    Raises:
        BadRequest: when it is none for this run.
    """
    bits = library.open(scene.run).run.config.bits
    if not isinstance(pattern, str) or len(pattern) != bits or not set(pattern) <= set("01*"):
        raise BadRequest(
            f"A pattern has {bits} characters 0, 1 or *, got {repr(pattern)[:40]}; "
            "load the page again."
        )
    return pattern


def resort(library: Library, scene: Scene, pattern: str) -> Sorted:
    """The database by the number of asked bits in which it differs from the pattern."""
    opened = library.open(scene.run)
    step, run = scene.step, opened.run
    own = code_of(opened, step)
    itself = _itself(step)
    was = _nearest(apart(opened, own), itself).tolist()
    far = apart(opened, pattern)
    now = _nearest(far, itself).tolist()
    similar = similar_to(run, step) if "*" not in pattern else None
    hits = []
    for position in now:
        found = item(opened, Step("database", position))
        pairs = enumerate(zip(found.code, pattern, strict=True))
        differing = tuple(p for p, (mine, other) in pairs if other not in ("*", mine))
        right = None if similar is None else bool(similar[position])
        hits.append(Hit(**vars(found), distance=len(differing), differing=differing, right=right))
    places = {position: place for place, position in enumerate(was)}
    return Sorted(
        pattern=pattern,
        flipped=sum(a not in ("*", b) for a, b in zip(pattern, own, strict=True)),
        asked=sum(a != "*" for a in pattern),
        hits=tuple(hits),
        before=tuple(places.get(position) for position in now),
        left=len(set(was) - set(now)),
        exact=int((far == 0).sum()) - int(itself >= 0 and far[itself] == 0),
        database=len(far) - (itself >= 0),
    )


def apart(opened: Opened, pattern: str) -> Int64[np.ndarray, " database"]:
    """In how many of the asked bits each item of the database differs from a pattern."""
    asks = _words(pattern, "01")
    wish = _words(pattern, "1")
    database = opened.kept("words", lambda: words(opened.run.database_packed))
    return np.bitwise_count((database ^ wish) & asks).sum(1, dtype=np.int64)


def leaving(opened: Opened, step: Step, code: str) -> tuple[int, ...]:
    """Per bit, how many of the first results leave them when the query's bit is flipped."""
    codes, itself = opened.run.database_codes, _itself(step)
    others = codes if itself < 0 else np.delete(codes, itself, axis=0)
    own = [1 if character == "1" else -1 for character in code]
    return tuple(metrics.leaving_results(own, others, FIRST).tolist())


def xray(library: Library, name: str) -> XRay:
    """What the bits of a run are worth; computed when first asked for."""
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
    """Both ends of one bit, its classes and its neighbors.

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
    """Positions at both ends of a bit, and their outputs where the run kept some."""
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


def _words(pattern: str, characters: str) -> UInt64[np.ndarray, "1 words"]:
    """The bits of a pattern that are one of the characters, as words of 64."""
    signs = np.array([1 if each in characters else -1 for each in pattern], np.int8)
    return words(pack(signs[None]))


def _itself(step: Step) -> int:
    """Where the query stands in the database; it is not a result of itself."""
    return step.position if step.kind == "database" else -1


def _nearest(far: np.ndarray, itself: int) -> np.ndarray:
    """The first results: by distance, then by position."""
    order = nearest(far, FIRST + 1)
    return order[order != itself][:FIRST]
