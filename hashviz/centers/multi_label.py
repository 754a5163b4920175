"""Targets for images with several labels: the bitwise majority of their centers."""

import numpy as np
from jaxtyping import Bool, Float, Int8

from hashviz.centers.columns import Centers
from hashviz.codes import sign
from hashviz.config import unknown

TIE_RULES = {
    "label-set": "a random vote that depends on the labels: independent for disjoint label sets",
    "shared": "one random code for all images, as CSQ does",
    "first-label": "the center of the first label, which forgets the second of two",
}


def merge_centers(
    labels: Bool[np.ndarray, "n _"], centers: Centers, ties: str = "label-set", seed: int = 0
) -> Int8[np.ndarray, "n bits"]:
    r"""Return one target per image: each bit is what most centers of its labels say.

    $$t_i = \operatorname{sign}\Bigl(\sum_k y_{ik} c_k + \varepsilon \sum_k y_{ik} g_k\Bigr),
      \quad g_k \sim \mathcal N(0, I), \; \varepsilon \to 0$$

    Two labels leave half of the bits undecided, so the rule for ties matters. Expected distances
    for centers with independent bits, in units of bits:

    | pair | label-set | shared |
    |---|---|---|
    | {a, b} and {a} | 1/4 | 1/4 |
    | {a, b} and {a, c} | 1/3 | 1/4 |
    | {a, b} and {c, d} | 1/2 | 3/8 |

    `"shared"` is CSQ's rule (Yuan et al., CVPR 2020, https://arxiv.org/abs/1908.00347): all images
    with an even number of labels lean towards one code, and pairs with nothing in common end up
    closer than two unrelated single labels. `"label-set"` gives every class a Gaussian vote
    $g_k$ that counts only at ties: the same labels always get the same target, disjoint sets
    share no vote and stay at bits/2. {a, b} and {a, c} share one of two votes, so where both are
    undecided they differ with probability arccos(1/2) / pi = 1/3. `"first-label"` is the trap:
    {a, b} becomes {a}.

    An image without labels has every bit undecided: `"label-set"` gives all of these one
    code of their own, `"first-label"` the constant +1.

    Raises:
        ValueError: when `ties` is unknown, or labels and centers disagree about the classes.

    >>> centers = np.array([[1, 1, 1, 1], [1, 1, -1, -1], [1, -1, 1, -1]], np.int8)
    >>> merge_centers(np.array([[True, True, True]]), centers)
    array([[ 1,  1,  1, -1]], dtype=int8)
    """
    if ties not in TIE_RULES:
        raise unknown("rule for ties", ties, TIE_RULES)
    votes = _votes(labels, centers)
    classes, bits = centers.shape
    rng = np.random.default_rng(seed)
    if ties == "label-set":
        noise = rng.standard_normal((classes + 1, bits))
        # The last row votes for images without labels only.
        tie_votes = np.column_stack([labels, ~labels.any(axis=1)]).astype(float) @ noise
    elif ties == "shared":
        tie_votes = rng.standard_normal((1, bits))
    else:
        first = labels & (labels.cumsum(axis=1) == 1)
        tie_votes = first.astype(float) @ centers
    return sign(np.where(votes == 0, tie_votes, votes))


def tied_bits(labels: Bool[np.ndarray, "n _"], centers: Centers) -> Float[np.ndarray, " n"]:
    r"""Return the share of each image's bits on which its centers draw.

    None for an odd number of labels, $2^{-n} \binom{n}{n/2}$ on average for $n$ labels if $n$ is
    even: 1/2, 3/8, 5/16. All of them for an image without labels.

    Raises:
        ValueError: when labels and centers disagree about the classes.

    >>> centers = np.array([[1, 1, 1, 1], [1, 1, -1, -1]], np.int8)
    >>> tied_bits(np.array([[True, True], [True, False]]), centers)
    array([0.5, 0. ])
    """
    return (_votes(labels, centers) == 0).mean(axis=1)


def _votes(labels: np.ndarray, centers: np.ndarray) -> np.ndarray:
    if labels.shape[1] != len(centers):
        raise ValueError(
            f"Labels and centers need the same classes, got {labels.shape[1]} and {len(centers)}."
        )
    # Sums of signs are exact in float64, and a float product is the fast one.
    return labels.astype(float) @ centers
