"""The same search on several engines, one of them elsewhere: the stand-in of a Milvus server."""

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from hashviz.runs import Run
from hashviz.search import milvus
from hashviz.search.engines import ENGINES
from hashviz.search.index import Hits
from hashviz.search.milvus import EngineError, MilvusIndex, content_of
from hashviz_demo.library import Library
from hashviz_demo.scene import Step
from hashviz_demo.tabs.scale import card as cards
from hashviz_demo.tabs.scale import engines as views
from tests.demo.conftest import scene_of
from tests.search.test_milvus import StandIn

ADDRESS = "milvus://root:secret@127.0.0.1:19530/codes"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> StandIn:
    """A server in memory, at every address."""
    fake = ModuleType("pymilvus")
    fake.DataType = SimpleNamespace(INT64=5, BINARY_VECTOR=100)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pymilvus", fake)
    client = StandIn()
    monkeypatch.setattr(milvus, "connect", lambda _: client)
    return client


def push(run: Run) -> None:
    packed, bits = run.database_packed, run.config.bits
    MilvusIndex(ADDRESS, bits).fill(packed, content_of(packed, bits))


@pytest.mark.parametrize("step", [Step("query", 11), Step("database", 30)])
def test_all_engines_find_the_same_ties_included(library: Library, runs: list[Run], step: Step):
    found = views.compare(library, scene_of(library, trail=(step,)))
    assert {row.name for row in found.rows} >= {"the app", "numpy"}
    assert {row.name for row in found.rows} <= {"the app", *ENGINES}
    for row in found.rows:
        assert row.same, (row.name, row.note)
        assert row.milliseconds is not None
        assert row.milliseconds > 0
    run = runs[0]
    code = run.query_codes[11] if step.kind == "query" else run.database_codes[30]
    far = np.sort((run.database_codes != code).sum(1))
    assert found.last == far[11]
    assert found.tied == (far == far[11]).sum()


def test_a_drawing_is_searched_too(trained: Run):
    from hashviz_demo.scene import with_picture

    library = Library([trained])
    rgb = np.zeros((40, 40, 3), np.uint8)
    rgb[8:32, 18:23] = 255
    found = views.compare(library, with_picture(library, scene_of(library), rgb))
    assert all(row.same for row in found.rows)


def test_the_engine_elsewhere_gives_the_same_hits(runs: list[Run], server: StandIn):
    library = Library(runs, engine=ADDRESS)
    push(runs[0])
    found = views.compare(library, scene_of(library))
    row = found.rows[-1]
    assert row.name == "Milvus"
    assert row.same, row.note
    assert row.about == "at milvus://127.0.0.1:19530/codes"
    page = cards.engines(found, found.run, found.address)
    assert page.count("✓ the same, in the same order") == len(found.rows)
    assert "secret" not in page
    assert f"hashviz index push {runs[0].name} milvus://127.0.0.1:19530/codes" in page


def test_an_engine_with_other_codes_or_none_is_a_sentence(runs: list[Run], server: StandIn):
    library = Library(runs, engine=ADDRESS)
    row = views.compare(library, scene_of(library)).rows[-1]
    assert row.milliseconds is None
    assert "There is no collection 'codes'" in row.note
    assert "secret" not in row.note
    push(runs[1])
    row = views.compare(library, scene_of(library)).rows[-1]
    assert row.same is None
    assert "does not hold the codes of digits/lsh/12bits/seed0" in row.note
    page = cards.engines(views.compare(library, scene_of(library)), runs[0].name, None)
    assert "no answer: That index does not hold the codes" in page


@pytest.mark.parametrize(
    "error", [EngineError("nothing answers"), ConnectionError("refused"), RuntimeError()]
)
def test_an_engine_that_fails_is_a_sentence(
    runs: list[Run], monkeypatch: pytest.MonkeyPatch, error: Exception
):
    def fail(_: Any) -> None:
        raise error

    monkeypatch.setattr(milvus, "connect", fail)
    library = Library(runs, engine=ADDRESS)
    found = views.compare(library, scene_of(library))
    assert found.rows[-1].note == (str(error) or "RuntimeError")
    assert all(row.same for row in found.rows[:-1])


def test_an_engine_that_cuts_ties_as_it_likes_is_found_out():
    class Other:
        bits = 12

        def search(self, packed: Any, k: int) -> Hits:
            return Hits(np.array([[3, 5, 4]]), np.array([[0, 1, 1]]))

    expected = Hits(np.array([[3, 4, 5]]), np.array([[0, 1, 1]]))
    row = views._search("other", "", Other(), np.zeros((1, 2), np.uint8), expected)  # type: ignore[arg-type]
    assert row.same is False
    assert row.note == "at rank 2 it has picture 5 at distance 1, not 4 at 1"


def test_without_an_engine_elsewhere_the_page_says_how_to_name_one(library: Library):
    page = cards.engines(None, "digits/lsh/12bits/seed0", None)
    assert "Start the app with --index" in page
    assert "hashviz demo --index milvus://HOST:19530/NAME" in page
