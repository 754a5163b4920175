"""KSH and SDH: what their greedy and cyclic steps promise."""

import itertools

import pytest
import torch

from hashviz.methods.fitted.kernel import (
    FIT_RIDGE,
    discrete_hashing,
    discrete_sweep,
    fit_ksh,
    fit_sdh,
    gaussian_kernel,
    greedy_bits,
    refine,
    signs,
    smooth_agreement,
    squared_distances,
)
from hashviz.metrics.labels import similar


def clusters(n: int = 120, classes: int = 4) -> tuple[torch.Tensor, torch.Tensor]:
    y = torch.arange(n) % classes
    x = torch.randn(n, 5) + 1.5 * torch.randn(classes, 5)[y]
    return x, torch.nn.functional.one_hot(y, classes).bool()


def centered_kernel(x: torch.Tensor, anchors: int) -> torch.Tensor:
    kernel = gaussian_kernel(x, x[:anchors], torch.tensor(10.0)).double()
    return kernel - kernel.mean(0)


def test_nearer_points_have_the_larger_kernel() -> None:
    x = torch.tensor([[0.0], [1.0], [3.0]])
    kernel = gaussian_kernel(x, x[:1], torch.tensor(2.0))[:, 0]
    torch.testing.assert_close(kernel, torch.tensor([0.0, 1.0, 9.0]).div(-2).exp())
    assert (kernel.diff() < 0).all()


def test_squared_distances_are_those_of_a_loop() -> None:
    a, b = torch.randn(4, 3), torch.randn(5, 3)
    expected = torch.tensor([[float((p - q).square().sum()) for q in b] for p in a])
    torch.testing.assert_close(squared_distances(a, b), expected)
    assert (squared_distances(1000 + a, 1000 + a) >= 0).all()


def test_the_width_of_the_kernel_is_a_share_of_the_mean_squared_distance() -> None:
    x, y = clusters()
    for fit in (fit_ksh, fit_sdh):
        encoder = fit(x, y, 4, 0, width=3.0)
        expected = 3 * squared_distances(x - x.mean(0), encoder.anchors).mean()
        torch.testing.assert_close(encoder.width, expected)


def test_every_bit_of_ksh_lowers_the_residual() -> None:
    bits = 8
    x, y = clusters()
    kernel = centered_kernel(x, 40)
    residual = bits * signs(similar(y, y).double() - 0.5)
    norms = [residual.norm()]
    for _, bit in greedy_bits(kernel, residual, bits, 50):
        residual = residual - bit[:, None] * bit
        norms.append(residual.norm())
    assert (torch.stack(norms).diff() < 0).all()


def test_a_bit_of_ksh_agrees_with_the_pairs_at_least_as_well_as_its_eigenvector() -> None:
    x, y = clusters()
    kernel = centered_kernel(x, 40)
    residual = 8 * signs(similar(y, y).double() - 0.5)
    (_, plain), (_, refined) = (greedy_bits(kernel, residual, 1, n)[0] for n in (0, 100))
    assert refined @ residual @ refined >= plain @ residual @ plain


def test_the_first_direction_of_ksh_solves_the_generalized_eigenproblem() -> None:
    x, y = clusters()
    kernel = centered_kernel(x, 10)
    residual = signs(similar(y, y).double() - 0.5)
    ((direction, _),) = greedy_bits(kernel, residual, 1, 0)
    gram = kernel.T @ kernel
    values = torch.linalg.eigvals(torch.linalg.solve(gram, kernel.T @ residual @ kernel)).real
    quotient = direction @ kernel.T @ residual @ kernel @ direction / (direction @ gram @ direction)
    assert quotient == pytest.approx(float(values.max()), rel=1e-3)
    assert (kernel @ direction).square().sum() == pytest.approx(len(x))


def test_the_slope_of_the_soft_bit_is_its_derivative() -> None:
    x, y = clusters(30)
    kernel, residual = centered_kernel(x, 10), signs(similar(y, y).double() - 0.5)
    direction = torch.randn(10, dtype=torch.double, requires_grad=True)
    soft = 2 * (kernel @ direction).sigmoid() - 1
    (expected,) = torch.autograd.grad(-soft @ residual @ soft, direction)
    value, slope = smooth_agreement(kernel, residual, direction.detach())
    assert value == pytest.approx(float((-soft @ residual @ soft).detach()))
    torch.testing.assert_close(slope, expected)
    refined = refine(kernel, residual, direction.detach(), 30)
    assert smooth_agreement(kernel, residual, refined)[0] < value


def test_ksh_centers_the_kernel_of_new_images_by_the_mean_over_the_training_images() -> None:
    x, y = clusters()
    encoder = fit_ksh(x, y, 6, 0)
    assert encoder(x).mean(0).abs().max() < 1e-3 * encoder(x).abs().max()


def objective(
    kernel: torch.Tensor,
    labels: torch.Tensor,
    codes: torch.Tensor,
    classifier: torch.Tensor,
    weight: torch.Tensor,
    fit_weight: float,
) -> float:
    return float(
        (labels - codes @ classifier).square().sum()
        + 1.0 * classifier.square().sum()
        + fit_weight * (codes - kernel @ weight).square().sum()
        + fit_weight * FIT_RIDGE * weight.square().sum()
    )


@pytest.mark.parametrize("fit_weight", [1e-5, 1.0])
def test_the_objective_of_sdh_never_rises(fit_weight: float) -> None:
    x, y = clusters()
    kernel = gaussian_kernel(x, x[:30], torch.tensor(10.0)).double()
    start = signs(torch.randn(len(x), 8, dtype=torch.double))
    steps = discrete_hashing(kernel, y.double(), start, 6, 3, 1.0, fit_weight)
    values = torch.tensor([objective(kernel, y.double(), *step, fit_weight) for step in steps])
    assert (values.diff() <= 1e-9).all()


def test_a_sweep_of_sdh_sets_every_bit_to_its_optimum_in_turn() -> None:
    """Against trying both values of every bit; $Q$ holds labels and kernel."""
    labels, classifier = torch.rand(6, 3).double(), torch.randn(4, 3).double()
    pull = torch.randn(6, 4).double()
    codes = signs(torch.randn(6, 4).double())
    expected = codes.clone()
    for k, i in itertools.product(range(4), range(6)):
        errors = []
        for value in (1.0, -1.0):
            trial = expected[i].clone()
            trial[k] = value
            fit = (labels[i] - trial @ classifier).square().sum()
            errors.append(float(fit + 0.3 * (trial - pull[i]).square().sum()))
        expected[i, k] = 1.0 if errors[0] <= errors[1] else -1.0
    targets = labels @ classifier.T + 0.3 * pull
    assert torch.equal(discrete_sweep(codes, targets, classifier), expected)


def test_sdh_never_leaves_a_zero_bit() -> None:
    codes = discrete_sweep(torch.ones(3, 4), torch.zeros(3, 4), torch.zeros(4, 2))
    assert (codes == 1).all()
