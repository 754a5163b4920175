"""Who is near a query in Hamming space: the index, the engines behind it, and Milvus."""

from hashviz.search.engines import ENGINES
from hashviz.search.index import HammingIndex, Hits, SearchIndex, open_index

__all__ = ["ENGINES", "HammingIndex", "Hits", "SearchIndex", "open_index"]


def __dir__() -> list[str]:
    return __all__
