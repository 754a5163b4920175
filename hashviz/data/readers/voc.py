"""PASCAL VOC 2012, its images for classification: one list per class and half.

    VOCdevkit/VOC2012/ImageSets/Main/train.txt, val.txt          names of images
    VOCdevkit/VOC2012/ImageSets/Main/aeroplane_trainval.txt      name and 1, 0 or -1
    VOCdevkit/VOC2012/JPEGImages/2008_000002.jpg

1: the class is there; 0: it is there, but hard to see, which is no label; -1: it is not.

http://host.robots.ox.ac.uk/pascal/VOC/voc2012; the terms of Flickr.
"""

from pathlib import Path

import numpy as np

from hashviz.data.base import Dataset
from hashviz.data.draws import some
from hashviz.data.pictures import Progress, load_pictures
from hashviz.data.rows import DatasetRow, Protocol, official_split
from hashviz.data.texts import lines_of

FOLDER = Path("VOCdevkit") / "VOC2012"
CLASSES = (
    *("aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow"),
    *("diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa"),
    *("train", "tvmonitor"),
)
HOW = (
    "PASCAL VOC 2012 comes from http://host.robots.ox.ac.uk/pascal/VOC/voc2012/ (2 GB): unpack "
    f"VOCtrainval_11-May-2012.tar in the data root; there is {FOLDER.as_posix()}/JPEGImages then."
)


def read_voc2012(root: Path, *, size: int = 64, progress: Progress | None = None) -> Dataset:
    """Load the 5,717 train and 5,823 val photographs with 20 classes; `official` is 1 for val.

    Raises:
        MissingData: when lists or photographs are not there; the message says how to get them.
        ValueError: when a list cannot be understood or is not whole, or halves overlap.
    """
    lists = root / FOLDER / "ImageSets" / "Main"
    halves = [lines_of(lists / f"{half}.txt", HOW) for half in ("train", "val")]
    names = [name for half in halves for name in half]
    row = {name: place for place, name in enumerate(names)}
    if len(row) < len(names):
        raise ValueError("An image of VOC 2012 is either in train.txt or in val.txt, not in both.")
    labels = np.zeros((len(names), len(CLASSES)), bool)
    for column, name in enumerate(CLASSES):
        for half, members in zip(("train", "val"), halves, strict=True):
            lines = lines_of(lists / f"{name}_{half}.txt", HOW)
            if len(lines) != len(members):
                raise ValueError(
                    f"Every image of {half}.txt has a line in {name}_{half}.txt, "
                    f"got {len(lines):,} lines for {len(members):,} images."
                )
            for number, line in enumerate(lines, 1):
                words = line.split()
                if len(words) != 2 or words[0] not in row or words[1] not in ("1", "0", "-1"):
                    raise ValueError(
                        f"A line of {name}_{half}.txt is the name of an image of that half and 1, "
                        f"0 or -1, line {number} is {line[:60]!r}."
                    )
                labels[row[words[0]], column] |= words[1] == "1"
    return load_pictures(
        "voc2012",
        root / FOLDER / "JPEGImages",
        [f"{name}.jpg" for name in names],
        labels,
        CLASSES,
        official=np.repeat(np.array([0, 1], np.int8), [len(half) for half in halves]),
        size=size,
        progress=progress,
        how=HOW,
    )


ROWS = {
    "voc2012": DatasetRow(
        load=lambda source, size: read_voc2012(source.root, size=size, progress=source.progress),
        title="PASCAL VOC 2012",
        description="11,540 photographs",
        classes=len(CLASSES),
        multi_label=True,
        options={"size": 64},
        source="Everingham et al., IJCV 2015",
        protocols=(
            official_split(
                "voc2012-official",
                "PASCAL VOC 2012",
                test=5_823,
                train=5_717,
                half="val",
                k=5_717,
                source="JerryXu0129/HyP2-Loss",
            ),
            Protocol(
                name="voc2012-1k",
                title="PASCAL VOC 2012, 1,000 queries, train outside the database",
                draw=some(1_000, 4_000, train_in_database=False),
                query="1,000 of all 11,540",
                train="4,000 others",
                database="the 6,540 that are neither",
                sizes=(1_000, 4_000, 6_540),
                train_in_database=False,
                source="swuxyj/DeepHash-pytorch",
            ),
        ),
    )
}
