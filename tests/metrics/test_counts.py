"""Every way of counting gives the integers of the obvious loop."""

from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hashviz.codes import sign
from hashviz.metrics import (
    TIE_ORDERS,
    align_labels,
    average_precision,
    compiled,
    counts,
    distance_counts,
    gain_counts,
)
from hashviz.metrics.labels import multi_hot

ENGINES = ["numpy", "numba", "torch"]


def slow_gains(arrays: tuple[np.ndarray, ...]) -> np.ndarray:
    query_codes, query_labels, database_codes, database_labels = arrays
    grades = query_labels.shape[1] + 1
    table = np.zeros((len(query_codes), query_codes.shape[1] + 1, grades), np.int64)
    for i in range(len(query_codes)):
        for j in range(len(database_codes)):
            distance = (query_codes[i] != database_codes[j]).sum()
            table[i, distance, (query_labels[i] & database_labels[j]).sum()] += 1
    return table


def example(
    rng: np.random.Generator, bits: int, classes: int, *, single: bool, collapsed: bool
) -> tuple[np.ndarray, ...]:
    arrays = []
    for n in (23, 211):
        codes = sign(rng.standard_normal((n, bits)))
        if collapsed:
            codes = codes[rng.integers(0, 5, n)]
        if single:
            labels = multi_hot(rng.integers(0, classes, n), classes)
        else:
            labels = rng.random((n, classes)) < min(0.4, 4 / classes)
        arrays += [codes, labels]
    return tuple(arrays)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("single", [True, False])
@pytest.mark.parametrize("collapsed", [True, False])
@pytest.mark.parametrize(("bits", "classes"), [(1, 3), (64, 21), (130, 100)])
def test_each_engine_equals_the_slow_loop(
    rng: np.random.Generator,
    monkeypatch: pytest.MonkeyPatch,
    engine: str,
    single: bool,
    collapsed: bool,
    bits: int,
    classes: int,
) -> None:
    monkeypatch.setattr(counts, "ROWS_AT_ONCE", 50)  # so that a small database has several blocks
    arrays = example(rng, bits, classes, single=single, collapsed=collapsed)
    table = slow_gains(arrays)
    got = distance_counts(*arrays, engine=engine)
    assert got.database == 211
    np.testing.assert_array_equal(got.total, table.sum(2))
    np.testing.assert_array_equal(got.relevant, table[:, :, 1:].sum(2))
    graded = gain_counts(*arrays, engine=engine)
    grades = graded.counts.shape[2]
    np.testing.assert_array_equal(graded.counts, table[:, :, :grades])
    assert not table[:, :, grades:].any()
    np.testing.assert_array_equal(graded.distance_counts().relevant, got.relevant)


@given(st.data())
def test_merged_duplicates_count_as_often_as_they_were_given(data: st.DataObject) -> None:
    codes = data.draw(st.lists(st.sampled_from([[0, 0], [1, 1], [0, 1]]), min_size=1, max_size=9))
    labels = data.draw(st.lists(st.integers(0, 2), min_size=len(codes), max_size=len(codes)))
    got = distance_counts(codes, labels, codes, labels)
    table = slow_gains((np.array(codes), multi_hot(labels), np.array(codes), multi_hot(labels)))
    np.testing.assert_array_equal(got.total, table.sum(2))
    np.testing.assert_array_equal(got.relevant, table[:, :, 1:].sum(2))
    each_alone = replace(got, kinds=None)
    for ties, k in product(TIE_ORDERS, (None, 2)):
        np.testing.assert_array_equal(
            average_precision(got, k, ties=ties), average_precision(each_alone, k, ties=ties)
        )


@pytest.mark.parametrize(
    ("engine", "bits", "rows"),
    [("numpy", 10, 485), ("numpy", 10, 486), ("numba", 15, 16_384), ("numba", 15, 16_385)],
)
def test_rows_that_are_counted_in_pairs_are_all_counted(
    rng: np.random.Generator, engine: str, bits: int, rows: int
) -> None:
    """From 4 (bits + 1)^2 rows on, or WORTH_PAIRS, two are counted at once; the odd one is last."""
    assert rows >= (compiled.WORTH_PAIRS if engine == "numba" else 4 * (bits + 1) ** 2)
    every = 2 * (np.arange(2**bits)[:, None] >> np.arange(bits) & 1) - 1
    codes = rng.permutation(every)[:rows]
    labels = (np.arange(rows) < 100).astype(int)
    got = distance_counts(every[:9], np.ones(9, int), codes, labels, engine=engine)
    for query, total, relevant in zip(every[:9], got.total, got.relevant, strict=True):
        far = (query != codes).sum(1)
        np.testing.assert_array_equal(total, np.bincount(far, minlength=bits + 1))
        np.testing.assert_array_equal(relevant, np.bincount(far[:100], minlength=bits + 1))


@pytest.mark.parametrize(("query_single", "database_single"), [(True, False), (False, True)])
def test_one_label_asked_of_several_and_several_asked_of_one(
    rng: np.random.Generator, query_single: bool, database_single: bool
) -> None:
    query = example(rng, 8, 5, single=query_single, collapsed=True)[:2]
    database = example(rng, 8, 5, single=database_single, collapsed=True)[2:]
    expected = slow_gains((*query, *database))[:, :, 1:].sum(2)
    np.testing.assert_array_equal(distance_counts(*query, *database).relevant, expected)


def test_a_code_that_fills_a_machine_word_keeps_its_class_when_rows_are_merged(
    rng: np.random.Generator,
) -> None:
    """64 bits and one more for the class do not fit into 64."""
    codes = example(rng, 64, 2, single=True, collapsed=True)[2]
    labels = np.arange(len(codes)) % 2
    got = distance_counts(codes, labels, codes, labels)
    alike = labels[:, None] == labels
    at_zero = (codes[:, None] == codes).all(2)
    np.testing.assert_array_equal(got.relevant[:, 0], (alike & at_zero).sum(1))


def test_order_of_the_database_does_not_matter(rng: np.random.Generator) -> None:
    query, query_labels, database, labels = example(rng, 24, 7, single=True, collapsed=False)
    order = rng.permutation(len(database))
    one = distance_counts(query, query_labels, database, labels)
    other = distance_counts(query, query_labels, database[order], labels[order])
    np.testing.assert_array_equal(one.relevant, other.relevant)


@pytest.mark.parametrize("form", [np.asarray, torch.as_tensor])
def test_codes_and_labels_come_in_any_form(rng: np.random.Generator, form: Any) -> None:
    query, query_labels, database, labels = example(rng, 16, 5, single=True, collapsed=False)
    expected = distance_counts(query, query_labels, database, labels)
    for codes in (lambda c: c > 0, lambda c: (c > 0).astype(np.int64), lambda c: c.astype(float)):
        got = distance_counts(
            form(codes(query)), form(query_labels.argmax(1)), form(codes(database)), form(labels)
        )
        np.testing.assert_array_equal(got.total, expected.total)
        np.testing.assert_array_equal(got.relevant, expected.relevant)


@pytest.mark.gpu
def test_counting_on_the_gpu_gives_the_same_integers(rng: np.random.Generator) -> None:
    arrays = example(rng, 64, 21, single=False, collapsed=False)
    got = gain_counts(*(torch.as_tensor(a).cuda() for a in arrays))
    np.testing.assert_array_equal(got.counts, gain_counts(*arrays, engine="numpy").counts)


def test_class_indices_of_two_sets_may_stop_at_different_numbers() -> None:
    query, database = align_labels([0, 4], [1])
    assert query.shape == (2, 5)
    assert database.shape == (1, 5)
    query, database = align_labels([0], np.eye(3))
    assert query.shape == (1, 3)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (([], [], [[1]], [0]), r"at least one query and one database image.* query_codes is empty"),
        (
            (np.ones((1, 0)), [0], np.ones((1, 0)), [0]),
            "same number of bits, at least one, got 0 and 0",
        ),
        (([[1]], [0], np.ones((0, 1)), []), "database_codes is empty"),
        (([[1]], [0], [[1, 1]], [0]), "same number of bits, at least one, got 1 and 2"),
        (([[1]], [0, 1], [[1]], [0]), "Each query code needs its labels, got 1 codes and 2 rows"),
        (([[1]], [0], [[1]], []), "database_labels is empty"),
        (([[1]], [[1, 0]], [[1]], [[1, 0, 0]]), "need the same classes, got 2 and 3; pad"),
        (([[1]], np.ones((1, 0)), [[1]], np.ones((1, 0))), "at least one class, got none"),
        (([[2]], [0], [[1]], [0]), "Codes hold -1/.1, 0/1 or booleans"),
    ],
)
def test_arrays_that_do_not_fit_are_refused_with_the_rule(
    arrays: tuple[Any, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        distance_counts(*arrays)


def test_an_unknown_engine_lists_the_known_ones() -> None:
    with pytest.raises(ValueError, match="Unknown engine 'gpu'; choose from auto, numba, numpy"):
        distance_counts([[1]], [0], [[1]], [0], engine="gpu")
