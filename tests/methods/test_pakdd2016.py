"""Guo, Zhang and Li 2016: what its loss layer asks for, its hash layers unit by unit."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from hashviz.methods import METHODS
from hashviz.methods.base import Batch, Problem
from hashviz.methods.networks import load_model
from hashviz.methods.pakdd2016 import Grouped, Guo2016, Maxout, decorrelation, guo_network
from hashviz.models.encoding import encode
from hashviz.models.networks import build_backbone
from hashviz.runs import Run
from tests.training.small import small, small_digits, train_small

BITS, CLASSES = 3, 4
U = torch.tensor([[0.5, -1.0, 2.0], [1.0, 0.3, -0.2], [-0.4, 0.8, 0.1], [0.9, -0.7, 1.5]])
SINGLE = torch.eye(CLASSES).bool()[[0, 1, 1, 3]]
SEVERAL = torch.tensor([[1, 0, 1, 0], [1, 1, 0, 0], [0, 0, 0, 0], [0, 1, 1, 1]]).bool()
OFF: dict[str, Any] = {
    "decorrelation_weight": 0.0,
    "balance_weight": 0.0,
    "quantization_weight": 0.0,
}
EVERY_CODE = torch.tensor([[(n >> k & 1) * 2.0 - 1 for k in range(3)] for n in range(8)])


def make_loss(multi_label: bool = False, **options: Any) -> Guo2016:
    return Guo2016(Problem(BITS, CLASSES, 8, multi_label, seed=0), **options)


def terms_of(loss: Guo2016, labels: Tensor = SINGLE, outputs: Tensor = U) -> dict[str, float]:
    batch = Batch(outputs, labels, torch.arange(len(outputs)), 0.0)
    return {name: term.item() for name, term in loss(batch).items()}


def test_independent_balanced_bits_cost_nothing() -> None:
    assert decorrelation(EVERY_CODE) == 0
    terms = terms_of(make_loss(), SINGLE.repeat(2, 1), 100 * EVERY_CODE)
    for name in ("decorrelation", "balance", "quantization"):
        assert terms[name] == pytest.approx(0, abs=1e-9)


def test_a_bit_twice_costs_its_two_correlations() -> None:
    twice = EVERY_CODE[:, [0, 1, 1]]
    assert decorrelation(twice).item() == pytest.approx((1**2 + 1**2) / 3)
    inverted = EVERY_CODE[:, [0, 1, 1]] * torch.tensor([1, 1, -1])
    assert decorrelation(inverted).item() == pytest.approx(2 / 3)


def test_a_constant_bit_costs_the_variance_it_lacks() -> None:
    constant = EVERY_CODE.clone()
    constant[:, 0] = 1
    assert decorrelation(constant).item() == pytest.approx(1 / 3)
    assert decorrelation(EVERY_CODE[:1]).item() == pytest.approx(3 / 3)  # one image


@pytest.mark.parametrize("off", ["decorrelation", "balance", "quantization"])
def test_a_term_of_weight_zero_is_left_out_and_the_others_stay(off: str) -> None:
    weights: dict[str, Any] = {f"{off}_weight": 0.0}
    every, fewer = terms_of(make_loss()), terms_of(make_loss(**weights))
    assert fewer == {name: value for name, value in every.items() if name != off}
    assert list(terms_of(make_loss(**OFF))) == ["classification"]


@pytest.mark.parametrize("classifier", ["softmax", "hinge"])
@pytest.mark.parametrize("labels", [SINGLE[:1], SINGLE[[1, 1]], SEVERAL[[2, 2]]])
def test_one_image_one_class_or_no_label_has_a_finite_loss(labels: Tensor, classifier: str) -> None:
    loss, u = make_loss(classifier=classifier), U[: len(labels)].clone().requires_grad_()
    total = torch.stack(list(loss(Batch(u, labels, torch.arange(len(u)), 0.0)).values())).sum()
    total.backward()
    assert total.isfinite()
    assert u.grad is not None
    assert u.grad.isfinite().all()


@pytest.mark.parametrize(("features", "bits"), [(12, 4), (11, 4), (4, 4)])
def test_each_bit_sees_its_own_group_of_features(features: int, bits: int) -> None:
    layer = Grouped(features, bits)
    torch.nn.init.ones_(layer.weight)
    seen = layer(torch.eye(features)) > 0  # which bit each feature moves
    assert (seen.sum(1) == 1).all()
    assert set(seen.sum(0).tolist()) <= {features // bits, -(-features // bits)}
    assert torch.equal(seen.int().argmax(1), seen.int().argmax(1).sort().values)


def test_a_grouped_bit_is_the_sum_over_its_group() -> None:
    layer, x = Grouped(6, 3), torch.randn(5, 6)
    torch.nn.init.normal_(layer.bias)
    for k in range(3):
        expected = sum(layer.weight[k, j] * x[:, j] for j in (2 * k, 2 * k + 1)) + layer.bias[k]
        torch.testing.assert_close(layer(x)[:, k], expected)


@pytest.mark.parametrize("pieces", [1, 3])
def test_maxout_is_the_difference_of_two_maxima(pieces: int) -> None:
    layer, x = Maxout(6, 2, pieces), torch.randn(5, 6)
    units = layer.units(x).view(5, 2, 2, pieces).tolist()
    for i in range(5):
        for k in range(2):
            expected = max(units[i][0][k]) - max(units[i][1][k])
            assert layer(x)[i, k].item() == pytest.approx(expected, abs=1e-6)


def test_outputs_are_not_rectified_so_that_codes_have_both_values() -> None:
    images = torch.randint(0, 256, (50, 1, 32, 32), dtype=torch.uint8)
    for layer in ("linear", "grouped", "maxout"):
        model = guo_network(build_backbone("small", 1), 1, 16, hash_layer=layer)
        outputs = model(images)
        assert (outputs < 0).any()
        assert (outputs > 0).any()


@pytest.mark.parametrize("backbone", ["small", "conv16", "dsh", "pixels"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"group_size": 0},
        {"hash_layer": "linear"},
        {"hash_layer": "maxout"},
        {"hash_layer": "maxout", "pieces": 1},
    ],
    ids=str,
)
def test_every_weight_of_network_and_loss_learns(backbone: str, options: dict[str, Any]) -> None:
    model = guo_network(build_backbone(backbone, 3), 3, 8, **options)
    loss = Guo2016(Problem(8, CLASSES, 60, False, 0))
    images = torch.randint(0, 256, (60, 3, 32, 32), dtype=torch.uint8)
    model.prepare(images)
    y = torch.nn.functional.one_hot(torch.arange(60) % CLASSES, CLASSES).bool()
    terms = loss(Batch(model(images), y, torch.arange(60), 0.0))
    torch.stack(list(terms.values())).sum().backward()
    for name, p in [*model.named_parameters(), *loss.named_parameters()]:
        if p.requires_grad:
            assert p.grad is not None, name
            assert p.grad.isfinite().all(), name
            assert p.grad.any(), name
    head: Any = model.head
    if not options:
        assert torch.equal(head[2].weight.grad != 0, head[2].group & (head[2].weight.grad != 0))


def test_more_bits_than_features_are_refused() -> None:
    with pytest.raises(ValueError, match="own, got 64 features for 65 bits; set group_size"):
        guo_network(build_backbone("conv16", 3), 3, 65, group_size=0)


@pytest.fixture(scope="module")
def variant(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Run]:
    """The run of a variant; each is trained once."""
    folder = tmp_path_factory.mktemp("variants")
    rows = {"whole": {}, **METHODS["guo2016"].ablation}
    return cache(lambda name: train_small(small("guo2016", epochs=4, options=rows[name]), folder))


@pytest.mark.parametrize("name", ["whole", *METHODS["guo2016"].ablation])
def test_every_variant_learns_and_its_run_encodes_as_before(name: str, variant: Any) -> None:
    run = variant(name)
    assert run.scores["map"]["expected"] > run.scores["map"]["chance"] + 0.2
    off = {key.removesuffix("_weight") for key, value in run.config.options.items() if value == 0}
    every = {"classification", "decorrelation", "balance", "quantization"}
    assert set(run.terms) == every - off
    again = encode(load_model(run), small_digits().images[run.query_index])
    assert np.array_equal(again >= 0, run.query_codes > 0)


def test_the_loss_layer_makes_bits_less_alike(variant: Any) -> None:
    """The paper's claim in small: with it bits are less correlated."""
    plain, layered = (variant(name).scores["bits"] for name in ("base", "base + loss layer"))
    assert layered["mean_correlation"] < plain["mean_correlation"]
