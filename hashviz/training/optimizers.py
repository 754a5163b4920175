"""Optimizers by name, among them Muon, which the CIFAR-10 speed runs use for convolutions."""

from collections.abc import Iterable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hashviz.models.networks import HashNetwork


def orthogonalize(matrix: Float[Tensor, "rows columns"]) -> Float[Tensor, "rows columns"]:
    r"""Return roughly the nearest orthogonal matrix, by five Newton-Schulz steps to $U V^\top$.

    $$X \leftarrow a X + (b\,A + c\,A^2) X, \quad A = X X^\top$$

    Singular values end up near 1 (between 0.7 and 1.2), which is all that the optimizer needs.
    """
    x = matrix / (matrix.norm() + 1e-7)
    tall = x.shape[0] > x.shape[1]
    x = x.T if tall else x
    for _ in range(5):
        a = x @ x.T
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
    return x.T if tall else x


class Muon(torch.optim.Optimizer):
    """Momentum, orthogonalized per filter bank; Jordan et al. 2024, https://kellerjordan.github.io/posts/muon

    torch has Muon for matrices only; this one flattens a convolution to [out, in * height * width]
    and, as in the CIFAR-10 speed runs, keeps the norm of every filter bank fixed.
    """

    def __init__(self, params: Iterable[Any], lr: float, momentum: float = 0.6) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """Move every filter bank along the orthogonalized Nesterov momentum."""
        del closure
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state["momentum"] = torch.zeros_like(p)
                velocity = state["momentum"].mul_(group["momentum"]).add_(p.grad)
                update = p.grad.add(velocity, alpha=group["momentum"])
                p.mul_(len(p) ** 0.5 / p.norm())
                p.add_(orthogonalize(update.reshape(len(p), -1)).view_as(p), alpha=-group["lr"])


def make_optimizers(
    name: str,
    model: nn.Module,
    loss: nn.Module,
    lr: float,
    weight_decay: float,
    backbone_rate: float = 1.0,
) -> list[torch.optim.Optimizer]:
    """Make one optimizer for all weights, or Muon for the filters and AdamW for the rest.

    Only parameters that require a gradient are trained. Biases and norms are not decayed. A
    pretrained backbone moves more slowly: its learning rates are multiplied by `backbone_rate`.
    """
    core = model.backbone.core if isinstance(model, HashNetwork) else nn.Module()
    known = {id(p) for p in core.parameters()}
    trained = [p for m in (model, loss) for p in m.parameters() if p.requires_grad]
    filters, others = [], []
    for in_core, rate in ((False, lr), (True, lr * backbone_rate)):
        part = [p for p in trained if (id(p) in known) == in_core]
        banks = [p for p in part if name == "muon" and p.ndim == 4]
        flat = [p for p in part if name != "muon" or p.ndim != 4]
        # Muon's step has a fixed length, Adam's a much smaller one: 0.24 goes with 0.01.
        slow = rate / 24 if name == "muon" else rate
        filters += [{"params": banks, "lr": rate}] if banks else []
        for is_matrix, decay in ((True, weight_decay), (False, 0.0)):
            group = [p for p in flat if (p.ndim > 1) == is_matrix]
            others += [{"params": group, "lr": slow, "weight_decay": decay}] if group else []
    if name == "sgd":
        return [torch.optim.SGD(others, lr=lr, momentum=0.9, nesterov=True)]
    optimizers: list[torch.optim.Optimizer] = [Muon(filters, lr=lr)] if filters else []
    return [*optimizers, torch.optim.AdamW(others)] if others else optimizers
