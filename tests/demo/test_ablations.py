"""Which runs make an ablation, what its switches are, and numbers that were kept without codes."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashviz.config import TrainConfig
from hashviz.runs import Run
from hashviz.training.ablation import WHOLE, grid
from hashviz_demo.tabs.ablate.ablations import (
    Ablation,
    Row,
    arrange,
    find_ablations,
    lists_in,
    read_results,
    words,
)
from tests.demo.ablating import small_ablation, variant_run


@pytest.fixture(scope="module")
def ablated(tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    return small_ablation(tmp_path_factory.mktemp("ablated"), seeds=2)


def made(method: str, *options: dict) -> Ablation:
    """An ablation of numbers, one row of options each."""
    config = TrainConfig(method=method, data="digits")
    found = arrange("file:x", config, [Row(each, kept={0: (0.5, 0.1)}) for each in options])
    assert found is not None
    return found


def test_runs_that_differ_in_settings_are_one_ablation(ablated: list[Run]) -> None:
    (found,) = find_ablations(ablated[::-1])
    assert found.key == "digits/ssdh/12bits/seed0-epochs=1"
    assert found.title == "SSDH on digits, 12 bits"
    assert found.whole.title == WHOLE
    assert [switch.title for switch in found.switches] == ["balance", "quantization"]
    assert {variant.title for variant in found.variants} == {
        WHOLE, "no quantization", "no balance", "no balance, quantization",
    }  # fmt: skip
    assert all(sorted(variant.runs) == [0, 1] for variant in found.variants)
    assert found.has(ablated[3].name)
    assert found.others == ()


def test_other_settings_data_or_ends_are_other_families(ablated: list[Run], tmp_path: Path) -> None:
    apart = [
        variant_run(tmp_path, {"quantization_weight": 0.0}, 0, batch_size=7),
        variant_run(tmp_path, {"quantization_weight": 0.0}, 0, method="dch"),
        variant_run(tmp_path, {"quantization_weight": 0.0}, 0, tag="x-stopped"),
    ]
    (found,) = find_ablations([*ablated[:4], *apart])
    changed = replace(ablated[4], data={**ablated[4].data, "fingerprint": "other pictures"})
    assert find_ablations([ablated[0], changed]) == []
    assert [len(variant.runs) for variant in found.variants] == [2, 2]
    assert find_ablations(ablated[:2]) == []


def test_a_variant_without_a_common_seed_shows_nothing(ablated: list[Run]) -> None:
    assert find_ablations([ablated[0], ablated[3]]) == []


def test_the_least_that_is_off_is_the_whole_method() -> None:
    found = made("ssdh", {"quantization_weight": 0.0}, {"quantization_weight": 0.5})
    assert found.whole.options == {"quantization_weight": 0.5}
    assert [switch.title for switch in found.switches] == ["quantization"]


def test_parts_that_are_only_off_together_share_a_switch() -> None:
    weights = {"decorrelation_weight": 0.0, "balance_weight": 0.0, "quantization_weight": 0.0}
    linear = {"hash_layer": "linear"}
    found = made("guo2016", {}, weights, linear, {**weights, **linear})
    assert [(s.title, s.meaning, len(s.off)) for s in found.switches] == [
        ("balance + decorrelation + quantization", "", 3),
        ("hash layer", "hash layer is linear", 1),
    ]
    assert [v.title for v in found.variants] == [
        WHOLE, "base + loss layer", "base + hash layer", "base",
    ]  # fmt: skip


def test_values_that_are_not_off_are_variants_without_a_switch() -> None:
    found = made(
        "dfeh", {}, {"quantization_weight": 0.0}, {"quantization_weight": 0.1},
        {"enhancement": "none"}, {"enhancement": "channel"}, {"quantization_weight": 0.3},
    )  # fmt: skip
    assert [switch.title for switch in found.switches] == ["enhancement", "quantization"]
    assert [v.title for v in found.others] == [
        "channel enhancement", "regularization 0.1", "quantization weight 0.3",
    ]  # fmt: skip


def test_every_item_of_a_list_is_a_switch_where_each_was_left_out() -> None:
    scales = [{"scales": each} for each in ("1", "2", "3", "1,2", "1,3", "2,3")]
    found = made("dmsh", {}, *scales)
    assert [switch.title for switch in found.switches] == ["scale 1", "scale 2", "scale 3"]
    alone = found.variant(frozenset({"scales:1", "scales:2"}))
    assert alone is not None
    assert alone.title == "scale 3 (coarse)"
    assert found.nothing_left(frozenset({"scales:1", "scales:2", "scales:3"}))
    assert not found.nothing_left(frozenset({"scales:1", "scales:2"}))
    # A network of five stages is tapped at others: its values are variants, not switches.
    assert lists_in("dmsh", [Row({"scales": "3,4,5"})]) == {}


def test_a_run_says_which_variant_it_is_and_of_which_whole() -> None:
    config = TrainConfig(method="ssdh", data="digits")
    weak, off = {"quantization_weight": 0.5}, {"quantization_weight": 0.0}
    rows = [
        Row(weak, WHOLE, {}, kept={0: (0.5, 0.1)}),
        Row(off, "no pull", off, kept={0: (0.4, 0.1)}),
        Row({"balance_weight": 0.0}, "of another", {"balance_weight": 0.0}, kept={0: (0.3, 0.1)}),
    ]
    found = arrange("file:x", config, rows)
    assert found is not None
    assert [(variant.title, variant.options) for variant in found.variants] == [
        (WHOLE, weak), ("no pull", off),
    ]  # fmt: skip


@given(st.sets(st.sampled_from("12345"), min_size=1))
def test_words_of_a_list_are_the_items_that_are_missing(items: set[str]) -> None:
    every = {"scales": frozenset("12345")}
    found = words({"scales": ",".join(sorted(items))}, every)
    assert found == {f"scales:{item}" for item in set("12345") - items}


@given(st.sampled_from(["idhn", "dfeh", "guo2016", "hybrid-centers"]))
def test_a_grid_has_every_combination_of_its_switches(method: str) -> None:
    found = made(method, *map(dict, grid(method).values()))
    assert len(found.variants) == 2 ** len(found.switches)
    assert {v.off for v in found.variants} == {
        frozenset().union(*(s.off for n, s in enumerate(found.switches) if bits >> n & 1))
        for bits in range(2 ** len(found.switches))
    }


def test_what_was_never_run_has_a_name_too() -> None:
    found = made("dfeh", {}, {"quantization_weight": 0.0}, {"enhancement": "none"})
    both = frozenset({"quantization_weight:0", "enhancement:none"})
    assert found.variant(both) is None
    assert found.named(both) == "no enhancement, quantization"
    assert found.known("enhancement:none,nonsense,<b>") == {"enhancement:none"}


def result(**changes) -> dict:
    row = {"map": {"values": [0.8, 0.7]}, "correlation": {"values": [0.2, 0.1]}}
    return {
        "method": "dfeh", "data": "cifar10", "bits": 24, "seeds": [0, 3], "chance": 0.1,
        "rows": [
            {"name": WHOLE, "options": {}, "runs": ["a", "b"], **row},
            {"name": "x", "options": {"balance_weight": 0.0}, "runs": ["c", "d"], **row},
        ],
        **changes,
    }  # fmt: skip


def test_numbers_without_codes_are_read_from_json(tmp_path: Path) -> None:
    (tmp_path / "dfeh.json").write_text(json.dumps(result()))
    (tmp_path / "other.json").write_text('{"rows": 3}')
    (tmp_path / "damaged.json").write_text("{")
    (tmp_path / "list.json").write_text("[1]")
    (tmp_path / "stranger.json").write_text(json.dumps(result(method="nobody")))
    (tmp_path / "short.json").write_text(json.dumps(result(seeds=[0])))
    ((found, names),) = read_results([tmp_path])
    assert names == {"a", "b", "c", "d"}
    assert found.key == "file:dfeh"
    assert found.chance == 0.1
    assert found.whole.kept == {0: (0.8, 0.2), 3: (0.7, 0.1)}
    assert found.whole.seeds == [0, 3]
    assert found.whole.runs == {}
