"""The configuration of a run: one frozen dataclass, from which command line and JSON follow."""

import difflib
import hashlib
import json
import math
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

BITS = range(4, 1025)
EXTRAS = {
    "torch": "train",
    "torchvision": "train",
    "safetensors": "train",
    "hashviz_demo": "demo",
    "gradio": "demo",
    "umap": "umap",
    "faiss": "search",
    "numba": "speed",
}
"""Which extra of the package brings a module that the base installation lacks."""


def unknown(kind: str, name: str, choices: Iterable[str]) -> ValueError:
    """Return the error for a name that is not in a table: the nearest choice, then all of them.

    >>> print(unknown("method", "cqs", ["csq", "dpsh"]))
    Unknown method 'cqs', did you mean 'csq'? Choose from csq, dpsh.
    """
    choices = sorted(choices)
    near = difflib.get_close_matches(name, choices, n=1, cutoff=0.5)
    hint = f", did you mean {near[0]!r}? Choose" if near else "; choose"
    return ValueError(f"Unknown {kind} {name!r}{hint} from {', '.join(choices)}.")


def missing_package(name: str | None) -> ModuleNotFoundError:
    """Return the error for a module that is not installed, with the command that installs it.

    >>> print(missing_package("torch.nn"))
    This needs 'torch', which is not installed: pip install 'hashviz[train]'
    """
    module = (name or "").partition(".")[0]
    package = f"'hashviz[{EXTRAS[module]}]'" if module in EXTRAS else module
    text = f"This needs {module!r}, which is not installed: pip install {package}"
    return ModuleNotFoundError(text, name=module)


def option(help: str, default: Any = None) -> Any:
    """Return a field of `TrainConfig` with the sentence that `--help` prints."""
    return field(default=default, metadata={"help": help})


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """Everything that determines the codes of a run. `None` means: what suits the data set.

    Raises:
        ValueError: when a value breaks its rule, before anything is trained.
    """

    method: str = field(metadata={"help": "a method of `hashviz list methods`"})
    data: str = field(
        metadata={
            "help": "a data set of `hashviz list datasets`, or folder:PATH; with ?size=96 at the "
            "end, photographs are resized to 96 pixels"
        }
    )
    bits: int = option("length of a code", 32)
    seed: int = option("seed of the split, the weights, and the order of the batches", 0)
    protocol: str | None = option("how the data are split (`hashviz list protocols`)")
    backbone: str | None = option("network before the hash layer (`hashviz list backbones`)")
    weights: str | None = option("what the backbone starts from: none, imagenet, a file, or a run")
    frozen: bool = option("train the hash layer only; the backbone's features are cached", False)
    epochs: int | None = option("passes over the training images")
    batch_size: int | None = option("images per step")
    optimizer: str | None = option("muon, adamw or sgd")
    learning_rate: float | None = option("peak learning rate; it rises, then falls to zero")
    backbone_rate: float | None = option("learning rate of the backbone, as a share of the others'")
    weight_decay: float | None = option("decay of the weights, decoupled from the gradient")
    augment: str | None = option("none, shift, or shift-flip")
    precision: str = option("auto, float32 or bfloat16", "auto")
    device: str = option("auto, cpu, cuda or mps", "auto")
    threads: int | None = option(
        "CPU threads for training (default: what suits network and machine)"
    )
    options: dict[str, Any] = field(
        default_factory=dict, metadata={"help": "the method's own switches and weights"}
    )
    tag: str = option("a word added to the run's name", "")
    variant: str = ""
    """What an ablation calls this combination of parts; it changes neither name nor codes."""
    parts: dict[str, Any] = field(default_factory=dict)
    """The options in which the variant differs from the whole method."""

    def __post_init__(self) -> None:
        """Check every value, so that no other code has to."""
        if not isinstance(self.data, str):
            raise ValueError(
                f"data is the name of a data set, got a {type(self.data).__name__}; pictures from "
                "Python go to train(TrainConfig(data='memory:NAME', ...), dataset=...)."
            )
        if self.bits not in BITS:
            raise ValueError(f"A code has {BITS[0]} to {BITS[-1]} bits, got bits={self.bits}.")
        if self.seed < 0:
            raise ValueError(f"A seed is 0 or more, got seed={self.seed}.")
        for name in ("epochs", "batch_size", "threads"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} is 1 or more, got {name}={value}.")
        for name in ("learning_rate", "backbone_rate", "weight_decay"):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value >= 0):
                raise ValueError(f"{name} is a finite number of 0 or more, got {name}={value}.")
        choices = {
            "optimizer": (None, "muon", "adamw", "sgd"),
            "augment": (None, "none", "shift", "shift-flip"),
            "precision": ("auto", "float32", "bfloat16"),
        }
        for name, allowed in choices.items():
            if getattr(self, name) not in allowed:
                raise unknown(name, str(getattr(self, name)), [a for a in allowed if a])
        if not re.fullmatch(r"[A-Za-z0-9._=+-]{0,80}", self.tag) or self.tag.startswith("."):
            raise ValueError(
                f"A tag is up to 80 letters, digits or . _ = + -, got tag={self.tag!r}."
            )

    @property
    def name(self) -> str:
        """Return where the run is below the folder of runs: data/method/bits/seed-and-departures.

        >>> TrainConfig(method="csq", data="digits", epochs=3).name
        'digits/csq/32bits/seed0-epochs=3'
        """
        words = [self.tag] if self.tag else self._departures()
        leaf = "-".join([f"seed{self.seed}", *words])
        return f"{slug(self.data)}/{slug(self.method)}/{self.bits}bits/{leaf}"

    def _departures(self) -> list[str]:
        """Return the settings that are not the defaults; no run replaces one of another kind."""
        ordinary = {
            "method", "data", "bits", "seed", "options", "tag", "device", "threads", "weights",
            "variant", "parts",
        }  # fmt: skip
        words = [
            f"{f.name}={getattr(self, f.name)}"
            for f in fields(self)
            if f.name not in ordinary and getattr(self, f.name) != f.default
        ]
        if self.weights not in (None, "none"):
            words.append(f"weights={slug_of_path(self.weights)}")
        words += [f"{name}={value}" for name, value in sorted(self.options.items())]
        text = re.sub(r"[^A-Za-z0-9._=+-]", "_", "-".join(words))
        if len(text) > 80:
            text = "custom-" + hashlib.sha256(text.encode()).hexdigest()[:8]
        return [text] if text else []

    def to_json(self) -> dict[str, Any]:
        """Return plain values, from which `from_json` gives the same configuration back."""
        values = asdict(self)
        if not self.variant:  # no run of an ablation
            del values["variant"], values["parts"]
        return values

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "TrainConfig":
        """Return the configuration that `to_json` wrote.

        Raises:
            ValueError: when a name is not a setting, or a setting is missing.
        """
        known = [f.name for f in fields(cls)]
        for name in values:
            if name not in known:
                raise unknown("setting", name, known)
        for name in ("method", "data"):
            if name not in values:
                raise ValueError(f"A configuration needs {name!r}; it is missing.")
        return cls(**values)


def slug(text: str) -> str:
    """Return the folder name of a data set or method: of a path the last part and a checksum.

    A path has one name, however it is spelled.

    >>> slug("digits"), slug("scenes?images=100")
    ('digits', 'scenes_images=100')
    >>> slug("folder:pictures?size=96") == slug("folder:./old/../pictures/?size=96")
    True
    """
    kind, colon, rest = text.partition(":")
    if not colon:
        return re.sub(r"[^A-Za-z0-9._=+-]", "_", text)[:80]
    place, mark, query = rest.rpartition("?")
    rest = plain_path(place) + mark + query if mark and "=" in query else plain_path(rest)
    return f"{kind}-{slug_of_path(rest, f'{kind}:{rest}')}"


def plain_path(path: str) -> str:
    """Return a path relative to the working folder, or absolute if it is outside of it.

    Links are not resolved.

    >>> plain_path("pictures/./2026/.."), plain_path(os.getcwd() + "/pictures")
    ('pictures', 'pictures')
    """
    full, here = Path(os.path.abspath(Path(path).expanduser())), Path.cwd()  # noqa: PTH100
    return str(full.relative_to(here)) if full.is_relative_to(here) else str(full)


def slug_of_path(path: str, text: str = "") -> str:
    """Return the last part of a path, with a checksum of all of it (or of `text`) if there is more.

    >>> slug_of_path("imagenet")
    'imagenet'
    """
    last = re.sub(r"[^A-Za-z0-9._=+-]+", "_", Path(path).name)[:40]
    if path == last and not text:
        return last
    return f"{last}-{hashlib.sha256((text or path).encode()).hexdigest()[:6]}"


def parse_options(pairs: Iterable[str]) -> dict[str, Any]:
    """Parse `--set name=value`: numbers, true, false and null as in JSON, everything else as text.

    >>> parse_options(["quantization_weight=0.01", "centers=greedy"])
    {'quantization_weight': 0.01, 'centers': 'greedy'}
    """
    options: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not (equals and name):
            raise ValueError(f"--set takes name=value, got {pair!r}.")
        try:
            options[name] = json.loads(text)
        except json.JSONDecodeError:
            options[name] = text
    return options
