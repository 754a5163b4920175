"""Three ways to find the same nearest codes, and what each of them touches for one query."""

from dataclasses import dataclass

import numpy as np

from hashviz.metrics import Probing, multi_index_probing, scan_probing, table_probing
from hashviz.metrics.probing import PART
from hashviz_demo.items import code_of
from hashviz_demo.library import Library
from hashviz_demo.scene import Scene


@dataclass(frozen=True)
class Lane:
    """One way to search."""

    name: str
    probing: Probing
    how: str

    @property
    def steps(self) -> int:
        """Cells looked up plus codes touched."""
        return self.probing.cells + self.probing.touched


@dataclass(frozen=True)
class Race:
    """The lanes of one query; all of them find the same codes for certain."""

    k: int
    database: int
    lanes: tuple[Lane, ...]

    @property
    def first(self) -> Lane:
        """The lane with the fewest steps."""
        return min(self.lanes, key=lambda lane: lane.steps)


def race(library: Library, scene: Scene) -> Race:
    """Count what a scan, one table and several tables touch for the query of the scene."""
    opened = library.open(scene.run)
    codes = opened.run.database_codes
    query = np.array([1 if bit == "1" else -1 for bit in code_of(opened, scene.step)], np.int8)
    bits, k = len(query), min(scene.k, len(codes))
    one, several = table_probing(query, codes, k), multi_index_probing(query, codes, k)
    tables = max(1, round(bits / PART))
    lanes = [
        Lane("scan", scan_probing(codes), "looks at every code, once"),
        Lane("one table", one, f"all cells up to {one.radius} of {bits} bits away"),
    ]
    if tables > 1:
        each = -(-bits // tables)
        lanes.append(
            Lane(
                "multi-index",
                several,
                f"{tables} tables of {each} bits, all cells up to {several.radius} bits away",
            )
        )
    return Race(k, len(codes), tuple(lanes))
