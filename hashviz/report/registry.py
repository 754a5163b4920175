"""The registry of figures: one row each, and what the rows draw from.

A row is a function under `@figure(...)` in a module of `hashviz.report.figures`. It yields plates
(figures still to be drawn) and sentences. The page, `hashviz plot` and `hashviz list plots` follow
from the rows; nothing else has to be told of a new one.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
from matplotlib.axes import Axes

from hashviz import metrics, plots
from hashviz.config import unknown
from hashviz.data import Dataset
from hashviz.methods import look_of
from hashviz.report.naming import pictures_of, run_labels
from hashviz.runs import WEIGHTS, Run, RunError

WIDE, NARROW = 6.4, 3.9
"""Widths of a figure on a page and on a phone, in inches."""
FULL = 7.4
"""The width of a figure of many pictures or panels, in inches."""


@dataclass(frozen=True)
class Plate:
    """A figure to draw: its caption, its size in inches and what it shows."""

    caption: str
    heights: tuple[float, float]
    """On a page, and on a phone."""
    arrays: tuple[Any, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    function: Callable[..., Axes] | None = None
    """Draws the arrays; by default the function of `plots` that has the name of the plate."""
    width: float | int = WIDE
    narrow: Mapping[str, Any] = field(default_factory=dict)
    """What to draw differently on a phone: options of the function."""
    name: str = ""
    """The name of its row: what `hashviz plot` calls the figure."""

    def draw(self, ax: Axes, *, narrow: bool = False) -> Axes:
        """Draw the figure on `ax`; returns the axes."""
        function = self.function or getattr(plots, self.name)
        options = {**self.options, **(self.narrow if narrow else {})}
        return function(*self.arrays, ax=ax, **options)


def plate(caption: str, height: float | tuple[float, float], *arrays: Any, **options: Any) -> Plate:
    """Return the plate of these arrays; `function`, `width` and `narrow` are fields of `Plate`.

    With one `height`, the figure is a fifth lower on a phone.
    """
    heights = height if isinstance(height, tuple) else (height, 0.8 * height)
    own = {key: options.pop(key) for key in ("function", "width", "narrow") if key in options}
    return Plate(caption, heights, arrays, options, **own)


def full_plate(
    caption: str, sizes: Iterable[tuple[float, float]], *arrays: Any, **options: Any
) -> Plate:
    """Return the plate of a figure across both columns, which has these sizes by itself.

    They are width and height in inches, on a page and on a phone.
    """
    (width, height), (thin, high) = sizes
    heights = height * FULL / width, high * NARROW / thin
    return plate(caption, heights, *arrays, width=FULL, **options)


Items = Iterator[Plate | str]
"""What a row yields: figures still to be drawn, and sentences about them."""
Build = Callable[[Any], Iterable[Plate | str]]


@dataclass(eq=False)
class Subject:
    """The runs that figures are about, with what several figures use, computed at first use."""

    runs: Sequence[Run]
    given: Dataset | None = None
    """The data set of the runs, if it is at hand; else it is loaded from below `root`."""
    root: Path | str | None = None
    patient: bool = False
    """Whether to arrange any number of codes by UMAP, which may take minutes."""
    names: Sequence[str] = ()
    """Short names that tell the runs apart."""
    styles: Sequence[Mapping[str, Any]] = ()
    """Their colors, lines and markers."""

    def __post_init__(self) -> None:
        """Name and style the runs, unless they are those of a page with more of them."""
        self.names = self.names or run_labels(self.runs)
        self.styles = self.styles or plots.run_styles(
            [look_of(run.config.method) for run in self.runs]
        )

    @property
    def run(self) -> Run:
        """The first run."""
        return self.runs[0]

    @cached_property
    def counts(self) -> list[metrics.DistanceCounts]:
        """Images at each distance from each query, for each run."""
        return [
            metrics.distance_counts(
                r.query_codes, r.query_labels, r.database_codes, r.database_labels
            )
            for r in self.runs
        ]

    @cached_property
    def pictures(self) -> tuple[Dataset | None, str]:
        """The data set of the first run, or None and the reason why it is missing."""
        return pictures_of(self.run, self.root, self.given)

    @property
    def dataset(self) -> Dataset | None:
        """The data set of the first run, or None."""
        return self.pictures[0]

    @property
    def images(self) -> np.ndarray:
        """The pictures of the data set, for rows that need `IMAGES`."""
        return cast(Dataset, self.dataset).images

    @property
    def centers(self) -> np.ndarray:
        """The hash centers of the first run, for rows that need them."""
        return cast(np.ndarray, self.run.centers)

    @property
    def history(self) -> np.ndarray:
        """Codes of a few images after every epoch of the first run, for rows that need them."""
        return cast(np.ndarray, self.run.codes_over_training)

    @property
    def excuse(self) -> str:
        """Why the data set is missing; empty where it is not."""
        return self.pictures[1]

    @cached_property
    def model(self) -> Any:
        """The network of the first run, or None where none was saved or it no longer fits."""
        if not (self.run.path / WEIGHTS).is_file():
            return None
        try:
            from hashviz.methods.networks import load_model

            return load_model(self.run)
        except (RunError, ValueError, ModuleNotFoundError):
            return None


def panels(subject: Subject, title: str, rows: Sequence[Any], each: float, **options: Any) -> Plate:
    """Return a plate with a panel for each run, two beside each other or one on a phone."""
    sizes = [(w, plots.panels_height(len(rows), n, each)) for w, n in ((FULL, 2), (NARROW, 1))]
    options |= {"columns": 2, "narrow": {"columns": 1}}
    return full_plate(title, sizes, dict(zip(subject.names, rows, strict=True)), **options)


@dataclass(frozen=True)
class Result:
    """What `hashviz compare --json` or `ablate --json` printed, and where its runs are."""

    value: dict[str, Any]
    runs: Path = Path("runs")
    root: Path | None = None

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows of the result; each has its name and its scores, `maps`."""
        return self.value["rows"]

    @property
    def kind(self) -> str:
        """The command that made the result."""
        return "ablate" if "method" in self.value else "compare"

    def __getitem__(self, key: str) -> Any:
        """Return an entry of the result; None where it is missing."""
        return self.value.get(key)


class Need(NamedTuple):
    """A condition on a run: what to say where it fails, and the test."""

    reason: str
    """May quote the subject, as `{0.excuse}`."""
    holds: Callable[[Run, Subject], bool]


IMAGES = Need(
    "the images are not here: {0.excuse}", lambda run, subject: subject.dataset is not None
)


ANY = (1, 10**6)
"""How many runs most figures take."""


@dataclass(frozen=True)
class Figure:
    """A row: the figure `name` of a "run", of "runs" or of the result of "compare" or "ablate"."""

    name: str
    about: str
    build: Build
    chapter: str = ""
    needs: tuple[Need, ...] = ()
    count: tuple[int, int] = ANY
    """How many runs it takes."""

    def refusal(self, run: Run, subject: Subject) -> str:
        """Return why the figure cannot show a run; empty if it can."""
        failed = (need.reason for need in self.needs if not need.holds(run, subject))
        return next(failed, "").format(subject).rstrip(".")

    def check(self, subject: Subject) -> None:
        """Refuse runs that the figure cannot show.

        Raises:
            ValueError: with the first reason.
        """
        least, most = self.count
        if not least <= len(subject.runs) <= most:
            names = ", ".join(run.name for run in subject.runs)
            many = "exactly two" if most == 2 else f"two to {most}"
            raise ValueError(f"There is no {self.name!r} of {names}: it compares {many} runs.")
        for run in subject.runs:
            if reason := self.refusal(run, subject):
                raise ValueError(f"There is no {self.name!r} of {run.name}: {reason}.")

    def items(self, subject: Subject) -> Items:
        """Yield plates and sentences about the runs that the figure can show, if they are enough.

        The captions of the plates name the runs that they leave out.
        """
        able = [i for i, run in enumerate(subject.runs) if not self.refusal(run, subject)]
        shown = able[: self.count[1]]
        if len(shown) < self.count[0]:
            return
        without = ", ".join(name for i, name in enumerate(subject.names) if i not in shown)
        if without:
            parts = {
                k: [getattr(subject, k)[i] for i in shown] for k in ("runs", "names", "styles")
            }
            subject, without = replace(subject, **parts), f"; without {without}"
        for item in self.build(subject):
            plated = isinstance(item, Plate)
            yield replace(item, name=self.name, caption=item.caption + without) if plated else item


FIGURES: dict[str, dict[str, Figure]] = {}
"""All rows: by name, then by what the figure is drawn from."""


def figure(
    source: str, chapter: str = "", about: str = "", *needs: Need, count: tuple[int, int] = ANY
) -> Callable[[Build], Build]:
    """Register a function as the row of its name, in a chapter of the page.

    `about` says in a few words what the figure shows; a second row of a name may leave it out.
    """

    def register(build: Build) -> Build:
        row = Figure(build.__name__, about, build, chapter, needs, count)
        FIGURES.setdefault(row.name, {})[source] = row
        return build

    return register


def rows_of(name: str) -> dict[str, Figure]:
    """Return the rows of a name by what they are drawn from.

    Raises:
        ValueError: when there is no such figure.
    """
    if name not in FIGURES:
        raise unknown("figure", name, FIGURES)
    return FIGURES[name]
