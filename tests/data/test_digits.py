"""The scans are scikit-learn's, enlarged without losing them."""

import importlib.util

import numpy as np
from PIL import Image

from hashviz.data import load_dataset
from hashviz.data.readers import digits


def test_pixels_and_labels_are_those_of_scikit_learn():
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    dataset = load_dataset("digits")
    assert np.array_equal(digits.scans(), np.column_stack([pixels, labels]))
    assert np.array_equal(dataset.labels.argmax(1), labels)
    assert dataset.images.shape == (1797, 32, 32, 1)


def test_enlarging_all_at_once_is_what_pillow_does_to_each():
    dataset = load_dataset("digits")
    for scan, image in zip(digits.scans()[:20], dataset.images[:20], strict=True):
        small = Image.fromarray((scan[:-1].reshape(8, 8) * 255 / 16).astype(np.float32))
        large = np.asarray(small.resize((32, 32), Image.Resampling.BICUBIC))
        assert np.abs(np.clip(large, 0, 255) - image[..., 0]).max() < 1


def test_the_mean_of_four_by_four_pixels_is_near_the_scanned_one():
    dataset = load_dataset("digits")
    means = dataset.images.reshape(-1, 8, 4, 8, 4).mean((2, 4)).reshape(-1, 64)
    assert np.abs(means - digits.scans()[:, :-1] * 255 / 16).mean() < 255 / 16


def test_another_place_of_the_file_is_found_by_scikit_learn_itself(monkeypatch, tmp_path):
    expected = digits.scans()
    moved = importlib.util.spec_from_loader("sklearn", None, is_package=True)
    assert moved is not None
    moved.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(digits, "find_spec", lambda name: moved)
    assert np.array_equal(digits.scans(), expected)
