"""MS-COCO 2014 and 2017: the 80 categories of objects from the official instances files.

annotations/instances_train2014.json, instances_val2014.json
train2014/COCO_train2014_000000000009.jpg, val2014/...

https://cocodataset.org; annotations CC BY 4.0, the terms of Flickr for the photographs.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from hashviz.data.base import Dataset, MissingData
from hashviz.data.draws import smaller, some
from hashviz.data.pictures import Progress, load_pictures
from hashviz.data.rows import DatasetRow, Protocol

FOLDER = "coco"
HOW = (
    "MS-COCO {0} comes from https://cocodataset.org (annotations 0.3 GB, photographs 19 GB); the "
    "data root holds coco/annotations/, coco/train{0}/ and coco/val{0}/."
)


def read_coco(
    root: Path, year: int = 2014, *, size: int = 64, progress: Progress | None = None
) -> Dataset:
    """Load train and val photographs (82,783 + 40,504 or 118,287 + 5,000); `official` 1 is val.

    Images without any object stay, without a label; protocols do not draw them.

    Raises:
        MissingData: when annotations or photographs are not there; with how to get them.
        ValueError: when an annotation names an image or a category that is not there.
    """
    base = root / FOLDER
    paths: list[str] = []
    halves: list[int] = []
    pairs: list[np.ndarray] = []
    categories: dict[int, str] = {}
    for half, name in enumerate((f"train{year}", f"val{year}")):
        file = base / "annotations" / f"instances_{name}.json"
        images, objects, found = instances(file, year)
        categories = categories or found
        if found != categories:
            raise ValueError(f"Both halves need the same categories, but {file.name!r} has others.")
        row = {image: len(paths) + place for place, image in enumerate(images)}
        try:
            pairs.append(np.array([(row[i], c) for i, c in objects], np.int64).reshape(-1, 2))
        except KeyError as error:
            raise ValueError(
                f"An annotation of {file.name!r} names the image {error}, which is not listed."
            ) from None
        paths += [f"{name}/{image}" for image in images.values()]
        halves += [half] * len(images)
    column = {number: place for place, number in enumerate(sorted(categories))}
    labels = np.zeros((len(paths), len(column)), bool)
    for rows in pairs:
        if strange := set(rows[:, 1].tolist()) - set(column):
            raise ValueError(f"An annotation names an unlisted category: {min(strange)}.")
        labels[rows[:, 0], [column[c] for c in rows[:, 1].tolist()]] = True
    return load_pictures(
        f"coco{year}",
        base,
        paths,
        labels,
        [categories[number] for number in column],
        official=np.array(halves, np.int8),
        size=size,
        progress=progress,
        how=HOW.format(year),
    )


def instances(
    file: Path, year: int
) -> tuple[dict[int, str], list[tuple[int, int]], dict[int, str]]:
    """Return file names by image, (image, category) of every object, names by category.

    Outlines are dropped while the file is parsed: they are most of its hundreds of megabytes.

    Raises:
        MissingData: when the file is not there.
        ValueError: when it is not an instances file.
    """
    if not file.is_file():
        raise MissingData(f"There is no {str(file)!r}. {HOW.format(year)}")

    def short(value: dict[str, Any]) -> Any:
        if "image_id" in value and "category_id" in value:
            return value["image_id"], value["category_id"]
        if "file_name" in value and "id" in value:
            return value["id"], value["file_name"]
        return value

    try:
        with file.open(encoding="utf-8") as text:
            content = json.load(text, object_hook=short)
        images = dict(image for image in content["images"] if isinstance(image, tuple))
        categories = {category["id"]: category["name"] for category in content["categories"]}
        objects = content["annotations"]
        well = all(
            isinstance(pair, tuple) and all(isinstance(number, int) for number in pair)
            for pair in objects
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(
            f"{str(file)!r} is not a COCO instances file, or is incomplete: {error!r}."
        ) from None
    if not well:
        raise ValueError(
            f"Every annotation of {file.name!r} has the numbers image_id and category_id."
        )
    if len(images) < len(content["images"]):
        raise ValueError(f"Every image of {file.name!r} has a file_name and an id of its own.")
    return images, objects, categories


def _row(year: int, *protocols: Protocol) -> DatasetRow:
    return DatasetRow(
        load=lambda source, size: read_coco(source.root, year, size=size, progress=source.progress),
        title=f"MS-COCO {year}",
        description="123,287 photographs of everyday scenes",
        classes=80,
        multi_label=True,
        options={"size": 64},
        source="Lin et al., ECCV 2014",
        protocols=protocols,
    )


ROWS = {
    "coco2014": _row(
        2014,
        Protocol(
            name="coco-hashnet",
            title="MS-COCO 2014, 5,000 queries, train inside the database",
            draw=some(5_000, 10_000),
            query="5,000 of all that show an object",
            train="10,000 of the database",
            database="all others that show an object",
            sizes=(5_000, 10_000, None),
            k=5_000,
            source="Cao et al. (HashNet), ICCV 2017; Yuan et al. (CSQ), CVPR 2020: drawn anew",
        ),
        Protocol(
            name="coco-tenth",
            title="MS-COCO 2014, a tenth of coco-hashnet for a processor without GPU",
            draw=smaller(some(500, 1_000), 0.1),
            query="500 of all that show an object",
            train="1,000 of the database",
            database="a tenth of the others that show an object",
            sizes=(500, 1_000, None),
            k=500,
            source="hashviz, the ratios of coco-hashnet",
        ),
    ),
    "coco2017": _row(2017),
}
