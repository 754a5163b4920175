"""Pictures of a run as a page shows them, and the database as a query sees it.

Positions count inside the query set or the database of a run; rows count inside the data set. A
code is written with one character per bit: 1 for +1 and 0 for -1. A pattern may also hold *, for a
bit that is not compared.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int64, UInt8, UInt64

from hashviz.codes import distances, nearest, pack, unpack, words
from hashviz.runs import Run
from hashviz_demo.library import Opened
from hashviz_demo.pictures import read_png
from hashviz_demo.scene import Step


@dataclass(frozen=True)
class Item:
    """A picture as it is shown: where it lies, what it is called, its code."""

    kind: str
    position: int
    name: str
    image: str
    """An address or a data URI."""
    code: str
    file: str
    """Where it lies below somebody's own folder; empty for everything else."""


@dataclass(frozen=True)
class Hit(Item):
    """A result: how far it is, in which bits it differs, whether it shares a label."""

    distance: int
    differing: tuple[int, ...]
    right: bool | None
    """None where the labels of the query are not known."""


@dataclass(frozen=True, eq=False)
class Ranking:
    """The database as a query sees it."""

    opened: Opened
    pattern: str
    far: Int64[np.ndarray, " database"]
    """Number of compared bits in which each item differs."""
    similar: Bool[np.ndarray, " database"] | None
    """Which items share a label with the query; None where that is not known or not asked."""
    others: Bool[np.ndarray, " database"]
    """All items but the query itself."""

    def nearest(self, k: int, chosen: Bool[np.ndarray, " database"] | None = None) -> list[int]:
        """Return the first k positions by (distance, position), of all or of the chosen items."""
        places = np.flatnonzero(self.others if chosen is None else self.others & chosen)
        return places[nearest(self.far[places], k)].tolist()

    def count(self, chosen: Bool[np.ndarray, " database"] | None = None) -> tuple[int, ...]:
        """Count the items at each distance from 0 to the number of bits."""
        far = self.far[self.others if chosen is None else self.others & chosen]
        return tuple(np.bincount(far, minlength=len(self.pattern) + 1).tolist())

    def count_right(
        self, chosen: Bool[np.ndarray, " database"] | None = None
    ) -> tuple[int, ...] | None:
        """Count in the same way those that share a label; None where that is not known."""
        if self.similar is None:
            return None
        return self.count(self.similar if chosen is None else self.similar & chosen)

    def hit(self, position: int) -> Hit:
        """Describe the item at a position as a result."""
        found = item(self.opened, Step("database", position))
        pairs = enumerate(zip(found.code, self.pattern, strict=True))
        differing = tuple(bit for bit, (mine, other) in pairs if other not in ("*", mine))
        right = None if self.similar is None else bool(self.similar[position])
        return Hit(**vars(found), distance=len(differing), differing=differing, right=right)


def rank(opened: Opened, step: Step, pattern: str | None = None) -> Ranking:
    """Rank the database of a run for a query, or for another pattern of the query's bits."""
    itself = step.position if step.kind == "database" else -1
    pattern = pattern or code_of(opened, step)
    similar = None if "*" in pattern else similar_to(opened.run, step)
    return rank_code(opened, pattern, similar, itself)


def rank_code(
    opened: Opened, pattern: str, similar: Bool[np.ndarray, " database"] | None, itself: int = -1
) -> Ranking:
    """Rank the database of a run for a pattern; `itself` is the query's own position, if any."""
    far = apart(opened, pattern)
    return Ranking(opened, pattern, far, similar, np.arange(len(far)) != itself)


def apart(opened: Opened, pattern: str) -> Int64[np.ndarray, " database"]:
    """Count the compared bits in which each item of the database differs from a pattern."""
    compared, wish = _words(pattern, "01"), _words(pattern, "1")
    database = opened.kept("words", lambda: words(opened.run.database_packed))
    return np.bitwise_count((database ^ wish) & compared).sum(1, dtype=np.int64)


def code_of(opened: Opened, step: Step) -> str:
    """Return the code of a step; a picture is encoded."""
    if step.kind == "picture":
        return as_text(opened.encode(read_png(step.picture)), opened.run.config.bits)
    return as_text(_stored(opened.run, step)[0], opened.run.config.bits)


def pixels_of(opened: Opened, step: Step) -> UInt8[np.ndarray, "height width channels"]:
    """Return the picture of a step as the network sees it."""
    if step.kind == "picture":
        return read_png(step.picture)
    return opened.dataset.images[_stored(opened.run, step)[2]]


def similar_to(run: Run, step: Step) -> Bool[np.ndarray, " database"] | None:
    """Tell which database items share a label with a step; None where its labels are not known."""
    if step.kind == "picture":
        return None
    labels = _stored(run, step)[1]
    return np.any(run.database_labels[:, labels], axis=1) if labels.any() else None


def item(opened: Opened, step: Step, code: str = "") -> Item:
    """Describe the picture of a step; `code` is that of a picture from outside."""
    if step.kind == "picture":
        name = "your drawing" if step.drawn else "your picture"
        return Item("picture", -1, name, step.picture, code, "")
    packed, labels, row = _stored(opened.run, step)
    names = [opened.run.classes[i] for i in np.flatnonzero(labels).tolist()]
    file = _file_below(opened, step)
    return Item(
        kind=step.kind,
        position=step.position,
        name=", ".join(names) or file.rpartition("/")[2] or f"picture {row}",
        image=opened.thumbnail(row),
        code=as_text(packed, opened.run.config.bits),
        file=file,
    )


def row_of(opened: Opened, step: Step) -> int:
    """Return the row of a step in the data set; -1 for a picture from outside."""
    return -1 if step.kind == "picture" else _stored(opened.run, step)[2]


def reach(opened: Opened) -> int:
    """Return how far a picture that belongs to this collection is from its nearest, at most.

    Of up to 300 evenly spread pictures that were held out as queries, the 99th percentile of the
    distance to the nearest picture of the database. They come from the same collection, and no
    training has pulled their codes together, so one in a hundred of them is lonelier than that. A
    query whose nearest picture is even farther is "far from everything": by the measure of this
    collection it does not belong to it. (A ranking has a first place, whatever is asked.)
    """

    def measure() -> int:
        run = opened.judged
        most = min(300, 20 + 6_000_000 // len(run.database_index))
        some = np.unique(np.linspace(0, len(run.query_index) - 1, most).round().astype(int))
        far = distances(run.query_packed[some], run.database_packed)
        far[run.query_index[some][:, None] == run.database_index] = run.config.bits  # not itself
        return int(np.percentile(far.min(1), 99, method="lower"))

    return opened.kept("reach", measure)


def as_text(packed: UInt8[np.ndarray, "1 bytes"], bits: int) -> str:
    """Write a packed code with one character per bit.

    >>> as_text(np.array([[0b10100000]], np.uint8), 3)
    '101'
    """
    return "".join("1" if bit > 0 else "0" for bit in unpack(packed, bits)[0])


def _stored(run: Run, step: Step) -> tuple[np.ndarray, np.ndarray, int]:
    """Packed code, labels, and row in the data set of a member of the run."""
    return step.of(run, "packed")[None], step.of(run, "labels"), int(step.of(run, "index"))


def _file_below(opened: Opened, step: Step) -> str:
    """Return where a picture lies below somebody's own folder; nothing for other pictures."""
    named = opened.pictures.own and opened.run.database_paths is not None
    return str(step.of(opened.run, "paths")) if named else ""


def _words(pattern: str, characters: str) -> UInt64[np.ndarray, "1 words"]:
    """The bits of a pattern that are one of the characters, as words of 64."""
    return words(pack(np.array([[1 if each in characters else -1 for each in pattern]], np.int8)))
