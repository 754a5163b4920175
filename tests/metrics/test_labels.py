"""Multi-hot labels and what two images share."""

import numpy as np
import pytest
import torch

from hashviz.metrics.labels import label_cosine, multi_hot, shared_labels, similar

A = np.array([[1, 1, 0], [0, 0, 1]], bool)
B = np.array([[1, 1, 1], [0, 1, 0], [0, 0, 0]], bool)


def test_class_indices_become_one_hot() -> None:
    assert multi_hot([2, 0], 3).tolist() == [[False, False, True], [True, False, False]]


def test_multi_hot_labels_stay_what_they_are() -> None:
    assert np.array_equal(multi_hot(A.astype(int)), A)


@pytest.mark.parametrize(
    ("labels", "classes", "message"),
    [
        ([[2, 0]], None, "0 and 1 only"),
        ([0.5], None, "integer class indices"),
        ([3], 3, r"0\.\.2"),
        ([-1], None, "found -1"),
    ],
)
def test_what_is_not_a_label_is_refused(labels: object, classes: int | None, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        multi_hot(labels, classes)


def test_pairs_count_and_test_what_they_share() -> None:
    assert shared_labels(A, B).tolist() == [[2, 1, 0], [1, 0, 0]]
    assert similar(A, B).tolist() == [[True, True, False], [True, False, False]]


def test_label_cosine_is_one_for_equal_sets_and_zero_without_labels() -> None:
    expected = [[2 / (2 * 3) ** 0.5, 1 / 2**0.5, 0], [1 / 3**0.5, 0, 0]]
    np.testing.assert_allclose(label_cosine(A, B), expected, rtol=1e-6)
    assert label_cosine(A, A).diagonal() == pytest.approx(1)


def test_tensors_give_the_same_as_arrays() -> None:
    a, b = torch.from_numpy(A), torch.from_numpy(B)
    for function in (shared_labels, similar, label_cosine):
        np.testing.assert_allclose(function(a, b).numpy(), function(A, B), rtol=1e-6)
