"""Which images are asked, learned from and searched: a number means nothing without it.

A protocol is a named rule; `split` applies it with a seed. `query`, `train` and `database` are rows
of the data set; a query is never in the database unless the name of the protocol says so.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64

from hashviz.data.base import Dataset


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """A rule in words, with the sizes and the metric that belong to it.

    `k` is the rank at which mAP is cut, None for the whole database.
    """

    name: str
    title: str
    query: str
    train: str
    database: str
    k: int | None = None
    queries_in_database: bool = False
    train_in_database: bool = True

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


PROTOCOLS = {
    "holdout": Protocol(
        name="holdout",
        title="A fifth of the images are the queries",
        query="a fifth of every class, a fifth of all where images have several labels",
        train="the rest",
        database="the rest",
    ),
}


def split(dataset: Dataset, protocol: str | None = None, seed: int = 0) -> Split:
    """The three sets of `dataset`, drawn with `seed`; the database comes in shuffled order."""
    rule = PROTOCOLS[protocol or "holdout"]
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(dataset))
    if dataset.multi_label:
        query = order[: round(len(order) / 5)]
    else:
        members = dataset.labels[order].argmax(1)
        groups = [order[members == k] for k in range(len(dataset.classes))]
        query = rng.permutation(np.concatenate([g[: round(len(g) / 5)] for g in groups]))
    rest = order[~np.isin(order, query)]
    return Split(query, rest, rest, rule, seed)
