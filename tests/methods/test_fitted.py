"""Projections and rotations: what their papers prove."""

import pytest
import torch

from hashviz.methods import METHODS
from hashviz.methods.fitted.projections import (
    canonical_directions,
    fit_cca_itq,
    fit_itq,
    principal_directions,
    rotation_step,
)

NONE = torch.zeros(200, 1, dtype=torch.bool)


def test_principal_directions_are_orthonormal_and_ordered() -> None:
    x = torch.randn(200, 6) @ torch.diag(torch.tensor([5.0, 4, 3, 2, 1, 0.5]))
    centered = x - x.mean(0)
    directions = principal_directions(centered, 4)
    torch.testing.assert_close(directions.T @ directions, torch.eye(4), atol=1e-5, rtol=0)
    variances = (centered @ directions).var(0)
    assert (variances.diff() < 0).all()


def test_directions_that_the_data_do_not_have_are_zero() -> None:
    flat = torch.zeros(50, 5)
    flat[:, 0] = torch.linspace(-1, 1, 50)
    directions = principal_directions(flat, 8)
    assert directions.shape == (5, 8)
    assert not directions[:, 1:].any()


def test_the_error_of_itq_never_rises_and_its_rotation_is_orthogonal() -> None:
    v = torch.randn(300, 8, dtype=torch.float64) @ torch.randn(8, 8, dtype=torch.float64)
    rotation = torch.eye(8, dtype=torch.float64)
    errors = []
    for _ in range(30):
        errors.append((torch.where(v @ rotation >= 0, 1.0, -1.0) - v @ rotation).square().sum())
        rotation = rotation_step(v, rotation)
        torch.testing.assert_close(rotation.T @ rotation, torch.eye(8, dtype=torch.float64))
    assert (torch.stack(errors).diff() <= 1e-9).all()


def test_without_iterations_itq_is_the_sign_of_principal_components() -> None:
    x = torch.randn(200, 6)
    encoder = fit_itq(x, NONE, 4, 0, iterations=0)
    expected = (x - x.mean(0)) @ principal_directions(x - x.mean(0), 4)
    torch.testing.assert_close(encoder(x), expected)


def labeled_points(n: int = 200, classes: int = 4) -> tuple[torch.Tensor, torch.Tensor]:
    """Features that know something of their class, and one-hot labels."""
    y = torch.arange(n) % classes
    x = torch.randn(n, 6) + 2 * torch.randn(classes, 6)[y]
    return x - x.mean(0), torch.nn.functional.one_hot(y, classes).bool()


def test_no_direction_correlates_more_with_the_labels_than_the_first_canonical_one() -> None:
    x, y = labeled_points()
    targets = y.double() - y.double().mean(0)
    basis = torch.linalg.qr(targets[:, :-1]).Q

    def correlation(direction: torch.Tensor) -> torch.Tensor:
        projected = x.double() @ direction.double()
        return (basis.T @ projected).norm(dim=0) / projected.norm(dim=0)

    directions, correlations = canonical_directions(x, y, 3, 1e-9)
    torch.testing.assert_close(correlation(directions), correlations.double(), atol=1e-4, rtol=0)
    assert (correlations.diff() <= 0).all()
    assert (correlation(torch.randn(6, 500)) <= correlations[0] + 1e-5).all()


def test_there_are_fewer_canonical_directions_than_classes_and_more_bits_still_work() -> None:
    x, y = labeled_points()
    directions, correlations = canonical_directions(x, y, 16, 1e-4)
    assert directions.shape == (6, 16)
    assert (correlations[:3] > 0.1).all()
    assert not correlations[3:].any()
    assert not directions[:, 3:].any()
    codes = fit_cca_itq(x, y, 16, 0)(x) >= 0
    assert 0.05 < codes.float().mean(0).min() <= codes.float().mean(0).max() < 0.95


def test_canonical_directions_do_not_depend_on_the_scale_of_the_features() -> None:
    x, y = labeled_points()
    u, v = (fit_cca_itq(s * x, y, 8, 0)(s * x) for s in (1.0, 1000.0))
    torch.testing.assert_close(u, v, atol=1e-3, rtol=0)


def test_all_images_of_one_class_have_no_canonical_direction() -> None:
    x, _ = labeled_points()
    encoder = fit_cca_itq(x, torch.ones(200, 1, dtype=torch.bool), 4, 0)
    assert not encoder(x).any()


FITTED = [name for name, method in METHODS.items() if not method.trained]
QUICK = {"ksh": {"iterations": 20}, "mlh": {"iterations": 500}, "bre": {"sweeps": 1}}


@pytest.mark.parametrize("name", FITTED)
def test_the_same_seed_gives_the_same_encoder(name: str) -> None:
    x, y = labeled_points()
    fit, options = METHODS[name].load(), QUICK.get(name, {})
    a, b, other = (fit(x, y, 8, seed, **options)(x) for seed in (1, 1, 2))
    assert torch.equal(a, b)
    assert torch.equal(a, other) == (name == "sh"), "only SH draws nothing"


@pytest.mark.parametrize("name", FITTED)
def test_fitting_leaves_global_random_numbers_and_features_alone(name: str) -> None:
    x, y = labeled_points()
    before, state = x.clone(), torch.get_rng_state()
    METHODS[name].load()(x, y, 8, 0, **QUICK.get(name, {}))
    assert torch.equal(x, before)
    assert torch.equal(torch.get_rng_state(), state)


LABELS = {
    "no labels": torch.zeros(5, 3, dtype=torch.bool),
    "all labels": torch.ones(5, 3, dtype=torch.bool),
    "several labels": torch.tensor([[1, 1, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0], [1, 0, 1]]).bool(),
}


@pytest.mark.parametrize("name", FITTED)
@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize("scale", [0.0, 1e-3, 1e3])
def test_few_images_of_any_labels_and_scale_give_finite_outputs(
    name: str, labels: str, scale: float
) -> None:
    x = scale * torch.randn(5, 7)
    encoder = METHODS[name].load()(x, LABELS[labels], 12, 0, **QUICK.get(name, {}))
    assert encoder(x).shape == (5, 12)
    assert encoder(torch.cat([x, 10 * x])).isfinite().all()


@pytest.mark.parametrize("name", [name for name in FITTED if METHODS[name].supervision != "none"])
def test_labels_that_overlap_are_learned(name: str) -> None:
    """Five of eight directions carry one label each: images that share one get closer codes."""
    y = torch.rand(300, 5) < 0.25
    x = torch.randn(300, 8)
    x[:, :5] += 4 * y.float()
    codes = torch.where(METHODS[name].load()(x, y, 16, 0, **QUICK.get(name, {}))(x) >= 0, 1.0, -1.0)
    distances, share = (16 - codes @ codes.T) / 2, (y.float() @ y.float().T) > 0
    assert distances[share].mean() < distances[~share].mean() - 1
