"""Notebook 08: one code from the feature maps of several layers."""

from collections.abc import Iterator
from typing import Any

from hashviz_course.checks.exercise import Attempt, Exercise, Rule, Wrong, same_as

Case = tuple[list[Any], list[Any]]
TOLERANCE = 1e-4


def one_scale() -> Iterator[Case]:
    """Make a single map: pooling and a matrix."""
    import torch

    yield [torch.tensor([[[[1.0, 3.0]]]])], [torch.tensor([[2.0]])]
    yield [torch.tensor([[[[1.0, 3.0], [0.0, 4.0]]]])], [torch.tensor([[1.0, -1.0]])]
    yield drawn(((3, 2, 4, 4),), 5)


def several() -> Iterator[Case]:
    """Make maps of the sizes that layers have: finer ones are larger and have fewer channels."""
    import torch

    maps = [torch.tensor([[[[1.0, 3.0]]]]), torch.tensor([[[[5.0]]]])]
    yield maps, [torch.tensor([[2.0]]), torch.tensor([[3.0]])]
    yield drawn(((2, 2, 4, 4), (2, 3, 2, 2)), 3)
    yield drawn(((5, 4, 8, 8), (5, 8, 4, 4), (5, 16, 2, 2)), 12)
    yield drawn(((3, 2, 6, 4), (3, 2, 3, 2), (3, 2, 1, 1)), 2)


def drawn(shapes: tuple[tuple[int, ...], ...], bits: int) -> Case:
    """Draw random maps of these shapes, and a matrix for each."""
    import torch

    generator = torch.Generator().manual_seed(5)
    maps = [torch.randn(*shape, generator=generator) for shape in shapes]
    return maps, [torch.randn(shape[1], bits, generator=generator) for shape in shapes]


def shapes_fit(attempt: Attempt, maps: list[Any], weights: list[Any]) -> None:
    """Judge: a row per picture, a column per bit."""
    shape = tuple(getattr(attempt(maps, weights), "shape", ()))
    expected = (len(maps[0]), weights[0].shape[1])
    if shape != expected:
        raise Wrong(f"{attempt.call} gave shape {shape}, expected {expected}.")


def by_definition(maps: list[Any], weights: list[Any]) -> list[list[float]]:
    """Sum over scales and channels the mean over the map, times the weight."""
    out = [[0.0] * weights[0].shape[1] for _ in range(len(maps[0]))]
    for map_, weight in zip(maps, weights, strict=True):
        for i, row in enumerate(out):
            for c in range(map_.shape[1]):
                for k in range(len(row)):
                    row[k] += float(map_[i, c].double().mean()) * float(weight[c, k])
    return out


def gradient_reaches(attempt: Attempt, maps: list[Any], weights: list[Any]) -> None:
    """Judge: every map and every matrix has a gradient that is not zero."""
    import torch

    came = attempt(*([leaf.clone().requires_grad_() for leaf in part] for part in (maps, weights)))
    if not isinstance(came, torch.Tensor) or not came.requires_grad:
        raise Wrong(f"{attempt.gave} without a gradient; stay in torch.")
    inputs = [*attempt.given[0], *attempt.given[1]]
    found = torch.autograd.grad(came.square().sum(), inputs, allow_unused=True)
    for place, gradient in enumerate(found):
        if gradient is None or not bool(gradient.abs().max() > 0):
            kind = "map" if place < len(maps) else "matrix"
            raise Wrong(f"With {attempt.call} no gradient reaches {kind} {place % len(maps)}.")


agrees = same_as(by_definition, TOLERANCE)


def pooled_sum(maps: list[Any], weights: list[Any]) -> Any:
    """Pool every map to a row per picture, and add up what the matrices make of it."""
    return sum(m.flatten(2).mean(2) @ w for m, w in zip(maps, weights, strict=True))


fuse = Exercise(
    name="fuse",
    notebook="08",
    passed="fuse makes one code of all scales, and every scale can learn.",
    rules=(
        Rule("One scale gives a row per picture and a column per bit.", one_scale, shapes_fit),
        Rule("A scale alone is pooled and multiplied by its matrix.", one_scale, agrees),
        Rule("Several scales give one row per picture too.", several, shapes_fit),
        Rule("The parts of all scales are added.", several, agrees),
        Rule("The gradient reaches every map and every matrix.", several, gradient_reaches),
    ),
    hints=(
        "Maps differ in size, so pool each one first: its mean over height and width leaves a row "
        "of channels for each picture.",
        "map.mean((2, 3)) has the shape pictures × channels, its matrix channels × bits. So "
        "map.mean((2, 3)) @ matrix is what the scale adds to each output.",
        "return sum(m.mean((2, 3)) @ w for m, w in zip(maps, weights))",
    ),
    library=pooled_sum,
)
"""The check of `fuse(maps, weights)`."""
