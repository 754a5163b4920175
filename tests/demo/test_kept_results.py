"""The ablations that are kept with the source open in the app, and nothing is trained for it."""

import json
from pathlib import Path

import pytest

from hashviz.runs import Run
from hashviz_demo.events import BadRequest
from hashviz_demo.frame.files import render
from hashviz_demo.frame.tab import linked_scene
from hashviz_demo.library import Library
from hashviz_demo.scene import with_run
from hashviz_demo.tabs.ablate import card as cards
from hashviz_demo.tabs.ablate import view as views
from hashviz_demo.tabs.ablate.changes import changes

RESULTS = Path(__file__).parents[2] / "results"


@pytest.fixture(scope="module")
def kept(runs: list[Run]) -> Library:
    """Two runs in the menu, and the kept results beside them."""
    return Library(runs, results=RESULTS)


def test_the_link_of_lesson_07_opens_what_it_says(kept: Library) -> None:
    address = {"tab": "ablate", "ablation": "file:dfeh-digits", "off": "enhancement:none"}
    scene, notes = linked_scene(kept, address)
    board = views.board(kept, scene, views.present(kept, scene))
    result = json.loads((RESULTS / "dfeh-digits.json").read_text())
    row = next(row for row in result["rows"] if row["name"] == "no enhancement")
    assert not notes
    assert board.choice.ablation.title == "DFEH on digits, 24 bits"
    assert board.here is not None
    assert [*board.here.quality.values()] == row["map"]["values"]
    assert board.here.difference.half_width == pytest.approx(row["map"]["difference"]["half_width"])
    assert board.changed is not None
    assert len(board.changed.leave) == len(board.changed.enter) > 0
    assert 'aria-label="seed 4' in cards.page(board, shown=True)


def test_without_a_link_the_switchboard_shows_pictures_that_leave(kept: Library) -> None:
    scene, _ = linked_scene(kept, {"tab": "ablate"})
    choice = views.present(kept, scene)
    assert choice.ablation.key == "file:dfeh-digits"  # the data of the run; every part alone
    assert choice.off
    everything_on = views.write_link(views.with_switches(choice, []), scene)
    assert not views.present(kept, everything_on).off


def test_kept_runs_are_in_no_menu_until_one_is_taken(runs: list[Run]) -> None:
    library = Library(runs, results=RESULTS)
    scene, _ = linked_scene(library, {"tab": "ablate", "ablation": "file:dfeh-digits"})
    name = views.run_of(library, scene, whole=True)
    assert [*library.runs] == [run.name for run in runs]
    assert with_run(library, scene, name).run == name
    assert [*library.runs] == [*(run.name for run in runs), name]
    linked, notes = linked_scene(library, {"run": name})
    assert (linked.run, notes) == (name, [])


def test_an_app_without_kept_results_says_where_they_are(runs: list[Run]) -> None:
    library = Library(runs)
    scene, _ = linked_scene(library, {"tab": "ablate", "ablation": "file:dfeh-digits"})
    assert views.read_link(library, scene) is None
    assert "folder <code>results</code> of its source code" in render("tabs/ablate/nothing.html")


def test_pictures_that_are_not_here_are_missed_in_one_sentence(kept: Library) -> None:
    scene, _ = linked_scene(kept, {"tab": "ablate", "ablation": "file:hybrid-centers-voc2007"})
    ablation = views.present(kept, scene).ablation
    with pytest.raises(BadRequest, match="There is no folder 'voc2007'"):
        changes(kept, scene, ablation, ablation.variants[1], 0)
