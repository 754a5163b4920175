"""The buckets of a database, checked without a server."""

from itertools import combinations

import numpy as np
import pytest

from hashviz.runs import Run
from hashviz_demo.events import BadRequest
from hashviz_demo.library import Library
from hashviz_demo.tabs.breaking import card as benches
from hashviz_demo.tabs.breaking import view as breaking
from hashviz_demo.tabs.collisions import card as cards
from hashviz_demo.tabs.collisions import view as views
from tests.demo.conftest import scene_of


def test_pairs_and_strangers_are_those_of_the_database(library: Library, runs: list[Run]):
    run = runs[0]
    packed, labels = run.database_packed, run.database_labels.argmax(1)
    found = views.browser(library, run.name)
    pairs = [(i, j) for i, j in combinations(range(400), 2) if (packed[i] == packed[j]).all()]
    assert found.pairs == len(pairs) > 0
    assert found.strange == sum(labels[i] != labels[j] for i, j in pairs) > 0
    assert found.inside == len({i for pair in pairs for i in pair})
    assert found.codes == len(np.unique(packed, axis=0))
    assert found.expected == 400 * 399 / 2 / 2**12
    strange = [bucket.strange or 0 for bucket in found.listed]
    assert strange == sorted(strange, reverse=True)
    sizes = [bucket.size for bucket in views.browser(library, run.name, "size").listed]
    assert sizes == sorted(sizes, reverse=True)
    assert min(sizes) > 1
    page = cards.browser(found, found.listed[0].number)
    assert page.count('aria-pressed="true"') == 1
    assert f"<dd>{found.pairs:,}</dd>" in page


def test_a_bucket_shows_its_rarest_class_first_and_its_worst_neighbors(
    library: Library, runs: list[Run]
):
    run = runs[0]
    number = views.browser(library, run.name).listed[0].number
    found = views.inside(library, run.name, number)
    codes = {picture.code for picture in found.pictures}
    assert codes == {found.bucket.code}
    assert found.worst is not None
    one, other = found.worst
    assert one.code == other.code
    labels = run.database_labels
    assert not (labels[one.position] & labels[other.position]).any()
    members = dict(found.bucket.classes)
    assert members[found.pictures[0].name] == min(members.values())
    page = cards.opened(found)
    assert "The worst neighbors" in page
    assert page.count("data-query=") == len(found.pictures)


def test_pictures_that_are_alone_have_no_neighbors(library: Library, runs: list[Run]):
    run = runs[1]
    last = views.browser(library, run.name).codes - 1
    found = views.inside(library, run.name, last)
    assert found.worst is None
    assert found.bucket.size == len(found.pictures) == 1
    assert "It is alone in its bucket" in cards.opened(found)


def test_names_of_classes_are_shown_as_text(library: Library, monkeypatch: pytest.MonkeyPatch):
    for run in library.runs.values():
        monkeypatch.setitem(run.data, "classes", ["<b>&\"'"] * 10)
    found, scene = views.browser(library, "digits/lsh/12bits/seed0"), scene_of(library)
    pages = (
        cards.browser(found, None),
        cards.opened(views.inside(library, scene.run, found.listed[0].number)),
        benches.bench(breaking.bench(library, scene)),
    )
    for page in pages:
        assert "&lt;b&gt;&amp;&#34;&#39;" in page
        assert "<b>&" not in page


@pytest.mark.parametrize("sent", ["x", -1, 10**9, None, True, {"a": 1}])
def test_a_forged_bucket_is_refused(library: Library, runs: list[Run], sent: object):
    with pytest.raises(BadRequest, match="A bucket is a whole number from 0 to"):
        views.inside(library, runs[0].name, sent)


@pytest.mark.parametrize("sent", ["x", None, [1], {"a": 1}])
def test_a_forged_order_is_refused(library: Library, runs: list[Run], sent: object):
    with pytest.raises(BadRequest, match="sorted by one of strangers, size"):
        views.browser(library, runs[0].name, sent)


def test_a_link_to_a_bucket_opens_it_where_the_run_has_it(library: Library):
    scene = scene_of(library)
    assert views.linked(library, scene) is None
    assert views.linked(library, scene.choose("bucket", "3")) == 3
    assert views.linked(library, scene.choose("bucket", "99999")) is None
    assert views.linked(library, scene.choose("bucket", "x")) is None


def test_where_nothing_collides_the_page_says_so(library: Library, runs: list[Run]):
    found = views.browser(library, runs[1].name)
    from dataclasses import replace

    page = cards.browser(replace(found, listed=()), None)
    assert "No two of the 400 pictures have the same code." in page
