"""Every method against its source: value and gradient of the loss, at small and large outputs."""

import inspect
from typing import Any

import pytest
import torch
from torch import Tensor

from hashviz.methods import METHODS
from hashviz.methods.base import Batch, Problem
from tests.methods.oracles import ALTERED, ORACLES
from tests.methods.oracles.case import Case
from tests.methods.oracles.fitted import FITTED, NUMBERS

BITS, CLASSES = 8, 4
LABELS = {
    "one label": [{0}, {1}, {2}, {0}, {1}, {3}],
    "several labels": [{0}, {0, 1}, {2}, {1, 2, 3}, {0, 1}, {3}],
}
N = 6
CASES = [
    *((name, {}, scale, y) for name in ORACLES for scale in (0.3, 1.0, 4.0) for y in LABELS),
    *(
        (name, options, 1.0, y)
        for name in ORACLES
        for options in ALTERED.get(name, [])
        for y in LABELS
    ),
]


def test_every_method_has_an_oracle() -> None:
    assert ORACLES.keys() == {name for name, method in METHODS.items() if method.trained}
    assert FITTED.keys() == {name for name, method in METHODS.items() if not method.trained}


@pytest.mark.parametrize("name", FITTED)
def test_what_is_fitted_is_what_the_paper_minimizes_or_proves(name: str) -> None:
    FITTED[name]()
    numbers = NUMBERS.get(name, {})
    assert numbers == {k: v for k, v in METHODS[name].settings().items() if k in numbers}


def test_mlh_sees_two_million_pairs() -> None:
    """The authors' programs take five million at the least; 5,000 batches were too few."""
    settings = METHODS["mlh"].settings()
    assert settings["iterations"] * settings["batch"] >= 2_000_000


@pytest.mark.parametrize("name", ORACLES)
def test_the_defaults_of_a_method_are_the_numbers_of_its_source(name: str) -> None:
    """Every weight, slope or margin of a loss is one that its oracle takes, at the same value."""
    known = {p.name: p.default for p in inspect.signature(ORACLES[name]).parameters.values()}
    own = METHODS[name].loss_options(METHODS[name].settings())
    assert {k: own[k] for k in known if k != "case"} == {
        k: v for k, v in known.items() if k != "case"
    }
    assert {k for k, value in own.items() if isinstance(value, float)} <= known.keys()
    assert not ALTERED.get(name, [{}])[0].keys() - known.keys()


def derivatives(value: Tensor, of: list[Tensor]) -> list[Tensor]:
    found = torch.autograd.grad(value, of, allow_unused=True)
    return [torch.zeros_like(x) if g is None else g for x, g in zip(of, found, strict=True)]


@pytest.mark.parametrize(("name", "options", "scale", "labels"), CASES)
def test_value_and_gradient_are_those_of_the_source(
    name: str, options: dict[str, Any], scale: float, labels: str
) -> None:
    sets = LABELS[labels]
    y = torch.tensor([[c in own for c in range(CLASSES)] for own in sets])
    loss = METHODS[name].load()(Problem(BITS, CLASSES, N, labels != "one label", 0), **options)
    outputs = scale * torch.randn(2, N, BITS, generator=torch.Generator().manual_seed(1))
    loss.prepare(y)
    loss(Batch(outputs[1], y, torch.arange(N), 0.0))  # what has a memory remembers other outputs
    u = outputs[0].requires_grad_()
    found = torch.stack(list(loss(Batch(u, y, torch.arange(N), 0.4)).values())).sum()
    expected = ORACLES[name](Case(u.double(), sets, 0.4, loss), **options)
    assert found.item() == pytest.approx(expected.item(), rel=1e-4, abs=1e-6)
    learned = [u, *loss.parameters()]
    for ours, theirs in zip(
        derivatives(found, learned), derivatives(expected, learned), strict=True
    ):
        tolerance = 1e-4 * float(theirs.abs().max()) + 1e-7
        torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=tolerance)
