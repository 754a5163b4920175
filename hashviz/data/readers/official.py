"""CIFAR, Fashion-MNIST and SVHN: small pictures in the official files, each in its own format.

CIFAR-10 and CIFAR-100: Krizhevsky, technical report, University of Toronto 2009.
https://www.cs.toronto.edu/~kriz/cifar.html; no license stated, the authors ask to cite the report.

Fashion-MNIST: Xiao, Rasul and Vollgraf, arXiv 1708.07747, 2017.
https://github.com/zalandoresearch/fashion-mnist; MIT license.

Street View House Numbers: Netzer et al., NIPS workshop 2011.
http://ufldl.stanford.edu/housenumbers; for non-commercial use.

All readers raise `MissingData` when a file is absent or is not the official one.
"""

import gzip
import io
import pickle
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from hashviz.data.base import Dataset
from hashviz.data.downloads import archive
from hashviz.data.draws import official, per_class
from hashviz.data.releases import Release, read_verified, torchvision
from hashviz.data.rows import DatasetRow, Source
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
SVHN = Release(
    name="svhn",
    title="Street View House Numbers",
    folder="",
    files={
        "train_32x32.mat": "e26dedcc434d2e4c54c9b2d4a06d8373",
        "test_32x32.mat": "eb5a983be6a315427106f1b164d9cef3",
    },
    size="235 MiB",
    url="http://ufldl.stanford.edu/housenumbers/",
    fetch=torchvision("SVHN", {"split": "train"}, {"split": "test"}),
)


Halves = tuple[list[tuple[np.ndarray, Any]], Sequence[str], dict[str, np.ndarray]]
"""Images and labels of every part, of which the last is for tests; classes; attributes."""


def released(release: Release, read: Callable[..., Halves], **about: Any) -> DatasetRow:
    """Return the row of a release whose files `read` understands; `about` are its other fields."""

    def load(source: Source) -> Dataset:
        parts, classes, attributes = read(*read_verified(release, source.root).values())
        pixels, labels = zip(*parts, strict=True)
        halves = [0] * (len(parts) - 1) + [1]
        return Dataset(
            name=source.name,
            images=np.ascontiguousarray(np.concatenate(pixels)),
            labels=multi_hot(np.concatenate(labels).astype(np.int64), len(classes)),
            classes=tuple(classes),
            official=np.repeat(halves, [len(images) for images in pixels]).astype(np.int8),
            attributes=attributes,
        )

    return DatasetRow(load=load, title=release.title, release=release, **about)


def read_cifar10(*files: bytes, kind: bytes = b"") -> Halves:
    """Read 50,000 train and then 10,000 test photographs, in the official order."""
    *batches, meta = map(unpickle, files)
    parts = [
        (batch[b"data"].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), batch[kind + b"labels"])
        for batch in batches
    ]
    return parts, [name.decode() for name in meta[kind + b"label_names"]], {}


def read_cifar100(train: bytes, test: bytes, meta: bytes) -> Halves:
    """Read the same with 100 fine classes; the attribute `coarse` has the 20 groups."""
    parts, classes, _ = read_cifar10(train, test, meta, kind=b"fine_")
    groups = np.array([name.decode() for name in unpickle(meta)[b"coarse_label_names"]])
    coarse = [unpickle(half)[b"coarse_labels"] for half in (train, test)]
    return parts, classes, {"coarse": groups[np.concatenate(coarse)]}


def read_fashion_mnist(*files: bytes) -> Halves:
    """Read 60,000 train and 10,000 test pictures of garments, 28x28 in a black frame of 32x32."""
    arrays = [idx(gzip.decompress(data)) for data in files]
    frame = (0, 0), (2, 2), (2, 2)
    images = [np.pad(array, frame)[..., None] for array in arrays[::2]]
    return list(zip(images, arrays[1::2], strict=True)), GARMENTS, {}


def idx(data: bytes) -> np.ndarray:
    """Return the array of a file in MNIST's format: two zeros, 8 for bytes, axes, sizes, values."""
    axes = data[3]
    shape = np.frombuffer(data, ">u4", axes, 4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * axes).reshape(shape)


def read_svhn(*files: bytes) -> Halves:
    """Read 73,257 train and then 26,032 test house numbers; class 10 of the files is digit 0."""
    from scipy.io import loadmat

    parts = [loadmat(io.BytesIO(data)) for data in files]
    halves = [(part["X"].transpose(3, 0, 1, 2), part["y"].ravel() % 10) for part in parts]
    return halves, "0123456789", {}


class ArrayUnpickler(pickle.Unpickler):
    """Read lists, numbers, strings and uint8 arrays; refuse anything else a pickle asks for."""

    def find_class(self, module_name: str, global_name: str) -> Any:
        """Return what stands for one of the three names that Python 2 wrote for an array."""
        known = {
            ("numpy.core.multiarray", "_reconstruct"): lambda kind, *_: np.ndarray(0, np.uint8),
            ("numpy", "ndarray"): np.ndarray,
            ("numpy", "dtype"): lambda code, *_: np.dtype(code),
        }
        try:
            return known[module_name, global_name]
        except KeyError:
            raise pickle.UnpicklingError(f"refused {module_name}.{global_name}") from None


def unpickle(data: bytes) -> dict[bytes, Any]:
    """Return the dictionary of one official batch."""
    return ArrayUnpickler(io.BytesIO(data), encoding="bytes").load()


of_10 = partial(per_class, of=(60_000, 10))
official_halves = partial(official, test=10_000, train=50_000)

ROWS = {
    "cifar10": released(
        CIFAR10,
        read_cifar10,
        description="60,000 photographs of 32x32 pixels",
        classes=10,
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
    "cifar100": released(
        CIFAR100,
        read_cifar100,
        description="60,000 photographs of 32x32 pixels in 100 classes",
        classes=100,
        protocols={
            "cifar100-official": official_halves(source="Krizhevsky, 2009: the official split"),
            "cifar100-tenth": per_class(
                10, None, 50, of=(60_000, 100), source="hashviz, the ratios of cifar100-official"
            ),
        },
    ),
    "fashion-mnist": released(
        FASHION,
        read_fashion_mnist,
        description="70,000 pictures of garments, 28x28 pixels in a frame of 32x32",
        classes=10,
        protocols={
            "fashion-official": official(
                test=10_000, train=60_000, source="Xiao et al., 2017: the official split"
            ),
            "fashion-tenth": per_class(
                100, None, 600, of=(70_000, 10), source="hashviz, the ratios of fashion-official"
            ),
        },
    ),
    "svhn": released(
        SVHN,
        read_svhn,
        description="99,289 photographs of digits, 32x32 pixels",
        classes=10,
        protocols={
            "svhn-p1": per_class(
                100,
                500,
                of=(99_289, 10),
                source="the rule of cifar10-p1 (after Liu et al., KSH, CVPR 2012)",
            ),
            "svhn-official": official(
                test=26_032,
                train=73_257,
                source="Netzer et al., 2011: the official split; DFEH (2022) names no database",
            ),
        },
    ),
}
