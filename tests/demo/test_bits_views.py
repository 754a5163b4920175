"""The keyboard, the X-ray and the page of one bit, checked without a server."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hashviz import metrics
from hashviz.runs import Run
from hashviz_demo.events import BadRequest
from hashviz_demo.frame.files import macros
from hashviz_demo.library import Library
from hashviz_demo.scene import Scene, Step
from hashviz_demo.tabs.bits import view as views
from tests.demo.conftest import scene_of

cards = macros("tabs/bits/page.html")


def slow_first(run: Run, pattern: str, itself: int = -1) -> list[int]:
    """Positions by the number of asked bits that differ, then by position."""
    far = [
        sum(a != "*" and (a == "1") != (b > 0) for a, b in zip(pattern, code, strict=True))
        for code in run.database_codes
    ]
    order = sorted((p for p in range(len(far)) if p != itself), key=lambda p: (far[p], p))
    return order[: views.FIRST]


def text(code: np.ndarray) -> str:
    return "".join("1" if bit > 0 else "0" for bit in code)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pattern=st.text("01*", min_size=12, max_size=12), itself=st.integers(-1, 30))
def test_any_pattern_is_sorted_as_by_a_slow_loop(
    library: Library, runs: list[Run], pattern: str, itself: int
):
    step = Step("query", 4) if itself < 0 else Step("database", itself)
    found = views.resort(library, scene_of(library, trail=(step,)), pattern)
    assert [hit.position for hit in found.hits] == slow_first(runs[0], pattern, itself)
    for hit in found.hits:
        assert hit.distance == len(hit.differing)
        assert all(pattern[bit] not in ("*", hit.code[bit]) for bit in hit.differing)
        assert (hit.right is None) == ("*" in pattern)


def test_what_left_and_what_is_new_is_told_against_the_own_code(library: Library, runs: list[Run]):
    own = text(runs[0].query_codes[4])
    flipped = ("0" if own[0] == "1" else "1") + own[1:]
    found = views.resort(library, scene_of(library, trail=(Step("query", 4),)), flipped)
    was, now = slow_first(runs[0], own), slow_first(runs[0], flipped)
    assert found.left == len(set(was) - set(now)) > 0
    assert found.flipped == 1
    assert list(found.before) == [was.index(p) if p in was else None for p in now]
    page = cards.resorted(found)
    assert page.count("hv-entered") == found.left
    assert f"1 bit flipped: {found.left} of the first 20 have left" in page


@pytest.mark.parametrize("step", [Step("query", 4), Step("database", 9)])
def test_each_key_knows_how_many_its_flip_alone_drives_away(
    library: Library, runs: list[Run], step: Step
):
    codes = runs[0].query_codes if step.kind == "query" else runs[0].database_codes
    own = text(codes[step.position])
    itself = step.position if step.kind == "database" else -1
    keys = views.keyboard(library, scene_of(library, trail=(step,)))
    was = set(slow_first(runs[0], own, itself))
    for bit, leaving in enumerate(keys.leaving):
        flipped = own[:bit] + ("0" if own[bit] == "1" else "1") + own[bit + 1 :]
        assert leaving == len(was - set(slow_first(runs[0], flipped, itself)))


def test_nobody_asking_makes_all_equal(library: Library):
    found = views.resort(library, scene_of(library), "*" * 12)
    assert found.exact == found.database == 400
    assert "all pictures are equal" in cards.resorted(found)
    asked = views.resort(library, scene_of(library), "1" + "*" * 11)
    assert f"{asked.exact:,} of 400 have 1 bit as asked" in cards.resorted(asked)


@pytest.mark.parametrize(
    "sent", [None, "", "1" * 11, "1" * 13, "2" * 12, 7, ["1"] * 12, "1" * 10**6]
)
def test_a_forged_pattern_is_refused_in_one_sentence(library: Library, sent: object):
    with pytest.raises(BadRequest, match="A pattern has 12 characters 0, 1 or") as told:
        views.check_pattern(library, scene_of(library), sent)
    assert len(str(told.value)) < 140


def test_the_x_ray_finds_constant_and_repeated_bits(runs: list[Run]):
    run = Run.load(runs[0].path)
    codes = run.database_codes.copy()
    codes[:, 3], codes[:, 7], codes[:, 9] = 1, codes[:, 2], -codes[:, 2]
    vars(run)["database_codes"] = codes
    library = Library([run])
    seen = views.xray(library, run.name)
    assert seen.constant == (3,)
    assert seen.groups == ((2, 7, 9),)
    assert seen.useful == metrics.useful_bits(codes) == 12 - 1 - 2
    assert seen.plus[3] == 1
    assert seen.entropy[3] == 0
    page = cards.xray(seen, run.name, "")
    assert f"12 stored, {metrics.correlation_rank(codes)} linearly independent" in page
    numbered = (len(np.unique(codes, axis=0)) - 1).bit_length()
    assert f"which {numbered} bits could number. 9 of the bits are neither" in page
    assert "The same or opposite: bits 2, 7, 9." in page
    keys = views.keyboard(library, scene_of(library))
    assert keys.twins[7] == keys.twins[9] == 2
    assert 'data-twin="2"' in cards.keyboard(keys, run.name)


def test_the_ends_of_a_bit_are_its_loudest_members(library: Library, runs: list[Run]):
    run = runs[0]
    seen = views.one_bit(library, run.name, 5)
    assert seen.outputs is not None
    for items, values, sign in zip((seen.plus, seen.minus), seen.outputs, (1, -1), strict=True):
        assert all(run.database_codes[item.position, 5] == sign for item in items)
        assert list(values) == sorted(values, key=lambda value: -sign * value)
    assert seen.outputs[0][0] == run.database_outputs[:, 5].max()
    for name, share in seen.classes:
        members = run.database_labels[:, run.classes.index(name)]
        assert share == pytest.approx((run.database_codes[members, 5] > 0).mean())


def test_without_outputs_both_halves_are_shown_and_the_page_says_so(runs: list[Run]):
    run = Run.load(runs[0].path)
    vars(run)["_outputs"] = {}
    seen = views.one_bit(Library([run]), run.name, 5)
    assert seen.outputs is None
    assert len(seen.plus) == len(seen.minus) == views.SHOWN
    assert all(item.code[5] == "1" for item in seen.plus)
    assert all(item.code[5] == "0" for item in seen.minus)
    assert "this run kept no real outputs" in cards.one_bit(seen)


@pytest.mark.parametrize("sent", [-1, 12, "x", None, 2.5])
def test_a_bit_that_is_not_there_is_refused(library: Library, runs: list[Run], sent: object):
    with pytest.raises(BadRequest, match="A bit is a whole number from 0 to 11"):
        views.one_bit(library, runs[0].name, sent)


def test_a_picture_from_outside_has_keys_too(trained: Run):
    from hashviz_demo.pictures import data_uri, png

    library = Library([trained])
    image = library.open(trained.name).dataset.images[3]
    first = scene_of(library)
    scene = Scene(first.run, (Step("picture", picture=data_uri(png(image))),))
    keys = views.keyboard(library, scene)
    assert len(keys.query.code) == len(keys.leaving) == 16
    assert views.resort(library, scene, keys.query.code).hits[0].right is None
