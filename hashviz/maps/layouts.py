"""Where points go on a map and how far to believe it: spaces with distances, layouts, trust.

A layout takes a space of distinct rows and returns positions in the plane; `maps.projection`
chooses it and merges what is equal.
"""

import math
import warnings
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int8, Int64, Shaped

from hashviz.codes import distances
from hashviz.config import missing_package
from hashviz.search.index import HammingIndex

MOST_FOR_DISTANCES = 600
PAIRS_FOR_TRUST = 200_000_000
ROWS_AT_ONCE = 256
Near = tuple[Shaped[np.ndarray, "points k"], Shaped[np.ndarray, "points k"]]


@dataclass(frozen=True, eq=False)
class HammingSpace:
    """Distinct codes and the number of bits in which they differ."""

    rows: Int8[np.ndarray, "points bits"]
    packed: Shaped[np.ndarray, "points bytes"]

    def between(self, some: Int64[np.ndarray, " some"]) -> Shaped[np.ndarray, "some points"]:
        """Return the distances from some rows to all."""
        return distances(self.packed[some], self.packed)

    def nearest(self, k: int) -> Near:
        """Return the k nearest rows of each and their distances, the row itself first."""
        index = HammingIndex(self.rows.shape[1])
        index.add(np.arange(len(self.packed)), self.packed)
        hits = index.search(self.packed, k)  # distinct: only the point itself is at distance 0
        return hits.ids, hits.distances


@dataclass(frozen=True, eq=False)
class EuclideanSpace:
    """Distinct real outputs and the length of their differences."""

    rows: Float[np.ndarray, "points bits"]

    def between(self, some: Int64[np.ndarray, " some"]) -> Shaped[np.ndarray, "some points"]:
        """Return the distances from some rows to all."""
        from scipy.spatial.distance import cdist

        return cdist(self.rows[some], self.rows)

    def nearest(self, k: int) -> Near:
        """Return the k nearest rows of each and their distances, the row itself first."""
        from scipy.spatial import KDTree

        apart, ids = KDTree(self.rows).query(self.rows, k)
        return np.asarray(ids), apart


Space = HammingSpace | EuclideanSpace
"""Distinct rows with a distance between them."""


def principal_plane(
    rows: Shaped[np.ndarray, "points bits"], counts: Int64[np.ndarray, " points"]
) -> tuple[Float[np.ndarray, "points 2"], float]:
    """Return the two directions of largest variance over all images, and their share of it."""
    rows = rows.astype(np.float64)
    weights = counts / counts.sum()
    centered = rows - weights @ rows
    values, vectors = np.linalg.eigh((centered * weights[:, None]).T @ centered)
    directions = vectors[:, ::-1][:, :2]
    strongest = np.abs(directions).argmax(0)
    directions = directions * np.sign(directions[strongest, np.arange(directions.shape[1])])
    positions = np.zeros((len(rows), 2))
    positions[:, : directions.shape[1]] = centered @ directions
    total = values.sum()
    return positions, float(values[::-1][:2].sum() / total) if total > 1e-12 else 1.0


def separate(start: Float[np.ndarray, "points 2"], seed: int) -> Float[np.ndarray, "points 2"]:
    """Return a start in which no two points coincide and both directions have an extent."""
    reach = max(float(np.ptp(start, axis=0).max()), 1e-9)
    return start + np.random.default_rng(seed).normal(scale=1e-3 * reach, size=start.shape)


def distance_layout(
    space: Space, start: Float[np.ndarray, "points 2"], seed: int
) -> tuple[Float[np.ndarray, "points 2"], float]:
    r"""Place points so that distances come closest to the true ones: SMACOF from the plane.

    $$X \leftarrow \tfrac1n B(X) X, \quad B_{ij} = -\delta_{ij} / d_{ij}(X), \quad
      B_{ii} = -\sum_{j \ne i} B_{ij}$$
    """
    n = len(start)
    if n > MOST_FOR_DISTANCES:
        most = f"at most {MOST_FOR_DISTANCES} distinct codes, got {n:,}"
        raise ValueError(f"A map of all distances takes {most}; choose umap or pca.")
    wanted = space.between(np.arange(n)).astype(np.float64)
    positions, last, stress = separate(start, seed), math.inf, math.inf
    scale = float((wanted**2).sum()) or 1.0
    for _ in range(500):
        apart = np.sqrt(((positions[:, None] - positions[None]) ** 2).sum(2))
        stress = math.sqrt(float(((apart - wanted) ** 2).sum()) / scale)
        if last - stress < 1e-7:
            break
        last = stress
        pull = -wanted / np.where(apart > 0, apart, 1)
        np.fill_diagonal(pull, 0)
        np.fill_diagonal(pull, -pull.sum(1))
        positions = pull @ positions / n
    return positions, stress


def umap_layout(
    space: Space, start: Float[np.ndarray, "points 2"], neighbors: int, seed: int
) -> Float[np.ndarray, "points 2"]:
    """Run UMAP with exact neighbors from the principal plane; one thread, so always the same."""
    ids, apart = space.nearest(neighbors)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ImportWarning)  # of its part that wants TensorFlow
        # Nothing is transformed later, so no index for searching is given.
        warnings.filterwarnings("ignore", message=r"precomputed_knn\[2\]")
        try:
            import umap
        except ModuleNotFoundError as error:
            raise missing_package(error.name) from None
        model = umap.UMAP(
            n_neighbors=neighbors,
            init=separate(start, seed).astype(np.float32),  # type: ignore[arg-type]
            random_state=seed,
            n_jobs=1,
            precomputed_knn=(ids.astype(np.int32), apart.astype(np.float32)),  # type: ignore[arg-type]
        )
        return np.asarray(model.fit_transform(space.rows.astype(np.float32)), np.float64)


LAYOUTS = {
    "umap": "neighborhoods, from exact nearest codes; seconds",
    "pca": "the two directions of most variance; at once",
    "distances": f"all distances as well as a plane can; up to {MOST_FOR_DISTANCES} distinct codes",
}
"""Ways to draw a map, and what each keeps."""


def point_trust(
    space: Space, positions: Float[np.ndarray, "points 2"], neighbors: int = 15, seed: int = 0
) -> Float[np.ndarray, " points"]:
    r"""Return the trustworthiness of each point: what its neighbors on the map are in truth.

    $$T_i = 1 - \frac{2}{k (2n - 3k - 1)} \sum_{j \in U_k(i)} \max(0, r_{ij} - k)$$

    $U_k$ are the k nearest on the map and $r_{ij}$ is the rank of j by true distance; points at one
    distance share the best of their ranks, since none of them is a wrong neighbor. The mean is the
    trustworthiness of Venna and Kaski, 2001. k is at most a quarter of the others, and fewer than
    three points are always where they belong. With very many points a fixed sample of them is
    measured, each against all; the others are nan.
    """
    from scipy.spatial import KDTree

    n = len(positions)
    k = min(neighbors, math.ceil((n - 1) / 4))
    if n < 3:
        return np.ones(n)
    anchors = np.arange(n)
    if n * n > PAIRS_FOR_TRUST:
        many = PAIRS_FOR_TRUST // n
        anchors = np.sort(np.random.default_rng(seed).choice(n, many, replace=False))
    trust = np.full(n, np.nan)
    tree = KDTree(positions)
    for start in range(0, len(anchors), ROWS_AT_ONCE):
        some = anchors[start : start + ROWS_AT_ONCE]
        near = np.asarray(tree.query(positions[some], k + 1)[1])
        own = near == some[:, None]
        own[~own.any(1), k] = True  # many coincide: the point itself was not among the first
        near = near[~own].reshape(len(some), k)
        apart = space.between(some)
        to_near = np.take_along_axis(apart, near, 1)
        apart = np.sort(apart, axis=1, kind="stable")
        # The point itself is the one that is nearer than all, so the count of nearer is the rank.
        rank = np.stack([np.searchsorted(a, d) for a, d in zip(apart, to_near, strict=True)])
        trust[some] = 1 - 2 / (k * (2 * n - 3 * k - 1)) * np.maximum(rank - k, 0).sum(1)
    return trust
