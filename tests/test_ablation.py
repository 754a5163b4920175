"""Ablations: every difference is seed by seed, every verdict follows from an interval."""

from typing import Any

import numpy as np
import pytest

from hashviz.ablation import MEASURES, WHOLE, ablate, judged, variants, verdict
from hashviz.comparison import Interval
from hashviz.config import TrainConfig
from hashviz.methods import METHODS, Claim


class FakeRun:
    """A run whose scores are a function of its seed and options."""

    def __init__(self, config: TrainConfig) -> None:
        off = config.options.get("quantization_weight") == 0
        seeded = np.random.default_rng(config.seed).random() / 10
        self.scores = {
            "map": {"expected": 0.5 + seeded - 0.2 * off, "chance": 0.1},
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
    found = verdict(claim, run_ablation()["rows"])
    assert found["gain"]["mean"] == pytest.approx(gain)
    assert found["verdict"] == word


def test_a_verdict_needs_an_interval_that_leaves_zero_out() -> None:
    assert judged(Interval(0.1, 0.09)) == "holds"
    assert judged(Interval(0.1, 0.1)) == "undecided"
    assert judged(Interval(-0.1, 0.09)) == "does not hold"
    assert judged(Interval(0.1, None)) == "undecided"


@pytest.mark.parametrize("name", [name for name, m in METHODS.items() if m.claims])
def test_every_claim_names_a_variant_and_a_measure(name: str) -> None:
    for claim in METHODS[name].claims:
        assert claim.than in variants(name)
        assert claim.measure in MEASURES
        assert claim.sentence.endswith(".")


def test_variants_are_chosen_by_a_word() -> None:
    assert list(variants("csq", ["random"])) == [WHOLE, "random centers"]
    with pytest.raises(ValueError, match="there are: no quantization"):
        variants("csq", ["nonsense"])
    with pytest.raises(ValueError, match="no parts"):
        variants("lsh")
