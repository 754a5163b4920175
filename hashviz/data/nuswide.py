"""NUS-WIDE in its official text lists, with the photographs beside them.

NUS-WIDE/ImageList/Imagelist.txt                     actor\\0001_2124494179.jpg, 269,648 lines
NUS-WIDE/Groundtruth/AllLabels/Labels_airport.txt    0 or 1, a line per image; 81 files
NUS-WIDE/Flickr/actor/0001_2124494179.jpg
"""

from pathlib import Path

import numpy as np

from hashviz.data.base import Dataset, MissingData
from hashviz.data.pictures import Progress, labeled, told
from hashviz.data.texts import lines_of

FOLDER = "NUS-WIDE"
CONCEPTS = 81
HOW = (
    "NUS-WIDE comes from https://lms.comp.nus.edu.sg/wp-content/uploads/2019/research/nuswide/"
    "NUS-WIDE.html: the lists are public, the photographs (about 30 GB) are asked for by e-mail. "
    f"The data root holds {FOLDER}/ImageList/Imagelist.txt, "
    f"{FOLDER}/Groundtruth/AllLabels/Labels_*.txt and the photographs in {FOLDER}/Flickr/."
)


def read_nuswide(
    root: Path, concepts: int = CONCEPTS, *, size: int = 64, progress: Progress | None = None
) -> Dataset:
    """The photographs of NUS-WIDE with 81 concepts, or with the few that have most images.

    With `concepts` below 81 the most frequent are kept (of equally frequent ones the first in the
    alphabet), and images without any of them are left out, as in the papers with 21: 195,834 images
    remain. With all 81 images without a concept stay, without a label.

    Raises:
        MissingData: when lists or photographs are not there; the message says how to get them.
        ValueError: when the lists do not belong together.
    """
    base = root / FOLDER
    names = lines_of(base / "ImageList" / "Imagelist.txt", HOW)
    files = sorted((base / "Groundtruth" / "AllLabels").glob("Labels_*.txt"))
    if len(files) < concepts:
        raise MissingData(
            f"NUS-WIDE has {CONCEPTS} files Labels_*.txt, {len(files)} are there. {HOW}"
        )
    counts = {}
    columns = {}
    for file in files:
        marks = lines_of(file, HOW)
        if len(marks) != len(names):
            raise ValueError(
                f"Every image has a line in {file.name!r}, got {len(marks):,} lines for "
                f"{len(names):,} images of Imagelist.txt."
            )
        if strange := set(marks) - {"0", "1"}:
            raise ValueError(f"{file.name!r} holds 0 or 1 in every line, got {min(strange)!r}.")
        column = np.array(marks) == "1"
        concept = file.stem.removeprefix("Labels_")
        counts[concept], columns[concept] = int(column.sum()), np.packbits(column)
    chosen = sorted(sorted(counts, key=lambda name: (-counts[name], name))[:concepts])
    labels = np.stack(
        [np.unpackbits(columns[name], count=len(names)).astype(bool) for name in chosen], 1
    )
    rows = np.arange(len(names)) if concepts >= len(files) else np.flatnonzero(labels.any(1))
    report = []
    if left := len(names) - len(rows):
        report.append(f"images without any of the {concepts} concepts, left out: {left:,}")
    if len(files) != CONCEPTS:
        report.append(told(f"concepts, not {CONCEPTS}", counts))
    return labeled(
        f"nuswide{concepts}",
        base / "Flickr",
        [names[row].replace("\\", "/") for row in rows],
        labels[rows],
        chosen,
        size=size,
        progress=progress,
        how=HOW,
        report=report,
    )
