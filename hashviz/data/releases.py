"""Official releases: files that are downloaded and read only if their checksums are right."""

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hashviz.data.base import MissingData


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


def torchvision(name: str, *calls: dict[str, str]) -> Callable[[Path], None]:
    """Return a function that downloads into a folder with torchvision, which verifies the files."""

    def fetch(folder: Path) -> None:
        from torchvision import datasets

        for options in calls or ({},):
            getattr(datasets, name)(str(folder), download=True, **options)

    return fetch


def is_there(release: Release, root: Path) -> bool:
    """Return whether all files are there; their checksums are compared when they are read."""
    return all((root / release.folder / name).is_file() for name in release.files)


def read_verified(release: Release, root: Path) -> dict[str, bytes]:
    """Return the bytes of all files, each exactly as it was published.

    Raises:
        MissingData: when a file is absent or is not the official one; with how to get it.
    """
    folder = root / release.folder
    absent = [name for name in release.files if not (folder / name).is_file()]
    how = (
        f"`python -m hashviz.data {release.name} --data-root {root}` downloads it "
        f"({release.size}), or put the files of {release.url} there; choose another data root with "
        "--data-root or HASHVIZ_DATA."
    )
    if absent:
        raise MissingData(
            f"{release.title} is incomplete in {str(folder)!r}: missing {', '.join(absent)}. {how}"
        )
    contents = {}
    for name, checksum in release.files.items():
        data = (folder / name).read_bytes()
        if hashlib.md5(data, usedforsecurity=False).hexdigest() != checksum:
            raise MissingData(
                f"{str(folder / name)!r} is not the official file: its md5 sum differs; it may be "
                f"incomplete. Delete it; {how}"
            )
        contents[name] = data
    return contents


def download(release: Release, root: Path) -> Path:
    """Fetch a release into the data root and return its folder; only this opens the network.

    Complete, official files are left alone. New files appear under their names only when all of
    them are right; an interrupted download keeps what it finished in a hidden folder.

    Raises:
        MissingData: when there is no network, or what came is not official.
    """
    folder = root / release.folder
    try:
        read_verified(release, root)
        return folder
    except MissingData:
        pass
    part = root / f".{release.name}.part"
    try:
        part.mkdir(parents=True, exist_ok=True)
        release.fetch(part)
    except ImportError as error:
        raise MissingData("Downloads need torchvision: pip install 'hashviz[train]'.") from error
    except (OSError, RuntimeError) as error:
        raise MissingData(
            f"The download of {release.title} failed ({error}); try again, or put the files "
            f"of {release.url} into {str(folder)!r}."
        ) from error
    read_verified(release, part)
    folder.mkdir(parents=True, exist_ok=True)
    for file in release.files:
        (part / release.folder / file).replace(folder / file)
    shutil.rmtree(part)
    return folder
