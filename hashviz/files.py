"""Files and folders that appear whole or not at all."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def sync(path: Path) -> None:
    """Flush a file, or the entries of a folder, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_file(path: Path, *contents: bytes | memoryview) -> None:
    """Replace a file with new content; a crash leaves either the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(contents)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync(path.parent)


def previous(path: Path) -> Path:
    """Return where the old folder is kept while the new one takes its place."""
    return path.with_name(f".{path.name}.previous")


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Yield a folder to fill; it becomes `path` when the block succeeds, else it vanishes.

    An older `path` is moved aside first and removed last, so that one complete folder exists at any
    time; `recover` repairs what a crash between the two renames left.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    recover(path)
    temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".new", dir=path.parent))
    try:
        yield temporary
        for file in temporary.iterdir():
            sync(file)
        sync(temporary)
        temporary.chmod(0o755)
        if path.exists():
            path.rename(previous(path))
        temporary.rename(path)
        sync(path.parent)
        shutil.rmtree(previous(path), ignore_errors=True)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        recover(path)
        raise


def recover(path: Path) -> None:
    """Give the old folder its name back if a crash came before the new one took its place."""
    old = previous(path)
    if old.is_dir():
        if path.exists():
            shutil.rmtree(old, ignore_errors=True)
        else:
            old.rename(path)


def cache_folder() -> Path:
    """Return HASHVIZ_CACHE, or ~/.cache/hashviz; its content may be deleted at any time."""
    return Path(os.environ.get("HASHVIZ_CACHE") or "~/.cache/hashviz").expanduser()


def sha256(path: Path) -> str:
    """Return the SHA-256 checksum of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_room(folder: Path, needed: int, what: str, way_out: str) -> None:
    """Check that a disk has room; the folder need not exist yet.

    Raises:
        ValueError: when it has not, with what is needed, what is free, and the way out.
    """
    place = next(p for p in (folder, *folder.absolute().parents) if p.is_dir())
    free = shutil.disk_usage(place).free
    if needed > free:
        raise ValueError(
            f"{what} {in_bytes(needed)}, and {str(folder)!r} has {in_bytes(free)} free; {way_out}"
        )


def in_bytes(count: int) -> str:
    """Format a number of bytes with at least two digits.

    >>> in_bytes(0), in_bytes(2048), in_bytes(30 * 2**20), in_bytes(21 * 2**38)
    ('0 bytes', '2.0 KiB', '30 MiB', '5,376 GiB')
    """
    power = next(k for k in range(4) if k == 3 or count < 1024 ** (k + 1))
    if power == 0:
        return f"{count} bytes"
    size = count / 1024**power
    return f"{size:,.{1 if size < 10 else 0}f} {('KiB', 'MiB', 'GiB')[power - 1]}"
