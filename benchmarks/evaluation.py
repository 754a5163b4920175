"""Scores of a whole query set: against the loop of the field, with numba and with NumPy alone.

The baseline is what most public code does, written from its description (DeepHash-pytorch's
CalcTopMap and its many copies): for each query a dot product of its label vector with all label
vectors, one of its code with all codes, an argsort, a mean of hits over ranks. It answers a part
of the queries, its time is scaled to all.
"""

from collections.abc import Iterator
from functools import partial

import numpy as np

from benchmarks.measure import Row, one_core, peak_memory, ratio, rounds, spread
from hashviz import metrics

Set = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""Query codes, query labels, database codes, database labels."""


def rows(quick: bool) -> Iterator[Row]:
    """Everything about evaluation."""
    import numba  # noqa: F401 - what is measured is counting, not this import

    scale = 20 if quick else 1
    single = random_set(10_000 // scale, 50_000 // scale, 64, 10)
    trained = clustered_set(10_000 // scale, 50_000 // scale, 48, 10)
    several = random_set(2_100 // scale, 193_734 // scale, 48, 21, several=True)
    name = "the field's loop, int8"
    sizes = f"{len(single[0]):,} x {len(single[2]):,} x 64"
    with one_core():
        for engine, target in (("numba", 150.0), ("numpy", 20.0)):
            spent = rounds(
                {
                    "ours": partial(score, single, engine),
                    "loop": partial(field_loop, part(single, 100)),
                },
                repeats=3,
                processor=True,
            )
            yield ratio(
                f"mAP, {sizes} random codes, {engine}, one core",
                spent["ours"],
                spent["loop"],
                name,
                scale=100,
                target=target,
            )
        spent = rounds(
            {"ours": partial(score, trained, "auto"), "loop": partial(field_loop, part(trained))},
            repeats=3,
            processor=True,
        )
        yield ratio(
            "mAP, as many codes as training leaves them, 48 bits, one core",
            spent["ours"],
            spent["loop"],
            name,
            scale=100,
            target=1000.0,
            note=f"{distinct(trained):,} different codes in the database",
        )
        spent = rounds(
            {
                "ours": partial(score, several, "numba", 5000),
                "loop": partial(field_loop, part(several), 5000),
            },
            repeats=3,
            processor=True,
        )
        yield ratio(
            f"mAP@5000, {len(several[0]):,} x {len(several[2]):,} x 48, 21 labels, one core",
            spent["ours"],
            spent["loop"],
            name,
            scale=100,
            target=100.0,
        )
    spent = rounds(
        {"ours": partial(score, single, "numba"), "loop": partial(field_loop, part(single))}, 3
    )
    yield ratio(
        f"mAP, {sizes} random codes, all cores, wall",
        spent["ours"],
        spent["loop"],
        name,
        scale=100,
        target=250.0,
    )
    grown = [peak_memory(MEMORY.format(scale=scale)) for _ in range(1 if quick else 3)]
    yield spread(f"memory of {sizes}", grown, "MB", target=100.0)
    yield equality()


def score(given: Set, engine: str, k: int | None = None) -> float:
    """The expected mean average precision, ties and all."""
    counts = metrics.distance_counts(*given, engine=engine)
    return float(metrics.average_precision(counts, k).mean())


def field_loop(given: Set, k: int | None = None) -> float:
    """The mean average precision of one order of the ties, a query at a time."""
    query_codes, query_labels, database_codes, database_labels = given
    found = []
    for code, label in zip(query_codes, query_labels, strict=True):
        relevant = (label @ database_labels.T > 0).astype(np.float32)
        distance = 0.5 * (len(code) - (code @ database_codes.T).astype(np.int16))
        hits = relevant[np.argsort(distance)][:k]
        total = int(hits.sum())
        if total:
            ranks = np.flatnonzero(hits) + 1.0
            found.append(float(np.mean(np.arange(1, total + 1) / ranks)))
        else:
            found.append(0.0)
    return float(np.mean(found))


def equality() -> Row:
    """The loop agrees within the bounds of its ties, and exactly where there are none."""
    rng = np.random.default_rng(1)
    labels = np.eye(4, dtype=np.int8)[rng.integers(0, 4, 64)]
    ladder = np.tril(np.ones((63, 63), np.int8)) * 2 - 1  # 63 distances from the query, each once
    query = np.ones((1, 63), np.int8)
    given = query, labels[:1], ladder, labels[1:]
    gap = abs(field_loop(given) - score(given, "numpy"))
    return Row("difference to the loop where no two distances are equal", gap, "", gap, gap,
               target=1e-7)  # fmt: skip


def random_set(queries: int, database: int, bits: int, classes: int, several: bool = False) -> Set:
    """Random codes; labels one per image, or each with probability 1/7."""
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 2, (queries + database, bits), np.int8) * 2 - 1
    if several:
        labels = (rng.random((len(codes), classes)) < 1 / 7).astype(np.int8)
    else:
        labels = np.eye(classes, dtype=np.int8)[rng.integers(0, classes, len(codes))]
    return codes[:queries], labels[:queries], codes[queries:], labels[queries:]


def clustered_set(queries: int, database: int, bits: int, classes: int) -> Set:
    """Codes around one center per class: few bits differ, so many codes are equal."""
    rng = np.random.default_rng(0)
    kinds = rng.integers(0, classes, queries + database)
    centers = rng.integers(0, 2, (classes, bits), np.int8) * 2 - 1
    unsure = rng.random(len(kinds)) < 0.18  # these differ from their center, the others hardly
    flips = rng.random((len(kinds), bits)) < np.where(unsure, 0.08, 0.002)[:, None]
    codes = (centers[kinds] * np.where(flips, -1, 1)).astype(np.int8)
    labels = np.eye(classes, dtype=np.int8)[kinds]
    return codes[:queries], labels[:queries], codes[queries:], labels[queries:]


def part(given: Set, of: int = 100) -> Set:
    """One query of so many."""
    return given[0][::of], given[1][::of], given[2], given[3]


def distinct(given: Set) -> int:
    """Different codes in the database."""
    return len(np.unique(np.packbits(given[2] > 0, axis=1), axis=0))


MEMORY = """from benchmarks import evaluation
given = evaluation.random_set(10_000 // {scale}, 50_000 // {scale}, 64, 10)
import numba, hashviz.metrics.compiled
evaluation.score(evaluation.random_set(600, 1000, 64, 10), "numba")
watch()
evaluation.score(given, "numba")"""
