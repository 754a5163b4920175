"""What bits know: mutual information between bits and anything else that is known of the images."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from hashviz.codes import as_codes, as_numpy


@dataclass(frozen=True, eq=False)
class MutualInformation:
    """Bits of information about each variable in each bit, beside what chance alone would show.

    The plug-in estimate of few images is too high: by about $(r-1)(c-1) / (2 n \\ln 2)$ for
    variables of r and c values. `baseline` is its mean when the images are shuffled, `limit` the
    value that 95 of 100 shuffles stay below, each cell tested by itself: of a table without
    knowledge 5 % of the cells are above it. `table_limit` tests the table as a whole: in 95 of 100
    shuffles *no* cell is above it (Westfall and Young, 1993, with each cell measured by its own
    `limit`). For one cell asked about beforehand take `limit`, to read a table `table_limit`.
    """

    names: tuple[str, ...]
    values: Float[np.ndarray, "bits variables"]
    entropy: Float[np.ndarray, " variables"]
    """What there is to know of each variable."""
    baseline: Float[np.ndarray, "bits variables"]
    limit: Float[np.ndarray, "bits variables"]
    table_limit: Float[np.ndarray, "bits variables"]


def mutual_information(
    codes: Any, variables: Mapping[str, Any], *, permutations: int = 100, seed: int = 0
) -> MutualInformation:
    r"""Return how much each bit tells about each variable, in bits, estimated from the shares seen.

    $$I(b; v) = \sum_{b, v} p(b, v) \log_2 \frac{p(b, v)}{p(b)\,p(v)}$$

    A variable has one whole number or truth value per image. One that never changes tells nothing
    and scores 0.

    Raises:
        ValueError: when there is no image, or a variable is not one whole number for each.

    >>> mutual_information([[1, 1], [1, -1], [-1, 1], [-1, -1]], {"x": [1, 1, 0, 0]}).values
    array([[1.],
           [0.]])
    """
    codes = as_codes(codes)
    n, bits = codes.shape
    if n == 0:
        raise ValueError("Information is estimated from at least one image, got none.")
    columns, owner = [], []
    for place, (name, values) in enumerate(variables.items()):
        values = as_numpy(values)
        if values.shape != (n,) or values.dtype.kind not in "biu":
            raise ValueError(
                f"A variable has one whole number for each of the {n} images, got {name!r} of "
                f"shape {values.shape} and dtype {values.dtype}; see `binned`."
            )
        found, inverse = np.unique(values, return_inverse=True)
        columns.append(inverse.ravel()[:, None] == np.arange(len(found)))
        owner += [place] * len(found)
    if not columns:
        empty = np.zeros((bits, 0))
        return MutualInformation((), empty, np.zeros(0), empty, empty, empty)
    one_hot = np.concatenate(columns, axis=1).astype(np.float32)
    places = np.array(owner)
    share = one_hot.mean(0, dtype=np.float64)
    entropy = np.bincount(places, _plogp(share), len(variables)) * -1.0 + 0.0
    plus = (codes > 0).astype(np.float32)
    starts = np.flatnonzero(np.r_[True, np.diff(places) > 0])
    values = _information(plus, one_hot, starts)
    rng = np.random.default_rng(seed)
    shuffled = np.stack(
        [_information(plus[rng.permutation(n)], one_hot, starts) for _ in range(permutations)]
        or [np.zeros_like(values)]
    )
    limit = np.quantile(shuffled, 0.95, axis=0)
    surplus = shuffled / np.where(limit > 0, limit, np.inf)
    table_limit = limit * max(1.0, np.quantile(surplus.max((1, 2)), 0.95))
    return MutualInformation(
        tuple(variables), values, entropy, shuffled.mean(0), limit, table_limit
    )


def binned(values: Any, bins: int = 4) -> np.ndarray:
    """Replace real values by the number of their quantile, 0 to bins - 1.

    >>> binned([0.1, 7.0, 0.2, 9.5], bins=2)
    array([0, 1, 0, 1])
    """
    values = as_numpy(values)
    edges = np.quantile(values, np.arange(1, bins) / bins) if len(values) else np.zeros(0)
    return np.searchsorted(edges, values, side="left")


def _information(plus: np.ndarray, one_hot: np.ndarray, starts: np.ndarray) -> np.ndarray:
    n = len(plus)
    both = (plus.T @ one_hot).astype(np.float64) / n  # sums of up to 2^24 ones are exact
    share, bit = one_hot.mean(0, dtype=np.float64), plus.mean(0, dtype=np.float64)
    cells = _plogp(both) + _plogp(np.maximum(share - both, 0))
    joint = np.add.reduceat(cells, starts, axis=1)
    alone = np.add.reduceat(_plogp(share), starts)
    return np.maximum(joint - alone - (_plogp(bit) + _plogp(1 - bit))[:, None], 0)


def _plogp(p: np.ndarray) -> np.ndarray:
    return p * np.log2(np.where(p > 0, p, 1))
