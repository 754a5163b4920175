"""The runs of one app, each opened once: its pictures, search index, network and facts."""

import contextlib
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np
from jaxtyping import UInt8

from hashviz.codes import pack, sign
from hashviz.data import Dataset, MissingData, load_dataset, parse
from hashviz.data.images import ImageError, read_image
from hashviz.data.readers.folder import file_of
from hashviz.methods import METHODS
from hashviz.runs import Run, RunError, list_runs
from hashviz.search.index import HammingIndex
from hashviz_demo.events import BadRequest
from hashviz_demo.own import Everything
from hashviz_demo.pictures import jpeg, png

T = TypeVar("T")

SHORT = 28
"""Characters of what distinguishes a run that its title shows."""
THUMBNAIL = 320
"""Longer side, in pixels, of somebody's own photograph among the results."""
ADDED = 50
"""How many runs may be added while the app lives, as memory and menus are limited."""


class Once:
    """A value that several threads may request at the same time and that is made once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: Any = None

    def __call__(self, make: Callable[[], T]) -> T:
        """Return what `make` returned the first time; after an error, try again."""
        with self._lock:
            if self._made is None:
                self._made = make()
            return self._made


@dataclass(frozen=True)
class Pictures:
    """The data set of some of the runs, read when first used."""

    spec: str
    root: Path | None
    key: str
    """The part of a thumbnail's address that stands for this data set."""
    _read: Once = field(default_factory=Once, repr=False)

    @property
    def dataset(self) -> Dataset:
        """All pictures with their labels."""
        try:
            return self._read(lambda: load_dataset(self.spec, self.root))
        except MissingData as error:
            raise BadRequest(str(error)) from None

    @property
    def own(self) -> bool:
        """Whether these are the pictures of a folder."""
        return self.spec.startswith("folder:")

    def file(self, row: int) -> Path | None:
        """Return where the picture in a row lies; None where it is no file of a folder."""
        names = self.dataset.attributes.get("path") if self.own else None
        if names is None or not 0 <= row < len(names):
            return None
        return file_of(parse(self.spec)[1], str(names[row]))

    def picture(self, row: int) -> tuple[bytes, str] | None:
        """Return a small picture and its media type: a file in its own shape, else the pixels."""
        file = self.file(row)
        if file is not None:
            with contextlib.suppress(ImageError):
                return jpeg(read_image(file, longest=THUMBNAIL)), "image/jpeg"
        images = self.dataset.images
        return (png(images[row]), "image/png") if 0 <= row < len(images) else None


@dataclass(frozen=True)
class Opened:
    """A run with what is needed to search in it; data set and network are read when first used."""

    judged: Run
    """The run as it was saved, which is what scores are about."""
    pictures: Pictures
    _indexed: Once = field(default_factory=Once, repr=False)
    _loaded: Once = field(default_factory=Once, repr=False)
    _kept: dict[str, Once] = field(default_factory=dict, repr=False)

    def kept(self, name: str, make: Callable[[], T]) -> T:
        """Return what `make` returned when that name was first requested; keep it."""
        return self._kept.setdefault(name, Once())(make)

    @cached_property
    def run(self) -> Run:
        """The run as it is searched: of somebody's own pictures, all can be found."""
        run = self.judged
        return Everything(run.path, run.config, run.data) if self.pictures.own else run

    @property
    def asks(self) -> Literal["query", "database"]:
        """What the samples are members of."""
        return "database" if self.pictures.own else "query"

    @property
    def drawable(self) -> bool:
        """Whether a drawing can look like these pictures: gray ones or scenes, no photographs."""
        return not self.in_color or self.pictures.spec.startswith("scenes")

    @property
    def dataset(self) -> Dataset:
        """The pictures of the run."""
        run, dataset = self.run, self.pictures.dataset
        if len(dataset) <= max(run.query_index.max(), run.database_index.max()):
            raise BadRequest(
                f"{run.config.data} has {len(dataset):,} pictures, fewer than when {run.name} was "
                "trained; train it again."
            )
        return dataset

    @property
    def index(self) -> HammingIndex:
        """The database, ready to be searched; ids are positions."""

        def build() -> HammingIndex:
            index = HammingIndex(self.run.config.bits)
            index.add(np.arange(len(self.run.database_packed)), self.run.database_packed)
            return index

        return self._indexed(build)

    @property
    def model(self) -> Any:
        """The network; the first use imports torch."""

        def load() -> Any:
            from hashviz.methods.networks import load_model

            return load_model(self.run)

        try:
            return self._loaded(load)
        except RunError as error:
            raise BadRequest(str(error)) from None

    def encode(self, image: UInt8[np.ndarray, "height width channels"]) -> UInt8[np.ndarray, "1 b"]:
        """Encode one picture that has the size of the data set; return its packed code."""
        from hashviz.models.encoding import encode

        outputs = encode(self.model, image[None].copy())
        return pack(sign(np.asarray(outputs)))

    @property
    def in_color(self) -> bool:
        """Whether the pictures have colors, according to the run; the data set is not read."""
        return self.run.data["image"][2] == 3

    @cached_property
    def samples(self) -> list[int]:
        """Queries in an order that shows every class early: first one of each, then a second."""
        first = getattr(self.run, f"{self.asks}_labels").argmax(1)
        order = np.random.default_rng(0).permutation(len(first))
        turn = np.zeros(len(first), int)
        for name in np.unique(first):
            mine = order[first[order] == name]
            turn[mine] = np.arange(len(mine))
        return np.lexsort((first, turn)).tolist()

    def thumbnail(self, row: int) -> str:
        """Return the address of the picture in that row of the data set."""
        return f"/thumbnails/{self.pictures.key}/{row}.png"


@dataclass(frozen=True)
class RunFacts:
    """A run as a menu shows it."""

    name: str
    method: str
    data: str
    bits: int
    seed: int
    variant: str
    """What distinguishes it from the ordinary run of its method, bits and seed."""
    split: str
    whole: bool = False
    """Whether the title needs the whole variant to differ from that of another run."""

    @property
    def title(self) -> str:
        """The run in one short line, without its data set; `name` and `split` say the rest."""
        text = f"{self.method}, {self.bits} bits, seed {self.seed}"
        variant = self.variant if self.whole else shorten(self.variant)
        return f"{text}, {variant}" if variant else text


class Library:
    """The runs of one app; safe to use from several threads.

    `runs` may grow while the app lives, but is never changed in place: a loop over it sees the runs
    of one moment.
    """

    def __init__(
        self,
        runs: Iterable[Run],
        data_root: Path | str | None = None,
        home: Path | str | None = None,
        engine: str | None = None,
        results: Path | str | None = None,
    ) -> None:
        self.runs = {run.name: run for run in runs}
        if not self.runs:
            raise BadRequest(
                "There are no runs to show; `hashviz train csq --data digits` makes one."
            )
        self.data_root = Path(data_root) if data_root is not None else None
        self.home = Path(home) if home is not None else None
        """The folder of runs that the app was started with."""
        self.local = False
        """Whether only this machine can reach the app, so that paths may be shown."""
        self.engine = engine
        """The address of a scale-out engine, named by whoever starts the app."""
        self.results = Path(results) if results is not None else None
        """The folder of kept results, whose runs are in no menu until somebody takes one."""
        self._lock = threading.RLock()
        self._added = 0
        # A new token per start: browsers may cache pictures, but never show those of other data.
        self._token = secrets.token_hex(4)
        self._pictures: dict[str, Pictures] = {}
        # A photograph takes some 30 ms to decode, and all visitors see the same ones.
        self._kept_picture = lru_cache(2000)(lambda key, row: self._pictures[key].picture(row))
        self._kept: dict[str, Once] = {}
        self._opened = {
            name: Opened(run, self.pictures(run.config.data)) for name, run in self.runs.items()
        }

    def add(self, run: Run) -> None:
        """Add a run under a new name.

        Raises:
            BadRequest: when the name is taken, or too many runs were added.
        """
        with self._lock:
            if run.name in self.runs:
                raise BadRequest(f"There is already a run {run.name}.")
            if self._added >= ADDED:
                raise BadRequest(
                    f"The limit of {ADDED} added runs is reached; restart the app to add more."
                )
            self._added += 1
            self._opened = {**self._opened, run.name: Opened(run, self.pictures(run.config.data))}
            self.runs = {**self.runs, run.name: run}

    @property
    def shelf(self) -> dict[str, Run]:
        """The runs of the kept results, by name; they can be opened but are in no menu."""

        def read() -> dict[str, Run]:
            return {run.name: run for run in list_runs(self.results)} if self.results else {}

        return self.kept("shelf", read)

    def take(self, name: Any) -> None:
        """Put a run of the kept results into the menus; any other name changes nothing."""
        opened = isinstance(name, str) and name not in self.runs and name in self.shelf
        if opened:
            with self._lock:
                self.runs = {**self.runs, name: self.open(name).run}

    def pictures(self, spec: str) -> Pictures:
        """Return the pictures of a data set, always the same object."""
        with self._lock:
            for each in self._pictures.values():
                if each.spec == spec:
                    return each
            made = Pictures(spec, self.data_root, f"{self._token}-{len(self._pictures)}")
            self._pictures = {**self._pictures, made.key: made}
            return made

    def kept(self, name: str, make: Callable[[], T]) -> T:
        """Return what `make` returned when that name was first requested; keep it."""
        return self._kept.setdefault(name, Once())(make)

    def open(self, name: Any) -> Opened:
        """Open the run of that name.

        Raises:
            BadRequest: when there is none.
        """
        if isinstance(name, str) and name not in self._opened and name in self.shelf:
            with self._lock:
                run = self.shelf[name]
                made = Opened(run, self.pictures(run.config.data))
                self._opened = {name: made, **self._opened}
        if not isinstance(name, str) or name not in self._opened:
            shown = repr(name)[:80]
            raise BadRequest(
                f"There is no run {shown}; choose from {', '.join(sorted(self.runs))}."
            )
        return self._opened[name]

    def picture(self, key: str, row: int) -> tuple[bytes, str] | None:
        """Return what is behind a thumbnail's address, and its media type; None for nothing."""
        with contextlib.suppress(KeyError, BadRequest):
            return self._kept_picture(key, row)
        return None

    def file(self, key: str, row: int) -> Path | None:
        """Return the file behind a thumbnail's address, where only this machine sees the app."""
        with contextlib.suppress(KeyError, BadRequest):
            return self._pictures[key].file(row) if self.local else None
        return None

    def facts(self) -> list[RunFacts]:
        """List what the menu of runs shows; no two titles on the same pictures are equal."""
        listed = [run_facts(run) for run in self.runs.values()]
        titles = Counter((each.data, each.title) for each in listed)
        return [replace(each, whole=titles[each.data, each.title] > 1) for each in listed]

    def warm(self, name: str) -> None:
        """Read in advance the network of that run, then the pictures of all others."""
        opened = self.open(name)
        opened.encode(opened.dataset.images[0])
        for pictures in self._pictures.values():
            _ = pictures.dataset


def shorten(variant: str) -> str:
    """Shorten what distinguishes a run to its first settings and its end.

    >>> shorten("epochs=3"), shorten("backbone=mobilenet_v2-frozen=True-weights=file-ff597c")
    ('epochs=3', 'backbone=mobilenet_v2 … ff597c')
    """
    if len(variant) <= SHORT:
        return variant
    return f"{variant[: SHORT - 4].rpartition('-')[0] or variant[: SHORT - 8]} … {variant[-6:]}"


def run_facts(run: Run) -> RunFacts:
    """Describe one run for the menu."""
    config = run.config
    return RunFacts(
        name=run.name,
        method=METHODS[config.method].title,
        data=config.data,
        bits=config.bits,
        seed=config.seed,
        variant=run.name.rpartition("/")[2].partition("-")[2],
        split=run.split,
    )
