"""The coin toss: labels merge their centers by majority, and what no majority decides is tossed."""

from collections.abc import Sequence
from itertools import combinations
from math import comb
from typing import Any

import numpy as np
import traitlets
from jaxtyping import Int8
from numpy.typing import ArrayLike

from hashviz import plots
from hashviz.centers import TIE_RULES, merge_centers, tied_bits
from hashviz.codes import as_codes, distances, pack
from hashviz.config import unknown
from hashviz_course.widgets.base import Interactive, class_names
from hashviz_course.widgets.controls import Face, button, keys, linked, row

MOST_CLASSES = 12
PAIRS = ("{a, b} and {a}", "{a, b} and {a, c}", "{a, b} and {c, d}")


class CoinToss(Interactive):
    r"""An image with several labels and one target. `value` are its classes, in ascending order.

    `ties` is the rule of `hashviz.centers.TIE_RULES` for bits without a majority, `toss` numbers the
    tosses of the coin. Of $n$ labels, $n$ even, $2^{-n} \binom{n}{n/2}$ of the bits are undecided
    when centers are independent; for odd $n$ none.

    `numbers`: undecided (bits), expected (the same on average over independent centers),
    strangers (mean distance of the targets of two images with two labels each and none in common,
    under this rule), unrelated (bits/2, where they belong).
    """

    value = traitlets.Tuple().tag(state=True)
    ties = traitlets.Unicode("label-set").tag(state=True)
    toss = traitlets.Int(0).tag(state=True)
    size = (7.8, 5.1)

    def __init__(
        self,
        centers: ArrayLike,
        *,
        chosen: Sequence[int] = (0, 1),
        names: Sequence[str] | None = None,
    ):
        self.centers = as_codes(centers)
        classes = len(self.centers)
        if not 4 <= classes <= MOST_CLASSES:
            raise ValueError(
                f"A toss shows 4 to {MOST_CLASSES} classes, got {classes}; "
                "two images with nothing in common need four."
            )
        self.names = class_names(names, classes)
        self._pairs: dict[tuple[str, int], np.ndarray] = {}
        super().__init__(value=tuple(chosen))

    @traitlets.validate("value")
    def _are_classes(self, proposal: Any) -> tuple[int, ...]:
        value = tuple(sorted({int(label) for label in proposal["value"]}))
        if not value or value[0] < 0 or value[-1] >= len(self.centers):
            raise ValueError(
                f"An image has one class or more of 0 to {len(self.centers) - 1}, got {value}."
            )
        return value

    @traitlets.validate("ties")
    def _is_rule(self, proposal: Any) -> str:
        if proposal["value"] not in TIE_RULES:
            raise unknown("rule for ties", proposal["value"], TIE_RULES)
        return proposal["value"]

    @property
    def target(self) -> Int8[np.ndarray, " bits"]:
        """Return the code that an image with these labels should get."""
        return self._targets([self.value], self.ties)[0]

    def _targets(self, sets: Sequence[Sequence[int]], ties: str) -> np.ndarray:
        labels = np.array([[c in s for c in range(len(self.centers))] for s in sets], bool)
        return merge_centers(labels, self.centers, ties, seed=self.toss)

    def pair_distances(self, ties: str) -> np.ndarray:
        """Return the mean distance of two targets under a rule, for each kind of `PAIRS`."""
        key = ties, self.toss
        if key not in self._pairs:
            classes = range(len(self.centers))
            sets = [*combinations(classes, 1), *combinations(classes, 2)]
            packed = pack(self._targets(sets, ties))
            apart = distances(packed, packed)
            shared = np.array([[len({*a} & {*b}) for b in sets] for a in sets])
            two = np.array([len(s) == 2 for s in sets])
            both, mixed = np.outer(two, two), np.outer(two, ~two)
            kinds = (mixed & (shared == 1), both & (shared == 1), both & (shared == 0))
            self._pairs[key] = np.array([apart[kind].mean() for kind in kinds])
        return self._pairs[key]

    def measure(self) -> dict[str, Any]:
        """Count undecided bits, and measure how far apart unrelated images are."""
        labels = np.isin(np.arange(len(self.centers)), self.value)[None]
        n, bits = len(self.value), self.centers.shape[1]
        share = 0.0 if n % 2 else comb(n, n // 2) / 2**n
        return {
            "undecided": round(float(tied_bits(labels, self.centers)[0]) * bits),
            "expected": share * bits,
            "strangers": float(self.pair_distances(self.ties)[2]),
            "unrelated": bits / 2,
        }

    def sentence(self) -> str:
        """Return how many coins are tossed, and what the rule does to unrelated images."""
        n, bits = self.numbers, self.centers.shape[1]
        return (
            f"{len(self.value)} labels leave {n['undecided']} of {bits} bits to a coin "
            f"({n['expected']:g} on average). By the rule “{self.ties}”, images that share no "
            f"label are {n['strangers']:.1f} bits apart; unrelated is {n['unrelated']:g}."
        )

    def draw(self) -> None:
        """Draw the vote, and the distances under every rule."""
        high = 0.26 * (min(len(self.value), 4) + 3)
        chosen = list(self.value)
        plots.majority_vote(
            self.centers[chosen], self.target, names=[self.names[c] for c in chosen],
            ax=self.axes(1.5, 4.55 - high, 6.1, high),
        )  # fmt: skip
        plots.merged_distances(
            {rule: self.pair_distances(rule) for rule in TIE_RULES}, PAIRS, bits=len(self.target),
            ax=self.axes(2.1, 0.55, 5.0, 0.95),
        )  # fmt: skip

    def press(self, label: int) -> None:
        """Give the image a label or take it away; the last one stays."""
        now = set(self.value) ^ {label}
        if now:
            self.value = tuple(now)

    def again(self) -> None:
        """Toss the coins again."""
        self.toss += 1

    def _face(self, label: int) -> Face:
        on = label in self.value
        tip = f"{self.names[label]}: {'a label of' if on else 'not on'} the image"
        return Face(self.names[label], on, tip)

    def controls(self) -> Sequence[Any]:
        """Return a key for each class, the rule, and the coin."""
        return [
            keys(self, len(self.centers), self._face, self.press, width="auto",
                 label="Press the labels of the image"),
            row(
                linked(self, "ties", "Dropdown", "without a majority", options=list(TIE_RULES)),
                button("Toss again", self.again, "Other coins for the undecided bits"),
            ),
        ]  # fmt: skip
