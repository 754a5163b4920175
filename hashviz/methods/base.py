"""What a loss sees and returns: the interface between methods and the one training loop."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import dataclass_transform

from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from hashviz.methods.settings import check_setting, settings_of
from hashviz.models.backbone import Backbone
from hashviz.models.networks import HashNetwork, hidden_head, linear_head

Outputs = Float[Tensor, "batch bits"]
Labels = Bool[Tensor, "batch classes"]
Scores = Float[Tensor, "batch classes"]
Scalar = Float[Tensor, ""]
Terms = dict[str, Scalar]
"""The weighted terms of a loss, by the names of its paper."""


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

    outputs: Outputs
    """Real outputs of the hash layer, before any squashing and before the sign."""
    labels: Labels
    index: Int[Tensor, " batch"]
    """Rows of the training set, in 0..train_size-1."""
    progress: float
    """Completed share of the training, from 0 to 1."""
    features: Float[Tensor, "batch features"] | None = None
    """Features that the backbone passed to the hash layer."""


def plain_network(
    backbone: Backbone, image_channels: int, bits: int, *, hidden: int = 0
) -> HashNetwork:
    """Build a backbone and one linear unit per bit, after `hidden` units if more than 0."""
    features = backbone.features
    head = hidden_head(features, hidden, bits) if hidden > 0 else linear_head(features, bits)
    return HashNetwork(backbone, head, image_channels)


@dataclass_transform(kw_only_default=True, field_specifiers=(field,))
class Declared:
    """A class whose annotated attributes are keywords of its constructor, as in a dataclass."""

    def __init_subclass__(cls) -> None:
        dataclass(eq=False, repr=False, kw_only=True)(cls)


class HashLoss(Declared, nn.Module, ABC):
    """A loss owns what it learns or remembers: centers, classifiers, memory banks.

    The attributes that it declares with a type and a default are its settings: switches, weights
    and margins, which `hashviz.methods.settings` checks. `set_up` makes what it owns. `forward`
    returns its terms under the paper's names, already weighted; the training loop sums them. A
    value to watch but not to minimize, such as the share of active triplets, goes into `notes`; its
    mean over each epoch is recorded in the history beside the terms.

    Raises:
        ValueError: for a setting that breaks its rule.
    """

    # A loss with a constructor of its own need not pass it on.
    problem: Problem = field(default=None, kw_only=False)  # type: ignore[assignment]

    def __post_init__(self) -> None:
        super().__init__()
        self.notes: dict[str, Tensor] = {}
        for name, setting in settings_of(type(self)).items():
            if hasattr(self, name):  # as declared; a constructor of its own may keep it elsewhere
                check_setting(type(self).__name__, setting, getattr(self, name))
        self.set_up()

    def set_up(self) -> None:
        """Make what the loss owns, when problem and settings are known. Nothing by default."""

    @abstractmethod
    def forward(self, batch: Batch) -> Terms:
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
