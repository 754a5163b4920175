"""MS-COCO 2014 and 2017: the 80 categories of objects from the official instances files.

annotations/instances_train2014.json, instances_val2014.json
train2014/COCO_train2014_000000000009.jpg, val2014/...

Lin et al., ECCV 2014. https://cocodataset.org; annotations CC BY 4.0, the terms of Flickr for the
photographs.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from hashviz.data.base import MissingData
from hashviz.data.draws import Protocol, some, tenth
from hashviz.data.pictures import Listing, listed
from hashviz.data.rows import DatasetRow

HOW = (
    "MS-COCO {0} comes from https://cocodataset.org (annotations 0.3 GB, photographs 19 GB); the "
    "data root holds coco/annotations/, coco/train{0}/ and coco/val{0}/."
)


def list_coco(base: Path, year: int) -> Listing:
    """List train and val photographs (82,783 + 40,504 or 118,287 + 5,000); `official` 1 is val.

    Images without any object stay, without a label; protocols do not draw them.

    Raises:
        MissingData: when the annotations are not there.
        ValueError: when an annotation names an image or a category that is not there.
    """
    paths: list[str] = []
    halves: list[int] = []
    pairs: list[tuple[int, int]] = []
    categories: dict[int, str] = {}
    for half, name in enumerate((f"train{year}", f"val{year}")):
        file = base / "annotations" / f"instances_{name}.json"
        images, objects, found = instances(file)
        categories = categories or found
        if found != categories:
            raise ValueError(f"Both halves need the same categories, but {file.name!r} has others.")
        row = {image: len(paths) + place for place, image in enumerate(images)}
        for pair in objects:
            if pair[0] not in row or pair[1] not in categories:
                what = f"{file.name!r} has an annotation of an unlisted image or category"
                raise ValueError(f"{what}: {pair}.")
        pairs += [(row[image], category) for image, category in objects]
        paths += [f"{name}/{image}" for image in images.values()]
        halves += [half] * len(images)
    column = {number: place for place, number in enumerate(sorted(categories))}
    labels = np.zeros((len(paths), len(column)), bool)
    for place, category in pairs:
        labels[place, column[category]] = True
    return Listing(
        base=base,
        paths=paths,
        labels=labels,
        classes=[categories[number] for number in column],
        official=np.array(halves, np.int8),
    )


def instances(file: Path) -> tuple[dict[int, str], list[tuple[int, int]], dict[int, str]]:
    """Return file names by image, (image, category) of every object, names by category.

    Outlines are dropped while the file is parsed: they are most of its hundreds of megabytes.

    Raises:
        MissingData: when the file is not there.
        ValueError: when it is not an instances file.
    """
    if not file.is_file():
        raise MissingData(f"There is no {str(file)!r}.")

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
        if not all(isinstance(each, tuple) and {*map(type, each)} == {int} for each in objects):
            raise ValueError("every annotation has the numbers image_id and category_id")
        if len(images) < len(content["images"]):
            raise ValueError("every image has a file_name and an id of its own")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(
            f"{str(file)!r} is not a COCO instances file, or is incomplete: {error}."
        ) from None
    return images, objects, categories


def _row(year: int, protocols: dict[str, Protocol]) -> DatasetRow:
    return listed(
        lambda base: list_coco(base, year),
        HOW.format(year),
        Path("coco"),
        title=f"MS-COCO {year}",
        description="123,287 photographs of everyday scenes",
        classes=80,
        multi_label=True,
        protocols=protocols,
    )


HASHNET = "Cao et al. (HashNet), ICCV 2017; Yuan et al. (CSQ), CVPR 2020: drawn anew"
ROWS = {
    "coco2014": _row(
        2014,
        {
            "coco-hashnet": some(5_000, 10_000, k=5_000, source=HASHNET),
            "coco-tenth": tenth(
                some(500, 1_000, k=500, source="hashviz, the ratios of coco-hashnet")
            ),
        },
    ),
    "coco2017": _row(2017, {}),
}
