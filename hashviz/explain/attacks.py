"""How much of a picture must change until its code does: one attack at many sizes of change.

All sizes are tried side by side in one batch, so that a slider over them has its answers at once.
"""

from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float, Float32, Int8, Int64, UInt8
from torch import Tensor
from torch.nn import functional

from hashviz.codes import as_numpy, sign
from hashviz.models.networks import HashNetwork

BETWEEN = 8
"""Sizes tried between the last that failed and the first that reached the target."""


@dataclass(frozen=True, eq=False)
class AttackPath:
    """The best picture within each size of change; a larger size never does worse."""

    epsilons: Int64[np.ndarray, " sizes"]
    """How far each pixel value may move, of 255; ascending."""
    images: UInt8[np.ndarray, "sizes height width channels"]
    codes: Int8[np.ndarray, "sizes bits"]
    outputs: Float32[np.ndarray, "sizes bits"]
    own: Int8[np.ndarray, " bits"]
    """The code of the picture itself."""
    target: Int8[np.ndarray, " bits"]
    """The code to be reached; without one, the opposite of the own."""

    @property
    def flipped(self) -> Int64[np.ndarray, " sizes"]:
        """Bits that differ from the picture's own code."""
        return (self.codes != self.own).sum(1)

    @property
    def to_target(self) -> Int64[np.ndarray, " sizes"]:
        """Bits that differ from the target."""
        return (self.codes != self.target).sum(1)

    @property
    def collides(self) -> int | None:
        """The smallest size at which the target was reached; None when it never was."""
        reached = np.flatnonzero(self.to_target == 0)
        return int(self.epsilons[reached[0]]) if len(reached) else None


def attack_path(
    model: HashNetwork,
    image: UInt8[np.ndarray, "height width channels"],
    epsilons: tuple[int, ...],
    *,
    steps: int = 20,
    target: Int8[np.ndarray, " bits"] | None = None,
) -> AttackPath:
    r"""Return, for every size of change, the picture whose code is farthest from its own.

    With a `target`, it is the picture whose code comes nearest to the target. For each $\epsilon$

    $$x \leftarrow \Pi_{\epsilon} \bigl(x - 2.5 \tfrac{\epsilon}{T} \operatorname{sign} \nabla
      \textstyle\sum_k \log(1 + e^{-w_k u_k / s})\bigr)$$

    with w the target, or minus the picture's own code, s the mean size of an output and T steps:
    projected gradient descent (Madry et al., ICLR 2018). The gradient is taken at the picture
    rounded to whole pixel values, which is the one that is judged, and the best of all steps is
    kept. What a smaller size found is allowed for a larger one.

    Raises:
        ValueError: when the sizes do not ascend from 0, there are no steps, or the outputs do not
            depend on the pixels in a way that has a slope.
    """
    sizes = np.array(epsilons, np.int64)
    if not len(sizes) or sizes[0] < 0 or (np.diff(sizes) <= 0).any() or steps < 1:
        raise ValueError(
            f"An attack has steps, and sizes of change that ascend from 0, got {steps=}, {sizes=}."
        )
    device = next(iter(model.buffers())).device
    model.eval()
    pixels = torch.from_numpy(np.array(image)).to(device).permute(2, 0, 1).float()
    start = pixels[None].repeat(len(sizes), 1, 1, 1)
    room = torch.from_numpy(sizes).to(start)[:, None, None, None]
    low, high = (start - room).clamp(min=0), (start + room).clamp(max=255)
    x = start
    rounded, now = _seen(model, x)
    outputs = as_numpy(now.float())
    own = sign(outputs[:1])[0]
    aim = -own if target is None else target
    signs, scale = torch.from_numpy(aim).to(now), now.detach().abs().mean().clamp(min=1e-6)
    best, apart = rounded.detach().clone(), (sign(outputs) != aim).sum(1)
    for _ in range(steps):
        slope = _slope(functional.softplus(-signs * now / scale).sum(), rounded)
        x = torch.clamp(x - 2.5 / steps * room * slope.sign(), low, high)
        rounded, now = _seen(model, x)
        seen = as_numpy(now.float())
        bits = (sign(seen) != aim).sum(1)
        better = np.flatnonzero(bits < apart)
        apart[better], outputs[better] = bits[better], seen[better]
        best[better] = rounded.detach()[better]
    images = as_numpy(best.permute(0, 2, 3, 1).byte())
    return _best_so_far(AttackPath(sizes, images, sign(outputs), outputs, own, aim))


def collision_path(
    model: HashNetwork,
    image: UInt8[np.ndarray, "height width channels"],
    target: Int8[np.ndarray, " bits"],
    epsilons: tuple[int, ...],
    *,
    steps: int = 20,
) -> AttackPath:
    """Return `attack_path` to a target, with more sizes just below the first that reaches it."""
    coarse = attack_path(model, image, epsilons, steps=steps, target=target)
    if not coarse.collides:
        return coarse
    first = int(np.flatnonzero(coarse.epsilons == coarse.collides)[0])
    below = int(coarse.epsilons[first - 1])
    between = np.unique(np.linspace(below, coarse.collides, BETWEEN + 2).round().astype(int))[1:-1]
    if not len(between):
        return coarse
    fine = attack_path(model, image, tuple(between.tolist()), steps=steps, target=target)
    order = np.argsort(np.concatenate([coarse.epsilons, fine.epsilons]))
    names = ("epsilons", "images", "codes", "outputs")
    both = {n: np.concatenate([getattr(coarse, n), getattr(fine, n)])[order] for n in names}
    return _best_so_far(replace(coarse, **both))


def _best_so_far(path: AttackPath) -> AttackPath:
    """Let every size keep what a smaller one found, where its own search was less lucky."""
    kept, apart = np.arange(len(path.epsilons)), path.to_target
    for place in kept[1:]:
        if apart[kept[place]] > apart[kept[place - 1]]:
            kept[place] = kept[place - 1]
    chosen = {name: getattr(path, name)[kept] for name in ("images", "codes", "outputs")}
    return replace(path, **chosen)


def _seen(model: HashNetwork, x: Float[Tensor, "n channels height width"]) -> tuple[Tensor, Tensor]:
    """Return the pictures in whole pixel values, and their outputs."""
    rounded = x.round().requires_grad_()
    with torch.enable_grad():
        return rounded, model(rounded)


def _slope(loss: Tensor, pixels: Tensor) -> Tensor:
    """Return the gradient at the pixels."""
    slope = None
    if loss.requires_grad:
        (slope,) = torch.autograd.grad(loss, pixels, allow_unused=True)
    if slope is None or not slope.any():
        raise ValueError("This network has no gradient at the pixels; choose another run.")
    return slope
