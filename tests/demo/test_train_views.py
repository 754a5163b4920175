"""What the tab Train offers, takes from a browser or a link, and refuses; without a server."""

import re
from dataclasses import replace
from typing import Any

import pytest

from hashviz.methods import METHODS
from hashviz.training.recipes import RECIPES, settle
from hashviz_demo.events import BadRequest
from hashviz_demo.library import Library
from hashviz_demo.tabs.train import card as cards
from hashviz_demo.tabs.train import view as views
from hashviz_demo.tabs.train.trainings import trainings_of
from hashviz_demo.tabs.train.view import NOTCHES, Plan
from tests.demo.test_app import forged

httpx = pytest.importorskip("httpx")

SENT: dict[str, Any] = {"method": "csq", "data": "digits", "bits": 32, "seed": 0, "epochs": 25}


def test_every_trained_method_is_offered_once_and_builds_its_form() -> None:
    trained = [name for name, row in METHODS.items() if row.trained]
    menu = re.findall(r'<option value="([a-z0-9-]+)"', cards.form(Plan()).partition("</select>")[0])
    assert sorted(menu) == sorted(trained)
    for name in trained:
        plan = Plan(method=name)
        faders, switches = views.controls(plan)
        known = METHODS[name].settings()
        assert all(fader.values[fader.notch] == known[fader.name] for fader in faders)
        assert all(switch.on is known[switch.name] for switch in switches)
        page = cards.form(plan)
        assert page.count(" selected>") == 2  # method and bits
        assert page.count('type="range"') == len(faders) + 2  # epochs and bet
        # Every notch and every switch is taken back as it is sent.
        for fader in faders:
            for value in fader.values:
                views.read_sent(SENT | {"method": name, "options": {fader.name: value}})
        for switch in switches:
            plan = views.read_sent(SENT | {"method": name, "options": {switch.name: not switch.on}})
            assert plan.options == ((switch.name, not switch.on),)


def test_weights_are_faders_and_yes_or_no_is_a_switch() -> None:
    faders, switches = views.controls(Plan("dch", options=(("quantization_weight", 0.0),)))
    assert [(f.words, f.notch, f.usual) for f in faders] == [("quantization", 0, NOTCHES.index(1))]
    assert [(s.words, s.on) for s in switches] == [("balanced", True), ("graded", False)]
    page = cards.form(Plan("mihash"))
    assert "a single term, so there is nothing to weigh" in page


def test_a_plan_becomes_the_configuration_of_an_ordinary_run() -> None:
    assert Plan().config.name == "digits/csq/32bits/seed0"
    plan = views.read_sent(SENT | {"epochs": 3, "options": {"quantization_weight": 0.05}})
    assert plan.options == ()  # as usual
    assert plan.config.name == "digits/csq/32bits/seed0-epochs=3"
    for data, epochs in views.EPOCHS.items():
        assert epochs == RECIPES[data]["epochs"]
        config = Plan(data=data, epochs=epochs).config
        assert settle(config, METHODS["csq"]).epochs == epochs


@pytest.mark.parametrize(
    "plan",
    [
        Plan(),
        Plan("dch", "scenes", 16, 7, 3, (("quantization_weight", 0.0), ("balanced", False))),
        Plan("dfeh", options=(("margin_per_bit", 4.0),)),
    ],
)
def test_a_link_leads_back_to_the_plan(plan: Plan) -> None:
    assert views.read_link(views.write_link(plan)) == plan


def test_a_link_may_say_less() -> None:
    assert views.read_link("") == Plan()
    assert views.read_link("dpsh") == replace(Plan(), method="dpsh")
    assert views.read_link("dpsh:scenes") == Plan("dpsh", "scenes", epochs=10)


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"method": "lsh"}, "'lsh' is not a method that can be trained"),
        ({"method": ["csq"]}, "is not a method that can be trained"),
        ({"data": "cifar10"}, "Training goes on digits or scenes, got 'cifar10'"),
        ({"data": None}, "Training goes on digits or scenes"),
        ({"bits": 4096}, "The length of the codes is a whole number from 8 to 64, got 4096"),
        ({"bits": "x"}, "The length of the codes"),
        ({"seed": -1}, "A seed is a whole number from 0 to 10000, got -1"),
        ({"epochs": 10**9}, "The number of epochs is a whole number from 1 to 60"),
        ({"options": [1]}, "settings of a method have names"),
        ({"options": {"memory": True}}, "CSQ has no control 'memory' here"),
        ({"options": {"centers": "random"}}, "CSQ has no control 'centers' here"),
        ({"options": {3: 1}}, "CSQ has no control 3 here"),
        ({"options": {"quantization_weight": float("nan")}}, "a number from 0 to 0.5, got nan"),
        ({"options": {"quantization_weight": 1}}, "a number from 0 to 0.5, got 1"),
        ({"options": {"quantization_weight": True}}, "a number from 0 to 0.5, got True"),
        ({"method": "dch", "options": {"balanced": 1}}, "balanced of DCH is on or off, got 1"),
    ],
)
def test_what_no_form_sends_is_refused_in_one_sentence(sent: dict[str, Any], told: str) -> None:
    with pytest.raises(BadRequest, match=re.escape(told)):
        views.read_sent(SENT | sent)


@pytest.mark.parametrize("content", [None, [], "x", 7])
def test_a_plan_that_is_none_is_refused(content: object) -> None:
    with pytest.raises(BadRequest, match="not a method that can be trained"):
        views.read_sent(content)
    with pytest.raises(BadRequest):
        views.read_link("csq:digits:32:0:25:nothing")


def test_a_method_for_one_label_is_not_trained_on_several() -> None:
    assert views.check(Plan("hhf")) == Plan("hhf")
    with pytest.raises(BadRequest, match="HHF is for pictures with one label each"):
        views.check(Plan("hhf", "scenes"))


def test_a_bet_is_a_number_of_codes() -> None:
    assert [views.bet(None), views.bet(12)] == [None, 12]
    with pytest.raises(BadRequest, match="A bet is a whole number from 1 to 200"):
        views.bet(0)


def test_the_queue_is_told_to_all_and_a_stranger_gets_one_sentence(library: Library) -> None:
    trainings = trainings_of(library)
    assert trainings.jobs() == []
    config = Plan(bits=8, seed=2, epochs=1, options=(("quantization_weight", 0.0),)).config
    first, second = trainings.submit(config), trainings.submit(Plan("dfeh", epochs=1).config)
    try:
        assert trainings.jobs()[0] is first
        news = views.news(trainings, second.key, -5)
        assert (news["state"], news["ahead"], news["frames"]) == ("waiting", 1, [])
        titles = [job["title"] for job in news["jobs"]]
        assert titles == [
            "CSQ on digits, 8 bits, seed 2, quantization off",
            "DFEH on digits, 32 bits",
        ]
        gone = views.news(trainings, "nonsense", 0)
        assert (gone["state"], gone["frames"]) == ("gone", [])
        assert "no such training" in gone["message"]
    finally:
        trainings.close()


def test_the_stage_says_nothing_that_is_not_escaped() -> None:
    page = cards.stage("k", "<b>", '"/thumbnails/', begun=True, bet=3)
    assert "<b>" not in page
    assert "&#34;bet&#34;: 3" in page
    assert "Nothing is being trained" in cards.empty()


@pytest.mark.filterwarnings("ignore::DeprecationWarning:gradio.*")
@pytest.mark.filterwarnings("ignore::DeprecationWarning:starlette.*")
@pytest.mark.filterwarnings("ignore::DeprecationWarning:websockets.*")
@pytest.mark.parametrize(
    ("event", "sent", "told"),
    [
        ("plan", {"plan": "x"}, "not a method that can be trained"),
        ("start", {"plan": SENT | {"bits": 7}}, "The length of the codes"),
        ("start", {"plan": SENT, "bet": "all"}, "A bet is a whole number"),
        ("tell", {"key": "x", "word": "stop"}, "no such training"),
        ("visit", {"key": ["x"]}, "no such training"),
        ("use", None, "no such training"),
    ],
)
def test_a_forged_event_gets_one_sentence(served: str, event: str, sent: Any, told: str) -> None:
    assert told in forged(served, event, sent)


def test_a_page_that_asks_for_a_training_that_is_no_more_is_told(served: str) -> None:
    answer = httpx.get(f"{served}trainings/nonsense?since=3")
    assert answer.json()["state"] == "gone"
    assert answer.headers["cache-control"] == "no-store"
    assert httpx.get(f"{served}trainings/nonsense?since=x").status_code == 422
