"""What a data set says of itself: a row with its reader, and the protocols that belong to it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from hashviz.data.base import Dataset
from hashviz.data.draws import HOLDOUT, Protocol
from hashviz.data.releases import Release


@dataclass(frozen=True, kw_only=True)
class Source:
    """What a reader is told: the name asked for, where to look, and whom to inform."""

    name: str
    root: Path
    path: str = ""
    progress: Callable[[int, int], None] | None = None


@dataclass(frozen=True, kw_only=True)
class DatasetRow:
    """One data set; `options` are the integers that may follow its name, with their defaults.

    `load(source, **options)` reads it. `release` holds the files to download, if there are any.
    The first of its protocols is used where none is named.
    """

    load: Callable[..., Dataset]
    title: str
    description: str
    classes: int | None
    multi_label: bool = False
    embedded: bool = False
    takes_path: bool = False
    release: Release | None = None
    options: dict[str, int] = field(default_factory=dict)
    protocols: dict[str, Protocol] = field(default_factory=dict)

    @property
    def default_protocol(self) -> str:
        """The first of its protocols, or "holdout"."""
        return next(iter(self.protocols), HOLDOUT.name)
