"""CIFAR-10 and SVHN in their official files, read only after their checksums are right."""

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
from hashviz.labels import multi_hot


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
RELEASES = {release.name: release for release in (CIFAR10, SVHN)}


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
        raise MissingData("Downloads need torchvision: pip install hashviz[data].") from error
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
