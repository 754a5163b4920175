"""Networks: one contract over every backbone, and what is particular to each."""

from itertools import pairwise
from typing import Any

import pytest
import torch

from hashviz.methods.base import plain_network
from hashviz.methods.dmsh import MultiScaleNetwork
from hashviz.models.networks import BACKBONES, HashNetwork, build_backbone
from hashviz.training.optimizers import Muon, make_optimizers, orthogonalize

HEAVY = ("vgg11", "vgg16", "vgg19", "vit_b_16", "resnet50", "alexnet")
NETS = [pytest.param(n, marks=pytest.mark.slow) if n in HEAVY else n for n in BACKBONES]


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize(("channels", "size"), [(1, 32), (3, 40)])
def test_every_backbone_keeps_its_promises(name: str, channels: int, size: int) -> None:
    backbone = build_backbone(name, channels)
    images = torch.randn(4, channels, size, size)
    backbone.prepare(images)
    maps = backbone.stages(images)
    assert tuple(m.shape[1] for m in maps) == backbone.channels
    assert all(a.shape[2] >= b.shape[2] for a, b in pairwise(maps))
    assert backbone(images).shape == (4, backbone.features)


@pytest.mark.parametrize("name", [name for name in NETS if name != "pixels"])
def test_a_gradient_reaches_every_weight(name: str) -> None:
    model = plain_network(build_backbone(name, 3), 3, 8)
    model(torch.randint(0, 256, (6, 3, 32, 32), dtype=torch.uint8)).square().sum().backward()
    for parameter in model.parameters():
        if parameter.requires_grad:
            assert parameter.grad is not None
            assert parameter.grad.abs().sum() > 0


@pytest.mark.parametrize(
    ("build", "name"),
    [(MultiScaleNetwork, name) for name in BACKBONES if name != "pixels"]
    + [(plain_network, name) for name in HEAVY],
)
def test_every_backbone_serves_one_scale_and_several(name: str, build: Any) -> None:
    """Shapes and gradients without numbers, so that the largest networks are cheap too."""
    with torch.device("meta"):
        model = build(build_backbone(name, 3), 3, 8)
        outputs = model(torch.zeros(2, 3, 64, 64))
        outputs.sum().backward()
        maps = model.backbone.stages(torch.zeros(2, 3, 64, 64))
    assert outputs.shape == (2, 8)
    assert len(maps) == len(model.backbone.channels) >= 3
    sides = [m.shape[2:] for m in maps]
    assert sides == sorted(sides, reverse=True)
    assert sides[0] > sides[-1] or name == "vit_b_16"  # a transformer keeps one size of map
    # The layers behind the last map, fully connected ones, are for the features alone.
    ignored = ("backbone.net.classifier", "backbone.project") if build != plain_network else ()
    for parameter, p in model.named_parameters():
        assert p.grad is not None or not p.requires_grad or parameter.startswith(ignored)


@pytest.mark.parametrize("name", ["small", "conv16", "dsh", "mobilenet_v2_tf"])
def test_a_state_gives_the_same_features_back(name: str) -> None:
    images = torch.randn(3, 3, 32, 32)
    first, second = (build_backbone(name, 3) for _ in range(2))
    first.prepare(images)
    first(images)  # running means of batch norms
    second.load_state_dict(first.state_dict())
    with torch.inference_mode():
        assert torch.equal(first.eval()(images), second.eval()(images))


def test_an_unknown_backbone_names_the_nearest() -> None:
    with pytest.raises(ValueError, match="did you mean 'small'"):
        build_backbone("smal", 1)


def test_preparing_normalises_every_channel() -> None:
    model = HashNetwork(build_backbone("pixels", 3), torch.nn.Identity(), 3)
    images = torch.randint(0, 256, (50, 3, 16, 16), dtype=torch.uint8)
    images[:, 1] //= 2
    model.prepare(images)
    features = model(images).view(50, 3, 256)
    assert features.mean((0, 2)).abs().max() < 1e-4
    assert (features.std((0, 2)) - 1).abs().max() < 1e-3


def test_a_constant_channel_does_not_divide_by_zero() -> None:
    model = HashNetwork(build_backbone("small", 1), torch.nn.Identity(), 1)
    model.prepare(torch.full((5, 1, 8, 8), 7, dtype=torch.uint8))
    assert model(torch.full((5, 1, 32, 32), 7, dtype=torch.uint8)).isfinite().all()


def test_whitened_patches_are_uncorrelated() -> None:
    backbone = build_backbone("conv16", 3)
    smooth = torch.nn.functional.avg_pool2d(torch.randn(100, 3, 18, 18), 3, 1)
    backbone.prepare(smooth)
    patches = backbone.whiten(smooth)[:, :12].transpose(0, 1).flatten(1)  # type: ignore[operator]
    covariance = patches @ patches.T / patches.shape[1]
    assert (covariance - torch.eye(12)).abs().max() < 0.05


def test_orthogonalizing_brings_all_singular_values_near_one() -> None:
    matrix = torch.randn(24, 80) @ torch.diag(torch.logspace(0, -1, 80))
    for m in (matrix, matrix.T):
        values = torch.linalg.svdvals(orthogonalize(m))
        assert values.min() > 0.5
        assert values.max() < 1.3


def test_muon_minimises_and_keeps_the_norm_of_a_filter_bank() -> None:
    target = torch.linalg.qr(torch.randn(8, 8)).Q.view(8, 2, 2, 2)
    p = torch.nn.Parameter(torch.randn(8, 2, 2, 2))
    optimizer = Muon([p], lr=0.05)
    losses = []
    for _ in range(60):
        loss = (p - target).square().sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.2 * losses[0]


@pytest.mark.parametrize("name", ["muon", "adamw", "sgd"])
def test_every_trainable_weight_has_exactly_one_optimizer(name: str) -> None:
    model, loss = build_backbone("conv16", 3), torch.nn.Linear(3, 2)
    optimizers = make_optimizers(name, model, loss, 0.1, 0.01)
    held = [id(p) for o in optimizers for group in o.param_groups for p in group["params"]]
    wanted = [id(p) for m in (model, loss) for p in m.parameters() if p.requires_grad]
    assert sorted(held) == sorted(wanted)
