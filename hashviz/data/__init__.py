"""Data sets by name: `load_dataset("digits")`, and the table of what there is."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from hashviz.config import unknown
from hashviz.data.base import Dataset, MissingData
from hashviz.data.coco import read_coco
from hashviz.data.digits import read_digits
from hashviz.data.folder import read_folder
from hashviz.data.lists import read_lists
from hashviz.data.mirflickr import read_mirflickr
from hashviz.data.nuswide import read_nuswide
from hashviz.data.official import (
    CIFAR10,
    CIFAR100,
    FASHION,
    SVHN,
    Release,
    read_cifar10,
    read_cifar100,
    read_fashion_mnist,
    read_svhn,
)
from hashviz.data.scenes import make_scenes
from hashviz.data.voc import read_voc2012

__all__ = ["DATASETS", "Dataset", "DatasetRow", "MissingData", "data_root", "load_dataset"]


MEMORY = "memory"
"""The name of pictures that no reader reads."""


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
    "cifar100": DatasetRow(
        load=lambda source: read_cifar100(source.root),
        title="CIFAR-100",
        description="60,000 photographs of 32x32 pixels in 100 classes",
        classes=100,
        multi_label=False,
        default_protocol="cifar100-official",
        release=CIFAR100,
        url=CIFAR100.url,
        license="none stated; the authors ask to cite the report",
        source="Krizhevsky, technical report, University of Toronto 2009",
    ),
    "fashion-mnist": DatasetRow(
        load=lambda source: read_fashion_mnist(source.root),
        title="Fashion-MNIST",
        description="70,000 pictures of garments, 28x28 pixels in a frame of 32x32",
        classes=10,
        multi_label=False,
        default_protocol="fashion-official",
        release=FASHION,
        url=FASHION.url,
        license="MIT",
        source="Xiao, Rasul and Vollgraf, arXiv 1708.07747, 2017",
    ),
    "nuswide21": DatasetRow(
        load=lambda source, size: read_nuswide(
            source.root, 21, size=size, progress=source.progress
        ),
        title="NUS-WIDE, 21 concepts",
        description="195,834 photographs that have one of the most frequent concepts",
        classes=21,
        multi_label=True,
        default_protocol="nuswide21-s1",
        options={"size": 64},
        url="https://lms.comp.nus.edu.sg/wp-content/uploads/2019/research/nuswide/NUS-WIDE.html",
        license="research only; the photographs are their authors'",
        source="Chua et al., CIVR 2009",
    ),
    "nuswide81": DatasetRow(
        load=lambda source, size: read_nuswide(
            source.root, 81, size=size, progress=source.progress
        ),
        title="NUS-WIDE, 81 concepts",
        description="269,648 photographs from Flickr",
        classes=81,
        multi_label=True,
        default_protocol="nuswide81-hashnet",
        options={"size": 64},
        url="https://lms.comp.nus.edu.sg/wp-content/uploads/2019/research/nuswide/NUS-WIDE.html",
        license="research only; the photographs are their authors'",
        source="Chua et al., CIVR 2009",
    ),
    "mirflickr38": DatasetRow(
        load=lambda source, size: read_mirflickr(
            source.root, 38, size=size, progress=source.progress
        ),
        title="MIRFlickr-25K, 38 labels",
        description="25,000 photographs from Flickr",
        classes=38,
        multi_label=True,
        default_protocol="mirflickr-1k",
        options={"size": 64},
        url="https://press.liacs.nl/mirflickr",
        license="Creative Commons, each by its author",
        source="Huiskes and Lew, MIR 2008",
    ),
    "mirflickr24": DatasetRow(
        load=lambda source, size: read_mirflickr(
            source.root, 24, size=size, progress=source.progress
        ),
        title="MIRFlickr-25K, 24 labels",
        description="25,000 photographs from Flickr",
        classes=24,
        multi_label=True,
        default_protocol="holdout",
        options={"size": 64},
        url="https://press.liacs.nl/mirflickr",
        license="Creative Commons, each by its author",
        source="Huiskes and Lew, MIR 2008",
    ),
    "voc2012": DatasetRow(
        load=lambda source, size: read_voc2012(source.root, size=size, progress=source.progress),
        title="PASCAL VOC 2012",
        description="11,540 photographs",
        classes=20,
        multi_label=True,
        default_protocol="voc2012-official",
        options={"size": 64},
        url="http://host.robots.ox.ac.uk/pascal/VOC/voc2012",
        license="the terms of Flickr",
        source="Everingham et al., IJCV 2015",
    ),
    "coco2014": DatasetRow(
        load=lambda source, size: read_coco(source.root, 2014, size=size, progress=source.progress),
        title="MS-COCO 2014",
        description="123,287 photographs of everyday scenes",
        classes=80,
        multi_label=True,
        default_protocol="coco-hashnet",
        options={"size": 64},
        url="https://cocodataset.org",
        license="annotations CC BY 4.0; the terms of Flickr",
        source="Lin et al., ECCV 2014",
    ),
    "coco2017": DatasetRow(
        load=lambda source, size: read_coco(source.root, 2017, size=size, progress=source.progress),
        title="MS-COCO 2017",
        description="123,287 photographs of everyday scenes",
        classes=80,
        multi_label=True,
        default_protocol="holdout",
        options={"size": 64},
        url="https://cocodataset.org",
        license="annotations CC BY 4.0; the terms of Flickr",
        source="Lin et al., ECCV 2014",
    ),
    "imagenet100": DatasetRow(
        load=lambda source, size: read_lists(
            source.root / "imagenet100", size=size, name="imagenet100", progress=source.progress
        ),
        title="ImageNet-100",
        description="photographs of 100 classes, by the lists of HashNet",
        classes=100,
        multi_label=False,
        default_protocol="imagenet100-lists",
        options={"size": 64},
        url="https://github.com/thuml/HashNet",
        license="research only",
        source="Deng et al., CVPR 2009; lists of Cao et al., ICCV 2017",
    ),
    "lists": DatasetRow(
        load=lambda source, size: read_lists(source.path, size=size, progress=source.progress),
        title="Data sets given by lists",
        description="lists:PATH with train.txt, test.txt and database.txt",
        classes=None,
        multi_label=True,
        default_protocol="lists",
        takes_path=True,
        options={"size": 64},
        url="https://github.com/thuml/HashNet",
        license="theirs",
        source="you",
    ),
    "folder": DatasetRow(
        load=lambda source, **options: read_folder(
            source.path, progress=source.progress, **options
        ),
        title="Your own pictures",
        description="folder:PATH with one folder per class, or with a labels.csv or .jsonl",
        classes=None,
        multi_label=True,
        takes_path=True,
        options={"size": 64},
        source="you",
    ),
    MEMORY: DatasetRow(
        load=lambda source: not_here(source.path),
        title="Pictures from Python",
        description="memory:NAME, handed over by train(config, dataset=...)",
        classes=None,
        multi_label=True,
        takes_path=True,
        source="you",
    ),
}


def not_here(name: str) -> Dataset:
    """Pictures that were in memory when a run was made are nowhere to be read.

    Raises:
        MissingData: always.
    """
    raise MissingData(
        f"The pictures {name!r} were handed over in Python, train(config, dataset=...), and are in "
        "no file."
    )


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


def body_and_query(spec: str) -> tuple[str, str]:
    """What stands before and behind the question mark; a path may have one of its own.

    >>> body_and_query("folder:who?/pictures?size=96"), body_and_query("folder:who?")
    (('folder:who?/pictures', 'size=96'), ('folder:who?', ''))
    """
    body, mark, query = spec.rpartition("?")
    return (body, query) if mark and "=" in query else (spec, "")


def with_size(spec: str, size: int) -> str:
    """The specification with so many pixels a side, where it has such an option and leaves it open.

    >>> with_size("folder:a", 224), with_size("folder:a?size=96", 224), with_size("digits", 224)
    ('folder:a?size=224', 'folder:a?size=96', 'digits')
    """
    query = body_and_query(spec)[1]
    given = {pair.partition("=")[0] for pair in query.split("&")}
    if "size" not in parse(spec)[2] or "size" in given:
        return spec
    return f"{spec}{'&' if query else '?'}size={size}"


def parse(spec: str) -> tuple[str, str, dict[str, int]]:
    """Name, path and options of a specification, all options filled in.

    >>> parse("scenes?images=100")
    ('scenes', '', {'images': 100, 'seed': 0})
    """
    body, query = body_and_query(spec)
    name, _, path = body.partition(":")
    if name not in DATASETS:
        raise unknown("data set", name, DATASETS)
    if bool(path) != DATASETS[name].takes_path:
        example = f"{name}:PATH" if DATASETS[name].takes_path else name
        came = "needs a path" if DATASETS[name].takes_path else "takes no path"
        raise ValueError(f"The data set {name!r} {came}, got {spec!r}; write {example}.")
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
