"""Which images are asked, learned from and searched: a number means nothing without it.

A protocol is a named rule; `split` applies it with a seed. `query`, `train` and `database` are rows
of the data set; a query is never in the database unless the name of the protocol says so. Sizes are
kept, not scaled: a data set that has too few images for a protocol is refused.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64

from hashviz.config import unknown
from hashviz.data.base import Dataset

Rows = Int64[np.ndarray, " _"]  # any number, another one for every set
Draw = Callable[[Dataset, np.random.Generator], tuple[Rows, Rows, Rows]]


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """A rule in words, with the sizes and the metric that belong to it.

    `draw` returns query, train and database rows. `dataset` is the one that the protocol belongs
    to, None for any. `sizes` are the numbers of query, train and database images where the rule
    fixes them. `k` is the rank at which mAP is cut, None for the whole database.
    """

    name: str
    title: str
    draw: Draw
    query: str
    train: str
    database: str
    dataset: str | None = None
    sizes: tuple[int, int, int] | None = None
    k: int | None = None
    queries_in_database: bool = False
    train_in_database: bool = True
    source: str = ""

    @property
    def metric(self) -> str:
        """The score that the literature reports under this protocol."""
        return "mAP over the whole database" if self.k is None else f"mAP@{self.k:,}"


@dataclass(frozen=True, eq=False)
class Split:
    """The three sets of one protocol and one seed, as rows of the data set."""

    query: Int64[np.ndarray, " queries"]
    train: Int64[np.ndarray, " train"]
    database: Int64[np.ndarray, " database"]
    protocol: Protocol
    seed: int

    def describe(self) -> str:
        """One line to print beside every score."""
        protocol = self.protocol
        inside = "train inside" if protocol.train_in_database else "train outside"
        if protocol.queries_in_database:
            inside += ", queries inside"
        return (
            f"{protocol.name}, seed {self.seed}: {len(self.query):,} queries, "
            f"{len(self.train):,} train, {len(self.database):,} database ({inside}), "
            f"{protocol.metric}"
        )


def split(dataset: Dataset, protocol: str | None = None, seed: int = 0) -> Split:
    """The three sets of `dataset`, drawn with `seed`, the database in shuffled order.

    Without a name it is the default protocol of the data set.

    Raises:
        ValueError: when the protocol is unknown, belongs to another data set or needs more images.
    """
    if protocol is None:
        from hashviz.data import DATASETS  # at call time: that table imports the readers

        row = DATASETS.get(dataset.name)
        protocol = row.default_protocol if row else "holdout"
    if protocol not in PROTOCOLS:
        raise unknown("protocol", protocol, PROTOCOLS)
    if seed < 0:
        raise ValueError(f"A seed is 0 or more, got seed={seed}.")
    rule = PROTOCOLS[protocol]
    if rule.dataset not in (None, dataset.name):
        fitting = [p.name for p in PROTOCOLS.values() if p.dataset in (None, dataset.name)]
        raise ValueError(
            f"The protocol {protocol!r} belongs to {rule.dataset!r}, got {dataset.name!r}; "
            f"choose from {', '.join(sorted(fitting))}."
        )
    query, train, database = rule.draw(dataset, np.random.default_rng(seed))
    for name, rows in (("query", query), ("train", train), ("database", database)):
        if len(rows) == 0:
            raise ValueError(
                f"The protocol {protocol!r} leaves the {name} set empty: "
                f"{dataset.name!r} has {len(dataset):,} images."
            )
    return Split(query, train, database, rule, seed)


def classes_of(dataset: Dataset, rows: Rows) -> list[Rows]:
    """The given rows of each class, in the given order."""
    members = dataset.labels[rows].argmax(1)
    return [rows[members == k] for k in range(len(dataset.classes))]


def holdout(dataset: Dataset, rng: np.random.Generator) -> tuple[Rows, Rows, Rows]:
    """A fifth of every class asks the rest; of all images where one may have several labels."""
    order = rng.permutation(len(dataset))
    groups = [order] if dataset.multi_label else classes_of(dataset, order)
    # A class of two to four images has one query, a class of one has none.
    chosen = [g[: max(1, round(len(g) / 5)) if len(g) > 1 else 0] for g in groups]
    query = rng.permutation(np.concatenate(chosen))
    rest = order[~np.isin(order, query)]
    return query, rest, rest


def per_class(
    query: int, train: int | None, database: int | None = None, *, train_in_database: bool = True
) -> Draw:
    """The same number of images of every class; None takes all that are left."""

    def draw(dataset: Dataset, rng: np.random.Generator) -> tuple[Rows, Rows, Rows]:
        needed = query + (database or train or 1)
        queries, trains, databases = [], [], []
        groups = classes_of(dataset, rng.permutation(len(dataset)))
        for name, rows in zip(dataset.classes, groups, strict=True):
            if len(rows) < needed:
                raise ValueError(
                    f"The protocol needs {needed:,} images of every class, "
                    f"{dataset.name!r} has {len(rows):,} of {name!r}."
                )
            rest = rows[query:] if database is None else rows[query : query + database]
            queries.append(rows[:query])
            trains.append(rest[:train])
            databases.append(rest if train_in_database else rest[len(trains[-1]) :])
        shuffled = [rng.permutation(np.concatenate(part)) for part in (queries, trains, databases)]
        return shuffled[0], shuffled[1], shuffled[2]

    return draw


def official(*, queries_in_database: bool = False) -> Draw:
    """The test images ask the train images, or each other."""

    def draw(dataset: Dataset, rng: np.random.Generator) -> tuple[Rows, Rows, Rows]:
        if dataset.official is None:
            raise ValueError(f"{dataset.name!r} has no official split into train and test.")
        train = rng.permutation(np.flatnonzero(dataset.official == 0))
        query = rng.permutation(np.flatnonzero(dataset.official == 1))
        return query, train, query if queries_in_database else train

    return draw


_TABLE = (
    Protocol(
        name="holdout",
        title="A fifth asks the rest",
        draw=holdout,
        query="a fifth of every class; a fifth of all where images have several labels",
        train="the rest",
        database="the rest",
        source="hashviz",
    ),
    Protocol(
        name="cifar10-p1",
        title="CIFAR-10, 1,000 queries, train inside the database",
        draw=per_class(100, 500),
        query="100 of every class, of all 60,000",
        train="500 of every class, of the database",
        database="the other 59,000",
        dataset="cifar10",
        sizes=(1_000, 5_000, 59_000),
        source="kunhe/TALR; orthohash; 'CIFAR10-1' of swuxyj/DeepHash-pytorch",
    ),
    Protocol(
        name="cifar10-p1x",
        title="CIFAR-10, 1,000 queries, train outside the database",
        draw=per_class(100, 500, train_in_database=False),
        query="100 of every class, of all 60,000",
        train="500 of every class, of the other 59,000",
        database="the 54,000 that are neither",
        dataset="cifar10",
        sizes=(1_000, 5_000, 54_000),
        train_in_database=False,
        source="'cifar10' of swuxyj/DeepHash-pytorch; thulab/DeepHash (R = 54,000)",
    ),
    Protocol(
        name="cifar10-p2",
        title="CIFAR-10, 10,000 queries, everything else learns",
        draw=per_class(1_000, None),
        query="1,000 of every class, of all 60,000",
        train="the database",
        database="the other 50,000",
        dataset="cifar10",
        sizes=(10_000, 50_000, 50_000),
        source="'CIFAR10-2' of swuxyj/DeepHash-pytorch",
    ),
    Protocol(
        name="cifar10-official",
        title="CIFAR-10, test asks train",
        draw=official(),
        query="the 10,000 test images",
        train="the 50,000 train images",
        database="the 50,000 train images",
        dataset="cifar10",
        sizes=(10_000, 50_000, 50_000),
        source="Lin et al. (DLBHC), CVPRW 2015; Yang et al. (SSDH), 2015",
    ),
    Protocol(
        name="cifar10-dsh-queries-in-database",
        title="CIFAR-10, test asks test: every query finds itself",
        draw=official(queries_in_database=True),
        query="the 10,000 test images",
        train="the 50,000 train images",
        database="the same 10,000 test images",
        dataset="cifar10",
        sizes=(10_000, 50_000, 10_000),
        queries_in_database=True,
        train_in_database=False,
        source="Liu et al. (DSH), CVPR 2016: test_map.m of the release",
    ),
    Protocol(
        name="cifar10-small",
        title="CIFAR-10, a tenth of cifar10-p1 for a processor without GPU",
        draw=per_class(10, 50, 590),
        query="10 of every class, of all 60,000",
        train="50 of every class, of the database",
        database="590 others of every class",
        dataset="cifar10",
        sizes=(100, 500, 5_900),
        source="hashviz, the ratios of cifar10-p1",
    ),
    Protocol(
        name="cifar10-tenth",
        title="CIFAR-10, a tenth of cifar10-p2 for a processor without GPU",
        draw=per_class(100, None, 500),
        query="100 of every class, of all 60,000",
        train="the database",
        database="500 others of every class",
        dataset="cifar10",
        sizes=(1_000, 5_000, 5_000),
        source="hashviz, the ratios of cifar10-p2",
    ),
    Protocol(
        name="svhn-p1",
        title="SVHN, 1,000 queries, train inside the database",
        draw=per_class(100, 500),
        query="100 of every class, of all 99,289",
        train="500 of every class, of the database",
        database="the other 98,289",
        dataset="svhn",
        sizes=(1_000, 5_000, 98_289),
        source="the rule of cifar10-p1 (after Liu et al., KSH, CVPR 2012)",
    ),
    Protocol(
        name="svhn-official",
        title="SVHN, test asks train",
        draw=official(),
        query="the 26,032 test images",
        train="the 73,257 train images",
        database="the 73,257 train images",
        dataset="svhn",
        sizes=(26_032, 73_257, 73_257),
        source="Netzer et al., 2011: the official split",
    ),
)
PROTOCOLS = {protocol.name: protocol for protocol in _TABLE}
