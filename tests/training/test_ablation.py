"""Ablations: every difference is seed by seed, every verdict follows from an interval."""

import json
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from hashviz.config import TrainConfig
from hashviz.methods import METHODS, Claim
from hashviz.metrics.comparison import Interval, shapley_values, subsets_of
from hashviz.training.ablation import (
    GATE,
    MEASURES,
    NOT_APPLICABLE,
    NOT_TRAINED,
    WHOLE,
    ablate,
    correct_by_holm,
    grid,
    judge,
    switches,
    variants,
    verdict,
)
from hashviz.training.jobs import train
from tests.training.small import small


class FakeRun:
    """A run whose scores are a function of its seed and options; LSH is 0.3 below."""

    def __init__(self, config: TrainConfig) -> None:
        off = config.options.get("quantization_weight") == 0
        seeded = np.random.default_rng(config.seed).random() / 10
        lsh = config.method == "lsh"
        self.config, self.data = config, {"multi_label": config.data == "scenes"}
        self.scores = {
            "map": {"expected": 0.5 + seeded - 0.2 * off - 0.3 * lsh, "chance": 0.1},
            "bits": {"mean_correlation": 0.3 + 0.1 * off},
        }
        self.environment, self.split, self.name = {"seconds": 1.0}, "holdout", config.name


def run_ablation(**changes: Any) -> dict[str, Any]:
    config = TrainConfig(method="csq", data="digits", **changes)
    return ablate(config, range(4), FakeRun, ["quant"])  # type: ignore[arg-type]


def test_what_the_seeds_share_cancels_in_the_difference() -> None:
    whole, off = run_ablation()["rows"]
    assert (whole["name"], off["name"]) == (WHOLE, "no quantization")
    assert off["map"]["difference"]["mean"] == pytest.approx(-0.2)
    assert off["map"]["difference"]["half_width"] == pytest.approx(0, abs=1e-9)
    assert whole["map"]["half_width"] > 0.01


def test_options_of_the_caller_hold_for_every_variant() -> None:
    rows = run_ablation(options={"centers": "random"})["rows"]
    assert all("centers=random" in name for row in rows for name in row["runs"])


@pytest.mark.parametrize(
    ("claim", "gain", "word"),
    [
        (Claim("Quantization helps.", "no quantization"), 0.2, "holds"),
        (Claim("Bits are freer.", "no quantization", "correlation"), 0.1, "holds"),
    ],
)
def test_a_gain_is_positive_where_the_whole_is_better(claim: Claim, gain: float, word: str) -> None:
    found = verdict(claim, run_ablation()["rows"], several_labels=False, trained=True)
    assert found["gain"]["mean"] == pytest.approx(gain)
    assert found["verdict"] == word
    back = Claim("The other way round.", WHOLE, claim.measure, of=claim.than)
    other = verdict(back, run_ablation()["rows"], several_labels=False, trained=True)
    assert (other["gain"]["mean"], other["verdict"]) == (pytest.approx(-gain), "does not hold")


def claims_of(method: str, data: str, **changes: Any) -> dict[str, Any]:
    config = TrainConfig(method=method, data=data, **changes)
    return ablate(config, range(4), FakeRun)  # type: ignore[arg-type]


def test_what_is_about_several_labels_is_not_asked_of_one() -> None:
    one, several = (claims_of("hybrid-centers", data)["claims"] for data in ("digits", "scenes"))
    about = [claim.several_labels for claim in METHODS["hybrid-centers"].claims]
    assert [claim["verdict"] == NOT_APPLICABLE for claim in one] == about
    assert [claim["gain"] is None for claim in one] == about
    assert NOT_APPLICABLE not in {claim["verdict"] for claim in several}


def test_voting_is_compared_with_what_stands_in_its_place() -> None:
    claim = METHODS["hybrid-centers"].claims[0]
    options = METHODS["hybrid-centers"].ablation
    assert (claim.of, claim.than) == ("no voting", "CSQ voting")
    assert options[claim.of] == {"global_weight": 0.0}
    assert options[claim.than].keys() == {"triplet_weight", "partial_weight"}


@pytest.mark.parametrize(("lead", "passed"), [(GATE + 0.01, True), (GATE - 0.01, False)])
def test_who_has_not_learned_is_not_asked_about_its_parts(lead: float, passed: bool) -> None:
    asked = []

    class Learner(FakeRun):
        def __init__(self, config: TrainConfig) -> None:
            super().__init__(config)
            if config.method == "lsh":
                asked.append(config)
                whole = FakeRun(TrainConfig(method="dfeh", data="digits", seed=config.seed))
                self.scores["map"]["expected"] = whole.scores["map"]["expected"] - lead

    config = TrainConfig(method="dfeh", data="digits", epochs=3, backbone="small", frozen=False)
    result = ablate(config, range(4), Learner)  # type: ignore[arg-type]
    assert result["gate"]["gain"]["mean"] == pytest.approx(lead)
    assert result["gate"]["passed"] is passed
    # LSH has no epochs, and sees pixels where no weights give features.
    assert {(c.epochs, c.backbone, c.seed) for c in asked} == {(None, None, s) for s in range(4)}
    words = {claim["verdict"] for claim in result["claims"]}
    assert (words == {NOT_TRAINED}) is not passed
    assert all((c["holm"]["p"] is None) is not passed for c in result["claims"])


def test_lsh_sees_the_features_that_weights_give() -> None:
    asked = []

    def make_run(config: TrainConfig) -> FakeRun:
        asked.append(config)
        return FakeRun(config)

    config = TrainConfig(
        method="dfeh", data="digits", backbone="mobilenet_v2", weights="imagenet", frozen=True
    )
    ablate(config, [0], make_run, ["contrastive only"])  # type: ignore[arg-type]
    (lsh,) = (each for each in asked if each.method == "lsh")
    assert (lsh.backbone, lsh.weights, lsh.frozen) == ("mobilenet_v2", "imagenet", True)


def test_only_tested_verdicts_are_corrected() -> None:
    def told(verdict: str, p: float | None) -> dict[str, Any]:
        return {"verdict": verdict, "p": p}

    rows = [told("holds", 0.02), told(NOT_APPLICABLE, None), told("holds", 0.04),
            told(NOT_TRAINED, 0.001)]  # fmt: skip
    found = [row["holm"] for row in correct_by_holm(rows)]
    assert found == [
        {"p": 0.04, "verdict": "holds"},  # 2 x 0.02
        {"p": None, "verdict": NOT_APPLICABLE},
        {"p": 0.04, "verdict": "holds"},
        {"p": None, "verdict": NOT_TRAINED},
    ]
    assert [r["holm"]["verdict"] for r in correct_by_holm([told("holds", 0.03)] * 2)] == [
        "undecided"
    ] * 2


def test_a_verdict_needs_an_interval_that_leaves_zero_out() -> None:
    assert judge(Interval(0.1, 0.09)) == "holds"
    assert judge(Interval(0.1, 0.1)) == "undecided"
    assert judge(Interval(-0.1, 0.09)) == "does not hold"
    assert judge(Interval(0.1, None)) == "undecided"


@pytest.mark.parametrize("name", [name for name, m in METHODS.items() if m.claims])
def test_every_claim_names_a_variant_and_a_measure(name: str) -> None:
    for claim in METHODS[name].claims:
        assert claim.than in variants(name)
        assert claim.of in variants(name)
        assert claim.of != claim.than
        assert claim.measure in MEASURES
        assert claim.sentence.endswith(".")


@pytest.mark.parametrize("name", [name for name, m in METHODS.items() if m.ablation])
def test_no_two_variants_are_the_same(name: str) -> None:
    defaults = METHODS[name].settings()
    full = [{**defaults, **options} for options in variants(name).values()]
    assert all(one != other for one, other in combinations(full, 2))


def test_variants_are_chosen_by_a_word() -> None:
    assert list(variants("csq", ["random"])) == [WHOLE, "random centers"]
    with pytest.raises(ValueError, match="there are: no quantization"):
        variants("csq", ["nonsense"])
    with pytest.raises(ValueError, match="no parts"):
        variants("lsh")


def test_a_grid_is_every_combination_of_the_parts() -> None:
    rows = grid("dfeh")
    parts = switches("dfeh")
    assert set(parts) == {"quantization_weight", "balance_weight", "enhancement"}
    assert len(rows) == 2 ** len(parts)
    assert next(iter(rows)) == WHOLE
    assert {frozenset(options) for options in rows.values()} == {
        frozenset(s) for size in range(4) for s in combinations(parts, size)
    }
    for options in rows.values():
        assert all(value == parts[name] for name, value in options.items())


def test_parts_are_chosen_by_name_and_others_with_their_value() -> None:
    assert switches("dfeh", ["balance_weight"]) == {"balance_weight": 0.0}
    assert switches("guo2016", ["hash_layer=linear", "balance_weight"]) == {
        "hash_layer": "linear",
        "balance_weight": 0.0,
    }
    with pytest.raises(ValueError, match="not known what 'hash_layer' of Guo 2016"):
        switches("guo2016", ["hash_layer"])
    with pytest.raises(ValueError, match="MIHash has 0"):
        switches("mihash")


def test_a_grid_gives_shapley_values_and_a_picture_of_its_switches(tmp_path: Path) -> None:
    from hashviz.report.named import figure_of_results

    config = small("idhn", data="scenes?images=60", batch_size=20, bits=8, epochs=1)
    result = ablate(config, [0, 1], lambda c: train(c, runs=tmp_path), rows_of=grid("idhn"))
    assert [row["name"] for row in result["rows"]] == list(grid("idhn"))
    file = tmp_path / "grid.json"
    file.write_text(json.dumps(result))
    parts, subsets = subsets_of([row["options"] for row in result["rows"]])
    for seed in (0, 1):
        scores = [row["map"]["values"][seed] for row in result["rows"]]
        values = shapley_values(parts, dict(zip(subsets, scores, strict=True)))
        assert sum(values.values()) == pytest.approx(scores[0] - scores[-1])
    for name in ("shapley", "ablation", "changed_results", "variants_results"):
        figure_of_results(name, [file], tmp_path).draw(Figure().subplots())
    with pytest.raises(ValueError, match="need its runs, below"):
        figure_of_results("changed_results", [file], tmp_path / "elsewhere")
