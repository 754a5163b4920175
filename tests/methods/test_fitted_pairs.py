"""MLH and BRE against their definitions as loops."""

import itertools

import pytest
import torch

from hashviz.methods.fitted.kernel import signs
from hashviz.methods.fitted.pairs import (
    best_coordinate,
    descend,
    fit_bre,
    hinge_losses,
    reconstruct,
    reconstruction_error,
    worst_codes,
)


def loss_bound(a: torch.Tensor, b: torch.Tensor, losses: torch.Tensor) -> torch.Tensor:
    """MLH's bound on the loss of the pairs with outputs `a` and `b`."""
    g, h = worst_codes(a, b, losses)
    loss = losses.gather(1, (g != h).sum(1, keepdim=True))[:, 0]
    return loss + (g * a + h * b).sum(1) - a.abs().sum(1) - b.abs().sum(1)


@pytest.mark.parametrize("kind", [0, 1])
def test_the_worst_codes_are_those_of_a_search_over_all_pairs_of_codes(kind: int) -> None:
    bits = 3
    losses = 2 * hinge_losses(bits, 1)[kind]
    a, b = torch.randn(2, 20, bits, dtype=torch.double)
    g, h = worst_codes(a, b, losses.expand(20, -1))
    bound = loss_bound(a, b, losses.expand(20, -1))
    everything = list(itertools.product((-1.0, 1.0), repeat=bits))
    for i in range(20):
        best = -torch.inf
        for left, right in itertools.product(everything, everything):
            u, v = torch.tensor(left).double(), torch.tensor(right).double()
            value = float(losses[int((u != v).sum())] + u @ a[i] + v @ b[i])
            if value > best:
                best, expected = value, (u, v)
        assert torch.equal(g[i], expected[0])
        assert torch.equal(h[i], expected[1])
        assert bound[i] == pytest.approx(best - float(a[i].abs().sum() + b[i].abs().sum()))


def test_the_bound_of_mlh_is_never_below_its_loss_and_reaches_it() -> None:
    a, b = torch.randn(2, 200, 8, dtype=torch.double)
    losses = hinge_losses(8, 3)[torch.arange(200) % 2]
    distance = (signs(a) != signs(b)).sum(1)
    loss = losses[torch.arange(200), distance]
    assert (loss_bound(a, b, losses) >= loss - 1e-12).all()
    torch.testing.assert_close(loss_bound(1e3 * a, 1e3 * b, losses), loss)


def test_the_losses_of_mlh_fall() -> None:
    points = torch.randn(60, 6, dtype=torch.double)
    points[:30, 0] += 2
    points = torch.nn.functional.normalize(points)
    same = ((torch.arange(60) < 30)[:, None] == (torch.arange(60) < 30)).flatten()
    pools = [(~same).nonzero()[:, 0], same.nonzero()[:, 0]]
    start = 0.1 * torch.randn(6, 8, dtype=torch.double)
    losses = hinge_losses(8, 3)

    def total(weight: torch.Tensor) -> tuple[float, float]:
        outputs = points @ weight
        a, b = outputs.repeat_interleave(60, 0), outputs.repeat(60, 1)
        table = losses[same.long()]
        loss = table.gather(1, (signs(a) != signs(b)).sum(1, keepdim=True))
        return float(loss.mean()), float(loss_bound(a, b, table).mean())

    generator = torch.Generator().manual_seed(0)
    weight = descend(points, pools, losses, start, [50, 50], 300, (0.1, 0.9, 1e-3), generator)
    assert total(weight)[0] < 0.85 * total(start)[0]
    assert total(weight)[1] < 0.5 * total(start)[1]


def some_pairs(n: int) -> torch.Tensor:
    both = torch.triu_indices(n, n, 1)
    return both[:, torch.randperm(both.shape[1])[: 4 * n]]


def test_the_best_coordinate_beats_every_interval_between_thresholds() -> None:
    slope, rest = torch.randn(2, 15, dtype=torch.double)
    slope[3] = 0.0
    pairs = some_pairs(15)
    price = torch.randn(pairs.shape[1], dtype=torch.double)

    def cost(w: float) -> float:
        bit = signs(w * slope + rest)
        return float((price * (bit[pairs[0]] != bit[pairs[1]])).sum())

    thresholds = sorted((-rest / slope)[slope != 0].tolist())
    between = [(a + b) / 2 for a, b in itertools.pairwise(thresholds)]
    tried = [thresholds[0] - 1, *between, thresholds[-1] + 1]
    value, reached = best_coordinate(slope, rest, pairs, price)
    assert reached == pytest.approx(min(cost(w) for w in tried))
    assert reached == pytest.approx(cost(float(value)))


def test_the_objective_of_bre_falls_with_every_sweep_and_is_that_of_the_weights() -> None:
    x = torch.nn.functional.normalize(torch.randn(80, 6, dtype=torch.double))
    kernels = torch.stack([x @ x[torch.randperm(80)[:5]].T for _ in range(4)])
    pairs = some_pairs(80)
    targets = (1 - (x[pairs[0]] * x[pairs[1]]).sum(1)) / 2
    start = 0.001 * torch.randn(4, 5, dtype=torch.double)
    weight, errors = reconstruct(kernels, start, pairs, targets, 5)
    assert len(errors) > 2
    assert all(b < a for a, b in itertools.pairwise(errors[:-1]))
    assert errors[-1] <= errors[-2]
    assert errors[-1] < 0.8 * errors[0]
    codes = signs((kernels @ weight[:, :, None])[:, :, 0].T)
    assert errors[-1] == pytest.approx(float(reconstruction_error(codes, pairs, targets)))


def test_bre_without_labels_keeps_the_order_of_the_distances() -> None:
    x = torch.randn(150, 4)
    none = torch.zeros(150, 1, dtype=torch.bool)
    codes = signs(fit_bre(x, none, 24, 0, supervised=False, pairs=0.2)(x))
    hamming = (24 - codes @ codes.T) / 2
    unit = torch.nn.functional.normalize(x - x.mean(0))
    real = 1 - unit @ unit.T
    both = torch.stack([hamming.flatten(), real.flatten()])
    assert torch.corrcoef(both)[0, 1] > 0.8
