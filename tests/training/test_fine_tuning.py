"""A backbone that starts from weights moves slower than what begins, under any method's network."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from hashviz.config import TrainConfig
from hashviz.data import load_dataset
from hashviz.methods import METHODS
from hashviz.methods.base import Problem, plain_network
from hashviz.methods.dfeh import Enhanced, dfeh_network
from hashviz.methods.networks import load_model
from hashviz.models.encoding import encode
from hashviz.models.networks import build_backbone
from hashviz.runs import Run
from hashviz.training import recipes
from hashviz.training.jobs import train
from hashviz.training.loop import fit
from hashviz.training.optimizers import make_optimizers
from hashviz.training.recipes import settle


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HASHVIZ_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="session")
def digits_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return train(config("csq", epochs=8), runs=tmp_path_factory.mktemp("start"))


@pytest.fixture(scope="session")
def enhanced_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return train(config("dfeh", epochs=1), runs=tmp_path_factory.mktemp("enhanced"))


def config(method: str, **changes: Any) -> TrainConfig:
    settings = {"data": "digits", "bits": 16, "device": "cpu", "threads": 1, **changes}
    return TrainConfig(method=method, **settings)


@pytest.mark.parametrize("name", ["muon", "adamw", "sgd"])
@pytest.mark.parametrize("build", [plain_network, dfeh_network])
def test_the_backbone_has_a_share_of_the_learning_rate_and_nothing_else_has(name, build) -> None:
    model, loss = build(build_backbone("conv16", 3), 3, 8), torch.nn.Linear(3, 2)
    model.requires_grad_(True)
    rates = {}
    for backbone_rate in (1.0, 0.1):
        optimizers = make_optimizers(name, model, loss, 0.4, 0.01, backbone_rate)
        rates[backbone_rate] = {
            id(p): group["lr"]
            for o in optimizers
            for group in o.param_groups
            for p in group["params"]
        }
    core = {id(p) for p in model.backbone.core.parameters()}
    others = {id(p) for m in (model, loss) for p in m.parameters()} - core
    assert rates[1.0].keys() == core | others
    for p in core | others:
        assert rates[0.1][p] == pytest.approx(rates[1.0][p] * (0.1 if p in core else 1.0))


def test_a_first_step_moves_the_backbone_a_tenth_as_far() -> None:
    """Adam's first step is the learning rate, whatever the gradient; no decay."""
    torch.manual_seed(0)
    model, loss = plain_network(build_backbone("small", 1), 1, 8), torch.nn.Linear(8, 4)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    (optimizer,) = make_optimizers("adamw", model, loss, 0.01, 0.0, 0.1)
    loss(model(torch.randint(0, 256, (6, 1, 32, 32), dtype=torch.uint8))).square().sum().backward()
    optimizer.step()
    for name, p in model.named_parameters():
        moved = (p - before[name]).abs().max().item()
        assert moved == pytest.approx(0.001 if name.startswith("backbone") else 0.01, rel=0.05)


def test_the_share_is_that_of_the_configuration() -> None:
    data = load_dataset("digits")
    moved = []
    for backbone_rate in (1.0, 0.01):
        torch.manual_seed(0)
        settings = settle(config("csq", epochs=1, backbone_rate=backbone_rate), METHODS["csq"])
        model = plain_network(build_backbone("small", 1), 1, 16)
        before = model.backbone.blocks[0][0].weight.detach().clone()  # type: ignore[index]
        loss = METHODS["csq"].load()(Problem(16, 10, 200, False, 0))
        list(fit(model, loss, data.images[:200], data.labels[:200], settings))
        moved.append((model.backbone.blocks[0][0].weight - before).norm().item())  # type: ignore[index]
    assert moved[1] < 0.1 * moved[0]


def test_the_recipe_slows_what_starts_from_weights_and_only_that(digits_run: Run) -> None:
    start = str(digits_run.path)
    tuned = settle(config("csq", weights=start), METHODS["csq"])
    assert {name: getattr(tuned, name) for name in recipes.FINE_TUNED} == recipes.FINE_TUNED
    assert tuned.backbone_rate == 0.1
    asked = settle(config("csq", weights=start, backbone_rate=0.5), METHODS["csq"])
    assert asked.backbone_rate == 0.5
    for other in (config("csq"), config("csq", weights=start, frozen=True), config("itq")):
        assert settle(other, METHODS[other.method]).backbone_rate is None


def test_what_is_tuned_begins_where_the_weights_ended(digits_run: Run, tmp_path: Path) -> None:
    """The same small steps are enough on a trained backbone and too few from nothing."""
    start = config("csq", weights=str(digits_run.path), epochs=2, seed=1)
    tuned = train(start, runs=tmp_path)
    same = {**recipes.FINE_TUNED, "epochs": 2, "backbone": "small", "weights": None}
    fresh = train(replace(start, **same), runs=tmp_path)
    assert tuned.config.weights.startswith(digits_run.name)  # type: ignore[union-attr]
    assert tuned.scores["map"]["expected"] > fresh.scores["map"]["expected"] + 0.1


def test_batch_norms_that_come_with_weights_keep_their_statistics(
    digits_run: Run, tmp_path: Path
) -> None:
    def statistics(run: Run) -> list[np.ndarray]:
        buffers = load_model(run).backbone.core.named_buffers()
        return [b.numpy() for name, b in buffers if name.endswith(("running_mean", "running_var"))]

    before = statistics(digits_run)
    start = config("csq", weights=str(digits_run.path), epochs=1)
    tuned = statistics(train(start, runs=tmp_path))
    assert len(before) == 6
    assert all(np.array_equal(a, b) for a, b in zip(before, tuned, strict=True))
    fresh = statistics(train(replace(start, weights=None, backbone="small"), runs=tmp_path))
    assert not any(np.array_equal(a, np.full_like(a, a[0])) for a in fresh)


def test_an_enhancement_is_put_before_a_backbone_that_has_its_weights(
    digits_run: Run, tmp_path: Path
) -> None:
    run = train(config("dfeh", weights=str(digits_run.path), epochs=1), runs=tmp_path)
    model = load_model(run)
    assert isinstance(model.backbone, Enhanced)
    images = load_dataset("digits").images[run.query_index]
    np.testing.assert_allclose(encode(model, images), run.query_outputs, rtol=2e-3, atol=2e-2)


def test_an_enhancement_that_nobody_trained_is_left_out_of_frozen_features(
    digits_run: Run, tmp_path: Path
) -> None:
    given = {"weights": str(digits_run.path), "frozen": True, "epochs": 1}
    runs = [train(config(method, **given), runs=tmp_path) for method in ("csq", "dfeh")]
    assert len(list((tmp_path / "cache" / "features").iterdir())) == 1
    models = [load_model(run) for run in runs]
    images = load_dataset("digits").images[:20]
    first, second = (encode(model, images, features=True) for model in models)
    assert np.array_equal(first, second)


def test_the_backbone_behind_a_trained_enhancement_is_not_taken_alone(
    enhanced_run: Run, tmp_path: Path
) -> None:
    again = train(config("dfeh", weights=str(enhanced_run.path), epochs=1), runs=tmp_path)
    assert again.config.backbone == "small"
    for method in ("itq", "csq"):
        with pytest.raises(ValueError, match="has a layer before its backbone"):
            train(config(method, weights=str(enhanced_run.path)), runs=tmp_path)


def test_a_gray_picture_is_enhanced_in_the_three_channels_that_the_weights_want() -> None:
    pytest.importorskip("torchvision")
    model = dfeh_network(build_backbone("squeezenet1_1", 1), 1, 8)
    assert torch.equal(model.mean, plain_network(build_backbone("squeezenet1_1", 1), 1, 8).mean)
    images = torch.randint(0, 256, (2, 1, 64, 64), dtype=torch.uint8)
    assert model(images).shape == (2, 8)
