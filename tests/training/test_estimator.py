"""`Hasher` is an estimator as scikit-learn wants it: cloned, piped, searched over, saved."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from hashviz import Hasher, evaluate, load_dataset
from hashviz.codes import sign
from hashviz.methods import METHODS, method_named
from hashviz.runs import RunError

TRAINED = Hasher("csq", bits=8, epochs=1, options={"hidden": 0, "centers": "random"})


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, np.ndarray]:
    """Two hundred scans as vectors of 8x8 pixels, and what they show."""
    data = load_dataset("digits")
    small = data.images[:200, 2::4, 2::4, 0].reshape(200, -1).astype(np.float32)
    return small, data.labels[:200].argmax(1)


def expected(estimator: Hasher) -> dict[str, str]:
    """Checks that fail here by intention."""
    del estimator
    name = "check_do_not_raise_errors_in_init_or_set_params"
    return {name: "a method of -1 is refused by the type checker that runs with the tests"}


@parametrize_with_checks([Hasher("itq", bits=8), TRAINED], expected_failed_checks=expected)
def test_scikit_learn_accepts_it(estimator: Hasher, check: Any) -> None:
    check(estimator)


@pytest.mark.slow  # the same as for ITQ, which the test above checks
@parametrize_with_checks([Hasher("lsh", bits=8)], expected_failed_checks=expected)
def test_scikit_learn_accepts_a_method_without_learning(estimator: Hasher, check: Any) -> None:
    check(estimator)


def test_itq_is_the_fit_of_the_table_and_the_sign(digits: tuple[np.ndarray, np.ndarray]) -> None:
    import torch

    x, _ = digits
    encoder = method_named("itq").load()(
        torch.from_numpy(x), torch.zeros(len(x), 1, dtype=torch.bool), 16, 3
    )
    expected = sign(encoder(torch.from_numpy(x)).numpy())
    codes = Hasher("itq", bits=16, seed=3).fit_transform(x)
    assert codes.dtype == np.int8
    assert (codes == expected).mean() > 0.999  # products of other batches round differently


def test_a_trained_method_learns_the_labels_and_an_unsupervised_one_needs_none(
    digits: tuple[np.ndarray, np.ndarray],
) -> None:
    x, y = digits
    learned = Hasher("csq", bits=16, epochs=8).fit(x, np.array(list("abcdefghij"))[y]).transform(x)
    projected = Hasher("lsh", bits=16).fit(x).transform(x)

    def score(codes: np.ndarray) -> float:
        return evaluate(codes, y, codes, y)["map"]["expected"]

    assert score(learned) > score(projected) + 0.2
    several = np.eye(10, dtype=int)[y] | np.eye(10, dtype=int)[0]
    assert Hasher("csq", bits=8, epochs=1).fit(x, several).transform(x).shape == (200, 8)


def test_images_go_through_the_network_of_the_method(tmp_path: Path) -> None:
    data = load_dataset("scenes?images=60")
    hasher = Hasher("dmsh", bits=8, epochs=1, backbone="small").fit(data.images, data.labels)
    codes = hasher.transform(data.images)
    assert codes.shape == (60, 8)
    hasher.save(tmp_path / "run")
    assert np.array_equal(Hasher.load(tmp_path / "run").transform(data.images), codes)
    with pytest.raises(ValueError, match=r"Fitted to arrays \[n, \(64, 64, 3\)\]"):
        hasher.transform(data.images[:, :32])


@pytest.mark.parametrize("method", ["sh", "csq"])
def test_what_was_saved_is_a_run_and_gives_the_same_codes(
    method: str, digits: tuple[np.ndarray, np.ndarray], tmp_path: Path
) -> None:
    x, y = digits
    hasher = Hasher(method, bits=12, epochs=1, seed=2).fit(x, y)
    codes = hasher.transform(x)
    run = hasher.save(tmp_path / "mine")
    assert np.array_equal(run.database_codes, codes[run.database_index])
    assert run.split.startswith("everything, seed 2: 200 queries, 200 train, 200 database")
    again = Hasher.load(tmp_path / "mine")
    assert np.array_equal(again.transform(x), codes)
    assert again.get_params()["bits"] == 12
    assert np.array_equal(pickle.loads(pickle.dumps(hasher)).transform(x), codes)
    again.save(tmp_path / "copy")
    assert np.array_equal(Hasher.load(tmp_path / "copy").fit(x, y).transform(x), codes)


def test_it_is_cloned_piped_and_searched_over(digits: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = digits
    copy = clone(TRAINED)
    assert copy.get_params() == TRAINED.get_params()
    with pytest.raises(NotFittedError):
        copy.transform(x)
    neighbors = KNeighborsClassifier(1, metric="hamming", algorithm="brute")
    pipeline = make_pipeline(StandardScaler(), Hasher("itq"), neighbors)
    search = GridSearchCV(pipeline, {"hasher__bits": [4, 32]}, cv=2).fit(x, y)
    assert search.best_params_ == {"hasher__bits": 32}
    assert search.best_score_ > 0.6
    assert list(pipeline.fit(x, y)[:-1].get_feature_names_out()[:2]) == ["hasher0", "hasher1"]


def test_what_does_not_fit_is_refused_in_a_sentence(
    digits: tuple[np.ndarray, np.ndarray], tmp_path: Path
) -> None:
    x, y = digits
    with pytest.raises(ValueError, match="did you mean 'csq'"):
        Hasher("cqs").fit(x, y)
    with pytest.raises(ValueError, match="looks at the maps inside the backbone"):
        Hasher("dmsh").fit(x, y)
    with pytest.raises(ValueError, match="requires y"):
        Hasher("csq").fit(x)
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "love.txt").write_text("kept")
    with pytest.raises(RunError, match="not a complete run"):
        Hasher("lsh").fit(x).save(tmp_path / "letters")
    assert (tmp_path / "letters" / "love.txt").read_text() == "kept"


@pytest.mark.slow
@pytest.mark.parametrize("method", [name for name in METHODS if name != "dmsh"])
def test_every_method_hashes_vectors(method: str, digits: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = digits
    codes = Hasher(method, bits=8, epochs=1).fit(x, y).transform(x)
    assert codes.shape == (200, 8)
    assert set(np.unique(codes)) == {-1, 1}
