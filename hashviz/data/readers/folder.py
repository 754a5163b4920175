"""The user's own pictures: one folder per class, or a table of labels, or no labels at all.

    holiday/beach/a.jpg             the folders are the classes
    holiday/mountains/b.png

    holiday/labels.csv              path,labels          or    path,beach,mountains
    holiday/a.jpg                   a.jpg,beach;sunset         a.jpg,1,0

    holiday/labels.jsonl            {"path": "a.jpg", "labels": ["beach", "sunset"]}

Links that lead out of the folder are not followed, hidden files are ignored, and everything that is
left out is listed in `Dataset.report`.
"""

import csv
import json
import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from hashviz.data.base import Dataset, MissingData
from hashviz.data.overview import doubts, spaced
from hashviz.data.pictures import Listing, check_size, load_pictures, locate, note
from hashviz.data.rows import DatasetRow
from hashviz.data.texts import printable, wrong_line

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".heic")
TABLES = ("labels.csv", "labels.jsonl")
PATH_COLUMNS = ("path", "image", "file", "filename")
LABEL_COLUMNS = ("labels", "label", "class", "classes", "tags")
# -1 says "absent" where PASCAL VOC wrote the table; its 0, "hard to see", is no label either.
YES_NO = {"1": True, "0": False, "-1": False, "true": True, "false": False, "": False}
UNLABELED = "unlabeled"

Tags = list[tuple[str, set[str]]]  # the path of every picture with the names of its classes


def read_folder(
    path: Path | str, *, size: int = 64, progress: Callable[[int, int], None] | None = None
) -> Dataset:
    """Load the pictures of a folder, or of a CSV or JSONL file, cut to squares of `size` pixels.

    Pictures without any label keep an empty row. Where there are no labels at all there is one
    class named "unlabeled" that no picture belongs to: methods that learn without labels work, and
    no score is made up.

    Raises:
        MissingData: when there is no such folder, or no picture in it can be read.
        ValueError: when the size is out of range or the table cannot be understood.
    """
    check_size(size)
    place = Path(path).expanduser()
    report: list[str] = []
    if place.is_file():
        table, base = place, place.resolve().parent
    elif place.is_dir():
        base = place.resolve()
        table = next((base / name for name in TABLES if (base / name).is_file()), None)
    else:
        raise MissingData(
            f"There is no folder {str(path)!r}; give folder:PATH with one folder of pictures "
            f"per class, or with a {TABLES[0]} inside."
        )
    if table is None:
        tags, classes = walk(base, report)
    else:
        read = read_jsonl if table.suffix.lower() in (".jsonl", ".ndjson") else read_csv
        tags, classes = read(table, report)
    column = {name: k for k, name in enumerate(classes)}
    labels = np.zeros((len(tags), max(1, len(classes))), bool)
    for row, (_, names) in enumerate(tags):
        labels[row, [column[name] for name in names]] = True
    listing = Listing(
        base=base,
        paths=[path for path, _ in tags],
        labels=labels,
        classes=[printable(name) for name in classes] or [UNLABELED],
        report=report,
    )
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", base.name).strip("-") or "pictures"
    dataset = load_pictures(f"folder-{stem}", listing, size, progress, follow=False)
    report = list(dataset.report)
    used = np.flatnonzero(dataset.labels.any(0))
    kept = tuple(dataset.classes[k] for k in used)
    if classes:
        note(report, "classes without a picture", set(dataset.classes) - set(kept))
    if table:
        report += spaced(kept)
    labels = dataset.labels[:, used] if kept else dataset.labels[:, :1]
    dataset = replace(dataset, labels=labels, classes=kept or (UNLABELED,))
    return replace(dataset, report=(*report, *doubts(dataset)))


def walk(base: Path, report: list[str]) -> tuple[Tags, list[str]]:
    """Return the pictures below a folder, each with the name of the first folder on its way."""
    found: list[Path] = []
    links, others, classes = [], [], []
    for folder, folders, files in os.walk(base, followlinks=False):
        here = Path(folder).relative_to(base)
        linked = {name for name in folders if (base / here / name).is_symlink()}
        links += [(here / name).as_posix() for name in linked]
        folders[:] = sorted(name for name in folders if is_visible(name))
        if here == Path():
            classes = [name for name in folders if name not in linked]
        for name in filter(is_visible, files):
            if name.lower().endswith(SUFFIXES):
                found.append(here / name)
            else:
                others.append((here / name).as_posix())
    note(report, "linked folders, not followed", links)
    note(report, "files without the name of a picture", others)
    found.sort()
    flat = [file.name for file in found if len(file.parts) == 1]
    if len(flat) == len(found):
        return [(name, set()) for name in flat], []
    note(report, "pictures outside the class folders, left out", flat)
    inner = [file for file in found if len(file.parts) > 1]
    return [(file.as_posix(), {file.parts[0]}) for file in inner], classes


def is_visible(name: str) -> bool:
    """Return whether a person sees this name in a file manager."""
    return not name.startswith((".", "__MACOSX"))


def read_jsonl(file: Path, report: list[str]) -> tuple[Tags, list[str]]:
    """Read one JSON object per line: a path, and a label or a list of them."""
    tags: Tags = []
    for number, line in enumerate(file.read_bytes().splitlines(), 1):
        if not line.strip():
            continue
        text = line.decode(errors="replace")
        try:
            row = {str(key).lower(): value for key, value in json.loads(line).items()}
        except (ValueError, AttributeError, RecursionError):
            raise wrong_line(file, number, text, "it is not a JSON object in UTF-8") from None
        path = next((row[name] for name in PATH_COLUMNS if name in row), None)
        found = next((row[name] for name in LABEL_COLUMNS if name in row), [])
        names = found if isinstance(found, list) else [found] if found not in (None, "") else []
        if not isinstance(path, str) or not all(isinstance(n, str | int) for n in names):
            rule = "it needs a path, and labels as a text or a list of texts"
            raise wrong_line(file, number, text, rule)
        tags.append((path.replace("\\", "/"), {str(name).strip() for name in names} - {""}))
    if not tags:
        raise ValueError(f"The table {file.name!r} needs one row per picture, it has none.")
    return tags, sorted(set().union(*(names for _, names in tags)))


def read_csv(file: Path, report: list[str]) -> tuple[Tags, list[str]]:
    """Read a CSV file with a header: a path, and one column of labels or one of 0/1 per class."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            table = [[cell.strip() for cell in row] for row in csv.reader(lines, strict=True)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"The table {file.name!r} is not CSV text in UTF-8: {error}.") from error
    rows = [(number, cells) for number, cells in enumerate(table, 1) if any(cells)]
    if len(rows) < 2:
        raise ValueError(f"The table {file.name!r} needs a header and one row per picture.")
    (_, header), *rows = rows
    lower = [name.lower() for name in header]
    where = next((lower.index(name) for name in PATH_COLUMNS if name in lower), None)
    if where is None:
        raise ValueError(
            f"The table {file.name!r} needs a column named {' or '.join(PATH_COLUMNS)}, "
            f"got {', '.join(header)}."
        )
    for number, cells in rows:
        if len(cells) != len(header):
            rule = f"it needs {len(header)} columns, not {len(cells)}"
            raise wrong_line(file, number, ",".join(cells), rule)
    listed = next((lower.index(name) for name in LABEL_COLUMNS if name in lower), None)
    if listed is not None:
        split = [{name.strip() for name in re.split("[;|]", cells[listed])} for _, cells in rows]
        names = [found - {""} for found in split]
        classes = sorted(set().union(*names))
    else:
        # Columns that mostly hold 0 and 1 are the classes; others, such as a width, are not.
        named = [k for k in range(len(header)) if k != where and header[k]]
        fitting = {k: sum(cells[k].lower() in YES_NO for _, cells in rows) for k in named}
        columns = [k for k in named if fitting[k] > len(rows) / 2]
        unused = [header[k] for k in named if k not in columns]
        note(report, "columns that do not hold 0 and 1, not used", unused)
        if unused and not columns:
            raise ValueError(
                f"The table {file.name!r} needs a column named {' or '.join(LABEL_COLUMNS)}, or "
                f"one column of 0 and 1 per class, got {', '.join(header)}."
            )
        names = []
        for number, cells in rows:
            for k in columns:
                if cells[k].lower() not in YES_NO:
                    rule = f"under {header[k]!r} it needs 0 or 1, or name one column 'labels'"
                    raise wrong_line(file, number, ",".join(cells), rule)
            names.append({header[k] for k in columns if YES_NO[cells[k].lower()]})
        classes = [header[k] for k in columns]
    paths = [cells[where].replace("\\", "/") for _, cells in rows]
    return list(zip(paths, names, strict=True)), classes


def file_of(folder: str, path: str) -> Path | None:
    """Return where a picture of a folder lies, by the path that its data set and its runs keep.

    None where it is not, or no longer, in that folder.
    """
    place = Path(folder).expanduser().resolve()
    base = place.parent if place.is_file() else place
    file = locate(base, path)
    return file if file and file.is_relative_to(base) and file.is_file() else None


ROWS = {
    "folder": DatasetRow(
        load=lambda source, size: read_folder(source.path, size=size, progress=source.progress),
        title="Your own pictures",
        description="folder:PATH with one folder per class, or with a labels.csv or .jsonl",
        classes=None,
        multi_label=True,
        takes_path=True,
        options={"size": 64},
    )
}
