"""The lists of official releases: text files that name a picture per line."""

import os
from contextlib import suppress
from pathlib import Path, PurePosixPath

from hashviz.data.base import MissingData


def lines_of(file: Path) -> list[str]:
    """Return the lines of a list, without blanks around them and without empty ones.

    Raises:
        MissingData: when the file is not there.
        ValueError: when it is not text.
    """
    if not file.is_file():
        raise MissingData(f"There is no {str(file)!r}.")
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"The list {str(file)!r} is not text in UTF-8: {error.reason}.") from None
    return [line.strip() for line in text.splitlines() if line.strip()]


def wrong_line(file: Path, number: int, line: str, rule: str) -> ValueError:
    """Return the error for a line of a list or table that breaks a rule."""
    return ValueError(f"Line {number} of {file.name!r} is {line[:60]!r}; {rule}.")


def check_length(file: Path, lines: list[str], images: int) -> None:
    """Refuse a list that has not a line for every image."""
    if len(lines) != images:
        raise ValueError(
            f"Every image has a line in {file.name}, got {len(lines):,} for {images:,} images."
        )


def below(base: Path, path: str) -> str:
    """Return the path below `base` of a picture that was listed on another machine.

    Published lists name /home/author/data/coco/val2014/a.jpg: the longest tail of it that is a file
    here is meant. Where there is none, the path stays as it is.
    """
    parts = PurePosixPath(path.replace("\\", "/")).parts
    for start in range(len(parts)):
        tail = "/".join(parts[start:])
        with suppress(OSError, ValueError):  # a name too long, a NUL byte
            if inward(tail) and (base / tail).is_file():
                return tail
    return path


def inward(path: str) -> bool:
    """Return whether a path leads down from where it starts, and nowhere else."""
    pure = PurePosixPath(path)
    return not pure.is_absolute() and ".." not in pure.parts


def printable(name: str) -> str:
    r"""Return the name of a file as text that can be printed and kept anywhere.

    Bytes that are not UTF-8, which Python holds as lone surrogates, become escapes.

    >>> print(printable("caf\udce9.png"))
    caf\xe9.png
    """
    try:
        raw = os.fsencode(name)
    except UnicodeEncodeError:  # a surrogate that no file name has
        raw = name.encode("utf-8", "backslashreplace")
    return raw.decode("utf-8", "backslashreplace")
