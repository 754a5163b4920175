"""Ablations that are computed while the app runs: many trainings, one after another.

    grids = grids_of(library)
    grid = grids.start(wanted)    # every run joins the library as soon as it is there
    grid.done, grid.total, grid.now, grid.ended, grid.messages
    grids.stop()

The trainings go through the queue of the app (`hashviz_demo.tabs.train.trainings`), one at a
time, so that a visitor who trains on another tab waits for one of them at most.
"""

import itertools
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hashviz.config import TrainConfig
from hashviz.methods import METHODS
from hashviz.training.ablation import grid, switches
from hashviz_demo.events import BadRequest
from hashviz_demo.library import Library
from hashviz_demo.tabs.ablate.ablations import Ablation, Words, subsets, union
from hashviz_demo.tabs.train.trainings import ENDED, trainings_of

SEEDS = 3
"""Seeds that one press of the button trains."""
MOST = 24
"""Maximum number of trainings in one grid."""
SETTINGS: Mapping[str, Any] = {"data": "digits", "bits": 16, "epochs": 5}
"""Short trainings, and codes so short that the parts of a method matter."""
FIRST = "dfeh"
"""The method preselected in the menu: two of its parts help only together."""
LOOKING = 0.2
"""Seconds between two looks at a training."""


@dataclass(frozen=True)
class Wanted:
    """One training of a grid, and what the page calls it."""

    title: str
    config: TrainConfig


@dataclass(eq=False)
class Grid:
    """Trainings that a visitor asked for, and their progress."""

    wanted: Sequence[Wanted]
    done: int = 0
    now: str = ""
    """The training in progress."""
    messages: list[str] = field(default_factory=list)
    """Why some trainings failed."""
    ended: bool = False
    began: float = field(default_factory=time.monotonic)
    pace: float | None = None
    """Mean seconds of the trainings so far, from start to codes; None before the first is done."""
    stopping: threading.Event = field(default_factory=threading.Event)

    @property
    def total(self) -> int:
        """How many trainings were asked for."""
        return len(self.wanted)

    @property
    def left(self) -> str:
        """How long the rest will take, in words; empty before the first training was measured."""
        return in_words((self.total - self.done) * self.pace) if self.pace else ""


class Grids:
    """The grids of one app, one at a time."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._lock = threading.Lock()
        self.grid: Grid | None = None
        """The latest one."""
        self.pace: float | None = None
        """Seconds that a training of the latest grid took on this machine."""

    def start(self, wanted: Sequence[Wanted]) -> Grid:
        """Start these trainings.

        Raises:
            BadRequest: when there is nothing to do, too much, or another grid is running.
        """
        with self._lock:
            if self.grid is not None and not self.grid.ended:
                raise BadRequest(
                    f"{self.grid.done} of {self.grid.total} trainings are done; one grid at a time."
                )
            if not wanted:
                raise BadRequest("All of this has already been computed.")
            if len(wanted) > MOST:
                raise BadRequest(
                    f"A grid has at most {MOST} trainings, this one {len(wanted)}; "
                    "`hashviz ablate --grid` computes larger ones."
                )
            self.grid = Grid(wanted)
            threading.Thread(target=self._work, args=(self.grid,), daemon=True).start()
            return self.grid

    def stop(self) -> None:
        """Stop the grid, and drop the training in progress."""
        if self.grid is not None:
            self.grid.stopping.set()

    def _work(self, grid: Grid) -> None:
        failed: list[dict[str, Any]] = []
        try:
            for each in grid.wanted:
                if grid.stopping.is_set():
                    break
                if each.config.options in failed:  # it would fail with any seed
                    grid.done += 1
                    continue
                grid.now = each.title
                if not self._train(grid, each):
                    failed.append(each.config.options)
        except (BadRequest, OSError) as error:  # the library or the disk is full
            grid.messages.append(str(error))
        finally:
            grid.now, grid.ended = "", True
            self.pace = grid.pace or self.pace

    def _train(self, grid: Grid, each: Wanted) -> bool:
        """Train one of them unless the grid is stopped; return False when it failed."""
        trainings = trainings_of(self._library)
        job = None
        while job is None:
            try:
                job = trainings.submit(each.config)
            except BadRequest:  # the queue is full
                if grid.stopping.wait(5 * LOOKING):
                    return True
        while job.state not in ENDED:
            if job.state == "running":
                trainings.warm()  # the next one of the grid starts while this one is trained
            if grid.stopping.wait(LOOKING):
                trainings.tell(job.key, "stop")
                return True
        if job.state == "done":
            trainings.use(job.key)
        else:
            grid.messages.append(f"{each.title}: {job.message or 'it was stopped.'}")
        grid.done += 1
        grid.pace = (time.monotonic() - grid.began) / grid.done
        return job.state != "failed"


def in_words(seconds: float) -> str:
    """Say roughly how long something takes.

    >>> in_words(47), in_words(200)
    ('about 50 s', 'about 3 min')
    """
    return (
        f"about {-(-seconds // 10) * 10:.0f} s" if seconds < 90 else f"about {seconds / 60:.0f} min"
    )


def grids_of(library: Library) -> Grids:
    """Return the grids of the app that shows this library."""
    return library.kept("grids", lambda: Grids(library))


def offered() -> dict[str, int]:
    """Return the methods with several parts to turn off, and the trainings their grids take."""
    found = {}
    for name in METHODS:
        try:
            parts = len(switches(name))
        except ValueError:
            continue
        if METHODS[name].trained and parts > 1 and SEEDS * 2**parts <= MOST:
            found[name] = SEEDS * 2**parts
    return found


def whole_grid(method: Any, settings: Mapping[str, Any] = SETTINGS) -> list[Wanted]:
    """Return every combination of the parts of a method, seed by seed, the whole first.

    Raises:
        BadRequest: when the method is not one of those `offered`.
    """
    if not isinstance(method, str) or method not in offered():
        raise BadRequest(f"A grid is computed for {', '.join(sorted(offered()))}.")
    config = TrainConfig(method=method, **settings)
    rows = grid(method).items()
    return [_wanted(config, name, seed, options) for seed in range(SEEDS) for name, options in rows]


def anew(ablation: Ablation, off: Words) -> list[Wanted]:
    """Return a variant and the whole method on digits, with the first seeds that either lacks.

    Raises:
        BadRequest: when nothing of the network is left on.
    """
    here, same = _on_digits(ablation)
    rows = {frozenset[str](): here.options, off: options_of(ablation, off)}
    there = {words: _seeds(ablation if same else None, words) for words in rows}
    free = (n for n in itertools.count() if any(n not in seeds for seeds in there.values()))
    return [
        _wanted(here, ablation.named(words), seed, rows[words])
        for seed in itertools.islice(free, SEEDS)
        for words in rows
        if seed not in there[words]
    ]


def lacking(ablation: Ablation) -> list[Wanted]:
    """Return what a grid on digits lacks for Shapley values, with the first seeds of the whole."""
    here, same = _on_digits(ablation)
    if not same:
        return []
    sets = [union(gone) for gone in subsets(ablation.switches)]
    return [
        _wanted(here, ablation.named(off), seed, options_of(ablation, off))
        for seed in sorted(ablation.whole.runs)[:SEEDS]
        for off in sets
        if not ablation.nothing_left(off) and seed not in _seeds(ablation, off)
    ]


def options_of(ablation: Ablation, off: Words) -> dict[str, Any]:
    """Return the settings with which a variant is trained.

    Raises:
        BadRequest: when every item of a list is off.
    """
    if ablation.nothing_left(off):
        raise BadRequest("Something has to stay on: without all of these there is no network.")
    options = dict(ablation.whole.options)
    for word in sorted(off):
        name, _, value = word.partition(":")
        if name in ablation.lists:
            items = {item for item in ablation.lists[name] if f"{name}:{item}" not in off}
            options[name] = ",".join(sorted(items, key=int))
        elif value == "default":
            del options[name]
        else:
            options[name] = next(v.options[name] for v in ablation.variants if word in v.off)
    return options


def fresh(library: Library, wanted: Sequence[Wanted]) -> list[Wanted]:
    """Return those whose runs are not in the library."""
    known = {*library.shelf, *library.runs}
    return [each for each in wanted if each.config.name not in known]


def _on_digits(ablation: Ablation) -> tuple[TrainConfig, bool]:
    """Return the whole method on digits, and whether that is this ablation itself."""
    config = ablation.config
    if config.data != SETTINGS["data"] or not ablation.whole.runs:
        options = dict(ablation.whole.options)
        return TrainConfig(method=config.method, options=options, **SETTINGS), False
    # Choices left open make short names, which are right where they name the run that is there.
    names = ("method", "data", "bits", "seed", "epochs", "options")
    short = TrainConfig(**{name: getattr(config, name) for name in names})
    return (short if short.name in ablation.whole.runs.values() else config), True


def _seeds(ablation: Ablation | None, off: Words) -> set[int]:
    variant = ablation.variant(off) if ablation is not None else None
    return set(variant.runs) if variant is not None else set()


def _wanted(config: TrainConfig, name: str, seed: int, options: Mapping[str, Any]) -> Wanted:
    title = f"{METHODS[config.method].title}, {name}, seed {seed}"
    whole = config.options
    parts = {key: value for key, value in options.items() if whole.get(key) != value}
    made = replace(config, seed=seed, options=dict(options), variant=name, parts=parts)
    return Wanted(title, made)
