"""CIFAR-10 and CIFAR-100: photographs of 32x32 pixels in the pickles of their authors.

Krizhevsky, technical report, University of Toronto 2009. https://www.cs.toronto.edu/~kriz/cifar.html;
no license stated, the authors ask to cite the report.
"""

from functools import partial

import numpy as np

from hashviz.data.base import Dataset
from hashviz.data.draws import official, per_class
from hashviz.data.releases import Release, join_halves, read_verified, torchvision, unpickle
from hashviz.data.rows import DatasetRow, Source

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
    fetch=torchvision("CIFAR10"),
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
    fetch=torchvision("CIFAR100"),
)


def read_cifar(source: Source, release: Release, kind: bytes = b"") -> Dataset:
    """Load 50,000 train and then 10,000 test photographs, in the official order.

    Of CIFAR-100 `kind` chooses the fine classes, and the attribute `coarse` has the 20 groups.

    Raises:
        MissingData: when a file is absent or is not the official one.
    """
    *batches, meta = map(unpickle, read_verified(release, source.root).values())
    attributes = {}
    if kind:
        groups = np.array([name.decode() for name in meta[b"coarse_label_names"]])
        coarse = np.concatenate([batch[b"coarse_labels"] for batch in batches])
        attributes["coarse"] = groups[coarse]
    return join_halves(
        source.name,
        [
            (batch[b"data"].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), batch[kind + b"labels"])
            for batch in batches
        ],
        [name.decode() for name in meta[kind + b"label_names"]],
        **attributes,
    )


of_10 = partial(per_class, of=(60_000, 10))
official_halves = partial(official, test=10_000, train=50_000)

ROWS = {
    "cifar10": DatasetRow(
        load=lambda source: read_cifar(source, CIFAR10),
        title="CIFAR-10",
        description="60,000 photographs of 32x32 pixels",
        classes=10,
        release=CIFAR10,
        protocols={
            "cifar10-p1": of_10(
                100, 500, source="kunhe/TALR; orthohash; 'CIFAR10-1' of swuxyj/DeepHash-pytorch"
            ),
            "cifar10-p1x": of_10(
                100,
                500,
                train_in_database=False,
                source="'cifar10' of swuxyj/DeepHash-pytorch; thulab/DeepHash (R = 54,000)",
            ),
            "cifar10-p2": of_10(1_000, None, source="'CIFAR10-2' of swuxyj/DeepHash-pytorch"),
            "cifar10-official": official_halves(
                source="Lin et al. (DLBHC), CVPRW 2015; Yang et al. (SSDH), 2015"
            ),
            "cifar10-dsh-queries-in-database": official_halves(
                queries_in_database=True,
                train_in_database=False,
                source="Liu et al. (DSH), CVPR 2016: test_map.m of the release",
            ),
            "cifar10-small": of_10(10, 50, 590, source="hashviz, the ratios of cifar10-p1"),
            "cifar10-tenth": of_10(100, None, 500, source="hashviz, the ratios of cifar10-p2"),
        },
    ),
    "cifar100": DatasetRow(
        load=lambda source: read_cifar(source, CIFAR100, b"fine_"),
        title="CIFAR-100",
        description="60,000 photographs of 32x32 pixels in 100 classes",
        classes=100,
        release=CIFAR100,
        protocols={
            "cifar100-official": official_halves(source="Krizhevsky, 2009: the official split"),
            "cifar100-tenth": per_class(
                10, None, 50, of=(60_000, 100), source="hashviz, the ratios of cifar100-official"
            ),
        },
    ),
}
