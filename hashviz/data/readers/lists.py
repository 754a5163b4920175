"""Data sets given by three lists, as HashNet and CSQ publish theirs: COCO, NUS-WIDE, ImageNet-100.

    PATH/train.txt, test.txt, database.txt      n01440764/a.JPEG 0 0 1 0 ...   one 0 or 1 per class
                                            or  n01440764/a.JPEG 17            the number of a class
    PATH/n01440764/a.JPEG                       or below PATH/images/

The lists are the protocol: test searches the database, train is learned from. Published lists name
the folders of their authors (/home/author/imagenet/image/a.JPEG); what counts is the end of such a
path that is a file here.

https://github.com/thuml/HashNet, Cao et al., ICCV 2017; ImageNet (Deng et al., CVPR 2009) is for
research only.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from hashviz.data.base import MissingData
from hashviz.data.draws import LISTS
from hashviz.data.pictures import Listing, listed
from hashviz.data.texts import below, lines_of, wrong_line

PARTS = ("test", "train", "database")
MOST_CLASSES = 10_000
HOW = (
    "It needs train.txt, test.txt and database.txt, a path and its labels in every line, as "
    "https://github.com/thuml/HashNet has them, and the pictures below the same folder or below "
    "its folder 'images' (ImageNet-100: 14 GB of ImageNet's photographs, image-net.org)."
)


def read_lists(base: Path) -> Listing:
    """List the pictures of all three; attributes `in_test`, `in_train`, `in_database` say which.

    Raises:
        MissingData: when a list is not there, or all are empty.
        ValueError: when a line cannot be understood, or two lists disagree about a picture.
    """
    pictures = base / "images" if (base / "images").is_dir() else base
    found: dict[str, tuple[int, ...]] = {}
    parts: dict[str, set[str]] = {}
    width = None
    for part in PARTS:
        file = base / f"{part}.txt"
        members = parts[part] = set()
        for number, line in enumerate(lines_of(file), 1):
            picture, *marks = line.split()
            width = len(marks) if width is None else width
            if not marks or len(marks) != width or not all(map(str.isdecimal, marks)):
                raise wrong_line(file, number, line, f"it needs a path and {width or 1} number(s)")
            labels = tuple(int(mark[:9]) for mark in marks)
            if max(labels) >= (MOST_CLASSES if width == 1 else 2):
                wanted = f"a number below {MOST_CLASSES:,}" if width == 1 else "0 or 1"
                raise wrong_line(file, number, line, f"a label is {wanted}")
            picture = below(pictures, picture)
            if found.setdefault(picture, labels) != labels:
                raise ValueError(f"The lists disagree about the labels of {picture!r}.")
            members.add(picture)
    paths = sorted(found)
    if not paths:
        raise MissingData(f"The lists in {str(base)!r} are empty.")
    table = np.array([found[picture] for picture in paths])
    if width == 1:
        table = table == np.arange(table.max() + 1)
    return Listing(
        base=pictures,
        paths=paths,
        labels=table.astype(bool),
        classes=[str(k) for k in range(table.shape[1])],
        attributes={
            f"in_{part}": np.array([picture in parts[part] for picture in paths]) for part in PARTS
        },
    )


ROWS = {
    "imagenet100": listed(
        read_lists,
        HOW,
        Path("imagenet100"),
        title="ImageNet-100",
        description="photographs of 100 classes, by the lists of HashNet",
        classes=100,
        protocols={
            "imagenet100-lists": replace(
                LISTS,
                sizes=(5_000, 13_000, None),
                k=1_000,
                source="Cao et al. (HashNet), ICCV 2017; CSQ's list (CVPR 2020) has 4,983 queries",
            ),
        },
    ),
    "lists": listed(
        read_lists,
        HOW,
        title="Data sets given by lists",
        description="lists:PATH with train.txt, test.txt and database.txt",
        classes=None,
        multi_label=True,
        takes_path=True,
        protocols={"lists": LISTS},
    ),
}
