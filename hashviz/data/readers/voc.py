"""PASCAL VOC 2012, its images for classification: one list per class and half.

    VOCdevkit/VOC2012/ImageSets/Main/train.txt, val.txt          names of images
    VOCdevkit/VOC2012/ImageSets/Main/aeroplane_trainval.txt      name and 1, 0 or -1
    VOCdevkit/VOC2012/JPEGImages/2008_000002.jpg

1: the class is there; 0: it is there, but hard to see, which is no label; -1: it is not.

Everingham et al., IJCV 2015. http://host.robots.ox.ac.uk/pascal/VOC/voc2012; the terms of Flickr.
"""

from pathlib import Path

import numpy as np

from hashviz.data.draws import official, some
from hashviz.data.pictures import Listing, listed
from hashviz.data.texts import check_length, lines_of, wrong_line

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


def list_voc2012(base: Path) -> Listing:
    """List the 5,717 train and 5,823 val photographs with 20 classes; `official` is 1 for val.

    Raises:
        MissingData: when a list is not there.
        ValueError: when a list cannot be understood or is not whole, or halves overlap.
    """
    lists = base / "ImageSets" / "Main"
    halves = {half: lines_of(lists / f"{half}.txt") for half in ("train", "val")}
    names = [name for members in halves.values() for name in members]
    row = {name: place for place, name in enumerate(names)}
    if len(row) < len(names):
        raise ValueError("An image of VOC 2012 is either in train.txt or in val.txt, not in both.")
    labels = np.zeros((len(names), len(CLASSES)), bool)
    for column, name in enumerate(CLASSES):
        for half, members in halves.items():
            file = lists / f"{name}_{half}.txt"
            lines = lines_of(file)
            check_length(file, lines, len(members))
            for number, line in enumerate(lines, 1):
                words = line.split()
                if len(words) != 2 or words[0] not in row or words[1] not in ("1", "0", "-1"):
                    rule = "it needs the name of an image of that half and 1, 0 or -1"
                    raise wrong_line(file, number, line, rule)
                labels[row[words[0]], column] |= words[1] == "1"
    return Listing(
        base=base / "JPEGImages",
        paths=[f"{name}.jpg" for name in names],
        labels=labels,
        classes=CLASSES,
        official=np.repeat(np.array([0, 1], np.int8), [len(half) for half in halves.values()]),
    )


ROWS = {
    "voc2012": listed(
        list_voc2012,
        HOW,
        FOLDER,
        title="PASCAL VOC 2012",
        description="11,540 photographs",
        classes=len(CLASSES),
        multi_label=True,
        protocols={
            "voc2012-official": official(
                test=5_823, train=5_717, half="val", k=5_717, source="JerryXu0129/HyP2-Loss"
            ),
            "voc2012-1k": some(
                1_000,
                4_000,
                images=11_540,
                train_in_database=False,
                source="swuxyj/DeepHash-pytorch",
            ),
        },
    )
}
