"""What every backbone offers: a feature map for each scale, finest first, and a feature vector."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from itertools import accumulate

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional


class Backbone(nn.Module, ABC):
    """Images in, features out; `stages` returns the map of every scale, finest first."""

    features: int
    """Length of the feature vector."""
    channels: tuple[int, ...]
    """Channels of each stage."""
    normalization: tuple[tuple[float, ...], tuple[float, ...]] | None = None
    """Mean and standard deviation of pixels in [0, 1] for its weights; None: the data's own."""
    before: str = ""
    """What a method puts before it, in words; it needs images, so cached features go without."""

    @property
    def core(self) -> "Backbone":
        """What weights are published for: all of it, unless a method puts something before it."""
        return self

    seen: list[list[Tensor]] | None = None
    """Where `maps` leaves what it computes, while an explanation looks at it."""

    @abstractmethod
    def stages(self, images: Float[Tensor, "n channels height width"]) -> list[Tensor]:
        """Return the feature map at the end of every stage."""

    def maps(self, images: Float[Tensor, "n channels height width"]) -> list[Tensor]:
        """Return the feature map at the end of every stage, as every network asks for it."""
        maps = self.stages(images)
        if self.seen is not None:
            self.seen.append(maps)
        return maps

    def forward(self, images: Float[Tensor, "n channels height width"]) -> Float[Tensor, "n _"]:
        """Return the features: the last map, pooled."""
        return functional.adaptive_max_pool2d(self.maps(images)[-1], 1).flatten(1)

    def prepare(self, images: Float[Tensor, "n channels height width"]) -> None:
        """Adapt to a sample of the training images before the first step; nothing by default."""
        del images


def apply_in_turn(blocks: Iterable[Callable[[Tensor], Tensor]], images: Tensor) -> list[Tensor]:
    """Return the output of every block, each applied to what the one before it returned."""
    return list(accumulate(blocks, lambda x, block: block(x), initial=images))[1:]
