"""The network in several processes: each computes its shard of a batch, all get the whole."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.parallel import DistributedDataParallel

from hashviz.models import distributed
from hashviz.models.networks import HashNetwork


class Forward(nn.Module):
    """Features and outputs of a network, in one call that DistributedDataParallel can wrap."""

    def __init__(self, network: HashNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        features = self.network.embed(pictures)
        return features, self.network.head(features)


def in_parallel(model: HashNetwork) -> Callable[[Tensor, int], tuple[Tensor, Tensor]]:
    """Return a function from a shard of the images and the batch size to all features and outputs.

    In a single process it is the network itself. Otherwise batch norms see the whole batch from now
    on, and the gradients that reach the weights are means over the processes.
    """
    forward = Forward(model)
    if distributed.world_size() == 1:
        return lambda pictures, total: forward(pictures)
    share_norms(model)
    device = next(model.parameters()).device
    own = [device.index] if device.type == "cuda" else None
    # Weights that no output depends on are the same in every step, so the graph is static.
    wrapped = DistributedDataParallel(forward, device_ids=own, static_graph=True)

    def network(pictures: Tensor, total: int) -> tuple[Tensor, Tensor]:
        lengths = [part.stop - part.start for part in distributed.shards(total)]
        features, outputs = (distributed.all_gather(x.float(), lengths) for x in wrapped(pictures))
        return features, outputs

    return network


class SharedNorm(_BatchNorm):
    """Batch norm over the shards of all processes, of whatever sizes.

    torch's own SyncBatchNorm does this on GPUs only; this one works on every device. Each process
    gathers the counts, means and variances of all in float32, and combines them without
    subtracting large numbers:

    $$\\mu = \\sum_r \\frac{n_r}n \\mu_r, \\quad
      \\sigma^2 = \\sum_r \\frac{n_r}n \\bigl(\\sigma_r^2 + (\\mu_r - \\mu)^2\\bigr)$$
    """

    def _check_input_dim(self, input: Tensor) -> None:
        del input

    def forward(self, input: Float[Tensor, "n channels ..."]) -> Float[Tensor, "n channels ..."]:
        n = distributed.world_size()
        if not self.training or n == 1:
            return super().forward(input)
        axes = (0, *range(2, input.ndim))
        shape = (1, -1, *(1,) * (input.ndim - 2))
        values = input.float()
        own_variance, own_mean = torch.var_mean(values, axes, correction=0)
        count = torch.full_like(own_mean, values.numel() / len(own_mean))
        own = torch.stack([count, own_mean, own_variance])[None]
        counts, means, variances = distributed.all_gather(own, [1] * n).unbind(1)
        share, total = counts / counts.sum(0), counts[:, 0].sum()
        mean = (share * means).sum(0)
        variance = (share * (variances + (means - mean).square())).sum(0)
        self._remember(mean.detach(), variance.detach() * total / (total - 1))
        scale = (variance + self.eps).rsqrt()
        normed = (values - mean.view(shape)) * scale.view(shape)
        if self.affine:
            normed = normed * self.weight.view(shape) + self.bias.view(shape)
        return normed.to(input.dtype)

    @torch.no_grad()
    def _remember(self, mean: Tensor, variance: Tensor) -> None:
        """Update the running statistics; the variance comes with Bessel's correction."""
        if self.running_mean is None or self.running_var is None:
            return
        assert self.num_batches_tracked is not None  # it comes with the running statistics
        self.num_batches_tracked.add_(1)
        rate = 1 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean, rate)
        self.running_var.lerp_(variance, rate)


def share_norms(model: nn.Module) -> None:
    """Turn batch norms into `SharedNorm`s, with the weights that optimizers may already hold."""
    for norm in model.modules():
        if isinstance(norm, nn.BatchNorm1d | nn.BatchNorm2d):
            norm.__class__ = SharedNorm  # type: ignore[assignment]
