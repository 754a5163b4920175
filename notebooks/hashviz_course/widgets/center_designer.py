"""The center designer: set the bits of hash centers by hand, against what is possible at all."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import traitlets
from jaxtyping import Int8
from numpy.typing import ArrayLike

from hashviz import plots
from hashviz.centers import CENTERS, make_centers, measure_centers
from hashviz.codes import as_codes, distances, pack
from hashviz.plots.marks import plain
from hashviz_course.widgets.base import Interactive
from hashviz_course.widgets.controls import Face, button, flipped, keys, row

MOST_KEYS = 160


class CenterDesigner(Interactive):
    """Centers as keys. `value` has one tuple of bits, -1 and +1, for each class.

    The meter shows the distance of the closest two centers, the bound of Plotkin that no placement
    passes, and that of Gilbert and Varshamov which some placement reaches. Buttons place the
    centers by a scheme of `hashviz.centers.CENTERS`.

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
        self.names = [f"class {c}" for c in range(classes)] if names is None else list(names)
        if len(self.names) != classes:
            raise ValueError(f"Each of the {classes} classes has a name, got {len(self.names)}.")
        self.seed = seed
        self.start = tuple(tuple(center) for center in given.tolist())
        super().__init__(value=self.start)

    @traitlets.validate("value")
    def _are_centers(self, proposal: Any) -> tuple[tuple[int, ...], ...]:
        value = tuple(tuple(int(bit) for bit in center) for center in proposal["value"])
        if [len(c) for c in value] != [len(c) for c in self.start] or not (
            {bit for center in value for bit in center} <= {-1, 1}
        ):
            raise ValueError(
                f"Centers are {len(self.start)} codes of {len(self.start[0])} bits, -1 and +1."
            )
        return value

    @property
    def centers(self) -> Int8[np.ndarray, "classes bits"]:
        """The centers as an array, for `hashviz.centers` and for training."""
        return np.array(self.value, np.int8)

    def measure(self) -> dict[str, Any]:
        """The quality of the placement, by `measure_centers`."""
        quality = measure_centers(self.centers)
        packed = pack(self.centers)
        apart = distances(packed, packed).astype(int)
        np.fill_diagonal(apart, len(self.start[0]) + 1)
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
        """The closest pair, the bounds, the wasted bits."""
        n = self.numbers
        first, second = (plain(self.names[c], 14) for c in n["closest"])
        return (
            f"Closest: {first} and {second}, {n['minimum']} bits apart; nobody gets beyond "
            f"{n['plotkin']}, somebody gets to {n['gilbert_varshamov']}. Of {len(self.start[0])} "
            f"bits {n['constant']} are constant and {n['repeated']} repeat another."
        )

    @property
    def size(self) -> tuple[float, float]:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The matrix above the meter."""
        return 7.2, 2.9 + 0.24 * len(self.start)

    def draw(self) -> None:
        """The matrix of centers and the meter."""
        n = self.numbers
        rows = 0.24 * len(self.start)
        plots.hash_centers(self.centers, class_names=self.names, ax=self.axes(1.4, 2.2, 5.4, rows))
        plots.distance_meter(
            n["minimum"], bits=len(self.start[0]), plotkin=n["plotkin"],
            gilbert_varshamov=n["gilbert_varshamov"], ax=self.axes(1.4, 0.6, 5.4, 0.3),
        )  # fmt: skip

    def press(self, label: int, bit: int) -> None:
        """Flip one bit of one center."""
        center = self.value[label]
        self.value = flipped(self.value, label, flipped(center, bit, -center[bit]))

    def place(self, scheme: str) -> None:
        """Centers by a scheme of `CENTERS`.

        Raises:
            ValueError: when the scheme cannot place so many classes in so many bits.
        """
        shape = len(self.start), len(self.start[0])
        self.value = make_centers(scheme, *shape, seed=self.seed).tolist()

    def reset(self) -> None:
        """The centers as they were given."""
        self.value = self.start

    def _face(self, label: int, bit: int) -> Face:
        plus = self.value[label][bit] > 0
        tip = f"{self.names[label]}, bit {bit}: {'+1' if plus else '−1'}"
        return Face("+" if plus else "−", plus, tip)

    def _schemes(self) -> list[str]:
        """Schemes that can place so many classes in so many bits."""
        found = []
        for scheme in CENTERS:
            try:
                make_centers(scheme, len(self.start), len(self.start[0]))
            except ValueError:
                continue
            if scheme != "auto":
                found.append(scheme)
        return found

    def controls(self) -> Sequence[Any]:
        """A row of keys for each class, and ready placements."""
        boards = [
            keys(
                self,
                len(self.start[0]),
                lambda bit, label=label: self._face(label, bit),
                lambda bit, label=label: self.press(label, bit),
                label=self.names[label],
                beside=True,
                width="26px",
            )
            for label in range(len(self.start))
        ]
        ready = [
            button(scheme, lambda scheme=scheme: self.place(scheme), CENTERS[scheme].description)
            for scheme in self._schemes()
        ]
        return [*boards, row(*ready, button("As given", self.reset, "The centers as at first"))]
