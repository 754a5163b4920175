"""Data sets by name: `load_dataset("digits")`, and the table of what there is."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from hashviz.data.base import Dataset as Dataset
from hashviz.data.base import MissingData as MissingData
from hashviz.data.catalog import DATASETS as DATASETS
from hashviz.data.catalog import PROTOCOLS as PROTOCOLS
from hashviz.data.catalog import data_root as data_root
from hashviz.data.catalog import parse as parse
from hashviz.data.catalog import with_size as with_size
from hashviz.data.draws import Protocol as Protocol
from hashviz.data.readers.memory import MEMORY as MEMORY
from hashviz.data.rows import DatasetRow as DatasetRow
from hashviz.data.rows import Source


def load_dataset(
    spec: str,
    root: Path | str | None = None,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Dataset:
    """Load the data set of a specification: `NAME`, `NAME?option=1` or `folder:PATH?size=96`.

    `progress(done, total)` is called while many files are read. Embedded sets stay in memory.

    Raises:
        ValueError: when the name or an option is unknown.
        MissingData: when the files are not there.
    """
    name, path, options = parse(spec)
    row = DATASETS[name]
    if row.embedded:
        return _embedded(name, tuple(sorted(options.items())))
    source = Source(name=name, root=data_root(root), path=path, progress=progress)
    return row.load(source, **options)


@lru_cache(maxsize=4)
def _embedded(name: str, options: tuple[tuple[str, Any], ...]) -> Dataset:
    return DATASETS[name].load(Source(name=name, root=data_root()), **dict(options))
