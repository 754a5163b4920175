"""MIRFlickr-25K: 25,000 photographs and one list of picture numbers per label.

    mirflickr25k/mirflickr/im1.jpg ... im25000.jpg
    mirflickr25k/annotations/sky.txt            numbers of the pictures in which there is sky
    mirflickr25k/annotations/bird_r1.txt        those in which the bird is what the picture shows

24 lists are of what can be seen (potential labels), 14 more, with _r1, of what matters (relevant
labels): 38 together.

https://press.liacs.nl/mirflickr; Creative Commons, each photograph by its author.
"""

from pathlib import Path

import numpy as np

from hashviz.data.base import Dataset, MissingData
from hashviz.data.draws import some
from hashviz.data.pictures import Progress, load_pictures
from hashviz.data.rows import DatasetRow, Protocol
from hashviz.data.texts import lines_of

FOLDER = "mirflickr25k"
PICTURES = 25_000
HOW = (
    "MIRFlickr-25K comes from https://press.liacs.nl/mirflickr/mirdownload.html (3 GB): "
    f"mirflickr25k.zip unpacked to {FOLDER}/mirflickr/ and mirflickr25k_annotations_v080.zip to "
    f"{FOLDER}/annotations/, both below the data root."
)


def read_mirflickr(
    root: Path, labels: int = 38, *, size: int = 64, progress: Progress | None = None
) -> Dataset:
    """Load the photographs with all 38 labels, or with the 24 that have no _r1.

    Raises:
        MissingData: when lists or photographs are not there; the message says how to get them.
        ValueError: when the lists are not those of the release, or name a picture that none is.
    """
    base = root / FOLDER
    files = sorted((base / "annotations").glob("*.txt"))
    files = [file for file in files if file.stem != "README"]
    if labels == 24:
        files = [file for file in files if not file.stem.endswith("_r1")]
    if not files:
        raise MissingData(f"There are no lists in {str(base / 'annotations')!r}. {HOW}")
    if len(files) != labels:
        raise ValueError(
            f"MIRFlickr-25K has {labels} lists of labels, got {len(files)} in "
            f"{str(base / 'annotations')!r}. {HOW}"
        )
    numbers = sorted(
        int(file.stem.removeprefix("im"))
        for file in (base / "mirflickr").glob("im*.jpg")
        if file.stem.removeprefix("im").isdecimal()
    )
    if not numbers:
        raise MissingData(f"There are no pictures im*.jpg in {str(base / 'mirflickr')!r}. {HOW}")
    row = {number: place for place, number in enumerate(numbers)}
    table = np.zeros((len(numbers), len(files)), bool)
    absent: set[int] = set()
    for column, file in enumerate(files):
        for line in lines_of(file, HOW):
            if not line.isdecimal() or len(line) > 5 or not 1 <= int(line) <= PICTURES:
                raise ValueError(
                    f"{file.name!r} holds numbers of pictures from 1 to 25000, got {line[:40]!r}."
                )
            if int(line) in row:
                table[row[int(line)], column] = True
            else:
                absent.add(int(line))
    report = [f"pictures with labels that are not there: {len(absent):,}"] if absent else []
    if len(numbers) < PICTURES:
        report.append(f"missing pictures: {PICTURES - len(numbers):,} of {PICTURES:,}")
    return load_pictures(
        f"mirflickr{labels}",
        base / "mirflickr",
        [f"im{number}.jpg" for number in numbers],
        table,
        [file.stem for file in files],
        size=size,
        progress=progress,
        how=HOW,
        report=report,
    )


def _row(labels: int, *protocols: Protocol) -> DatasetRow:
    return DatasetRow(
        load=lambda source, size: read_mirflickr(
            source.root, labels, size=size, progress=source.progress
        ),
        title=f"MIRFlickr-25K, {labels} labels",
        description="25,000 photographs from Flickr",
        classes=labels,
        multi_label=True,
        options={"size": 64},
        source="Huiskes and Lew, MIR 2008",
        protocols=protocols,
    )


ROWS = {
    "mirflickr38": _row(
        38,
        Protocol(
            name="mirflickr-1k",
            title="MIRFlickr-25K, 1,000 queries, train outside the database",
            draw=some(1_000, 4_000, train_in_database=False, unlabeled=True),
            query="1,000 of all 25,000, those without a label among them",
            train="4,000 others",
            database="the 20,000 that are neither",
            sizes=(1_000, 4_000, 20_000),
            train_in_database=False,
            source="swuxyj/DeepHash-pytorch; Zhang et al. (IDHN), TMM 2020",
        ),
        Protocol(
            name="mirflickr-hyp2",
            title="MIRFlickr-25K, 1,000 labeled queries, train outside the database",
            draw=some(1_000, 4_000, train_in_database=False),
            query="1,000 of all that have a label",
            train="4,000 others that have a label",
            database="all others that have a label: 19,581 of the 24,581 that the source lists",
            sizes=(1_000, 4_000, None),
            k=1_000,
            train_in_database=False,
            source="JerryXu0129/HyP2-Loss: sizes of the lists, drawn anew",
        ),
    ),
    "mirflickr24": _row(24),
}
