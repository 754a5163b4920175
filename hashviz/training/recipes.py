"""Recipes: what suits a data set, and the configuration with every open choice made."""

from dataclasses import replace
from typing import Any

from hashviz.config import TrainConfig, slug
from hashviz.data import DATASETS, parse
from hashviz.methods import Method, method_named
from hashviz.models.machine import has_bfloat16, pick_device
from hashviz.models.weights import find_weights, fitting_backbone, suited

RECIPES: dict[str, dict[str, Any]] = {
    "digits": {
        "backbone": "small", "epochs": 25, "batch_size": 64, "optimizer": "adamw",
        "learning_rate": 0.005, "augment": "shift",
    },
    "scenes": {
        "backbone": "half16", "epochs": 10, "batch_size": 100, "optimizer": "muon",
        "learning_rate": 0.24, "augment": "shift-flip",
    },
    # A thousand photographs of PASCAL VOC: 0.39 in eleven seconds, 0.29 by the last row.
    "folder": {
        "backbone": "half16", "epochs": 20, "batch_size": 50, "optimizer": "muon",
        "learning_rate": 0.24, "augment": "shift-flip",
    },
    "svhn": {
        "backbone": "conv16", "epochs": 4, "batch_size": 500, "optimizer": "muon",
        "learning_rate": 0.24, "augment": "shift",
    },
    "": {
        "backbone": "conv16", "epochs": 8, "batch_size": 500, "optimizer": "muon",
        "learning_rate": 0.24, "augment": "shift-flip",
    },
}  # fmt: skip
RECIPES["memory"] = RECIPES["folder"]
"""What suits a data set, found by measurement; the last row serves all others."""

FROZEN: dict[str, Any] = {
    "epochs": 10, "batch_size": 64, "optimizer": "adamw", "learning_rate": 0.001, "augment": "none",
}  # fmt: skip
"""The hash layer alone, on kept features: seconds, whatever the backbone."""

HIDDEN = 512
"""Units before the hash layer of a frozen backbone: 0.86 instead of 0.80 on VOC's photographs."""

FINE_TUNED: dict[str, Any] = {
    "epochs": 5, "batch_size": 32, "optimizer": "adamw", "learning_rate": 0.001,
    "backbone_rate": 0.1, "augment": "shift-flip",
}  # fmt: skip
"""A backbone that starts from weights: a tenth of the hash layer's steps, or it forgets them.

MobileNetV2 on a thousand of VOC's photographs, 112 pixels: 0.64, and 0.32 with steps as large.
"""


def settle(config: TrainConfig, method: Method) -> TrainConfig:
    """The configuration with every open choice made, as the run folder keeps it."""
    name = parse(config.data)[0]
    recipe = dict(RECIPES.get(name, RECIPES[""]), weight_decay=0.01)
    recipe.update(method.recipe.get(name, {}))
    if not method.trained:
        recipe["backbone"] = "pixels"
    weights = find_weights(config.weights, config.backbone or recipe["backbone"])
    # What is fitted in closed form leaves the backbone as it is, so its features can be kept.
    frozen = config.frozen or (weights is not None and not method.trained)
    recipe.update(FROZEN if frozen else FINE_TUNED if weights else {})
    backbone = fitting_backbone(weights, config.backbone) or recipe["backbone"]
    recipe["protocol"] = DATASETS[name].default_protocol
    device = pick_device(config.device)
    precision = config.precision
    if precision == "auto":
        heavy = backbone not in ("small", "dsh", "pixels")
        precision = "bfloat16" if heavy and has_bfloat16(device) else "float32"
    open_choices = {k: v for k, v in recipe.items() if getattr(config, k) is None}
    options = dict(config.options)
    if frozen and "hidden" in method.settings():
        options.setdefault("hidden", HIDDEN)
    fixed = {
        "options": options,
        "backbone": backbone,
        "data": suited(config.data, weights, backbone),
        "weights": weights.short if weights else "none",
        "frozen": frozen,
        "precision": precision,
        "device": device.type,
    }
    return replace(config, **{**open_choices, **fixed})


def same_settings(settled: TrainConfig, config: TrainConfig) -> bool:
    """Return whether a run's configuration is what training `config` here would settle on.

    What an ablation called it does not matter.
    """
    expected = settle(config, method_named(config.method))
    data = settled.data if slug(settled.data) == slug(expected.data) else expected.data
    ignored = {"variant": settled.variant, "parts": settled.parts}
    threads = expected.threads or settled.threads
    return settled == replace(expected, data=data, threads=threads, **ignored)


def settled(value: Any) -> Any:
    """A setting that `settle` has filled in."""
    if value is None:
        raise ValueError("A configuration is settled before training; call `settle` first.")
    return value
