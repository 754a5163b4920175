"""What the app answers, as plain functions of plain values: no server, no layout, no gradio.

A `Scene` is all that a visitor chose (run, trail of queries, k or radius); `look` turns it into a
`Found`, which `demo.cards` draws. Positions count inside the query set or the database of a run;
rows count inside the data set.
"""

import base64
import io
import secrets
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode

import numpy as np
from jaxtyping import UInt8

from hashviz.data import Dataset, MissingData, load_dataset
from hashviz.hamming import distances, pack, sign, unpack
from hashviz.runs import Run, RunError
from hashviz.search import HammingIndex

K = range(1, 101)
"""How many results a visitor may ask for."""
MOST = K[-1]
"""Cards that a radius search shows at most; the rest is counted."""
SAMPLES = 20
STEPS = 8
"""Queries that the trail remembers."""
PICTURE_BYTES = 2_000_000


class BadRequest(ValueError):
    """A request that has no answer; its message is for the visitor."""


@dataclass(frozen=True)
class Step:
    """One query of the trail: a member of the query set or of the database, or a picture."""

    kind: Literal["query", "database", "picture"]
    position: int = -1
    picture: str = ""
    """A PNG as data URI, already in the size of the data set."""
    drawn: bool = False


@dataclass(frozen=True)
class Scene:
    """All that a visitor chose; small and immutable, so it may live in a session."""

    run: str
    trail: tuple[Step, ...]
    mode: Literal["k", "radius"] = "k"
    k: int = 12
    radius: int = 2
    page: int = 0

    @property
    def step(self) -> Step:
        """The query that is looked at."""
        return self.trail[-1]

    @property
    def link(self) -> str:
        """The part of the address behind the question mark that leads back here.

        >>> Scene("digits/csq/32bits/seed0", (Step("query", 3),), k=8).link
        'run=digits%2Fcsq%2F32bits%2Fseed0&query=3&k=8'
        """
        parts: dict[str, Any] = {"run": self.run}
        if self.step.kind == "query":
            parts["query"] = self.step.position
        elif self.step.kind == "database":
            parts["query"] = f"database:{self.step.position}"
        parts[self.mode] = self.k if self.mode == "k" else self.radius
        return urlencode(parts, safe=":")


@dataclass(frozen=True)
class Item:
    """A picture as it is shown: where it lies, what it is called, its code."""

    kind: str
    position: int
    name: str
    image: str
    """An address or a data URI."""
    code: str
    """One character per bit, 1 for +1 and 0 for -1."""


@dataclass(frozen=True)
class Hit(Item):
    """A result: how far it is, in which bits it differs, whether it shares a label."""

    distance: int
    differing: tuple[int, ...]
    right: bool | None
    """None where the labels of the query are not known."""


@dataclass(frozen=True)
class Ties:
    """The results at one distance: an order among them would be arbitrary."""

    distance: int
    hits: tuple[Hit, ...]
    total: int
    """How many of the database lie at that distance, shown or not."""


@dataclass(frozen=True)
class Milliseconds:
    """Where the time went; `encode` is None when the code was stored in the run."""

    encode: float | None
    search: float
    draw: float = 0.0


@dataclass(frozen=True)
class Found:
    """One answered query."""

    scene: Scene
    query: Item
    groups: tuple[Ties, ...]
    database: int
    found: int
    """How many the search returned; more than the cards when a radius holds very many."""
    total: tuple[int, ...]
    """Database items per distance, 0 to bits."""
    right: tuple[int, ...] | None
    """Those among them that share a label with the query."""
    milliseconds: Milliseconds
    trail: tuple[Item, ...]

    @property
    def hits(self) -> tuple[Hit, ...]:
        """All results in order."""
        return tuple(hit for group in self.groups for hit in group.hits)


@dataclass(frozen=True)
class RunFacts:
    """A run as a menu shows it."""

    name: str
    method: str
    data: str
    bits: int
    seed: int
    variant: str
    """What sets it apart from the ordinary run of its method, bits and seed."""
    split: str


@dataclass
class Opened:
    """A run with what is needed to search in it; data set and network are read when first used."""

    run: Run
    data_root: Path | None
    address: str
    """Where thumbnails are served; a row and .png follow."""
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    @cached_property
    def dataset(self) -> Dataset:
        """The pictures of the run."""
        with self._lock:
            run = self.run
            try:
                dataset = load_dataset(run.config.data, self.data_root)
            except MissingData as error:
                raise BadRequest(str(error)) from None
            if len(dataset) <= max(run.query_index.max(), run.database_index.max()):
                raise BadRequest(
                    f"{run.config.data} has {len(dataset):,} pictures, fewer than when "
                    f"{run.name} was trained; train it again."
                )
            return dataset

    @cached_property
    def index(self) -> HammingIndex:
        """The database, ready to be searched; ids are positions."""
        with self._lock:
            if "index" in self.__dict__:
                return self.__dict__["index"]
            index = HammingIndex(self.run.config.bits)
            index.add(np.arange(len(self.run.database_packed)), self.run.database_packed)
            return index

    @cached_property
    def model(self) -> Any:
        """The network; the first use imports torch."""
        with self._lock:
            if "model" in self.__dict__:
                return self.__dict__["model"]
            from hashviz.encoding import load_model

            try:
                return load_model(self.run)
            except RunError as error:
                raise BadRequest(str(error)) from None

    def encode(self, image: UInt8[np.ndarray, "height width channels"]) -> UInt8[np.ndarray, "1 b"]:
        """The packed code of one picture that has the size of the data set."""
        from hashviz.encoding import encode

        outputs = encode(self.model, image[None].copy())
        return pack(sign(np.asarray(outputs)))

    def thumbnail(self, row: int) -> str:
        """The address of the picture in that row of the data set."""
        return f"{self.address}/{row}.png"


class Library:
    """The runs of one app, opened once; safe to use from several threads."""

    def __init__(self, runs: Iterable[Run], data_root: Path | str | None = None) -> None:
        self.runs = {run.name: run for run in runs}
        if not self.runs:
            raise BadRequest(
                "There are no runs to show; `hashviz train csq --data digits` makes one."
            )
        self._data_root = Path(data_root) if data_root is not None else None
        # A new token per start: browsers may keep pictures, but never those of other data.
        token = secrets.token_hex(4)
        specs = sorted({run.config.data for run in self.runs.values()})
        self._keys = {spec: f"{token}-{number}" for number, spec in enumerate(specs)}
        self._opened: dict[str, Opened] = {}
        self._lock = threading.Lock()

    def open(self, name: Any) -> Opened:
        """The run of that name.

        Raises:
            BadRequest: when there is none.
        """
        if not isinstance(name, str) or name not in self.runs:
            shown = repr(name)[:80]
            raise BadRequest(
                f"There is no run {shown}; choose from {', '.join(sorted(self.runs))}."
            )
        with self._lock:
            if name not in self._opened:
                run = self.runs[name]
                address = f"/thumbnails/{self._keys[run.config.data]}"
                self._opened[name] = Opened(run, self._data_root, address)
            return self._opened[name]

    def picture(self, key: str, row: int) -> bytes | None:
        """The PNG behind a thumbnail's address; None when there is no such picture."""
        for name, run in self.runs.items():
            if secrets.compare_digest(self._keys[run.config.data].encode(), key.encode()):
                try:
                    dataset = self.open(name).dataset
                except BadRequest:
                    return None
                if 0 <= row < len(dataset.images):
                    return png(dataset.images[row])
                return None
        return None

    def facts(self) -> list[RunFacts]:
        """What the menu of runs shows."""
        return [run_facts(run) for run in self.runs.values()]


def run_facts(run: Run) -> RunFacts:
    """The line of one run in the menu."""
    config = run.config
    _, dash, variant = run.name.rpartition("/")[2].partition("-")
    return RunFacts(
        name=run.name,
        method=config.method.upper(),
        data=config.data,
        bits=config.bits,
        seed=config.seed,
        variant=variant if dash else "",
        split=run.split,
    )


def whole(value: Any, low: int, high: int, what: str) -> int:
    """A whole number between two bounds, from a number or the text of one.

    Raises:
        BadRequest: for anything else, whatever was sent.

    >>> whole("7", 1, 10, "k")
    7
    """
    number: int | None = None
    if isinstance(value, bool):
        pass
    elif isinstance(value, int):
        number = value
    elif isinstance(value, str) and len(value) < 12:
        number = int(value) if value.isascii() and value.isdigit() else None
    elif isinstance(value, float) and value.is_integer():
        number = int(value)
    if number is None or not low <= number <= high:
        raise BadRequest(f"{what} is a whole number from {low} to {high}, got {repr(value)[:40]}.")
    return number


def first_scene(library: Library, address: Mapping[str, str]) -> tuple[Scene, list[str]]:
    """The scene of an address (`?run=&query=&k=` or `&radius=`), and what in it was not usable."""
    notes = []
    names = list(library.runs)
    name = address.get("run", names[0])
    if name not in library.runs:
        notes.append(f"There is no run {name[:80]!r} here, so this is another one.")
        name = names[0]
    run = library.runs[name]
    step = Step("query", sample_order(run)[0])
    scene = Scene(name, (step,), radius=max(1, run.config.bits // 12))

    def take(key: str, change: Any) -> None:
        nonlocal scene
        if key in address:
            try:
                scene = change(scene, address[key])
            except BadRequest as error:
                notes.append(str(error))

    take("query", lambda s, v: replace(s, trail=(_linked_step(run, v),)))
    take("k", lambda s, v: with_amount(library, s, "k", v))
    take("radius", lambda s, v: with_amount(library, s, "radius", v))
    return scene, notes


def _linked_step(run: Run, text: str) -> Step:
    kind, colon, position = text.rpartition(":")
    if colon and kind == "database":
        last = len(run.database_index) - 1
        return Step("database", whole(position, 0, last, "A database position"))
    return Step("query", whole(text, 0, len(run.query_index) - 1, "A query"))


def with_run(library: Library, scene: Scene, name: Any) -> Scene:
    """The same query in another run, where that run knows the picture; else its first sample."""
    old, new = library.open(scene.run), library.open(name)
    radius = min(scene.radius, new.run.config.bits)
    moved = replace(scene, run=new.run.name, radius=radius, page=0)
    if old.run.config.data == new.run.config.data:
        trail = tuple(s for s in (_moved(s, old.run, new.run) for s in scene.trail) if s)
        if trail and _moved(scene.step, old.run, new.run):
            return replace(moved, trail=trail)
    return replace(moved, trail=(Step("query", sample_order(new.run)[0]),))


def _moved(step: Step, old: Run, new: Run) -> Step | None:
    if step.kind == "picture":
        return step
    row = (old.query_index if step.kind == "query" else old.database_index)[step.position]
    query, database = (np.flatnonzero(i == row) for i in (new.query_index, new.database_index))
    if len(query):
        return Step("query", int(query[0]))
    return Step("database", int(database[0])) if len(database) else None


def with_amount(library: Library, scene: Scene, mode: Any, value: Any) -> Scene:
    """The scene with k results, or with all results within a radius."""
    if mode == "k":
        return replace(scene, mode="k", k=whole(value, K[0], K[-1], "k"))
    if mode == "radius":
        bits = library.open(scene.run).run.config.bits
        return replace(scene, mode="radius", radius=whole(value, 0, bits, "The radius"))
    raise BadRequest(f"A search goes by 'k' or by 'radius', got {repr(mode)[:40]}.")


def with_sample(library: Library, scene: Scene, position: Any) -> Scene:
    """Start again from a member of the query set."""
    last = len(library.open(scene.run).run.query_index) - 1
    return replace(scene, trail=(Step("query", whole(position, 0, last, "A query")),))


def with_hit(library: Library, scene: Scene, position: Any) -> Scene:
    """Make a result the next query of the trail."""
    last = len(library.open(scene.run).run.database_index) - 1
    step = Step("database", whole(position, 0, last, "A database position"))
    if step == scene.step:
        return scene
    return replace(scene, trail=(*scene.trail, step)[-STEPS:])


def with_earlier(scene: Scene, place: Any) -> Scene:
    """Go back along the trail."""
    return replace(scene, trail=scene.trail[: whole(place, 0, len(scene.trail) - 1, "A step") + 1])


def with_picture(
    library: Library, scene: Scene, rgb: UInt8[np.ndarray, "height width 3"], *, drawn: bool = False
) -> Scene:
    """Make an uploaded or drawn picture the query; strokes of one drawing replace each other."""
    from hashviz.data.images import fit_image

    dataset = library.open(scene.run).dataset
    channels = dataset.images.shape[3]
    if channels == 1 and (drawn or (_on_black(dataset) and _on_paper(rgb))):
        image = _as_ink(rgb if drawn else 255 - rgb, dataset)
    else:
        image = fit_image(rgb, dataset.size, channels)
    step = Step("picture", picture=data_uri(png(image)), drawn=drawn)
    return replace(scene, trail=(step,))


def with_drawing(library: Library, scene: Scene, address: Any) -> Scene:
    """Make a drawing the query; it arrives as the data URI of a PNG."""
    from hashviz.data.images import ImageError, read_image

    start = "data:image/png;base64,"
    if not isinstance(address, str) or not address.startswith(start):
        raise BadRequest("A drawing arrives as a PNG; draw it again.")
    if len(address) > PICTURE_BYTES:
        raise BadRequest(f"A drawing has at most {PICTURE_BYTES // 1_000_000} MB.")
    try:
        rgb = read_image(base64.b64decode(address[len(start) :], validate=True))
    except ImageError as error:
        raise BadRequest(str(error)) from None
    except ValueError:
        raise BadRequest("The drawing arrived damaged; draw it again.") from None
    return with_picture(library, scene, rgb, drawn=True)


def sample_order(run: Run) -> list[int]:
    """Queries in an order that shows every class early: first one of each, then a second."""
    first = run.query_labels.argmax(1)
    order = np.random.default_rng(0).permutation(len(first))
    turn = np.zeros(len(first), int)
    for name in np.unique(first):
        mine = order[first[order] == name]
        turn[mine] = np.arange(len(mine))
    return np.lexsort((first, turn)).tolist()


def in_color(opened: Opened) -> bool:
    """Whether the pictures of the run have colors; the run knows, the data set is not read."""
    return opened.run.data["image"][2] == 3


def samples(library: Library, scene: Scene) -> list[Item]:
    """One page of queries to choose from; pages follow each other in a circle."""
    opened = library.open(scene.run)
    order = sample_order(opened.run)
    start = scene.page * SAMPLES % len(order)
    return [_item(opened, Step("query", p)) for p in order[start : start + SAMPLES]]


def look(library: Library, scene: Scene) -> Found:
    """Search with the last query of the trail."""
    opened = library.open(scene.run)
    run, step = opened.run, scene.step
    start = time.perf_counter()
    if step.kind == "picture":
        packed, labels = opened.encode(read_png(step.picture)), None
    elif step.kind == "query":
        packed = run.query_packed[step.position][None]
        labels = run.query_labels[step.position]
    else:
        packed = run.database_packed[step.position][None]
        labels = run.database_labels[step.position]
    encoded = time.perf_counter()

    # What is looked for is not a result of itself: one more is asked for, and it is left out.
    itself = step.position if step.kind == "database" else -1
    if scene.mode == "k":
        hits = opened.index.search(packed, scene.k + (itself >= 0))
    else:
        hits = opened.index.search(packed, None, radius=scene.radius)
    positions, far = (array[0, : hits.found[0]] for array in (hits.ids, hits.distances))
    kept = positions != itself
    positions, far = positions[kept], far[kept]
    if scene.mode == "k":
        positions, far = positions[: scene.k], far[: scene.k]
    found, positions, far = len(positions), positions[:MOST], far[:MOST]
    bits = run.config.bits
    everywhere = distances(packed, run.database_packed)[0]
    others = np.arange(len(everywhere)) != itself
    total = np.bincount(everywhere[others], minlength=bits + 1)
    similar = None if labels is None else np.any(run.database_labels[:, labels], axis=1)
    searched = time.perf_counter()

    code = unpack(packed, bits)[0] > 0
    groups = []
    for distance in np.unique(far):
        members = positions[far == distance]
        hits = tuple(_hit(opened, int(p), int(distance), code, similar) for p in members)
        groups.append(Ties(int(distance), hits, int(total[distance])))
    right = None
    if similar is not None:
        right = tuple(np.bincount(everywhere[others & similar], minlength=bits + 1).tolist())
    query = replace(_item(opened, step), code=_text(code))
    return Found(
        scene=scene,
        query=query,
        groups=tuple(groups),
        database=int(others.sum()),
        found=found,
        total=tuple(total.tolist()),
        right=right,
        milliseconds=Milliseconds(
            encode=1e3 * (encoded - start) if step.kind == "picture" else None,
            search=1e3 * (searched - encoded),
        ),
        trail=tuple(_item(opened, s) for s in scene.trail),
    )


def as_json(found: Found) -> dict[str, Any]:
    """A found query as the API tells it."""
    scene = found.scene
    return {
        "run": scene.run,
        "query": {
            "kind": found.query.kind,
            "position": found.query.position,
            "class": found.query.name,
            "code": found.query.code,
        },
        scene.mode: scene.k if scene.mode == "k" else scene.radius,
        "database": found.database,
        "found": found.found,
        "results": [
            {
                "position": hit.position,
                "class": hit.name,
                "distance": hit.distance,
                "right": hit.right,
            }
            for hit in found.hits
        ],
        "ties": [
            {"distance": g.distance, "shown": len(g.hits), "total": g.total} for g in found.groups
        ],
        "milliseconds": {
            "encode": found.milliseconds.encode,
            "search": found.milliseconds.search,
        },
    }


def warm(library: Library) -> None:
    """Read what the first visitor needs: data set, network, one encoded picture."""
    scene, _ = first_scene(library, {})
    opened = library.open(scene.run)
    opened.encode(opened.dataset.images[0])


def png(image: UInt8[np.ndarray, "height width channels"]) -> bytes:
    """The picture as the bytes of a PNG file."""
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(image[..., 0] if image.shape[2] == 1 else image).save(out, "png")
    return out.getvalue()


def read_png(address: str) -> UInt8[np.ndarray, "height width channels"]:
    """The picture in a data URI that `data_uri` made."""
    from PIL import Image

    content = base64.b64decode(address.partition(",")[2])
    with Image.open(io.BytesIO(content), formats=("PNG",)) as picture:
        image = np.asarray(picture)
    return image[..., None] if image.ndim == 2 else image


def data_uri(content: bytes) -> str:
    """A PNG inside an address."""
    return "data:image/png;base64," + base64.b64encode(content).decode()


def _item(opened: Opened, step: Step) -> Item:
    run = opened.run
    if step.kind == "picture":
        name = "your drawing" if step.drawn else "your picture"
        return Item("picture", -1, name, step.picture, "")
    if step.kind == "query":
        labels, row = run.query_labels[step.position], run.query_index[step.position]
        packed = run.query_packed[step.position]
    else:
        labels, row = run.database_labels[step.position], run.database_index[step.position]
        packed = run.database_packed[step.position]
    return Item(
        kind=step.kind,
        position=step.position,
        name=_names(labels, run.classes),
        image=opened.thumbnail(int(row)),
        code=_text(unpack(packed[None], run.config.bits)[0] > 0),
    )


def _hit(
    opened: Opened, position: int, distance: int, code: np.ndarray, similar: np.ndarray | None
) -> Hit:
    item = _item(opened, Step("database", position))
    differing = np.flatnonzero(np.array([bit == "1" for bit in item.code]) != code)
    return Hit(
        **vars(item),
        distance=distance,
        differing=tuple(differing.tolist()),
        right=None if similar is None else bool(similar[position]),
    )


def _names(labels: np.ndarray, classes: Sequence[str]) -> str:
    return ", ".join(classes[i] for i in np.flatnonzero(labels).tolist()) or "no class"


def _text(code: np.ndarray) -> str:
    return "".join("1" if bit else "0" for bit in code)


# A pen on a screen draws sharper, larger or smaller than the scanner did. What follows measures
# the data set's own look and gives it to the drawing, so that no data set needs to be named.


def _on_black(dataset: Dataset) -> bool:
    return _border(dataset.images[:64]).mean() < 64


def _on_paper(rgb: np.ndarray) -> bool:
    gray = rgb.mean(2)
    return bool(np.median(_border(gray[None])) > 128 and gray.max() - gray.min() > 64)


def _border(images: np.ndarray) -> np.ndarray:
    return np.concatenate([images[:, [0, -1]].ravel(), images[:, :, [0, -1]].ravel()])


def _look_of(dataset: Dataset) -> tuple[float, float, int]:
    """Height and width of the ink as parts of the picture, and how far pictures were enlarged."""
    from PIL import Image

    images = dataset.images[:200, ..., 0]
    boxes = np.array([_box(image) for image in images])
    height = np.median(boxes[:, 1] - boxes[:, 0]) / images.shape[1]
    width = np.percentile(boxes[:, 3] - boxes[:, 2], 95) / images.shape[2]
    enlarged = 1
    for factor in (2, 4):
        lost = []
        for image in images[:20]:
            small = Image.fromarray(image).reduce(factor)
            back = np.asarray(small.resize(image.shape[::-1], Image.Resampling.BICUBIC), float)
            lost.append(np.abs(back - image).mean())
        if np.mean(lost) < 12:
            enlarged = factor
    return float(height), float(width), enlarged


def _box(image: np.ndarray) -> tuple[int, int, int, int]:
    """First and last row and column of the ink, half open; the whole picture when it is black."""
    ink = image > 0.25 * max(int(image.max()), 1)
    if not ink.any():
        return 0, image.shape[0], 0, image.shape[1]
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def _as_ink(rgb: np.ndarray, dataset: Dataset) -> UInt8[np.ndarray, "height width 1"]:
    """Bright ink on black, as large and as soft as in the data set, in the middle."""
    from PIL import Image

    gray = rgb.astype(np.float32).mean(2)
    if gray.max() - gray.min() < 8:
        raise BadRequest("There is nothing drawn yet.")
    gray = np.clip((gray - np.median(_border(gray[None]))) / (gray.max() or 1), 0, 1) * 255
    top, bottom, left, right = _box(gray)
    ink = Image.fromarray(gray[top:bottom, left:right].astype(np.uint8))
    height, width = dataset.size
    part_high, part_wide, enlarged = _look_of(dataset)
    scale = min(part_high * height / ink.height, part_wide * width / ink.width)
    shape = (max(1, round(ink.width * scale)), max(1, round(ink.height * scale)))
    ink = ink.resize(shape, Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC)
    canvas = Image.new("L", (width, height))
    canvas.paste(ink, ((width - ink.width) // 2, (height - ink.height) // 2))
    if enlarged > 1:
        canvas = canvas.reduce(enlarged).resize((width, height), Image.Resampling.BICUBIC)
    drawn = np.asarray(canvas, np.float32)
    return np.rint(drawn * (255 / max(drawn.max(), 1))).astype(np.uint8)[..., None]
