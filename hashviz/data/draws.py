"""Rules that draw query, train and database rows; the protocols of `readers` name them.

Each rule is a function `(dataset, rng) -> (query, train, database)` of rows, drawn at random: the
order of the database means nothing.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Int64

from hashviz.data.base import Dataset

Rows = Int64[np.ndarray, " _"]  # any number, another one for every set
Draw = Callable[[Dataset, np.random.Generator], tuple[Rows, Rows, Rows]]


def classes_of(dataset: Dataset, rows: Rows) -> list[Rows]:
    """Return the given rows of each class, in the given order."""
    members = dataset.labels[rows].argmax(1)
    return [rows[members == k] for k in range(len(dataset.classes))]


def holdout(dataset: Dataset, rng: np.random.Generator) -> tuple[Rows, Rows, Rows]:
    """Draw a fifth of every class as queries, or of all images if some have several labels."""
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
    """Draw the same number of images of every class; None takes all that are left."""

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
    """Let the test images search the train images, or each other."""

    def draw(dataset: Dataset, rng: np.random.Generator) -> tuple[Rows, Rows, Rows]:
        if dataset.official is None:
            raise ValueError(f"{dataset.name!r} has no official split into train and test.")
        train = rng.permutation(np.flatnonzero(dataset.official == 0))
        query = rng.permutation(np.flatnonzero(dataset.official == 1))
        return query, train, query if queries_in_database else train

    return draw


def per_label(query: int, train: int | None, *, train_in_database: bool = True) -> Draw:
    """Draw as many images of every label; an image is drawn for one label only.

    Rare labels choose first. Images without a label are in no set.
    """

    def draw(dataset: Dataset, rng: np.random.Generator) -> tuple[Rows, Rows, Rows]:
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
        return _sets(labeled, rng, drawn[0], None if train is None else drawn[1], train_in_database)

    return draw


def some(
    query: int, train: int | None, *, train_in_database: bool = True, unlabeled: bool = False
) -> Draw:
    """Draw any of the images; with train=None, all that are left learn.

    Images without a label are in no set, or, with `unlabeled`, like all others in any.
    """

    def draw(dataset: Dataset, rng: np.random.Generator) -> tuple[Rows, Rows, Rows]:
        able = np.arange(len(dataset)) if unlabeled else np.flatnonzero(dataset.labels.any(1))
        order = rng.permutation(able)
        if len(order) <= query + (train or 0):
            kind = "images" if unlabeled else "images with a label"
            raise ValueError(
                f"The protocol needs more than {query + (train or 0):,} {kind}, "
                f"{dataset.name!r} has {len(order):,}."
            )
        learned = None if train is None else [order[query : query + train]]
        return _sets(able, rng, [order[:query]], learned, train_in_database)

    return draw


def _sets(
    able: Rows,
    rng: np.random.Generator,
    query: list[Rows],
    train: list[Rows] | None,
    train_in_database: bool,
) -> tuple[Rows, Rows, Rows]:
    """Return queries and training images as drawn, and the rest of `able` as the database."""
    asked = rng.permutation(np.concatenate(query))
    rest = rng.permutation(np.setdiff1d(able, asked))
    learned = rest if train is None else rng.permutation(np.concatenate(train))
    return asked, learned, rest if train_in_database else rest[~np.isin(rest, learned)]


def lists(dataset: Dataset, rng: np.random.Generator) -> tuple[Rows, Rows, Rows]:
    """Use the lists that the data set came with."""
    names = ("in_test", "in_train", "in_database")
    if any(name not in dataset.attributes for name in names):
        raise ValueError(f"{dataset.name!r} did not come with lists of test, train and database.")
    query, train, database = (
        rng.permutation(np.flatnonzero(dataset.attributes[name])) for name in names
    )
    return query, train, database


def smaller(draw: Draw, share: float) -> Draw:
    """Keep that share of all images; training images in the database stay there."""

    def drawn(dataset: Dataset, rng: np.random.Generator) -> tuple[Rows, Rows, Rows]:
        query, train, database = draw(dataset, rng)
        learned = np.isin(database, train)
        size = round(share * (len(query) + len(database))) - len(query)
        others = max(size - int(learned.sum()), 0)
        kept = np.concatenate([database[learned], database[~learned][:others]])
        return query, train, rng.permutation(kept)

    return drawn


def queries_too(query: int) -> Draw:
    """Let some images search each other and the others learn: every query finds itself."""

    def draw(dataset: Dataset, rng: np.random.Generator) -> tuple[Rows, Rows, Rows]:
        asked, learned, _ = some(query, None)(dataset, rng)
        return asked, learned, rng.permutation(asked)

    return draw
