"""What a loss sees and returns: the interface between methods and the one training loop."""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from hashviz.models.backbone import Backbone
from hashviz.models.networks import HashNetwork, hidden_head, linear_head


@dataclass(frozen=True)
class Problem:
    """What a loss knows before the first batch."""

    bits: int
    classes: int
    train_size: int
    multi_label: bool
    seed: int


@dataclass(frozen=True)
class Batch:
    """One step of training as a loss sees it."""

    outputs: Float[Tensor, "batch bits"]
    """Real outputs of the hash layer, before any squashing and before the sign."""
    labels: Bool[Tensor, "batch classes"]
    index: Int[Tensor, " batch"]
    """Rows of the training set, in 0..train_size-1."""
    progress: float
    """Completed share of the training, from 0 to 1."""
    features: Float[Tensor, "batch features"] | None = None
    """Features that the backbone passed to the hash layer."""


def check_weights(method: str, weights: Mapping[str, float]) -> None:
    """Refuse a negative or infinite weight of a term.

    Raises:
        ValueError: when there is one.
    """
    for name, weight in weights.items():
        if not 0 <= weight < math.inf:
            raise ValueError(
                f"{name}_weight of {method} is 0 (term off) or more, got {name}_weight={weight}."
            )


def plain_network(
    backbone: Backbone, image_channels: int, bits: int, *, hidden: int = 0
) -> HashNetwork:
    """Build a backbone and one linear unit per bit, after `hidden` units if more than 0."""
    features = backbone.features
    head = hidden_head(features, hidden, bits) if hidden > 0 else linear_head(features, bits)
    return HashNetwork(backbone, head, image_channels)


class HashLoss(nn.Module, ABC):
    """A loss owns what it learns or remembers: centers, classifiers, memory banks.

    `forward` returns its terms under the paper's names, already weighted; the training loop sums
    them. A value to watch but not to minimize, such as the share of active triplets, goes into
    `notes`; its mean over each epoch is recorded in the history beside the terms.
    """

    def __init__(self, problem: Problem | None = None) -> None:
        super().__init__()
        del problem  # a loss with nothing to set up needs no constructor of its own
        self.notes: dict[str, Tensor] = {}

    @abstractmethod
    def forward(self, batch: Batch) -> dict[str, Float[Tensor, ""]]:
        """Return the weighted terms of one batch."""

    def prepare(self, labels: Bool[Tensor, "train classes"]) -> None:
        """Learn what the labels of the training set alone determine, before training.

        Nothing by default.
        """
        del labels

    def end_of_epoch(self) -> None:
        """Update what is not learned by gradient, in alternation with the network.

        Nothing by default.
        """
