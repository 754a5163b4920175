"""What a training tells the one function that listens to it."""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float32, Int8, Int64

from hashviz.runs import NOTE


@dataclass(frozen=True)
class Progress:
    """How far a long preparation is: files being read, or images going through a backbone."""

    what: str
    """"reading" or "features"."""
    done: int
    total: int


@dataclass(frozen=True)
class Remark:
    """A sentence about the data that is worth knowing before anything is trained."""

    sentence: str


@dataclass(frozen=True)
class Epoch:
    """What `fit` yields: the weighted terms as means over the epoch, and how fast it went."""

    number: int
    epochs: int
    terms: dict[str, float]
    seconds: float
    """Training time since the start, without imports, evaluation or the caller's own work."""
    images_per_second: float
    notes: dict[str, float] = field(default_factory=dict)
    """What the loss noted without adding it to its terms, as means over the epoch."""

    @property
    def row(self) -> dict[str, float | int]:
        """The line of history.csv."""
        return {
            "epoch": self.number,
            "seconds": self.seconds,
            "images_per_second": self.images_per_second,
            **self.terms,
            **{NOTE + name: value for name, value in self.notes.items()},
        }


@dataclass(frozen=True, eq=False)
class Watched:
    """The watched images after an epoch; before the first one, `epoch` is None."""

    epoch: Epoch | None
    outputs: Float32[np.ndarray, "images bits"]
    centers: Int8[np.ndarray, "classes bits"] | None
    labels: Bool[np.ndarray, "images classes"]
    index: Int64[np.ndarray, " images"]
    """Row of each image in the data set."""
    classes: tuple[str, ...]


Event = Progress | Remark | Epoch | Watched
