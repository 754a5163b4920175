"""MIRFlickr-25K: 25,000 photographs and one list of picture numbers per label.

    mirflickr25k/mirflickr/im1.jpg ... im25000.jpg
    mirflickr25k/annotations/sky.txt            numbers of the pictures in which there is sky
    mirflickr25k/annotations/bird_r1.txt        those in which the bird is what the picture shows

24 lists are of what can be seen (potential labels), 14 more, with _r1, of what matters (relevant
labels): 38 together.

Huiskes and Lew, MIR 2008. https://press.liacs.nl/mirflickr; Creative Commons, each photograph by
its author.
"""

from functools import partial
from pathlib import Path

import numpy as np

from hashviz.data.base import MissingData
from hashviz.data.draws import Protocol, some
from hashviz.data.pictures import Listing, listed
from hashviz.data.rows import DatasetRow
from hashviz.data.texts import lines_of, wrong_line

PICTURES = 25_000
HOW = (
    "MIRFlickr-25K comes from https://press.liacs.nl/mirflickr/mirdownload.html (3 GB): "
    "mirflickr25k.zip unpacked to mirflickr25k/mirflickr/ and mirflickr25k_annotations_v080.zip to "
    "mirflickr25k/annotations/, both below the data root."
)


def list_mirflickr(base: Path, labels: int) -> Listing:
    """List the photographs with all 38 labels, or with the 24 that have no _r1.

    Raises:
        MissingData: when there are no lists or no photographs.
        ValueError: when the lists are not those of the release, or name a picture that none is.
    """
    lists, pictures = base / "annotations", base / "mirflickr"
    files = sorted(file for file in lists.glob("*.txt") if file.stem != "README")
    if labels == 24:
        files = [file for file in files if not file.stem.endswith("_r1")]
    if not files:
        raise MissingData(f"There are no lists in {str(lists)!r}.")
    if len(files) != labels:
        raise ValueError(
            f"MIRFlickr-25K has {labels} lists of labels, got {len(files)} in {str(lists)!r}. {HOW}"
        )
    stems = [file.stem.removeprefix("im") for file in pictures.glob("im*.jpg")]
    numbers = sorted(int(stem) for stem in stems if stem.isdecimal())
    if not numbers:
        raise MissingData(f"There are no pictures im*.jpg in {str(pictures)!r}.")
    row = {number: place for place, number in enumerate(numbers)}
    table = np.zeros((len(numbers), len(files)), bool)
    absent: set[int] = set()
    for column, file in enumerate(files):
        for number, line in enumerate(lines_of(file), 1):
            if not line.isdecimal() or len(line) > 5 or not 1 <= int(line) <= PICTURES:
                raise wrong_line(file, number, line, "it needs the number of a picture, 1 to 25000")
            if int(line) in row:
                table[row[int(line)], column] = True
            else:
                absent.add(int(line))
    report = [f"pictures with labels that are not there: {len(absent):,}"] if absent else []
    if len(numbers) < PICTURES:
        report.append(f"missing pictures: {PICTURES - len(numbers):,} of {PICTURES:,}")
    return Listing(
        base=pictures,
        paths=[f"im{number}.jpg" for number in numbers],
        labels=table,
        classes=[file.stem for file in files],
        report=report,
    )


def _row(labels: int, protocols: dict[str, Protocol]) -> DatasetRow:
    return listed(
        lambda base: list_mirflickr(base, labels),
        HOW,
        Path("mirflickr25k"),
        title=f"MIRFlickr-25K, {labels} labels",
        description="25,000 photographs from Flickr",
        classes=labels,
        multi_label=True,
        protocols=protocols,
    )


asked_by_1000 = partial(some, 1_000, 4_000, train_in_database=False)

ROWS = {
    "mirflickr38": _row(
        38,
        {
            "mirflickr-1k": asked_by_1000(
                images=PICTURES,
                unlabeled=True,
                source="swuxyj/DeepHash-pytorch; Zhang et al. (IDHN), TMM 2020",
            ),
            "mirflickr-hyp2": asked_by_1000(
                k=1_000,
                source="JerryXu0129/HyP2-Loss: sizes of the lists (19,581 of 24,581 images in the "
                "database), drawn anew",
            ),
        },
    ),
    "mirflickr24": _row(24, {}),
}
