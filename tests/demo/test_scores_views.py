"""The scores of a run under honest and under other protocols, against slow loops."""

import csv
import io
import json
from typing import Any

import numpy as np
import pytest

from hashviz.metrics.evaluation import evaluate
from hashviz.runs import Run
from hashviz_demo.events import BadRequest
from hashviz_demo.library import Library
from hashviz_demo.tabs.scores import view as scores
from hashviz_demo.tabs.scores.view import Protocol


def slow_map(run: Run, *, inside: bool, cut: int | None, divisor: str, dropped: bool) -> float:
    """Sort by distance, then by class, as a stable sort of a sorted database does."""
    codes, labels = run.database_codes, run.database_labels
    if inside:
        codes = np.concatenate([codes, run.query_codes])
        labels = np.concatenate([labels, run.query_labels])
    order = np.argsort(labels.argmax(1), kind="stable")
    codes, labels = codes[order], labels[order]
    values = []
    for code, mine in zip(run.query_codes, run.query_labels, strict=True):
        ranked = np.argsort((codes != code).sum(1), kind="stable")
        hits = labels[ranked][:, mine].any(1)
        seen = hits[:cut]
        sums = sum(seen[: r + 1].mean() for r in np.flatnonzero(seen))
        if dropped and not seen.any():
            continue
        by = {"hits": seen.sum(), "relevant": hits.sum(), "reachable": min(hits.sum(), len(seen))}
        values.append(sums / max(by[divisor], 1))
    return float(np.mean(values))


def test_a_rank_that_cuts_nothing_is_not_offered(
    library: Library, runs: list[Run], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(scores, "CUTS", (10, 399, 400, 401))
    assert scores.trial(library, runs[0].name, Protocol()).cuts == (10, 399)


@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize("cut", [None, 10])
@pytest.mark.parametrize("divisor", scores.DIVISORS)
def test_a_sorted_database_gives_what_a_stable_sort_gives(
    library: Library, runs: list[Run], inside: bool, cut: int | None, divisor: Any
):
    for dropped in (False, True):
        tricks: dict[str, Any] = {
            "inside": inside,
            "cut": cut,
            "divisor": divisor,
            "dropped": dropped,
        }
        trial = scores.trial(library, runs[0].name, Protocol(sorted=True, **tricks))
        assert trial.value == pytest.approx(slow_map(runs[0], **tricks))


def test_the_honest_number_is_that_of_evaluate(library: Library, runs: list[Run]):
    run = runs[0]
    arrays = run.query_codes, run.query_labels, run.database_codes, run.database_labels
    expected = evaluate(*arrays)
    card = scores.card(library, run.name)
    for name in ("expected", "optimistic", "pessimistic", "chance"):
        assert getattr(card, name) == pytest.approx(expected["map"][name])
    for name in ("precision", "recall", "empty"):
        assert getattr(card, name) == pytest.approx(expected["radius_curve"][name])
    assert scores.trial(library, run.name, scores.HONEST).value == pytest.approx(card.expected)


def test_a_query_that_finds_itself_raises_the_score(library: Library, runs: list[Run]):
    trial = scores.trial(library, runs[1].name, Protocol(inside=True))
    assert trial.value > trial.honest
    assert trial.alone == {"inside": trial.value}


def test_divisors_agree_without_a_cut(library: Library, runs: list[Run]):
    values = [
        scores.trial(library, runs[0].name, Protocol(divisor=d)).value
        for d in ("hits", "reachable", "relevant")
    ]
    assert values == pytest.approx([values[0]] * 3)


def test_dropping_the_queries_without_a_hit_leaves_fewer_and_a_higher_mean(
    library: Library, runs: list[Run]
):
    kept = scores.trial(library, runs[0].name, Protocol(cut=10))
    dropped = scores.trial(library, runs[0].name, Protocol(cut=10, dropped=True))
    assert dropped.left < kept.left == 60
    assert dropped.value > kept.value
    assert dropped.alone["dropped"] == dropped.value


def test_many_cells_are_a_sample_of_queries(
    library: Library, runs: list[Run], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(scores, "QUERIES", 7)
    card = scores.card(library, runs[0].name)
    assert (card.queries, card.of_queries) == (7, 60)
    made = scores.table(library.open(runs[0].name))
    assert made.queries.tolist()[::6] == [0, 59]
    assert made.total.sum() == 7 * 400
    assert made.own_total.sum() == 7 * 60


@pytest.mark.parametrize(
    "sent",
    [None, 7, {"sorted": "yes"}, {"divisor": "none"}, {"cut": "x"}, {"cut": 0}, {"cut": [1]}],
)
def test_what_is_no_protocol_is_refused(sent: Any):
    with pytest.raises(BadRequest):
        scores.read_sent(sent)


def test_a_protocol_arrives_as_it_was_sent(library: Library, runs: list[Run]):
    sent = {"sorted": True, "cut": "10", "divisor": "relevant", "dropped": False, "inside": True}
    protocol = scores.read_sent(sent)
    assert protocol == Protocol(sorted=True, inside=True, cut=10, divisor="relevant")
    assert protocol.tricks == ("sorted", "inside", "cut", "divisor")
    assert scores.read_sent({"cut": ""}) == scores.HONEST
    with pytest.raises(BadRequest, match="cut after 10, 100; choose"):
        scores.trial(library, runs[0].name, Protocol(cut=99))


def test_the_export_holds_the_protocol_and_the_numbers(library: Library, runs: list[Run]):
    card = scores.card(library, runs[0].name)
    trial = scores.trial(library, runs[0].name, Protocol(inside=True))
    content = json.loads(json.dumps(scores.as_json(card, trial)))
    assert content["protocol"]["database"] == 400
    assert content["map"]["expected"] == card.expected
    assert content["with_tricks"]["tricks"] == {"inside": True}
    assert len(content["by_radius"]) == 13
    rows = list(csv.DictReader(io.StringIO(scores.as_csv(card))))
    assert {row["score"] for row in rows} >= {"map_expected", "precision", "recall", "k"}
    assert sum(row["score"] == "recall" for row in rows) == 13
