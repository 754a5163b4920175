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
from hashviz.data.images import READABLE
from hashviz.data.overview import doubts, spaced
from hashviz.data.pictures import check_size, read_pictures, report_line
from hashviz.data.rows import DatasetRow
from hashviz.data.texts import inward, printable

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".heic")
TABLES = ("labels.csv", "labels.jsonl")
PATH_COLUMNS = ("path", "image", "file", "filename")
LABEL_COLUMNS = ("labels", "label", "class", "classes", "tags")
# -1 says "absent" where PASCAL VOC wrote the table; its 0, "hard to see", is no label either.
YES_NO = {"1": True, "0": False, "-1": False, "true": True, "false": False, "": False}
UNLABELED = "unlabeled"

Tags = dict[str, set[str]]  # names of classes by the path of a picture


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
    table = place if place.is_file() else None
    if table:
        base = place.resolve().parent
        tags, names = read_table(place, report)
    elif place.is_dir():
        base = place.resolve()
        table = next((base / name for name in TABLES if (base / name).is_file()), None)
        tags, names = walk(base, report) if table is None else read_table(table, report)
    else:
        raise MissingData(
            f"There is no folder {str(path)!r}; give folder:PATH with one folder of pictures "
            f"per class, or with a {TABLES[0]} inside."
        )
    paths = inside(base, tags, report)
    if odd := [path for path in paths if printable(path) != path]:
        report.append(report_line("names that are not UTF-8, kept with \\x for their bytes", odd))
        paths = {printable(path): file for path, file in paths.items()}
    tags = {printable(path): set(map(printable, found)) for path, found in tags.items()}
    names = list(map(printable, names))
    images, kept = read_pictures(paths, size, progress, report)
    if not kept:
        detail = f" {report[0][:300]}" if report else ""
        raise MissingData(f"There are no pictures to read in {str(path)!r}: {READABLE}.{detail}")
    used = {name for path in kept for name in tags[path]}
    classes = [name for name in names if name in used]
    if len(classes) < len(names):
        report.append(report_line("classes without a picture", set(names) - used))
    if unlabeled := sum(not tags[path] for path in kept):
        report.append(f"pictures without a label: {unlabeled:,} of {len(kept):,}")
    column = {name: k for k, name in enumerate(classes)}
    labels = np.zeros((len(kept), max(1, len(classes))), bool)
    for row, name in enumerate(kept):
        labels[row, [column[tag] for tag in tags[name]]] = True
    if table:
        report += spaced(classes)
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", base.name).strip("-") or "pictures"
    dataset = Dataset(
        name=f"folder-{stem}",
        images=images,
        labels=labels,
        classes=tuple(classes) or (UNLABELED,),
        # Never where on this machine the folder lies, even where a table says it.
        attributes={"path": np.array([p if inward(p) else below(paths[p], base) for p in kept])},
    )
    return replace(dataset, report=(*report, *doubts(dataset)))


def walk(base: Path, report: list[str]) -> tuple[Tags, list[str]]:
    """Return the pictures below a folder, each with the name of the first folder on its way."""
    found: list[Path] = []
    links, others, classes = [], [], set()
    for folder, folders, files in os.walk(base, followlinks=False):
        here = Path(folder)
        links += [here / name for name in folders if (here / name).is_symlink()]
        folders[:] = sorted(name for name in folders if visible(name))
        if here == base:
            classes.update(name for name in folders if not (here / name).is_symlink())
        for name in filter(visible, files):
            known = name.lower().endswith(SUFFIXES)
            (found if known else others).append(here / name)
    relative = sorted(file.relative_to(base) for file in found)
    flat = [file for file in relative if len(file.parts) == 1]
    if links:
        report.append(report_line("linked folders, not followed", paths_of(links, base)))
    if others:
        report.append(report_line("files without the name of a picture", paths_of(others, base)))
    if len(flat) == len(relative):
        return {file.as_posix(): set() for file in flat}, []
    if flat:
        names = [file.as_posix() for file in flat]
        report.append(report_line("pictures outside the class folders, left out", names))
    tags = {file.as_posix(): {file.parts[0]} for file in relative if len(file.parts) > 1}
    return tags, sorted(classes)


def read_table(file: Path, report: list[str]) -> tuple[Tags, list[str]]:
    """Return the paths and labels of a table, and the names of its classes."""
    reader = read_jsonl if file.suffix.lower() in (".jsonl", ".ndjson") else read_csv
    return reader(file, report)


def read_jsonl(file: Path, report: list[str]) -> tuple[Tags, list[str]]:
    """Read one JSON object per line: a path, and a label or a list of them."""
    tags: Tags = {}
    repeated = 0
    for number, line in enumerate(file.read_bytes().splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = {str(key).lower(): value for key, value in json.loads(line).items()}
        except (ValueError, AttributeError, RecursionError):
            raise ValueError(
                f"Every line of {file.name!r} is a JSON object in UTF-8, line {number} is not."
            ) from None
        path = next((row[name] for name in PATH_COLUMNS if name in row), None)
        found = next((row[name] for name in LABEL_COLUMNS if name in row), [])
        names = found if isinstance(found, list) else [found] if found not in (None, "") else []
        if not isinstance(path, str) or not all(isinstance(n, str | int) for n in names):
            raise ValueError(
                f"Every line of {file.name!r} has a path and labels, a text or a list of texts; "
                f"line {number} is {line[:80].decode(errors='replace')}."
            )
        path = path.replace("\\", "/")
        repeated += path in tags
        tags.setdefault(path, set()).update({str(name).strip() for name in names} - {""})
    if not tags:
        raise ValueError(f"The table {file.name!r} needs one row per picture, it has none.")
    if repeated:
        report.append(f"rows that name a picture again, labels joined: {repeated:,}")
    return tags, sorted({name for found in tags.values() for name in found})


def read_csv(file: Path, report: list[str]) -> tuple[Tags, list[str]]:
    """Read a CSV file with a header: a path, and one column of labels or one of 0/1 per class."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.reader(lines, strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"The table {file.name!r} is not CSV text in UTF-8: {error}.") from error
    rows = [(number, row) for number, row in enumerate(rows, 1) if any(map(str.strip, row))]
    if len(rows) < 2:
        raise ValueError(f"The table {file.name!r} needs a header and one row per picture.")
    header = [name.strip() for name in rows[0][1]]
    lower = [name.lower() for name in header]
    where = next((lower.index(name) for name in PATH_COLUMNS if name in lower), None)
    if where is None:
        raise ValueError(
            f"The table {file.name!r} needs a column named {' or '.join(PATH_COLUMNS)}, "
            f"got {', '.join(header)}."
        )
    listed = next((lower.index(name) for name in LABEL_COLUMNS if name in lower), None)
    columns = [k for k in range(len(header)) if k != where and header[k]]
    width = len(header)
    for number, row in rows[1:]:
        if len(row) != width:
            raise ValueError(
                f"Every row of {file.name!r} has {width} columns, line {number} has {len(row)}."
            )
    if listed is None:
        columns, others = classes_among(columns, rows)
        if others:
            unused = [header[k] for k in others]
            report.append(report_line("columns that do not hold 0 and 1, not used", unused))
        if others and not columns:
            raise ValueError(
                f"The table {file.name!r} needs a column named {' or '.join(LABEL_COLUMNS)}, or "
                f"one column of 0 and 1 per class, got {', '.join(header)}."
            )
    tags: Tags = {}
    repeated = 0
    for number, row in rows[1:]:
        cells = [cell.strip() for cell in row]
        if listed is not None:
            names = {name.strip() for name in re.split("[;|]", cells[listed])} - {""}
        else:
            for k in columns:
                if cells[k].lower() not in YES_NO:
                    raise ValueError(
                        f"A column per class holds 0 or 1, line {number} of {file.name!r} has "
                        f"{cells[k]!r} under {header[k]!r}; name one column 'labels' otherwise."
                    )
            names = {header[k] for k in columns if YES_NO[cells[k].lower()]}
        path = cells[where].replace("\\", "/")
        repeated += path in tags
        tags.setdefault(path, set()).update(names)
    if repeated:
        report.append(f"rows that name a picture again, labels joined: {repeated:,}")
    names = {name for found in tags.values() for name in found}
    return tags, [header[k] for k in columns] if listed is None else sorted(names)


def classes_among(
    columns: list[int], rows: list[tuple[int, list[str]]]
) -> tuple[list[int], list[int]]:
    """Separate columns that mostly hold 0 and 1, the classes, from others, such as a width."""

    def share(column: int) -> float:
        return sum(row[column].strip().lower() in YES_NO for _, row in rows[1:]) / len(rows[1:])

    classes = [k for k in columns if share(k) > 0.5]
    return classes, [k for k in columns if k not in classes]


def inside(base: Path, tags: Tags, report: list[str]) -> dict[str, Path]:
    """Return where the pictures are that exist and truly lie in the folder, links resolved.

    A table may stand beside a folder named `images` and leave that out of its paths.
    """
    kept: dict[str, Path] = {}
    outside, missing = [], []
    for path in tags:
        try:
            real = (base / path).resolve()
            if not real.exists():
                real = (base / "images" / path).resolve()
            if not real.is_relative_to(base):
                outside.append(path)
            elif not real.is_file():
                missing.append(path)
            else:
                kept[path] = real
        except (OSError, RuntimeError, ValueError):  # a loop of links, a NUL byte, a name too long
            missing.append(path)
    if outside:
        report.append(report_line("pictures that lie outside the folder, not read", outside))
    if missing:
        report.append(report_line("missing pictures", missing))
    return kept


def file_of(folder: str, path: str) -> Path | None:
    """Return where a picture of a folder lies, by the path that its data set and its runs keep.

    None where it is not, or no longer, in that folder.
    """
    place = Path(folder).expanduser()
    base = place.resolve().parent if place.is_file() else place.resolve()
    return inside(base, {path: set()}, []).get(path)


def visible(name: str) -> bool:
    """Return whether a person sees this name in a file manager."""
    return not name.startswith((".", "__MACOSX"))


def below(file: Path, base: Path) -> str:
    """Return the path of a file from the folder."""
    return file.relative_to(base).as_posix()


def paths_of(files: list[Path], base: Path) -> list[str]:
    """Return the paths as the report shows them."""
    return [below(file, base) for file in files]


ROWS = {
    "folder": DatasetRow(
        load=lambda source, size: read_folder(source.path, size=size, progress=source.progress),
        title="Your own pictures",
        description="folder:PATH with one folder per class, or with a labels.csv or .jsonl",
        classes=None,
        multi_label=True,
        takes_path=True,
        options={"size": 64},
        source="you",
    )
}
