"""Spectral hashing: the order of its modes, its balance, and what outliers do."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hashviz.methods.fitted.projections import principal_directions
from hashviz.methods.fitted.spectral import fit_sh, smoothest_modes

NONE = torch.zeros(2000, 1, dtype=torch.bool)


def box(n: int = 300) -> torch.Tensor:
    return torch.rand(n, 3) * torch.tensor([7.0, 4.0, 1.5])


@given(
    st.lists(st.floats(0.01, 100), min_size=1, max_size=6),
    st.integers(1, 20),
)
def test_modes_come_in_the_order_of_their_eigenvalues(widths: list[float], bits: int) -> None:
    r = torch.tensor(widths, dtype=torch.double)
    direction, number = smoothest_modes(r, bits)
    chosen = (number / r[direction]).tolist()
    everything = sorted(m / width for width in r.tolist() for m in range(1, bits + 1))
    assert chosen == pytest.approx(everything[:bits])
    assert len(set(zip(direction.tolist(), number.tolist(), strict=True))) == bits


def test_the_first_bit_halves_the_longest_side_and_bits_are_balanced() -> None:
    x = box(2000)
    codes = fit_sh(x, NONE, 4, 0)(x) >= 0
    side = principal_directions(x - x.mean(0), 1)[:, 0]
    p = (x - x.mean(0)) @ side
    assert (codes[:, 0] == (p < (p.min() + p.max()) / 2)).all()
    assert ((codes.float().mean(0) - 0.5).abs() < 0.1).all()


def test_outliers_stretch_the_range_unless_they_are_left_out() -> None:
    x = box(300)
    x[0] = 1000.0
    stretched, kept = (fit_sh(x, NONE[:300], 4, 0, outliers=share)(x) >= 0 for share in (0.0, 0.05))
    assert stretched[:, 0].float().mean() in (pytest.approx(1 / 300), pytest.approx(299 / 300))
    assert 0.3 < kept[:, 0].float().mean() < 0.7


def test_a_direction_without_width_has_no_bits() -> None:
    direction, number = smoothest_modes(torch.tensor([2.0, 0.0, 1.0]), 5)
    assert 1 not in direction.tolist()
    assert (number >= 1).all()
    assert not smoothest_modes(torch.zeros(3), 5)[1].any()
