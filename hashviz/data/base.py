"""What a reader returns: images, multi-hot labels and the names of the classes, checked once."""

import hashlib
import mmap
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float32, Int8, Int64, Shaped, UInt8


class MissingData(ValueError):
    """The files of a data set are not where they should be; the message says how to get them."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images in memory (or in a memory map) with their labels.

    In the place of images there may be vectors that a network of somebody else's has computed.
    `official` is the split that came with the data, 0 for train and 1 for test. `attributes` are
    further columns, one row per image. `report` tells in sentences what the reader left out.

    Raises:
        ValueError: when the arrays do not belong together.
    """

    name: str
    images: UInt8[np.ndarray, "n height width channels"] | Float32[np.ndarray, "n features"]
    labels: Bool[np.ndarray, "n classes"]
    classes: tuple[str, ...]
    official: Int8[np.ndarray, " n"] | None = None
    attributes: dict[str, np.ndarray] = field(default_factory=dict)
    report: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        images, labels = self.images, self.labels
        is_vectors = images.ndim == 2 and images.dtype == np.float32
        is_images = images.ndim == 4 and images.shape[3] in (1, 3) and images.dtype == np.uint8
        if not (is_images or is_vectors):
            raise ValueError(
                "Images are uint8 [n, height, width, 1 or 3 channels], and vectors float32 "
                f"[n, features], got {images.dtype} {images.shape}."
            )
        if labels.ndim != 2 or labels.dtype != bool:
            raise ValueError(
                f"Labels are multi-hot booleans [n, classes], got {labels.dtype} {labels.shape}."
            )
        if not self.classes or labels.shape[1] != len(self.classes):
            raise ValueError(
                "Labels have one column per class and at least one class, "
                f"got {labels.shape[1]} columns for {len(self.classes)} classes."
            )
        if len(set(self.classes)) != len(self.classes):
            raise ValueError("Class names differ from each other, found one twice.")
        columns = {"labels": labels, **self.attributes}
        if self.official is not None:
            columns["official"] = self.official
            if not np.isin(self.official, (0, 1)).all():
                raise ValueError("The official split holds 0 (train) and 1 (test) only.")
        for name, column in columns.items():
            if len(column) != len(images):
                raise ValueError(
                    f"Every image has one row in {name!r}, got {len(column)} rows "
                    f"for {len(images)} images."
                )

    def __len__(self) -> int:
        return len(self.images)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels; vectors are pictures of one pixel with many channels."""
        height, width, channels = (1, 1, *self.images.shape[1:])[-3:]
        return height, width, channels

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.shape[:2]

    @property
    def multi_label(self) -> bool:
        """Whether any image has other than exactly one label."""
        return bool((self.labels.sum(1) != 1).any())


def in_parts(
    images: Shaped[np.ndarray, "n ..."], rows: Int64[np.ndarray, " chosen"]
) -> Iterator[Shaped[np.ndarray, "part ..."]]:
    """Some rows of the images, a thousand at a time; what is mapped from a file is let go after."""
    for start in range(0, len(rows), 1000):
        yield images[rows[start : start + 1000]]
        let_go(images)


def let_go(array: np.ndarray) -> None:
    """Give the memory of an array mapped from a file back; it is mapped again when it is read."""
    mapping = getattr(array, "_mmap", None)
    if mapping is not None and array.mode == "r" and hasattr(mmap, "MADV_DONTNEED"):  # type: ignore[attr-defined]
        mapping.madvise(mmap.MADV_DONTNEED)


def fingerprint(dataset: Dataset) -> str:
    """A checksum of images and labels: whether a run's pictures are still the same."""
    digest = hashlib.blake2b(digest_size=16)
    for part in in_parts(dataset.images, np.arange(len(dataset))):
        digest.update(np.ascontiguousarray(part).data)
    digest.update(np.packbits(dataset.labels).data)
    return digest.hexdigest()
