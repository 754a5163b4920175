"""NUS-WIDE in its official text lists, with the photographs beside them.

NUS-WIDE/ImageList/Imagelist.txt                     actor\\0001_2124494179.jpg, 269,648 lines
NUS-WIDE/Groundtruth/AllLabels/Labels_airport.txt    0 or 1, a line per image; 81 files
NUS-WIDE/Flickr/actor/0001_2124494179.jpg

https://lms.comp.nus.edu.sg/wp-content/uploads/2019/research/nuswide/NUS-WIDE.html; for research
only, the photographs are their authors'.
"""

from pathlib import Path

import numpy as np

from hashviz.data.base import Dataset, MissingData
from hashviz.data.draws import per_label, queries_too, smaller, some
from hashviz.data.pictures import Progress, load_pictures, report_line
from hashviz.data.rows import DatasetRow, Protocol
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
    """Load the photographs of NUS-WIDE with all 81 concepts, or with the most frequent ones.

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
        report.append(report_line(f"concepts, not {CONCEPTS}", counts))
    return load_pictures(
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


def _row(concepts: int, description: str, protocols: tuple[Protocol, ...]) -> DatasetRow:
    return DatasetRow(
        load=lambda source, size: read_nuswide(
            source.root, concepts, size=size, progress=source.progress
        ),
        title=f"NUS-WIDE, {concepts} concepts",
        description=description,
        classes=concepts,
        multi_label=True,
        options={"size": 64},
        source="Chua et al., CIVR 2009",
        protocols=protocols,
    )


ROWS = {
    "nuswide21": _row(
        21,
        "195,834 photographs that have one of the most frequent concepts",
        (
            Protocol(
                name="nuswide21-s1",
                title="NUS-WIDE, 21 concepts, 2,100 queries, train inside the database",
                draw=per_label(100, 500),
                query="100 of every concept, of all that have one",
                train="500 others of every concept, of the database",
                database="all others that have a concept",
                sizes=(2_100, 10_500, None),
                k=5_000,
                source="swuxyj/DeepHash-pytorch; kunhe/TALR; JerryXu0129/HyP2-Loss",
            ),
            Protocol(
                name="nuswide21-s2",
                title="NUS-WIDE, 21 concepts, 2,100 queries, everything else learns",
                draw=per_label(100, None),
                query="100 of every concept, of all that have one",
                train="the database",
                database="all others that have a concept",
                sizes=(2_100, None, None),
                k=50_000,
                source="fcakir/deep-mihash; kunhe/TALR",
            ),
            Protocol(
                name="nuswide21-dsh-queries-in-database",
                title="NUS-WIDE, 10,000 images ask each other: every query finds itself",
                draw=queries_too(10_000),
                query="10,000 of all that have a concept",
                train="all others that have a concept",
                database="the same 10,000",
                sizes=(10_000, None, 10_000),
                queries_in_database=True,
                train_in_database=False,
                source="Liu et al. (DSH), CVPR 2016: test_map.m of the release",
            ),
            Protocol(
                name="nuswide21-tenth",
                title="NUS-WIDE, a tenth of nuswide21-s1 for a processor without GPU",
                draw=smaller(per_label(10, 50), 0.1),
                query="10 of every concept, of all that have one",
                train="50 others of every concept, of the database",
                database="a tenth of the others that have a concept",
                sizes=(210, 1_050, None),
                k=500,
                source="hashviz, the ratios of nuswide21-s1",
            ),
            Protocol(
                name="nuswide21-csq",
                title="NUS-WIDE, 21 concepts, 2,040 queries",
                draw=some(2_040, 10_455),
                query="2,040 of all that have a concept",
                train="10,455 of the database",
                database="all others that have a concept; the release lists fewer, near 148,000",
                sizes=(2_040, 10_455, None),
                k=5_000,
                source="Yuan et al. (CSQ), CVPR 2020: sizes of the lists, drawn anew",
            ),
            Protocol(
                name="nuswide21-m",
                title="NUS-WIDE, 21 concepts, 2,100 queries of all, whatever their concepts",
                draw=some(2_100, 10_500),
                query="2,100 of all that have a concept",
                train="10,500 of the database",
                database="all others that have a concept; the port's lists have fewer",
                sizes=(2_100, 10_500, None),
                k=5_000,
                source="'nuswide_21_m' of swuxyj/DeepHash-pytorch, a port of CSQ: drawn anew",
            ),
        ),
    ),
    "nuswide81": _row(
        81,
        "269,648 photographs from Flickr",
        (
            Protocol(
                name="nuswide81-hashnet",
                title="NUS-WIDE, 81 concepts, 5,000 queries",
                draw=some(5_000, 10_000),
                query="5,000 of all that have a concept",
                train="10,000 of the database",
                database="all others that have a concept",
                sizes=(5_000, 10_000, None),
                k=5_000,
                source="Cao et al. (HashNet), ICCV 2017: sizes of the lists, drawn anew",
            ),
        ),
    ),
}
