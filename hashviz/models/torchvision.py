"""Networks of torchvision as backbones, with random weights; `hashviz.models.weights` loads others.

torchvision takes seconds to import, so it is imported only when a network is built.
"""

from itertools import pairwise
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from hashviz.config import missing_package
from hashviz.models.backbone import Backbone, apply_in_turn

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
TENSORFLOW = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
LEAST = 64
"""Images with a shorter side below this are enlarged, so that the last map is at least 2x2."""
VIT_SIZE = 224

NETWORKS: dict[str, tuple[Any, ...]] = {
    "resnet18_32": ("ResNet-18 for 32x32 images; an hour on a laptop", 0),
    "squeezenet1_1": ("SqueezeNet 1.1, smallest; 512 features", 5, "squeezenet1_1-b8a52dc0.pth"),
    "mobilenet_v2": (
        "MobileNetV2, photographs on a laptop; 1280 features", 14,
        "mobilenet_v2-7ebf99e0.pth", "mobilenet_v2-b0353104.pth",
    ),
    "mobilenet_v2_tf": ("MobileNetV2 for weights that come from TensorFlow", 0),
    "mobilenet_v3_large": (
        "MobileNetV3; 960 features", 21,
        "mobilenet_v3_large-5c1a4163.pth", "mobilenet_v3_large-8738ca79.pth",
    ),
    "resnet18": ("ResNet-18; 512 features", 45, "resnet18-f37072fd.pth"),
    "resnet50": ("ResNet-50; 2048 features", 98, "resnet50-11ad3fa6.pth", "resnet50-0676ba61.pth"),
    "alexnet": ("AlexNet, the papers' network; 4096 features", 233, "alexnet-owt-7be5be79.pth"),
    "vgg11": ("VGG-11; 4096 features", 507, "vgg11-8a719046.pth"),
    "vgg16": ("VGG-16; 4096 features", 528, "vgg16-397923af.pth"),
    "vgg19": ("VGG-19; 4096 features", 548, "vgg19-dcbb9e9d.pth"),
    "vit_b_16": ("vision transformer, 224x224 only; 768 features", 330, "vit_b_16-c867db91.pth"),
}  # fmt: skip
"""What each is good for, and its files with ImageNet weights: the megabytes of the first of them,
and their names by torchvision, which end in their sha256."""

CUTS: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "alexnet": ((3, 6, 13), (64, 192, 256)),
    "vgg11": ((3, 6, 11, 16, 21), (64, 128, 256, 512, 512)),
    "vgg16": ((5, 10, 17, 24, 31), (64, 128, 256, 512, 512)),
    "vgg19": ((5, 10, 19, 28, 37), (64, 128, 256, 512, 512)),
    "mobilenet_v2": ((2, 4, 7, 14, 19), (16, 24, 32, 96, 1280)),
    "mobilenet_v3_large": ((2, 4, 7, 13, 17), (16, 24, 40, 112, 960)),
    "squeezenet1_1": ((2, 5, 8, 13), (64, 128, 256, 512)),
}
"""Where the layers of `features` are cut into stages, and the channels at every cut."""


class Torchvision(Backbone):
    """A network of torchvision without its classifier, under torchvision's own names.

    Unless a kind of network says otherwise, the features are the mean of the last map.
    """

    net: Any
    classifier: tuple[str, ...]
    """Prefixes of the weights that are left out."""
    normalization = IMAGENET

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def enlarge(self, images: Float[Tensor, "n channels h w"]) -> Float[Tensor, "n 3 height width"]:
        """Return three channels, and no side shorter than `LEAST`."""
        if images.shape[1] == 1:
            images = images.expand(-1, 3, -1, -1)
        scale = LEAST / min(images.shape[2:])
        if scale <= 1:
            return images
        height, width = (round(scale * side) for side in images.shape[2:])
        return functional.interpolate(images, (height, width), mode="bilinear")

    def forward(self, images: Float[Tensor, "n channels height width"]) -> Float[Tensor, "n _"]:
        return self.maps(images)[-1].mean((2, 3))


class Layered(Torchvision):
    """MobileNet and SqueezeNet: one chain of layers, cut into stages."""

    classifier = ("classifier.",)

    def __init__(self, net: nn.Module, name: str) -> None:
        super().__init__(net)
        self.cuts, self.channels = CUTS[name]
        self.features = self.channels[-1]
        self.net.classifier = nn.Identity()

    def stages(self, images: Float[Tensor, "n channels height width"]) -> list[Tensor]:
        layers = self.net.features
        blocks = (layers[first:last] for first, last in pairwise((0, *self.cuts)))
        return apply_in_turn(blocks, self.enlarge(images))


class Connected(Layered):
    """AlexNet and VGG with their fully connected layers, as the papers use them (fc7)."""

    classifier = ("classifier.6.",)

    def __init__(self, net: nn.Module, name: str) -> None:
        layers: Any = net.classifier
        super().__init__(net, name)
        self.features = 4096
        self.net.classifier = layers[:-1]

    def forward(self, images: Float[Tensor, "n channels height width"]) -> Float[Tensor, "n _"]:
        return self.net.classifier(self.net.avgpool(self.maps(images)[-1]).flatten(1))


class ResNet(Torchvision):
    """Four groups of residual blocks."""

    classifier = ("fc.",)

    def __init__(self, net: nn.Module) -> None:
        super().__init__(net)
        self.features = self.net.fc.in_features
        self.channels = tuple(self.features // 2**k for k in (3, 2, 1, 0))
        self.net.fc = nn.Identity()

    def stages(self, images: Float[Tensor, "n channels height width"]) -> list[Tensor]:
        net = self.net
        first = net.maxpool(net.relu(net.bn1(net.conv1(self.enlarge(images)))))
        return apply_in_turn((net.layer1, net.layer2, net.layer3, net.layer4), first)


class SmallResNet(ResNet):
    """ResNet-18 for 32x32 images: a first convolution of 3x3 without stride, and no pooling."""

    normalization = None

    def __init__(self, net: nn.Module, image_channels: int) -> None:
        super().__init__(net)
        self.net.conv1 = nn.Conv2d(image_channels, 64, 3, padding=1, bias=False)
        self.net.maxpool = nn.Identity()
        nn.init.kaiming_normal_(self.net.conv1.weight, mode="fan_out", nonlinearity="relu")

    def enlarge(self, images: Float[Tensor, "n channels h w"]) -> Float[Tensor, "n channels h w"]:
        return images


class VisionTransformer(Torchvision):
    """ViT-B/16: the tokens of layers 3, 6, 9 and 12 as 14x14 maps; the class token is the features.

    The network takes one size, so every image is resized to 224x224.
    """

    classifier = ("heads.",)
    features = 768
    channels = (768,) * 4

    def __init__(self, net: nn.Module) -> None:
        super().__init__(net)
        self.net.heads = nn.Identity()

    def tokens(self, images: Float[Tensor, "n channels height width"]) -> list[Tensor]:
        """Return all tokens after every third layer, class token first; the last are normalized."""
        images = self.enlarge(images)
        if images.shape[2:] != (VIT_SIZE, VIT_SIZE):
            images = functional.interpolate(
                images, (VIT_SIZE, VIT_SIZE), mode="bilinear", antialias=True
            )
        patches = self.net.conv_proj(images).flatten(2).transpose(1, 2)
        encoder = self.net.encoder
        x = torch.cat([self.net.class_token.expand(len(images), -1, -1), patches], 1)
        x = encoder.dropout(x + encoder.pos_embedding)
        *early, last = apply_in_turn(encoder.layers, x)[2::3]
        return [*early, encoder.ln(last)]

    def stages(self, images: Float[Tensor, "n channels height width"]) -> list[Tensor]:
        return [x[:, 1:].transpose(1, 2).unflatten(2, (14, 14)) for x in self.tokens(images)]

    def forward(self, images: Float[Tensor, "n channels height width"]) -> Float[Tensor, "n _"]:
        return self.tokens(images)[-1][:, 0]


def build_torchvision(name: str, image_channels: int) -> Backbone:
    """Build the backbone of that name with random weights.

    Raises:
        ModuleNotFoundError: when torchvision is not installed; the message names the extra.
    """
    try:
        from torchvision import models
    except ModuleNotFoundError as error:
        raise missing_package(error.name) from error
    official = name.removesuffix("_32").removesuffix("_tf")
    net = getattr(models, official)(weights=None)
    if name == "resnet18_32":
        return SmallResNet(net, image_channels)
    if name.startswith("resnet"):
        return ResNet(net)
    if name == "vit_b_16":
        return VisionTransformer(net)
    if name.startswith(("alexnet", "vgg")):
        return Connected(net, name)
    backbone = Layered(net, official)
    if name.endswith("_tf"):
        backbone.normalization = TENSORFLOW
        for module in backbone.modules():
            if isinstance(module, nn.Conv2d) and module.stride == (2, 2):
                module.padding = (0, 0)
                module.register_forward_pre_hook(pad_like_tensorflow)
    return backbone


def pad_like_tensorflow(module: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Pad before a 3x3 convolution of stride 2: an even side at its end only."""
    del module
    height, width = inputs[0].shape[2:]
    return (functional.pad(inputs[0], (width % 2, 1, height % 2, 1)),)
