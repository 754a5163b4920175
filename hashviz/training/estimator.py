"""`Hasher`: any method of the table behind scikit-learn's interface, for those who bring arrays.

    codes = Hasher("itq", bits=32).fit(features).transform(features)      # int8 [n, 32], -1 and +1
    pipeline = make_pipeline(StandardScaler(), Hasher("csq", bits=48, epochs=20)).fit(features, y)

Vectors [n, features] are hashed as they are: fitted methods project them, trained methods learn a
small head over them. Images (uint8 [n, height, width, channels]) get the network of the method.
"""

import tempfile
from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Int8
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_consistent_length, check_is_fitted, validate_data

from hashviz.codes import sign
from hashviz.config import TrainConfig
from hashviz.data.base import Dataset
from hashviz.data.draws import Rows
from hashviz.data.protocols import Protocol, Split
from hashviz.files import new_folder
from hashviz.methods import METHODS
from hashviz.methods.networks import load_model
from hashviz.metrics.labels import multi_hot
from hashviz.models.encoding import encode
from hashviz.models.machine import keep_torch_state
from hashviz.models.networks import VECTORS
from hashviz.runs import Run
from hashviz.training.jobs import learn, package, prepare

QUERIES = 1000


def all_rows(dataset: Dataset, rng: np.random.Generator) -> tuple[Rows, Rows, Rows]:
    """Return some rows as queries; everything is learned from and everything is searched."""
    rows = rng.permutation(len(dataset))
    return rows[:QUERIES], rows, rows


EVERYTHING = Protocol(
    name="everything",
    draw=all_rows,
    query=f"up to {QUERIES:,} of all, which were learned from: no measure of how it generalizes",
    train="all",
    database="all",
    queries_in_database=True,
)


@dataclass(eq=False, repr=False)
class Hasher(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Learn a hash function from arrays, and turn arrays into codes.

    Parameters: `method` is a name of `hashviz.methods.METHODS`, `options` are its own switches and
    weights. `epochs` and `backbone` (for images only) are chosen by the data when None; `seed`
    decides weights and batches, `device` is auto, cpu, cuda or mps.

    Attributes: `model_` is the fitted network, a `HashNetwork` of torch.

    >>> points = np.random.default_rng(0).standard_normal((40, 8))
    >>> Hasher("lsh", bits=16).fit_transform(points).shape
    (40, 16)
    """

    method: str = "itq"
    _: KW_ONLY
    bits: int = 32
    epochs: int | None = None
    seed: int = 0
    backbone: str | None = None
    options: dict[str, Any] | None = None
    device: str = "auto"

    def fit(self, X: Any, y: Any = None) -> "Hasher":
        """Learn from vectors or images, and from their labels where the method wants them.

        `y` has one class per row (numbers or names), or is multi-hot [n, classes].

        Raises:
            ValueError: when arrays, method and options do not fit each other.
        """
        values = self._array(X, y, first=True)
        labels, classes = self._labels(y, len(values))
        settings = {**self.get_params(), "options": dict(self.options or {})}
        if values.ndim == 2:
            settings |= {"backbone": VECTORS, "frozen": True, "precision": "float32"}
        config = TrainConfig(data="memory:Hasher", **settings)
        dataset = Dataset("Hasher", values, labels, classes)
        rows = all_rows(dataset, np.random.default_rng(self.seed))
        parts = Split(*rows, protocol=EVERYTHING, seed=self.seed)
        with tempfile.TemporaryDirectory(prefix="hashviz-") as folder, keep_torch_state():
            job = prepare(config, dataset=dataset, runs=folder, parts=parts)
            learn(job)
            self._keep(package(job))
        return self

    def transform(self, X: Any) -> Int8[np.ndarray, "n bits"]:
        """Return the codes of vectors or images.

        Raises:
            NotFittedError, ValueError: before `fit`, and when the shape is not the one it saw.
        """
        check_is_fitted(self)
        with keep_torch_state():
            return sign(encode(self.model_, self._array(X, first=False)))

    def save(self, path: Path | str) -> Run:
        """Write the run folder: what `hashviz` reads, scores, draws and reports.

        Its queries were learned from, as its protocol says: its scores do not generalize.

        Raises:
            ValueError: when there is something else than a run at `path`, which stays.
        """
        check_is_fitted(self)
        path = Path(path)
        if path.exists():
            Run.load(path)  # only a run is replaced
        with new_folder(path) as folder:
            for name, content in self._files.items():
                (folder / name).write_bytes(content)
        return Run.load(path)

    @classmethod
    def load(cls, path: Path | str) -> "Hasher":
        """Return the estimator that `save` wrote, or the one of any run that kept its weights.

        Raises:
            RunError: when there is no complete run, or it has no weights.
        """
        run = Run.load(path)
        settings = {name: getattr(run.config, name) for name in cls().get_params()}
        loaded = cls(**{**settings, "options": run.config.options or None, "device": "auto"})
        height, width, channels = run.data["image"]
        loaded._shape = (height, width, channels)
        if loaded.backbone == VECTORS:
            loaded.backbone, loaded._shape = None, (channels,)
        loaded.n_features_in_ = height * width * channels
        loaded._keep(run)
        return loaded

    def _keep(self, run: Run) -> None:
        """Take network and files of a run, so that nothing depends on its folder afterwards."""
        self.model_ = load_model(run)
        self._files = {f.name: f.read_bytes() for f in run.path.iterdir() if f.is_file()}
        self._n_features_out = run.config.bits

    def _array(self, X: Any, y: Any = None, *, first: bool) -> np.ndarray:
        """Return the vectors as float32 or the images as they are, checked as scikit-learn does."""
        if getattr(X, "ndim", 2) == 4:
            values = np.asarray(X)
            if y is not None:
                check_consistent_length(values, y)
        else:
            options: dict[str, Any] = {"y": y, "ensure_min_samples": 2} if first else {}
            if y is not None:
                options["multi_output"] = True
            checked: Any = validate_data(self, X, reset=first, dtype=np.float32, **options)
            values = np.array(checked if y is None else checked[0])
        if first:
            self._shape = values.shape[1:]
            self.n_features_in_ = int(np.prod(self._shape))
        elif values.shape[1:] != self._shape:
            raise ValueError(f"Fitted to arrays [n, {self._shape}], got shape {values.shape}.")
        return values

    def _labels(self, y: Any, n: int) -> tuple[Bool[np.ndarray, "n classes"], tuple[str, ...]]:
        """Return multi-hot labels and the names of the classes; without labels one empty class."""
        y = None if y is None else np.asarray(y)
        if y is not None and self._learns_from_labels():
            check_classification_targets(y)
        kind = "none" if y is None else type_of_target(y)
        if kind == "multilabel-indicator":
            labels = multi_hot(y)
            return labels, tuple(map(str, range(labels.shape[1])))
        if y is not None and kind in ("binary", "multiclass"):
            classes, members = np.unique(y.ravel(), return_inverse=True)
            return multi_hot(members, len(classes)), tuple(map(str, classes))
        return np.zeros((n, 1), bool), ("no label",)

    def _learns_from_labels(self) -> bool:
        return self.method in METHODS and METHODS[self.method].supervision != "none"

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = self._learns_from_labels()
        tags.transformer_tags.preserves_dtype = []  # codes are int8
        return tags
