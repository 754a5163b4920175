"""What the tab Ablate trains: which variants, which seeds, in which order, and how it ends."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from hashviz.config import TrainConfig
from hashviz.runs import Run
from hashviz.training.ablation import switches
from hashviz_demo.events import BadRequest
from hashviz_demo.library import Library
from hashviz_demo.tabs.ablate import card as cards
from hashviz_demo.tabs.ablate import grids as module
from hashviz_demo.tabs.ablate import grids_view as computing
from hashviz_demo.tabs.ablate import view as views
from hashviz_demo.tabs.ablate.ablations import find_ablations
from hashviz_demo.tabs.ablate.grids import (
    Grids,
    Wanted,
    anew,
    fresh,
    lacking,
    offered,
    options_of,
    whole_grid,
)
from tests.demo.ablating import small_ablation, variant_run
from tests.demo.conftest import scene_of
from tests.demo.test_ablations import made

Q, B = frozenset({"quantization_weight:0"}), frozenset({"balance_weight:0"})


@pytest.fixture(scope="module")
def ablated(tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    return small_ablation(tmp_path_factory.mktemp("ablated"))


def test_a_grid_trains_every_combination_seed_by_seed_the_whole_first() -> None:
    wanted = whole_grid("ssdh")
    assert [(each.config.seed, each.config.options) for each in wanted[:4]] == [
        (0, {}),
        (0, {"quantization_weight": 0.0}),
        (0, {"balance_weight": 0.0}),
        (0, {"quantization_weight": 0.0, "balance_weight": 0.0}),
    ]
    assert [each.config.seed for each in wanted[4::4]] == [1, 2]
    assert wanted[5].title == "SSDH, no quantization, seed 1"
    for name, count in offered().items():
        assert len(whole_grid(name)) == count == 3 * 2 ** len(switches(name)) <= module.MOST
    assert module.FIRST in offered()
    for nobody in ("lsh", "nobody", None, 3, ["dfeh"]):
        with pytest.raises(BadRequest, match="A grid is computed for adsh"):
            whole_grid(nobody)


def test_a_variant_is_trained_with_the_first_seeds_that_it_or_the_whole_lacks(
    ablated: list[Run], tmp_path: Path
) -> None:
    (ablation,) = find_ablations([*ablated, variant_run(tmp_path, {}, 4)])
    wanted = anew(ablation, Q)
    assert [(each.config.seed, bool(each.config.options)) for each in wanted] == [
        (3, False), (3, True), (4, True), (5, False), (5, True),
    ]  # fmt: skip
    assert wanted[0].config.name == "digits/ssdh/12bits/seed3-epochs=1"
    assert anew(ablation, frozenset())[0].config.options == {}


def test_what_a_grid_lacks_is_trained_with_the_seeds_of_the_whole(ablated: list[Run]) -> None:
    (ablation,) = find_ablations(
        [*ablated[:6], *ablated[6:8]]
    )  # no balance lacks seed 2, neither all
    wanted = lacking(ablation)
    assert [(each.config.seed, len(each.config.options)) for each in wanted] == [
        (0, 2), (1, 2), (2, 1), (2, 2),
    ]  # fmt: skip
    library = Library(ablated[:6])
    assert len(fresh(library, wanted)) == 4
    assert fresh(Library(ablated), wanted) == []
    (whole,) = find_ablations(ablated)
    assert lacking(whole) == []


def test_an_ablation_of_other_pictures_is_computed_on_digits() -> None:
    found = made("dmsh", {}, *({"scales": s} for s in ("1", "2", "3", "1,2", "1,3", "2,3")))
    wanted = anew(found, frozenset({"scales:2"}))
    assert len(wanted) == 6
    assert {each.config.data for each in wanted} == {"digits"}
    assert wanted[1].config.options == {"scales": "1,3"}
    assert lacking(found) == []
    with pytest.raises(BadRequest, match="Something has to stay on"):
        options_of(found, frozenset({"scales:1", "scales:2", "scales:3"}))
    other = made("dfeh", {"enhancement": "channel"}, {}, {"enhancement": "none"})
    assert other.whole.options == {}
    assert options_of(other, frozenset({"enhancement:none"})) == {"enhancement": "none"}
    lost = made("ssdh", {"hidden": 8}, {"balance_weight": 0.0})
    assert options_of(lost, frozenset({"hidden:default", "balance_weight:0"})) == {
        "balance_weight": 0.0
    }


@dataclass
class FakeJob:
    key: str
    config: TrainConfig
    state: str = "waiting"
    message: str = ""


class FakeTrainings:
    """A queue that trains at once: it makes small runs; what is without balance fails."""

    def __init__(self, library: Library, folder: Path) -> None:
        self.library, self.folder = library, folder
        self.jobs: list[FakeJob] = []
        self.busy = 1
        self.go = threading.Event()

    def submit(self, config: TrainConfig) -> FakeJob:
        if self.busy:
            self.busy -= 1
            raise BadRequest("2 trainings wait already")
        job = FakeJob(str(len(self.jobs)), config)
        self.jobs.append(job)
        if self.go.is_set():
            job.state = "failed" if "balance_weight" in config.options else "done"
            job.message = "It cannot be trained." if job.state == "failed" else ""
        return job

    def tell(self, key: str, word: str) -> None:
        self.jobs[int(key)].state = {"stop": "stopped"}[word]

    def use(self, key: str) -> None:
        config = self.jobs[int(key)].config
        self.library.add(variant_run(self.folder, config.options, config.seed))


@pytest.fixture
def at_work(
    ablated: list[Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Library, FakeTrainings]:
    library = Library(ablated)
    trainings = FakeTrainings(library, tmp_path)
    monkeypatch.setattr(module, "trainings_of", lambda _: trainings)
    monkeypatch.setattr(module, "LOOKING", 0.005)
    return library, trainings


def until(true: Callable[[], Any], seconds: float = 60.0) -> None:
    """Wait for a condition; the time is only there so that a broken test ends."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "this did not happen"
        time.sleep(0.005)


def wanted_of(library: Library, off: frozenset[str]) -> list[Wanted]:
    choice = replace(views.present(library, scene_of(library)), off=off)
    return computing.wanted(library, choice, "anew", None)


def test_every_run_joins_the_library_and_failures_are_told(
    at_work: tuple[Library, FakeTrainings],
) -> None:
    library, trainings = at_work
    trainings.go.set()
    before = len(library.runs)
    grids = Grids(library)
    grid = grids.start(wanted_of(library, B))
    until(lambda: grid.ended)
    assert (grid.done, grid.total, grid.now) == (6, 6, "")
    assert len(library.runs) == before + 3
    # What cannot be trained is not tried with another seed.
    assert grid.messages == ["SSDH, no balance, seed 3: It cannot be trained."]
    assert len(trainings.jobs) == 4
    (ablation,) = find_ablations(library.runs.values())
    assert ablation.whole.seeds == [0, 1, 2, 3, 4, 5]
    with pytest.raises(BadRequest, match="already been computed"):
        grids.start([])
    with pytest.raises(BadRequest, match="at most 24 trainings, this one 25"):
        grids.start([Wanted("", TrainConfig(method="ssdh", data="digits"))] * 25)


def test_one_grid_at_a_time_and_it_can_be_stopped(at_work: tuple[Library, FakeTrainings]) -> None:
    library, trainings = at_work
    grids = Grids(library)
    grids.stop()  # nothing is on its way, nothing happens
    grid = grids.start(wanted_of(library, Q))
    until(lambda: trainings.jobs)
    assert grid.now == "SSDH, as it stands, seed 3"
    with pytest.raises(BadRequest, match="0 of 6 trainings are done; one grid at a time"):
        grids.start(wanted_of(library, Q))
    grids.stop()
    until(lambda: grid.ended)
    assert trainings.jobs[0].state == "stopped"
    assert (grid.done, len(trainings.jobs)) == (0, 1)
    # The next one waits in a full queue, and can be stopped there too.
    trainings.busy = 10**9
    grid = grids.start(wanted_of(library, Q))
    until(lambda: trainings.busy < 10**9)
    grids.stop()
    until(lambda: grid.ended)
    assert len(trainings.jobs) == 1


def test_a_full_library_ends_the_grid_with_a_sentence(
    at_work: tuple[Library, FakeTrainings], monkeypatch: pytest.MonkeyPatch
) -> None:
    library, trainings = at_work
    trainings.go.set()
    monkeypatch.setattr("hashviz_demo.library.ADDED", 1)
    grid = Grids(library).start(wanted_of(library, Q))
    until(lambda: grid.ended)
    assert grid.messages == ["The limit of 1 added runs is reached; restart the app to add more."]
    assert grid.done == 1


def test_the_page_says_what_may_be_computed_and_how_far_it_is(ablated: list[Run]) -> None:
    library = Library(ablated[:9])
    choice = replace(views.present(library, scene_of(library)), off=Q)
    work = computing.work(library, choice)
    assert (work.variant, work.anew, work.lacking) == ("no quantization", 6, 3)
    page = cards.work(work)
    assert "3 new seeds: 6 trainings" in page
    assert "what the grid lacks: 3 trainings" in page
    assert 'data-running="no"' in page
    whole = computing.work(library, replace(choice, off=frozenset()))
    assert (whole.variant, whole.anew) == ("", 0)
    nothing = computing.work(library, None)
    assert (nothing.anew, nothing.lacking) == (0, 0)
    assert "Compute on digits" in cards.work(nothing)
    with pytest.raises(BadRequest, match="no ablation here yet"):
        computing.wanted(library, None, "anew", None)
    grid = module.Grid(whole_grid("ssdh"), done=5, now="<b>", messages=["<i>"])
    page = cards.work(replace(work, grid=grid))
    assert "5 of 12 trainings are done: &lt;b&gt;; the first one is being measured." in page
    slow = module.Grid(whole_grid("ssdh"), done=5, pace=20.0)
    assert "about 2 min to go" in cards.work(replace(work, grid=slow))
    assert "One took about 20 s" in cards.work(replace(work, pace=20.0))
    assert "&lt;i&gt;" in page
    grid.ended = True
    page = cards.work(replace(work, grid=grid, made="x"))
    assert "5 of 12 trainings are done.</p>" in page
    assert 'data-look="x"' in page
