"""Data sets by name: `load_dataset("digits")`, and the table of what there is."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from hashviz.config import unknown
from hashviz.data.base import Dataset, MissingData
from hashviz.data.digits import read_digits
from hashviz.data.folder import read_folder
from hashviz.data.official import CIFAR10, SVHN, Release, read_cifar10, read_svhn
from hashviz.data.scenes import make_scenes

__all__ = ["DATASETS", "Dataset", "DatasetRow", "MissingData", "data_root", "load_dataset"]


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a reader looks: the data root, the path of the specification, whom to tell."""

    root: Path
    path: str = ""
    progress: Callable[[int, int], None] | None = None


@dataclass(frozen=True, kw_only=True)
class DatasetRow:
    """One data set; `options` are the integers that may follow its name, with their defaults."""

    load: Callable[..., Dataset]
    title: str
    description: str
    classes: int | None
    multi_label: bool
    default_protocol: str = "holdout"
    embedded: bool = False
    takes_path: bool = False
    release: Release | None = None
    options: dict[str, int] = field(default_factory=dict)
    url: str = ""
    license: str = ""
    source: str = ""


DATASETS = {
    "digits": DatasetRow(
        load=lambda source: read_digits(),
        title="Handwritten digits",
        description="1,797 real scans of 8x8 pixels, enlarged to 32x32",
        classes=10,
        multi_label=False,
        embedded=True,
        license="CC BY 4.0",
        url="https://archive.ics.uci.edu/dataset/80",
        source="Alpaydin and Kaynak, UCI 1998; shipped with scikit-learn",
    ),
    "scenes": DatasetRow(
        load=lambda source, **options: make_scenes(**options),
        title="Scenes of colored shapes",
        description="6,000 generated pictures of 64x64 pixels with one to four shapes each",
        classes=8,
        multi_label=True,
        embedded=True,
        options={"images": 6000, "seed": 0},
        license="generated, free of rights",
        source="hashviz",
    ),
    "cifar10": DatasetRow(
        load=lambda source: read_cifar10(source.root),
        title="CIFAR-10",
        description="60,000 photographs of 32x32 pixels",
        classes=10,
        multi_label=False,
        default_protocol="cifar10-p1",
        release=CIFAR10,
        url=CIFAR10.url,
        license="none stated; the authors ask to cite the report",
        source="Krizhevsky, technical report, University of Toronto 2009",
    ),
    "svhn": DatasetRow(
        load=lambda source: read_svhn(source.root),
        title="Street View House Numbers",
        description="99,289 photographs of digits, 32x32 pixels",
        classes=10,
        multi_label=False,
        default_protocol="svhn-p1",
        release=SVHN,
        url=SVHN.url,
        license="non-commercial use",
        source="Netzer et al., NIPS workshop 2011",
    ),
    "folder": DatasetRow(
        load=lambda source, **options: read_folder(
            source.path, progress=source.progress, **options
        ),
        title="Your own pictures",
        description="folder:PATH with one folder per class, or with a labels.csv",
        classes=None,
        multi_label=True,
        takes_path=True,
        options={"size": 64},
        source="you",
    ),
}


def data_root(explicit: Path | str | None = None) -> Path:
    """Where official files lie: the argument, then HASHVIZ_DATA, then ./data."""
    return Path(explicit or os.environ.get("HASHVIZ_DATA") or "data").expanduser()


def load_dataset(
    spec: str,
    root: Path | str | None = None,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Dataset:
    """The data set of a specification: `NAME`, `NAME?option=1&option=2` or `folder:PATH?size=96`.

    `progress(done, total)` is called while many files are read. Embedded sets are kept in memory.

    Raises:
        ValueError: when the name or an option is unknown.
        MissingData: when the files are not there.
    """
    name, path, options = parse(spec)
    row = DATASETS[name]
    if row.embedded:
        return _embedded(name, tuple(sorted(options.items())))
    return row.load(Source(root=data_root(root), path=path, progress=progress), **options)


@lru_cache(maxsize=4)
def _embedded(name: str, options: tuple[tuple[str, Any], ...]) -> Dataset:
    return DATASETS[name].load(Source(root=data_root()), **dict(options))


def parse(spec: str) -> tuple[str, str, dict[str, int]]:
    """Name, path and options of a specification, all options filled in.

    >>> parse("scenes?images=100")
    ('scenes', '', {'images': 100, 'seed': 0})
    """
    body, mark, query = spec.rpartition("?")
    if not mark or "=" not in query:
        body, query = spec, ""
    name, _, path = body.partition(":")
    if name not in DATASETS:
        raise unknown("data set", name, DATASETS)
    if bool(path) != DATASETS[name].takes_path:
        came = "needs a path" if DATASETS[name].takes_path else "takes no path"
        raise ValueError(f"The data set {name!r} {came}, got {spec!r}; write folder:PATH.")
    options = dict(DATASETS[name].options)
    for pair in query.split("&") if query else ():
        key, _, value = pair.partition("=")
        if key not in options:
            known = ", ".join(sorted(options)) or "none"
            raise ValueError(f"Unknown option {key!r} of {name!r}; choose from {known}.")
        if not value.isdecimal():
            raise ValueError(f"The option {key!r} is a whole number, got {value!r}.")
        options[key] = int(value)
    return name, path, options
