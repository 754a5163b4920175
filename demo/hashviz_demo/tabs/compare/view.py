"""Up to four runs on one query: what each finds, what enters and leaves, and votes without names.

The first row is always the run of the scene; `Comparison` holds what else the visitor chose.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from hashviz import metrics
from hashviz.metrics import DistanceCounts
from hashviz.metrics.comparison import Interval, mean_interval
from hashviz.runs import Run
from hashviz_demo.events import BadRequest, whole
from hashviz_demo.items import Hit, as_text, rank_code
from hashviz_demo.library import Library, Opened, RunFacts, run_facts
from hashviz_demo.pictures import read_png
from hashviz_demo.scene import Scene, Step, same_picture, with_hit, with_sample

ROWS = 4
FIRST = 10
"""Results in a row."""
QUERIES = 2_000
SEEDS = 10
"""Seeds of one method that make an interval; more would take long to count."""
VOTES = 200


@dataclass(frozen=True)
class Vote:
    """One vote without names: whether it fell on a list of the highest average precision."""

    agreed: bool
    guess: float
    """The chance that a vote without looking would have agreed: best lists / lists."""


@dataclass(frozen=True)
class Tally:
    """How often average precision has agreed with the votes."""

    votes: int
    agreed: int
    low: float
    high: float
    """The 95 % interval of the share of votes that agree."""
    guess: float
    """The share that voting without looking would reach on average."""


@dataclass(frozen=True)
class Comparison:
    """What a visitor compares with the run of the scene; small, so it may live in a session."""

    others: tuple[str, ...] = ()
    blind: bool = False
    order: tuple[int, ...] = ()
    """Blind: the run (0 is that of the scene) behind A, B, C, D."""
    step: Step | None = None
    """Blind: the query that is voted on."""
    vote: int | None = None
    """Blind: the letter that was voted for, which lifts the veil for this query."""
    votes: tuple[Vote, ...] = ()

    @property
    def veiled(self) -> bool:
        """Whether names and marks are hidden now."""
        return self.blind and self.vote is None

    @property
    def tally(self) -> Tally:
        """The votes so far, of which there is at least one."""
        votes, agreed = len(self.votes), sum(vote.agreed for vote in self.votes)
        guess = sum(vote.guess for vote in self.votes) / votes
        return Tally(votes, agreed, *share_interval(agreed, votes), guess)


@dataclass(frozen=True)
class Found(Hit):
    """A result in a row."""

    row: int
    """Its row in the data set, by which lists are compared."""
    missing: tuple[int, ...] = ()
    """Places of the other lists that do not show it."""


@dataclass(frozen=True)
class Row:
    """One run on the query."""

    place: int
    facts: RunFacts
    found: tuple[Found, ...]
    precision: float | None
    """Expected average precision of this query; None where its labels are not known."""
    score: Interval | None
    """Mean average precision, with an interval over seeds; None for pictures without labels."""
    seeds: int
    cut: tuple[int, int] = (0, 0)
    """Results at the last distance of the list, and pictures of the database at that distance."""
    note: str = ""
    """Why there is no result, in one sentence."""

    @property
    def right(self) -> int:
        """Results that share a label with the query."""
        return sum(bool(hit.right) for hit in self.found)

    @property
    def new(self) -> int:
        """Results that the first list does not show."""
        return sum(0 in hit.missing for hit in self.found)


@dataclass(frozen=True)
class Compared:
    """The rows in the order in which they are shown."""

    comparison: Comparison
    rows: tuple[Row, ...]
    choices: tuple[RunFacts, ...]
    best: tuple[int, ...]
    """Places of the highest average precision."""
    first: int = FIRST

    @property
    def has_room(self) -> bool:
        """Whether a row can be added, and there is a run for it."""
        return not self.comparison.blind and len(self.rows) < min(ROWS, len(self.choices))


def settle(library: Library, scene: Scene, comparison: Comparison) -> Comparison:
    """Choose runs that go with the scene, and hide the names again for another query.

    They have the same data and are not the run of the scene; `with` in the address names them.
    """
    possible = [run.name for run in _alike(library, scene.run)]
    wished = comparison.others or dict.fromkeys(scene.choice("with").split(","))
    others = tuple(n for n in wished if n in possible and n != scene.run)[: ROWS - 1]
    if not others:
        others = _different(library, scene.run)
    rows = len(others) + 1
    if others != comparison.others or len(comparison.order) not in (0, rows):
        return Comparison(others, votes=comparison.votes)
    if comparison.blind and comparison.step != scene.step:
        return veil(comparison, scene.step)
    return comparison


def with_other(
    library: Library, scene: Scene, comparison: Comparison, place: Any, name: Any
) -> Comparison:
    """Put another run at a place from 1 to 3; the empty name removes the row."""
    place = whole(place, 1, ROWS - 1, "A row")
    others = list(comparison.others)
    if name == "":
        del others[place - 1 : place]
    else:
        name = library.open(name).run.name
        if name not in [run.name for run in _alike(library, scene.run)]:
            raise BadRequest(f"{name} was trained on other pictures than {scene.run}.")
        if name == scene.run or name in others:
            raise BadRequest(f"{name} has a row already; choose another run.")
        others[place - 1 : place] = [name]
    return Comparison(tuple(others), votes=comparison.votes)


def with_row(library: Library, scene: Scene, row: Any) -> Scene:
    """Make the picture in that row of the data set the query.

    Raises:
        BadRequest: when the run of the scene does not have it.
    """
    run = library.open(scene.run).run
    row = whole(row, 0, 10**9, "A picture")
    for index, change in ((run.database_index, with_hit), (run.query_index, with_sample)):
        if len(found := np.flatnonzero(index == row)):
            return change(library, scene, int(found[0]))
    raise BadRequest("The run of the first list does not have this picture; click another one.")


def veil(comparison: Comparison, step: Step, seed: int | None = None) -> Comparison:
    """Hide the names and shuffle the rows; without a seed nobody can know the order."""
    if not comparison.others:
        raise BadRequest("A vote needs at least two runs; choose another one first.")
    order = np.random.default_rng(seed).permutation(len(comparison.others) + 1)
    return replace(comparison, blind=True, order=tuple(order.tolist()), step=step, vote=None)


def unveil(comparison: Comparison) -> Comparison:
    """Show names and marks again."""
    return Comparison(comparison.others, votes=comparison.votes)


def vote_for(library: Library, scene: Scene, comparison: Comparison, place: Any) -> Comparison:
    """Vote for one list; only whether average precision agrees is kept."""
    place = whole(place, 0, len(comparison.others), "A list")
    if not comparison.veiled:
        raise BadRequest("This query has its vote already; take the next one.")
    compared = compare(library, scene, comparison)
    vote = Vote(place in compared.best, len(compared.best) / len(compared.rows))
    votes = (*comparison.votes, vote)[-VOTES:] if compared.best else comparison.votes
    return replace(comparison, vote=place, votes=votes)


def share_interval(agreed: int, votes: int, z: float = 1.96) -> tuple[float, float]:
    r"""Return Wilson's interval for a share (1927), which stays inside 0 and 1 for few votes.

    $$\frac{1}{1 + z^2/n}\left(\hat p + \frac{z^2}{2n}
      \pm z \sqrt{\frac{\hat p (1 - \hat p)}{n} + \frac{z^2}{4 n^2}}\right)$$

    >>> [round(side, 2) for side in share_interval(3, 4)]
    [0.3, 0.95]
    """
    share, square = agreed / votes, z * z / votes
    half = z * (share * (1 - share) / votes + square / (4 * votes)) ** 0.5
    middle = share + square / 2
    return (middle - half) / (1 + square), (middle + half) / (1 + square)


def compare(library: Library, scene: Scene, comparison: Comparison) -> Compared:
    """Search with the query of the scene in every run; `comparison` comes from `settle`."""
    names = (scene.run, *comparison.others)
    order = comparison.order or range(len(names))
    rows = [
        _search(library, scene, library.open(names[which]), place)
        for place, which in enumerate(order)
    ]
    shown = [{hit.row for hit in row.found} for row in rows]
    rows = [_with_missing(row, dict(enumerate(shown))) for row in rows]
    known = {row.place: row.precision for row in rows if row.precision is not None}
    best = max(known.values(), default=0.0)
    return Compared(
        comparison=comparison,
        rows=tuple(rows),
        choices=tuple(run_facts(run) for run in _alike(library, scene.run)),
        best=tuple(place for place, value in known.items() if value > best - 1e-9),
    )


def mean_average_precision(opened: Opened) -> float:
    """Score a run under its own protocol, once, over at most 2,000 evenly spread queries."""

    def count() -> float:
        run = opened.judged
        most = min(QUERIES, len(run.query_index))
        some = np.linspace(0, len(run.query_index) - 1, most).round().astype(np.int64)
        counts = metrics.distance_counts(
            run.query_codes[some], run.query_labels[some], run.database_codes, run.database_labels
        )
        return float(metrics.average_precision(counts, run.data.get("k")).mean())

    return opened.kept("mean average precision", count)


def siblings(library: Library, facts: RunFacts) -> list[str]:
    """List the runs that differ from this one only in the seed, itself included."""
    same = ("method", "data", "bits", "variant")
    return [
        other.name
        for other in library.facts()
        if all(getattr(other, key) == getattr(facts, key) for key in same)
    ]


def _search(library: Library, scene: Scene, opened: Opened, place: int) -> Row:
    run, facts = opened.run, run_facts(opened.run)
    family = siblings(library, facts)[:SEEDS]
    if facts.name not in family:
        family.append(facts.name)
    score = None
    if run.query_labels.any():
        score = mean_interval([mean_average_precision(library.open(name)) for name in family])
    row = Row(place, facts, (), None, score, len(family))
    try:
        packed, labels, itself = code_in(library.open(scene.run), scene.step, opened)
    except BadRequest as error:
        return replace(row, note=str(error))
    known = labels is not None and labels.any()
    similar = np.any(run.database_labels[:, labels], axis=1) if known else None
    ranking = rank_code(opened, as_text(packed, run.config.bits), similar, itself)
    total, right = ranking.count(), ranking.count_right()
    precision = None
    if right is not None:
        counts = DistanceCounts(np.array([total]), np.array([right]), sum(total))
        precision = float(metrics.average_precision(counts, run.data.get("k"))[0])
    hits = tuple(
        Found(**vars(ranking.hit(p)), row=int(run.database_index[p]))
        for p in ranking.nearest(FIRST)
    )
    last = hits[-1].distance if hits else 0
    cut = (sum(hit.distance == last for hit in hits), total[last])
    return replace(row, found=hits, precision=precision, cut=cut)


def code_in(mine: Opened, step: Step, opened: Opened) -> tuple[np.ndarray, np.ndarray | None, int]:
    """Return packed code and labels of the query in a run, and its position in the database or -1.

    Raises:
        BadRequest: when the run does not have the picture.
    """
    run = opened.run
    if step.kind == "picture":
        return opened.encode(read_png(step.picture)), None, -1
    here = same_picture(step, mine.run, run)
    if here is None:
        raise BadRequest("This run was split differently and has no code for this picture.")
    itself = here.position if here.kind == "database" else -1
    return here.of(run, "packed")[None], here.of(run, "labels"), itself


def _with_missing(row: Row, shown: Mapping[int, set[int]]) -> Row:
    def others(hit: Found) -> tuple[int, ...]:
        return tuple(p for p, rows in shown.items() if hit.row not in rows)

    return replace(row, found=tuple(replace(hit, missing=others(hit)) for hit in row.found))


def _alike(library: Library, name: str) -> list[Run]:
    """List the runs on the same pictures, in the order of the library."""
    data = library.open(name).run.config.data
    return [run for run in library.runs.values() if run.config.data == data]


def _different(library: Library, name: str) -> tuple[str, ...]:
    """Choose up to three runs to begin with: other methods of the same length first."""
    config = library.open(name).run.config
    chosen: dict[tuple[str, int], str] = {}
    rest = [run for run in _alike(library, name) if run.name != name]
    for run in sorted(rest, key=lambda run: abs(run.config.bits - config.bits)):
        kind = (run.config.method, run.config.bits)
        if kind != (config.method, config.bits):
            chosen.setdefault(kind, run.name)
    methods: dict[str, str] = {}
    for (method, _), run_name in chosen.items():
        if method != config.method:
            methods.setdefault(method, run_name)
    wanted = [*methods.values(), *chosen.values(), *(run.name for run in rest)]
    return tuple(dict.fromkeys(wanted))[: ROWS - 1]
