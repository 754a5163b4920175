"""NUS-WIDE in its official text lists, with the photographs beside them.

NUS-WIDE/ImageList/Imagelist.txt                     actor\\0001_2124494179.jpg, 269,648 lines
NUS-WIDE/Groundtruth/AllLabels/Labels_airport.txt    0 or 1, a line per image; 81 files
NUS-WIDE/Flickr/actor/0001_2124494179.jpg

Chua et al., CIVR 2009. For research only, the photographs are their authors'.
https://lms.comp.nus.edu.sg/wp-content/uploads/2019/research/nuswide/NUS-WIDE.html
"""

from functools import partial
from pathlib import Path

import numpy as np

from hashviz.data.base import MissingData
from hashviz.data.draws import Protocol, per_label, some, tenth
from hashviz.data.pictures import Listing, listed, note
from hashviz.data.rows import DatasetRow
from hashviz.data.texts import check_length, lines_of

CONCEPTS = 81
HOW = (
    "NUS-WIDE comes from https://lms.comp.nus.edu.sg/wp-content/uploads/2019/research/nuswide/"
    "NUS-WIDE.html: the lists are public, the photographs (about 30 GB) are asked for by e-mail. "
    "The data root holds NUS-WIDE/ImageList/Imagelist.txt, "
    "NUS-WIDE/Groundtruth/AllLabels/Labels_*.txt and the photographs in NUS-WIDE/Flickr/."
)


def list_nuswide(base: Path, concepts: int) -> Listing:
    """List the photographs of NUS-WIDE with all 81 concepts, or with the most frequent ones.

    With `concepts` below 81 the most frequent are kept (of equally frequent ones the first in the
    alphabet), and images without any of them are left out, as in the papers with 21: 195,834 images
    remain. With all 81 images without a concept stay, without a label.

    Raises:
        MissingData: when a list is not there.
        ValueError: when the lists do not belong together.
    """
    names = lines_of(base / "ImageList" / "Imagelist.txt")
    files = sorted((base / "Groundtruth" / "AllLabels").glob("Labels_*.txt"))
    if len(files) < concepts:
        raise MissingData(f"NUS-WIDE has {CONCEPTS} files Labels_*.txt, {len(files)} are there.")
    columns = {}
    for file in files:
        marks = lines_of(file)
        check_length(file, marks, len(names))
        if strange := set(marks) - {"0", "1"}:
            raise ValueError(f"{file.name!r} holds 0 or 1 in every line, got {min(strange)!r}.")
        columns[file.stem.removeprefix("Labels_")] = np.array(marks) == "1"
    frequent = sorted(columns, key=lambda name: (-columns[name].sum(), name))
    chosen = sorted(frequent[:concepts])
    labels = np.stack([columns[name] for name in chosen], 1)
    rows = np.arange(len(names)) if concepts >= len(files) else np.flatnonzero(labels.any(1))
    report = []
    if left := len(names) - len(rows):
        report.append(f"images without any of the {concepts} concepts, left out: {left:,}")
    if len(files) != CONCEPTS:
        note(report, f"concepts, not {CONCEPTS}", columns)
    return Listing(
        base=base / "Flickr",
        paths=[names[row].replace("\\", "/") for row in rows],
        labels=labels[rows],
        classes=chosen,
        report=report,
    )


def _row(concepts: int, description: str, protocols: dict[str, Protocol]) -> DatasetRow:
    return listed(
        lambda base: list_nuswide(base, concepts),
        HOW,
        Path("NUS-WIDE"),
        title=f"NUS-WIDE, {concepts} concepts",
        description=description,
        classes=concepts,
        multi_label=True,
        protocols=protocols,
    )


of_every_label = partial(per_label, labels=21)
some_at_5000 = partial(some, k=5_000)

ROWS = {
    "nuswide21": _row(
        21,
        "195,834 photographs that have one of the most frequent concepts",
        {
            "nuswide21-s1": of_every_label(
                100,
                500,
                k=5_000,
                source="swuxyj/DeepHash-pytorch; kunhe/TALR; JerryXu0129/HyP2-Loss",
            ),
            "nuswide21-s2": of_every_label(
                100, None, k=50_000, source="fcakir/deep-mihash; kunhe/TALR"
            ),
            "nuswide21-dsh-queries-in-database": some(
                10_000,
                None,
                queries_in_database=True,
                train_in_database=False,
                source="Liu et al. (DSH), CVPR 2016: test_map.m of the release",
            ),
            "nuswide21-tenth": tenth(
                of_every_label(10, 50, k=500, source="hashviz, the ratios of nuswide21-s1")
            ),
            "nuswide21-csq": some_at_5000(
                2_040,
                10_455,
                source="Yuan et al. (CSQ), CVPR 2020: sizes of the lists, drawn anew; their "
                "database has fewer, near 148,000",
            ),
            "nuswide21-m": some_at_5000(
                2_100,
                10_500,
                source="'nuswide_21_m' of swuxyj/DeepHash-pytorch, a port of CSQ: drawn anew; its "
                "database has fewer",
            ),
        },
    ),
    "nuswide81": _row(
        CONCEPTS,
        "269,648 photographs from Flickr",
        {
            "nuswide81-hashnet": some_at_5000(
                5_000,
                10_000,
                source="Cao et al. (HashNet), ICCV 2017: sizes of the lists, drawn anew",
            ),
        },
    ),
}
