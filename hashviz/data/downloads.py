"""Archives from the web: fetched with a bar, continued after a break, verified, unpacked."""

import hashlib
import sys
import tarfile
import urllib.request
from collections.abc import Callable
from pathlib import Path
from urllib.error import HTTPError

from hashviz.files import check_room

PATIENCE = 30
"""Seconds without a byte until a download has failed."""


def archive(url: str, md5: str) -> Callable[[Path], None]:
    """Return a function that downloads a tar archive into a folder and unpacks it there."""

    def fetch(folder: Path) -> None:
        file = folder / url.rpartition("/")[2]
        fetch_file(url, file, md5)
        with tarfile.open(file) as packed:
            packed.extractall(folder, filter="data")

    return fetch


def fetch_file(url: str, file: Path, md5: str) -> None:
    """Download a file, or what an interrupted download left of it, with a bar on stderr.

    Bytes that turn out to be wrong are thrown away and fetched once more.

    Raises:
        OSError: when the connection fails or ends early; what came is kept for the next time.
        RuntimeError: when what came twice is not the file.
        ValueError: when the disk has no room.
    """
    for _ in range(2):
        if not file.is_file() or checksum(file) != md5:
            append(url, file)
        if checksum(file) == md5:
            return
        file.unlink()
    raise RuntimeError(f"{url} is not the official file: its md5 sum differs")


def append(url: str, file: Path) -> None:
    """Fetch the bytes that a file lacks; all of them where the server does not give parts."""
    from tqdm import tqdm

    there = file.stat().st_size if file.is_file() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={there}-"} if there else {})
    try:
        answer = urllib.request.urlopen(request, timeout=PATIENCE)
    except HTTPError as error:
        if error.code == 416:  # nothing is missing, so the checksum decides
            return
        raise
    with answer, file.open("ab" if answer.status == 206 else "wb") as out:
        start = out.tell() if answer.status == 206 else 0
        left = int(answer.headers.get("Content-Length") or 0)
        check_room(file, 3 * left, f"{file.name} and what is in it take", "make room, or choose "
                   "another disk with --data-root.")  # fmt: skip
        with tqdm(
            desc=file.name, total=start + left or None, initial=start, unit="B", unit_scale=True,
            file=sys.stderr,
        ) as bar:  # fmt: skip
            while part := answer.read(1 << 18):
                out.write(part)
                bar.update(len(part))
        if left and out.tell() < start + left:
            raise OSError(f"the connection ended after {out.tell():,} of {start + left:,} bytes")


def checksum(file: Path) -> str:
    """Return the md5 sum of a file in hexadecimal."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
