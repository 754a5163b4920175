"""Which images are queries, training set and database: a score means nothing without it.

A protocol is a named rule; `split` applies it with a seed. `query`, `train` and `database` are rows
of the data set; a query is never in the database unless the name of the protocol says so. Sizes are
not scaled: a data set with too few images for a protocol is refused.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64

from hashviz.config import unknown
from hashviz.data.base import Dataset
from hashviz.data.catalog import DATASETS, PROTOCOLS
from hashviz.data.draws import HOLDOUT, Protocol

__all__ = ["PROTOCOLS", "Protocol", "Split", "split"]


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
        found = np.isin(self.train, self.database)
        inside = "train outside" if not found.any() else "train inside"
        if found.any() and not found.all():
            inside = f"{int(found.sum()):,} of train inside"
        if protocol.queries_in_database:
            inside += ", queries inside"
        return (
            f"{protocol.name}, seed {self.seed}: {len(self.query):,} queries, "
            f"{len(self.train):,} train, {len(self.database):,} database ({inside}), "
            f"{protocol.metric}"
        )

    def check(self, dataset: Dataset) -> None:
        """Refuse empty sets, and queries that are also in the training set or the database.

        Raises:
            ValueError: when a set is empty, or holds a query although the protocol does not say so.
        """
        sets = {"query": self.query, "train": self.train, "database": self.database}
        for name, rows in sets.items():
            if len(rows) == 0:
                raise ValueError(
                    f"The protocol {self.protocol.name!r} leaves the {name} set empty: "
                    f"{dataset.name!r} has {len(dataset):,} images."
                )
        for name in ("train",) if self.protocol.queries_in_database else ("train", "database"):
            if (twice := int(np.isin(self.query, sets[name]).sum())) > 0:
                raise ValueError(
                    "A query may be neither in the train set nor in the database: "
                    f"{twice:,} of the {len(self.query):,} queries of {dataset.name!r} are in its "
                    f"{name} set too; remove them from one list."
                )


def split(dataset: Dataset, protocol: str | None = None, seed: int = 0) -> Split:
    """Return the three sets of `dataset`, drawn with `seed`, the database in shuffled order.

    Without a name, the default protocol of the data set is used.

    Raises:
        ValueError: when the protocol is unknown, belongs to another data set, needs more images, or
            lets a query be learned from or found although its name does not say so.
    """
    if protocol is None:
        row = DATASETS.get(dataset.name)
        protocol = row.default_protocol if row else HOLDOUT.name
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
    drawn = Split(query, train, database, rule, seed)
    drawn.check(dataset)
    return drawn
