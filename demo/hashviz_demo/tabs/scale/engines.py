"""The same search on several engines: who finds the same pictures in the same order, how fast."""

import importlib.util
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from hashviz.codes import distances, nearest, pack
from hashviz.search.engines import ENGINES
from hashviz.search.index import HammingIndex, Hits, SearchIndex
from hashviz_demo.library import Library, Opened
from hashviz_demo.pictures import read_png
from hashviz_demo.scene import Scene
from hashviz_demo.tabs.search.view import code_of

TIMES = {"memory": 15, "scale": 5}
"""How often the query is repeated; the median counts."""


@dataclass(frozen=True)
class Answered:
    """What one engine did."""

    name: str
    about: str
    milliseconds: float | None
    same: bool | None
    """Whether ids and order are those of the definition, ties included; None when it failed."""
    note: str
    """Where it differs first, or why it did not answer."""


@dataclass(frozen=True)
class Engines:
    """One query on all engines."""

    run: str
    k: int
    database: int
    bits: int
    last: int
    """The distance of the last result."""
    tied: int
    """Pictures at that distance: who cuts among them must say how."""
    rows: tuple[Answered, ...]
    address: str | None
    """Of the scale-out engine, without what is before an @."""


def compare(library: Library, scene: Scene) -> Engines:
    """Search for the query of the scene on every engine there is, and on the one elsewhere."""
    opened = library.open(scene.run)
    run, bits = opened.run, opened.run.config.bits
    packed = _packed(opened, scene)
    k = min(scene.k, len(run.database_packed))
    far = distances(packed, run.database_packed)[0].astype(np.int64)
    order = nearest(far, k)
    expected = Hits(order[None], far[order][None])
    rows = [_in_memory("the app", "auto", opened, packed, expected)]
    for name, engine in ENGINES.items():
        if importlib.util.find_spec(engine.package) is not None:
            rows.append(_in_memory(name, name, opened, packed, expected))
    if library.engine is not None:
        rows.append(_elsewhere(library.engine, opened, packed, expected))
    last = int(far[order[-1]])
    return Engines(
        run=run.name,
        k=k,
        database=len(far),
        bits=bits,
        last=last,
        tied=int((far == last).sum()),
        rows=tuple(rows),
        address=shown(library.engine),
    )


def shown(address: str | None) -> str | None:
    """An address as visitors may see it.

    >>> shown("milvus://root:secret@10.0.0.3:19530/codes")
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


def _in_memory(
    name: str, engine: str, opened: Opened, packed: np.ndarray, expected: Hits
) -> Answered:
    if engine == "auto":
        return _timed(name, "what all other tabs use", opened.index, packed, expected, "memory")
    index = opened.kept(f"engine {engine}", lambda: _built(opened, engine))
    return _timed(name, ENGINES[engine].description, index, packed, expected, "memory")


def _built(opened: Opened, engine: str) -> HammingIndex:
    index = HammingIndex(opened.run.config.bits, engine=engine)
    index.add(np.arange(len(opened.run.database_packed)), opened.run.database_packed)
    return index


def _elsewhere(address: str, opened: Opened, packed: np.ndarray, expected: Hits) -> Answered:
    """The engine that the app was told of; whatever is wrong with it is a sentence."""
    from hashviz.cli.scoring import check_content
    from hashviz.search.index import open_index

    about = f"at {shown(address)}"
    try:
        index = open_index(address)
        check_content(index, opened.run)
        return _timed("Milvus", about, index, packed, expected, "scale")
    except Exception as error:  # a foreign engine fails in its own ways; the page stays
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        said = first.replace(address, shown(address) or "")[:300]
        return Answered("Milvus", about, None, None, said)


def _timed(
    name: str, about: str, index: SearchIndex, packed: np.ndarray, expected: Hits, where: str
) -> Answered:
    k = expected.ids.shape[1]
    found, times = _repeated(lambda: index.search(packed, k), TIMES[where])
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


def _repeated(search: Callable[[], Any], count: int) -> tuple[Any, list[float]]:
    """What the search found, and the seconds of its repetitions."""
    found, times = search(), []
    for _ in range(count):
        started = time.perf_counter()
        search()
        times.append(time.perf_counter() - started)
    return found, times
