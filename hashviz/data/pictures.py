"""Many picture files as one array: in memory, or, where they are very many, in a file of the cache.

    pictures/<key>/images.npy    uint8 [n, size, size, 3], read through a memory map
    pictures/<key>/about.json    which pictures, which could not be read

The key stands for names, sizes and dates of the files, so a changed folder is read again.
"""

import hashlib
import json
import os
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from hashviz.data.base import Dataset, MissingData
from hashviz.data.images import ImageError, fit_image, read_image
from hashviz.data.texts import exists, inward, printable
from hashviz.files import cache_folder, check_room, new_folder

IN_MEMORY = 8 << 20
"""Bytes of pictures that are decoded every time; more of them are kept decoded on disk."""
SIZES = range(8, 1025)
FORMAT = 1

Progress = Callable[[int, int], None]


def load_pictures(
    name: str,
    base: Path,
    paths: Sequence[str],
    labels: np.ndarray,
    classes: Sequence[str],
    *,
    size: int,
    official: np.ndarray | None = None,
    attributes: Mapping[str, np.ndarray] | None = None,
    progress: Progress | None = None,
    report: Sequence[str] = (),
    how: str = "",
) -> Dataset:
    """Load listed pictures below `base`, cut to the middle and `size` pixels a side.

    `labels` is bool [paths, classes]; `official` and `attributes` have a row per path too. Listed
    twice, a picture has the labels of both lines. Pictures that are missing, broken or not
    below `base` are left out, those without a label are kept, and the report says so.

    Raises:
        MissingData: when none of the pictures can be read; `how` says how to get them.
        ValueError: when the size is out of range.
    """
    check_size(size)
    lines = list(report)
    place: dict[str, int] = {}
    labels = labels.copy()
    again = []
    for row, path in enumerate(paths):
        if path in place:
            labels[place[path]] |= labels[row]
            again.append(path)
        else:
            place[path] = row
    if again:
        lines.append(report_line("pictures listed again, labels joined", set(again)))
    outside = [path for path in place if not inward(path)]
    if outside:
        lines.append(report_line("pictures that lie outside the folder, not read", outside))
    there = {path: base / path for path in place if inward(path)}
    missing = [path for path, file in there.items() if not exists(file)]
    for path in missing:
        del there[path]
    if missing:
        lines.append(report_line("missing pictures", missing))
    images, kept = read_pictures(there, size, progress, lines)
    if not kept:
        found = "; ".join(line[:200] for line in lines[:2]) or "none is listed"
        raise MissingData(f"There are no pictures to read in {str(base)!r}: {found}. {how}".strip())
    rows = np.array([place[path] for path in kept])
    labels = labels[rows]
    if unlabeled := int((~labels.any(1)).sum()):
        lines.append(f"pictures without a label: {unlabeled:,} of {len(kept):,}")
    columns = {key: column[rows] for key, column in (attributes or {}).items()}
    return Dataset(
        name=name,
        images=images,
        labels=labels,
        classes=tuple(classes),
        official=None if official is None else official[rows],
        attributes={**columns, "path": np.array(kept)},
        report=tuple(lines),
    )


def check_size(size: int) -> None:
    """Refuse a size that no picture can have.

    Raises:
        ValueError: with the range.
    """
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
    if about["failed"]:
        report.append(report_line("pictures that cannot be read", about["failed"]))
    if small := about.get("enlarged", 0):  # not told of what was kept before this was counted
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
    size = images.shape[1]

    def decode(path: str) -> tuple[np.ndarray, int] | str:
        try:
            rgb = read_image(paths[path], longest=4 * size)
            return fit_image(rgb, size), min(rgb.shape[:2])
        except ImageError as error:
            return f"{path}: {error}"

    kept: list[str] = []
    failed: list[str] = []
    enlarged, least = 0, size
    # Pillow releases the interpreter lock while it decodes, so threads are enough. Few are under
    # way at any time, so that decoded pictures do not pile up.
    workers = min(8, os.cpu_count() or 1)
    with ThreadPoolExecutor(workers) as pool:
        coming = iter(paths)
        waiting: deque = deque()
        try:
            for path in coming:
                waiting.append((path, pool.submit(decode, path)))
                if len(waiting) == 4 * workers:
                    break
            done = 0
            while waiting:
                path, result = waiting.popleft()
                picture = result.result()
                if (after := next(coming, None)) is not None:
                    waiting.append((after, pool.submit(decode, after)))
                if isinstance(picture, str):
                    failed.append(picture)
                else:
                    images[len(kept)], side = picture
                    kept.append(path)
                    enlarged, least = enlarged + (side < size), min(least, side)
                done += 1
                if progress is not None:
                    progress(done, len(paths))
        except BaseException:  # Ctrl-C ends now, not after the last picture
            pool.shutdown(cancel_futures=True)
            raise
    return {"kept": kept, "failed": failed, "enlarged": enlarged, "least": least}


def report_line(what: str, names: Iterable[str]) -> str:
    """Return a line of the report: what, how many, and which, up to a thousand of them by name.

    >>> report_line("missing pictures", ["b.png", "a.png"])
    'missing pictures: 2 (a.png; b.png)'
    """
    names = sorted(map(printable, names))
    shown = "; ".join(names[:1000]) + ("; ..." if len(names) > 1000 else "")
    return f"{what}: {len(names):,} ({shown})"
