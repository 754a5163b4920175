"""Who is near a query in Hamming space: the index, the engines behind it, and Milvus."""

from pathlib import Path

from hashviz.search.engines import ENGINES
from hashviz.search.index import HammingIndex, Hits, SearchIndex

__all__ = ["ENGINES", "HammingIndex", "Hits", "SearchIndex", "open_index"]


def __dir__() -> list[str]:
    return __all__


def open_index(address: str | Path, *, engine: str = "auto") -> SearchIndex:
    """Open the index at an address: a saved file, mapped into memory, or a collection of Milvus.

    Milvus is `milvus://HOST:PORT/COLLECTION`, or `milvus:FILE.db/COLLECTION` for a file.

    Raises:
        ValueError: when the address is another URL, the file is missing or damaged, or the
            collection cannot be reached.
    """
    if str(address).startswith("milvus:"):
        from hashviz.search.milvus import MilvusIndex

        return MilvusIndex(str(address))
    if "://" in str(address):
        raise ValueError(f"An index is a file or milvus://..., got {str(address)!r}.")
    return HammingIndex.load(address, engine=engine)
