"""Answers to the first exercise of notebook 12."""

import torch
from torch.nn.functional import softplus


def attack(
    network, image, target, epsilon, *, steps=60, signed=True, limit=True, valid=True,
    rounded=True, aim=1.0, best=True, reach=1.0,
):  # fmt: skip
    epsilon = epsilon * reach
    low, high = image - epsilon, image + epsilon
    if valid:
        low, high = low.clamp(min=0), high.clamp(max=255)
    x, kept, fewest = image, image, len(target) + 1
    for _ in range(steps + 1):
        x = x.detach().requires_grad_()
        outputs = network(x.round() if rounded and not x.requires_grad else x)[0]
        (slope,) = torch.autograd.grad(softplus(-aim * target * outputs).sum(), x)
        seen = x.detach().round() if rounded else x.detach()
        with torch.no_grad():
            wrong = int(((network(seen)[0] >= 0) != (target > 0)).sum())
        if wrong < fewest or not best:
            kept, fewest = seen, wrong
        x = x.detach() - epsilon / 5 * (slope.sign() if signed else slope)
        x = x.clamp(min=low, max=high) if limit else x.clamp(0, 255)
    return kept


def with_adam(network, image, target, epsilon):
    low, high = (image - epsilon).clamp(min=0), (image + epsilon).clamp(max=255)
    change = torch.zeros_like(image).requires_grad_()
    optimizer = torch.optim.Adam([change], lr=epsilon / 5)
    for _ in range(200):
        x = torch.minimum(torch.maximum(image + change, low), high)
        with torch.no_grad():
            if bool(((network(x.round())[0] >= 0) == (target > 0)).all()):
                break
        optimizer.zero_grad()
        torch.relu(0.2 - target * network(x)[0]).sum().backward()
        optimizer.step()
    return x.detach().round().numpy()


def with_(**changed):
    return lambda network, image, target, epsilon: attack(
        network, image, target, epsilon, **changed
    )


def noise(network, image, target, epsilon):
    generator = torch.Generator().manual_seed(0)
    change = torch.randint(-int(epsilon), int(epsilon) + 1, image.shape, generator=generator)
    return (image + change).clamp(0, 255)


RIGHT = {"solution": attack, "Adam, as an array": with_adam}
WRONG = {
    "the picture itself": lambda network, image, target, epsilon: image,
    "noise": noise,
    "away from the target": with_(aim=-1.0),
    "no limit": with_(limit=False, best=False),
    "twice epsilon": with_(reach=2.0),
    "half of epsilon": with_(reach=0.5),
    "blacker than black": with_(valid=False),
    "not rounded": with_(rounded=False, reach=0.97),
    "the slope itself": with_(signed=False, steps=3),
    "one step": with_(steps=1),
    "a channel lost": lambda *case: attack(*case)[0, 0],
    "bright everywhere": lambda n, image, t, epsilon: (image + epsilon).clamp(max=255),
    "the target": lambda network, image, target, epsilon: target,
}
