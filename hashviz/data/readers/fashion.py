"""Fashion-MNIST: pictures of garments in the format of MNIST.

Xiao, Rasul and Vollgraf, arXiv 1708.07747, 2017.
https://github.com/zalandoresearch/fashion-mnist; MIT license.
"""

import gzip

import numpy as np

from hashviz.data.base import Dataset
from hashviz.data.draws import official, per_class
from hashviz.data.releases import Release, join_halves, read_verified, torchvision
from hashviz.data.rows import DatasetRow, Source

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


def read_fashion_mnist(source: Source) -> Dataset:
    """Load 60,000 train and 10,000 test pictures of garments, 28x28 in a black frame of 32x32.

    Raises:
        MissingData: when a file is absent or is not the official one.
    """
    train, train_labels, test, test_labels = (
        idx(gzip.decompress(data)) for data in read_verified(FASHION, source.root).values()
    )
    halves = [(train, train_labels), (test, test_labels)]
    frame = (0, 0), (2, 2), (2, 2)
    framed = [(np.pad(images, frame)[..., None], labels) for images, labels in halves]
    return join_halves(source.name, framed, GARMENTS)


def idx(data: bytes) -> np.ndarray:
    """Return the array of a file in MNIST's format: two zeros, 8 for bytes, axes, sizes, values."""
    axes = data[3]
    shape = np.frombuffer(data, ">u4", axes, 4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * axes).reshape(shape)


ROWS = {
    "fashion-mnist": DatasetRow(
        load=read_fashion_mnist,
        title="Fashion-MNIST",
        description="70,000 pictures of garments, 28x28 pixels in a frame of 32x32",
        classes=10,
        release=FASHION,
        protocols={
            "fashion-official": official(
                test=10_000, train=60_000, source="Xiao et al., 2017: the official split"
            ),
            "fashion-tenth": per_class(
                100, None, 600, of=(70_000, 10), source="hashviz, the ratios of fashion-official"
            ),
        },
    )
}
