"""Fashion-MNIST: pictures of garments in the format of MNIST.

https://github.com/zalandoresearch/fashion-mnist; MIT license.
"""

import gzip
from pathlib import Path

import numpy as np

from hashviz.data.base import Dataset
from hashviz.data.releases import Release, read_verified, torchvision
from hashviz.data.rows import DatasetRow, drawn_per_class, official_split
from hashviz.metrics.labels import multi_hot

FASHION = Release(
    name="fashion-mnist",
    title="Fashion-MNIST",
    folder="FashionMNIST/raw",
    files={
        "train-images-idx3-ubyte.gz": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "train-labels-idx1-ubyte.gz": "25c81989df183df01b3e8a0aad5dffbe",
        "t10k-images-idx3-ubyte.gz": "bef4ecab320f06d8554ea6380940ec79",
        "t10k-labels-idx1-ubyte.gz": "bb300cfdad3c16e7a12a480ee83cd310",
    },
    size="29 MiB",
    url="https://github.com/zalandoresearch/fashion-mnist",
    fetch=torchvision("FashionMNIST"),
)
GARMENTS = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)


def read_fashion_mnist(root: Path) -> Dataset:
    """Load 60,000 train and 10,000 test pictures of garments, 28x28 in a black frame of 32x32.

    Raises:
        MissingData: when a file is absent or is not the official one.
    """
    train, train_labels, test, test_labels = (
        idx(gzip.decompress(data)) for data in read_verified(FASHION, root).values()
    )
    images = np.concatenate([train, test])
    return Dataset(
        name="fashion-mnist",
        images=np.pad(images, ((0, 0), (2, 2), (2, 2)))[..., None],
        labels=multi_hot(np.concatenate([train_labels, test_labels]), len(GARMENTS)),
        classes=GARMENTS,
        official=np.repeat(np.array([0, 1], np.int8), [len(train), len(test)]),
    )


def idx(data: bytes) -> np.ndarray:
    """Return the array of a file in MNIST's format: two zeros, 8 for bytes, axes, sizes, values."""
    axes = data[3]
    shape = np.frombuffer(data, ">u4", axes, 4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * axes).reshape(shape)


ROWS = {
    "fashion-mnist": DatasetRow(
        load=lambda source: read_fashion_mnist(source.root),
        title="Fashion-MNIST",
        description="70,000 pictures of garments, 28x28 pixels in a frame of 32x32",
        classes=10,
        multi_label=False,
        release=FASHION,
        source="Xiao, Rasul and Vollgraf, arXiv 1708.07747, 2017",
        protocols=(
            official_split(
                "fashion-official",
                "Fashion-MNIST",
                test=10_000,
                train=60_000,
                source="Xiao et al., 2017: the official split",
            ),
            drawn_per_class(
                "fashion-tenth",
                "Fashion-MNIST, a tenth of the official sizes for a processor without GPU",
                70_000,
                10,
                query=100,
                train=None,
                database=600,
                source="hashviz, the ratios of fashion-official",
            ),
        ),
    )
}
