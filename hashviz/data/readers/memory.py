"""Pictures handed over in Python: a name in a run, and nothing to read."""

from hashviz.data.base import Dataset, MissingData
from hashviz.data.rows import DatasetRow, Source

MEMORY = "memory"


def refuse(source: Source) -> Dataset:
    """Refuse to read pictures that were only in memory when a run was made.

    Raises:
        MissingData: always.
    """
    raise MissingData(
        f"The pictures {source.path!r} were passed from Python with train(config, dataset=...) and "
        "are not stored in any file."
    )


ROWS = {
    MEMORY: DatasetRow(
        load=refuse,
        title="Pictures from Python",
        description="memory:NAME, passed to train(config, dataset=...)",
        classes=None,
        multi_label=True,
        takes_path=True,
    )
}
