"""What three ways to search touch, checked without a server."""

import pytest

from hashviz.metrics import Probing, multi_index_probing, table_probing
from hashviz.runs import Run
from hashviz_demo.library import Library
from hashviz_demo.scene import Step
from hashviz_demo.tabs.scale import card as cards
from hashviz_demo.tabs.scale import race as views
from tests.demo.conftest import scene_of


@pytest.mark.parametrize("step", [Step("query", 3), Step("database", 30)])
def test_every_lane_is_what_its_search_touches(library: Library, runs: list[Run], step: Step):
    run = runs[1]
    found = views.race(library, scene_of(library, run=run.name, trail=(step,), k=5))
    code = run.query_codes[3] if step.kind == "query" else run.database_codes[30]
    scan, one, several = (lane.probing for lane in found.lanes)
    assert scan == Probing(0, 0, 400)
    assert one == table_probing(code, run.database_codes, 5)
    assert several == multi_index_probing(code, run.database_codes, 5, 2)
    steps = [400, one.cells + one.touched, several.cells + several.touched]
    assert [lane.steps for lane in found.lanes] == steps
    assert found.first.steps == min(steps)
    page = cards.race(found)
    assert page.count("fewest steps") == 1
    assert page.count("<li") == 3
    assert "2 tables of 16 bits" in page


def test_short_codes_have_one_table_only(library: Library, runs: list[Run]):
    found = views.race(library, scene_of(library, run=runs[0].name))
    assert [lane.name for lane in found.lanes] == ["scan", "one table"]
    assert cards.race(found).count("<li") == 2
    assert views.race(library, scene_of(library, run=runs[0].name, k=1_000)).k == 400
