"""Why a result was found: where its code agrees with the query's, what would drive it away, and
where on both pictures a bit looks.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float32

from hashviz_demo.events import BadRequest, whole
from hashviz_demo.library import Library, Opened
from hashviz_demo.pictures import data_uri, png
from hashviz_demo.scene import Scene, Step
from hashviz_demo.tabs.bits.view import resort
from hashviz_demo.tabs.search.view import Hit, Item, code_of, item, pixels_of

FIRST = 10
"""Results that can be asked about; a result has left when it is not among them."""
SIDE = 64
"""Rows and columns of a heat map, at most; the browser enlarges it."""
ENDS = ((0, 90, 181), (230, 97, 0))
"""Colors of a place that speaks for -1 and for +1; they differ for all color vision."""


@dataclass(frozen=True)
class Pair:
    """A query and one of its results."""

    query: Item
    hits: tuple[Hit, ...]
    hit: Hit


@dataclass(frozen=True)
class Heat:
    """Where every bit looks, on the query and on the result."""

    query: tuple[str, ...]
    """One transparent PNG per bit, as data URI."""
    hit: tuple[str, ...]
    outputs: tuple[tuple[float, ...], tuple[float, ...]]
    loudest: int
    """The agreeing bit that both pictures decide most clearly."""


@dataclass(frozen=True)
class Reasons:
    """What would drive a result away, and where the bits look."""

    hit: int
    flips: tuple[int, ...] | None
    """The bits of the query to flip; None when no flips can do it."""
    smallest: bool
    """Whether it is known that no fewer flips do."""
    after: tuple[Hit, ...]
    """The first results after these flips."""
    heat: Heat | None
    note: str
    """Why there are no maps."""


def pair(library: Library, scene: Scene, sent: Any = None) -> Pair:
    """The query beside the result at that position of the database; by default beside its first."""
    opened = library.open(scene.run)
    code = code_of(opened, scene.step)
    hits = resort(library, scene, code).hits[:FIRST]
    chosen = [hit for hit in hits if hit.position == sent]
    return Pair(item(opened, scene.step, code), hits, chosen[0] if chosen else hits[0])


def reasons(library: Library, scene: Scene, sent: Any) -> Reasons:
    """What would drive that result away, and where the bits look; imports torch.

    Raises:
        BadRequest: when it is not one of the first results.
    """
    from hashviz.explain.deciding import deciding_bits

    opened = library.open(scene.run)
    run, step = opened.run, scene.step
    position = whole(sent, 0, len(run.database_index) - 1, "A database position")
    code = code_of(opened, step)
    if position not in [hit.position for hit in resort(library, scene, code).hits[:FIRST]]:
        raise BadRequest(f"Only the first {FIRST} results are explained; choose one of them.")
    others, place = run.database_codes, position
    if step.kind == "database":  # the query is no result of itself
        others = np.delete(others, step.position, axis=0)
        place -= position > step.position
    signs = np.array([1 if each == "1" else -1 for each in code], np.int8)
    decision = deciding_bits(signs, others, place, min(FIRST, len(others)))
    flipped = list(code)
    for bit in decision.bits or ():
        flipped[bit] = "0" if code[bit] == "1" else "1"
    heat, note = None, ""
    try:
        heat = _heat(opened, step, position)
    except BadRequest as error:
        note = str(error)
    return Reasons(
        hit=position,
        flips=decision.bits,
        smallest=decision.smallest,
        after=resort(library, scene, "".join(flipped)).hits[:FIRST],
        heat=heat,
        note=note,
    )


def _heat(opened: Opened, step: Step, position: int) -> Heat:
    from hashviz.explain.heat import heat_maps
    from hashviz.models.encoding import encode

    hit = Step("database", position)
    images = np.stack([pixels_of(opened, each) for each in (step, hit)])
    model = opened.model
    try:
        maps = heat_maps(model, images, stage=-1)
    except ValueError:  # a network without stages: what the pixels add
        maps = heat_maps(model, images)
    outputs = np.asarray(encode(model, images))
    agreeing = np.flatnonzero((outputs[0] > 0) == (outputs[1] > 0))
    clear = np.abs(outputs).min(0)
    loudest = int(agreeing[clear[agreeing].argmax()]) if len(agreeing) else 0
    return Heat(
        query=tuple(overlay(each) for each in maps[0]),
        hit=tuple(overlay(each) for each in maps[1]),
        outputs=(tuple(outputs[0].tolist()), tuple(outputs[1].tolist())),
        loudest=loudest,
    )


def overlay(heat: Float32[np.ndarray, "height width"]) -> str:
    """A heat map as a transparent picture: its color is its sign, its density its size."""
    rows, columns = (-(-side // SIDE) for side in heat.shape)
    high, wide = heat.shape[0] // rows, heat.shape[1] // columns
    heat = heat[: high * rows, : wide * columns].reshape(high, rows, wide, columns).mean((1, 3))
    top = float(np.abs(heat).max())
    share = np.abs(heat) / top if top > 0 else np.zeros_like(heat)
    rgba = np.empty((*heat.shape, 4), np.uint8)
    rgba[..., :3] = np.array(ENDS, np.uint8)[(heat > 0).astype(int)]
    rgba[..., 3] = np.rint(216 * share**0.8)
    return data_uri(png(rgba))
