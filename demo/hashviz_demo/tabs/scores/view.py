"""The scores of a run, and what becomes of its mean average precision under other protocols.

All numbers come from one table: how many items of the database, and of the query set itself, lie at
each distance from each query, class by class. Sorting the database by class before a stable sort
splits every tie into its classes; leaving the queries in adds their part of the table.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from jaxtyping import Bool, Int64, UInt8

from hashviz import metrics
from hashviz.codes import distances
from hashviz.metrics import DistanceCounts
from hashviz.runs import Run
from hashviz_demo.events import BadRequest, whole
from hashviz_demo.library import Library, Opened

CELLS = 2_000_000
"""Entries in the table of one run; a larger run is represented by a sample of its queries."""
QUERIES = 2_000
CUTS = (10, 100, 1000)
"""Ranks after which a visitor may cut the ranking."""
FIRST = 10
"""Results that are said to be cut inside a tie or not, where there are no labels."""
DIVISORS = ("hits", "reachable", "relevant")
NAMES = ("sorted", "inside", "cut", "divisor", "dropped")
"""The tricks, in the order of the page."""


@dataclass(frozen=True)
class Protocol:
    """How a mean average precision is computed; the default is how this project does it."""

    sorted: bool = False
    """Ties keep the order of a database sorted by class instead of being averaged over orders."""
    inside: bool = False
    """The queries are in the database, and each finds itself at distance 0."""
    cut: int | None = None
    """The ranking is cut after this many items; None keeps the cut of the run's own protocol."""
    divisor: Literal["hits", "reachable", "relevant"] = "hits"
    dropped: bool = False
    """Queries that find nothing are left out of the mean."""

    @property
    def tricks(self) -> tuple[str, ...]:
        """Names of the settings that differ from the default."""
        return tuple(name for name in NAMES if getattr(self, name) != getattr(HONEST, name))


HONEST = Protocol()


@dataclass(frozen=True, eq=False)
class Table:
    """Items, and relevant items, at each distance from each query, by their first class."""

    queries: Int64[np.ndarray, " queries"]
    """Positions of the queries in the query set."""
    total: np.ndarray
    relevant: np.ndarray
    """int32, queries × distances × classes: the database."""
    own_total: np.ndarray
    own_relevant: np.ndarray
    """The same for the query set, each query itself included."""

    def counts(self, protocol: Protocol = HONEST) -> DistanceCounts:
        """Return the counts in the order in which the protocol ranks; what remains are ties."""
        total, relevant = self.total, self.relevant
        if protocol.inside:
            total, relevant = total + self.own_total, relevant + self.own_relevant
        if protocol.sorted:  # by distance, then by class
            tables = total.reshape(len(total), -1), relevant.reshape(len(total), -1)
        else:
            tables = total.sum(2), relevant.sum(2)
        tables = [table.astype(np.int64) for table in tables]
        return DistanceCounts(*tables, database=int(tables[0][0].sum()))


@dataclass(frozen=True)
class Card:
    """The scores of a run under its own protocol."""

    run: str
    split: str
    queries: int
    of_queries: int
    """Queries that were evaluated, and queries in the query set."""
    database: int
    bits: int
    k: int | None
    expected: float
    optimistic: float
    pessimistic: float
    chance: float
    precision: tuple[float, ...]
    recall: tuple[float, ...]
    """Means over the queries within each radius 0 to bits; an empty ball has precision 0."""
    empty: tuple[float, ...]
    """Share of queries whose ball is empty."""
    share: float
    """Share of relevant items in the database: the precision of the largest ball."""


@dataclass(frozen=True)
class Trial:
    """A protocol tried on a run: its score, the honest one, and the score of each trick alone."""

    run: str
    protocol: Protocol
    k: int | None
    """The cut of the run's own protocol."""
    cuts: tuple[int, ...]
    honest: float
    chance: float
    value: float
    """nan when no query is left."""
    alone: dict[str, float]
    """The score of each trick by itself; a divisor and dropped queries keep the cut."""
    queries: int
    left: float
    """Expected number of queries in the mean, over the orders inside ties."""


def card(library: Library, name: Any) -> Card:
    """Return the scores of a run under the protocol it was trained for."""
    opened = library.open(name)
    run, made = opened.judged, table(opened)
    counts, k = made.counts(), run.data.get("k")

    def mean(ties: str) -> float:
        return float(metrics.average_precision(counts, k, ties=ties).mean())

    def by_radius(score: Callable[[DistanceCounts], np.ndarray]) -> tuple[float, ...]:
        return tuple(score(counts).mean(0).tolist())

    return Card(
        run=run.name,
        split=run.split,
        queries=len(made.queries),
        of_queries=len(run.query_index),
        database=counts.database,
        bits=run.config.bits,
        k=k,
        expected=mean("expected"),
        optimistic=mean("optimistic"),
        pessimistic=mean("pessimistic"),
        chance=float(metrics.chance_average_precision(counts, k).mean()),
        precision=by_radius(metrics.precision_by_radius),
        recall=by_radius(metrics.recall_by_radius),
        empty=by_radius(metrics.empty_balls),
        share=float(counts.relevant.sum() / counts.total.sum()),
    )


def labeled(library: Library, name: Any) -> bool:
    """Tell whether anything says which results of a run are right."""
    run = library.open(name).run
    return bool(run.query_labels.any() and run.database_labels.any())


def without_labels(library: Library, name: Any) -> dict[str, Any]:
    """Return what can be said of codes whose right results nobody knows."""
    opened = library.open(name)
    inside = table(opened).total.sum(2).cumsum(1)
    first = min(FIRST, int(inside[0, -1]))
    return {
        "database": len(opened.run.database_index),
        "distinct": metrics.distinct_codes(opened.run.database_codes),
        "queries": len(inside),
        "first": first,
        "cut": float(np.mean(~np.any(inside == first, axis=1))),
    }


def trial(library: Library, name: Any, protocol: Protocol) -> Trial:
    """Try a protocol on a run."""
    opened = library.open(name)
    made, k = table(opened), opened.judged.data.get("k")
    cuts = tuple(cut for cut in CUTS if cut < min(k or np.inf, len(opened.judged.database_index)))
    if protocol.cut is not None and protocol.cut not in cuts:
        offered = ", ".join(map(str, cuts)) or "no rank but its own"
        raise BadRequest(f"A ranking of this run is cut after {offered}; choose one of them.")
    value, left = measure(made, protocol, k)
    alone = {}
    for trick in protocol.tricks:
        changes = {trick: getattr(protocol, trick)}
        if trick in ("divisor", "dropped"):
            changes["cut"] = protocol.cut
        alone[trick] = measure(made, replace(HONEST, **changes), k)[0]
    counts = made.counts(HONEST)
    return Trial(
        run=opened.judged.name,
        protocol=protocol,
        k=k,
        cuts=cuts,
        honest=measure(made, HONEST, k)[0],
        chance=float(metrics.chance_average_precision(counts, k).mean()),
        value=value,
        alone=alone,
        queries=len(made.queries),
        left=left,
    )


def measure(made: Table, protocol: Protocol, k: int | None) -> tuple[float, float]:
    """Return the mean average precision under a protocol, and how many queries are in the mean.

    `k` is the cut of the run's own protocol. When queries without a hit are dropped, a query that
    finds an item only under some orders of ties counts with the share of those orders.
    """
    counts, cut = made.counts(protocol), protocol.cut or k
    values = metrics.average_precision(counts, cut, protocol.divisor)
    if not protocol.dropped:
        return float(values.mean()), float(len(values))
    hits = metrics.average_precision(counts, cut, "hits")
    answered = np.nan_to_num(metrics.average_precision(counts, cut, "answered"))
    found = hits / np.where(answered > 0, answered, 1)
    left = float(found.sum())
    return (float(values.sum()) / left if left else float("nan")), left


def write_link(protocol: Protocol) -> str:
    """Return the protocol as a short text for an address; the default gives an empty one.

    >>> write_link(Protocol(sorted=True, cut=100))
    'sorted,cut:100'
    """
    settings = [(name, getattr(protocol, name)) for name in protocol.tricks]
    return ",".join(name if value is True else f"{name}:{value}" for name, value in settings)


def read_link(text: str) -> Protocol:
    """Return the protocol that `write_link` wrote.

    Raises:
        BadRequest: when it is not one.

    >>> read_link("sorted,cut:100") == Protocol(sorted=True, cut=100)
    True
    """
    settings: dict[str, Any] = {}
    for part in text.split(",") if text else ():
        name, colon, value = part.partition(":")
        settings[name] = value if colon else True
    return read_sent(settings)


def read_sent(sent: Any) -> Protocol:
    """Return the protocol that a browser sent.

    Raises:
        BadRequest: when it is not one.
    """
    if not isinstance(sent, dict):
        raise BadRequest("A protocol is sent as a table of its settings; reload the page.")
    switches = {name: sent.get(name, False) for name in ("sorted", "inside", "dropped")}
    if not all(isinstance(value, bool) for value in switches.values()):
        raise BadRequest("A trick is either on or off; reload the page.")
    divisor = sent.get("divisor", "hits")
    if not isinstance(divisor, str) or divisor not in DIVISORS:
        raise BadRequest(f"The divisor is one of {', '.join(DIVISORS)}; reload the page.")
    cut = sent.get("cut")
    return Protocol(
        **switches,
        divisor=divisor,
        cut=None if cut in (None, "") else whole(cut, 1, 10**9, "The cut"),
    )


def as_json(card: Card, trial: Trial) -> dict[str, Any]:
    """Return everything the tab shows, with its protocol."""
    return {
        "run": card.run,
        "split": card.split,
        "protocol": {
            "queries": card.queries,
            "queries_in_the_set": card.of_queries,
            "database": card.database,
            "k": card.k,
            "divisor": "relevant items found in the first k",
            "ties": "mean over all orders of equal distances",
        },
        "map": {
            "expected": card.expected,
            "optimistic": card.optimistic,
            "pessimistic": card.pessimistic,
            "chance": card.chance,
        },
        "by_radius": [
            {"radius": radius, "precision": p, "recall": r, "empty_balls": e}
            for radius, (p, r, e) in enumerate(
                zip(card.precision, card.recall, card.empty, strict=True)
            )
        ],
        "with_tricks": {
            "tricks": {name: getattr(trial.protocol, name) for name in trial.protocol.tricks},
            "map": None if np.isnan(trial.value) else trial.value,
            "queries_in_the_mean": trial.left,
        },
    }


def as_csv(card: Card) -> str:
    """Return the same as lines of three columns: the score, its radius if it has one, the value."""
    lines = ["score,radius,value"]
    named = ("expected", "optimistic", "pessimistic", "chance")
    lines += [f"map_{name},,{getattr(card, name):.6f}" for name in named]
    lines += [f"queries,,{card.queries}", f"database,,{card.database}", f"k,,{card.k or 'all'}"]
    for name in ("precision", "recall", "empty"):
        lines += [f"{name},{r},{value:.6f}" for r, value in enumerate(getattr(card, name))]
    return "\n".join(lines) + "\n"


def table(opened: Opened) -> Table:
    """Return the table of a run; it is counted on first use and kept."""
    return opened.kept("scores", lambda: _count(opened.judged))


def _count(run: Run) -> Table:
    cells = (run.config.bits + 1) * len(run.classes)
    most = min(QUERIES, max(50, CELLS // cells), len(run.query_index))
    queries = np.linspace(0, len(run.query_index) - 1, most).round().astype(np.int64)
    packed, labels = run.query_packed[queries], run.query_labels[queries]
    sides = (run.database_packed, run.database_labels), (run.query_packed, run.query_labels)
    counts = [_by_class(packed, labels, *side, run.config.bits) for side in sides]
    return Table(queries, *counts[0], *counts[1])


def _by_class(
    packed: UInt8[np.ndarray, "queries bytes"],
    labels: Bool[np.ndarray, "queries classes"],
    others: UInt8[np.ndarray, "n bytes"],
    other_labels: Bool[np.ndarray, "n classes"],
    bits: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Count items, and relevant items, per query, distance and first class."""
    classes = labels.shape[1]
    first = other_labels.argmax(1)
    shape = (len(packed), bits + 1, classes)
    total, relevant = np.zeros(shape, np.int32), np.zeros(shape, np.int32)
    few = 64
    for start in range(0, len(packed), few):
        some = slice(start, start + few)
        cells = distances(packed[some], others).astype(np.int64) * classes + first
        cells += np.arange(len(cells))[:, None] * ((bits + 1) * classes)
        right = (labels[some].astype(np.float32) @ other_labels.T.astype(np.float32)) > 0
        part = (len(cells), bits + 1, classes)
        size = cells.shape[0] * (bits + 1) * classes
        total[some] = np.bincount(cells.ravel(), minlength=size).reshape(part)
        relevant[some] = np.bincount(cells[right], minlength=size).reshape(part)
    return total, relevant
