"""DFEH: its margin and balance by hand, its layer in front of every backbone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from hashviz.config import TrainConfig
from hashviz.methods import METHODS
from hashviz.methods.base import Batch, Problem
from hashviz.methods.dfeh import DFEH, Enhancement, FeatureEnhancement, dfeh_network
from hashviz.methods.networks import load_model
from hashviz.models.encoding import encode
from hashviz.models.networks import build_backbone
from hashviz.runs import Run
from hashviz.training.events import Epoch
from hashviz.training.jobs import train
from hashviz.training.recipes import settle
from tests.training.small import small, small_digits, train_small

ENHANCEMENTS = get_args(Enhancement)
GATED = [name for name in ENHANCEMENTS if name != "none"]
BITS = 3
PROBLEM = Problem(BITS, 3, 8, multi_label=True, seed=0)
U = torch.tensor([[0.5, -1.0, 2.0], [1.0, 0.3, -0.2], [-0.4, 0.8, 0.1], [0.9, -0.7, 1.5]])
Y = torch.tensor([[1, 0, 0], [1, 1, 0], [0, 1, 1], [0, 0, 1]], dtype=torch.bool)


def batch(outputs: Tensor = U, labels: Tensor = Y) -> Batch:
    return Batch(outputs, labels, torch.arange(len(outputs)), 0.0)


def terms_of(outputs: Tensor = U, labels: Tensor = Y, **options: Any) -> dict[str, float]:
    return {k: v.item() for k, v in DFEH(PROBLEM, **options)(batch(outputs, labels)).items()}


def loss_of(loss: nn.Module, outputs: Tensor, labels: Tensor) -> Tensor:
    return torch.stack(list(loss(batch(outputs, labels)).values())).sum()


def test_two_similar_images_cost_half_their_squared_distance_per_bit() -> None:
    u, y = torch.tensor([[1.0, 0, 0], [0, 2.0, 0]]), torch.eye(3)[[0, 0]].bool()
    assert terms_of(u, y)["contrastive"] == pytest.approx((1 + 4) / 2 / 3)


def test_two_strangers_cost_what_lacks_to_the_margin() -> None:
    u, y = torch.tensor([[1.0, 0, 0], [0, 2.0, 0]]), torch.eye(3).bool()[:2]
    assert terms_of(u, y)["contrastive"] == pytest.approx((2 * 3 - (1 + 4)) / 2 / 3)
    assert terms_of(2 * u, y)["contrastive"] == 0


@pytest.mark.parametrize("bits", [8, 24, 64])
def test_the_margin_asks_half_of_the_bits_of_strangers_whatever_the_length(bits: int) -> None:
    loss = DFEH(Problem(bits, 2, 2, False, 0))
    y, ones = torch.eye(2).bool(), torch.ones(2, bits)
    for apart in (bits // 2, bits // 2 - 1):
        u = ones.clone()
        u[1, :apart] = -1
        missing = 4 * (bits // 2 - apart)
        assert loss(batch(u, y))["contrastive"].item() == pytest.approx(missing / 2 / bits)


def test_each_reading_of_balance_is_blind_to_the_other() -> None:
    halves = torch.tensor([[1.0, 1, 1], [-1, -1, -1]])  # balanced bits, one-sided codes
    y = torch.eye(3).bool()[:2]
    assert terms_of(halves, y, balance="bit")["balance"] == 0
    assert terms_of(halves, y, balance="code", balance_weight=1.0)["balance"] == 1
    sides = torch.tensor([[1.0, 1, -2], [1.0, 1, -2]])  # balanced codes, constant bits
    assert terms_of(sides, y, balance="code")["balance"] == 0
    found = terms_of(sides, y, balance="bit", balance_weight=1.0)["balance"]
    assert found == pytest.approx((1 + 1 + 4) / 3)


@pytest.mark.parametrize("off", ["contrastive", "quantization", "balance"])
def test_a_term_of_weight_zero_is_left_out_and_the_others_stay(off: str) -> None:
    weights: dict[str, Any] = {f"{off}_weight": 0.0}
    every, fewer = terms_of(), terms_of(**weights)
    assert fewer == {name: value for name, value in every.items() if name != off}


@pytest.mark.parametrize(
    "labels",
    [
        torch.eye(3).bool()[[0, 0, 0]],
        torch.eye(3).bool(),
        torch.zeros(3, 3, dtype=torch.bool),
        torch.eye(3).bool()[:1],
    ],
    ids=["no strangers", "no similar pair", "no labels", "a single image"],
)
@pytest.mark.parametrize("balance", ["bit", "code"])
def test_a_batch_that_lacks_pairs_has_a_finite_loss(labels: Tensor, balance: str) -> None:
    u = U[: len(labels)].clone().requires_grad_()
    total = loss_of(DFEH(PROBLEM, balance=balance), u, labels)
    total.backward()
    assert total.isfinite()
    assert u.grad is not None
    assert u.grad.isfinite().all()


@pytest.mark.parametrize("kind", GATED)
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(32, 32), (15, 9), (1, 1)])
def test_the_layer_keeps_the_shape_of_every_picture(
    kind: str, channels: int, size: tuple[int, int]
) -> None:
    images = torch.randn(4, channels, *size)
    enhanced = FeatureEnhancement(channels, kind)(images)
    assert enhanced.shape == images.shape
    assert not torch.equal(enhanced, images)


def test_gates_of_zero_leave_the_lifted_picture_alone() -> None:
    layer, images = FeatureEnhancement(3, "both").eval(), torch.randn(2, 3, 8, 8)
    for gate in (layer.channel_gate, layer.spatial_gate):
        assert gate is not None
        for p in list(gate.parameters())[-2:]:
            p.data.fill_(-1e4 if p.ndim == 1 else 0.0)
    expected = images + layer.project(layer.lift(images).relu())
    torch.testing.assert_close(layer(images), expected)


@pytest.mark.parametrize("backbone", ["small", "conv16", "half16", "dsh", "pixels"])
@pytest.mark.parametrize("enhancement", ENHANCEMENTS)
def test_it_stands_before_any_backbone_and_every_weight_learns(
    backbone: str, enhancement: str
) -> None:
    model = dfeh_network(build_backbone(backbone, 3), 3, 8, enhancement=enhancement)
    images = torch.randint(0, 256, (12, 3, 32, 32), dtype=torch.uint8)
    model.prepare(images)
    features = model.embed(images)
    assert features.shape == (12, model.backbone.features)
    plain = build_backbone(backbone, 3)
    pixels = torch.randn(2, 3, 32, 32)
    shapes = [m.shape for m in model.backbone.stages(pixels)]
    assert shapes == [m.shape for m in plain.stages(pixels)]
    assert model.backbone.channels == plain.channels
    y = torch.nn.functional.one_hot(torch.arange(12) % 3).bool()
    loss = DFEH(Problem(8, 3, 12, False, 0))
    loss_of(loss, model.head(features), y).backward()
    for name, p in [*model.named_parameters(), *loss.named_parameters()]:
        if p.requires_grad:
            assert p.grad is not None, name
            assert p.grad.isfinite().all(), name
            assert p.grad.any(), name


def test_without_enhancement_there_is_no_layer() -> None:
    backbone = build_backbone("small", 1)
    assert dfeh_network(backbone, 1, 8, enhancement="none").backbone is backbone


def test_the_backbone_adapts_to_enhanced_pictures() -> None:
    """The whitening filters make the patches of what the backbone sees uncorrelated."""
    model = dfeh_network(build_backbone("conv16", 3), 3, 8).train()
    images = torch.randint(0, 256, (20, 3, 32, 32), dtype=torch.uint8)
    model.prepare(images)
    assert not any(p.grad_fn for p in model.parameters())
    pixels = (images.float() - model.mean) / model.std
    backbone: Any = model.backbone
    with torch.no_grad():
        seen = backbone.enhance(pixels)
        response = backbone.extract.whiten(seen)[:, :12].transpose(0, 1).flatten(1)
    second = response @ response.T / response.shape[1]
    off = second - second.diag().diag()
    assert off.abs().max() < 0.05 * second.diag().mean()


VARIANTS: list[dict[str, Any]] = [
    {"balance": "code"},
    {"enhancement": "channel", "quantization": "l2"},
    {"enhancement": "spatial", "contrastive_weight": 2.0},
    {"enhancement": "none", "balance_weight": 0.0},
]


@pytest.mark.parametrize("options", VARIANTS, ids=str)
def test_a_variant_learns_and_a_run_loaded_encodes_as_before(
    options: dict[str, Any], tmp_path: Path
) -> None:
    run = train_small(small("dfeh", epochs=4, options=options), tmp_path)
    assert run.scores["map"]["expected"] > run.scores["map"]["chance"] + 0.2
    weighed = {"contrastive", "quantization", "balance"}
    assert set(run.terms) == {name for name in weighed if options.get(f"{name}_weight") != 0}
    again = encode(load_model(Run.load(run.path)), small_digits().images[run.query_index])
    assert np.array_equal(again >= 0, run.query_codes > 0)
    np.testing.assert_allclose(again, run.query_outputs, atol=2e-2)  # kept in half precision


def test_it_learns_from_ordinary_batches_where_images_have_several_labels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Drawn by class, images with many labels come too often: most pairs would be alike."""
    asked = []

    def fit(*arguments: Any) -> Iterator[Epoch]:
        asked.append(arguments[5])
        return iter(())

    monkeypatch.setattr("hashviz.training.jobs.fit", fit)
    for data in ("digits", "scenes?images=60"):
        train(TrainConfig(method="dfeh", data=data, bits=8, epochs=1), runs=tmp_path)
    assert asked == [METHODS["dfeh"].per_class, 0]


def test_its_recipe_holds_where_it_has_one_and_nothing_else_is_asked_for() -> None:
    dfeh = METHODS["dfeh"]
    wanted = dfeh.recipe["scenes"]
    settled = settle(TrainConfig(method="dfeh", data="scenes?images=60"), dfeh)
    common = settle(TrainConfig(method="dsh", data="scenes?images=60"), METHODS["dsh"])
    assert {name: getattr(settled, name) for name in wanted} == dict(wanted)
    assert settled.batch_size == common.batch_size
    told = settle(TrainConfig(method="dfeh", data="scenes?images=60", epochs=3), dfeh)
    assert told.epochs == 3
    frozen = settle(TrainConfig(method="dfeh", data="scenes?images=60", frozen=True), dfeh)
    assert frozen.learning_rate != wanted["learning_rate"]
    assert frozen.options["hidden"] > 0  # as before the hash layers of the other methods
    digits = [settle(TrainConfig(method=m, data="digits"), METHODS[m]) for m in ("dfeh", "dsh")]
    assert digits[0].learning_rate == digits[1].learning_rate
