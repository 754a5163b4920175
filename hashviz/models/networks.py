"""Networks from uint8 images to real outputs: a backbone, then a hash layer.

A backbone exposes its stages, so that a method can tap several scales; features come from the last.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from jaxtyping import Float, Shaped, UInt8
from torch import Tensor, nn
from torch.nn import functional

from hashviz.config import unknown
from hashviz.models.backbone import Backbone, apply_in_turn
from hashviz.models.torchvision import NETWORKS, build_torchvision

VECTORS = "vectors"
"""The name of the backbone that a run of vectors has."""


class ConvNet(Backbone):
    """Three stages of 3x3 convolutions, halved in size between them; wide enough for 32x32 images.

    After the networks of the CIFAR-10 speed runs (Jordan, arXiv 2404.00498): a frozen 2x2 layer
    that whitens the patches, batch norm without scale, GELU, and identity-like first weights.
    """

    def __init__(self, image_channels: int, widths: tuple[int, ...], stride: int = 1) -> None:
        super().__init__()
        self.channels = widths
        self.features = widths[-1]
        whitened = 2 * 4 * image_channels
        self.whiten = nn.Conv2d(image_channels, whitened, 2, stride, bias=True)
        self.whiten.weight.requires_grad = False
        inputs = (whitened, *widths[:-1])
        self.blocks = nn.ModuleList(
            nn.Sequential(
                same_conv(i, w), nn.MaxPool2d(2), norm(w), nn.GELU(),
                same_conv(w, w), norm(w), nn.GELU(),
            )
            for i, w in zip(inputs, widths, strict=True)
        )  # fmt: skip

    def prepare(self, images: Float[Tensor, "n channels height width"]) -> None:
        r"""Whitening filters $\pm v_i / \sqrt{\lambda_i + \epsilon}$ of the patch covariance."""
        patches = functional.unfold(images.float(), 2).transpose(1, 2).flatten(0, 1).double()
        values, vectors = torch.linalg.eigh(patches.T @ patches / len(patches))
        filters = (vectors / (values + 5e-4).sqrt()).T.flip(0).to(self.whiten.weight)
        filters = filters.reshape(-1, *self.whiten.weight.shape[1:])
        self.whiten.weight.data.copy_(torch.cat([filters, -filters]))
        nn.init.zeros_(self.whiten.bias)  # type: ignore[arg-type]

    def stages(self, images: Float[Tensor, "n channels height width"]) -> list[Tensor]:
        return apply_in_turn(self.blocks, functional.gelu(self.whiten(images)))


class SmallNet(Backbone):
    """Three strided convolutions: a network that a classroom laptop trains in seconds."""

    def __init__(self, image_channels: int, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.channels = widths
        self.features = 16 * widths[-1]
        inputs = (image_channels, *widths[:-1])
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.Conv2d(i, w, 3, stride=2, padding=1, bias=False), norm(w), nn.ReLU())
            for i, w in zip(inputs, widths, strict=True)
        )

    def stages(self, images: Float[Tensor, "n channels height width"]) -> list[Tensor]:
        return apply_in_turn(self.blocks, images)

    def forward(self, images: Float[Tensor, "n channels height width"]) -> Float[Tensor, "n _"]:
        return functional.adaptive_avg_pool2d(self.maps(images)[-1], 4).flatten(1)


class DSHNet(Backbone):
    """The network of DSH (Liu et al., CVPR 2016), from its authors' prototxt, for 32x32 images."""

    def __init__(self, image_channels: int) -> None:
        super().__init__()
        self.channels = (32, 32, 64)
        self.features = 500

        self.blocks = nn.ModuleList([
            nn.Sequential(nn.Conv2d(image_channels, 32, 5, padding=2), nn.MaxPool2d(3, 2),
                          nn.ReLU(), nn.LocalResponseNorm(3, alpha=5e-5, beta=0.75)),
            nn.Sequential(nn.Conv2d(32, 32, 5, padding=2), nn.AvgPool2d(3, 2),
                          nn.ReLU(), nn.LocalResponseNorm(3, alpha=5e-5, beta=0.75)),
            nn.Sequential(nn.Conv2d(32, 64, 5, padding=2), nn.ReLU(), nn.AvgPool2d(3, 2)),
        ])  # fmt: skip
        self.project = nn.Sequential(nn.Linear(64 * 9, 500), nn.ReLU())
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.xavier_uniform_(module.weight)

    def stages(self, images: Float[Tensor, "n channels height width"]) -> list[Tensor]:
        return apply_in_turn(self.blocks, images)

    def forward(self, images: Float[Tensor, "n channels height width"]) -> Float[Tensor, "n _"]:
        pooled = functional.adaptive_avg_pool2d(self.maps(images)[-1], 3)
        return self.project(pooled.flatten(1))


class Pixels(Backbone):
    """No network at all: the image itself, averaged to 16x16; what fitted methods see."""

    def __init__(self, image_channels: int) -> None:
        super().__init__()
        self.channels = (image_channels,)
        self.features = 256 * image_channels

    def stages(self, images: Float[Tensor, "n channels height width"]) -> list[Tensor]:
        return [functional.adaptive_avg_pool2d(images, 16)]

    def forward(self, images: Float[Tensor, "n channels height width"]) -> Float[Tensor, "n _"]:
        return self.maps(images)[-1].flatten(1)


class Vectors(Backbone):
    """No network at all: vectors that somebody else has computed.

    `HashNetwork.embed` passes them on, so only their length matters. It is no choice for pictures,
    and `BACKBONES` has no row of it.
    """

    def __init__(self, length: int) -> None:
        super().__init__()
        self.channels = (length,)
        self.features = length

    def stages(self, images: Float[Tensor, "n channels height width"]) -> list[Tensor]:
        return [images]


def same_conv(inputs: int, outputs: int) -> nn.Conv2d:
    """Build a 3x3 convolution that keeps the size and starts as the identity where it can."""
    conv = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
    nn.init.dirac_(conv.weight.data[: min(inputs, outputs)])
    return conv


def norm(channels: int) -> nn.BatchNorm2d:
    """Build a batch norm with a short memory: runs here last hundreds of steps, not thousands."""
    return nn.BatchNorm2d(channels, momentum=0.2)


@dataclass(frozen=True)
class BackboneRow:
    """How to build a backbone for a number of image channels, and what it is good for."""

    build: Callable[[int], Backbone]
    about: str
    published: tuple[str, ...] = ()
    """Files with ImageNet weights, as torchvision names them; the end is their sha256."""
    megabytes: int = 0
    """Size of the first of these files."""


BACKBONES: dict[str, BackboneRow] = {
    "small": BackboneRow(
        lambda c: SmallNet(c, (16, 32, 64)), "three strided convolutions; digits in seconds"
    ),
    "conv16": BackboneRow(
        lambda c: ConvNet(c, (16, 64, 64)), "speed-run network, narrow; minutes on a laptop"
    ),
    "half16": BackboneRow(
        lambda c: ConvNet(c, (16, 64, 64), stride=2), "conv16 at half the resolution, for 64x64"
    ),
    "conv24": BackboneRow(
        lambda c: ConvNet(c, (24, 96, 128)), "speed-run network, middle; a quarter of an hour"
    ),
    "conv64": BackboneRow(
        lambda c: ConvNet(c, (64, 256, 256)), "speed-run network, full width; for a GPU"
    ),
    "dsh": BackboneRow(DSHNet, "the network of the DSH paper"),
    "pixels": BackboneRow(Pixels, "no network: 16x16 pixels, for fitted methods"),
    **{
        name: BackboneRow(partial(build_torchvision, name), about, tuple(files), megabytes)
        for name, (about, megabytes, *files) in NETWORKS.items()
    },
}
"""Networks by name. `BACKBONES["mine"] = BackboneRow(build, about)` adds one of your own, where
`build` makes a `Backbone` for images of so many channels."""


class HashNetwork(nn.Module):
    """From uint8 images to real outputs: normalize, backbone, hash layer."""

    mean: Tensor
    std: Tensor
    left_out: str = ""
    """What the method would put before the backbone, where that is frozen."""
    scales: tuple[str, ...] = ()
    """Names of the scales whose `contributions` sum to the outputs, in a network that has several;
    it looks at the maps inside the backbone, so there are no features to keep of a frozen one."""

    def __init__(self, backbone: Backbone, head: nn.Module, image_channels: int) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = head
        # A gray image against three means becomes an image of three channels.
        mean, std = backbone.normalization or ((0.5,) * image_channels,) * 2
        self.register_buffer("mean", 255 * torch.tensor(mean).view(1, -1, 1, 1))
        self.register_buffer("std", 255 * torch.tensor(std).view(1, -1, 1, 1))

    def prepare(self, images: UInt8[Tensor, "n channels height width"]) -> None:
        """Take mean and spread of every channel, and what the backbone wants, from a sample."""
        if self.backbone.normalization is not None:
            return
        sample = images.float()
        self.mean.copy_(sample.mean((0, 2, 3), keepdim=True))
        self.std.copy_(sample.std((0, 2, 3), keepdim=True).clamp(min=1.0))
        self.backbone.prepare((sample - self.mean) / self.std)

    def embed(self, images: Shaped[Tensor, "n ..."]) -> Float[Tensor, "n _"]:
        """Return the backbone's features, before the hash layer; given features pass through."""
        if images.ndim == 2:
            return images
        return self.backbone((images.float() - self.mean) / self.std)

    def forward(self, images: Shaped[Tensor, "n ..."]) -> Float[Tensor, "n bits"]:
        return self.head(self.embed(images))

    def contributions(self, features: Float[Tensor, "n _"]) -> Float[Tensor, "n scales bits"]:
        """Return what each of the `scales` adds to the outputs."""
        raise NotImplementedError(f"{type(self).__name__} has no scales.")


class Standardize(nn.Module):
    """Scale features to mean 0 and variance 1: one learning rate suits all frozen backbones."""

    mean: Tensor
    std: Tensor

    def __init__(self, features: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("std", torch.ones(features))

    def prepare(self, features: Float[Tensor, "n features"]) -> None:
        """Take mean and spread from a sample; a constant feature keeps its size."""
        std, mean = torch.std_mean(features, 0, correction=0)
        self.mean.copy_(mean)
        self.std.copy_(torch.where(std > 1e-6, std, 1.0))

    def forward(self, features: Float[Tensor, "n features"]) -> Float[Tensor, "n features"]:
        return (features - self.mean) / self.std


def hidden_head(features: int, hidden: int, bits: int) -> nn.Module:
    """Build a hash layer after one layer of hidden units, for features that stay fixed."""
    first = nn.Linear(features, hidden)
    return nn.Sequential(Standardize(features), first, nn.ReLU(), linear_head(hidden, bits))


def linear_head(features: int, bits: int) -> nn.Linear:
    """Build the plain hash layer: one linear unit per bit."""
    head = nn.Linear(features, bits)
    nn.init.normal_(head.weight, std=features**-0.5)
    nn.init.zeros_(head.bias)
    return head


def build_backbone(name: str, image_channels: int) -> Backbone:
    """Build the backbone of that name.

    Raises:
        ValueError: when there is none; the message lists the choices, the nearest first.
    """
    if name == VECTORS:
        return Vectors(image_channels)
    if name not in BACKBONES:
        raise unknown("backbone", name, BACKBONES)
    return BACKBONES[name].build(image_channels)
