"""Fitted methods: what their papers prove."""

import numpy as np
import pytest
import torch

from hashviz.methods.fitted.projections import fit_itq, fit_lsh, principal_directions, rotation_step

NONE = torch.zeros(200, 1, dtype=torch.bool)


def test_the_chance_of_equal_lsh_bits_is_one_minus_angle_over_pi() -> None:
    angle, bits = 1.0, 20_000
    x = torch.tensor([[1.0, 0.0], [np.cos(angle), np.sin(angle)]], dtype=torch.float32)
    both = torch.cat([x, -x])  # centered by construction
    u = fit_lsh(both, NONE[:4], bits, seed=0)(x)
    equal = ((u[0] >= 0) == (u[1] >= 0)).float().mean().item()
    p = 1 - angle / np.pi
    assert equal == pytest.approx(p, abs=3 * (p * (1 - p) / bits) ** 0.5)


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


def test_the_same_seed_gives_the_same_encoder() -> None:
    x = torch.randn(200, 6)
    for fit in (fit_lsh, fit_itq):
        assert torch.equal(fit(x, NONE, 8, 1).weight, fit(x, NONE, 8, 1).weight)
        assert not torch.equal(fit(x, NONE, 8, 1).weight, fit(x, NONE, 8, 2).weight)
