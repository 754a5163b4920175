"""Pictures without a label: nothing is called right or wrong, and each is known by its file."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hashviz.config import TrainConfig
from hashviz.training.jobs import train
from hashviz_demo.frame.files import macros, render
from hashviz_demo.library import Library
from hashviz_demo.tabs.bits import view as bits
from hashviz_demo.tabs.breaking import view as breaking
from hashviz_demo.tabs.collisions import view as collisions
from hashviz_demo.tabs.compare import view as compare
from hashviz_demo.tabs.scores import view as scores
from hashviz_demo.tabs.search import view as search
from hashviz_demo.tabs.space import view as space
from hashviz_demo.tabs.why import view as reasons
from tests.demo.conftest import scene_of


@pytest.fixture(scope="module")
def holiday(tmp_path_factory: pytest.TempPathFactory) -> Library:
    folder = tmp_path_factory.mktemp("holiday")
    rng = np.random.default_rng(0)
    for n in range(30):
        pixels = rng.integers(0, 256, (10, 12, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"beach {n}.png")
    config = TrainConfig(method="lsh", data=f"folder:{folder}?size=8", bits=8, device="cpu")
    return Library([train(config, runs=folder / "runs")])


def test_no_result_is_called_right_or_wrong(holiday: Library) -> None:
    found = search.look(holiday, scene_of(holiday))
    assert {hit.right for hit in found.hits} == {None}
    assert found.right is None
    assert "share" not in macros("tabs/search/page.html").page(found, [])


def test_a_picture_is_called_by_its_file(holiday: Library) -> None:
    found = search.look(holiday, scene_of(holiday))
    names = {found.query.name, *(hit.name for hit in found.hits)}
    assert len(names) == 1 + len(found.hits)
    assert all(Path(name).suffix == ".png" and name.startswith("beach ") for name in names)


def test_programs_are_told_the_file_too(holiday: Library) -> None:
    (name,) = holiday.runs
    run = holiday.open(name).run
    results = search.as_json(holiday, search.look(holiday, scene_of(holiday)))["results"]
    assert run.database_paths is not None
    files = [run.database_paths[result["position"]] for result in results]
    assert [result["file"] for result in results] == files != []


def test_every_tab_can_be_looked_at(holiday: Library) -> None:
    scene = scene_of(holiday)
    (run,) = holiday.runs
    bits.keyboard(holiday, scene)
    bits.xray(holiday, run)
    bits.one_bit(holiday, run, 0)
    reasons.pair(holiday, scene)
    assert not scores.labeled(holiday, run)
    comparison = compare.settle(holiday, scene, compare.Comparison())
    compared = compare.compare(holiday, scene, comparison)
    assert {hit.right for row in compared.rows for hit in row.found} == {None}
    page = macros("tabs/compare/page.html").page(compared)
    assert "no labels, no score" in page
    assert "0.000" not in page
    assert breaking.bench(holiday, scene).aims
    assert {level.right for level in breaking.attack(holiday, scene).levels} == {None}
    assert collisions.browser(holiday, run).strange is None
    assert collisions.inside(holiday, run, 0).worst is None
    made = space.the_map(holiday, run, "pca")
    assert made is not None
    assert space.around(holiday, scene, made).right is None


def test_scores_say_what_can_be_said_without_labels(holiday: Library) -> None:
    (run,) = holiday.runs
    said = scores.without_labels(holiday, run)
    page = render("tabs/scores/unlabeled.html", **said)
    assert "no labels" in page
    assert "0.000" not in page
    everything = holiday.open(run).run.database_codes.tolist()
    assert said["distinct"] == len({tuple(code) for code in everything})
    codes = holiday.open(run).judged.database_codes.tolist()
    queries = holiday.open(run).run.query_codes.tolist()
    far = [sorted(sum(a != b for a, b in zip(q, c, strict=True)) for c in codes) for q in queries]
    assert said["cut"] == np.mean([each[9] == each[10] for each in far])
