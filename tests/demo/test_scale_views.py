"""The calculator and the measurement, checked without a server."""

import threading
import time
from dataclasses import replace
from typing import Any

import pytest

from hashviz_demo.events import BadRequest
from hashviz_demo.library import Library
from hashviz_demo.tabs.scale import card as cards
from hashviz_demo.tabs.scale import view as views
from hashviz_demo.tabs.scale.measuring import (
    BEFORE,
    Measurement,
    Rate,
    Stopwatch,
    memory_bytes,
    stopwatch_of,
    this_machine,
    time_searches,
)
from hashviz_demo.tabs.scale.view import Question
from tests.demo.conftest import scene_of

RATES = Measurement(
    Rate("scan", 1000, 1, "codes of 64 bits", 10, 1.0, 3),  # a million words a second
    Rate("numpy", 1000, 1, "codes of 64 bits", 10, 2.0, 3),
    Rate("floats", 1000, 100, "vectors", 10, 10.0, 3),  # ten million products a second
    "a machine of paper",
    "2026-01-01 00:00 UTC",
)
SENT = {"place": 60, "bits": 64, "dimensions": 512, "dtype": "float32", "price": 3}


@pytest.fixture
def costs(library: Library, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The answer to a question on a machine of 1 MB with known rates."""
    stopwatch_of(library).last = RATES
    monkeypatch.setattr(views, "memory_bytes", lambda: 1_000_000)
    return lambda **asked: views.answer(library, Question(**asked))


def test_every_cost_is_its_formula(costs: Any):
    found = costs(place=40, bits=96, dimensions=50, dtype="float16", price=2.0)
    assert found.question.n == 10_000
    assert found.codes.bytes == 10_000 * 96 / 8
    assert found.floats.bytes == 10_000 * 50 * 2
    assert found.codes.seconds == pytest.approx(10_000 * 2 / 1e6)  # two words each
    assert found.floats.seconds == pytest.approx(10_000 * 50 / 1e7)
    assert found.codes.price == pytest.approx(120_000 / 1e9 * 2)
    assert found.ratio == pytest.approx(100 / 12)
    assert found.codes.noticed == pytest.approx(0.1 * 1e6 / 2)
    assert found.floats.noticed == pytest.approx(0.1 * 1e7 / 50)
    assert found.codes.full == pytest.approx(1e6 / 12)
    assert found.floats.full == pytest.approx(1e6 / 100)
    page = cards.answer(found)
    assert "10,000 · 96 / 8 bytes" in page
    assert "10,000 · 50 · 2 bytes" in page
    assert "2 words" in page
    assert "a machine of paper, measured here on 2026-01-01" in page


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (
            {"place": 30, "dimensions": 100},
            "nothing that a person notices: the floats answer in",
        ),
        ({"place": 41, "dimensions": 100}, "the floats no longer fit into this machine's memory"),
        ({"place": 41, "dimensions": 100}, "one is noticed, the other is not"),
        ({"place": 60, "dimensions": 100}, "not even the codes fit into this machine's memory"),
        ({"place": 60, "dimensions": 100}, "Even the codes take 1 s for a query"),
    ],
)
def test_the_sentences_follow_from_the_numbers(costs: Any, asked: dict, sentence: str):
    said = " ".join(views.verdicts(costs(**asked)))
    assert sentence in said
    assert ("nothing that a person notices" in said) == (asked["place"] == 30)


def test_where_memory_is_not_known_nothing_is_said_of_it(
    costs: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(views, "memory_bytes", lambda: None)
    found = costs(place=100)
    assert found.codes.fits is None
    assert found.codes.full is None
    assert "memory" not in " ".join(views.verdicts(found))
    assert "fill" not in cards.answer(found)
    assert "nothing that a person notices" not in " ".join(views.verdicts(found))
    assert "nothing that a person notices" in " ".join(views.verdicts(costs(place=30)))


def test_before_anything_is_measured_the_page_says_whose_rates_these_are(library: Library):
    found = views.answer(library, Question())
    assert found.measurement is BEFORE
    assert "not yet measured on this machine" in cards.answer(found)
    assert "rates of another machine" in cards.machine(None)


def test_the_slider_goes_from_a_thousand_to_ten_billion():
    numbers = [Question(place=place).n for place in range(views.LOW, views.HIGH + 1)]
    assert (numbers[0], numbers[-1]) == (1_000, 10_000_000_000)
    assert numbers == sorted(set(numbers))
    for place, n in zip(range(views.LOW, views.HIGH + 1), numbers, strict=True):
        assert n == pytest.approx(10 ** (place / 10), rel=0.05)


def test_a_question_goes_into_the_address_and_back(library: Library):
    scene = scene_of(library)
    assert views.read_link(scene, library).bits == 12  # the run's own
    question = Question(75, 48, 768, "int8", 0.25)
    kept = scene.choose("scale", views.write_link(question))
    assert "scale=75,48,768,int8,0.25" in kept.link
    assert views.read_link(kept, library) == question
    for text in ("x", "1,2,3", "75,48,768,complex,1", "999,48,768,int8,1", "75,48,768,int8,nan"):
        assert views.read_link(scene.choose("scale", text), library) == Question(bits=12)


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("place", [29, 101, "x", None, True, 3.5, [1]], "The slider is a whole number"),
        ("bits", [0, 1025, "x", None], "The length of a code is a whole number from 1 to 1024"),
        ("dimensions", [0, 70_000, {}], "The length of a vector is a whole number"),
        ("dtype", ["bool", None, [1], {"a": 1}], "stored as one of float32, float16, int8"),
        ("price", [-1, 1e9, "x", float("nan"), float("inf"), [1]], "A price is a number from 0"),
    ],
)
def test_a_forged_question_is_refused(name: str, values: list, message: str):
    assert views.read_sent(SENT) == Question()
    for value in values:
        with pytest.raises(BadRequest, match=message):
            views.read_sent({**SENT, name: value})
    with pytest.raises(BadRequest, match="sent as a table"):
        views.read_sent("x")


def test_a_measurement_has_what_it_says_and_is_shown():
    watch = Stopwatch(codes=600, vectors=40)
    found = watch.measure()
    assert watch.last is found
    assert (found.scan.n, found.fallback.n, found.floats.n) == (600, 600, 40)
    for rate in (found.scan, found.fallback, found.floats):
        assert rate.milliseconds > 0
        assert rate.queries >= 3
        assert rate.per_second == pytest.approx(rate.n * rate.size / rate.milliseconds * 1e3)
    assert found.where == this_machine()
    page = cards.machine(found)
    assert "600 codes of 64 bits, k = 10" in page
    assert f"{found.date}" in page


def test_who_asks_while_one_measures_gets_the_same_answer(monkeypatch: pytest.MonkeyPatch):
    watch, begun, go = Stopwatch(), threading.Event(), threading.Event()
    made: list[Measurement] = []

    def measured() -> Measurement:
        begun.set()
        assert go.wait(30)
        made.append(replace(RATES, date=str(len(made))))
        return made[-1]

    monkeypatch.setattr(watch, "_measure_all", measured)
    got: list[Measurement] = []
    one, two = (
        threading.Thread(target=lambda: got.append(watch.measure()), daemon=True) for _ in range(2)
    )
    one.start()
    assert begun.wait(30)
    two.start()
    until = time.monotonic() + 30
    while not watch.waiting and time.monotonic() < until:
        time.sleep(0.001)
    go.set()
    one.join(30)
    two.join(30)
    assert got == [made[0], made[0]]
    assert watch.measure() is made[1]


def test_a_search_is_timed_three_times_at_least_and_not_for_ever():
    count = 0

    def search() -> None:
        nonlocal count
        count += 1

    times = time_searches(search)
    assert 3 <= len(times) <= 60
    assert count == len(times) + 1


def test_the_memory_is_what_the_system_says():
    memory = memory_bytes()
    assert memory is None or 100e6 < memory < 1e15


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 ms"), (0.0994, "99 ms"), (0.0996, "100 ms"), (0.9999, "1 s"), (59, "59 s")],
)
def test_a_time_is_said_as_a_person_says_it(seconds: float, text: str):
    assert views.duration(seconds) == text
