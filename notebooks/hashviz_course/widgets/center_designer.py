"""The center designer: set the bits of hash centers by hand, against what is possible at all."""

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import numpy as np
import traitlets
from jaxtyping import Int8
from numpy.typing import ArrayLike

from hashviz import plots
from hashviz.centers import CENTERS, make_centers, measure_centers
from hashviz.codes import as_codes, distances, pack
from hashviz.plots.notes import plain
from hashviz_course.widgets.base import Interactive, class_names
from hashviz_course.widgets.controls import Face, button, keys, replaced, row

MOST_KEYS = 160


class CenterDesigner(Interactive):
    """Centers as keys. `value` has one tuple of bits, -1 and +1, for each class.

    The meter shows the distance of the closest two centers, the bound of Plotkin, which no
    placement exceeds, and that of Gilbert and Varshamov, which some placement reaches. Buttons
    place the centers by a scheme of `hashviz.centers.CENTERS`.

    `numbers`: minimum, mean (distance of two centers), plotkin, gilbert_varshamov, constant and
    repeated (bits that say nothing, or nothing new), useful (bits), closest (a pair of classes).
    """

    value = traitlets.Tuple().tag(state=True)

    def __init__(self, centers: ArrayLike, *, names: Sequence[str] | None = None, seed: int = 0):
        given = as_codes(centers)
        classes, bits = given.shape
        if classes < 2 or not bits or classes * bits > MOST_KEYS:
            raise ValueError(
                "A designer needs two classes or more and has room for "
                f"{MOST_KEYS} keys, got {classes} classes of {bits} bits."
            )
        self.names, self.seed, self.shape = class_names(names, classes), seed, given.shape
        self.size = 7.2, 2.9 + 0.24 * classes
        super().__init__(value=given.tolist())

    @traitlets.validate("value")
    def _are_centers(self, proposal: Any) -> tuple[tuple[int, ...], ...]:
        value = tuple(tuple(int(bit) for bit in center) for center in proposal["value"])
        classes, bits = self.shape
        proper = [len(center) for center in value] == [bits] * classes
        if not proper or not {bit for center in value for bit in center} <= {-1, 1}:
            raise ValueError(f"Centers are {classes} codes of {bits} bits, -1 and +1.")
        return value

    @property
    def centers(self) -> Int8[np.ndarray, "classes bits"]:
        """Return the centers as an array, for `hashviz.centers` and for training."""
        return np.array(self.value, np.int8)

    def measure(self) -> dict[str, Any]:
        """Measure the quality of the placement by `measure_centers`."""
        quality = measure_centers(self.centers)
        packed = pack(self.centers)
        apart = distances(packed, packed).astype(int)
        np.fill_diagonal(apart, self.shape[1] + 1)
        first, second = np.unravel_index(int(apart.argmin()), apart.shape)
        return {
            "minimum": quality.minimum,
            "mean": quality.mean,
            "plotkin": quality.plotkin,
            "gilbert_varshamov": quality.gilbert_varshamov,
            "constant": quality.constant_columns,
            "repeated": quality.spoiled_columns - quality.constant_columns,
            "useful": quality.useful_bits,
            "closest": (int(first), int(second)),
        }

    def sentence(self) -> str:
        """Return the closest pair, the bounds and the wasted bits in words."""
        n = self.numbers
        first, second = (plain(self.names[c], 14) for c in n["closest"])
        return (
            f"Closest: {first} and {second}, {n['minimum']} bits apart; more than {n['plotkin']} is "
            f"impossible, {n['gilbert_varshamov']} is possible. Of {self.shape[1]} bits "
            f"{n['constant']} are constant and {n['repeated']} repeat another."
        )

    def draw(self) -> None:
        """Draw the matrix of centers and the meter."""
        n = self.numbers
        rows = 0.24 * self.shape[0]
        plots.hash_centers(self.centers, class_names=self.names, ax=self.axes(1.4, 2.2, 5.4, rows))
        plots.distance_meter(
            n["minimum"], bits=self.shape[1], plotkin=n["plotkin"],
            gilbert_varshamov=n["gilbert_varshamov"], ax=self.axes(1.4, 0.6, 5.4, 0.3),
        )  # fmt: skip

    def press(self, label: int, bit: int) -> None:
        """Flip one bit of one center."""
        center = self.value[label]
        self.value = replaced(self.value, label, replaced(center, bit, -center[bit]))

    def place(self, scheme: str) -> None:
        """Place the centers by a scheme of `CENTERS`.

        Raises:
            ValueError: when the scheme cannot place so many classes in so many bits.
        """
        self.value = make_centers(scheme, *self.shape, seed=self.seed).tolist()

    def _face(self, label: int, bit: int) -> Face:
        plus = self.value[label][bit] > 0
        tip = f"{self.names[label]}, bit {bit}: {'+1' if plus else '−1'}"
        return Face("+" if plus else "−", plus, tip)

    def _schemes(self) -> list[str]:
        """Return the schemes that can place so many classes in so many bits."""
        found = []
        for scheme in CENTERS:
            with suppress(ValueError):
                make_centers(scheme, *self.shape)
                found.append(scheme)
        return [scheme for scheme in found if scheme != "auto"]

    def controls(self) -> Sequence[Any]:
        """Return a row of keys for each class, and ready placements."""
        boards = [
            keys(self, self.shape[1], partial(self._face, label), partial(self.press, label),
                 label=name, beside=True, width="26px")
            for label, name in enumerate(self.names)
        ]  # fmt: skip
        ready = [
            button(scheme, partial(self.place, scheme), CENTERS[scheme].description)
            for scheme in self._schemes()
        ]
        return [*boards, row(*ready, button("As given", self.reset, "The centers as at first"))]
