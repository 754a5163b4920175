"""The made-up codes that every figure of the gallery is drawn from."""

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes

from hashviz.codes import nearest, sign
from hashviz.metrics import own_counts

Card = tuple[str, tuple[float, float], Callable[[Axes], Axes]]
"""Name of a figure, its size in inches, and the drawing on one Axes."""

TEN = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)


class Example:
    """Codes around centers and what the metrics would say of them."""

    def __init__(self, bits: int, classes: int, several: bool = False, n: int = 600):
        rng = np.random.default_rng(bits * 1000 + classes)
        self.bits, self.classes, self.n = bits, classes, n
        self.centers = sign(rng.normal(size=(classes, bits)))
        self.centers[:, 0] = 1
        self.centers[:, bits // 2] = self.centers[:, 1]
        first = np.arange(n) * classes // n
        self.labels = np.arange(classes) == first[:, None]
        if several:
            self.labels |= rng.random(self.labels.shape) < 1.2 / classes
        votes = self.labels @ self.centers.astype(float) + 0.9 * rng.normal(size=(n, bits))
        self.codes = sign(votes)
        self.codes[:, 0] = 1
        self.names = [f"class {i:02d}" for i in range(classes)]
        if classes == 10:
            self.names = list(TEN)
        distances = (bits - self.codes.astype(int) @ self.codes.T.astype(int)) // 2
        similar = (self.labels.astype(int) @ self.labels.T.astype(int)) > 0
        apart = ~np.eye(n, dtype=bool)
        self.within = np.bincount(distances[similar & apart], minlength=bits + 1)
        self.between = np.bincount(distances[~similar], minlength=bits + 1)
        found = np.cumsum(self.within)
        self.precision = found / np.maximum(np.cumsum(self.within + self.between), 1)
        self.precision = np.where(found > 0, self.precision, np.nan)
        self.recall = found / found[-1]
        self.chance = float(similar[apart].mean())
        shade = rng.integers(0, 256, (classes, 6, 6, 3))
        self.images = [np.kron(shade[c], np.ones((6, 6, 1))).astype(np.uint8) for c in first]
        order = nearest(distances[0], 11)[1:]
        self.found, self.found_distances = order, distances[0][order]
        self.similar = similar
        self.counts = own_counts(self.codes, self.labels)
