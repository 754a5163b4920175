"""Many picture files as one array: in memory, or, where they are very many, in a file of the cache.

    pictures/<key>/images.npy    uint8 [n, size, size, 3], read through a memory map
    pictures/<key>/about.json    which pictures, which could not be read

The key stands for names, sizes and dates of the files, so a changed folder is read again.
"""

import hashlib
import json
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from hashviz.data.base import Dataset, MissingData
from hashviz.data.rows import DatasetRow, Source
from hashviz.data.texts import inward, printable
from hashviz.files import cache_folder, check_room, new_folder

IN_MEMORY = 8 << 20
"""Bytes of pictures that are decoded every time; more of them are kept decoded on disk."""
SIZES = range(8, 1025)
FORMAT = 2
AT_ONCE = 1000
"""Pictures that wait for a thread together; a call for each of very many would take memory."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class Listing:
    """Pictures that a data set lists below the folder `base`, each with a row of labels.

    `labels` is bool [paths, classes]; `official` and `attributes` have a row per path too. `report`
    says in sentences what is not listed.
    """

    base: Path
    paths: Sequence[str]
    labels: np.ndarray
    classes: Sequence[str]
    official: np.ndarray | None = None
    attributes: dict[str, np.ndarray] = field(default_factory=dict)
    report: Sequence[str] = ()


def listed(
    read: Callable[[Path], Listing], how: str, folder: Path | None = None, **about: Any
) -> DatasetRow:
    """Return the row of a data set whose pictures `read` lists; `about` are its other fields.

    They lie in a folder of the data root or, without one, at the path of the specification. What is
    missing is told together with `how` to get it.
    """

    def load(source: Source, size: int) -> Dataset:
        check_size(size)
        base = source.root / folder if folder else Path(source.path).expanduser()
        try:
            return load_pictures(source.name, read(base), size, source.progress)
        except MissingData as error:
            raise MissingData(f"{error} {how}") from None

    return DatasetRow(load=load, options={"size": 64}, **about)


def locate(base: Path, path: str, resolve: Callable[[Path], str] = os.path.realpath) -> Path | None:
    """Return where a listed picture would lie, perhaps outside of `base`; None for an odd name."""
    try:
        file = Path(resolve(base / path))
        is_there = file.exists() or not inward(path)
        return file if is_there else Path(resolve(base / "images" / path))
    except (OSError, ValueError):  # a NUL byte, a name too long
        return None


def load_pictures(
    name: str, listing: Listing, size: int, progress: Progress | None = None, *, follow: bool = True
) -> Dataset:
    """Load listed pictures, cut to the middle and `size` pixels a side.

    Listed twice, a picture has the labels of both lines. Pictures that are missing, broken or not
    below the folder are left out, those without a label are kept, and the report says so. Only with
    `follow` may a link lead out of the folder. A list may stand beside a folder named `images` and
    leave that out of its paths.

    Raises:
        MissingData: when none of the pictures can be read.
    """
    report, labels = list(listing.report), listing.labels.copy()
    resolve = os.path.abspath if follow else os.path.realpath
    base = Path(resolve(listing.base))

    rows: dict[str, int] = {}
    files: dict[str, Path] = {}
    again, outside, missing = [], [], []
    for row, path in enumerate(listing.paths):
        file = locate(base, path, resolve)
        if file is not None and not file.is_relative_to(base):
            outside.append(path)
        elif file is None or not file.is_file():
            missing.append(path)
        else:
            # Never where on this machine the folder lies, even where a list says it.
            shown = printable(path if inward(path) else file.relative_to(base).as_posix())
            if shown in rows:
                again.append(shown)
                labels[rows[shown]] |= labels[row]
            else:
                rows[shown], files[shown] = row, file
    note(report, "pictures listed again, labels joined", again)
    note(report, "pictures that lie outside the folder, not read", outside)
    note(report, "missing pictures", missing)
    odd = [path for path in listing.paths if printable(path) != path]
    note(report, "names that are not UTF-8, kept with \\x for their bytes", odd)
    images, kept = read_pictures(files, size, progress, report)
    if not kept:
        from hashviz.data.images import READABLE

        found = "; ".join(line[:200] for line in report[:2]) or "none is listed"
        raise MissingData(f"There are no pictures to read in {str(base)!r} ({READABLE}): {found}.")
    place = [rows[path] for path in kept]
    labels = labels[place]
    if unlabeled := int((~labels.any(1)).sum()):
        report.append(f"pictures without a label: {unlabeled:,} of {len(kept):,}")
    columns = {key: column[place] for key, column in listing.attributes.items()}
    return Dataset(
        name=name,
        images=images,
        labels=labels,
        classes=tuple(listing.classes),
        official=None if listing.official is None else listing.official[place],
        attributes={**columns, "path": np.array(kept)},
        report=tuple(report),
    )


def check_size(size: int) -> None:
    """Refuse a size that no picture can have, before anything is read."""
    if size not in SIZES:
        raise ValueError(f"Pictures are {SIZES[0]} to {SIZES[-1]} pixels wide, got {size=}.")


def read_pictures(
    paths: Mapping[str, Path], size: int, progress: Progress | None, report: list[str]
) -> tuple[np.ndarray, list[str]]:
    """Read the pictures in the order of their paths; report those that cannot be read.

    Raises:
        ValueError: when there are too many for the disk of the cache.
    """
    shape = (len(paths), size, size, 3)
    if np.prod(shape) <= IN_MEMORY:
        images = np.empty(shape, np.uint8)
        about = decode_all(paths, images, progress)
        images = images[: len(about["kept"])]
    else:
        folder = cache_folder() / "pictures" / key(paths, size)
        if not (folder / "about.json").is_file():
            # Writing an array through a memory map kills the process when the disk is full.
            check_room(
                folder,
                int(np.prod(shape)),
                f"{len(paths):,} pictures of {size}x{size} pixels take",
                "choose a smaller size, or another disk with HASHVIZ_CACHE.",
            )
            with new_folder(folder) as new:
                images = np.lib.format.open_memmap(new / "images.npy", "w+", np.uint8, shape)
                about = decode_all(paths, images, progress)
                images.flush()
                del images
                (new / "about.json").write_text(json.dumps(about), encoding="utf-8")
        about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
        images = np.load(folder / "images.npy", mmap_mode="r")[: len(about["kept"])]
    note(report, "pictures that cannot be read", about["failed"])
    if small := about["enlarged"]:
        least = max(about["least"], SIZES[0])
        report.append(
            f"pictures smaller than {size}x{size} pixels, enlarged: {small:,} of "
            f"{len(about['kept']):,} (?size={least} suits the smallest)"
        )
    return images, about["kept"]


def key(paths: Mapping[str, Path], size: int) -> str:
    """Return a checksum of what decides the array: names, bytes and dates of the files."""
    digest = hashlib.blake2b(f"{FORMAT} {size}".encode(), digest_size=16)
    for path, file in paths.items():
        status = file.stat()
        digest.update(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\n".encode(errors="replace"))
    return digest.hexdigest()


def decode_all(
    paths: Mapping[str, Path], images: np.ndarray, progress: Progress | None
) -> dict[str, Any]:
    """Fill the first rows of `images`: paths `kept`, what `failed`, how many were `enlarged`.

    `least` is the shortest side of all pictures.
    """
    from hashviz.data.images import ImageError, fit_image, read_image  # which imports Pillow

    size, names = images.shape[1], list(paths)

    def decode(row: int) -> int | str:
        try:
            rgb = read_image(paths[names[row]], longest=4 * size)
        except ImageError as error:
            return f"{names[row]}: {error}"
        images[row] = fit_image(rgb, size)
        return min(rgb.shape[:2])

    results: list[int | str] = []
    # Pillow releases the interpreter lock while it decodes, so threads are enough.
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        try:
            for start in range(0, len(names), AT_ONCE):
                for result in pool.map(decode, range(start, min(start + AT_ONCE, len(names)))):
                    results.append(result)
                    if progress is not None:
                        progress(len(results), len(names))
        except BaseException:  # Ctrl-C ends now, not after the last picture
            pool.shutdown(cancel_futures=True)
            raise
    sides = {row: side for row, side in enumerate(results) if isinstance(side, int)}
    for place, row in enumerate(sides):
        if place < row:
            images[place] = images[row]
    return {
        "kept": [names[row] for row in sides],
        "failed": [result for result in results if isinstance(result, str)],
        "enlarged": sum(side < size for side in sides.values()),
        "least": min([size, *sides.values()]),
    }


def note(report: list[str], what: str, names: Collection[str]) -> None:
    """Append a line to the report, unless there is nothing: what, how many, and a thousand by name.

    >>> note(report := [], "missing pictures", ["b.png", "a.png"])
    >>> report
    ['missing pictures: 2 (a.png; b.png)']
    """
    if names:
        names = sorted(set(map(printable, names)))
        shown = "; ".join(names[:1000]) + ("; ..." if len(names) > 1000 else "")
        report.append(f"{what}: {len(names):,} ({shown})")
