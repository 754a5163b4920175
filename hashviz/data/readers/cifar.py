"""CIFAR-10 and CIFAR-100: photographs of 32x32 pixels in the pickles of their authors.

https://www.cs.toronto.edu/~kriz/cifar.html; no license stated, the authors ask to cite the report.
"""

from pathlib import Path

import numpy as np

from hashviz.data.base import Dataset
from hashviz.data.downloads import archive
from hashviz.data.draws import official
from hashviz.data.releases import Release, read_verified, unpickle
from hashviz.data.rows import DatasetRow, Protocol, drawn_per_class, official_split
from hashviz.metrics.labels import multi_hot

CIFAR10 = Release(
    name="cifar10",
    title="CIFAR-10",
    folder="cifar-10-batches-py",
    files={
        "data_batch_1": "c99cafc152244af753f735de768cd75f",
        "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
        "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
        "data_batch_4": "634d18415352ddfa80567beed471001a",
        "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
        "test_batch": "40351d587109b95175f43aff81a1287e",
        "batches.meta": "5ff9c542aee3614f3951f8cda6e48888",
    },
    size="163 MB to download, 178 MiB unpacked",
    url="https://www.cs.toronto.edu/~kriz/cifar.html",
    fetch=archive(
        "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
        "c58f30108f718f92721af3b95e74349a",
    ),
)
CIFAR100 = Release(
    name="cifar100",
    title="CIFAR-100",
    folder="cifar-100-python",
    files={
        "train": "16019d7e3df5f24257cddd939b257f8d",
        "test": "f0ef6b0ae62326f3e7ffdfab6717acfc",
        "meta": "7973b15100ade9c7d40fb424638fde48",
    },
    size="161 MB to download, 178 MiB unpacked",
    url="https://www.cs.toronto.edu/~kriz/cifar.html",
    fetch=archive(
        "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz",
        "eb9058c3a382ffc7106e4002c42a8d85",
    ),
)


def read_cifar10(root: Path) -> Dataset:
    """Load 50,000 train and then 10,000 test photographs, in the official order.

    Raises:
        MissingData: when a file is absent or is not the official one.
    """
    files = read_verified(CIFAR10, root)
    names = [name.decode() for name in unpickle(files.pop("batches.meta"))[b"label_names"]]
    batches = [unpickle(files.pop(name)) for name in list(files)]
    sizes = [len(batch[b"labels"]) for batch in batches]
    images = np.empty((sum(sizes), 32, 32, 3), np.uint8)
    start = 0
    for size, batch in zip(sizes, batches, strict=True):
        images[start : start + size] = batch[b"data"].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
        start += size
    return Dataset(
        name="cifar10",
        images=images,
        labels=multi_hot(np.concatenate([batch[b"labels"] for batch in batches]), len(names)),
        classes=tuple(names),
        official=np.repeat(np.array([0] * (len(sizes) - 1) + [1], np.int8), sizes),
    )


def read_cifar100(root: Path) -> Dataset:
    """Load 50,000 train and 10,000 test photographs of 100 classes; attribute `coarse` has 20.

    Raises:
        MissingData: when a file is absent or is not the official one.
    """
    files = read_verified(CIFAR100, root)
    meta = unpickle(files["meta"])
    halves = [unpickle(files[name]) for name in ("train", "test")]
    pixels = np.concatenate([half[b"data"] for half in halves])
    names = [name.decode() for name in meta[b"fine_label_names"]]
    groups = np.array([name.decode() for name in meta[b"coarse_label_names"]])
    return Dataset(
        name="cifar100",
        images=np.ascontiguousarray(pixels.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)),
        labels=multi_hot(np.concatenate([half[b"fine_labels"] for half in halves]), len(names)),
        classes=tuple(names),
        official=np.repeat(np.array([0, 1], np.int8), [len(half[b"data"]) for half in halves]),
        attributes={"coarse": groups[np.concatenate([half[b"coarse_labels"] for half in halves])]},
    )


ROWS = {
    "cifar10": DatasetRow(
        load=lambda source: read_cifar10(source.root),
        title="CIFAR-10",
        description="60,000 photographs of 32x32 pixels",
        classes=10,
        multi_label=False,
        release=CIFAR10,
        source="Krizhevsky, technical report, University of Toronto 2009",
        protocols=(
            drawn_per_class(
                "cifar10-p1",
                "CIFAR-10, 1,000 queries, train inside the database",
                60_000,
                10,
                query=100,
                train=500,
                source="kunhe/TALR; orthohash; 'CIFAR10-1' of swuxyj/DeepHash-pytorch",
            ),
            drawn_per_class(
                "cifar10-p1x",
                "CIFAR-10, 1,000 queries, train outside the database",
                60_000,
                10,
                query=100,
                train=500,
                train_in_database=False,
                source="'cifar10' of swuxyj/DeepHash-pytorch; thulab/DeepHash (R = 54,000)",
            ),
            drawn_per_class(
                "cifar10-p2",
                "CIFAR-10, 10,000 queries, everything else learns",
                60_000,
                10,
                query=1_000,
                train=None,
                source="'CIFAR10-2' of swuxyj/DeepHash-pytorch",
            ),
            official_split(
                "cifar10-official",
                "CIFAR-10",
                test=10_000,
                train=50_000,
                source="Lin et al. (DLBHC), CVPRW 2015; Yang et al. (SSDH), 2015",
            ),
            Protocol(
                name="cifar10-dsh-queries-in-database",
                title="CIFAR-10, test asks test: every query finds itself",
                draw=official(queries_in_database=True),
                query="the 10,000 test images",
                train="the 50,000 train images",
                database="the same 10,000 test images",
                sizes=(10_000, 50_000, 10_000),
                queries_in_database=True,
                train_in_database=False,
                source="Liu et al. (DSH), CVPR 2016: test_map.m of the release",
            ),
            drawn_per_class(
                "cifar10-small",
                "CIFAR-10, a tenth of cifar10-p1 for a processor without GPU",
                60_000,
                10,
                query=10,
                train=50,
                database=590,
                source="hashviz, the ratios of cifar10-p1",
            ),
            drawn_per_class(
                "cifar10-tenth",
                "CIFAR-10, a tenth of cifar10-p2 for a processor without GPU",
                60_000,
                10,
                query=100,
                train=None,
                database=500,
                source="hashviz, the ratios of cifar10-p2",
            ),
        ),
    ),
    "cifar100": DatasetRow(
        load=lambda source: read_cifar100(source.root),
        title="CIFAR-100",
        description="60,000 photographs of 32x32 pixels in 100 classes",
        classes=100,
        multi_label=False,
        release=CIFAR100,
        source="Krizhevsky, technical report, University of Toronto 2009",
        protocols=(
            official_split(
                "cifar100-official",
                "CIFAR-100",
                test=10_000,
                train=50_000,
                source="Krizhevsky, 2009: the official split",
            ),
            drawn_per_class(
                "cifar100-tenth",
                "CIFAR-100, a tenth of the official sizes for a processor without GPU",
                60_000,
                100,
                query=10,
                train=None,
                database=50,
                source="hashviz, the ratios of cifar100-official",
            ),
        ),
    ),
}
