"""Data sets of small images in their official files, read only after their checksums are right."""

import gzip
import hashlib
import io
import pickle
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hashviz.data.base import Dataset, MissingData
from hashviz.metrics.labels import multi_hot


@dataclass(frozen=True, kw_only=True)
class Release:
    """The files of a data set as its authors published them, with their md5 sums."""

    name: str
    title: str
    folder: str
    files: dict[str, str]
    size: str
    url: str
    fetch: Callable[[Path], None]


def fetch_cifar10(folder: Path) -> None:
    """Download and unpack with torchvision, which verifies the archive."""
    from torchvision.datasets import CIFAR10

    CIFAR10(str(folder), download=True)


def fetch_svhn(folder: Path) -> None:
    """Download both files with torchvision, which verifies them."""
    from torchvision.datasets import SVHN

    for part in ("train", "test"):
        SVHN(str(folder), split=part, download=True)


def fetch_cifar100(folder: Path) -> None:
    """Download and unpack with torchvision, which verifies the archive."""
    from torchvision.datasets import CIFAR100

    CIFAR100(str(folder), download=True)


def fetch_fashion(folder: Path) -> None:
    """Download the four files with torchvision, which verifies them."""
    from torchvision.datasets import FashionMNIST

    FashionMNIST(str(folder), download=True)


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
    fetch=fetch_cifar10,
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
    fetch=fetch_cifar100,
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
    fetch=fetch_fashion,
)
SVHN = Release(
    name="svhn",
    title="SVHN",
    folder="",
    files={
        "train_32x32.mat": "e26dedcc434d2e4c54c9b2d4a06d8373",
        "test_32x32.mat": "eb5a983be6a315427106f1b164d9cef3",
    },
    size="235 MiB",
    url="http://ufldl.stanford.edu/housenumbers/",
    fetch=fetch_svhn,
)
RELEASES = {release.name: release for release in (CIFAR10, CIFAR100, SVHN, FASHION)}


def read_cifar10(root: Path) -> Dataset:
    """50,000 train and then 10,000 test photographs, in the official order.

    Raises:
        MissingData: when a file is absent or is not the official one.
    """
    files = verified(CIFAR10, root)
    names = [name.decode() for name in unpickled(files.pop("batches.meta"))[b"label_names"]]
    batches = [unpickled(files.pop(name)) for name in list(files)]
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
    """50,000 train and then 10,000 test photographs of 100 classes; attribute `coarse` is of 20.

    Raises:
        MissingData: when a file is absent or is not the official one.
    """
    files = verified(CIFAR100, root)
    meta = unpickled(files["meta"])
    halves = [unpickled(files[name]) for name in ("train", "test")]
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


GARMENTS = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)


def read_fashion_mnist(root: Path) -> Dataset:
    """60,000 train and then 10,000 test pictures of garments, 28x28 in a black frame of 32x32.

    Raises:
        MissingData: when a file is absent or is not the official one.
    """
    train, train_labels, test, test_labels = (
        idx(gzip.decompress(data)) for data in verified(FASHION, root).values()
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
    """The array of a file in MNIST's format: two zeros, 8 for bytes, axes, sizes, values."""
    axes = data[3]
    shape = np.frombuffer(data, ">u4", axes, 4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * axes).reshape(shape)


def read_svhn(root: Path) -> Dataset:
    """73,257 train and then 26,032 test house numbers; class 10 of the files is the digit 0.

    Raises:
        MissingData: when a file is absent or is not the official one.
    """
    from scipy.io import loadmat

    parts = [loadmat(io.BytesIO(data)) for data in verified(SVHN, root).values()]
    images = np.concatenate([part["X"].transpose(3, 0, 1, 2) for part in parts])
    digits = np.concatenate([part["y"].ravel() for part in parts]).astype(np.int64) % 10
    sizes = [part["X"].shape[3] for part in parts]
    return Dataset(
        name="svhn",
        images=images,
        labels=multi_hot(digits, 10),
        classes=tuple("0123456789"),
        official=np.repeat(np.array([0, 1], np.int8), sizes),
    )


def verified(release: Release, root: Path) -> dict[str, bytes]:
    """The bytes of all files, each the one that was published.

    Raises:
        MissingData: with the way to get them.
    """
    folder = root / release.folder
    absent = [name for name in release.files if not (folder / name).is_file()]
    how = (
        f"`python -m hashviz.data {release.name} --data-root {root}` downloads it "
        f"({release.size}), or put the files of {release.url} there; another data root is given "
        "by --data-root or HASHVIZ_DATA."
    )
    if absent:
        raise MissingData(
            f"{release.title} is not complete in {str(folder)!r}: no {', '.join(absent)}. {how}"
        )
    contents = {}
    for name, checksum in release.files.items():
        data = (folder / name).read_bytes()
        if hashlib.md5(data, usedforsecurity=False).hexdigest() != checksum:
            raise MissingData(
                f"{str(folder / name)!r} is not the official file: its md5 sum differs, perhaps "
                f"it is incomplete. Delete it; {how}"
            )
        contents[name] = data
    return contents


def download(name: str, root: Path) -> Path:
    """Fetch a data set into the data root; nothing else in the suite goes to the network.

    What is complete and official is left alone. The files appear under their names only when all
    of them are right; an interrupted download keeps the files it finished in a hidden folder.

    Raises:
        MissingData: when there is no network, or what came is not official.
    """
    release = RELEASES[name]
    folder = root / release.folder
    try:
        verified(release, root)
        return folder
    except MissingData:
        pass
    part = root / f".{name}.part"
    try:
        part.mkdir(parents=True, exist_ok=True)
        release.fetch(part)
    except ImportError as error:
        raise MissingData("Downloads need torchvision: pip install 'hashviz[train]'.") from error
    except (OSError, RuntimeError) as error:
        raise MissingData(
            f"The download of {release.title} did not work ({error}); try again, or put the files "
            f"of {release.url} into {str(folder)!r}."
        ) from error
    verified(release, part)
    folder.mkdir(parents=True, exist_ok=True)
    for file in release.files:
        (part / release.folder / file).replace(folder / file)
    shutil.rmtree(part)
    return folder


class ArrayUnpickler(pickle.Unpickler):
    """Lists, numbers, strings and uint8 arrays; anything else that a pickle asks for is refused."""

    def find_class(self, module_name: str, global_name: str) -> Any:
        """The three names that Python 2 wrote for an array."""
        known = {
            ("numpy.core.multiarray", "_reconstruct"): lambda kind, *_: np.ndarray(0, np.uint8),
            ("numpy", "ndarray"): np.ndarray,
            ("numpy", "dtype"): lambda code, *_: np.dtype(code),
        }
        try:
            return known[module_name, global_name]
        except KeyError:
            raise pickle.UnpicklingError(f"refused {module_name}.{global_name}") from None


def unpickled(data: bytes) -> dict[bytes, Any]:
    """The dictionary of one official batch."""
    return ArrayUnpickler(io.BytesIO(data), encoding="bytes").load()
