"""What a bit stands for: the images at its ends, and what is known of them."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int64

from hashviz.codes import nearest
from hashviz.data.scenes import COLORS, SHAPES
from hashviz.metrics.information import binned


@dataclass(frozen=True)
class Extremes:
    """Images at both ends and in the middle of the outputs of one bit, the clearest first."""

    plus: Int64[np.ndarray, " plus"]
    minus: Int64[np.ndarray, " minus"]
    undecided: Int64[np.ndarray, " undecided"]


def bit_extremes(outputs: Float[np.ndarray, "images bits"], bit: int, count: int = 8) -> Extremes:
    """Return the images with the largest and smallest outputs, and those nearest to 0.

    No image is at both ends: an end holds only images of its sign, and may be empty.
    """
    column = outputs[:, bit]
    plus, minus = nearest(-column, count), nearest(column, count)
    return Extremes(plus[column[plus] >= 0], minus[column[minus] < 0], nearest(abs(column), count))


def scene_variables(attributes: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return what is known of generated scenes, one integer per image, for `mutual_information`.

    Every shape and every color (present or not), the number of objects, and of the object on top
    its size and place in quarters, from small to large, left to right, top to bottom.
    """
    shape, color = attributes["shape"], attributes["color"]
    count = attributes["count"].astype(np.int64)
    rows, top = np.arange(len(count)), count - 1  # the lowest object comes first
    known: dict[str, np.ndarray] = {}
    known |= {name: (shape == i).any(1) for i, name in enumerate(SHAPES)}
    known |= {name: (color == i).any(1) for i, name in enumerate(COLORS)}
    known["objects"] = count
    for name, key in (("size of top", "size"), ("x of top", "x"), ("y of top", "y")):
        known[name] = binned(attributes[key][rows, top])
    return known
