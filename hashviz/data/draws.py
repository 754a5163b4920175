"""Protocols: rules that draw query, train and database rows, with what they say of themselves.

Every rule draws at random, by a generator: the order of the database means nothing. Its numbers are
written once, and the words and sizes that `hashviz list protocols` shows follow from them.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Int64

from hashviz.data.base import Dataset

Rows = Int64[np.ndarray, " _"]  # any number, another one for every set
Sets = tuple[Rows, Rows, Rows]
Draw = Callable[[Dataset, np.random.Generator], Sets]


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """A rule in words, with the sizes and the metric that belong to it.

    `draw` returns query, train and database rows. `name` and `dataset` are filled in from the row
    that holds the protocol; no data set means any. `sizes` are the numbers of query, train and
    database images, None where the rule leaves them to the data. `k` is the rank at which mAP is
    cut, None for the whole database.
    """

    draw: Draw
    query: str
    train: str
    database: str
    name: str = ""
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


def classes_of(dataset: Dataset, rows: Rows) -> list[Rows]:
    """Return the given rows of each class, in the given order."""
    members = dataset.labels[rows].argmax(1)
    return [rows[members == k] for k in range(len(dataset.classes))]


def _holdout(dataset: Dataset, rng: np.random.Generator) -> Sets:
    order = rng.permutation(len(dataset))
    groups = [order] if dataset.multi_label else classes_of(dataset, order)
    # A class of two to four images has one query, a class of one has none.
    chosen = [g[: max(1, round(len(g) / 5)) if len(g) > 1 else 0] for g in groups]
    query = rng.permutation(np.concatenate(chosen))
    rest = order[~np.isin(order, query)]
    return query, rest, rest


HOLDOUT = Protocol(
    name="holdout",
    draw=_holdout,
    query="a fifth of every class; a fifth of all where images have several labels",
    train="the rest",
    database="the rest",
    source="hashviz",
)
"""The protocol of any data set."""


def per_class(
    query: int,
    train: int | None,
    database: int | None = None,
    *,
    images: int,
    classes: int,
    source: str,
    train_in_database: bool = True,
) -> Protocol:
    """Draw the same number of images of every class; None takes all that are left."""

    def draw(dataset: Dataset, rng: np.random.Generator) -> Sets:
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

    counts = query, train, database
    return _counted(draw, counts, train_in_database, source, images, " of every class", classes)


def per_label(
    query: int, train: int | None, *, labels: int, source: str, k: int | None = None
) -> Protocol:
    """Draw as many images of every label; an image is drawn for one label only.

    Rare labels choose first. Images without a label are in no set.
    """

    def draw(dataset: Dataset, rng: np.random.Generator) -> Sets:
        labeled = np.flatnonzero(dataset.labels.any(1))
        order = rng.permutation(labeled)
        free = np.zeros(len(dataset), bool)
        free[order] = True
        counts = dataset.labels.sum(0)
        drawn: tuple[list[Rows], list[Rows]] = ([], [])
        for share, wanted in zip(drawn, (query, train or 0), strict=True):
            for label in np.argsort(counts, kind="stable"):
                rows = order[dataset.labels[order, label] & free[order]][:wanted]
                if len(rows) < wanted:
                    raise ValueError(
                        f"The protocol needs {query + (train or 0):,} images of every label, "
                        f"{dataset.name!r} has {counts[label]:,} with "
                        f"{dataset.classes[int(label)]!r}, some of them drawn for other labels."
                    )
                free[rows] = False
                share.append(rows)
        learned = None if train is None else np.concatenate(drawn[1])
        return _sets(labeled, rng, np.concatenate(drawn[0]), learned)

    counts = query, train, None
    return _counted(draw, counts, True, source, None, " of every label", labels, k)


def some(
    query: int,
    train: int | None,
    *,
    source: str,
    images: int | None = None,
    k: int | None = None,
    train_in_database: bool = True,
    unlabeled: bool = False,
) -> Protocol:
    """Draw any of the images; with train=None, all that are left learn.

    Images without a label are in no set, or, with `unlabeled`, like all others in any. `images` is
    how many there are to draw from, where the files need not tell.
    """

    def draw(dataset: Dataset, rng: np.random.Generator) -> Sets:
        able = np.arange(len(dataset)) if unlabeled else np.flatnonzero(dataset.labels.any(1))
        order = rng.permutation(able)
        if len(order) <= (needed := query + (train or 0)):
            kind = "images" if unlabeled else "images with a label"
            raise ValueError(
                f"The protocol needs more than {needed:,} {kind}, "
                f"{dataset.name!r} has {len(order):,}."
            )
        learned = None if train is None else order[query:needed]
        return _sets(able, rng, order[:query], learned, train_in_database)

    return _counted(draw, (query, train, None), train_in_database, source, images, k=k)


def official(
    *,
    test: int,
    train: int,
    source: str,
    half: str = "test",
    k: int | None = None,
    queries_in_database: bool = False,
) -> Protocol:
    """Let the official test (or val) images search the train images, or each other."""

    def draw(dataset: Dataset, rng: np.random.Generator) -> Sets:
        if dataset.official is None:
            raise ValueError(f"{dataset.name!r} has no official split into train and test.")
        learned = rng.permutation(np.flatnonzero(dataset.official == 0))
        asked = rng.permutation(np.flatnonzero(dataset.official == 1))
        return asked, learned, asked if queries_in_database else learned

    train_images = f"the {train:,} train images"
    return Protocol(
        draw=draw,
        query=f"the {test:,} {half} images",
        train=train_images,
        database=f"the same {test:,} {half} images" if queries_in_database else train_images,
        sizes=(test, train, test if queries_in_database else train),
        k=k,
        queries_in_database=queries_in_database,
        train_in_database=not queries_in_database,
        source=source,
    )


def _lists(dataset: Dataset, rng: np.random.Generator) -> Sets:
    names = ("in_test", "in_train", "in_database")
    if any(name not in dataset.attributes for name in names):
        raise ValueError(f"{dataset.name!r} did not come with lists of test, train and database.")
    query, train, database = (
        rng.permutation(np.flatnonzero(dataset.attributes[name])) for name in names
    )
    return query, train, database


LISTS = Protocol(
    draw=_lists,
    query="those of test.txt",
    train="those of train.txt",
    database="those of database.txt",
    source="HashNet and CSQ publish such lists",
)
"""The lists that the data set came with."""


def tenth(protocol: Protocol) -> Protocol:
    """Keep a tenth of all images; training images in the database stay there."""

    def draw(dataset: Dataset, rng: np.random.Generator) -> Sets:
        query, train, database = protocol.draw(dataset, rng)
        learned = np.isin(database, train)
        size = round(0.1 * (len(query) + len(database))) - len(query)
        others = max(size - int(learned.sum()), 0)
        kept = np.concatenate([database[learned], database[~learned][:others]])
        return query, train, rng.permutation(kept)

    return replace(protocol, draw=draw, database=f"a tenth of {protocol.database}")


def queries_too(query: int, *, source: str) -> Protocol:
    """Let some images search each other and the others learn: every query finds itself."""
    protocol = some(query, None, source=source)

    def draw(dataset: Dataset, rng: np.random.Generator) -> Sets:
        asked, learned, _ = protocol.draw(dataset, rng)
        return asked, learned, rng.permutation(asked)

    return replace(
        protocol,
        draw=draw,
        train=protocol.database,
        database=f"the same {query:,}",
        sizes=(query, None, query),
        queries_in_database=True,
        train_in_database=False,
    )


def _sets(
    able: Rows, rng: np.random.Generator, query: Rows, train: Rows | None, inside: bool = True
) -> Sets:
    """Return queries and training images as drawn, and the rest of `able` as the database."""
    asked = rng.permutation(query)
    rest = rng.permutation(np.setdiff1d(able, asked))
    learned = rest if train is None else rng.permutation(train)
    return asked, learned, rest if inside else rest[~np.isin(rest, learned)]


def _counted(
    draw: Draw,
    counts: tuple[int, int | None, int | None],
    inside: bool,
    source: str,
    images: int | None,
    each: str = "",
    times: int = 1,
    k: int | None = None,
) -> Protocol:
    """Return the protocol of a rule that counts, of all images or of `each` of so many classes."""
    query, train, database = counts
    asked, learned, found = (None if count is None else count * times for count in counts)
    if found is None and images is not None:
        found = images - query * times - (0 if inside else (train or 0) * times)
    labeled = " that have a label" if images is None else ""
    rest = f"all others{labeled}{'' if inside else ', without the train images'}"
    return Protocol(
        draw=draw,
        query=f"{query:,}{each} out of all{labeled or f' {images:,}'}",
        train="the database"
        if train is None
        else f"{train:,}{each} out of the {'database' if inside else 'others'}",
        database=rest if database is None else f"{database:,} others{each}",
        sizes=(asked, found if learned is None else learned, found),
        k=k,
        train_in_database=inside,
        source=source,
    )
