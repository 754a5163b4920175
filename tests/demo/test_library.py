"""Opened runs: their pictures, samples and thumbnails, and what is said when something is gone."""

from dataclasses import replace

import numpy as np
import pytest

import hashviz_demo.library
from hashviz.data import Dataset
from hashviz.runs import Run
from hashviz_demo.events import BadRequest
from hashviz_demo.library import Library
from hashviz_demo.scene import with_picture
from hashviz_demo.tabs.search import view as views
from tests.demo.conftest import scene_of


def test_unknown_runs_list_the_choices(library: Library):
    with pytest.raises(BadRequest, match=r"no run 'dpsh'; choose from .*digits/lsh/12bits/seed0"):
        library.open("dpsh")
    with pytest.raises(BadRequest, match="There are no runs"):
        Library([])


def test_samples_show_every_class_before_any_twice(library: Library, runs: list[Run]):
    labels = runs[0].query_labels
    present = np.flatnonzero(labels.any(0)).tolist()
    samples = library.open(runs[0].name).samples
    assert [labels[p].argmax() for p in samples[: len(present)]] == present
    assert sorted(samples) == list(range(60))


def test_thumbnails_are_only_pictures_of_the_data_set(library: Library):
    address = views.look(library, scene_of(library)).hits[0].image
    key, name = address.removeprefix("/thumbnails/").split("/")
    content = library.picture(key, int(name.removesuffix(".png")))
    assert content is not None
    assert content[0].startswith(b"\x89PNG")
    assert content[1] == "image/png"
    assert library.picture(key, -1) is None
    assert library.picture(key, 10**9) is None
    assert library.picture("guess", 0) is None


def test_pictures_that_are_gone_are_told_and_the_search_goes_on(
    runs: list[Run], monkeypatch: pytest.MonkeyPatch
):
    from hashviz.data import MissingData

    def gone(*_):
        raise MissingData("The pictures are not in data/.")

    monkeypatch.setattr(hashviz_demo.library, "load_dataset", gone)
    library = Library(runs)
    assert views.look(library, scene_of(library)).hits
    key = views.look(library, scene_of(library)).hits[0].image.split("/")[2]
    assert library.picture(key, 0) is None
    with pytest.raises(BadRequest, match="not in data/"):
        with_picture(library, scene_of(library), np.zeros((9, 9, 3), np.uint8))


def test_a_data_set_that_shrank_is_told(runs: list[Run], monkeypatch: pytest.MonkeyPatch):
    short = Dataset("digits", np.zeros((9, 8, 8, 1), np.uint8), np.ones((9, 1), bool), ("0",))
    monkeypatch.setattr(hashviz_demo.library, "load_dataset", lambda *_: short)
    with pytest.raises(BadRequest, match=r"digits has 9 pictures, fewer than when .* was trained"):
        _ = Library(runs).open(runs[0].name).dataset


def test_a_run_has_a_short_title_unless_another_has_the_same(library: Library, runs: list[Run]):
    ends = ("one-ff597c", "two-ff597c", "three-000000")
    names = [f"seed0-backbone=mobilenet_v2-weights={end}" for end in ends]
    named = Library([replace(runs[0], path=runs[0].path.with_name(name)) for name in names])
    one, two, three = (facts.title for facts in named.facts())
    assert three.endswith(", 12 bits, seed 0, backbone=mobilenet_v2 … 000000")
    assert one.endswith("-weights=one-ff597c")
    assert two.endswith("-weights=two-ff597c")
