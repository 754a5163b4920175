"""A configuration is checked once, names its run, and survives JSON."""

import json
from dataclasses import replace
from typing import Any

import pytest

from hashviz.config import TrainConfig, parse_options, slug, unknown

PLAIN = TrainConfig(method="csq", data="digits")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"bits": 3}, "4 to 1024 bits, got bits=3"),
        ({"bits": 1025}, "got bits=1025"),
        ({"seed": -1}, "A seed is 0 or more"),
        ({"epochs": 0}, "epochs is 1 or more"),
        ({"learning_rate": float("nan")}, "learning_rate is a finite number"),
        ({"weight_decay": -1.0}, "weight_decay is a finite number"),
        ({"backbone_rate": -0.1}, "backbone_rate is a finite number"),
        ({"optimizer": "adam"}, "did you mean 'adamw'"),
        ({"precision": "float16"}, "Unknown precision"),
        ({"tag": "../x"}, "A tag is"),
        ({"tag": ".x"}, "A tag is"),
    ],
)
def test_a_value_that_breaks_its_rule_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(PLAIN, **change)


def test_json_gives_the_same_configuration_back() -> None:
    config = replace(PLAIN, options={"quantization_weight": 0.1}, epochs=3)
    assert TrainConfig.from_json(json.loads(json.dumps(config.to_json()))) == config


def test_an_unknown_setting_names_the_nearest() -> None:
    with pytest.raises(ValueError, match="did you mean 'epochs'"):
        TrainConfig.from_json({"method": "csq", "data": "digits", "epoch": 3})
    with pytest.raises(ValueError, match="needs 'data'"):
        TrainConfig.from_json({"method": "csq"})


def test_a_departure_from_the_defaults_gets_a_folder_of_its_own() -> None:
    others = [
        replace(PLAIN, **change)
        for change in (
            {}, {"bits": 16}, {"seed": 1}, {"epochs": 2}, {"options": {"a": 1}},
            {"options": {"a": 2}}, {"tag": "x"}, {"data": "scenes"}, {"protocol": "holdout"},
        )
    ]  # fmt: skip
    assert len({config.name for config in others}) == len(others)


def test_a_long_name_is_shortened_and_stays_its_own() -> None:
    a, b = (replace(PLAIN, options={f"option{i}": 0.123 for i in range(n)}) for n in (20, 21))
    assert len(a.name) < 80
    assert a.name != b.name


def test_paths_with_the_same_last_part_have_different_slugs() -> None:
    assert slug("folder:/a/pictures") != slug("folder:/b/pictures")
    assert "/" not in slug("folder:/a/my pictures")


def test_settings_are_read_as_json_or_text() -> None:
    options = parse_options(["a=1", "b=0.5", "c=true", "d=greedy", "e=x=y"])
    assert options == {"a": 1, "b": 0.5, "c": True, "d": "greedy", "e": "x=y"}
    with pytest.raises(ValueError, match="name=value"):
        parse_options(["a"])


def test_unknown_names_list_the_choices_in_order() -> None:
    assert str(unknown("thing", "zzz", ["b", "a"])) == "Unknown thing 'zzz'; choose from a, b."
