"""Protocols: rules that draw query, train and database rows, with what they say of themselves.

Every rule draws at random, by a generator: the order of the database means nothing. Its numbers are
written once, and the words and sizes that `hashviz list protocols` shows follow from them.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

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
    query: int, train: int | None, database: int | None = None, *, of: tuple[int, int], **about: Any
) -> Protocol:
    """Draw the same number of images of every class; None takes all that are left.

    `of` are the numbers of images and classes, `about` further fields of the protocol.
    """
    inside = about.get("train_in_database", True)

    def draw(dataset: Dataset, rng: np.random.Generator) -> Sets:
        needed = query + (database or train or 1)
        queries, trains, databases = [], [], []
        groups = classes_of(dataset, rng.permutation(len(dataset)))
        for name, rows in zip(dataset.classes, groups, strict=True):
            if len(rows) < needed:
                raise _too_few(
                    dataset, f"{needed:,} images of every class", len(rows), f" of {name!r}"
                )
            rest = rows[query:] if database is None else rows[query : query + database]
            queries.append(rows[:query])
            trains.append(rest[:train])
            databases.append(rest if inside else rest[len(trains[-1]) :])
        shuffled = [rng.permutation(np.concatenate(part)) for part in (queries, trains, databases)]
        return shuffled[0], shuffled[1], shuffled[2]

    images, classes = of
    return _counted(draw, (query, train, database), images, " of every class", classes, **about)


def per_label(query: int, train: int | None, *, labels: int, **about: Any) -> Protocol:
    """Draw as many images of every label; an image is drawn for one label only.

    Rare labels choose first. Images without a label are in no set. `labels` is how many there are,
    `about` further fields of the protocol.
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
                    needed = f"{query + (train or 0):,} images of every label"
                    name = dataset.classes[int(label)]
                    found = f" with {name!r}, some of them drawn for other labels"
                    raise _too_few(dataset, needed, int(counts[label]), found)
                free[rows] = False
                share.append(rows)
        learned = None if train is None else np.concatenate(drawn[1])
        return _sets(labeled, rng, np.concatenate(drawn[0]), learned)

    return _counted(draw, (query, train, None), 0, " of every label", labels, **about)


def some(
    query: int, train: int | None, *, images: int = 0, unlabeled: bool = False, **about: Any
) -> Protocol:
    """Draw any of the images; with train=None, all that are left learn.

    Images without a label are in no set, or, with `unlabeled`, like all others in any. `images` is
    how many there are, 0 if only the files tell; `about` are further fields of the protocol.
    """
    inside = about.get("train_in_database", True)
    search_each_other = about.get("queries_in_database", False)

    def draw(dataset: Dataset, rng: np.random.Generator) -> Sets:
        able = np.arange(len(dataset)) if unlabeled else np.flatnonzero(dataset.labels.any(1))
        order = rng.permutation(able)
        if len(order) <= (needed := query + (train or 0)):
            kind = "images" if unlabeled else "images with a label"
            raise _too_few(dataset, f"more than {needed:,} {kind}", len(order))
        learned = None if train is None else order[query:needed]
        asked, learned, found = _sets(able, rng, order[:query], learned, inside)
        return asked, learned, rng.permutation(asked) if search_each_other else found

    protocol = _counted(draw, (query, train, None), images, **about)
    if search_each_other:
        return replace(protocol, database="the queries themselves", sizes=(query, train, query))
    return protocol


def official(*, test: int, train: int, half: str = "test", **about: Any) -> Protocol:
    """Let the official test (or val) images search the train images, or each other."""
    again = about.get("queries_in_database", False)

    def draw(dataset: Dataset, rng: np.random.Generator) -> Sets:
        if dataset.official is None:
            raise ValueError(f"{dataset.name!r} has no official split into train and test.")
        learned = rng.permutation(np.flatnonzero(dataset.official == 0))
        asked = rng.permutation(np.flatnonzero(dataset.official == 1))
        return asked, learned, asked if again else learned

    learned = f"the {train:,} train images"
    return Protocol(
        draw=draw,
        query=f"the {test:,} {half} images",
        train=learned,
        database="the queries themselves" if again else learned,
        sizes=(test, train, test if again else train),
        **about,
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


def _too_few(dataset: Dataset, needed: str, there: int, which: str = "") -> ValueError:
    return ValueError(f"The protocol needs {needed}, {dataset.name!r} has {there:,}{which}.")


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
    images: int,
    each: str = "",
    times: int = 1,
    **about: Any,
) -> Protocol:
    """Return the protocol of a rule that counts, of all images or of `each` of so many classes."""
    query, train, database = counts
    inside = about.get("train_in_database", True)
    taken = query if inside else query + (train or 0)
    left = images - taken * times if images else None
    found = left if database is None else database * times
    labeled = "" if images else " that have a label"
    rest = f"all others{labeled}"
    return Protocol(
        draw=draw,
        query=f"{query:,}{each or f' of all{labeled}'}",
        train=rest if train is None else f"{train:,}{each or ' of the others'}",
        database=f"{database:,}{each}"
        if database
        else rest + ("" if inside else ", none of train"),
        sizes=(query * times, found if train is None else train * times, found),
        **about,
    )
