"""The pictures that enter and leave the first results of a query in a variant."""

from dataclasses import dataclass

import numpy as np

from hashviz import metrics
from hashviz.codes import distances
from hashviz_demo.events import BadRequest
from hashviz_demo.items import Item, item, similar_to
from hashviz_demo.library import Library, Opened
from hashviz_demo.scene import Scene, Step, same_picture
from hashviz_demo.tabs.ablate.ablations import Ablation, Variant
from hashviz_demo.tabs.compare.view import code_in

FIRST = 10
"""Results that are compared."""
SAMPLED = 200
"""Queries over which the changes are averaged."""


@dataclass(frozen=True)
class Moved:
    """A picture among the first results with the whole method, with the variant, or with both."""

    name: str
    image: str
    position: int
    whole: int
    here: int
    """Its distance with the whole method, and here."""
    right: bool | None


@dataclass(frozen=True)
class Changed:
    """The changes of a variant in the first results of one query."""

    query: Item
    leave: tuple[Moved, ...]
    enter: tuple[Moved, ...]
    stay: tuple[Moved, ...]
    """In the order of the whole method, like those that leave."""
    average: float
    ties: float
    """Mean number of results of a query that change, and that shuffled ties alone would change."""
    most: int
    """The query that changes most, as a position in the query set."""


def changes(
    library: Library, scene: Scene, ablation: Ablation, variant: Variant, seed: int
) -> Changed:
    """Return which pictures leave and enter the first results of the query of the scene.

    Raises:
        BadRequest: when the codes of one of the two were not kept, or are of other pictures.
    """
    runs = ablation.whole.runs, variant.runs
    if not all(runs):
        raise BadRequest(
            "Only the numbers of this ablation were kept, not its codes: there are no pictures to "
            "show. The command `hashviz ablate` with the same settings makes the runs again."
        )
    if not all(seed in names for names in runs):
        raise BadRequest(f"Seed {seed} was run for only one of the two; choose another dot.")
    full, here = (library.open(names[seed]) for names in runs)
    _ = full.dataset  # raises where its pictures are not on this machine
    if not np.array_equal(full.run.database_index, here.run.database_index):
        raise BadRequest("The two runs do not search the same pictures.")
    average, ties, most = here.kept(f"changes to {full.run.name}", lambda: _average(full, here))
    codes, step = _both_codes(library, scene, full, here)
    both = list(zip(codes, (full, here), strict=True))
    far = [distances(code, opened.run.database_packed)[0] for code, opened in both]
    itself = step.position if step.kind == "database" else -1
    first = [_first(opened, code, itself) for code, opened in both]
    similar = similar_to(full.run, step)

    def moved(position: int) -> Moved:
        shown = item(full, Step("database", position))
        return Moved(
            name=shown.name,
            image=shown.image,
            position=position,
            whole=int(far[0][position]),
            here=int(far[1][position]),
            right=None if similar is None else bool(similar[position]),
        )

    return Changed(
        query=item(full, step),
        leave=tuple(moved(p) for p in first[0] if p not in first[1]),
        enter=tuple(moved(p) for p in first[1] if p not in first[0]),
        stay=tuple(moved(p) for p in first[0] if p in first[1]),
        average=average,
        ties=ties,
        most=most,
    )


def _both_codes(
    library: Library, scene: Scene, full: Opened, here: Opened
) -> tuple[list[np.ndarray], Step]:
    """Return the codes of the query, or of a first sample, in both runs, and its place there."""
    mine, step, there = library.open(scene.run), scene.step, None
    if mine.run.config.data == full.run.config.data:
        if step.kind == "picture":
            return [code_in(mine, step, opened)[0] for opened in (full, here)], step
        there = same_picture(step, mine.run, full.run)
    step = there or Step(full.asks, full.samples[0])
    return [code_in(full, step, opened)[0] for opened in (full, here)], step


def _first(opened: Opened, code: np.ndarray, itself: int) -> list[int]:
    found = opened.index.search(code, FIRST + (itself >= 0))
    near = found.ids[0, : found.found[0]]
    return near[near != itself][:FIRST].tolist()


def _average(full: Opened, here: Opened) -> tuple[float, float, int]:
    """Return the mean number of changed results, that of ties alone, and the most changed query."""
    some = np.unique(np.linspace(0, len(full.run.query_index) - 1, SAMPLED).round().astype(int))
    pairs = [
        (opened.judged.query_codes[some], opened.judged.database_codes) for opened in (full, here)
    ]
    found = metrics.changed_results(pairs[0], pairs[1], FIRST)
    most = int(some[(found.other - found.itself).argmax()])
    return FIRST * float(found.other.mean()), FIRST * float(found.itself.mean()), most
