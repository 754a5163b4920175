"""Notebook 12: a picture with the code of an unrelated one, and what a bit stands for."""

from collections.abc import Iterator
from math import log2
from typing import Any

import numpy as np

from hashviz_course.checks.exercise import Attempt, Exercise, Rule, Wrong, same_as

BITS = 8
NOTHING = "nothing"

Bit = list[int]
Attributes = dict[str, list[int]]

# ---------------------------------------------------------------- collide


def line() -> Iterator[tuple[Any, ...]]:
    """Make a bit that is the sign of one pixel or of a sum of pixels; epsilon is just enough."""
    import torch

    for pixels, epsilon in ((1, 10), (2, 6), (4, 3)):
        layer = torch.nn.Linear(pixels, 1)
        layer.weight.data[:], layer.bias.data[:] = 1.0, -100.0 * pixels
        network = torch.nn.Sequential(torch.nn.Flatten(), layer)
        image = torch.full((1, 1, 1, pixels), 100.0 - epsilon + 1)
        yield frozen(network), image, torch.tensor([1.0]), epsilon


def networks() -> Iterator[tuple[Any, ...]]:
    """Make small nonlinear networks of eight bits, and the code of another picture."""
    import torch

    generator = torch.Generator().manual_seed(12)
    for side, epsilon in ((6, 60), (8, 48), (10, 40)):
        shapes = (48, side * side), (BITS, 48)
        weights = [torch.randn(shape, generator=generator) / shape[1] ** 0.5 for shape in shapes]
        first, last = (torch.nn.Linear(shape[1], shape[0], bias=False) for shape in shapes)
        first.weight.data[:], last.weight.data[:] = weights[0] / 60, weights[1]
        network = torch.nn.Sequential(torch.nn.Flatten(), first, torch.nn.Tanh(), last)
        image, other = torch.randint(60, 196, (2, 1, 1, side, side), generator=generator).float()
        yield frozen(network), image, codes(network, other), epsilon


def dark() -> Iterator[tuple[Any, ...]]:
    """Make a black picture and a white one: no pixel can become darker or brighter."""
    import torch

    layer = torch.nn.Linear(4, 2)
    layer.weight.data[:] = torch.tensor([[-1.0, 1.0, 0.0, 0.0], [0.0, 0.0, -1.0, 1.0]])
    layer.bias.data[:] = -8.0
    network = torch.nn.Sequential(torch.nn.Flatten(), layer)
    image = torch.zeros(1, 1, 2, 2)
    yield frozen(network), image, torch.tensor([1.0, 1.0]), 10
    yield frozen(network), image + 255, torch.tensor([1.0, 1.0]), 10


def frozen(network: Any) -> Any:
    """Return the network with weights that are no longer learned."""
    return network.eval().requires_grad_(False)


def codes(network: Any, image: Any) -> Any:
    """Return the code of a picture: signs, zero counts as +1."""
    import torch

    with torch.no_grad():
        return torch.where(network(image)[0] >= 0, 1.0, -1.0)


def picture_of(
    attempt: Attempt, network: Any, image: Any, target: Any, epsilon: int
) -> tuple[Any, str]:
    """Judge: whole numbers from 0 to 255 in the shape of the picture; return it and the case."""
    import torch

    came = torch.as_tensor(attempt(network, image, target, epsilon)).detach().float()
    height, width = image.shape[2:]
    case = f"For a picture of {height} × {width} pixels and epsilon={epsilon}"
    if came.shape != image.shape:
        raise Wrong(f"{case} the shape is {tuple(came.shape)}, expected {tuple(image.shape)}.")
    if not bool((came == came.round()).all()):
        raise Wrong(f"{case} pixels have fractions; round them, a file cannot hold them.")
    low, high = float(came.min()), float(came.max())
    if low < 0 or high > 255:
        raise Wrong(f"{case} pixels go from {low:g} to {high:g}, expected 0 to 255.")
    return came, case


def is_near(attempt: Attempt, network: Any, image: Any, target: Any, epsilon: int) -> None:
    """Judge: no pixel is changed by more than epsilon."""
    came, case = picture_of(attempt, network, image, target, epsilon)
    most = float((came - image).abs().max())
    if not most <= epsilon:
        raise Wrong(f"{case} a pixel was changed by {most:g}.")


def collides(attempt: Attempt, network: Any, image: Any, target: Any, epsilon: int) -> None:
    """Judge: encoded again, the picture has the target code."""
    came, case = picture_of(attempt, network, image, target, epsilon)
    off = int((codes(network, came) != target).sum())
    if off:
        differ = f"{off} of {len(target)} bits differ from the target"
        raise Wrong(f"{case} we encoded your picture: {differ}.")


collide = Exercise(
    name="collide",
    notebook="12",
    passed="collide makes pictures that look the same and have the code of an unrelated one.",
    rules=(
        Rule("The result is a picture: whole numbers from 0 to 255.", dark, picture_of),
        Rule("The same holds for a network.", networks, picture_of),
        Rule("No pixel changes by more than epsilon.", line, is_near),
        Rule("The same holds for a network of more layers.", networks, is_near),
        Rule("One bit: encoded again, the picture has the target's code.", line, collides),
        Rule("Black and white pixels: the code is the target's.", dark, collides),
        Rule("Eight bits: encoded again, the picture has the target's code.", networks, collides),
    ),
    hints=(
        "Go downhill on a loss that is small when all signs agree, such as "
        "torch.nn.functional.softplus(-target * outputs).sum(). Its gradient at the pixels says in "
        "which direction to change each.",
        "Step by the sign of the gradient; after each step clamp to image - epsilon and image + "
        "epsilon, then to 0 and 255. At the end round, and keep the best of all steps.",
        "for _ in range(50): x = x.detach().requires_grad_(); loss = "
        "torch.nn.functional.softplus(-target * network(x)[0]).sum(); (slope,) = "
        "torch.autograd.grad(loss, x); x = (x - epsilon / 5 * slope.sign()).clamp(low, "
        "high).round()",
    ),
)

# ---------------------------------------------------------------- name_bit


def information(bit: Bit, values: list[int]) -> float:
    """Return the mutual information in bits, from the observed shares."""
    n, total = len(bit), 0.0
    for b in set(bit):
        for v in set(values):
            both = sum(x == b and y == v for x, y in zip(bit, values, strict=True)) / n
            if both:
                total += both * log2(both / (bit.count(b) / n * values.count(v) / n))
    return total


def by_definition(bit: Bit, attributes: Attributes, threshold: float) -> str:
    """Return the attribute that the bit tells most about, if that is the threshold or more."""
    known = {name: information(bit, values) for name, values in attributes.items()}
    best = max(known, key=lambda name: known[name])
    return best if known[best] >= threshold else NOTHING


def clear() -> Iterator[tuple[Bit, Attributes, float]]:
    """Make a bit that is an attribute, or its opposite."""
    yield [1, -1], {"red": [1, 0]}, 0.9
    yield [1, -1], {"red": [1, 1], "round": [1, 0]}, 0.5
    yield [1, 1, -1, -1], {"round": [0, 0, 1, 1], "red": [1, 0, 1, 0]}, 0.5
    yield [1, 1, -1, -1, -1], {"blue": [0, 1, 1, 0, 0], "red": [0, 0, 1, 1, 1]}, 0.5


def rare() -> Iterator[tuple[Bit, Attributes, float]]:
    """Make a rare attribute, which agrees with the bit almost always and says little."""
    yield [1, 1, 1, 1, 1, 1, -1, -1], {"rare": [0] * 8, "often": [1, 1, 1, 1, 0, 1, 0, 0]}, 0.1
    yield [-1] * 6 + [1] * 2, {"rare": [1] + [0] * 7, "round": [0, 0, 0, 0, 1, 1, 1, 1]}, 0.1
    yield [1] * 5 + [-1] * 5, {"rare": [1] + [0] * 9, "other": [0] * 4 + [1] * 6}, 0.1


def nothing() -> Iterator[tuple[Bit, Attributes, float]]:
    """Make bits that know nothing, or less than the threshold; constant ones among them."""
    yield [1, 1], {"red": [1, 0]}, 0.1
    yield [1, 1, -1, -1], {"red": [1, 0, 1, 0], "round": [1, 0, 0, 1]}, 0.1
    yield [1, 1, 1, -1], {"red": [1, 1, 0, 0]}, 0.5
    yield [1, -1] * 6, {"red": [1, 0] * 4 + [0, 1] * 2}, 0.2


def numbers() -> Iterator[tuple[Bit, Attributes, float]]:
    """Make attributes with more than two values, and many pictures."""
    yield [1, 1, -1, -1, 1, -1], {"objects": [1, 1, 2, 3, 1, 2], "red": [1, 1, 0, 1, 1, 0]}, 0.1
    yield [1, -1, 1, -1, 1, -1], {"objects": [1, 2, 3, 2, 1, 2], "red": [1, 0, 1, 0, 0, 0]}, 0.1
    rng = np.random.default_rng(14)
    for n in (20, 60, 150):
        bit = np.where(rng.random(n) < 0.4, 1, -1)
        given = {
            "objects": np.where(bit > 0, rng.integers(1, 3, n), rng.integers(2, 5, n)).tolist(),
            "red": ((bit > 0) ^ (rng.random(n) < 0.3)).astype(int).tolist(),
            "left": rng.integers(0, 2, n).tolist(),
        }
        yield bit.tolist(), given, 0.15


agrees = same_as(by_definition)

name_bit = Exercise(
    name="name_bit",
    notebook="12",
    passed="name_bit names what a bit knows, and says nothing where it knows nothing.",
    rules=(
        Rule("A bit that equals an attribute, or its opposite, is named after it.", clear,
             agrees),
        Rule("Agreement is not information: a rare attribute agrees with many bits.", rare,
             agrees),
        Rule('Below the threshold the answer is "nothing".', nothing, agrees),
        Rule("Attributes may have many values.", numbers, agrees),
    ),
    hints=(
        "For each attribute: the share p of pictures with bit b and value v, against the product "
        "of the two single shares. If bit and attribute were independent, both would be equal.",
        "Sum p * log2(p / (share of b * share of v)) over all b and v with p > 0. Take the "
        'attribute with the largest sum; if it is below the threshold, return "nothing".',
        "p = sum(x == b and y == v for x, y in zip(bit, values)) / n; total += p * log2(p / "
        "(bit.count(b) / n * values.count(v) / n))",
    ),
    library=by_definition,
)  # fmt: skip
