"""What is said of somebody's pictures before training: how many, which classes, what looks odd."""

import re
from collections.abc import Sequence

import numpy as np

from hashviz.data.base import Dataset
from hashviz.data.pictures import note

HALVES = {"train", "training", "val", "valid", "validation", "dev", "test", "testing"}
"""Names of folders that hold the parts of a data set, seldom its classes."""
FEW = 5
LONG = 300
"""Letters of a sentence that are printed; the run keeps all of it."""


def summary(dataset: Dataset) -> str:
    """Return pictures, classes, pictures per class and labels per picture in one line.

    >>> images, labels = np.zeros((3, 8, 8, 3), np.uint8), np.eye(2, dtype=bool)[[0, 1, 1]]
    >>> summary(Dataset("mine", images, labels, ("cat", "dog")))
    '3 pictures of 8x8 pixels, 2 classes of 1 (cat) to 2 (dog) pictures, one label each'
    """
    height, width = dataset.size
    start = f"{len(dataset):,} pictures of {height}x{width} pixels"
    if not dataset.labels.any():
        return f"{start}, no labels"
    sizes, counts = dataset.labels.sum(0), dataset.labels.sum(1)
    count, ends = len(dataset.classes), (sizes.argmin(), sizes.argmax())
    span = " to ".join(f"{sizes[k]:,} ({dataset.classes[k]})" for k in ends)
    names = ""
    if sizes.min() == sizes.max():
        span = f"{sizes.min():,}"
        names = f" each ({', '.join(dataset.classes)})" if count <= FEW else " each"
    each = "one label each"
    if dataset.multi_label:
        each = f"{counts.min()} to {counts.max()} labels each, {counts.mean():.2f} on average"
    kinds = "class" if count == 1 else "classes"
    return f"{start}, {count:,} {kinds} of {span} pictures{names}, {each}"


def doubts(dataset: Dataset) -> list[str]:
    """Return sentences about classes that look like mistakes, or that cannot be scored."""
    found: list[str] = []
    classes, sizes = np.array(dataset.classes), dataset.labels.sum(0)
    if len(classes) > 1 and {name.lower() for name in classes} <= HALVES:
        found.append(
            f"the folders {' and '.join(classes)} are used as classes but look like the parts of "
            "one data set; give one of them after folder:, or merge their class folders"
        )
    note(found, "classes with one picture, which has no match", classes[sizes == 1].tolist())
    return found


def spaced(names: Sequence[str]) -> list[str]:
    """Return a sentence about labels that look like several, separated by spaces or commas.

    They do where the words are fewer than what was made of them.

    >>> spaced(["cat dog", "cat", "dog", "dog cat"])[0][:51]
    "labels with spaces or commas: 2 ('cat dog'; 'dog ca"
    >>> spaced(["traffic light", "fire hydrant"])
    []
    """
    several = [name for name in names if len(re.split(r"[\s,]+", name)) > 1]
    words = {word for name in names for word in re.split(r"[\s,]+", name)}
    if not several or len(words) >= len(names):
        return []
    note(found := [], "labels with spaces or commas", [repr(name) for name in several])
    return [
        f"{found[0]}, each used as one class: {len(names):,} classes made of {len(words):,} words; "
        "separate several labels of a picture with ; or |"
    ]


def brief(sentence: str) -> str:
    """Return the sentence, cut if it is long.

    >>> brief("a few")
    'a few'
    """
    if len(sentence) <= LONG:
        return sentence
    return f"{sentence[:LONG]} ... (full text in config.json of the run)"
