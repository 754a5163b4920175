"""Notebook 08: one code from the feature maps of several layers."""

from collections.abc import Iterator
from typing import Any

from hashviz_course.check.asking import Asked, call
from hashviz_course.check.core import Exercise, Rule
from hashviz_course.check.words import shown

Case = tuple[list[Any], list[Any]]
TOLERANCE = 1e-4


def one_scale() -> Iterator[Case]:
    """A single map: pooling and a matrix."""
    import torch

    yield [torch.tensor([[[[1.0, 3.0]]]])], [torch.tensor([[2.0]])]
    yield [torch.tensor([[[[1.0, 3.0], [0.0, 4.0]]]])], [torch.tensor([[1.0, -1.0]])]
    yield next(drawn(((3, 2, 4, 4),), 5))


def several() -> Iterator[Case]:
    """Maps of the sizes that layers have: finer ones are larger and have fewer channels."""
    import torch

    yield (
        [torch.tensor([[[[1.0, 3.0]]]]), torch.tensor([[[[5.0]]]])],
        [torch.tensor([[2.0]]), torch.tensor([[3.0]])],
    )
    yield from drawn(((2, 2, 4, 4), (2, 3, 2, 2)), 3)
    yield from drawn(((5, 4, 8, 8), (5, 8, 4, 4), (5, 16, 2, 2)), 12)
    yield from drawn(((3, 2, 6, 4), (3, 2, 3, 2), (3, 2, 1, 1)), 2)


def drawn(shapes: tuple[tuple[int, ...], ...], bits: int) -> Iterator[Case]:
    """Random maps of these shapes, and a matrix for each."""
    import torch

    generator = torch.Generator().manual_seed(5)
    yield (
        [torch.randn(*shape, generator=generator) for shape in shapes],
        [torch.randn(shape[1], bits, generator=generator) for shape in shapes],
    )


def shapes_fit(ask: Asked, maps: list[Any], weights: list[Any]) -> str | None:
    """Judge: a row per picture, a column per bit."""
    came, what = ask(maps, weights), call(ask.name, (maps, weights))
    expected = (len(maps[0]), weights[0].shape[1])
    shape = tuple(getattr(came, "shape", ()))
    return None if shape == expected else f"{what} gave shape {shape}, expected {expected}."


def by_definition(maps: list[Any], weights: list[Any]) -> list[list[float]]:
    """Sum over scales and channels of the mean over the map, times the weight."""
    n, bits = len(maps[0]), weights[0].shape[1]
    return [
        [
            sum(
                float(map_[i, c].double().mean()) * float(weight[c, k])
                for map_, weight in zip(maps, weights, strict=True)
                for c in range(map_.shape[1])
            )
            for k in range(bits)
        ]
        for i in range(n)
    ]


def formula_holds(ask: Asked, maps: list[Any], weights: list[Any]) -> str | None:
    """Judge: the sum of the pooled maps times their matrices."""
    import torch

    if wrong := shapes_fit(ask, maps, weights):
        return wrong
    came, right = torch.as_tensor(ask(maps, weights)).detach(), by_definition(maps, weights)
    expected = torch.tensor(right)
    if bool((came.double() - expected.double()).abs().max() <= TOLERANCE):
        return None
    return f"{call(ask.name, (maps, weights))} gave {shown(came)}, expected {shown(expected)}."


def gradient_reaches(ask: Asked, maps: list[Any], weights: list[Any]) -> str | None:
    """Judge: every map and every matrix has a gradient that is not zero."""
    import torch

    came = ask(
        [map_.clone().requires_grad_() for map_ in maps],
        [weight.clone().requires_grad_() for weight in weights],
    )
    what = call(ask.name, (maps, weights))
    if not isinstance(came, torch.Tensor) or not came.requires_grad:
        return f"{what} gave {shown(came)} without a gradient; stay in torch."
    inputs = [map_.clone().requires_grad_() for map_ in maps]
    matrices = [weight.clone().requires_grad_() for weight in weights]
    out = ask.function(inputs, matrices)
    found = torch.autograd.grad(out.square().sum(), [*inputs, *matrices], allow_unused=True)
    for place, gradient in enumerate(found):
        if gradient is None or not bool(gradient.abs().max() > 0):
            kind = "map" if place < len(maps) else "matrix"
            return f"With {what} no gradient reaches {kind} {place % len(maps)}."
    return None


fuse = Exercise(
    name="fuse",
    notebook="08",
    passed="fuse makes one code of all scales, and every scale can learn.",
    rules=(
        Rule("One scale gives a row per picture and a column per bit.", one_scale, shapes_fit),
        Rule("A scale alone is pooled and multiplied by its matrix.", one_scale, formula_holds),
        Rule("Several scales give one row per picture too.", several, shapes_fit),
        Rule("The parts of all scales are added.", several, formula_holds),
        Rule("The gradient reaches every map and every matrix.", several, gradient_reaches),
    ),
    hints=(
        "Maps differ in size, so pool each one first: its mean over height and width leaves a row "
        "of channels for each picture.",
        "map.mean((2, 3)) has the shape pictures × channels, its matrix channels × bits. So "
        "map.mean((2, 3)) @ matrix is what the scale adds to each output.",
        "return sum(m.mean((2, 3)) @ w for m, w in zip(maps, weights))",
    ),
)
"""The check of `fuse(maps, weights)`."""
