"""Scores of a whole query set: against the loop of the field, and against other evaluators.

The baseline is what most public code does, written from its description (DeepHash-pytorch's
CalcTopMap and its many copies): for each query a dot product of its label vector with all label
vectors, one of its code with all codes, an argsort, a mean of hits over ranks. Its codes are the
signs of a float32 tensor, so that their product is BLAS's; its labels are int8. It answers one
query of a hundred, evenly spread; all queries take as long as each other, so its time is scaled.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from benchmarks.measure import Row, one_core, peak_memory, ratio, rounds, spread
from benchmarks.rivals import RIVALS, Rival
from hashviz import metrics
from hashviz.metrics.evaluation import evaluate

Set = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""Query codes, query labels, database codes, database labels."""


def rows(quick: bool) -> Iterator[Row]:
    """Everything about evaluation."""
    import numba  # noqa: F401 - what is measured is counting, not this import

    scale = 20 if quick else 1
    single = random_set(10_000 // scale, 50_000 // scale, 64, 10)
    trained = clustered_set(10_000 // scale, 50_000 // scale, 48, 10)
    several = random_set(2_100 // scale, 193_734 // scale, 48, 21, several=True)
    sizes = f"{len(single[0]):,} x {len(single[2]):,} x 64"
    codes = f"mAP, {sizes} random codes"
    with one_core():
        one = partial(against_loop, processor=True)
        yield one(f"{codes}, numba, one core", partial(score, single, "numba"), single, 150.0)
        yield one(f"{codes}, numpy, one core", partial(score, single, "numpy"), single, 20.0)
        yield one(
            "mAP, as many codes as training leaves them, 48 bits, one core",
            partial(score, trained, "auto"), trained, 1000.0,
            note=f"{distinct(trained):,} different codes in the database",
        )  # fmt: skip
        yield one(
            f"mAP@5000, {len(several[0]):,} x {len(several[2]):,} x 48, 21 labels, one core",
            partial(score, several, "numba", 5000), several, 100.0, k=5000,
        )  # fmt: skip
        yield one(
            f"evaluate() with all its scores, {sizes}, one core", partial(evaluate, *single), single
        )
        yield one(
            f"{codes}, numba, one core; the same loop over int8 codes",
            partial(score, single, "numba"), single, dtype=np.int8,
        )  # fmt: skip
        for name, rival in RIVALS.items():
            yield against_rival(f"{codes}, numba, one core", name, rival, single)
    yield against_loop(f"{codes}, all cores, wall", partial(score, single, "numba"), single, 250.0)
    yield against_loop(
        f"evaluate() with all its scores, {sizes}, all cores, wall", partial(evaluate, *single),
        single,
    )  # fmt: skip
    yield all_cores_against_one(f"evaluate() with all its scores, {sizes}, all cores", single)
    yield from first_calls(scale, 1 if quick else 3)
    grown = [peak_memory(MEMORY.format(scale=scale)) for _ in range(1 if quick else 3)]
    yield spread(f"memory of {sizes}", grown, "MB", target=100.0)
    yield equality()


def against_loop(
    what: str,
    ours: Callable[[], Any],
    given: Set,
    target: float | None = None,
    *,
    k: int | None = None,
    dtype: Any = np.float32,
    processor: bool = False,
    note: str = "",
) -> Row:
    """How many times faster than the field's loop, which answers one query of a hundred."""
    some = as_the_field_has_them(part(given), dtype)
    spent = rounds({"ours": ours, "loop": partial(field_loop, some, k)}, 3, processor=processor)
    scale = len(given[0]) / len(some[0])
    name = f"the field's loop, {np.dtype(dtype).name} codes, from {len(some[0]):,} queries"
    return ratio(what, spent["ours"], spent["loop"], name, scale=scale, target=target, note=note)


def against_rival(what: str, name: str, rival: Rival, given: Set) -> Row:
    """How many times faster than another evaluator, which answers one query of a hundred."""
    what = f"{what}; {name}"
    if not rival.installed:
        return Row(what, None, "", None, None, note=f"{rival.module} is not installed here")
    some = part(given)
    spent = rounds(
        {"ours": partial(score, given, "numba"), "theirs": partial(rival.score, some)},
        3, processor=True,
    )  # fmt: skip
    scale = len(given[0]) / len(some[0])
    told = f"{name}, from {len(some[0]):,} queries"
    return ratio(what, spent["ours"], spent["theirs"], told, scale=scale)


def all_cores_against_one(what: str, given: Set) -> Row:
    """What the other cores bring."""

    def alone() -> None:
        with one_core():
            evaluate(*given)

    spent = rounds({"ours": partial(evaluate, *given), "one": alone}, 5)
    return ratio(what, spent["ours"], spent["one"], "itself on one core")


def first_calls(scale: int, repeats: int) -> Iterator[Row]:
    """Seconds of the first `evaluate()` of a process, imports and numba's compiler included."""
    script = FIRST.format(scale=scale)
    fresh, kept = [], []
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as folder:
            environment = {**os.environ, "NUMBA_CACHE_DIR": folder}
            for spent in (fresh, kept):
                done = subprocess.run(
                    [sys.executable, "-c", script], capture_output=True, text=True, check=True,
                    env=environment,
                )  # fmt: skip
                spent.append(float(done.stdout))
    what = "first evaluate() of a process, imports included"
    yield spread(f"{what}: nothing compiled yet", fresh, "s")
    yield spread(f"{what}: compiled by an earlier process", kept, "s")


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
        product = code @ database_codes.T
        if product.dtype == np.int8:  # the difference would not fit
            product = product.astype(np.int16)
        distance = 0.5 * (len(code) - product)
        hits = relevant[np.argsort(distance)][:k]
        total = int(hits.sum())
        if total:
            ranks = np.flatnonzero(hits) + 1.0
            found.append(float(np.mean(np.arange(1, total + 1) / ranks)))
        else:
            found.append(0.0)
    return float(np.mean(found))


def as_the_field_has_them(given: Set, dtype: Any = np.float32) -> Set:
    """Codes as the signs of a tensor of this type; int8 holds sums of up to 127 of them."""
    return given[0].astype(dtype), given[1], given[2].astype(dtype), given[3]


def equality() -> Row:
    """The loop agrees within the bounds of its ties, and exactly where there are none."""
    rng = np.random.default_rng(1)
    labels = np.eye(4, dtype=np.int8)[rng.integers(0, 4, 64)]
    ladder = np.tril(np.ones((63, 63), np.int8)) * 2 - 1  # 63 distances from the query, each once
    query = np.ones((1, 63), np.int8)
    given = query, labels[:1], ladder, labels[1:]
    gap = abs(field_loop(as_the_field_has_them(given)) - score(given, "numpy"))
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
FIRST = """import time
import numpy
from benchmarks.evaluation import random_set
given = random_set(10_000 // {scale}, 50_000 // {scale}, 64, 10)
import sys
for name in [n for n in sys.modules if n.startswith("hashviz")]:
    del sys.modules[name]
started = time.perf_counter()
from hashviz.metrics.evaluation import evaluate
evaluate(*given)
print(time.perf_counter() - started)"""
