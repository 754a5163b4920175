"""What the switchboard answers: numbers seed by seed, Shapley values, pictures that change."""

import json
import re
from dataclasses import replace
from html import unescape
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

from hashviz.methods import METHODS
from hashviz.metrics.comparison import mean_interval
from hashviz.runs import Run
from hashviz.training.ablation import NOT_TRAINED
from hashviz_demo.events import BadRequest
from hashviz_demo.library import Library
from hashviz_demo.scene import Scene, Step, with_run
from hashviz_demo.tabs.ablate import card as cards
from hashviz_demo.tabs.ablate import view as views
from hashviz_demo.tabs.ablate.changes import FIRST
from hashviz_demo.tabs.ablate.view import Board, Choice
from tests.demo.ablating import small_ablation, variant_run
from tests.demo.conftest import scene_of
from tests.demo.test_ablations import result

EVIL = "<img src=x onerror=alert(1)>&\"'`${1}{{1}}"
Q, B = frozenset({"quantization_weight:0"}), frozenset({"balance_weight:0"})


@pytest.fixture(scope="module")
def ablated(tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    """Three seeds of the whole, without quantization, without balance, without both."""
    return small_ablation(tmp_path_factory.mktemp("ablated"))


@pytest.fixture
def library(ablated: list[Run]) -> Library:
    return Library(ablated)


def choose(library: Library, off: frozenset[str] = Q, seed: int = 0) -> tuple[Scene, Choice]:
    scene = scene_of(library)
    choice = views.present(library, scene)
    return scene, replace(choice, off=off, seed=seed)


def board_of(library: Library, off: frozenset[str] = Q, seed: int = 0) -> Board:
    return views.board(library, *choose(library, off, seed))


def test_numbers_are_those_of_the_runs_seed_by_seed(library: Library, ablated: list[Run]) -> None:
    board = board_of(library)
    whole, here = ([run.scores for run in ablated[start : start + 3]] for start in (0, 3))
    quality = [[each["map"]["expected"] for each in scores] for scores in (whole, here)]
    assert board.here is not None
    assert [*board.whole.quality.values()] == quality[0]
    assert [*board.here.quality.values()] == quality[1]
    assert board.here.mean == mean_interval(quality[1])
    differences = np.subtract(quality[1], quality[0]).tolist()
    assert [*board.here.paired.values()] == differences
    assert board.here.difference == mean_interval(differences)
    assert board.here.useful == np.mean([each["bits"]["useful"] for each in here])
    correlation = [each["bits"]["mean_correlation"] for each in here]
    assert board.here.correlation == mean_interval(correlation)
    assert board.chance == pytest.approx(np.mean([each["map"]["chance"] for each in whole]))
    assert board.always == ("classification",)


def test_noise_costs_and_the_verdict_says_so(library: Library) -> None:
    board = board_of(library)
    assert board.here is not None
    assert board.here.verdict == "holds"
    assert board.dearest is not None
    assert board.dearest.switch.title in ("balance", "quantization")
    assert [share.values[0] > 0 for share in board.alone] == [True, True]


def test_shapley_values_average_over_all_orders_of_switching_on(library: Library) -> None:
    board = board_of(library)
    assert board.shapley is not None
    assert board.missing == ()
    ablation = board.choice.ablation
    for seed in range(3):
        score = {
            variant.off: library.open(variant.runs[seed]).run.scores["map"]["expected"]
            for variant in ablation.variants
        }
        gains: dict[str, list[float]] = {switch.title: [] for switch in ablation.switches}
        for order in permutations(ablation.switches):
            off = Q | B
            for switch in order:
                gains[switch.title].append(score[off - switch.off] - score[off])
                off -= switch.off
        for share in board.shapley:
            assert share.values[seed] == pytest.approx(np.mean(gains[share.switch.title]))
        total = sum(share.values[seed] for share in board.shapley)
        assert total == pytest.approx(score[frozenset()] - score[Q | B])


def test_an_incomplete_grid_says_what_is_missing(ablated: list[Run]) -> None:
    board = board_of(Library(ablated[:9]))
    assert board.shapley is None
    assert board.missing == ("no balance, quantization",)
    assert all(share.mean is not None for share in board.alone)
    never = board_of(Library(ablated[:9]), Q | B)
    assert never.here is None
    assert never.changed is None
    assert "never trained" in cards.page(never, shown=True)


def test_a_network_without_any_item_counts_as_chance(tmp_path: Path) -> None:
    rows = [{"name": "", "options": {}, "runs": []}]
    rows += [
        {"name": "", "options": {"scales": each}, "runs": []}
        for each in ("1", "2", "3", "1,2", "1,3", "2,3")
    ]
    values = [0.9, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]
    for row, value in zip(rows, values, strict=True):
        row |= {"map": {"values": [value]}, "correlation": {"values": [0.1]}}  # type: ignore[arg-type]
    kept = result(method="dmsh", seeds=[0], rows=rows)
    runs = [variant_run(tmp_path, {}, 0)]
    (tmp_path / "dmsh.json").write_text(json.dumps(kept))
    board = board_of(Library(runs), frozenset())
    assert board.shapley is not None
    assert sum(share.values[0] for share in board.shapley) == pytest.approx(0.9 - kept["chance"])
    assert "counts as chance" in cards.page(board, shown=True)


def test_pictures_that_leave_and_enter_are_those_of_one_list_only(
    library: Library, ablated: list[Run]
) -> None:
    scene, choice = choose(library, Q, seed=1)
    scene = replace(scene, run=ablated[1].name, trail=(Step("query", 7),))
    changed = views.board(library, scene, choice).changed
    assert changed is not None
    whole, here = ablated[1], ablated[4]
    lists, far = [], []
    for run in (whole, here):
        distance = (run.database_codes != run.query_codes[7]).sum(1)
        lists.append(np.lexsort((np.arange(len(distance)), distance))[:FIRST].tolist())
        far.append(distance)
    assert [each.position for each in changed.leave] == [p for p in lists[0] if p not in lists[1]]
    assert [each.position for each in changed.enter] == [p for p in lists[1] if p not in lists[0]]
    assert [each.position for each in changed.stay] == [p for p in lists[0] if p in lists[1]]
    for each in (*changed.leave, *changed.enter):
        assert (each.whole, each.here) == (far[0][each.position], far[1][each.position])
        assert each.name == str(whole.database_labels[each.position].argmax())
        right = (whole.database_labels[each.position] & whole.query_labels[7]).any()
        assert each.right == right
    assert changed.query.position == 7
    assert 0 <= changed.ties < changed.average <= FIRST


def test_the_query_is_the_same_picture_in_a_run_of_another_seed(
    library: Library, ablated: list[Run]
) -> None:
    scene, choice = choose(library, Q, seed=2)
    member = np.flatnonzero(np.isin(ablated[0].query_index, ablated[2].database_index))[0]
    scene = replace(scene, run=ablated[0].name, trail=(Step("query", int(member)),))
    changed = views.board(library, scene, choice).changed
    assert changed is not None
    assert changed.query.kind == "database"
    row = ablated[2].database_index[changed.query.position]
    assert row == ablated[0].query_index[member]
    # It does not find itself, in neither list.
    assert changed.query.position not in [m.position for m in (*changed.leave, *changed.stay)]
    # A picture that the run does not know gives way to its first sample.
    both = np.union1d(ablated[2].query_index, ablated[2].database_index)
    stranger = int(np.flatnonzero(~np.isin(ablated[0].database_index, both))[0])
    scene = replace(scene, trail=(Step("database", stranger),))
    changed = views.board(library, scene, choice).changed
    assert changed is not None
    assert changed.query.position == library.open(ablated[2].name).samples[0]


def test_numbers_without_codes_have_no_pictures_and_say_so(tmp_path: Path) -> None:
    (tmp_path / "dfeh.json").write_text(json.dumps(result()))
    runs = [variant_run(tmp_path, {}, 0)]
    board = board_of(Library(runs), B, seed=3)
    assert board.changed is None
    assert board.here is not None
    assert board.here.useful is None
    assert "Only the numbers of this ablation were kept" in board.note
    page = cards.page(board, shown=True)
    assert board.note in unescape(page)
    assert "numbers only" in page
    with pytest.raises(BadRequest, match="no run behind these numbers"):
        views.run_of(Library(runs), scene_of(Library(runs)), whole=True)


def test_json_is_left_aside_where_its_runs_are_here(ablated: list[Run]) -> None:
    library = Library(ablated)
    path = ablated[0].path.resolve().parents[3] / "kept.json"
    kept = result()
    kept["rows"][0]["runs"] = [ablated[0].name]
    try:
        path.write_text(json.dumps(kept))
        assert [each.title for each in views.at_hand(library)] == ["SSDH on digits, 12 bits"]
    finally:
        path.unlink()


def test_the_papers_claim_is_judged_where_the_variant_is_the_one_it_names(tmp_path: Path) -> None:
    variants = ({}, {"quantization_weight": 0.0, "balance_weight": 0.0})
    runs = [
        variant_run(tmp_path, options, seed, method="dfeh", noise=len(options))
        for options in variants
        for seed in range(3)
    ]
    board = board_of(Library(runs), Q | B)
    (sentence,) = board.claims
    assert sentence.claim == "Quantization and balance add to the contrastive loss."
    assert board.here is not None
    assert sentence.gain.mean == pytest.approx(-board.here.difference.mean)
    assert sentence.verdict == board.here.verdict
    assert board.here.variant.title == "contrastive only"
    assert [switch.title for switch in board.choice.ablation.switches] == [
        "balance + quantization"
    ]  # which were never off alone


def test_a_method_near_chance_is_not_asked_about_its_parts(tmp_path: Path) -> None:
    runs = [
        variant_run(tmp_path, dict(options), 0, method="hybrid-centers", noise=9)
        for options in ({}, *METHODS["hybrid-centers"].ablation.values())
    ]
    triplets, voting = ({"partial_weight:0", "triplet_weight:0"}, {"partial_weight:0"})
    board = board_of(Library(runs), frozenset(triplets))
    (sentence,) = board.claims  # the others are about several labels
    assert sentence.claim == "Triplets add to CSQ's loss."
    assert sentence.verdict == NOT_TRAINED
    assert board_of(Library(runs), frozenset(voting)).claims == ()


def test_an_address_leads_back_to_a_choice(library: Library, ablated: list[Run]) -> None:
    scene, choice = choose(library, Q | B, seed=2)
    linked = views.write_link(choice, scene)
    assert linked.link.endswith("&off=balance_weight:0,quantization_weight:0&seed=2")
    assert views.present(library, linked) == choice
    for nonsense in ("seed=-1", "seed=99999999999", "off=<b>", "ablation=nothing", "seed=²"):
        name, _, value = nonsense.partition("=")
        back = views.present(library, scene.choose(name, value))
        assert (back.off, back.seed) == (frozenset(), 0)
    # The run of the scene says which ablation and seed, where the address does not.
    assert views.present(library, with_run(library, scene, ablated[4].name)).seed == 1


def test_the_switches_that_are_off_are_all_that_is_off(library: Library) -> None:
    _, choice = choose(library, frozenset())
    assert views.with_switches(choice, [1]).off == Q
    both = views.with_switches(choice, [0, 1])
    assert both.off == Q | B
    assert views.with_switches(both, [0]).off == B
    assert views.with_switches(both, []) == choice
    for place in (2, -1, "x", None, 0.5, [1]):
        with pytest.raises(BadRequest, match="A switch is a whole number"):
            views.with_switches(choice, [place])
    for places in (None, 1, "01", {"0": 1}, [0, 1, 0]):
        with pytest.raises(BadRequest, match="sent as a list"):
            views.with_switches(choice, places)


def test_another_value_makes_way_for_the_switch_of_its_setting(tmp_path: Path) -> None:
    options = ({}, {"quantization_weight": 0.0}, {"quantization_weight": 0.5})
    library = Library([variant_run(tmp_path, each, 0) for each in options])
    choice = replace(views.present(library, scene_of(library)), off=frozenset())
    other = views.with_other(choice, 1)
    assert other.off == {"quantization_weight:0.5"}
    assert views.with_switches(other, []).off == other.off
    assert views.with_switches(other, [0]).off == Q
    assert views.with_other(other, 0) == choice
    assert "quantization weight 0.5" in cards.page(
        views.board(library, scene_of(library), other), shown=True
    )


def test_wishes_that_no_page_sends_are_refused(library: Library) -> None:
    scene, choice = choose(library)
    with pytest.raises(BadRequest, match="Seed 7 was not run"):
        views.with_seed(choice, 7)
    for key in (None, "digits", ["x"], EVIL):
        with pytest.raises(BadRequest, match="no such ablation"):
            views.with_ablation(library, key)
    with pytest.raises(BadRequest, match="A part is a whole number"):
        views.part(choice, 2)
    with pytest.raises(BadRequest, match="A variant is a whole number"):
        views.with_other(choice, 1)
    alone = Library([library.runs[scene.run]])
    with pytest.raises(BadRequest, match="no ablation here yet"):
        views.present(alone, scene_of(alone))


def test_a_damaged_run_is_one_sentence(tmp_path: Path) -> None:
    runs = [variant_run(tmp_path, options, 0) for options in ({}, {"balance_weight": 0.0})]
    (runs[1].path / "codes.npz").write_bytes(b"x")
    library = Library([Run.load(run.path) for run in runs])
    with pytest.raises(BadRequest, match=r"codes\.npz is not what was written"):
        board_of(library, B)


def test_no_number_of_a_variant_is_told_before_the_bet(library: Library) -> None:
    board = board_of(library)
    assert board.here is not None
    assert board.shapley is not None
    secrets = [f"{board.here.mean.mean:.3f}", f"{abs(board.here.difference.mean):.3f}"]
    hidden = cards.page(board, shown=False)
    for secret in (*secrets, "hv-shares", "holds", "undecided"):
        assert secret not in hidden
    assert f"{board.whole.mean.mean:.3f}" in hidden
    told = cards.page(board, shown=True, bet="balance")
    assert all(secret in told for secret in secrets)
    assert "You bet balance" in told
    assert re.search(r"(and that is the one: it|it is quantization, which) costs 0\.\d", told)
    assert cards.page(board, shown=False, free=True).count("hv-shares") > 0


def test_names_of_classes_are_shown_as_text(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    for run in library.runs.values():
        monkeypatch.setitem(run.data, "classes", [EVIL] * 10)
    page = cards.page(board_of(library), shown=True)
    assert "<img src=x" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page


def test_every_dot_says_its_seed_and_number(library: Library) -> None:
    board = board_of(library, Q, seed=1)
    page = cards.page(board, shown=True)
    assert board.here is not None
    for seed, value in board.here.quality.items():
        assert f'aria-label="seed {seed}, mAP {value:.3f}: show its pictures"' in page
    assert len(re.findall(r'data-seed="1" aria-pressed="true"', page)) == 3
    assert page.count('aria-pressed="true"') == 3
