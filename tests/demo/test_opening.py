"""What an app opens on: every tab has something to show, whatever runs there are."""

import pytest

from hashviz.cli.demonstrating import in_gray
from hashviz.runs import Run
from hashviz_demo.app import warm_tabs
from hashviz_demo.library import Library
from hashviz_demo.opening import DISTANCES, FIRST, opening
from hashviz_demo.scene import Scene, first_scene
from hashviz_demo.tabs.bits import view as bits
from hashviz_demo.tabs.compare import view as compare
from hashviz_demo.tabs.scores import view as scores
from hashviz_demo.tabs.search import view as search
from hashviz_demo.tabs.search.tab import answer
from hashviz_demo.tabs.space import view as space


@pytest.fixture
def scene(library: Library) -> Scene:
    return first_scene(library, {})[0]


def test_search_opens_on_several_distances_a_cut_tie_and_a_mistake(library: Library, scene: Scene):
    found = search.look(library, scene)
    assert len(found.groups) >= DISTANCES
    assert len(found.groups[-1].hits) < found.groups[-1].total
    before = [hit.right for group in found.groups[:-1] for hit in group.hits]
    assert False in before  # whatever the order of the tie
    page = answer(library, scene)
    assert "<b>Try this:</b> shuffle the dashed box, then click a ✗ to see what is near it." in page


def test_the_other_tabs_open_on_ties_that_matter(library: Library, scene: Scene):
    assert max(bits.keyboard(library, scene).leaving) > 0
    card = scores.card(library, scene.run)
    assert card.optimistic - card.pessimistic > 0.01
    made = space.the_map(library, scene.run, "pca")
    assert made is not None
    assert 1 < made.bubbles < made.pictures
    ball = space.pick(library, scene, made, {"radius": scene.radius})
    assert FIRST <= ball.count < len(library.open(scene.run).run.database_index)
    settled = compare.settle(library, scene, compare.Comparison())
    assert any(row.new for row in compare.compare(library, scene, settled).rows)


def test_the_first_run_with_all_of_it_wins(library: Library, runs: list[Run]):
    twelve, thirty_two = (opening(library.open(run.name)) for run in runs)
    assert (twelve.merit, thirty_two.merit) == (3, 3)
    assert first_scene(library, {})[0].run == runs[0].name
    assert first_scene(Library(runs[::-1]), {})[0].run == runs[1].name


def test_colored_pictures_come_first(runs: list[Run]):
    assert all(in_gray(run) for run in runs)


def test_what_the_tabs_show_first_is_counted_in_advance(library: Library, scene: Scene):
    warm_tabs(library)
    assert {"scores", "map pca"} <= library.open(scene.run)._kept.keys()
