"""DMSH: batches of one kind of pair, its network on every backbone, the origin of bits."""

from math import exp, log
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from hashviz.config import TrainConfig
from hashviz.explain.scales import origin_of_bits, scale_contributions
from hashviz.methods.base import Batch, Problem
from hashviz.methods.dmsh import (
    DMSH,
    MultiScaleNetwork,
    scales_on,
)
from hashviz.methods.networks import load_model
from hashviz.models.encoding import encode
from hashviz.models.networks import BACKBONES, build_backbone
from hashviz.training.jobs import train
from tests.training.small import small, small_digits, train_small

PROBLEM = Problem(bits=3, classes=3, train_size=8, multi_label=True, seed=0)
U = torch.tensor([[0.5, -1.0, 2.0], [1.0, 0.3, -0.2], [-0.4, 0.8, 0.1], [0.9, -0.7, 1.5]])
Y = torch.tensor([[1, 0, 0], [1, 1, 0], [0, 1, 1], [0, 0, 1]], dtype=torch.bool)
LARGE = {"vgg11", "vgg16", "vgg19", "vit_b_16", "alexnet", "resnet50"}  # a second and more to build
VARIANTS: list[dict[str, Any]] = [
    {"scales": scales, "fusion": fusion, "global_branch": whole}
    for scales in ("all", "1", "2,3")
    for fusion in ("features", "codes")
    for whole in (False, True)
]


def batch(labels: Tensor = Y) -> Batch:
    return Batch(U, labels, torch.arange(len(U)), 0.0)


def network(backbone: str = "small", **settings: Any) -> MultiScaleNetwork:
    torch.manual_seed(1)
    return MultiScaleNetwork(build_backbone(backbone, 1), 1, 8, **{"width": 5, **settings})


def pictures(n: int = 6, side: int = 32) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (n, side, side, 1), dtype=np.uint8)


def as_batch(images: np.ndarray) -> Tensor:
    return torch.from_numpy(images).permute(0, 3, 1, 2)


def nll(theta: float, same: bool) -> float:
    return log(1 + exp(theta)) - same * theta


def test_a_batch_with_one_kind_of_pairs_has_the_average_of_that_kind() -> None:
    alike = torch.ones(4, 3, dtype=torch.bool)
    expected = np.mean([nll((U[i] @ U[j]).item() / 2, True) for i in range(4) for j in range(i)])
    assert DMSH(PROBLEM)(batch(alike))["similarity"].item() == pytest.approx(expected, rel=1e-5)
    for labels in (alike, torch.zeros(4, 3, dtype=torch.bool)):
        assert all(term.isfinite() for term in DMSH(PROBLEM)(batch(labels)).values())
    one = Batch(U[:1], Y[:1], torch.arange(1), 0.0)
    assert DMSH(PROBLEM)(one)["similarity"].item() == 0


def test_an_image_without_a_label_is_not_classified() -> None:
    loss, labels = DMSH(PROBLEM), Y.clone()
    labels[3] = False
    rest = Batch(U[:3], Y[:3], torch.arange(3), 0.0)
    torch.testing.assert_close(loss(batch(labels))["classification"], loss(rest)["classification"])


def test_classification_off_leaves_no_classifier() -> None:
    loss = DMSH(PROBLEM, classification_weight=0.0)
    assert not list(loss.parameters())
    assert list(loss(batch())) == ["similarity", "quantization"]


@pytest.mark.parametrize("backbone", [name for name in BACKBONES if name not in LARGE])
def test_every_backbone_can_be_tapped(backbone: str) -> None:
    model = network(backbone, global_branch=True)
    stages = len(model.backbone.channels)
    assert model.scales == (*[str(n + 1) for n in range(stages)], "global")
    images = as_batch(pictures(2, 40))
    assert model.embed(images).shape == (2, 5 * (stages + 1))
    assert model(images).shape == (2, 8)


@pytest.mark.parametrize("settings", VARIANTS, ids=str)
def test_contributions_of_the_scales_add_up_to_the_outputs(settings: dict[str, Any]) -> None:
    model, images = network(**settings), pictures()
    nn.init.normal_(next(p for n, p in model.named_parameters() if n.endswith("bias")))
    parts = scale_contributions(model, images)
    assert parts.shape == (6, len(model.scales), 8)
    np.testing.assert_allclose(parts.sum(1), encode(model, images), atol=1e-5)


def test_a_contribution_of_feature_fusion_is_that_of_its_columns() -> None:
    model = network(scales="1,3")
    fuse = model.head.fuse
    assert isinstance(fuse, nn.Linear)
    nn.init.normal_(fuse.bias)
    features = encode(model, pictures(), features=True)
    weight, bias = fuse.weight.detach().numpy(), fuse.bias.detach().numpy()
    for branch, columns in enumerate((slice(0, 5), slice(5, 10))):
        expected = features[:, columns] @ weight[:, columns].T + bias / 2
        found = scale_contributions(model, pictures())[:, branch]
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_fused_codes_are_the_mean_of_the_scales_at_first() -> None:
    model = network(fusion="codes")
    parts = scale_contributions(model, pictures())
    features = torch.from_numpy(encode(model, pictures(), features=True))
    layers = model.get_submodule("head.hash_layers")
    assert isinstance(layers, nn.ModuleList)
    codes = [torch.tanh(layer(q)) for layer, q in zip(layers, features.split(5, 1), strict=True)]
    expected = torch.stack(codes, 1).detach().numpy() / 3
    np.testing.assert_allclose(parts, expected, atol=1e-5)


@pytest.mark.parametrize("settings", VARIANTS, ids=str)
def test_a_gradient_reaches_every_weight_of_every_branch_that_is_on(
    settings: dict[str, Any],
) -> None:
    model = network(**settings)
    outputs = model.head(model.embed(as_batch(pictures())))
    Y6 = Y.repeat(2, 1)[:6]
    terms = DMSH(Problem(8, 3, 6, True, 0))(Batch(outputs, Y6, torch.arange(6), 0.0))
    torch.stack(list(terms.values())).sum().backward()
    reached = model.on[-1] if not settings["global_branch"] else 2
    for name, weight in model.named_parameters():
        beyond = name.startswith("backbone.blocks") and int(name.split(".")[2]) > reached
        assert (weight.grad is None) if beyond else bool((weight.grad != 0).any()), name


def test_scales_that_are_off_have_no_weights_and_no_effect() -> None:
    count = {
        scales: sum(
            p.numel() for n, p in network(scales=scales).named_parameters() if "back" not in n
        )
        for scales in ("all", "2", "2,3")
    }
    assert count["2"] < count["2,3"] < count["all"]
    model = network(scales="1").eval()
    before = model(as_batch(pictures()))
    for weight in model.backbone.get_submodule("blocks.2").parameters():
        nn.init.zeros_(weight)
    assert torch.equal(model(as_batch(pictures())), before)


def test_the_pyramid_carries_coarse_maps_down_and_a_scale_alone_has_none() -> None:
    """The first branch feels stage 3 in the pyramid, and does not when it is the only one."""
    for scales, felt in (("all", True), ("1,3", True), ("1,2", False), ("1", False)):
        model = network(scales=scales).eval()
        before = model.embed(as_batch(pictures()))[:, :5]
        for weight in model.backbone.get_submodule("blocks.2").parameters():
            nn.init.constant_(weight, 0.3)
        after = model.embed(as_batch(pictures()))[:, :5]
        assert torch.equal(before, after) != felt


def test_averaging_before_the_last_convolution_is_averaging_behind_it() -> None:
    layers = list(network(scales="1").details[0].children())
    maps = torch.randn(2, 5, 7, 7)
    *_, pool, last, _ = layers
    torch.testing.assert_close(last(pool(maps)), last(maps).mean((2, 3), keepdim=True))


def test_features_given_are_passed_on_to_the_fusion() -> None:
    model = network().eval()
    features = model.embed(as_batch(pictures()))
    assert torch.equal(model(features), model.head(features))
    assert torch.equal(model(features), model(as_batch(pictures())))


@pytest.mark.parametrize("scales", ["", "none", "0", "4", "1,1", "1,", "2;3"])
def test_no_scale_or_one_that_is_not_there_is_refused(scales: str) -> None:
    with pytest.raises(ValueError, match=r"At least one scale is on: .*\(1, 2, 3; 1 is the finest"):
        scales_on(scales, 3)


def test_scales_are_counted_from_the_finest_in_any_order() -> None:
    assert scales_on("3, 1", 3) == (0, 2)
    assert scales_on("all", 1) == (0,)
    with pytest.raises(ValueError, match=r"stages \(1; 1 is the finest\)"):
        scales_on("2", 1)


def test_shares_of_the_origin_add_up_to_one_and_forget_constants(rng: np.random.Generator) -> None:
    parts = rng.standard_normal((50, 3, 4)) * [[[1.0], [2.0], [0.0]]]
    parts[:, 2] += 100
    shares = origin_of_bits(parts)
    np.testing.assert_allclose(shares.sum(0), 1)
    np.testing.assert_allclose(shares[2], 0, atol=1e-12)
    for bit in range(4):
        covariance = np.cov(parts[:, 1, bit], parts[:, :, bit].sum(1), bias=True)
        assert shares[1, bit] == pytest.approx(covariance[0, 1] / covariance[1, 1])
    assert not origin_of_bits(np.ones((5, 2, 3))).any()


def test_only_a_network_with_scales_has_contributions() -> None:
    from hashviz.methods.base import plain_network

    with pytest.raises(ValueError, match="does not fuse several scales"):
        scale_contributions(plain_network(build_backbone("small", 1), 1, 8), pictures())


@pytest.mark.parametrize("fusion", ["features", "codes"])
def test_a_run_comes_back_with_its_scales(fusion: str, tmp_path: Path) -> None:
    options = {"scales": "2,3", "fusion": fusion, "global_branch": True, "width": 16}
    run = train_small(small("dmsh", epochs=3, options=options), tmp_path)
    scores = run.scores["map"]
    assert scores["expected"] > scores["chance"] + 0.3
    model = load_model(run)
    assert isinstance(model, MultiScaleNetwork)
    assert model.scales == ("2", "3", "global")
    images = small_digits().images[run.query_index[:50]]
    parts = scale_contributions(model, images)
    np.testing.assert_allclose(parts.sum(1), run.query_outputs[:50], rtol=2e-2, atol=2e-2)


def test_no_scale_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    config = TrainConfig(method="dmsh", data="digits", bits=16, options={"scales": "4"})
    with pytest.raises(ValueError, match="At least one scale is on"):
        train(config, runs=tmp_path)
    assert not list(tmp_path.iterdir())
