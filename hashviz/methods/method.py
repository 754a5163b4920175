"""A row of the table of methods: what a method is, what its settings are, where its code is."""

import importlib
import inspect
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hashviz.config import unknown
from hashviz.methods.settings import check_setting, settings_of

WHOLE = "as it stands"
"""The variant with every part on; all others are compared with it."""

SUPERVISIONS = ("none", "labels", "pairs", "triplets")
"""What a method learns from: the first word of `supervision`, a remark may follow."""


@dataclass(frozen=True)
class Claim:
    """A testable claim of a paper about its parts: variant `of` beats variant `than`.

    The two variants differ only in the part that the sentence is about.
    """

    sentence: str
    than: str
    measure: str = "map"
    of: str = WHOLE
    several_labels: bool = False
    """Whether the claim applies only to images with several labels."""


@dataclass(frozen=True, kw_only=True)
class Method:
    """One row: where the method comes from, what it learns from, and where its code is."""

    code: str | Callable[..., Any]
    """A `HashLoss`, or with an `encoder` a fit function: itself, or its `file.Name`."""
    paper: str
    url: str
    family: str
    supervision: str = "labels"
    title: str = ""
    """The name of the class of its loss, unless it is given."""
    look: int | None = None
    """Number of its look (color, line, marker) in every figure, see `hashviz.plots.style_of`: its
    place in `METHODS`. Without one it is drawn like codes of unknown origin."""
    encoder: str | Callable[..., Any] = ""
    """The module that a fit function returns, itself or its `file.Name`; a run rebuilds it from its
    buffers."""
    multi_label: bool = True
    network: str | Callable[..., Any] = "base.plain_network"
    """A function `(backbone, image_channels, bits, *, settings) -> HashNetwork`, or its
    `file.Name`; the plain one is a backbone and a linear hash layer."""
    relaxation: str = "identity"
    """The relaxation of the bits that the loss quantizes: a name in `RELAXATIONS`."""
    per_class: int = 0
    """Images of every class in a batch; 0 for ordinary batches, which several labels have always:
    an image with many labels would be drawn for each of them."""
    recipe: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """By data set, the settings that differ from the recipe that all methods share."""
    ablation: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Named option sets; each is compared with the method as it stands."""
    items: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Settings that list which parts are on, such as "1,3", with all that can be left out."""
    claims: tuple[Claim, ...] = ()
    """What the paper claims about its parts."""

    def __post_init__(self) -> None:
        name = self.code if isinstance(self.code, str) else self.code.__name__
        object.__setattr__(self, "title", self.title or name.rpartition(".")[2])
        if re.split(r"\W", self.supervision)[0] not in SUPERVISIONS:
            raise unknown("supervision", self.supervision, SUPERVISIONS)

    def load(self) -> Callable[..., Any]:
        """Return the class of the loss, or the fit function."""
        return _named(self.code)

    @property
    def trained(self) -> bool:
        """Whether it is a loss that trains a network, and not fitted to features."""
        return not self.encoder

    def load_encoder(self) -> Callable[..., Any]:
        """Return the class of what is fitted."""
        return _named(self.encoder)

    def load_network(self) -> Callable[..., Any]:
        """Return the function that builds the network."""
        return _named(self.network)

    def settings(self) -> dict[str, Any]:
        """Return the switches and weights of loss and network, with their defaults."""
        return {name: setting.default for name, setting in self._settings().items()}

    def _settings(self) -> dict[str, inspect.Parameter]:
        network = settings_of(self.load_network()) if self.trained else {}
        return settings_of(self.load()) | network

    def loss_options(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return the part of the options that the loss (or the fit) takes."""
        return {k: v for k, v in options.items() if k in settings_of(self.load())}

    def network_options(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return the part of the options that the network takes."""
        return {k: v for k, v in options.items() if k in settings_of(self.load_network())}

    def word_texts(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Turn numbers into text where a setting is a text, such as `scales=1`."""
        texts = {name for name, default in self.settings().items() if isinstance(default, str)}
        return {
            name: json.dumps(value) if name in texts and not isinstance(value, str) else value
            for name, value in options.items()
        }

    def check(self, options: Mapping[str, Any]) -> None:
        """Refuse what the method does not know, before anything is trained.

        Raises:
            ValueError: for an unknown name, or a value of another type than the default's or
                against the rule of its setting.
        """
        known = self._settings()
        for name, value in options.items():
            if name not in known:
                if not known:
                    raise ValueError(f"{self.title} has no settings, got {name!r}.")
                raise unknown(f"setting of {self.title}", name, known)
            check_setting(self.title, known[name], value)


def _named(code: str | Callable[..., Any]) -> Callable[..., Any]:
    if not isinstance(code, str):
        return code
    module, _, name = code.rpartition(".")
    return getattr(importlib.import_module(f"hashviz.methods.{module}"), name)
