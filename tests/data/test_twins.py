from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hashviz.data import Dataset, load_dataset
from hashviz.data.protocols import PROTOCOLS, Split, split
from hashviz.data.twins import report_twins, twins


@given(data=st.data())
def test_twins_are_those_of_comparing_every_pair(data: st.DataObject) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    images = rng.integers(0, 2, (20, 2, 2, 1), np.uint8)
    order = rng.permutation(20)
    parts = Split(order[:6], order[6:], order[6:], PROTOCOLS["holdout"], 0)
    slow = [q for q in order[:6] if any((images[q] == images[d]).all() for d in order[6:])]
    assert twins(images, parts).tolist() == slow


def test_a_picture_put_in_twice_is_told_and_others_are_not() -> None:
    digits = load_dataset("digits")
    parts = split(digits)
    before = twins(digits.images, parts)
    images = digits.images.copy()
    images[parts.query[3]] = images[parts.database[7]]
    assert set(twins(images, parts)) == {*before, parts.query[3]}
    dataset = replace(digits, images=images)
    assert f"{len(before) + 1} of 359 (rows " in report_twins(dataset, parts)[0]
    files = np.array([f"{row}.png" for row in range(len(digits))])
    named = report_twins(replace(dataset, attributes={"path": files}), parts)[0]
    assert any(f"{row}.png" in named for row in (*before, parts.query[3]))
    assert "rows" not in named


def test_queries_that_are_meant_to_be_in_the_database_are_not_told() -> None:
    images = np.zeros((4, 2, 2, 1), np.uint8)
    dataset = Dataset("four", images, np.ones((4, 1), bool), ("one",))
    rule = replace(PROTOCOLS["holdout"], queries_in_database=True)
    rows = np.arange(4)
    assert not len(twins(images, Split(rows, rows, rows, rule, 0)))
    assert report_twins(dataset, Split(rows, rows, rows, rule, 0)) == []
