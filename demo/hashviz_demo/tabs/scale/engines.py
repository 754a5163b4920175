"""The same search on several engines: which find the same pictures in the same order, how fast."""

import importlib.util
import statistics
from dataclasses import dataclass

import numpy as np

from hashviz.codes import distances, nearest, pack
from hashviz.search.engines import ENGINES
from hashviz.search.index import HammingIndex, Hits, SearchIndex
from hashviz_demo.items import code_of
from hashviz_demo.library import Library, Opened
from hashviz_demo.pictures import read_png
from hashviz_demo.scene import Scene
from hashviz_demo.tabs.scale.measuring import time_searches

TIMES = 15
"""How often a query is repeated at most; the median counts."""


@dataclass(frozen=True)
class Answered:
    """The answer of one engine."""

    name: str
    about: str
    milliseconds: float | None
    same: bool | None
    """Whether ids and order follow the definition, ties included; None when it failed."""
    note: str
    """The first difference, or why there was no answer."""


@dataclass(frozen=True)
class Engines:
    """One query, searched on all engines."""

    run: str
    k: int
    database: int
    bits: int
    last: int
    """The distance of the last result."""
    tied: int
    """Pictures at that distance: an engine that cuts among them must say how."""
    rows: tuple[Answered, ...]
    address: str | None
    """Of the scale-out engine, without credentials."""


def compare(library: Library, scene: Scene) -> Engines:
    """Search for the query of the scene on every engine at hand, and on the one elsewhere."""
    opened = library.open(scene.run)
    run, bits = opened.run, opened.run.config.bits
    packed = _packed(opened, scene)
    k = min(scene.k, len(run.database_packed))
    far = distances(packed, run.database_packed)[0].astype(np.int64)
    order = nearest(far, k)
    expected = Hits(order[None], far[order][None])
    rows = [_search("the app", "what all other tabs use", opened.index, packed, expected)]
    for name, engine in ENGINES.items():
        if importlib.util.find_spec(engine.package) is not None:
            index = opened.kept(f"engine {name}", lambda name=name: _build(opened, name))
            rows.append(_search(name, engine.description, index, packed, expected))
    if library.engine is not None:
        rows.append(_search_elsewhere(library.engine, opened, packed, expected))
    last = int(far[order[-1]])
    return Engines(
        run=run.name,
        k=k,
        database=len(far),
        bits=bits,
        last=last,
        tied=int((far == last).sum()),
        rows=tuple(rows),
        address=hide_password(library.engine),
    )


def hide_password(address: str | None) -> str | None:
    """Return an address as visitors may see it.

    >>> hide_password("milvus://root:secret@10.0.0.3:19530/codes")
    'milvus://10.0.0.3:19530/codes'
    """
    if address is None or "@" not in address:
        return address
    return address.partition("//")[0] + "//" + address.rpartition("@")[2]


def _packed(opened: Opened, scene: Scene) -> np.ndarray:
    if scene.step.kind == "picture":
        return opened.encode(read_png(scene.step.picture))
    code = code_of(opened, scene.step)
    return pack(np.array([[1 if bit == "1" else -1 for bit in code]], np.int8))


def _build(opened: Opened, engine: str) -> HammingIndex:
    index = HammingIndex(opened.run.config.bits, engine=engine)
    index.add(np.arange(len(opened.run.database_packed)), opened.run.database_packed)
    return index


def _search_elsewhere(address: str, opened: Opened, packed: np.ndarray, expected: Hits) -> Answered:
    """Search on the engine that the app was started with; report whatever is wrong with it."""
    from hashviz.search import open_index
    from hashviz.search.milvus import check_content

    run, about = opened.judged, f"at {hide_password(address)}"
    try:
        index = open_index(address)
        check_content(index, run.database_packed, run.config.bits, run.name)
        return _search("Milvus", about, index, packed, expected)
    except Exception as error:  # a foreign engine fails in its own ways; the page stays
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        message = first.replace(address, hide_password(address) or "")[:300]
        return Answered("Milvus", about, None, None, message)


def _search(
    name: str, about: str, index: SearchIndex, packed: np.ndarray, expected: Hits
) -> Answered:
    k = expected.ids.shape[1]
    found = index.search(packed, k)
    times = time_searches(lambda: index.search(packed, k), TIMES)
    wrong = np.flatnonzero(
        (found.ids[0] != expected.ids[0]) | (found.distances[0] != expected.distances[0])
    )
    note = ""
    if len(wrong):
        place = int(wrong[0])
        note = (
            f"at rank {place + 1} it has picture {found.ids[0, place]} at distance "
            f"{found.distances[0, place]}, not {expected.ids[0, place]} at "
            f"{expected.distances[0, place]}"
        )
    return Answered(name, about, 1e3 * statistics.median(times), not len(wrong), note)
