"""What a protocol is: a rule in words, its sizes and its metric, and the three sets it draws."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64

from hashviz.data.base import Dataset
from hashviz.data.draws import Draw


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """A rule in words, with the sizes and the metric that belong to it.

    `draw` returns query, train and database rows. `dataset` is the one that the protocol belongs
    to, None for any. `sizes` are the numbers of query, train and database images, None where the
    rule leaves them to the data. `k` is the rank at which mAP is cut, None for the whole database.
    """

    name: str
    title: str
    draw: Draw
    query: str
    train: str
    database: str
    dataset: str | None = None
    sizes: tuple[int | None, int | None, int | None] = (None, None, None)
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
        """Refuse sets that are empty, and queries that could be learned from or find themselves.

        Raises:
            ValueError: when a set is empty, or shares a query against the protocol's name.
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
                    f"A query is neither learned from nor found: {twice:,} of the "
                    f"{len(self.query):,} queries of {dataset.name!r} are in its {name} set too; "
                    "take them out of one list."
                )
