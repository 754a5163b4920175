"""Notebook 12: a picture that looks like another one and has the code of a stranger."""

from collections.abc import Iterator
from typing import Any

from hashviz_course.check.asking import Asked
from hashviz_course.check.core import Exercise, Rule

BITS = 8


def line() -> Iterator[tuple[Any, ...]]:
    """A bit that is the sign of one pixel or of a sum of pixels; epsilon is just enough."""
    import torch

    for pixels, epsilon in ((1, 10), (2, 6), (4, 3)):
        layer = torch.nn.Linear(pixels, 1)
        layer.weight.data[:], layer.bias.data[:] = 1.0, -100.0 * pixels
        network = torch.nn.Sequential(torch.nn.Flatten(), layer)
        image = torch.full((1, 1, 1, pixels), 100.0 - epsilon + 1)
        yield frozen(network), image, torch.tensor([1.0]), epsilon


def networks() -> Iterator[tuple[Any, ...]]:
    """Small networks with a bend, eight bits, and the code of another picture."""
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
    """A picture in which most pixels are black already: they cannot become darker."""
    import torch

    layer = torch.nn.Linear(4, 2)
    layer.weight.data[:] = torch.tensor([[-1.0, 1.0, 0.0, 0.0], [0.0, 0.0, -1.0, 1.0]])
    layer.bias.data[:] = -8.0
    network = torch.nn.Sequential(torch.nn.Flatten(), layer)
    image = torch.zeros(1, 1, 2, 2)
    yield frozen(network), image, torch.tensor([1.0, 1.0]), 10
    yield frozen(network), image + 255, torch.tensor([1.0, 1.0]), 10


def frozen(network: Any) -> Any:
    """A network whose weights are no longer learned."""
    return network.eval().requires_grad_(False)


def codes(network: Any, image: Any) -> Any:
    """The code of a picture: signs, zero counts as +1."""
    import torch

    with torch.no_grad():
        return torch.where(network(image)[0] >= 0, 1.0, -1.0)


def asked(ask: Asked, network: Any, image: Any, target: Any, epsilon: int) -> tuple[Any, str]:
    """The learner's picture as numbers, and how to speak of the case."""
    import torch

    came = torch.as_tensor(ask(network, image, target, epsilon)).detach().float()
    height, width = image.shape[2:]
    return came, f"For a picture of {height} × {width} pixels and epsilon={epsilon}"


def is_a_picture(ask: Asked, network: Any, image: Any, target: Any, epsilon: int) -> str | None:
    """Judge: whole numbers from 0 to 255, in the shape of the picture."""
    came, where = asked(ask, network, image, target, epsilon)
    if came.shape != image.shape:
        return f"{where} came shape {tuple(came.shape)}, expected {tuple(image.shape)}."
    if not bool((came == came.round()).all()):
        return f"{where} came pixel values with fractions; round them, a file can hold no others."
    if float(came.min()) < 0 or float(came.max()) > 255:
        low, high = float(came.min()), float(came.max())
        return f"{where} came values from {low:g} to {high:g}, expected 0 to 255."
    return None


def is_near(ask: Asked, network: Any, image: Any, target: Any, epsilon: int) -> str | None:
    """Judge: no pixel is changed by more than epsilon."""
    came, where = asked(ask, network, image, target, epsilon)
    most = float((came - image).abs().max())
    return None if most <= epsilon else f"{where} a pixel was changed by {most:g}."


def collides(ask: Asked, network: Any, image: Any, target: Any, epsilon: int) -> str | None:
    """Judge: encoded again, the picture has the code that was aimed at."""
    came, where = asked(ask, network, image, target, epsilon)
    off = int((codes(network, came) != target).sum())
    if off == 0:
        return None
    return f"{where} we encoded your picture: {off} of {len(target)} bits are not the target's."


collide = Exercise(
    name="collide",
    notebook="12",
    passed="collide makes pictures that look alike and carry the code of a stranger.",
    rules=(
        Rule("What comes back is a picture: whole numbers from 0 to 255.", dark, is_a_picture),
        Rule("The same holds for a network.", networks, is_a_picture),
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
        "epsilon, then to 0 and 255. In the end round, and keep the best of all steps.",
        "for _ in range(50): x = x.detach().requires_grad_(); loss = "
        "torch.nn.functional.softplus(-target * network(x)[0]).sum(); (slope,) = "
        "torch.autograd.grad(loss, x); x = (x - epsilon / 5 * slope.sign()).clamp(low, "
        "high).round()",
    ),
)
