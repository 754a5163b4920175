"""What a data set says of itself: a row with its reader, and the protocols that belong to it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from hashviz.data.base import Dataset
from hashviz.data.draws import Draw, holdout, official, per_class
from hashviz.data.releases import Release


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """A rule in words, with the sizes and the metric that belong to it.

    `draw` returns query, train and database rows. `dataset` is filled in from the row that holds
    the protocol; None means any. `sizes` are the numbers of query, train and database images, None
    where the rule leaves them to the data. `k` is the rank at which mAP is cut, None for the whole
    database.
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


HOLDOUT = Protocol(
    name="holdout",
    title="A fifth asks the rest",
    draw=holdout,
    query="a fifth of every class; a fifth of all where images have several labels",
    train="the rest",
    database="the rest",
    source="hashviz",
)
"""The protocol of any data set."""


def official_split(
    name: str,
    title: str,
    *,
    test: int,
    train: int,
    source: str,
    half: str = "test",
    k: int | None = None,
) -> Protocol:
    """Return the protocol in which the official test (or val) images search the train images."""
    return Protocol(
        name=name,
        title=f"{title}, {half} asks train",
        draw=official(),
        query=f"the {test:,} {half} images",
        train=f"the {train:,} train images",
        database=f"the {train:,} train images",
        sizes=(test, train, train),
        k=k,
        source=source,
    )


def drawn_per_class(
    name: str,
    title: str,
    images: int,
    classes: int,
    *,
    query: int,
    train: int | None,
    source: str,
    database: int | None = None,
    train_in_database: bool = True,
) -> Protocol:
    """Return the protocol that draws as many images of every class; see `draws.per_class`."""
    rest = images - query * classes
    learned = "the database"
    if train is not None:
        learned = f"{train:,} of every class, of "
        learned += "the database" if train_in_database else f"the other {rest:,}"
    found = rest if database is None else database * classes
    found -= 0 if train_in_database else (train or 0) * classes
    searched = f"{database} others of every class"
    if database is None:
        searched = f"the other {rest:,}" if train_in_database else f"the {found:,} that are neither"
    return Protocol(
        name=name,
        title=title,
        draw=per_class(query, train, database, train_in_database=train_in_database),
        query=f"{query:,} of every class, of all {images:,}",
        train=learned,
        database=searched,
        sizes=(query * classes, found if train is None else train * classes, found),
        train_in_database=train_in_database,
        source=source,
    )


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a reader looks: the data root, the path of the specification, and whom to inform."""

    root: Path
    path: str = ""
    progress: Callable[[int, int], None] | None = None


@dataclass(frozen=True, kw_only=True)
class DatasetRow:
    """One data set; `options` are the integers that may follow its name, with their defaults.

    `load(source, **options)` reads it. `release` holds the files to download, if there are any.
    """

    load: Callable[..., Dataset]
    title: str
    description: str
    classes: int | None
    multi_label: bool
    embedded: bool = False
    takes_path: bool = False
    release: Release | None = None
    options: dict[str, int] = field(default_factory=dict)
    source: str = ""
    protocols: tuple[Protocol, ...] = ()

    @property
    def default_protocol(self) -> str:
        """The first of its protocols, or "holdout"."""
        return self.protocols[0].name if self.protocols else HOLDOUT.name
