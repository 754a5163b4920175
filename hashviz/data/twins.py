"""Pictures that are there twice: a query whose very picture is in the database is no question."""

import hashlib
from collections.abc import Iterator

import numpy as np
from jaxtyping import Int64, Shaped

from hashviz.data.base import Dataset, in_parts
from hashviz.data.protocol import Split


def twins(images: Shaped[np.ndarray, "n ..."], parts: Split) -> Int64[np.ndarray, " found"]:
    """The queries, as rows of the data set, whose pixels are those of a picture of the database.

    They are counted, not removed: a protocol is what its name says. Where the protocol puts the
    queries into the database themselves, nothing else is asked.
    """
    if parts.protocol.queries_in_database:
        return np.empty(0, np.int64)
    known = set(checksums(images, parts.database))
    is_known = [checksum in known for checksum in checksums(images, parts.query)]
    return parts.query[np.array(is_known, bool)]


def checksums(
    images: Shaped[np.ndarray, "n ..."], rows: Int64[np.ndarray, " chosen"]
) -> Iterator[bytes]:
    """Eight bytes for every row that stand for the pixels of the picture."""
    for part in in_parts(images, rows):
        for image in part:
            yield hashlib.blake2b(image.tobytes(), digest_size=8).digest()


def twins_told(dataset: Dataset, parts: Split) -> list[str]:
    """A sentence about twins for the report of a run, by file or row; none if there are none."""
    found = twins(dataset.images, parts)
    if not len(found):
        return []
    files = dataset.attributes.get("path")
    names = [str(row) for row in (found if files is None else files[found])]
    shown = ("rows " if files is None else "") + ", ".join(names[:5])
    return [
        f"queries whose very picture is in the database too: {len(found):,} of "
        f"{len(parts.query):,} ({shown}{', ...' if len(found) > 5 else ''})"
    ]
